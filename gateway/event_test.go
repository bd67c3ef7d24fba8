package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// What producers state of watching counts as far as it lay within the show.
func TestWatchedIsClippedToTheShow(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	owner, crm := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleIntegration, "m1", "crm")
	beat := func(id string, ms int) {
		t.Helper()
		a := e.want(200, "POST", "/v1/events", crm, []any{
			obj{"event_id": id, "type": "watch_heartbeat", "show_id": show, "room_id": room, "user_id": "u1", "data": obj{"visible": true, "watched_ms": ms}},
		})
		if a.json["accepted"] != 1.0 {
			t.Fatalf("%s: %s", id, a.raw)
		}
	}
	beat("before", 30_000)
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	e.advance(10 * time.Second)
	beat("across-start", 30_000) // 10 s of it
	e.advance(30 * time.Second)
	beat("within", 30_000)
	e.want(200, "POST", "/v1/shows/"+show+"/end", owner, nil)
	e.advance(20 * time.Second)
	beat("across-end", 25_000) // 5 s of it
	e.advance(time.Minute)
	beat("after", 60_000)
	m := e.want(200, "GET", "/v1/shows/"+show+"/snapshot", owner, nil).json["metrics"].(obj)
	if m["total_watch_time_ms"] != 45_000.0 {
		t.Errorf("watched %v ms, want 45000: %v", m["total_watch_time_ms"], m)
	}
}

func TestEvents(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	e.want(200, "POST", "/v1/shows/"+show+"/start", e.as(live.RoleMerchant, "m1", "owner"), nil)
	e.advance(1000)
	crm := e.as(live.RoleIntegration, "m1", "crm")
	body := []any{
		obj{"event_id": "e1", "type": "room_entered", "room_id": room, "user_id": "u1", "channel": "private/group", "data": obj{}},
		obj{"event_id": "e2", "type": "comment_sent", "show_id": show, "user_id": "u1", "data": obj{"text": "你好"}},
		obj{"event_id": "e3", "type": "liked", "show_id": show, "anonymous_id": "d1", "data": obj{"count": 3}},
		obj{"event_id": "e4", "type": "group_joined", "user_id": "u2", "data": obj{"group_id": "g1"}},
		obj{"event_id": "e1", "type": "room_entered", "room_id": room, "user_id": "u1"}, // once more
		obj{"event_id": "e5", "type": "liked", "show_id": show, "user_id": "u1", "data": obj{"count": 0}},
		obj{"event_id": "e6", "type": "order_paid", "data": obj{}},
		obj{"event_id": "e7", "type": "product_pinned", "show_id": show},
		obj{"event_id": "e8", "type": "dreamt"},
		obj{"event_id": "e9", "type": "followed", "colour": "red"},
		obj{"event_id": "e10", "type": "followed", "show_id": "nowhere"},
		obj{"event_id": "e11", "type": "followed", "room_id": room, "source": "system", "user_id": "u1"},
		obj{"event_id": "e12", "type": "liked", "show_id": show, "user_id": "u1", "data": obj{"count": 1.5}},
		7,
		obj{"event_id": "e13", "type": "followed", "show_id": show, "user_id": "u1", "stage": "later"},
	}
	want := []string{
		"accepted", "accepted", "accepted", "accepted", "duplicate", "rejected invalid_field data.count", "rejected use_order_webhook type",
		"rejected type_not_allowed type", "rejected unknown_type type", "rejected unknown_field colour", "rejected show_not_found ",
		"rejected reserved_source source", "rejected invalid_field data.count", "rejected invalid_field ", "rejected invalid_field stage",
	}
	a := e.want(200, "POST", "/v1/events", crm, body)
	for i, raw := range a.json["results"].([]any) {
		r := raw.(obj)
		got := fmt.Sprint(r["status"])
		if err, ok := r["error"].(obj); ok {
			field, _ := err["field"].(string)
			got += fmt.Sprintf(" %v %s", err["code"], field)
		}
		if got != want[i] || r["index"] != float64(i) {
			t.Errorf("event %d: index %v %q, want %q", i, r["index"], got, want[i])
		}
	}
	if a.json["accepted"] != 4.0 || a.json["duplicates"] != 1.0 || a.json["rejected"] != 10.0 {
		t.Errorf("totals: %v %v %v", a.json["accepted"], a.json["duplicates"], a.json["rejected"])
	}
	if a := e.want(200, "POST", "/v1/events", crm, body[:4]); a.json["duplicates"] != 4.0 {
		t.Errorf("the same again: %s", a.raw)
	}
	// What was accepted is what is counted; the room's entry found its show.
	owner := e.as(live.RoleMerchant, "m1", "owner")
	m := e.want(200, "GET", "/v1/shows/"+show+"/snapshot", owner, nil).json["metrics"].(obj)
	for key, n := range map[string]float64{"watch_uv": 1, "comment_pv": 1, "like_count": 3, "like_uv": 1} {
		if m[key] != n {
			t.Errorf("metric %s is %v, want %v", key, m[key], n)
		}
	}
}

func TestEventsNDJSON(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	crm := e.as(live.RoleIntegration, "m1", "crm")
	line := func(i int) string {
		return fmt.Sprintf(`{"event_id":"e%d","type":"liked","show_id":%q,"user_id":"u1","data":{"count":1}}`, i, show)
	}
	body := line(1) + "\n\n" + line(2) + "\r\n{broken\n" + line(3)
	a := e.want(200, "POST", "/v1/events", crm, body, "Content-Type", "application/x-ndjson; charset=utf-8")
	if a.json["accepted"] != 3.0 || a.json["rejected"] != 1.0 {
		t.Errorf("three good lines and a broken one: %s", a.raw)
	}
	broken := a.json["results"].([]any)[2].(obj)["error"].(obj)
	if broken["code"] != "malformed_json" {
		t.Errorf("the broken line: %v", broken)
	}
	var all strings.Builder
	for i := range 10_000 {
		all.WriteString(line(i) + "\n")
	}
	a = e.want(200, "POST", "/v1/events", crm, all.String(), "Content-Type", "application/x-ndjson")
	if a.json["accepted"] != 9997.0 || a.json["duplicates"] != 3.0 {
		t.Errorf("ten thousand lines: accepted %v duplicates %v rejected %v", a.json["accepted"], a.json["duplicates"], a.json["rejected"])
	}
	all.WriteString(line(10_000))
	e.problem("one too many", e.do("POST", "/v1/events", crm, all.String(), "Content-Type", "application/x-ndjson"), 413)
}

func TestRehearsalIsNotCounted(t *testing.T) {
	e := newEnv(t)
	room, _ := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(201, "POST", "/v1/rooms/"+room+"/shows", owner, obj{"show_id": "dry", "title": "Dry run", "rehearsal": true})
	e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{obj{"type": "room_entered", "show_id": "dry", "user_id": "u1"}})
	m := e.want(200, "GET", "/v1/shows/dry/snapshot", owner, nil).json["metrics"].(obj)
	if m["watch_uv"] != 0.0 {
		t.Errorf("watch_uv of a rehearsal is %v", m["watch_uv"])
	}
}
