package gateway_test

import (
	"context"
	"testing"

	"showrunner/live"
)

// Batches over HTTP, and a coupon from its claim to the order that takes it.
func TestCoupons(t *testing.T) {
	e := newEnv(t)
	owner, operator := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleOperator, "m1", "op")
	room, show := e.stage("m1")
	terms := obj{"title": "5 off", "kind": "amount", "off_minor": 500, "threshold_minor": 1000, "currency": "CNY", "total": 2, "per_person": 1}
	a := e.want(200, "PUT", "/v1/coupons/b1", owner, terms)
	if a.json["claimed"] != 0.0 || a.json["off_minor"] != 500.0 || a.text("batch_id") != "b1" {
		t.Errorf("made: %s", a.raw)
	}
	for body, field := range map[string]string{
		`{"title":"x","kind":"gift","currency":"CNY","total":1,"per_person":1}`:                                           "kind",
		`{"title":"x","kind":"percent","off_bps":10001,"currency":"CNY","total":1,"per_person":1}`:                        "off_bps",
		`{"title":"x","kind":"amount","off_minor":1,"currency":"CNY","total":1,"per_person":1,"valid_for_s":99999999999}`: "valid_for_s",
	} {
		if got := e.want(400, "PUT", "/v1/coupons/b2", owner, body); got.text("field") != field {
			t.Errorf("%s: %s", body, got.raw)
		}
	}
	e.want(403, "PUT", "/v1/coupons/b1", e.as(live.RoleHost, "m1", "h"), terms)
	e.want(403, "PUT", "/v1/coupons/b1", e.as(live.RoleOperator, "m1", "o", live.RoomID(room)), terms)
	other := e.as(live.RoleMerchant, "m2", "x")
	e.want(404, "GET", "/v1/coupons/b1", other, nil)
	e.want(200, "PUT", "/v1/coupons/b1", other, obj{"title": "Theirs", "kind": "amount", "off_minor": 1, "currency": "USD", "total": 9, "per_person": 9})
	if got := e.want(200, "GET", "/v1/coupons/b1", owner, nil); got.text("title") != "5 off" {
		t.Errorf("another merchant's batch of the same name came over ours: %s", got.raw)
	}

	e.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	e.want(200, "POST", "/v1/shows/"+show+"/commands", operator, obj{"command": "drop_coupon", "command_id": "d1", "data": obj{"batch_id": "b1"}})
	v := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}
	c, err := e.store.ClaimCoupon(context.Background(), live.ClaimCoupon{Room: live.RoomID(room), Batch: "b1", By: v})
	if err != nil {
		t.Fatal(err)
	}
	viewer := e.as(live.RoleViewer, "m1", "v1")
	mine := func() obj {
		t.Helper()
		return e.want(200, "GET", "/v1/me/coupons", viewer, nil).items()[0].(obj)
	}
	if got := mine(); got["coupon_id"] != c.ID || got["state"] != "claimed" {
		t.Errorf("mine: %v", got)
	}
	p := e.want(201, "POST", "/v1/shows/"+show+"/orders", viewer, obj{"client_order_id": "c1", "coupon_id": c.ID, "lines": []any{obj{"sku_id": "sku1", "qty": 1}}})
	if p.json["discount_minor"] != 500.0 {
		t.Errorf("placed: %s", p.raw)
	}
	if got := mine(); got["state"] != "held" || got["order_id"] != p.text("order_id") || got["discount_minor"] != 500.0 {
		t.Errorf("mine: %v", got)
	}
	e.want(409, "PUT", "/v1/coupons/b1", owner, obj{"title": "5 off", "kind": "amount", "off_minor": 400, "currency": "CNY", "total": 2, "per_person": 1})
	if got := e.want(200, "GET", "/v1/coupons", owner, nil).items(); len(got) != 1 || got[0].(obj)["claimed"] != 1.0 {
		t.Errorf("list: %v", got)
	}
	if got := e.want(200, "POST", "/v1/coupons/b1/void", owner, nil); got.json["voided"] != true {
		t.Errorf("void: %s", got.raw)
	}
	if got := e.want(200, "GET", "/v1/me/coupons", e.as(live.RoleViewer, "m1", "v2"), nil).items(); len(got) != 0 {
		t.Errorf("another's coupons: %v", got)
	}
}
