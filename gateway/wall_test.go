package gateway_test

import (
	"testing"

	"showrunner/live"
)

// TestWall reads the rooms on air as roles of different reach see them.
func TestWall(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	room, show := e.stage("m1")
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": "mine", "title": "Mine", "currency": "CNY"})
	for _, s := range []string{"mine-1", "mine-2"} { // The second is never on air.
		e.want(201, "POST", "/v1/rooms/mine/shows", owner, obj{"show_id": s, "title": "Show " + s})
	}
	if rooms := e.want(200, "GET", "/v1/wall", owner, nil).json["rooms"].([]any); len(rooms) != 0 {
		t.Errorf("before any show is on air: %v", rooms)
	}
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	e.want(200, "POST", "/v1/shows/mine-1/start", owner, nil)
	e.want(200, "POST", "/v1/shows/mine-1/pause", owner, nil)
	wall := func(token string) map[string]obj {
		t.Helper()
		a := e.want(200, "GET", "/v1/wall?after=1&wait_ms=20000", token, nil)
		if a.json["tick"].(float64) <= 1 || a.text("at") == "" {
			t.Errorf("frame %v at %q", a.json["tick"], a.text("at"))
		}
		found := map[string]obj{}
		for _, r := range a.json["rooms"].([]any) {
			found[r.(obj)["room_id"].(string)] = r.(obj)
		}
		return found
	}
	all := wall(owner)
	if all["mine"]["state"] != "paused" || all["mine"]["title"] != "Show mine-1" || all["mine"]["started_at"] == "" || all[room]["state"] != "live" {
		t.Errorf("the owner sees %v", all)
	}
	if _, ok := all["mine"]["metrics"].(obj)["gmv_paid_minor"]; !ok {
		t.Errorf("the owner sees no money: %v", all["mine"])
	}
	if got := wall(e.as(live.RoleOperator, "m1", "scoped", "mine")); len(got) != 1 || got["mine"] == nil {
		t.Errorf("a token limited to a room sees %v", got)
	}
	if got := wall(e.as(live.RoleOperator, "m1", "nowhere", []live.RoomID{}...)); len(got) != 0 {
		t.Errorf("a token limited to no room sees %v", got)
	}
	plain := live.RoleModerator
	if (live.Principal{Role: plain}).May(live.ActMoney) || !(live.Principal{Role: plain}).May(live.ActFigures) {
		t.Fatalf("%s is no role with figures and without money", plain)
	}
	for _, r := range wall(e.as(plain, "m1", "quiet")) {
		for key := range r["metrics"].(obj) {
			if key == "gmv_paid_minor" || key == "gpm_watch_minor" {
				t.Errorf("a role without money sees %s", key)
			}
		}
	}
	if got := wall(e.as(live.RoleMerchant, "m2", "thief")); len(got) != 0 {
		t.Errorf("another merchant sees %v", got)
	}
	admin := e.as(live.RoleAdmin, "", "root")
	if got := e.do("GET", "/v1/wall", admin, nil); got.status != 400 {
		t.Errorf("an admin who names no merchant: %d", got.status)
	}
	if got := len(e.want(200, "GET", "/v1/wall?merchant_id=m1", admin, nil).json["rooms"].([]any)); got != 2 {
		t.Errorf("an admin sees %d rooms", got)
	}
	e.problem("wait too long", e.do("GET", "/v1/wall?wait_ms=20001", owner, nil), 400)
}
