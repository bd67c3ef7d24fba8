package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/gateway"
	"showrunner/live"
)

func TestProblemsOfTheFramework(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) {
		d.Console = func(r fiber.Router) {
			r.Get("/boom", func(*fiber.Ctx) error { panic("secret of the house") })
			r.Get("/slow", func(*fiber.Ctx) error { return fmt.Errorf("ask engine: %w", context.DeadlineExceeded) })
			r.Get("/fail", func(*fiber.Ctx) error { return errors.New("secret of the house") })
		}
	})
	owner := e.as(live.RoleMerchant, "m1", "owner")
	for name, tc := range map[string]struct {
		method, path string
		body         any
		headers      []string
		status       int
		code         string
	}{
		"nothing there":       {"GET", "/v1/nothing", nil, nil, 404, "route_not_found"},
		"outside /v1":         {"GET", "/wp-login.php", nil, nil, 404, "route_not_found"},
		"another method":      {"DELETE", "/v1/rooms", nil, nil, 405, "method_not_allowed"},
		"over 1 MiB":          {"POST", "/v1/rooms", `{"title":"` + strings.Repeat("a", 1<<20) + `"}`, nil, 413, "body_too_large"},
		"a form":              {"POST", "/v1/rooms", "title=a", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		"NDJSON elsewhere":    {"POST", "/v1/rooms", "{}", []string{"Content-Type", "application/x-ndjson"}, 415, "unsupported_media_type"},
		"compressed":          {"POST", "/v1/rooms", "{}", []string{"Content-Encoding", "gzip"}, 415, "unsupported_encoding"},
		"panic":               {"GET", "/boom", nil, nil, 500, "internal"},
		"too slow":            {"GET", "/slow", nil, nil, 503, "timeout"},
		"an error of ours":    {"GET", "/fail", nil, nil, 500, "internal"},
		"basic authorization": {"GET", "/v1/rooms", nil, []string{"Authorization", "Basic YTpi"}, 401, "token_invalid"},
	} {
		a := e.do(tc.method, tc.path, owner, tc.body, tc.headers...)
		e.problem(name, a, tc.status)
		if a.code() != tc.code {
			t.Errorf("%s: code %q, want %q", name, a.code(), tc.code)
		}
		if strings.Contains(a.raw, "secret") {
			t.Errorf("%s tells what is ours: %s", name, a.raw)
		}
		if a.header.Get("X-Content-Type-Options") != "nosniff" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s lacks security headers: %v", name, a.header)
		}
	}
	if !strings.Contains(e.logged.String(), "secret of the house") || !strings.Contains(e.logged.String(), "edge_test.go") {
		t.Error("the log does not have the cause and the stack of the panic")
	}
}

func TestIdempotencyKey(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	owner, other := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleMerchant, "m1", "other")
	room := obj{"title": "Once", "currency": "CNY"}
	first := e.want(201, "POST", "/v1/rooms", owner, room, "Idempotency-Key", "k1")
	if first.header.Get("Idempotency-Replayed") != "" {
		t.Error("the first answer says that it is a replay")
	}
	again := e.want(201, "POST", "/v1/rooms", owner, room, "Idempotency-Key", "k1")
	if again.raw != first.raw || again.header.Get("Idempotency-Replayed") != "true" || again.header.Get("Content-Type") != first.header.Get("Content-Type") {
		t.Errorf("the replay differs:\n%s\n%s %v", first.raw, again.raw, again.header)
	}
	if a := e.do("POST", "/v1/rooms", owner, obj{"title": "Twice", "currency": "CNY"}, "Idempotency-Key", "k1"); a.status != 409 || a.code() != "idempotency_key_reused" {
		t.Errorf("another body under the same key: %d %s", a.status, a.raw)
	}
	if a := e.want(201, "POST", "/v1/rooms", other, room, "Idempotency-Key", "k1"); a.text("room_id") == first.text("room_id") {
		t.Error("another caller got the first caller's answer")
	}
	if n := len(e.want(200, "GET", "/v1/rooms", owner, nil).items()); n != 3 {
		t.Errorf("%d rooms, want 3: the stage's and two", n)
	}
	// A refusal is not kept: mended, the same key goes through.
	taken := obj{"room_id": "room-m1", "title": "a", "currency": "CNY"}
	for range 2 {
		if a := e.want(409, "POST", "/v1/rooms", owner, taken, "Idempotency-Key", "k2"); a.header.Get("Idempotency-Replayed") != "" {
			t.Error("a refusal was kept")
		}
	}
	e.want(201, "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY"}, "Idempotency-Key", "k2")
	e.problem("key with a space", e.do("POST", "/v1/rooms", owner, room, "Idempotency-Key", "a b"), 400)
	e.problem("long key", e.do("POST", "/v1/rooms", owner, room, "Idempotency-Key", strings.Repeat("k", 256)), 400)
}

func TestRateLimit(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) { d.API.Rate, d.API.Burst = 2, 3 })
	owner, other := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleMerchant, "m1", "other")
	for range 3 {
		e.want(200, "GET", "/v1/me", owner, nil)
	}
	a := e.do("GET", "/v1/me", owner, nil)
	e.problem("the fourth of a burst of three", a, 429)
	if a.code() != "rate_limited" || a.json["retry_after_ms"] != 500.0 || a.header.Get("Retry-After") != "1" {
		t.Errorf("code %q after %v header %q", a.code(), a.json["retry_after_ms"], a.header.Get("Retry-After"))
	}
	e.want(200, "GET", "/v1/me", other, nil)
	e.advance(499 * time.Millisecond)
	e.want(429, "GET", "/v1/me", owner, nil)
	e.advance(time.Millisecond)
	e.want(200, "GET", "/v1/me", owner, nil)
}

// TestShortRetry: a wait of less than a millisecond is told as one.
func TestShortRetry(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) { d.API.Rate, d.API.Burst = 3000, 1 })
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "GET", "/v1/me", owner, nil)
	if a := e.want(429, "GET", "/v1/me", owner, nil); a.json["retry_after_ms"] != 1.0 || a.header.Get("Retry-After") != "1" {
		t.Errorf("retry after %v, header %q", a.json["retry_after_ms"], a.header.Get("Retry-After"))
	}
}

func TestHealth(t *testing.T) {
	sick := false
	e := newEnv(t, func(d *gateway.Deps) {
		d.Checks["engine"] = func(context.Context) error {
			if sick {
				return errors.New("password of the engine")
			}
			return nil
		}
	})
	e.want(200, "GET", "/healthz", "", nil)
	e.want(200, "GET", "/readyz", "", nil)
	sick = true
	e.want(200, "GET", "/healthz", "", nil)
	a := e.want(503, "GET", "/readyz", "", nil)
	if got, _ := a.json["failing"].([]any); len(got) != 1 || got[0] != "engine" || strings.Contains(a.raw, "password") {
		t.Errorf("not ready: %s", a.raw)
	}
}

func TestMetricsAndLog(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "GET", "/v1/rooms/room-m1", owner, nil, "X-Request-Id", "from-the-proxy")
	e.do("GET", "/no/such/page-77", "", nil)
	e.do("GET", "/v1/me?ticket=THE-TICKET", owner, nil)
	page := e.want(200, "GET", "/metrics", "", nil).raw
	for _, want := range []string{
		`showrunner_http_requests_total{method="GET",route="/v1/rooms/:room_id",status="200"} 1`,
		`showrunner_http_requests_total{method="GET",route="none",status="404"} 1`,
		`showrunner_http_request_seconds_count{method="POST",route="/v1/rooms"} 1`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
	if strings.Contains(page, "page-77") || strings.Contains(page, "room-m1") {
		t.Error("/metrics has an id in a label")
	}
	log := e.logged.String()
	for _, secret := range []string{owner, owner[:40], "THE-TICKET"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
	if !strings.Contains(log, "request_id=from-the-proxy") || !strings.Contains(log, "ticket=redacted") {
		t.Errorf("the log lacks the request id or the redacted query:\n%s", log)
	}
}

func TestRequestID(t *testing.T) {
	e := newEnv(t)
	if got := e.do("GET", "/healthz", "", nil, "X-Request-Id", "abc-1").header.Get("X-Request-Id"); got != "abc-1" {
		t.Errorf("a good id of the caller became %q", got)
	}
	for _, bad := range []string{"", "a b", "<script>", strings.Repeat("x", 129)} {
		if got := e.do("GET", "/healthz", "", nil, "X-Request-Id", bad).header.Get("X-Request-Id"); len(got) != 36 {
			t.Errorf("for %q the request is named %q, want a new id", bad, got)
		}
	}
}

func TestOrigins(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) { d.Origins = []string{"https://shop.example"} })
	allowed := func(a answer) string { return a.header.Get("Access-Control-Allow-Origin") }
	if a := e.do("OPTIONS", "/v1/rooms", "", nil, "Origin", "https://shop.example", "Access-Control-Request-Method", "POST"); a.status != 204 || allowed(a) != "https://shop.example" {
		t.Errorf("preflight of a configured origin: %d %v", a.status, a.header)
	}
	if a := e.do("GET", "/healthz", "", nil, "Origin", "https://shop.example"); allowed(a) != "https://shop.example" || a.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("configured origin: %v", a.header)
	}
	for _, origin := range []string{"https://evil.example", "null", "https://shop.example.evil.example", "http://shop.example"} {
		if a := e.do("OPTIONS", "/v1/rooms", "", nil, "Origin", origin, "Access-Control-Request-Method", "POST"); allowed(a) != "" || a.status == 204 {
			t.Errorf("preflight of %s: %d %v", origin, a.status, a.header)
		}
	}
	if a := newEnv(t).do("GET", "/healthz", "", nil, "Origin", "https://shop.example"); allowed(a) != "" {
		t.Errorf("nothing configured: %v", a.header)
	}
}

func TestTicketIsIssued(t *testing.T) {
	e := newEnv(t)
	a := e.want(201, "POST", "/v1/tickets", e.as(live.RoleViewer, "m1", "v1"), nil)
	if len(a.text("ticket")) != 43 || a.text("expires_at") != at(30*time.Second) {
		t.Errorf("ticket: %s", a.raw)
	}
	e.advance(2 * time.Hour)
	b := e.do("POST", "/v1/tickets", e.as(live.RoleViewer, "m1", "v1"), nil)
	if b.status != 201 || b.text("ticket") == a.text("ticket") {
		t.Errorf("a second ticket: %d %s", b.status, b.raw)
	}
}

// TestListen serves on a real socket and stops cleanly.
func TestListen(t *testing.T) {
	e := newEnv(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.server.Listen(ln) }()
	resp, err := http.Get("http://" + ln.Addr().String() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil || resp.StatusCode != 200 {
		t.Errorf("/healthz: %d %v", resp.StatusCode, err)
	}
	http.DefaultClient.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("Listen after Shutdown: %v", err)
	}
}

func TestNewReportsEveryFault(t *testing.T) {
	_, err := gateway.New(gateway.Deps{Logger: slog.New(slog.DiscardHandler), Now: time.Now})
	for _, part := range []string{"store", "ingest", "figures", "tokens", "tickets", "clock", "logger"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v does not name the missing %s", err, part)
		}
	}
}
