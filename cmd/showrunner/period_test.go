package main

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// TestPeriodsAcrossMidnight plays two merchants' shows across midnight on a running
// server, one in Shanghai and one in New York, over the night in which its clocks
// change. What the comparison of two days says by when the money moved is what the
// ledger has of those days, and by the start of shows what the ledger has of them;
// the same as_of gives the same bytes.
func TestPeriodsAcrossMidnight(t *testing.T) {
	var watch seasonClock
	watch.set(time.Date(2026, 3, 7, 10, 0, 0, 0, time.UTC))
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.RateLimits, c.Bots, c.LogMaxAge, c.now = t.TempDir(), "127.0.0.1:0", "warn", "off", "off", 0, watch.now
	server := startServer(t, c)
	type op struct {
		at time.Time
		do func()
	}
	var ops []op
	type merchant struct {
		name, zone string
		hours      float64 // of the second day
		days       [4]time.Time
		stage      *stage
	}
	all := []*merchant{{name: "m-sh", zone: "Asia/Shanghai", hours: 24}, {name: "m-ny", zone: "America/New_York", hours: 23}}
	for _, m := range all {
		zone, err := time.LoadLocation(m.zone)
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.days {
			m.days[i] = analytics.StartOfDay(time.Date(2026, 3, 7, 12, 0, 0, 0, zone), i, zone)
		}
		at := func(when time.Time, do func()) {
			ops = append(ops, op{when, func() {
				if m.stage != nil { // Tokens are of an hour.
					m.stage.operator, m.stage.merch = m.stage.tokens.sign(live.RoleOperator, "op", m.name), m.stage.tokens.sign(live.RoleMerchant, "boss", m.name)
				}
				do()
			}})
		}
		buy := func(order string, when time.Time, minor int64, inShow bool) {
			at(when, func() {
				data := object{"order_id": order, "currency": "CNY", "lines": []object{{"line_id": "l0", "sku_id": "sku-" + m.name, "qty": 1, "goods_minor": minor}}}
				if inShow {
					data["show_id"] = m.stage.show
				}
				m.stage.hook("made-"+order, object{"type": "order_created", "timestamp": watch.now().Format(time.RFC3339Nano), "data": data})
				m.stage.hook("paid-"+order, m.stage.paidFact(order, "pay-"+order, minor))
			})
		}
		midnight := m.days[1]
		at(midnight.Add(-30*time.Minute), func() {
			m.stage = newStageAt(t, watch.now, server, c.Data, m.name, "r-"+m.name, m.zone, good{"p1", "sku-" + m.name, 1000, 100})
		})
		buy("a-"+m.name, midnight.Add(-time.Second), 1000, true)
		buy("b-"+m.name, midnight.Add(time.Second), 2000, true)
		buy("c-"+m.name, midnight.Add(150*time.Minute), 4000, true)
		at(midnight.Add(3*time.Hour), func() { m.stage.command("end_show", object{}) })
		buy("none-"+m.name, midnight.Add(5*time.Hour), 8000, false)
		at(m.days[2].Add(-time.Minute), func() { m.stage.hook("back-"+m.name, m.stage.refundFact("a-"+m.name, "ref", "sku-"+m.name, 300)) })
	}
	slices.SortStableFunc(ops, func(a, b op) int { return a.at.Compare(b.at) })
	for _, o := range ops {
		if o.at.After(watch.now()) {
			watch.set(o.at)
		}
		o.do()
	}
	watch.run(time.Date(2026, 3, 11, 12, 0, 0, 0, time.UTC))
	for _, m := range all {
		m.stage.operator, m.stage.merch = m.stage.tokens.sign(live.RoleOperator, "op", m.name), m.stage.tokens.sign(live.RoleMerchant, "boss", m.name)
		m.stage.reconciled(time.Minute)
		first, second := m.days[0].Format(time.DateOnly), m.days[1].Format(time.DateOnly)
		asOf := url.QueryEscape(watch.now().UTC().Format("2006-01-02T15:04:05.000Z"))
		path := server + "/v1/comparisons?from=" + second + "&as_of=" + asOf
		var said struct {
			Complete bool
			Periods  []struct {
				From, To string
				Zone     string  `json:"time_zone"`
				Length   float64 `json:"length_ms"`
			}
			Items []struct {
				Axis, Key string
				Num       int64 `json:"numerator"`
				Against   int64 `json:"against_numerator"`
			}
			Bridge []struct {
				Side, Key string
				Moved     int64 `json:"by_moved"`
				Other     int64 `json:"other_shows"`
				None      int64 `json:"no_show"`
				Outside   int64 `json:"moved_outside"`
				Started   int64 `json:"by_started"`
			}
			Shows []struct {
				Side string
				In   string `json:"started_in"`
				From string `json:"started_day"`
				To   string `json:"ended_day"`
			}
		}
		var raw []byte
		for end := time.Now().Add(time.Minute); time.Now().Before(end) && !said.Complete; {
			status, body, err := call(t.Context(), "GET", path, m.stage.merch, nil)
			if err != nil || status != 200 {
				t.Fatalf("%d, %v: %s", status, err, body)
			}
			if err := json.Unmarshal(body, &said); err != nil {
				t.Fatal(err)
			}
			raw = body
		}
		if p := said.Periods; !said.Complete || len(p) != 2 || p[0].From != second || p[1].From != first || p[0].Zone != m.zone || p[0].Length != m.hours*3600_000 || p[1].Length != 24*3600_000 {
			t.Errorf("%s: complete %v, periods %+v", m.name, said.Complete, p)
		}
		if _, again, err := call(t.Context(), "GET", path, m.stage.merch, nil); err != nil || string(again) != string(raw) {
			t.Errorf("%s: the same as_of gives other bytes, %v", m.name, err)
		}

		// The ledger: its days, and its show.
		var days struct {
			Agree bool
			Rows  []struct {
				Day, Figure string
				Ledger      int64
			}
		}
		must(t, "GET", server+"/v1/reconciliation?by=event&from="+first+"&to="+second, m.stage.merch, nil, &days)
		if !days.Agree {
			t.Errorf("%s: the days do not reconcile: %+v", m.name, days.Rows)
		}
		ledger := map[string]int64{}
		for _, r := range days.Rows {
			ledger[r.Day+" "+r.Figure] = r.Ledger
		}
		made := map[string]int64{}
		for _, r := range m.stage.reconciled(time.Minute).Rows {
			made[r.Figure] = r.Ledger
		}
		told, want := map[string][2]int64{}, map[string][2]int64{}
		for _, key := range []string{"orders", "orders_paid", "gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "items_paid"} {
			want["moved "+key] = [2]int64{ledger[second+" "+key], ledger[first+" "+key]}
			want["started "+key] = [2]int64{0, made[key]} // The one show is of the first day.
		}
		for _, x := range said.Items {
			if _, ok := want[x.Axis+" "+x.Key]; ok {
				told[x.Axis+" "+x.Key] = [2]int64{x.Num, x.Against}
			}
		}
		if d := cmp.Diff(want, told); d != "" {
			t.Errorf("%s: -ledger +comparison\n%s", m.name, d)
		}
		if want["moved gmv_paid_minor"] != [2]int64{14000, 1000} || made["gmv_paid_minor"] != 7000 || want["moved refund_minor"] != [2]int64{300, 0} {
			t.Errorf("%s: the ledger has %v, its show %v", m.name, want, made)
		}
		bridge := map[string][5]int64{}
		for _, x := range said.Bridge {
			if x.Key == "gmv_paid_minor" {
				bridge[x.Side] = [5]int64{x.Moved, x.Other, x.None, x.Outside, x.Started}
			}
		}
		if d := cmp.Diff(map[string][5]int64{"period": {14000, 6000, 8000, 0, 0}, "against": {1000, 0, 0, 6000, 7000}}, bridge); d != "" {
			t.Errorf("%s: the bridge: -want +got\n%s", m.name, d)
		}
		if s := said.Shows; len(s) != 2 || s[0].Side != "period" || s[0].In != "no" || s[1].In != "yes" || s[1].From != first || s[1].To != second {
			t.Errorf("%s: the shows are %+v", m.name, s)
		}
	}
}
