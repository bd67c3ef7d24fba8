package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// Limits over HTTP, and every command that they bind: what is at the limit goes,
// what is beyond it is refused with the argument and the limit.
func TestBenefitLimits(t *testing.T) {
	e := newEnv(t)
	owner, operator := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleOperator, "m1", "op")
	room, show := e.stage("m1")
	rooms := "/v1/rooms/" + room + "/benefit-limits"
	e.want(403, "PUT", rooms, operator, obj{"red_packet_units": 9})
	e.want(403, "PUT", "/v1/benefit-limits", e.as(live.RoleMerchant, "m1", "owner", live.RoomID(room)), obj{})
	for body, field := range map[string]string{
		`{"red_packet_units":20001}`: "red_packet_units", `{"draw_winners":0}`: "draw_winners", `{"coupon_drop_minutes":1441}`: "coupon_drop_minutes", `{"generosity":1}`: "generosity",
	} {
		if a := e.want(400, "PUT", rooms, owner, body); a.text("field") != field {
			t.Errorf("%s: %s", body, a.raw)
		}
	}
	e.want(200, "PUT", "/v1/benefit-limits", owner, obj{"red_packet_units": 10, "draw_prize_units": 100, "draw_winners": 2, "coupon_drop_minutes": 20, "coupon_drops": 2})
	a := e.want(200, "PUT", rooms, owner, obj{"red_packet_units": 50, "red_packet_count": 5, "red_packet_month_limit": 3, "draw_winners": 1})
	own, holds := a.json["limits"].(obj), a.json["effective"].(obj)
	if own["red_packet_units"] != 50.0 || own["draw_prize_units"] != nil || holds["red_packet_units"] != 10.0 || holds["draw_prize_units"] != 100.0 || holds["draw_winners"] != 1.0 {
		t.Errorf("limits: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/benefit-limits", operator, nil); a.json["effective"].(obj)["draw_winners"] != 2.0 {
		t.Errorf("the merchant's: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/benefit-limits", e.as(live.RoleMerchant, "m2", "x"), nil); len(a.json["effective"].(obj)) != 0 {
		t.Errorf("another merchant's: %s", a.raw)
	}

	e.want(200, "PUT", "/v1/coupons/b1", owner, obj{"title": "5 off", "kind": "amount", "off_minor": 500, "currency": "CNY", "total": 9, "per_person": 1})
	e.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	n := 0
	command := func(name string, data obj, field, limit string) {
		t.Helper()
		n++
		body := obj{"command": name, "command_id": fmt.Sprint("c", n), "data": data}
		if field == "" {
			e.want(200, "POST", "/v1/shows/"+show+"/commands", operator, body)
			return
		}
		a := e.want(400, "POST", "/v1/shows/"+show+"/commands", operator, body)
		if a.code() != "benefit_limit" || a.text("field") != field || a.text("limit") != limit {
			t.Errorf("%s %v: %s", name, data, a.raw)
		}
	}
	command("drop_red_packet", obj{"total_minor": 1001, "count": 5}, "data.total_minor", "red_packet_units")
	command("drop_red_packet", obj{"total_minor": 1000, "count": 6}, "data.count", "red_packet_count")
	command("drop_red_packet", obj{"total_minor": 1000, "count": 5, "month_limit": 4}, "data.month_limit", "red_packet_month_limit")
	command("drop_red_packet", obj{"total_minor": 1000, "count": 5}, "", "")
	if a := e.want(200, "GET", "/v1/shows/"+show+"/red-packets", owner, nil); a.items()[0].(obj)["month_limit"] != 3.0 {
		t.Errorf("the month's limit is not the packet's: %s", a.raw)
	}
	command("open_lucky_draw", obj{"prize": "Pot", "prize_minor": 10001, "winners": 1, "countdown_s": 60}, "data.prize_minor", "draw_prize_units")
	command("open_lucky_draw", obj{"prize": "Pot", "prize_minor": 10000, "winners": 2, "countdown_s": 60}, "data.winners", "draw_winners")
	command("open_lucky_draw", obj{"prize": "Pot", "prize_minor": 10000, "winners": 1, "countdown_s": 60}, "", "")
	command("drop_coupon", obj{"batch_id": "b1"}, "data.window", "coupon_drop_minutes")
	command("drop_coupon", obj{"batch_id": "b1", "window": "until_stopped"}, "data.window", "coupon_drop_minutes")
	command("drop_coupon", obj{"batch_id": "b1", "window": "minutes", "window_minutes": 21}, "data.window_minutes", "coupon_drop_minutes")
	command("drop_coupon", obj{"batch_id": "b1", "window": "time", "window_until": e.now().Add(time.Hour).Format(time.RFC3339)}, "data.window_until", "coupon_drop_minutes")
	for range 2 {
		command("drop_coupon", obj{"batch_id": "b1", "window": "minutes", "window_minutes": 20}, "", "")
		command("stop_coupon", obj{}, "", "")
	}
	command("drop_coupon", obj{"batch_id": "b1", "window": "minutes", "window_minutes": 20}, "data.batch_id", "coupon_drops")
	// Set back, what was refused goes.
	e.want(200, "PUT", rooms, owner, obj{})
	e.want(200, "PUT", "/v1/benefit-limits", owner, obj{})
	command("drop_coupon", obj{"batch_id": "b1"}, "", "")
	audit := e.want(200, "GET", "/v1/audit", owner, nil)
	set := 0
	for _, row := range audit.items() {
		if row.(obj)["action"] == "benefit_limits.put" {
			set++
		}
	}
	if set != 4 {
		t.Errorf("%d settings of limits are in the audit, want 4: %s", set, audit.raw)
	}
}
