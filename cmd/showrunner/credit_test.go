package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// credited waits until the snapshot's credits are of so many orders and sum to
// the money, and returns them.
func (s *stage) credited(within time.Duration, orders, money int64) object {
	s.t.Helper()
	var snap struct {
		Credited []object `json:"credited"`
	}
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		must(s.t, "GET", s.path("/snapshot"), s.operator, nil, &snap)
		if len(snap.Credited) != 1 {
			continue
		}
		c := snap.Credited[0]
		sum := 0.0
		for _, key := range []string{"lead_minor", "nurture_minor", "convert_minor", "retain_minor", "unattributed_minor"} {
			sum += c[key].(float64)
		}
		if sum != c["value_minor"] {
			s.t.Fatalf("the stages sum to %v: %v", sum, c)
		}
		if c["orders"] == float64(orders) && c["value_minor"] == float64(money) {
			return c
		}
	}
	s.t.Fatalf("not %d orders of %d credited within %s: %v", orders, money, within, snap.Credited)
	return nil
}

// events posts facts as the merchant's CRM, or as somebody else.
func (s *stage) events(token string, list ...object) {
	s.t.Helper()
	for i, e := range list {
		e["event_id"] = fmt.Sprintf("crm-%d-%d", time.Now().UnixNano(), i)
		e["merchant_id"] = s.merchant
	}
	var answer struct {
		Accepted int `json:"accepted"`
	}
	must(s.t, "POST", s.url+"/v1/events", token, list, &answer)
	if answer.Accepted != len(list) {
		s.t.Fatalf("accepted %d of %v", answer.Accepted, list)
	}
}

// An order that is paid is attributed while the show is on, and the panel is told
// who earned it: the group, the agent, last week's show. A refund takes back what
// the sale gave; a touch that is told late divides it again; a server that is
// killed forgets nothing of it.
func TestLiveCredit(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	defer func() { p.kill() }()
	defer func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", p.stderr)
		}
	}()
	before := newStage(t, p.url, data, "m1", "r-old", "UTC", good{"p1", "sku-1", 1000, 5})
	ctx := deadline(t, 2*time.Minute)
	s := newStage(t, p.url, data, "m1", "r1", "UTC", good{"p1", "sku-1", 1001, 50})
	li := s.tokens.sign(live.RoleAgent, "li", "m1")
	s.events(li,
		object{"type": "group_joined", "user_id": "ann", "actor": object{"id": "li", "name": "Li", "role": "agent"}, "channel": "private/group", "data": object{"group_id": "g3", "group_name": "育儿群 3"}},
		object{"type": "show_reserved", "user_id": "ann", "actor": object{"id": "li", "role": "agent"}, "show_id": before.show})
	ann := s.viewer("ann", "channel=search")
	defer ann.close()
	ack, err := ann.do(ctx, object{"type": "product_clicked", "data": object{"product_id": "p1", "surface": "list"}})
	if err != nil || ack["ok"] != true {
		t.Fatalf("click: %v %v", ack, err)
	}
	panel := newSocket(p.url, s.room, s.operator, "panel=1")
	defer panel.close()
	nomoney := newSocket(p.url, s.room, s.tokens.sign(live.RoleModerator, "mo", "m1"), "panel=1")
	defer nomoney.close()
	for _, x := range []*socket{panel, nomoney} {
		if err := x.connect(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if ack, err = ann.do(ctx, object{"type": "place_order", "data": object{"client_order_id": "c1", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}}); err != nil || ack["ok"] != true {
		t.Fatalf("order: %v %v", ack, err)
	}
	order := ack["data"].(object)["order_id"].(string)
	paid := time.Now()
	s.hook("w1", s.paidFact(order, "pay", 1001))
	told := nextCredit(ctx, t, panel)
	t.Logf("told %s after the payment was posted", time.Since(paid))
	if told["type"] != "order_attributed" {
		t.Errorf("first told as %v", told["type"])
	}
	d := told["data"].(object)
	var who []string
	sum := 0.0
	for _, c := range d["credits"].([]any) {
		c := c.(object)
		sum += c["value_minor"].(float64)
		who = append(who, fmt.Sprint(c["stage"], " ", c["channel"], " ", c["group_name"], " ", c["agent_id"], " ", c["show_title"]))
	}
	for _, want := range []string{"nurture private/group 育儿群 3 li <nil>", "nurture live_room <nil> li Show of r-old", "convert search <nil> <nil> <nil>"} {
		if !strings.Contains(strings.Join(who, "\n"), want) {
			t.Errorf("nobody is %q:\n%s", want, strings.Join(who, "\n"))
		}
	}
	if sum != 1001 || d["value_minor"] != 1001.0 || d["unattributed_minor"] != 0.0 || d["order_id"] != order || d["cause"] != "paid" || d["version"] != 1.0 {
		t.Errorf("the credits sum to %v: %v", sum, d)
	}
	if d["delta"] != nil {
		t.Error("a panel sees what is the fold's own")
	}
	plain := nextCredit(ctx, t, nomoney)["data"].(object)
	for key := range plain {
		if strings.HasSuffix(key, "_minor") || key == "currency" {
			t.Errorf("who may see no money sees %s", key)
		}
	}
	if first := plain["credits"].([]any)[0].(object); first["value_minor"] != nil || first["touches"] == nil {
		t.Errorf("who may see no money sees %v", first)
	}
	s.credited(20*time.Second, 1, 1001)

	// The API divides by the same rule, to the cent.
	type why struct {
		Value   int64 `json:"value_minor"`
		Touches []struct {
			Stage  string `json:"stage"`
			Agent  string `json:"agent_id"`
			Minor  int64  `json:"value_minor"`
			Weight int64  `json:"weight"`
		} `json:"touches"`
	}
	same := func(event object) {
		t.Helper()
		s.reconciled(20 * time.Second)
		var w why
		for end := time.Now().Add(20 * time.Second); ; time.Sleep(100 * time.Millisecond) {
			w = why{}
			must(t, "GET", p.url+"/v1/attribution/orders/"+order+"?model=linear", s.merch, nil, &w)
			if w.Value == int64(event["value_minor"].(float64)) && len(w.Touches) == int(event["touches"].(float64)) || time.Now().After(end) {
				break
			}
		}
		want, have := map[string]int64{}, map[string]int64{}
		for _, x := range w.Touches {
			want[x.Stage+x.Agent] += x.Minor
		}
		for _, c := range event["credits"].([]any) {
			c := c.(object)
			agent, _ := c["agent_id"].(string)
			have[c["stage"].(string)+agent] += int64(c["value_minor"].(float64))
		}
		if d := cmp.Diff(want, have); d != "" {
			t.Errorf("API and event differ (-API +event):\n%s", d)
		}
	}
	same(d)

	s.hook("w2", s.refundFact(order, "rf1", "sku-1", 400))
	back := nextCredit(ctx, t, panel)
	if d := back["data"].(object); back["type"] != "order_reattributed" || d["cause"] != "money" || d["value_minor"] != 601.0 || d["version"] != 2.0 {
		t.Errorf("after the refund: %v", back)
	}
	same(back["data"].(object))
	s.credited(20*time.Second, 1, 601)

	// Told late: an advertisement of an hour ago.
	crm := s.tokens.sign(live.RoleIntegration, "crm", "m1")
	s.events(crm, object{"type": "ad_clicked", "user_id": "ann", "channel": "paid/qianchuan", "occurred_at": time.Now().Add(-time.Hour).UTC().Format(time.RFC3339Nano), "data": object{"cost_minor": 35, "cost_currency": "CNY"}})
	late := nextCredit(ctx, t, panel)
	if d := late["data"].(object); d["cause"] != "late_touch" || d["value_minor"] != 601.0 || d["version"] != 3.0 {
		t.Errorf("after the late touch: %v", late)
	}
	same(late["data"].(object))
	if c := s.credited(20*time.Second, 1, 601); c["lead_minor"] == 0.0 {
		t.Errorf("the late lead earned nothing: %v", c)
	}

	// The merchant's attribution is of the same money, by every model, with what
	// the advertisement cost.
	s.reconciled(20 * time.Second)
	var all struct {
		Complete bool `json:"complete"`
		Totals   []struct {
			Value         int64 `json:"value_minor"`
			Unattributed  int64 `json:"unattributed_minor"`
			Cost          int64 `json:"cost_minor"`
			New           int64 `json:"new_customers"`
			Unattributeds []struct {
				Model string `json:"model"`
				Minor int64  `json:"value_minor"`
			} `json:"comparison_unattributed"`
			Comparison []struct {
				Key    string `json:"key"`
				Models []struct {
					Model string `json:"model"`
					Minor int64  `json:"value_minor"`
				} `json:"models"`
			} `json:"comparison"`
		} `json:"totals"`
	}
	must(t, "GET", p.url+"/v1/attribution?model=markov&models=all&by=stage", s.merch, nil, &all)
	if len(all.Totals) != 1 || all.Totals[0].Value != 601 || all.Totals[0].Cost != 35 || all.Totals[0].New != 1 || !all.Complete {
		t.Fatalf("of the merchant: %+v", all)
	}
	sums := map[string]int64{}
	for _, u := range all.Totals[0].Unattributeds {
		sums[u.Model] += u.Minor
	}
	for _, row := range all.Totals[0].Comparison {
		for _, m := range row.Models {
			sums[m.Model] += m.Minor
		}
	}
	if len(sums) != 9 {
		t.Errorf("compared by %d models: %+v", len(sums), all)
	}
	for model, sum := range sums {
		if sum != 601 && model != "participation" {
			t.Errorf("%s sums to %d", model, sum)
		}
	}

	p.kill()
	p = startProgram(t, data, addr)
	s.credited(20*time.Second, 1, 601)
	s.hook("w3", s.refundFact(order, "rf2", "sku-1", 601))
	if c := s.credited(20*time.Second, 1, 0); c["lead_minor"] != 0.0 || c["nurture_minor"] != 0.0 || c["convert_minor"] != 0.0 {
		t.Errorf("a full refund leaves %v", c)
	}
}

// nextCredit reads until an event of credit comes.
func nextCredit(ctx context.Context, t *testing.T, x *socket) object {
	t.Helper()
	for {
		frame, err := x.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if frame["type"] != "events" {
			continue
		}
		for _, e := range frame["events"].([]any) {
			if e := e.(object); live.CreditKind(live.Kind(e["type"].(string))) {
				return e
			}
		}
	}
}
