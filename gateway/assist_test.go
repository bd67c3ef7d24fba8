package gateway_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestServiceAssisted: what service earned over HTTP, to whom it is told and
// without what.
func TestServiceAssisted(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	before := epoch.Add(-30 * time.Hour).Format(time.RFC3339)
	e.want(200, "POST", "/v1/events", e.as(live.RoleAgent, "m1", "ann"), []any{
		obj{"event_id": "t1", "type": "touch_sent", "occurred_at": before, "user_id": "u1", "data": obj{"agent_id": "ann", "template": "hello"}},
	})
	e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{
		obj{"event_id": "g1", "type": "group_joined", "occurred_at": before, "user_id": "u1", "data": obj{"group_id": "@g"}},
		obj{"event_id": "g2", "type": "group_message_sent", "occurred_at": before, "data": obj{"group_id": "@g", "agent_id": "bob", "by_role": "expert", "kind": "qa"}},
	})
	e.sell(show)
	e.advance(2 * time.Second)
	const path = "/v1/service/assisted"
	owner := e.as(live.RoleMerchant, "m1", "owner")
	a := e.want(200, "GET", path, owner, nil)
	total := a.json["totals"].([]any)[0].(obj)
	if total["currency"] != "CNY" || total["orders"] != 1.0 || total["service_assisted_orders"] != 1.0 || total["service_assisted_gmv_minor"] != 1600.0 ||
		total["gmv_net_minor"] != 1600.0 || total["service_assisted_share"].(obj)["value"] != 1.0 {
		t.Errorf("total %v", total)
	}
	agents, groups := total["agents"].([]any), total["groups"].([]any)
	if len(agents) != 2 || agents[0].(obj)["key"] != "ann" || agents[1].(obj)["key"] != "bob" || len(groups) != 1 || len(total["entries"].([]any)) != 0 {
		t.Errorf("rows %v %v", agents, groups)
	}
	if total := e.want(200, "GET", path+"?window=24h", owner, nil).json["totals"].([]any)[0].(obj); total["service_assisted_orders"] != 0.0 || total["service_assisted_gmv_minor"] != 0.0 {
		t.Errorf("thirty hours before, within a day: %v", total)
	}
	if list := e.want(200, "GET", path+"?to=2025-12-01", owner, nil).json["totals"].([]any); len(list) != 0 {
		t.Errorf("orders of another month: %v", list)
	}
	if a := e.want(200, "GET", path+"?show_id="+show+"&agent_id=bob", owner, nil); len(a.json["totals"].([]any)[0].(obj)["agents"].([]any)) != 1 {
		t.Errorf("bob alone: %s", a.raw)
	}
	rows, err := csv.NewReader(strings.NewReader(e.want(200, "GET", path+"?format=csv", owner, nil).raw)).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][3] != "1" || rows[1][4] != "1600" || rows[4][2] != "'@g" {
		t.Errorf("csv %v %v", rows, err)
	}

	// An agent reads their own, and no money.
	ann := e.as(live.RoleAgent, "m1", "ann")
	a = e.want(200, "GET", path, ann, nil)
	total = a.json["totals"].([]any)[0].(obj)
	if agents := total["agents"].([]any); a.text("agent_id") != "ann" || total["service_assisted_orders"] != 1.0 || len(agents) != 1 || agents[0].(obj)["key"] != "ann" || total["orders"] != nil {
		t.Errorf("ann reads %s", a.raw)
	}
	if raw := e.want(200, "GET", path+"?format=csv", ann, nil).raw; strings.Contains(a.raw, "minor") || strings.Contains(a.raw, "share") || strings.Contains(a.raw, "1600") || strings.Contains(raw, "1600") {
		t.Errorf("ann reads money: %s %s", a.raw, raw)
	}
	for _, c := range []struct {
		token, query string
		status       int
		code         string
	}{
		{ann, "?agent_id=bob", 403, "agent_forbidden"},
		{e.as(live.RoleViewer, "m1", "u1"), "", 403, ""},
		{e.as(live.RoleMerchant, "m2", "other"), "?merchant_id=m1", 403, ""},
		{e.as(live.RoleMerchant, "m2", "other"), "?show_id=" + show, 404, ""},
		{e.as(live.RoleOperator, "m1", "op", "r9"), "", 403, "room_forbidden"},
		{owner, "?window=1h", 400, ""},
		{owner, "?from=2020-01-01", 400, "invalid_field"},
	} {
		if a := e.do("GET", path+c.query, c.token, nil); a.status != c.status && (c.status != 400 || a.status != 422) || c.code != "" && a.text("code") != c.code {
			t.Errorf("%s: %d %s", c.query, a.status, a.raw)
		}
	}
	if list := e.want(200, "GET", path, e.as(live.RoleMerchant, "m2", "other"), nil).json["totals"].([]any); len(list) != 0 {
		t.Errorf("another merchant reads %v", list)
	}
	// Moderators have no right to money either.
	if raw := e.want(200, "GET", path, e.as(live.RoleModerator, "m1", "mod"), nil).raw; strings.Contains(raw, "minor") || strings.Contains(raw, "share") {
		t.Errorf("a moderator reads money: %s", raw)
	}
}
