package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// TestChecklist: what the facts say before a show goes on air, item by item, and
// what the merchant declared; only what blocks keeps the show from starting, and
// never a rehearsal.
func TestChecklist(t *testing.T) {
	e := newEnv(t)
	owner, host, operator := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleHost, "m1", "h1"), e.as(live.RoleOperator, "m1", "op")
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": "r", "title": "R", "currency": "CNY", "time_zone": "UTC"})
	e.want(201, "POST", "/v1/rooms/r/shows", owner, obj{"show_id": "s", "title": "S"})
	const at = "/v1/shows/s/checklist"
	open := func() string {
		t.Helper()
		return fmt.Sprint(e.want(200, "GET", at, host, nil).json["open_items"])
	}
	if got := open(); got != "[shelf prices stock host keywords brief rehearsal service]" {
		t.Errorf("of an empty show: %s", got)
	}
	e.want(200, "PUT", "/v1/shows/s/shelf", owner, obj{"items": []any{obj{"product_id": "p", "sku_id": "k", "title": "Knife", "price_minor": 0, "stock": 0}}})
	if got := open(); got != "[prices stock host keywords brief rehearsal service]" {
		t.Errorf("with a bare item: %s", got)
	}
	e.want(200, "PUT", "/v1/shows/s/shelf", owner, obj{"items": []any{obj{"product_id": "p", "sku_id": "k", "title": "Knife", "price_minor": 100, "stock": 3}}})
	e.want(200, "PATCH", "/v1/rooms/r", owner, obj{"host_ids": []string{"h1"}})
	e.want(200, "POST", "/v1/shows/s/commands", operator, obj{"command_id": "w", "command": "block_keyword", "data": obj{"word": "最便宜"}})
	if got := open(); got != "[brief rehearsal service]" {
		t.Errorf("with shelf, host and keywords: %s", got)
	}
	e.want(200, "PUT", "/v1/shows/s/brief", operator, obj{"items": []any{obj{"kind": "warning", "text": "no claims"}}})
	e.want(200, "POST", "/v1/shows/s/brief/publish", operator, nil)
	e.want(200, "POST", "/v1/shows/s/brief/read", operator, obj{"version": 1})
	if got := open(); got != "[brief rehearsal service]" {
		t.Errorf("an operator has read the brief: %s", got)
	}
	e.want(200, "POST", "/v1/shows/s/brief/read", host, obj{"version": 1})
	if got := open(); got != "[rehearsal service]" {
		t.Errorf("the host has read the brief: %s", got)
	}

	declared := obj{"items": []any{obj{"item_id": "lights", "title": "灯光", "blocking": true}, obj{"item_id": "samples", "title": "样品"}}}
	e.want(200, "PUT", "/v1/checklist", owner, declared)
	e.problem("a host declares", e.do("PUT", "/v1/checklist", host, declared), 403)
	if a := e.want(400, "PUT", "/v1/checklist", owner, obj{"items": []any{obj{"item_id": "a", "title": "x"}, obj{"item_id": "a", "title": "y"}}}); a.text("field") != "item_id" {
		t.Errorf("twice: %s", a.raw)
	}
	if got := open(); got != "[rehearsal service lights samples]" {
		t.Errorf("with what was declared: %s", got)
	}
	refused := e.want(409, "POST", "/v1/shows/s/start", host, nil)
	if refused.code() != "checklist_open" || fmt.Sprint(refused.json["open_items"]) != "[lights]" {
		t.Errorf("started with an open item that blocks: %s", refused.raw)
	}
	e.advance(time.Second)
	e.want(200, "POST", "/v1/shows/s/commands", host, obj{"command_id": "rehearsal", "command": "rehearse"})
	if got := open(); got != "[service lights samples]" {
		t.Errorf("after a rehearsal, which nothing blocks: %s", got)
	}
	for _, sh := range e.want(200, "GET", "/v1/shows?room_id=r&state=live", owner, nil).items() {
		e.want(200, "POST", fmt.Sprint("/v1/shows/", dig(sh, "show_id"), "/end"), host, nil)
	}
	done := e.want(200, "PUT", at+"/lights", host, obj{"done": true, "note": "two lamps"})
	if dig(done.json, "manual", 0, "done_by") != "h1" || dig(done.json, "manual", 0, "done_role") != "host" || dig(done.json, "manual", 0, "note") != "two lamps" || dig(done.json, "manual", 1, "done") != false || fmt.Sprint(done.json["blocking_items"]) != "[]" {
		t.Errorf("ticked: %s", done.raw)
	}
	if again := e.want(200, "PUT", at+"/lights", operator, obj{"done": true}); dig(again.json, "manual", 0, "done_by") != "h1" {
		t.Errorf("ticked again: %s", again.raw)
	}
	e.want(200, "PUT", at+"/lights", operator, obj{"done": false})
	e.want(409, "POST", "/v1/shows/s/start", host, nil)
	e.want(200, "PUT", at+"/lights", operator, obj{"done": true})
	e.problem("no such item", e.do("PUT", at+"/camera", host, obj{"done": true}), 404)
	if a := e.want(200, "POST", "/v1/shows/s/start", host, nil); fmt.Sprint(a.json["warnings"]) != "[samples]" {
		t.Errorf("samples are open and block nothing: %s", a.raw)
	}
	e.want(200, "POST", "/v1/shows/s/end", host, nil)
	if a := e.want(409, "PUT", at+"/samples", host, obj{"done": true}); a.code() != "wrong_state" {
		t.Errorf("after the show: %s", a.raw)
	}
	if items := e.want(200, "GET", "/v1/checklist", e.as(live.RoleMerchant, "m2", "other"), nil).items(); len(items) != 0 {
		t.Errorf("another merchant reads %v", items)
	}
	seen := 0
	for _, r := range e.want(200, "GET", "/v1/audit?limit=200", owner, nil).items() {
		switch dig(r, "action") {
		case "checklist.put", "checklist.tick", "checklist.untick":
			seen++
		}
	}
	if seen != 5 {
		t.Errorf("%d turns of the checklist are in the audit log", seen)
	}
}
