package gateway_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"showrunner/gateway"
	"showrunner/gateway/api"
	"showrunner/gateway/console"
	"showrunner/live"
)

// callerOf is a token that gets past the guard of a route; empty for open ones.
func (e *env) callerOf(r api.Route, sub string) string {
	if r.Open {
		return ""
	}
	for _, role := range live.Roles {
		if len(r.Actions) == 0 || slices.ContainsFunc(r.Actions, func(a live.Action) bool { return slices.Contains(live.Rights[a], role) }) {
			return e.as(role, "m1", sub)
		}
	}
	e.t.Fatalf("%s is for nobody", r.ID)
	return ""
}

// larger are the routes that take more than [api.MaxBody], and how much.
var larger = map[string]int{
	"post-events": api.MaxBatchBody, "post-order-facts": api.MaxBatchBody, "import-orders": api.MaxBatchBody, "import-group-members": api.MaxBatchBody, "put-settlement": api.MaxSettlementBody,
}

// TestEveryBodyIsBounded sends every route that writes a byte more than it takes,
// and looks that no other route takes as much as the few that must.
func TestEveryBodyIsBounded(t *testing.T) {
	e := newEnv(t)
	seen := map[string]bool{}
	body := strings.Repeat(" ", api.MaxBody+1)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- e.server.Listen(ln) }()
	for _, r := range e.server.API().Routes() {
		if r.Method == "GET" {
			continue
		}
		path, token := fill(r.Path, "m1"), e.callerOf(r, "big")
		if most, ok := larger[r.ID]; ok {
			seen[r.ID] = true
			if got := announce(t, ln.Addr().String(), r.Method, path, token, most+1); got != 413 {
				t.Errorf("%s, which was told of %d bytes: %d", r.ID, most+1, got)
			}
			continue
		}
		if a := e.do(r.Method, path, token, body); a.status != 413 || a.code() != "body_too_large" {
			t.Errorf("%s with %d bytes: %d %s", r.ID, len(body), a.status, a.code())
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := errors.Join(e.server.Shutdown(ctx), <-done); err != nil {
		t.Error(err)
	}
	for id := range larger {
		if !seen[id] {
			t.Errorf("%s is not served any more", id)
		}
	}
}

// announce sends the head of a request with a body of so many bytes, and none of
// the body, and returns the status of the answer.
func announce(t *testing.T, addr, method, path, token string, bytes int) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	bearer := ""
	if token != "" {
		bearer = "Authorization: Bearer " + token + "\r\n"
	}
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: here\r\n%sContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", method, path, bearer, bytes); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// TestEveryRouteIsLimited: a caller without a request left is refused by every
// route, with a time to come back, and by none before.
func TestEveryRouteIsLimited(t *testing.T) {
	e := newEnv(t, func(d *gateway.Deps) { d.API.Rate, d.API.Burst = 1, 1 })
	for _, r := range e.server.API().Routes() {
		e.advance(time.Minute)
		token := e.callerOf(r, "eager")
		path := fill(r.Path, "m1")
		if a := e.do(r.Method, path, token, bodyOf(r)); a.status == 429 || a.status >= 500 {
			t.Errorf("%s at first: %d %s", r.ID, a.status, a.raw)
		}
		a := e.do(r.Method, path, token, bodyOf(r))
		if a.status != 429 || a.code() != "rate_limited" || a.header.Get("Retry-After") != "1" {
			t.Errorf("%s a second time: %d %s, retry after %q", r.ID, a.status, a.code(), a.header.Get("Retry-After"))
		}
	}
}

// inline are the pages whose styles stand in them, because they must look right
// when opened from a disk; none runs scripts that stand in it.
var inline = map[string]bool{"/v1/shows/show-m1/report?format=html": true}

// TestEveryAnswerIsSecured asks every address there is, and some there are not,
// and looks for what keeps a browser from being used against its owner.
func TestEveryAnswerIsSecured(t *testing.T) {
	for _, tls := range []bool{false, true} {
		e := newEnv(t, func(d *gateway.Deps) { d.Console, d.TLS = console.Mount, tls })
		e.stage("m1")
		owner := e.as(live.RoleMerchant, "m1", "owner")
		paths := []string{"/", "/nothing/here", "/v1/nothing", "/console/nothing", "/console/", "/v1/shows/show-m1/report?format=html", "/v1/shows/show-m1/report?format=csv"}
		for _, r := range e.server.App().GetRoutes(true) {
			if r.Method == fiber.MethodGet {
				paths = append(paths, strings.NewReplacer(":room_id", "room-m1", ":show_id", "show-m1", ":", "").Replace(r.Path))
			}
		}
		if len(paths) < 100 {
			t.Fatalf("only %d addresses", len(paths))
		}
		var pages []string
		for _, path := range paths {
			a := e.do("GET", path, owner, nil)
			for name, want := range map[string]string{
				"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cross-Origin-Opener-Policy": "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin", "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
				"Strict-Transport-Security": map[bool]string{true: "max-age=63072000"}[tls],
			} {
				if got := a.header.Get(name); got != want {
					t.Errorf("%s (%d): %s is %q, want %q", path, a.status, name, got, want)
				}
			}
			policy := a.header.Get("Content-Security-Policy")
			for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} {
				if !strings.Contains(policy, want) {
					t.Errorf("%s (%d): the policy lacks %s: %q", path, a.status, want, policy)
				}
			}
			if strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "*") || strings.Contains(policy, "unsafe") && !inline[path] {
				t.Errorf("%s (%d): policy %q", path, a.status, policy)
			}
			if strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				pages = append(pages, path)
				continue
			}
			// What is no page of ours, and no part of one, stays in no cache.
			if got := a.header.Get("Cache-Control"); got != "no-store" && !strings.HasPrefix(path, "/console") {
				t.Errorf("%s (%d): Cache-Control is %q", path, a.status, got)
			}
		}
		for _, page := range []string{"/console/", "/v1/shows/show-m1/report?format=html"} {
			if !slices.Contains(pages, page) {
				t.Errorf("%s is no page; looked at were %v", page, pages)
			}
		}
	}
}
