package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// TestGroups tells the life of a group over HTTP: registered, joined, spoken in,
// fallen silent, alarmed, taken up and handed over.
func TestGroups(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	owner, crm := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleIntegration, "m1", "crm")
	began := e.now().Add(-70 * 24 * time.Hour)
	e.want(201, "POST", "/v1/groups", owner, obj{"group_id": "g1", "name": "Mothers", "platform": "wecom", "agent_id": "a1", "tags": []string{"vip"}, "created_at": began.Format(time.RFC3339)})
	e.want(201, "POST", "/v1/groups", owner, obj{"group_id": "g2", "agent_id": "a2"})
	if a := e.want(409, "POST", "/v1/groups", owner, obj{"group_id": "g1"}); a.code() != "group_exists" {
		t.Error(a.raw)
	}
	for field, body := range map[string]obj{"group_id": {"group_id": "board"}, "tags": {"group_id": "x", "tags": []string{""}}, "personas": {"group_id": "x", "personas": []any{obj{"agent_id": "a", "role": "boss"}}}} {
		if a := e.want(400, "POST", "/v1/groups", owner, body); a.text("field") != field {
			t.Errorf("%s: %s", field, a.raw)
		}
	}
	members := []any{obj{"join_scene": "magic", "user_id": "u99"}, obj{}, obj{"user_id": "fresh", "joined_at": e.now().Format(time.RFC3339)}}
	for i := range 10 {
		members = append(members, obj{"user_id": fmt.Sprint("u", i), "joined_at": began.Add(time.Hour).Format(time.RFC3339), "join_scene": "qr"})
	}
	for i, want := range []obj{{"accepted": 11.0, "duplicates": 0.0, "rejected": 2.0}, {"accepted": 0.0, "duplicates": 11.0, "rejected": 2.0}} {
		a := e.want(200, "POST", "/v1/groups/g1/members", owner, obj{"members": members})
		for k, n := range want {
			if a.json[k] != n {
				t.Errorf("import %d: %s = %v, want %v: %s", i, k, a.json[k], n, a.raw)
			}
		}
	}
	var facts []any
	for i := range 10 { // All spoke in the first month; nobody since.
		facts = append(facts, obj{"event_id": fmt.Sprint("s", i), "type": "group_message_sent", "user_id": fmt.Sprint("u", i), "occurred_at": began.Add(8 * 24 * time.Hour).Format(time.RFC3339), "data": obj{"group_id": "g1", "by_role": "member"}})
	}
	e.want(200, "POST", "/v1/events?import=true", crm, facts)
	today := e.now().Format(time.DateOnly)
	if a := e.want(200, "POST", "/v1/events", crm, []any{
		obj{"event_id": "c1", "type": "group_message_sent", "user_id": "a1", "data": obj{"group_id": "g1", "by_role": "expert", "kind": "care"}},
		obj{"event_id": "c2", "type": "group_message_sent", "user_id": "a1", "data": obj{"group_id": "g1", "by_role": "agent", "kind": "recommend"}},
		obj{"event_id": "r1", "type": "group_stats_reported", "data": obj{"group_id": "g1", "day": today, "members": 14, "talkers_to_date": 10}},
	}); a.json["accepted"] != 3.0 {
		t.Fatal(a.raw)
	}

	board := e.want(200, "GET", "/v1/groups/board", owner, nil)
	first := board.items()[0].(obj)
	if first["group_id"] != "g1" || first["members"] != 11.0 || first["age_days"] != 70.0 || first["alive"] != false || board.json["alarms"] != 1.0 || board.json["groups"] != 2.0 || len(first["health"].([]any)) != 5 {
		t.Errorf("board: %s", board.raw)
	}
	if r := first["care_to_sell"].(obj); r["numerator"] != 1.0 || r["denominator"] != 1.0 {
		t.Errorf("care to sell: %v", r)
	}
	alarms := e.want(200, "GET", "/v1/groups/alarms", owner, nil).items()
	if len(alarms) != 1 || alarms[0].(obj)["alarm"].(obj)["fallen_bp"] != 10000.0 || alarms[0].(obj)["alarm"].(obj)["state"] != "open" {
		t.Fatalf("alarms: %v", alarms)
	}
	survival := e.want(200, "GET", "/v1/groups/survival?months=3", owner, nil)
	months := survival.json["all"].(obj)["months"].([]any)
	if rate := months[1].(obj)["group_survival"].(obj); rate["numerator"] != 0.0 || rate["denominator"] != 1.0 {
		t.Errorf("the second month: %s", survival.raw)
	}
	if rate := months[2].(obj)["group_survival"].(obj); rate["denominator"] != 0.0 {
		t.Errorf("a month that is not over counts: %s", survival.raw)
	}
	days := e.want(200, "GET", "/v1/groups/g1/days?days=2", owner, nil).items()
	last := days[1].(obj)
	reported := last["reported"].([]any)
	if len(days) != 2 || last["provisional"] != true || last["joins"] != 1.0 || len(reported) != 2 || reported[0].(obj)["platform_difference"] != 3.0 || reported[1].(obj)["platform_difference"] != nil {
		t.Errorf("days: %v", days)
	}
	if words := e.want(200, "GET", "/v1/groups/agents", owner, nil).items(); len(words) != 1 || words[0].(obj)["messages"] != 2.0 {
		t.Errorf("agents: %v", words)
	}
	if sales := e.want(200, "GET", "/v1/groups/sales?window_days=3", owner, nil); sales.json["window_days"] != 3.0 {
		t.Error(sales.raw)
	}

	// Agents see their own groups, by every way.
	a1, a2 := e.as(live.RoleAgent, "m1", "a1"), e.as(live.RoleAgent, "m1", "a2")
	for _, path := range []string{"/v1/groups", "/v1/groups/board"} {
		if items := e.want(200, "GET", path, a2, nil).items(); len(items) != 1 || items[0].(obj)["group_id"] != "g2" {
			t.Errorf("a2 sees %v at %s", items, path)
		}
	}
	for _, r := range [][2]string{{"GET", ""}, {"GET", "/days"}, {"POST", "/alarm"}} {
		if a := e.do(r[0], "/v1/groups/g1"+r[1], a2, map[string]any{"GET": nil, "POST": obj{"state": "acknowledged"}}[r[0]]); a.status != 404 {
			t.Errorf("%s %s of another's group: %d %s", r[0], r[1], a.status, a.raw)
		}
	}
	if items := e.want(200, "GET", "/v1/groups/alarms", a2, nil).items(); len(items) != 0 {
		t.Errorf("a2 sees alarms %v", items)
	}
	e.want(403, "GET", "/v1/groups?agent_id=a1", a2, nil)
	if words := e.want(200, "GET", "/v1/groups/agents", a2, nil).items(); len(words) != 0 {
		t.Errorf("a2 sees words %v", words)
	}
	e.want(200, "POST", "/v1/groups/g1/alarm", a1, obj{"state": "assigned", "agent_id": "a3", "note": "quiz"})
	if s := e.want(200, "GET", "/v1/groups/alarms", owner, nil).items()[0].(obj)["alarm"].(obj); s["state"] != "assigned" || s["by"] != "a1" {
		t.Errorf("taken up: %v", s)
	}

	handed := e.want(200, "POST", "/v1/groups/reassign", owner, obj{"from": "a1", "to": []string{"a7"}, "reason": "left"})
	if list := handed.json["groups"].([]any); len(list) != 1 || list[0].(obj)["agent_id"] != "a7" {
		t.Error(handed.raw)
	}
	g := e.want(200, "GET", "/v1/groups/g1", owner, nil)
	if owners := g.json["owners"].([]any); len(owners) != 2 || g.json["agent_id"] != "a7" {
		t.Error(g.raw)
	}
	e.want(404, "GET", "/v1/groups/g1", a1, nil)
	if g := e.want(200, "PATCH", "/v1/groups/g1", owner, obj{"archived": true, "agent_id": "a2"}); g.text("archived_at") == "" {
		t.Error(g.raw)
	}
	if items := e.want(200, "GET", "/v1/groups", owner, nil).items(); len(items) != 1 {
		t.Errorf("the archived group is listed: %v", items)
	}
	e.want(403, "GET", "/v1/groups", e.as(live.RoleMerchant, "m1", "owner", "room-m1"), nil)
}
