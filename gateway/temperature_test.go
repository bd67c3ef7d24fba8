package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestTemperature: touches that nobody answered and needs that nobody met make a
// temperature with both its parts; the lists end in actions, and those work.
func TestTemperature(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	owner, ann, ben := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleAgent, "m1", "ann"), e.as(live.RoleAgent, "m1", "ben")
	e.want(200, "PUT", "/v1/service/touch-rules", owner, obj{"caps": []any{obj{"per": "person", "hours": 24, "at_most": 1}}, "quiet_hours": nil, "cool_down": nil, "temperature": obj{"least": 5, "least_person": 2}})
	touch := func(agent, person string) obj {
		t.Helper()
		return e.want(201, "POST", "/v1/service/touches", agent, obj{"person_id": person, "channel": "contact", "kind": "care"}).json
	}
	said := 0
	state := func(kind, person string, data obj) {
		t.Helper()
		said++
		body := obj{"event_id": fmt.Sprint("x", said), "type": kind, "user_id": person, "merchant_id": "m1", "data": data}
		if a := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{body}); a.json["accepted"] != 1.0 {
			t.Fatal(a.raw)
		}
	}
	for i := range 4 {
		touch(ann, fmt.Sprint("u", i))
	}
	touch(ben, "u9")
	// Somebody who did not ask the guard touches u0 twice more, whom it angers.
	state("touch_sent", "u0", obj{"agent_id": "ann"})
	state("touch_sent", "u0", obj{"agent_id": "ann"})
	e.advance(time.Hour)
	state("contact_lost", "u0", obj{"lost_by": "customer", "blocked": true})
	state("group_message_clicked", "u1", obj{"group_id": "g1"})
	state("service_session_started", "u2", obj{"session_id": "c1", "agent_id": "ann"})
	state("service_session_started", "u3", obj{"session_id": "c2", "agent_id": "ann"})
	e.advance(10 * time.Minute)
	state("service_message_sent", "u3", obj{"session_id": "c2", "by": "agent"})
	e.advance(72 * time.Hour)
	e.drained()
	owner, ben = e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleAgent, "m1", "ben") // tokens end

	const span = "from=2026-01-01&time_zone=Asia/Shanghai"
	board := e.want(200, "GET", "/v1/temperature?by=agent&"+span, owner, nil).json
	if dig(board, "all", "over_service_rate", "numerator") != 3.0 || dig(board, "all", "over_service_rate", "denominator") != 7.0 ||
		dig(board, "all", "unmet_need_rate", "numerator") != 1.0 || dig(board, "all", "unmet_need_rate", "denominator") != 2.0 || dig(board, "all", "proactive_share", "denominator") != 9.0 {
		t.Errorf("the merchant: %v", board["all"])
	}
	// 37 + 10 x 3/7 - 10 x 1/2.
	if d, _ := dig(board, "all", "temperature").(float64); d < 36.28 || d > 36.29 || dig(board, "all", "feels") != "cold" {
		t.Errorf("the merchant feels %v, %v", dig(board, "all", "temperature"), dig(board, "all", "feels"))
	}
	// Half of hers were too much and half of her needs unmet: 37, and both parts say why that is not good.
	if dig(board, "items", 0, "key") != "ann" || dig(board, "items", 0, "temperature") != 37.0 || dig(board, "items", 0, "feels") != "right" || dig(board, "items", 0, "unmet_need_rate", "value") != 0.5 || dig(board, "items", 1, "key") != "ben" || dig(board, "items", 1, "feels") != "too_few" || dig(board, "items", 1, "temperature") != nil {
		t.Errorf("the agents: %v", board["items"])
	}
	own := e.want(200, "GET", "/v1/temperature?"+span, ben, nil)
	if strings.Contains(own.raw, "ann") || dig(own.json, "all", "over_service_rate", "denominator") != 1.0 {
		t.Errorf("ben sees %s", own.raw)
	}
	e.problem("another agent's", e.do("GET", "/v1/temperature?key=ann&"+span, ben, nil), 403)
	e.problem("people", e.do("GET", "/v1/temperature?by=person&"+span, ben, nil), 403)

	list := e.want(200, "GET", "/v1/temperature/over-served?"+span, owner, nil).json
	if dig(list, "items", 0, "person_id") != "u0" || dig(list, "items", 0, "felt", "feels") != "hot" || dig(list, "items", 1) != nil {
		t.Fatalf("over-served: %v", list)
	}
	act, _ := dig(list, "items", 0, "actions", 0).(obj)
	e.want(201, act["method"].(string), act["path"].(string), owner, act["body"])
	if got := touch(ben, "u0"); got["rule"] != "paused" {
		t.Errorf("after the action of the list: %v", got)
	}
	if list = e.want(200, "GET", "/v1/temperature/over-served?"+span, owner, nil).json; dig(list, "items", 0, "paused_until") == nil {
		t.Errorf("paused: %v", list)
	}
	list = e.want(200, "GET", "/v1/temperature/unmet-needs?"+span, owner, nil).json
	if dig(list, "items", 0, "person_id") != "u2" || dig(list, "items", 1) != nil {
		t.Fatalf("unmet: %v", list)
	}
	act, _ = dig(list, "items", 0, "actions", 0).(obj)
	body := act["body"].(obj)
	body["agent_id"] = "ben"
	e.want(201, act["method"].(string), act["path"].(string), owner, body)
	if items := e.want(200, "GET", "/v1/service/followups?state=open", ben, nil).items(); len(items) != 1 || items[0].(obj)["person_id"] != "u2" {
		t.Errorf("ben's follow-ups: %v", items)
	}
	if got := e.want(400, "GET", "/v1/temperature?room_id=room-m1&"+span, owner, nil); got.text("field") != "room_id" {
		t.Errorf("of a room: %s", got.raw)
	}
}

// TestSilent: who used to come and does not any more is listed after the show
// with what shows it and what to do; who never had a rhythm, or came again, is not.
func TestSilent(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := func() string { return e.as(live.RoleMerchant, "m1", "owner") }
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner(), nil)
	said := 0
	clicks := func(person string) {
		t.Helper()
		said++
		body := obj{"event_id": fmt.Sprint("s", said), "type": "group_message_clicked", "user_id": person, "merchant_id": "m1", "data": obj{"group_id": "g1"}}
		if a := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{body}); a.json["accepted"] != 1.0 {
			t.Fatal(a.raw)
		}
	}
	for range 3 {
		clicks("kim")
		clicks("lee")
		e.advance(24 * time.Hour)
	}
	for _, who := range []string{"kim", "lee", "max"} {
		e.buys(who, show, "c-"+who)
	}
	for _, agent := range []string{"ann", "ben"} {
		e.want(200, "PUT", "/v1/service/agents/"+agent, owner(), obj{"name": agent, "personas": []any{}, "capacity": 1})
	}
	e.want(200, "PUT", "/v1/service/people/kim", owner(), obj{"agent_id": "ann"})
	list := func(token string) answer {
		t.Helper()
		e.drained()
		return e.want(200, "GET", "/v1/temperature/silent?show_id="+show, token, nil)
	}
	e.advance(13 * 24 * time.Hour)
	if got := list(owner()).json; dig(got, "silent_customer_rate", "denominator") != 0.0 || dig(got, "customers_reached") != 3.0 {
		t.Errorf("after 13 days: %v", got)
	}
	e.advance(24 * time.Hour)
	clicks("lee")
	e.advance(time.Second)
	got := list(owner()).json
	if dig(got, "silent_customer_rate", "numerator") != 1.0 || dig(got, "silent_customer_rate", "denominator") != 2.0 || dig(got, "items", 1) != nil {
		t.Fatalf("after 14 days: %v", got)
	}
	for path, want := range map[string]any{"person_id": "kim", "agent_id": "ann", "days_silent": 14.0, "rhythm_days": 1.0, "contact_days": 4.0, "orders_valid": 1.0, "touches": 0.0} {
		if v := dig(got, "items", 0, path); v != want {
			t.Errorf("%s is %v, want %v", path, v, want)
		}
	}
	if dig(got, "items", 0, "product_ids", 0) != "p1" {
		t.Errorf("they bought %v", dig(got, "items", 0, "product_ids"))
	}
	act, _ := dig(got, "items", 0, "actions", 0).(obj)
	e.want(201, act["method"].(string), act["path"].(string), owner(), act["body"])
	if items := e.want(200, "GET", "/v1/service/followups?state=open", e.as(live.RoleAgent, "m1", "ann"), nil).items(); len(items) != 1 || items[0].(obj)["person_id"] != "kim" {
		t.Errorf("ann's follow-ups: %v", items)
	}
	own := list(e.as(live.RoleAgent, "m1", "ann"))
	if dig(own.json, "items", 0, "person_id") != "kim" || dig(own.json, "customers_reached") != 1.0 || strings.Contains(own.raw, "minor") || strings.Contains(own.raw, "assign_followup") {
		t.Errorf("ann sees %s", own.raw)
	}
	if other := list(e.as(live.RoleAgent, "m1", "ben")); strings.Contains(other.raw, "kim") || dig(other.json, "customers_reached") != 0.0 {
		t.Errorf("ben sees %s", other.raw)
	}
	board := e.want(200, "GET", "/v1/temperature?from=2026-01-01&time_zone=Asia/Shanghai", owner(), nil).json
	if dig(board, "silent", "silent_customer_rate", "numerator") != 1.0 || dig(board, "all", "unmet_need_rate", "denominator") != 0.0 {
		t.Errorf("beside the temperature: %v", board["silent"])
	}
	e.problem("another merchant's show", e.do("GET", "/v1/temperature/silent?show_id="+show, e.as(live.RoleMerchant, "m2", "o2"), nil), 404)
}

// TestValue: what somebody received and gave, whether they are touched for
// nothing, and whether they are a customer meant; money only for who may see it.
func TestValue(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner, ann := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleAgent, "m1", "ann")
	e.problem("nobody", e.do("GET", "/v1/people/xiaoming/value", owner, nil), 404)
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	e.want(200, "PUT", "/v1/service/touch-rules", owner, obj{
		"temperature": obj{"excess_touches": 1}, "target": obj{"orders_at_least": 1, "bought_within_days": 30, "channels": []string{"group"}},
	})
	e.want(201, "POST", "/v1/service/touches", ann, obj{"person_id": "xiaoming", "channel": "contact", "kind": "care"})
	e.advance(time.Minute)
	e.buys("xiaoming", show, "c1")
	crm := e.as(live.RoleIntegration, "m1", "crm")
	for i, f := range []obj{
		{"type": "value_given", "data": obj{"kind": "sample", "amount_minor": 300, "currency": "CNY"}},
		{"type": "value_received", "data": obj{"kind": "survey"}},
		{"type": "service_message_sent", "data": obj{"session_id": "c1", "by": "agent"}},
		{"type": "review_posted", "data": obj{"score": 5}},
	} {
		f["event_id"], f["user_id"], f["merchant_id"] = fmt.Sprint("v", i), "xiaoming", "m1"
		if a := e.want(200, "POST", "/v1/events", crm, []any{f}); a.json["accepted"] != 1.0 {
			t.Fatal(a.raw)
		}
	}
	e.advance(time.Second)
	e.drained()
	got := e.want(200, "GET", "/v1/people/xiaoming/value", owner, nil)
	for _, c := range []struct {
		want any
		path []any
	}{
		{1.0, []any{"received", "answers"}},
		{1.0, []any{"received", "other"}},
		{300.0, []any{"received", "money", 0, "value_minor"}},
		{"CNY", []any{"received", "money", 0, "currency"}},
		{1.0, []any{"gave", "told"}},
		{1.0, []any{"gave", "orders_valid"}},
		{1.0, []any{"gave", "other"}},
		{1000.0, []any{"gave", "purchases", 0, "gmv_net_minor"}},
		{1.0, []any{"excess", "touches"}},
		{0.0, []any{"excess", "excess_touches"}}, // an order followed
		{false, []any{"excess", "is_excess"}},
		{false, []any{"target", "fits"}},
		{"channels", []any{"target", "conditions", 0, "condition"}},
		{false, []any{"target", "conditions", 0, "holds"}},
		{true, []any{"target", "conditions", 1, "holds"}},
		{true, []any{"target", "conditions", 2, "holds"}},
	} {
		if v := dig(got.json, c.path...); v != c.want {
			t.Errorf("%v is %v, want %v: %s", c.path, v, c.want, got.raw)
		}
	}
	e.problem("an agent who does not serve them", e.do("GET", "/v1/people/xiaoming/value", ann, nil), 404)
}
