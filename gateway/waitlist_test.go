package gateway_test

import (
	"testing"

	"showrunner/live"
)

// TestStockByHTTP walks allotment, limit, policy and waitlist of a shelf over HTTP.
func TestStockByHTTP(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
	items := e.want(200, "PUT", "/v1/shows/"+show+"/shelf", owner, obj{"items": []any{
		obj{"product_id": "p1", "sku_id": "sku1", "title": "Knife", "price_minor": 1000, "stock": 1, "allotted": 3, "per_person": 2},
	}}).items()
	if it := items[0].(obj); it["allotted"] != 3.0 || it["released"] != 1.0 || it["per_person"] != 2.0 || it["stock_policy"] != "reserve" || it["returned"] != 0.0 {
		t.Errorf("item = %v", it)
	}
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	command := func(status int, id, name string, data obj) answer {
		t.Helper()
		return e.want(status, "POST", "/v1/shows/"+show+"/commands", owner, obj{"command_id": id, "command": name, "data": data})
	}
	if a := command(409, "over", "release_stock", obj{"sku_id": "sku1", "qty": 3}); a.code() != "over_allotment" {
		t.Errorf("code = %s", a.code())
	}
	order := func(client string, qty int) obj {
		return obj{"client_order_id": client, "lines": []any{obj{"sku_id": "sku1", "qty": qty}}}
	}
	e.want(201, "POST", "/v1/shows/"+show+"/orders", e.as(live.RoleViewer, "m1", "v0"), order("c", 1))
	if _, err := e.store.JoinWaitlist(t.Context(), live.JoinWaitlist{
		Room: live.RoomID(room), SKU: "sku1", Qty: 1, Person: live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"},
	}); err != nil {
		t.Fatal(err)
	}
	mine := func(token string) []any {
		return e.want(200, "GET", "/v1/shows/"+show+"/waitlist/me", token, nil).items()
	}
	if list := mine(viewer); len(list) != 1 || list[0].(obj)["state"] != "waiting" || list[0].(obj)["expires_at"] != nil {
		t.Errorf("places = %v", list)
	}
	if list := mine(e.as(live.RoleViewer, "m1", "v2")); len(list) != 0 {
		t.Errorf("another's places = %v", list)
	}
	e.problem("staff has no place", e.do("GET", "/v1/shows/"+show+"/waitlist/me", owner, nil), 403)
	command(200, "more", "release_stock", obj{"sku_id": "sku1", "qty": 1})
	if list := mine(viewer); len(list) != 1 || list[0].(obj)["state"] != "offered" || list[0].(obj)["expires_at"] == nil {
		t.Errorf("places = %v", list)
	}
	e.want(201, "POST", "/v1/shows/"+show+"/orders", viewer, order("c", 1))
	if list := mine(viewer); len(list) != 0 {
		t.Errorf("after the order places = %v", list)
	}
	command(200, "rest", "release_stock", obj{"sku_id": "sku1", "qty": 1})
	command(200, "f", "start_flash_sale", obj{"sku_id": "sku1", "price_minor": 500, "qty": 1, "duration_s": 60})
	if a := e.want(201, "POST", "/v1/shows/"+show+"/orders", viewer, order("c2", 1)); a.json["total_minor"] != 500.0 {
		t.Errorf("in the flash sale it costs %v", a.json["total_minor"])
	}
	if a := e.do("POST", "/v1/shows/"+show+"/orders", viewer, order("c3", 1)); a.code() != "out_of_stock" {
		t.Errorf("code = %s", a.code())
	}
}
