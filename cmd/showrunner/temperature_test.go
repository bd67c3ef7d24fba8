package main

import (
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestTemperatureEndToEnd touches customers until the cap holds them back, lets
// some answer over sockets and by orders in time and some too late, and finds
// the temperature of each agent as the test counted it while it drew. Weeks
// later the one who used to come every day, and no longer does, is silent.
func TestTemperatureEndToEnd(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	later := func(d time.Duration) { shift.Add(int64(d)) }
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.now = t.TempDir(), "127.0.0.1:0", "warn", now
	url := startServer(t, c)
	s := newStageAt(t, now, url, c.Data, "m-warm", "r-warm", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 50})
	ctx := deadline(t, 2*time.Minute)
	boss := func() string { return s.tokens.sign(live.RoleMerchant, "boss", s.merchant) }
	must(t, "PUT", url+"/v1/service/touch-rules", boss(), object{
		"quiet_hours": nil, "cool_down": nil, "caps": []object{{"per": "person", "hours": 24, "at_most": 1}}, "temperature": object{"least": 1, "least_person": 1},
	}, nil)
	say := func(who string, frame object) object {
		t.Helper()
		v := s.viewer(who, "")
		defer v.close()
		ack, err := v.do(ctx, frame)
		if err != nil || ack["ok"] != true {
			t.Fatalf("%s: %v %v", who, ack, err)
		}
		data, _ := ack["data"].(object)
		return data
	}
	comment := object{"type": "comment_sent", "data": object{"text": "hello"}}
	buy := func(who string) {
		t.Helper()
		order := say(who, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})["order_id"].(string)
		s.hook("paid-"+order, s.paidFact(order, "pay-"+order, 9900))
	}

	// Kim comes on four days and buys on the last.
	for range 3 {
		say("kim", comment)
		later(24 * time.Hour)
	}
	buy("kim")

	type rate struct{ Numerator, Denominator int64 }
	type felt struct {
		Key        string
		Degrees    *float64 `json:"temperature"`
		Over       rate     `json:"over_service_rate"`
		Unmet      rate     `json:"unmet_need_rate"`
		Unanswered rate     `json:"unanswered_rate"`
		Above      rate     `json:"above_cap_rate"`
	}
	want := map[string]*felt{"": {}, "ann": {Key: "ann"}, "ben": {Key: "ben"}}
	r := rand.New(rand.NewPCG(37, 5))
	suppressed := map[string]bool{}
	type sent struct {
		agent string
		above bool
	}
	touches := map[string][]sent{}
	for i := range 14 {
		who := fmt.Sprint("customer-", i)
		for n := range 1 + r.IntN(3) {
			agent := []string{"ann", "ben"}[r.IntN(2)]
			if n > 0 && r.IntN(2) == 0 { // Somebody does not ask first.
				var out struct{ Accepted int }
				must(t, "POST", url+"/v1/events", s.tokens.sign(live.RoleIntegration, "crm", s.merchant), []object{
					{"event_id": fmt.Sprint(who, "-", n), "type": "touch_sent", "user_id": who, "data": object{"agent_id": agent}},
				}, &out)
				if out.Accepted != 1 {
					t.Fatal("a touch of a CRM was not accepted")
				}
				touches[who] = append(touches[who], sent{agent, true})
				later(time.Second)
				continue
			}
			var got struct {
				ID    string `json:"touch_id"`
				State string
				Rule  string
			}
			must(t, "POST", url+"/v1/service/touches", s.tokens.sign(live.RoleAgent, agent, s.merchant), object{"person_id": who, "channel": "contact", "kind": "care"}, &got, "Idempotency-Key", fmt.Sprint(who, n))
			switch {
			case n == 0 && got.State == "sent":
				touches[who] = append(touches[who], sent{agent, false})
			case n > 0 && got.State == "suppressed" && got.Rule == "cap_person":
				suppressed[got.ID] = true
			default:
				t.Fatalf("touch %d of %s: %+v", n, who, got)
			}
			later(time.Second)
		}
	}
	var list struct {
		Items []struct {
			ID   string `json:"touch_id"`
			Rule string
		}
	}
	must(t, "GET", url+"/v1/service/touches?state=suppressed&limit=200", boss(), nil, &list)
	kept := map[string]bool{}
	for _, i := range list.Items {
		kept[i.ID] = i.Rule == "cap_person"
	}
	if d := cmp.Diff(suppressed, kept); d != "" || len(kept) < 3 {
		t.Errorf("suppressed -want +listed\n%s", d)
	}

	answered := map[string]bool{}
	later(24 * time.Hour)
	say("customer-1", comment)
	buy("customer-2")
	say("customer-3", object{"type": "service_open", "data": object{"text": "转人工"}})
	answered["customer-1"], answered["customer-2"], answered["customer-3"] = true, true, true
	want[""].Unmet = rate{1, 1} // nobody answers
	later(49 * time.Hour)
	say("customer-4", comment) // too late
	for who, list := range touches {
		for _, one := range list {
			f := want[one.agent]
			unanswered := !answered[who]
			for _, part := range []struct {
				of   *rate
				when bool
			}{{&f.Over, unanswered && one.above}, {&f.Unanswered, unanswered}, {&f.Above, one.above}} {
				part.of.Denominator++
				if part.when {
					part.of.Numerator++
				}
			}
		}
	}
	for _, f := range want {
		d := 37.0
		if f.Over.Denominator > 0 {
			d += 10 * float64(f.Over.Numerator) / float64(f.Over.Denominator)
		}
		if f.Unmet.Denominator > 0 {
			d -= 10 * float64(f.Unmet.Numerator) / float64(f.Unmet.Denominator)
		}
		d = min(max(d, 35), 39)
		f.Degrees = &d
	}
	var board struct {
		Complete bool
		Items    []felt
	}
	eventually(t, time.Minute, "the facts are in", func() bool {
		must(t, "GET", url+"/v1/temperature?by=agent", boss(), nil, &board)
		return board.Complete && len(board.Items) == len(want)
	})
	got := map[string]*felt{}
	for i := range board.Items {
		got[board.Items[i].Key] = &board.Items[i]
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("temperatures -counted +told\n%s", d)
	}
	if a, b := want["ann"].Over, want["ben"].Over; a.Numerator == 0 || b.Numerator == 0 || a == b {
		t.Errorf("ann %v and ben %v: the test sees nothing", a, b)
	}

	later(14 * 24 * time.Hour)
	var silent struct {
		Rate  rate `json:"silent_customer_rate"`
		Items []struct {
			Person   string   `json:"person_id"`
			Days     int      `json:"days_silent"`
			Rhythm   int      `json:"rhythm_days"`
			Products []string `json:"product_ids"`
			Actions  []struct {
				Path string
				Body object
			}
		}
	}
	eventually(t, time.Minute, "kim is silent", func() bool {
		must(t, "GET", url+"/v1/temperature/silent?show_id="+string(s.show), boss(), nil, &silent)
		return len(silent.Items) > 0
	})
	if k := silent.Items[0]; len(silent.Items) != 1 || silent.Rate != (rate{1, 1}) || k.Person != "kim" || k.Days < 17 || k.Days > 18 || k.Rhythm != 1 || len(k.Products) != 1 || k.Products[0] != "shirt" {
		t.Fatalf("silent: %+v", silent)
	}
	act := silent.Items[0].Actions[0]
	act.Body["agent_id"] = "ann"
	must(t, "POST", url+act.Path, boss(), act.Body, nil)
	say("kim", comment)
	eventually(t, time.Minute, "kim is back", func() bool {
		must(t, "GET", url+"/v1/temperature/silent?show_id="+string(s.show), boss(), nil, &silent)
		return len(silent.Items) == 0 && silent.Rate == (rate{0, 1})
	})
}
