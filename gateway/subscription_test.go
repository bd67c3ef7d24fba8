package gateway_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"showrunner/live"
	"showrunner/live/store"
)

const hookURL = "https://shop.example/hooks?token=s3cret"

// subscribed makes a subscription of a merchant and one delivery to it, that of
// a fact of the type, as the follower of the log would.
func (e *env) subscribed(merchant string, kind live.Kind) (subscription, delivery string) {
	e.t.Helper()
	a := e.want(201, "POST", "/v1/subscriptions", e.as(live.RoleMerchant, merchant, "owner-"+merchant), obj{"url": hookURL, "types": []live.Kind{kind}})
	subscription = a.text("subscription_id")
	delivery = e.enqueue(merchant, subscription, kind, 1)
	return subscription, delivery
}

// enqueue makes the delivery of a fact at a place of the log.
func (e *env) enqueue(merchant, subscription string, kind live.Kind, seq uint64) string {
	e.t.Helper()
	entry := live.Entry{Position: live.Position{Seq: seq}, Event: live.Event{
		ID: live.EventID(fmt.Sprintf("e-%s-%d", merchant, seq)), Kind: kind, Source: "system", Merchant: live.MerchantID(merchant), ReceivedAt: e.now(), OccurredAt: e.now(),
	}}
	n, err := e.store.EnqueueWebhooks(context.Background(), merchant+e.log.Epoch(), live.Position{Seq: seq + 1}, []live.Entry{entry},
		func(*live.Event) (store.Rendered, error) { return store.Rendered{Body: "{}"}, nil })
	if err != nil || n != 1 {
		e.t.Fatalf("enqueue: %d %v", n, err)
	}
	list, _, err := e.store.Webhooks(context.Background(), store.WebhookFilter{Subscription: subscription})
	if err != nil || len(list) == 0 {
		e.t.Fatalf("deliveries: %v %v", list, err)
	}
	return list[0].ID
}

// TestSubscription walks the life of a subscription over HTTP.
func TestSubscription(t *testing.T) {
	e := newEnv(t)
	owner, operator := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleOperator, "m1", "op")
	made := e.want(201, "POST", "/v1/subscriptions", owner, obj{
		"url": hookURL, "types": []string{"show_started", "order_paid", "order_paid"}, "description": "ERP",
	}, "Idempotency-Key", "k1")
	id, secret := made.text("subscription_id"), made.text("secret")
	if !strings.HasPrefix(secret, "whsec_") || made.json["active"] != true || fmt.Sprint(made.json["types"]) != "[order_paid show_started]" {
		t.Fatalf("made: %s", made.raw)
	}
	path := "/v1/subscriptions/" + id
	read := func(token string) string {
		t.Helper()
		return e.want(200, "GET", path, token, nil).raw + e.want(200, "GET", "/v1/subscriptions", token, nil).raw
	}
	if got := read(owner); strings.Contains(got, "whsec_") || strings.Count(got, hookURL) != 2 {
		t.Errorf("the owner reads %s", got)
	}
	for _, role := range []live.Role{live.RoleOperator, live.RoleAuditor} {
		if got := read(e.as(role, "m1", "x")); strings.Contains(got, "whsec_") || strings.Contains(got, "s3cret") || !strings.Contains(got, "https://shop.example/hooks") {
			t.Errorf("%s reads %s", role, got)
		}
	}

	rotated := e.want(200, "POST", path+"/rotate", owner, nil)
	if fresh := rotated.text("secret"); fresh == secret || !strings.HasPrefix(fresh, "whsec_") || rotated.text("old_secret_until") != "2026-01-03T12:00:00.000Z" {
		t.Errorf("rotated: %s", rotated.raw)
	}
	if a := e.want(200, "POST", path+"/rotate", owner, obj{"overlap_minutes": 0}); a.json["old_secret_until"] != nil {
		t.Errorf("rotated without overlap: %s", a.raw)
	}

	if a := e.want(200, "PATCH", path, owner, obj{"types": []string{"refund_succeeded"}, "active": false}); a.json["active"] != false || a.text("description") != "ERP" || fmt.Sprint(a.json["types"]) != "[refund_succeeded]" {
		t.Errorf("patched: %s", a.raw)
	}
	if a := e.want(409, "POST", path+"/replay", owner, obj{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}); a.code() != "subscription_inactive" {
		t.Errorf("replay while inactive: %s", a.raw)
	}
	e.want(200, "PATCH", path, owner, obj{"active": true})

	msg := e.enqueue("m1", id, live.RefundSucceeded, 7)
	list := e.want(200, "GET", path+"/deliveries?state=pending", operator, nil).items()
	if len(list) != 1 || list[0].(obj)["delivery_id"] != msg || list[0].(obj)["state"] != "pending" {
		t.Errorf("deliveries: %v", list)
	}
	if list := e.want(200, "GET", path+"/deliveries?state=dead", operator, nil).items(); len(list) != 0 {
		t.Errorf("dead deliveries: %v", list)
	}
	if a := e.want(202, "POST", "/v1/deliveries/"+msg+"/replay", owner, nil); a.text("delivery_id") != msg {
		t.Errorf("replayed: %s", a.raw)
	}
	if a := e.want(202, "POST", path+"/replay", owner, obj{"from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"}); a.json["replayed"] != 0.0 || a.json["more"] != false {
		t.Errorf("a pending delivery is replayed by time: %s", a.raw)
	}
	e.want(204, "DELETE", path, owner, nil)
	e.want(404, "GET", path, owner, nil)
	e.want(404, "POST", "/v1/deliveries/"+msg+"/replay", owner, nil)

	audit := e.want(200, "GET", "/v1/audit", owner, nil)
	for _, action := range []string{"subscription.create", "subscription.rotate", "subscription.update", "delivery.replay", "subscription.delete"} {
		if !strings.Contains(audit.raw, `"`+action+`"`) {
			t.Errorf("the audit log lacks %s: %s", action, audit.raw)
		}
	}
	if all := audit.raw + e.logged.String(); strings.Contains(all, "whsec_") || strings.Contains(all, "s3cret") {
		t.Errorf("a secret or a URL's query is told: %s", all)
	}
}

// TestSubscriptionInput: what is refused, and that nothing of it stays.
func TestSubscriptionInput(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	sub, _ := e.subscribed("m1", live.OrderPaid)
	good := func(change obj) obj {
		b := obj{"url": hookURL, "types": []string{"order_paid"}}
		maps.Copy(b, change)
		return b
	}
	for _, tc := range []struct {
		name, method, path string
		body               any
		status             int
		code, field        string
	}{
		{"plain http", "POST", "", good(obj{"url": "http://shop.example/"}), 400, "invalid_field", "url"},
		{"loopback", "POST", "", good(obj{"url": "https://127.0.0.1/"}), 400, "invalid_field", "url"},
		{"metadata", "POST", "", good(obj{"url": "https://169.254.169.254/latest"}), 400, "invalid_field", "url"},
		{"a user", "POST", "", good(obj{"url": "https://u:p@shop.example/"}), 400, "invalid_field", "url"},
		{"long", "POST", "", good(obj{"url": "https://shop.example/" + strings.Repeat("x", 2048)}), 400, "invalid_field", "url"},
		{"no types", "POST", "", good(obj{"types": []string{}}), 400, "invalid_field", "types"},
		{"a viewer's fact", "POST", "", good(obj{"types": []string{"order_paid", "comment_sent"}}), 400, "unknown_type", "types[1]"},
		{"own secret", "POST", "", good(obj{"secret": "whsec_x"}), 400, "unknown_field", "secret"},
		{"long description", "POST", "", good(obj{"description": strings.Repeat("字", 201)}), 400, "invalid_field", "description"},
		{"another merchant", "POST", "", good(obj{"merchant_id": "m2"}), 403, "merchant_forbidden", ""},
		{"patch to loopback", "PATCH", "/" + sub, obj{"url": "https://localhost/"}, 400, "invalid_field", "url"},
		{"patch to no types", "PATCH", "/" + sub, obj{"types": []string{}}, 400, "invalid_field", "types"},
		{"patch the secret", "PATCH", "/" + sub, obj{"secret": "whsec_x"}, 400, "unknown_field", "secret"},
		{"long overlap", "POST", "/" + sub + "/rotate", obj{"overlap_minutes": 10081}, 400, "invalid_field", "overlap_minutes"},
		{"backwards", "POST", "/" + sub + "/replay", obj{"from": "2026-01-02T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, 400, "invalid_field", "to"},
		{"replay the pending", "POST", "/" + sub + "/replay", obj{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "state": "pending"}, 400, "invalid_field", "state"},
		{"odd state", "GET", "/" + sub + "/deliveries?state=lost", nil, 400, "invalid_field", "query.state"},
	} {
		a := e.do(tc.method, "/v1/subscriptions"+tc.path, owner, tc.body)
		e.problem(tc.name, a, tc.status)
		if a.code() != tc.code || a.text("field") != tc.field {
			t.Errorf("%s: code %q field %q, want %q %q: %s", tc.name, a.code(), a.text("field"), tc.code, tc.field, a.raw)
		}
	}
	scoped := e.as(live.RoleMerchant, "m1", "scoped", "room-m1")
	for _, path := range []string{"/v1/subscriptions", "/v1/subscriptions/" + sub, "/v1/subscriptions/" + sub + "/deliveries"} {
		if a := e.do("GET", path, scoped, nil); a.code() != "room_forbidden" {
			t.Errorf("%s with a token limited to rooms: %d %s", path, a.status, a.raw)
		}
	}
	if items := e.want(200, "GET", "/v1/subscriptions", owner, nil).items(); len(items) != 1 || items[0].(obj)["url"] != hookURL {
		t.Errorf("something was stored: %v", items)
	}
	for range store.MaxSubscriptions - 1 {
		e.want(201, "POST", "/v1/subscriptions", owner, good(nil))
	}
	if a := e.want(409, "POST", "/v1/subscriptions", owner, good(nil)); a.code() != "too_many_subscriptions" {
		t.Errorf("one too many: %s", a.raw)
	}
	page := e.want(200, "GET", "/v1/subscriptions?limit=15", owner, nil)
	if rest := e.want(200, "GET", "/v1/subscriptions?limit=15&cursor="+page.text("next_cursor"), owner, nil); len(page.items()) != 15 || len(rest.items()) != store.MaxSubscriptions-15 {
		t.Errorf("pages of %d and %d", len(page.items()), len(rest.items()))
	}
}
