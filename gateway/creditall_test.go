package gateway_test

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/gateway/api"
	"showrunner/live"
)

// CreditPaths goes over the whole log.
func (f *folded) CreditPaths(ctx context.Context, s api.CreditSpan) (p api.CreditPaths, err error) {
	if p.AsOf = s.AsOf; p.AsOf.IsZero() {
		p.AsOf = f.now()
	}
	p.Complete, p.Arms = true, map[live.PersonID]conversion.Arm{}
	head, err := f.log.Head(ctx)
	if err != nil {
		return p, err
	}
	touches := map[live.PersonID][]conversion.Touchpoint{}
	orders := map[live.OrderID]*conversion.Journey{}
	err = f.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
		e := &en.Event
		if e.Merchant != s.Merchant || e.ReceivedAt.After(p.AsOf) {
			return nil
		}
		if t, ok := conversion.TouchOf(*e); ok {
			t.Position = en.Position
			touches[e.Person] = append(touches[e.Person], t)
		}
		if e.Kind == live.HoldoutAssigned {
			var d struct{ Control bool }
			p.Arms[e.Person] = conversion.ArmTreated
			if json.Unmarshal(e.Data, &d) == nil && d.Control {
				p.Arms[e.Person] = conversion.ArmControl
			}
		}
		if !live.OrderFactKind(e.Kind) {
			return nil
		}
		deltas, err := live.DecodeDeltas(e.Data)
		for _, d := range deltas {
			j := orders[d.Order]
			if j == nil {
				j = &conversion.Journey{Order: d.Order, Person: d.Person, Show: d.Show, Currency: d.Currency, First: true}
				orders[d.Order] = j
			}
			j.Value += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
			if !d.PaidAt.IsZero() {
				j.At = d.PaidAt
			}
		}
		return err
	})
	bought := map[live.PersonID]bool{}
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		j := orders[id]
		if j.At.IsZero() || j.At.Before(s.From) || !j.At.Before(s.Until) {
			continue
		}
		bought[j.Person] = true
		j.Touches, j.Control = touches[j.Person], p.Arms[j.Person] == conversion.ArmControl
		j.Touches = j.Within(s.Window)
		p.Journeys = append(p.Journeys, *j)
	}
	costs := map[conversion.Cost]int{}
	for _, person := range slices.Sorted(maps.Keys(touches)) {
		lost := attribution.LostPath{Persons: 1}
		for i := range touches[person] {
			t := &touches[person][i]
			lost.Keys = append(lost.Keys, s.By.Of(t))
			if t.Cost > 0 {
				key := conversion.Cost{Key: s.By.Of(t), Currency: t.CostCurrency}
				if _, ok := costs[key]; !ok {
					costs[key] = len(p.Costs)
					p.Costs = append(p.Costs, key)
				}
				p.Costs[costs[key]].Minor += t.Cost
				p.Costs[costs[key]].Touches++
			}
		}
		if !bought[person] && s.Lost {
			p.Lost = append(p.Lost, lost)
		}
	}
	return p, err
}

// A merchant's money is divided to the cent by every model and key, the models
// stand side by side, control groups apart, and costs beside what they earned.
func TestMerchantAttribution(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.integrate("m1", secret1)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	a := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{
		obj{"event_id": "t1", "type": "group_joined", "user_id": "u1", "channel": "private/group", "data": obj{"group_id": "g1", "agent_id": "li"}},
		obj{"event_id": "t2", "type": "ad_clicked", "user_id": "u1", "channel": "ads", "data": obj{"cost_minor": 150, "cost_currency": "CNY"}},
		obj{"event_id": "t3", "type": "ad_clicked", "user_id": "u2", "channel": "ads", "data": obj{"cost_minor": 150, "cost_currency": "CNY"}},
		obj{"event_id": "t4", "type": "ad_clicked", "user_id": "u2", "channel": "ads", "data": obj{"cost_minor": 9}},
		obj{"event_id": "t5", "type": "touch_sent", "user_id": "u3", "data": obj{"cost_minor": 20, "cost_currency": "CNY"}},
		obj{"event_id": "h1", "type": "holdout_assigned", "user_id": "u9", "data": obj{"experiment": "x", "control": true}},
		obj{"event_id": "h2", "type": "holdout_assigned", "user_id": "u1", "data": obj{"experiment": "x", "control": false}},
		obj{"event_id": "h3", "type": "holdout_assigned", "user_id": "u8", "data": obj{"experiment": "x", "control": true}},
	})
	if a.json["accepted"] != 8.0 {
		t.Fatalf("events: %s", a.raw)
	}
	order := func(id, person string) obj {
		f := created(id, show)
		f["data"].(obj)["user_id"] = person
		return f
	}
	body := text(t, []any{
		order("o1", "u1"), paid("o1", 2101), order("o2", "u9"), paid("o2", 700), order("o3", "u5"), paid("o3", 50),
		fact("refund_succeeded", obj{"refund_id": "r1", "order_id": "o1", "currency": "CNY", "reason": "broken", "lines": []any{obj{"sku_id": "sku1", "goods_minor": 500}}}),
	})
	e.want(200, "POST", hook, "", body, sign(t, secret1, "d1", e.now(), body)...)
	e.fingerprint("m1")

	const path = "/v1/attribution?models=all&from=2020-01-01T00:00:00Z"
	if a := e.do("GET", path, owner, nil); a.status != 422 && a.status != 400 || a.code() != "invalid_field" {
		t.Errorf("years of chains: %d %s", a.status, a.raw)
	}
	until := e.now().AddDate(0, 0, 1).Format("2006-01-02T15:04:05Z")
	for _, model := range []string{"first", "last", "last_non_direct", "linear", "position", "time_decay", "markov", "shapley", "participation"} {
		for _, by := range []string{"stage", "channel", "channel_l1", "flow", "agent", "group", "show", "entry", "host", "campaign", "referrer"} {
			a := e.want(200, "GET", "/v1/attribution?model="+model+"&models=all&by="+by+"&to="+until, owner, nil)
			totals := a.json["totals"].([]any)
			if len(totals) != 1 || a.json["model"] != model || a.json["by"] != by || a.json["provisional"] != true || a.json["additive"] != (model != "participation") {
				t.Fatalf("%s by %s: %s", model, by, a.raw)
			}
			total := totals[0].(obj)
			if total["value_minor"] != 1651.0 || total["orders"] != 2.0 || total["unattributed_minor"] != 50.0 || total["unattributed_orders"] != 1.0 ||
				total["holdout_value_minor"] != 700.0 || total["holdout_orders"] != 1.0 || total["cost_minor"] != 320.0 || total["new_customers"] != 2.0 {
				t.Fatalf("%s by %s: %s", model, by, a.raw)
			}
			sum, cost := total["unattributed_minor"].(float64), 0.0
			for _, c := range total["credits"].([]any) {
				sum += c.(obj)["value_minor"].(float64)
				cost += c.(obj)["cost_minor"].(float64)
			}
			if sum != 1651 && model != "participation" || cost != 320 {
				t.Errorf("%s by %s sums to %v, costs to %v: %s", model, by, sum, cost, a.raw)
			}
			sums := map[string]float64{}
			for _, u := range total["comparison_unattributed"].([]any) {
				sums[u.(obj)["model"].(string)] = u.(obj)["value_minor"].(float64)
			}
			for _, row := range total["comparison"].([]any) {
				for _, m := range row.(obj)["models"].([]any) {
					sums[m.(obj)["model"].(string)] += m.(obj)["value_minor"].(float64)
				}
			}
			if len(sums) != 9 {
				t.Errorf("%s: compared by %d models", model, len(sums))
			}
			for m, s := range sums {
				if s != 1651 && m != "participation" {
					t.Errorf("%s by %s: compared, %s sums to %v", model, by, m, s)
				}
			}
		}
	}
	a = e.want(200, "GET", "/v1/attribution?model=linear&by=channel&to="+until, owner, nil)
	total := a.json["totals"].([]any)[0].(obj)
	for _, c := range total["credits"].([]any) {
		c := c.(obj)
		if c["key"] != "ads" {
			continue
		}
		roi, cac := c["roi"].(obj), c["cac"].(obj)
		if c["value_minor"] != 800.0 || c["cost_minor"] != 300.0 || roi["numerator"] != 500.0 || roi["denominator"] != 300.0 || cac["numerator"] != 300.0 || cac["denominator"] != 1.0 || cac["value"] != 300.0 {
			t.Errorf("ads: %v", c)
		}
	}
	if a.json["touches_costed_without_currency"] != 1.0 {
		t.Errorf("uncosted: %s", a.raw)
	}
	hold := a.json["holdout"].(obj)
	if c := hold["control"].(obj); c["persons"] != 2.0 || c["buyers"] != 1.0 || c["conversion_rate"].(obj)["value"] != 0.5 {
		t.Errorf("control: %v", c)
	}
	if c := hold["treated"].(obj); c["persons"] != 1.0 || c["buyers"] != 1.0 {
		t.Errorf("treated: %v", c)
	}
	if total["comparison"] != nil || len(total["stages"].([]any)) != 4 {
		t.Errorf("one model alone: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/attribution?to="+until+"&from="+until[:11]+"00:00:00Z", owner, nil); len(a.json["totals"].([]any)) > 1 {
		t.Errorf("a day to come: %s", a.raw)
	}
	for _, q := range []string{
		"?model=magic", "?models=first,magic", "?models=,", "?by=mood", "?window=1s", "?order=9", "?from=yesterday", "?to=2020-01-01T00:00:00Z&from=2020-01-02T00:00:00Z",
		"?from=2020-01-01T00:00:00Z", "?model=shapley&from=" + e.now().AddDate(0, 0, -93).Format("2006-01-02T15:04:05Z"), "?as_of=2100-01-01T00:00:00Z", "?merchant_id=m2",
	} {
		if a := e.do("GET", "/v1/attribution"+q, owner, nil); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %s", q, a.status, a.raw)
		}
	}
	for _, role := range live.Roles {
		a := e.do("GET", "/v1/attribution?merchant_id=m1", e.as(role, "m1", "someone"), nil)
		if may := (live.Principal{Role: role}).May(live.ActReport); (a.status == 200) != may {
			t.Errorf("%s: %d, may %v", role, a.status, may)
		}
	}
}
