package gateway_test

import (
	"maps"
	"testing"
	"time"

	"showrunner/live"
)

// say delivers one fact that happened at the beginning of the stage.
func (e *env) say(t *testing.T, kind string, data obj) {
	t.Helper()
	body := text(t, fact(kind, data))
	e.want(200, "POST", hook, "", body, sign(t, secret1, "d", e.now(), body)...)
}

// TestLifeOfAnOrder tells a presale from its deposit to its settlement, and
// reads the order and the ledger of its show.
func TestLifeOfAnOrder(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.integrate("m1", secret1)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	money := func(minor int64, more obj) obj {
		d := obj{"order_id": "o1", "currency": "CNY", "paid_minor": minor}
		maps.Copy(d, more)
		return d
	}
	e.say(t, "order_created", obj{"order_id": "o1", "show_id": show, "user_id": "u1", "currency": "CNY", "payment_type": "presale", "lines": []any{
		obj{"line_id": "1", "sku_id": "sku1", "qty": 2, "goods_minor": 2000, "shipping_minor": 100, "commission_bps": 1000},
	}})
	e.say(t, "presale_deposit_paid", money(200, obj{"payment_id": "d"}))
	if o := e.want(200, "GET", "/v1/orders/o1", owner, nil); o.json["state"] != "deposit_paid" || o.json["deposit_minor"] != 200.0 || o.json["paid_minor"] != 0.0 {
		t.Errorf("with a deposit: %s", o.raw)
	}
	before := e.now()
	e.advance(time.Minute)
	e.say(t, "balance_paid", money(1900, obj{"payment_id": "b"}))
	e.say(t, "order_payment_failed", obj{"order_id": "o1", "payment_id": "c"})
	e.say(t, "order_shipped", obj{"order_id": "o1", "shipment_id": "SF1"})
	e.say(t, "refund_requested", obj{"order_id": "o1", "refund_id": "r1", "line_id": "1", "refund_type": "refund_only", "reason": "NO_LONGER_WANT"})
	e.say(t, "refund_succeeded", obj{"order_id": "o1", "refund_id": "r1", "currency": "CNY", "lines": []any{obj{"line_id": "1", "goods_minor": 500}}})
	e.say(t, "order_settled", obj{"order_id": "o1", "settlement_id": "s1", "settled_minor": 1500, "currency": "CNY"})
	o := e.want(200, "GET", "/v1/orders/o1", owner, nil)
	for key, want := range map[string]any{
		"state": "part_refunded", "deposit_minor": 0.0, "paid_minor": 2100.0, "net_minor": 1600.0, "settled_minor": 1500.0,
		"fulfilment": "shipped", "payment_failures": 1.0, "payment_type": "presale",
	} {
		if o.json[key] != want {
			t.Errorf("%s is %v, want %v", key, o.json[key], want)
		}
	}
	sale, _ := o.json["aftersales"].([]any)
	if len(sale) != 1 || sale[0].(map[string]any)["state"] != "refund_succeeded" || sale[0].(map[string]any)["reason"] != "NO_LONGER_WANT" {
		t.Errorf("aftersales: %s", o.raw)
	}

	path := "/v1/shows/" + show + "/ledger"
	balances := func(a answer) map[string]float64 {
		out, sum := map[string]float64{}, 0.0
		for _, b := range a.json["balances"].([]any) {
			row := b.(map[string]any)
			out[row["account"].(string)] = row["balance_minor"].(float64)
			sum += row["balance_minor"].(float64)
		}
		if sum != 0 {
			t.Errorf("the accounts sum to %v: %s", sum, a.raw)
		}
		return out
	}
	now := e.want(200, "GET", path, owner, nil)
	for account, want := range map[string]float64{
		"paid": 2100, "sales": -2100, "receivable": 0, "refunded_goods": 500, "settled": 1500, "deposit": 0,
		"commission": 150, // a tenth of 2000, less a tenth of the 500 that went back
	} {
		if got := balances(now)[account]; got != want {
			t.Errorf("%s stands at %v, want %v", account, got, want)
		}
	}
	then := e.want(200, "GET", path+"?as_of="+before.Format("2006-01-02T15:04:05.000Z"), owner, nil)
	if b := balances(then); b["paid"] != 0 || b["deposit"] != 200 || b["receivable"] != 2100 {
		t.Errorf("as of a minute ago: %s", then.raw)
	}
	amounts := map[string]any{
		"gmv_paid_minor": 2100.0, "refund_by_pay_date_minor": 500.0, "refund_by_event_date_minor": 500.0, "cancelled_paid_minor": 0.0,
		"gmv_net_minor": 1600.0, "gmv_settled_minor": 1500.0, "commission_minor": 150.0,
	}
	// told wants one window to have come so far, with its amounts or, before its
	// last day, with none: what was sold until now is not what it will be.
	told := func(window, state string) {
		t.Helper()
		one := e.want(200, "GET", path+"?window="+window, e.as(live.RoleMerchant, "m1", "owner"), nil)
		windows := one.json["windows"].([]any)
		if len(windows) != 1 || one.json["provisional"] != (state != "complete") {
			t.Fatalf("%s: %s", window, one.raw)
		}
		row := windows[0].(map[string]any)
		if row["window"] != window || row["currency"] != "CNY" || row["state"] != state || row["complete"] != (state == "complete") {
			t.Errorf("%s is not %s: %v", window, state, row)
		}
		for key, want := range amounts {
			if state == "not_yet" {
				want = nil
			}
			if got, there := row[key]; got != want || !there {
				t.Errorf("%s: %s is %v, want %v", window, key, got, want)
			}
		}
	}
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, obj{})
	told("t0", "so_far")
	told("t1", "not_yet")
	told("t30", "not_yet")
	e.want(200, "POST", "/v1/shows/"+show+"/end", owner, obj{})
	told("t0", "complete")
	told("t1", "not_yet") // it ends now
	e.advance(time.Millisecond)
	told("t1", "so_far")
	told("t3", "not_yet")
	told("t30", "not_yet")
	e.advance(2*24*time.Hour + time.Minute)
	told("t1", "complete")
	told("t3", "so_far")
	told("t30", "not_yet")
	e.advance(30 * 24 * time.Hour)
	told("t30", "complete")
	owner = e.as(live.RoleMerchant, "m1", "owner") // the token of then has expired
	e.problem("a wrong window", e.do("GET", path+"?window=t2", owner, nil), 400)
	e.problem("an instant to come", e.do("GET", path+"?as_of=2036-01-01T00:00:00Z", owner, nil), 400)
}

// TestCommissionRate: only who sets prices sets a commission, and only who sees
// money reads it.
func TestCommissionRate(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	item := "/v1/shows/" + show + "/shelf/sku1"
	operator := e.as(live.RoleOperator, "m1", "op")
	e.problem("a host", e.do("PATCH", item, e.as(live.RoleHost, "m1", "host-m1"), obj{"commission_bps": 500}), 403)
	e.problem("over the whole", e.do("PATCH", item, operator, obj{"commission_bps": 10001}), 400)
	e.want(200, "PATCH", item, operator, obj{"commission_bps": 500})
	for role, want := range map[live.Role]any{live.RoleMerchant: 500.0, live.RoleViewer: nil} {
		a := e.want(200, "GET", "/v1/shows/"+show+"/shelf", e.as(role, "m1", "someone"), nil)
		if got := a.json["items"].([]any)[0].(map[string]any)["commission_bps"]; got != want {
			t.Errorf("%s reads a commission of %v, want %v", role, got, want)
		}
	}
}

// TestShelfTellsSalesAndKeepsCommissions: a shelf that is set again without
// commissions keeps them, and tells the flash sale of each item to everybody.
func TestShelfTellsSalesAndKeepsCommissions(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	shelf := "/v1/shows/" + show + "/shelf"
	operator, host := e.as(live.RoleOperator, "m1", "op"), e.as(live.RoleHost, "m1", "host-m1")
	first := func(as string) map[string]any {
		return e.want(200, "GET", shelf, as, nil).json["items"].([]any)[0].(map[string]any)
	}
	if it := first(operator); it["commission_bps"] != 0.0 || it["flash_sale"] != nil {
		t.Errorf("to begin with %v", it)
	}
	item := func(more obj) obj {
		it := obj{"product_id": "p1", "sku_id": "sku1", "title": "Knife", "price_minor": 1000, "stock": 10}
		maps.Copy(it, more)
		return obj{"items": []any{it}}
	}
	for _, step := range []struct {
		name, method, path, as string
		body                   obj
		want                   any
	}{
		{"put with one", "PUT", shelf, operator, item(obj{"commission_bps": 700}), 700.0},
		{"put without", "PUT", shelf, operator, item(obj{"title": "Sharp knife"}), 700.0},
		{"put by a host", "PUT", shelf, host, item(nil), 700.0},
		{"patch of something else", "PATCH", shelf + "/sku1", host, obj{"rank": 3}, 700.0},
		{"patch", "PATCH", shelf + "/sku1", operator, obj{"commission_bps": 300}, 300.0},
		{"put with none", "PUT", shelf, operator, item(obj{"commission_bps": 0}), 0.0},
		{"put again", "PUT", shelf, operator, item(obj{"commission_bps": 450}), 450.0},
		{"taken off", "PUT", shelf, operator, obj{"items": []any{}}, nil},
		{"back on", "PUT", shelf, operator, item(nil), 450.0},
	} {
		e.want(200, step.method, step.path, step.as, step.body)
		if step.want != nil {
			if it := first(operator); it["commission_bps"] != step.want {
				t.Errorf("%s: a commission of %v, want %v", step.name, it["commission_bps"], step.want)
			}
		}
	}
	e.problem("a host sets one", e.do("PUT", shelf, host, item(obj{"commission_bps": 1})), 403)

	e.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	e.want(200, "POST", "/v1/shows/"+show+"/commands", operator, obj{"command_id": "f", "command": "start_flash_sale", "args": obj{"sku_id": "sku1", "price_minor": 500, "qty": 4, "duration_s": 600, "per_person": 2}})
	for _, role := range []live.Role{live.RoleOperator, live.RoleModerator, live.RoleViewer} {
		it := first(e.as(role, "m1", "someone"))
		sale, _ := it["flash_sale"].(map[string]any)
		if sale["state"] != "running" || sale["price_minor"] != 500.0 || sale["qty"] != 4.0 || sale["left"] != 4.0 || sale["per_person"] != 2.0 {
			t.Errorf("%s sees the sale %v", role, sale)
		}
		if told := it["commission_bps"] != nil; told != (role == live.RoleOperator) {
			t.Errorf("%s is told the commission: %v", role, told)
		}
	}
}
