package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/gateway"
	"showrunner/gateway/api"
	"showrunner/live"
	"showrunner/live/store/pgtest"
)

// signingShop is a demo shop that posts to the webhook of a server under test, as
// the one of the program does over HTTP.
type signingShop struct {
	e    *env
	mu   sync.Mutex
	told int
	down bool // nothing gets through
}

func (s *signingShop) Tell(_ context.Context, m live.MerchantID, facts []api.WebhookFact) error {
	s.mu.Lock()
	s.told++
	n, down := s.told, s.down
	s.mu.Unlock()
	if down {
		return live.Unavailable("demo_shop_unreachable", time.Second, "the demo shop is not reached")
	}
	body, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	a := s.e.do("POST", "/v1/webhooks/demo-shop/orders", "", string(body), sign(s.e.t.(*testing.T), demoSecret(m), fmt.Sprint("d", n), s.e.now(), string(body))...)
	if a.status != http.StatusOK {
		return fmt.Errorf("the webhook answers %d: %s", a.status, a.raw)
	}
	return nil
}

func (s *signingShop) deliveries() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.told
}

func demoSecret(m live.MerchantID) string {
	if m == "m1" {
		return secret1
	}
	return secret2
}

// demoStage is a server with a demo shop, and a show of m1 on air.
func demoStage(t *testing.T, database string, change ...func(*gateway.Deps)) (e *env, shop *signingShop, show string) {
	t.Helper()
	shop = &signingShop{}
	e = newEnvOn(t, database, append(change, func(d *gateway.Deps) { d.API.DemoShop = shop })...)
	shop.e = e
	_, show = e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "PUT", "/v1/integrations/demo-shop", owner, obj{"connector": "standard", "secret": demoSecret("m1")})
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	return e, shop, show
}

// buy places an order of one knife and gives its id.
func (e *env) buy(show, token, client string) string {
	e.t.Helper()
	return e.want(201, "POST", "/v1/shows/"+show+"/orders", token, obj{"client_order_id": client, "lines": []any{obj{"sku_id": "sku1", "qty": 1}}}).text("order_id")
}

func demoPath(order, what string) string { return "/v1/demo-shop/orders/" + order + "/" + what }

// left is how many knives can still be ordered.
func (e *env) left(show string) float64 {
	e.t.Helper()
	items := e.want(200, "GET", "/v1/shows/"+show+"/shelf", e.as(live.RoleMerchant, "m1", "owner"), nil).items()
	return items[0].(obj)["left"].(float64)
}

// TestDemoShop plays what a buyer can do at the demo shop, on both databases:
// fail to pay, pay twice, ask for the money, have it refused and granted; and that
// an order which is not paid gives its stock back and cannot be paid any more.
func TestDemoShop(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		e, shop, show := demoStage(t, database)
		owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
		if open := e.want(200, "GET", "/v1/demo-shop", viewer, nil).json["open"]; open != true {
			t.Errorf("open = %v", open)
		}
		order := e.buy(show, viewer, "c1")
		if got := e.left(show); got != 9 {
			t.Errorf("left = %v, want 9: the order holds one", got)
		}
		failed := e.want(200, "POST", demoPath(order, "payment"), viewer, obj{"outcome": "failed"})
		if failed.text("state") != "unpaid" || failed.json["payment_failures"] != 1.0 {
			t.Errorf("after a payment that failed: %s", failed.raw)
		}
		paid := e.want(200, "POST", demoPath(order, "payment"), viewer, obj{"outcome": "paid"})
		if paid.text("state") != "paid" || paid.json["paid_minor"] != 1000.0 || paid.json["replay"] != false || len(paid.json["flags"].([]any)) != 0 {
			t.Errorf("paid: %s", paid.raw)
		}
		told := shop.deliveries()
		again := e.want(200, "POST", demoPath(order, "payment"), viewer, obj{"outcome": "paid"})
		if again.json["paid_minor"] != 1000.0 || again.json["replay"] != true || shop.deliveries() != told {
			t.Errorf("paid again: %s", again.raw)
		}
		if a := e.do("POST", demoPath(order, "payment"), viewer, obj{"outcome": "failed"}); a.code() != "wrong_state" {
			t.Errorf("a payment fails after it succeeded: %s", a.raw)
		}

		if a := e.do("PUT", demoPath(order, "refund"), owner, obj{"grant": true}); a.code() != "nothing_asked_for" {
			t.Errorf("granted before it was asked for: %s", a.raw)
		}
		for _, want := range []bool{false, true} { // a second request while one is open is the same
			a := e.want(200, "POST", demoPath(order, "refund"), viewer, obj{"reason": "too sharp"})
			if list := a.json["aftersales"].([]any); len(list) != 1 || list[0].(obj)["state"] != "refund_requested" || a.json["replay"] != want {
				t.Errorf("asked: %s", a.raw)
			}
		}
		if a := e.want(200, "PUT", demoPath(order, "refund"), owner, obj{"grant": false, "reason": "it was used"}); a.text("state") != "paid" {
			t.Errorf("refused: %s", a.raw)
		}
		e.want(200, "POST", demoPath(order, "refund"), viewer, nil)
		back := e.want(200, "PUT", demoPath(order, "refund"), owner, obj{"grant": true})
		if back.text("state") != "refunded" || back.json["refund_minor"] != 1000.0 || back.json["net_minor"] != 0.0 {
			t.Errorf("granted: %s", back.raw)
		}
		var said []string
		for _, f := range back.json["facts"].([]any) {
			if f := f.(obj); f["source"] == "demo-shop" {
				said = append(said, f["type"].(string))
			}
		}
		slices.Sort(said)
		want := []string{"order_paid", "order_payment_failed", "refund_approved", "refund_rejected", "refund_requested", "refund_requested", "refund_succeeded"}
		if !slices.Equal(said, want) {
			t.Errorf("the shop stated %v, want %v", said, want)
		}
		eventually(t, "the books agree", func() bool {
			return e.want(200, "GET", "/v1/shows/"+show+"/reconciliation", owner, nil).json["agree"] == true
		})
		audit := e.want(200, "GET", "/v1/audit?show_id="+show, owner, nil).raw
		for _, action := range []string{"demo_shop.paid", "demo_shop.payment_failed", "demo_shop.refund_asked", "demo_shop.refund_refused", "demo_shop.refunded"} {
			if !strings.Contains(audit, `"`+action+`"`) {
				t.Errorf("%s is not in the audit", action)
			}
		}

		late := e.buy(show, viewer, "c2")
		before := e.left(show)
		e.advance(16 * time.Minute)
		eventually(t, "the stock is back", func() bool { return e.left(show) == before+1 })
		viewer = e.as(live.RoleViewer, "m1", "v1")
		if a := e.do("POST", demoPath(late, "payment"), viewer, obj{"outcome": "paid"}); a.code() != "wrong_state" || !strings.Contains(a.raw, `"cancelled"`) {
			t.Errorf("paid after it ran out: %s", a.raw)
		}
	})
}

// TestDemoShopRefuses asks for what is not one's own, or is nothing, and looks
// that the shop stated nothing.
func TestDemoShopRefuses(t *testing.T) {
	e, shop, show := demoStage(t, "")
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
	order := e.buy(show, viewer, "c1")
	e.integrate("m1", secret1)
	foreign := text(t, created("elsewhere", show))
	e.want(200, "POST", hook, "", foreign, sign(t, secret1, "w1", e.now(), foreign)...)
	e.stage("m2")
	pay := obj{"outcome": "paid"}
	for name, tc := range map[string]struct {
		method, order, what, token string
		body                       any
		status                     int
		code                       string
	}{
		"another's order":        {"POST", order, "payment", e.as(live.RoleViewer, "m1", "v2"), pay, 404, "order_not_found"},
		"of another merchant":    {"POST", order, "payment", e.as(live.RoleViewer, "m2", "v1"), pay, 404, "order_not_found"},
		"of another room":        {"POST", order, "payment", e.as(live.RoleViewer, "m1", "v1", "room-x"), pay, 404, "order_not_found"},
		"no such order":          {"POST", "nothing", "payment", viewer, pay, 404, "order_not_found"},
		"no identifier":          {"POST", "a%20b", "payment", viewer, pay, 404, "order_not_found"},
		"of a shop elsewhere":    {"POST", "elsewhere", "payment", e.as(live.RoleViewer, "m1", "u1"), pay, 409, "not_of_this_shop"},
		"a merchant pays":        {"POST", order, "payment", owner, pay, 403, "role_forbidden"},
		"a host pays":            {"POST", order, "payment", e.as(live.RoleHost, "m1", "host-m1"), pay, 403, "role_forbidden"},
		"nobody pays":            {"POST", order, "payment", "", pay, 401, "token_missing"},
		"no outcome":             {"POST", order, "payment", viewer, obj{}, 400, "invalid_field"},
		"an odd outcome":         {"POST", order, "payment", viewer, obj{"outcome": "maybe"}, 400, "invalid_field"},
		"an amount of one's own": {"POST", order, "payment", viewer, obj{"outcome": "paid", "paid_minor": 1}, 400, "unknown_field"},
		"no body":                {"POST", order, "payment", viewer, nil, 400, "malformed_json"},
		"money before payment":   {"POST", order, "refund", viewer, nil, 409, "wrong_state"},
		"a long reason":          {"POST", order, "refund", viewer, obj{"reason": strings.Repeat("长", 201)}, 400, "invalid_field"},
		"a viewer decides":       {"PUT", order, "refund", viewer, obj{"grant": true}, 403, "role_forbidden"},
		"another merchant":       {"PUT", order, "refund", e.as(live.RoleMerchant, "m2", "owner"), obj{"grant": true}, 404, "order_not_found"},
		"an admin for nobody":    {"PUT", order, "refund", e.as(live.RoleAdmin, "", "root"), obj{"grant": true}, 400, "invalid_field"},
		"nobody asked for it":    {"PUT", order, "refund", owner, obj{"grant": true}, 409, "nothing_asked_for"},
		"a decision is missing":  {"PUT", order, "refund", owner, obj{}, 400, "invalid_field"},
	} {
		a := e.do(tc.method, demoPath(tc.order, tc.what), tc.token, tc.body)
		e.problem(name, a, tc.status)
		if a.code() != tc.code {
			t.Errorf("%s: code %s, want %s: %s", name, a.code(), tc.code, a.raw)
		}
	}
	if n := shop.deliveries(); n != 0 {
		t.Errorf("the shop stated something %d times", n)
	}
	shop.mu.Lock()
	shop.down = true
	shop.mu.Unlock()
	e.problem("the shop does not get through", e.do("POST", demoPath(order, "payment"), viewer, pay), 503)
	if a := e.want(200, "GET", "/v1/orders/"+order, viewer, nil); a.text("state") != "unpaid" || strings.Contains(e.want(200, "GET", "/v1/audit?show_id="+show, owner, nil).raw, "demo_shop.") {
		t.Errorf("a payment that did not get through left something: %s", a.raw)
	}

	closed := newEnv(t)
	if a := closed.want(200, "GET", "/v1/demo-shop", closed.as(live.RoleViewer, "m1", "v1"), nil); a.json["open"] != false {
		t.Errorf("without a demo shop: %s", a.raw)
	}
	if a := closed.do("POST", demoPath(order, "payment"), closed.as(live.RoleViewer, "m1", "v1"), pay); a.status != 404 || a.code() != "demo_shop_closed" {
		t.Errorf("without a demo shop: %s", a.raw)
	}
}

// TestDemoShopPaysOnce presses the button many times at once: the order is paid
// once, by one delivery, and no two facts contradict each other.
func TestDemoShopPaysOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, database string) {
		e, shop, show := demoStage(t, database)
		viewer := e.as(live.RoleViewer, "m1", "v1")
		order := e.buy(show, viewer, "c1")
		const presses = 16
		var replays, wrong int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range presses {
			all.Go(func() {
				a := e.do("POST", demoPath(order, "payment"), viewer, obj{"outcome": "paid"})
				mu.Lock()
				defer mu.Unlock()
				if a.status != 200 || a.json["paid_minor"] != 1000.0 {
					t.Errorf("a press: %d %s", a.status, a.raw)
					wrong++
				}
				if a.json["replay"] == true {
					replays++
				}
			})
		}
		all.Wait()
		if wrong == 0 && (replays != presses-1 || shop.deliveries() != 1) {
			t.Errorf("%d replays and %d deliveries, want %d and 1", replays, shop.deliveries(), presses-1)
		}
		got := e.want(200, "GET", "/v1/orders/"+order, viewer, nil)
		if got.json["paid_minor"] != 1000.0 || len(got.json["flags"].([]any)) != 0 || len(got.json["facts"].([]any)) != 2 {
			t.Errorf("the order: %s", got.raw)
		}
	})
}

// TestDemoShopIsLimited presses faster than a person does.
func TestDemoShopIsLimited(t *testing.T) {
	e, _, show := demoStage(t, "", func(d *gateway.Deps) { d.API.Rate = 1000 })
	viewer := e.as(live.RoleViewer, "m1", "v1")
	order := e.buy(show, viewer, "c1")
	for range 4 {
		e.want(200, "POST", demoPath(order, "payment"), viewer, obj{"outcome": "failed"})
	}
	a := e.do("POST", demoPath(order, "payment"), viewer, obj{"outcome": "failed"})
	e.problem("the fifth press", a, 429)
	if a.header.Get("Retry-After") == "" || a.json["retry_after_ms"] != 500.0 {
		t.Errorf("when to press again: %s", a.raw)
	}
	e.want(200, "POST", demoPath(e.buy(show, e.as(live.RoleViewer, "m1", "v2"), "c1"), "payment"), e.as(live.RoleViewer, "m1", "v2"), obj{"outcome": "paid"})
	e.advance(500 * time.Millisecond)
	e.want(200, "POST", demoPath(order, "payment"), viewer, obj{"outcome": "paid"})
}

// onBoth runs a test on SQLite and, where the machine has one, on PostgreSQL.
func onBoth(t *testing.T, f func(t *testing.T, database string)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { f(t, "") })
	t.Run("PostgreSQL", func(t *testing.T) {
		server, err := pgtest.Start(context.Background()) // It outlives the context of the test, as the store does.
		if errors.Is(err, pgtest.ErrMissing) {
			t.Skip("not on PostgreSQL:", err)
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := server.Stop(); err != nil {
				t.Errorf("stop PostgreSQL: %v", err)
			}
		})
		database, err := server.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f(t, database)
	})
}

// eventually waits until something holds that the server does by itself.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}
