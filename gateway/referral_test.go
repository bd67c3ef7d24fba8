package gateway_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// said applies a platform's fact of an order.
func (e *env) said(order string, f live.OrderFact) {
	e.t.Helper()
	f.Source, f.At = "shop", e.now()
	if _, err := e.store.ApplyFacts(e.t.Context(), "m1", []store.Fact{{Order: live.OrderID(order), OrderFact: f}}, e.now()); err != nil {
		e.t.Fatal(err)
	}
}

// soldBy makes an order of a buyer on which ten per cent are commission.
func (e *env) soldBy(id, buyer string, minor int64) {
	e.t.Helper()
	e.said(id, live.OrderFact{
		Kind: live.OrderCreated, Person: live.PersonID(buyer), Currency: "CNY",
		Lines: []live.OrderLine{{ID: "l1", SKU: "a", Qty: 1, Goods: minor, CommissionBPS: 1000}},
	})
	e.said(id, live.OrderFact{Kind: live.OrderPaid, ID: "p-" + id, PaidMinor: minor, Currency: "CNY"})
}

// TestReferral: a link, a click, a binding, orders and a refund; commission and
// figures are those of the ledger to the cent.
func TestReferral(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	mei, bob := e.as(live.RoleViewer, "m1", "mei"), e.as(live.RoleViewer, "m1", "bob")
	e.want(200, "PUT", "/v1/referral/rule", owner, obj{"who": "new", "term": "days", "days": 30})
	if a := e.want(200, "GET", "/v1/referral/rule", owner, nil); a.json["rule_version"] != 1.0 || a.json["days"] != 30.0 {
		t.Errorf("rule: %s", a.raw)
	}
	e.want(400, "PUT", "/v1/referral/rule", owner, obj{"who": "new", "term": "days"})

	link := e.want(200, "POST", "/v1/referral/links", mei, obj{"channel": "wechat"})
	token := link.text("token")
	if again := e.want(200, "POST", "/v1/referral/links", mei, obj{"channel": "wechat"}); again.text("token") != token || token == "" {
		t.Errorf("links: %s and %s", link.raw, again.raw)
	}
	if a := e.want(403, "POST", "/v1/referral/links", mei, obj{"person_id": "bob"}); a.code() != "not_yourself" {
		t.Errorf("for somebody else: %s", a.raw)
	}
	if a := e.want(409, "POST", "/v1/referral/clicks", mei, obj{"token": token}); a.code() != "own_link" {
		t.Errorf("one's own: %s", a.raw)
	}
	e.want(404, "POST", "/v1/referral/clicks", bob, obj{"token": "nothing"})
	e.want(404, "POST", "/v1/referral/clicks", e.as(live.RoleViewer, "m2", "bob"), obj{"token": token})
	e.want(204, "POST", "/v1/referral/clicks", bob, obj{"token": token})
	e.want(204, "POST", "/v1/referral/clicks", bob, obj{"token": token}) // the same fact
	b := e.want(200, "POST", "/v1/referral/bindings", bob, obj{"token": token})
	if b.text("referrer_id") != "mei" || b.text("expires_at") != "2026-02-01T12:00:00.000Z" {
		t.Errorf("bound: %s", b.raw)
	}
	if again := e.want(200, "POST", "/v1/referral/bindings", bob, obj{"token": token}); again.json["replay"] != true {
		t.Errorf("bound again: %s", again.raw)
	}
	other := e.want(200, "POST", "/v1/referral/links", e.as(live.RoleViewer, "m1", "cai"), nil).text("token")
	if a := e.want(409, "POST", "/v1/referral/bindings", bob, obj{"token": other}); a.code() != "already_bound" {
		t.Errorf("another link: %s", a.raw)
	}

	e.advance(time.Hour)
	e.soldBy("o1", "bob", 1999)
	e.soldBy("o2", "bob", 5000)
	e.soldBy("o3", "eve", 700) // belongs to nobody
	e.advance(time.Hour)
	e.said("o1", live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 1000}}})
	e.said("o2", live.OrderFact{Kind: live.OrderCancelled, CancelType: live.CancelMerchant})
	e.advance(time.Minute)
	e.climb()

	owner = e.as(live.RoleMerchant, "m1", "owner")
	a := e.want(200, "GET", "/v1/referral", owner, nil)
	if dig(a.json, "k_factor", "numerator") != 1.0 || dig(a.json, "invites") != 2.0 || dig(a.json, "sharers") != 2.0 || dig(a.json, "bound") != 1.0 {
		t.Errorf("word of mouth: %s", a.raw)
	}
	sum := dig(a.json, "totals", 0)
	if dig(sum, "referral_gmv_minor") != 6999.0 || dig(sum, "referral_net_minor") != 999.0 || dig(sum, "referral_new") != 1.0 || dig(sum, "orders") != 2.0 {
		t.Errorf("totals: %v", sum)
	}
	if dig(a.json, "referrers", 0, "referrer_id") != "mei" || dig(a.json, "referrers", 0, "commission_due_minor") == 0.0 {
		t.Errorf("referrers: %s", a.raw)
	}
	// Every cent of the double-entry ledger stands somewhere.
	var booked int64
	for x, err := range e.store.PostingsTaken(t.Context(), "m1", "", epoch, e.now()) {
		if err != nil {
			t.Fatal(err)
		}
		booked += x.CommissionMinor - x.CommissionBackMinor
	}
	told := int64(dig(sum, "commission_accrued_minor").(float64) - dig(sum, "commission_reversed_minor").(float64) + dig(sum, "commission_unassigned_minor").(float64))
	if told != booked || booked == 0 {
		t.Errorf("commission of %d is told, %d is booked", told, booked)
	}
	var entries []string
	var due float64
	for cursor := ""; ; {
		path := "/v1/referral/commissions?referrer_id=mei&limit=1"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		page := e.want(200, "GET", path, owner, nil)
		for _, i := range page.items() {
			entries = append(entries, fmt.Sprint(dig(i, "order_id"), " ", dig(i, "type"), " ", dig(i, "commission_minor")))
			due += dig(i, "commission_minor").(float64)
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			break
		}
	}
	want := []string{"o2 order_cancelled -500", "o1 refund_succeeded -100", "o2 order_paid 500", "o1 order_paid 200"}
	if d := cmp.Diff(want, entries); d != "" {
		t.Errorf("commissions (-want +got):\n%s", d)
	}
	if due != dig(a.json, "referrers", 0, "commission_due_minor") {
		t.Errorf("the entries come to %v, the row says %v", due, dig(a.json, "referrers", 0, "commission_due_minor"))
	}

	e.want(204, "POST", "/v1/referral/bindings/bob/end", owner, obj{"reason": "bought followers"})
	if a := e.want(200, "GET", "/v1/referral/bindings/bob", owner, nil); len(a.items()) != 2 || dig(a.items()[1], "reason") != "bought followers" {
		t.Errorf("history: %s", a.raw)
	}
	e.want(404, "GET", "/v1/referral/bindings/eve", owner, nil)
	for _, path := range []string{"/v1/referral", "/v1/referral/commissions"} {
		e.want(403, "GET", path, e.as(live.RoleAgent, "m1", "a1"), nil) // money
	}
}

// TestPartners: an application, decisions and the rung they lead to.
func TestPartners(t *testing.T) {
	e := newEnv(t)
	mei, op := e.as(live.RoleViewer, "m1", "mei"), e.as(live.RoleOperator, "m1", "op")
	e.want(201, "POST", "/v1/partners", mei, obj{"note": "three groups"})
	e.want(404, "POST", "/v1/partners/nobody/approve", op, obj{"reason": "x"})
	if a := e.want(409, "POST", "/v1/partners/mei/suspend", op, obj{"reason": "x"}); a.code() != "wrong_state" || dig(a.json, "state") != "applied" {
		t.Errorf("suspended at once: %s", a.raw)
	}
	e.want(403, "POST", "/v1/partners/mei/approve", mei, obj{"reason": "me"})
	e.want(400, "POST", "/v1/partners/mei/approve", op, obj{"reason": ""})
	e.advance(time.Minute)
	if a := e.want(200, "POST", "/v1/partners/mei/approve", op, obj{"reason": "good"}); a.text("state") != "approved" || a.text("decided_by") != "op" {
		t.Errorf("approved: %s", a.raw)
	}
	e.climb()
	if a := e.want(200, "GET", "/v1/people/mei", op, nil); a.text("rung") != "partner" || dig(a.json, "partner", "state") != "approved" || dig(a.json, "cause", "type") != "partner_approved" {
		t.Errorf("profile: %s", a.raw)
	}
	if items := e.want(200, "GET", "/v1/partners?state=approved", op, nil).items(); len(items) != 1 {
		t.Errorf("partners: %v", items)
	}
	e.advance(time.Minute)
	e.want(200, "POST", "/v1/partners/mei/suspend", op, obj{"reason": "sold below price"})
	e.climb()
	if a := e.want(200, "GET", "/v1/people/mei", op, nil); a.text("rung") == "partner" {
		t.Errorf("suspended: %s", a.raw)
	}
}
