package gateway_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// A show's money is divided to the cent, by every model and key, and an order
// without touches is told.
func TestAttribution(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.integrate("m1", secret1)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	a := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{
		obj{"event_id": "t1", "type": "group_joined", "show_id": show, "user_id": "u1", "channel": "private/group", "data": obj{"group_id": "g1", "agent_id": "li"}},
		obj{"event_id": "t2", "type": "ad_clicked", "show_id": show, "user_id": "u1", "channel": "ads", "campaign": "may"},
		obj{"event_id": "t3", "type": "service_entry_opened", "show_id": show, "user_id": "u1", "data": obj{"entry_id": "desk"}},
	})
	if a.json["accepted"] != 3.0 {
		t.Fatalf("touches: %s", a.raw)
	}
	body := text(t, []any{created("o1", show), paid("o1", 2100), fact("refund_succeeded", obj{
		"refund_id": "r1", "order_id": "o1", "currency": "CNY", "reason": "broken", "lines": []any{obj{"sku_id": "sku1", "goods_minor": 500}},
	})})
	e.want(200, "POST", hook, "", body, sign(t, secret1, "d1", e.now(), body)...)
	e.fingerprint("m1") // waits until the outbox is in the log

	path := "/v1/shows/" + show + "/attribution"
	for _, model := range []string{"first", "last", "last_non_direct", "linear", "position", "time_decay"} {
		for _, by := range []string{"stage", "channel", "channel_l1", "flow", "agent", "group", "show", "entry", "host", "campaign", "referrer"} {
			a := e.want(200, "GET", path+"?model="+model+"&by="+by, owner, nil)
			totals := a.json["totals"].([]any)
			if len(totals) != 1 || a.json["model"] != model || a.json["by"] != by || a.json["window_s"] != 604800.0 || a.json["provisional"] != true || a.json["version"] == 0.0 {
				t.Fatalf("%s by %s: %s", model, by, a.raw)
			}
			total := totals[0].(obj)
			sum := total["unattributed_minor"].(float64)
			for _, c := range total["credits"].([]any) {
				sum += c.(obj)["value_minor"].(float64)
			}
			if sum != 1600 || total["value_minor"] != 1600.0 || total["currency"] != "CNY" || total["orders"] != 1.0 {
				t.Errorf("%s by %s sums to %v: %s", model, by, sum, a.raw)
			}
		}
	}
	linear := e.want(200, "GET", path+"?model=linear&by=stage", owner, nil).json["totals"].([]any)[0].(obj)["credits"].([]any)
	if len(linear) != 2 || linear[0].(obj)["key"] != "lead" || linear[0].(obj)["value_minor"] != 533.0 || linear[1].(obj)["value_minor"] != 1067.0 {
		t.Errorf("linear by stage: %v", linear)
	}
	a = e.want(200, "GET", path+"?model=linear&by=agent", owner, nil)
	total := a.json["totals"].([]any)[0].(obj)
	if d := cmp.Diff([]any{obj{"key": "", "value_minor": 1066.0, "orders": 1.0}, obj{"key": "li", "value_minor": 534.0, "orders": 1.0}}, total["credits"]); d != "" {
		t.Errorf("by agent (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]any{conversion.BuiltIn}, a.json["rule_versions"]); d != "" || a.json["rule_version"] != conversion.BuiltIn {
		t.Errorf("rules: %s", a.raw)
	}
	stages := total["stages"].([]any)
	if len(stages) != 4 {
		t.Fatalf("stages: %s", a.raw)
	}
	all := total["unattributed_minor"].(float64)
	for _, s := range stages {
		money := s.(obj)["value_minor"].(float64)
		all += money
		for _, list := range []string{"channels", "agents", "groups", "shows", "entries"} {
			sum := 0.0
			for _, c := range s.(obj)[list].([]any) {
				sum += c.(obj)["value_minor"].(float64)
			}
			if sum != money {
				t.Errorf("the %s of %s sum to %v of %v", list, s.(obj)["stage"], sum, money)
			}
		}
	}
	if all != 1600 {
		t.Errorf("the stages sum to %v", all)
	}
	nurture := stages[1].(obj)
	if d := cmp.Diff([]any{obj{"key": "g1", "value_minor": 534.0, "orders": 1.0}, obj{"key": "", "value_minor": 533.0, "orders": 1.0}}, nurture["groups"]); d != "" {
		t.Errorf("groups inside nurture (-want +got):\n%s", d)
	}
	why := e.want(200, "GET", "/v1/attribution/orders/o1?model=linear", owner, nil)
	touches := why.json["touches"].([]any)
	sum := why.json["unattributed_minor"].(float64)
	for _, c := range touches {
		sum += c.(obj)["value_minor"].(float64)
		if c.(obj)["rule"] != "credited" || c.(obj)["weight"] != 1.0 {
			t.Errorf("a touch of linear: %v", c)
		}
	}
	if len(touches) != 3 || sum != 1600 || why.json["value_minor"] != 1600.0 {
		t.Errorf("why: %s", why.raw)
	}
	rules := map[string]int{}
	for _, c := range e.want(200, "GET", "/v1/attribution/orders/o1?model=first", owner, nil).json["touches"].([]any) {
		rules[c.(obj)["rule"].(string)]++
	}
	if rules["credited"] != 1 || rules["no_weight"] != 2 {
		t.Errorf("rules of first: %v", rules)
	}
	e.problem("another merchant's order", e.do("GET", "/v1/attribution/orders/o1", e.as(live.RoleMerchant, "m2", "owner"), nil), 404)
	body = text(t, []any{created("o2", show)})
	e.want(200, "POST", hook, "", body, sign(t, secret1, "d2", e.now(), body)...)
	if a := e.do("GET", "/v1/attribution/orders/o2", owner, nil); a.status != 409 || a.code() != "order_not_paid" {
		t.Errorf("an order that is not paid: %d %s", a.status, a.raw)
	}
	for _, role := range live.Roles {
		a := e.do("GET", path, e.as(role, "m1", "someone"), nil)
		if may := (live.Principal{Role: role}).May(live.ActReport); (a.status == 200) != may {
			t.Errorf("%s: %d, may %v", role, a.status, may)
		}
	}
	e.problem("another merchant's", e.do("GET", path, e.as(live.RoleMerchant, "m2", "owner"), nil), 404)
	for _, q := range []string{"?window=0", "?window=week", "?window=3000h", "?model=magic", "?by=mood", "?as_of=2100-01-01T00:00:00Z"} {
		if a := e.do("GET", path+q, owner, nil); a.status < 400 || a.status >= 500 {
			t.Errorf("%s: %d %s", q, a.status, a.raw)
		}
	}
}
