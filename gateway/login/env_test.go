package login

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/gateway"
	"showrunner/gateway/api"
	"showrunner/gateway/auth"
	"showrunner/gateway/login/logintest"
	"showrunner/live"
	"showrunner/live/store"
)

const (
	public = "http://127.0.0.1:8080"
	client = "showrunner"
	phrase = "the-secret-of-the-client"
)

// env is two servers on one database with the providers of two merchants, and a
// clock that a test moves.
type env struct {
	t      testing.TB
	clock  atomic.Int64
	store  *store.Store
	auth   *auth.Auth
	logged lines
	idp    map[live.MerchantID]*logintest.Provider
	one    *fiber.App // where logins begin
	other  *fiber.App // where they end; another server on PostgreSQL, the same store on SQLite
	limit  func(string, time.Time) time.Duration
	public string
}

// lines collects what was logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

var users = map[string]map[string]any{
	"ann":     {"sub": "ann-1", "name": "Ann Li", "email": "ann@example.com", "email_verified": true, "groups": []string{"staff", "hosts"}},
	"bo":      {"sub": "bo-1", "name": "Bo", "email": "bo@EXAMPLE.com", "email_verified": "true", "realm_access": map[string]any{"roles": []string{"live-operator"}}},
	"cy":      {"sub": "cy-1", "name": "Cy", "email": "cy@example.com", "email_verified": true, "groups": []string{"staff"}},
	"dan":     {"sub": "dan-1", "email": "dan@example.com.evil.example", "email_verified": true, "groups": []string{"hosts"}},
	"eve":     {"sub": "eve-1", "email": "eve@example.com", "email_verified": false, "groups": []string{"hosts"}},
	"fay":     {"sub": "a person with spaces", "email": "fay@example.com", "email_verified": true, "groups": []string{"hosts"}},
	"gus":     {"sub": "gus-1", "name": "Gus\r\n" + strings.Repeat("长", 100), "email": "gus@example.com", "email_verified": true, "https://shop.example/role": "auditor"},
	"nomail":  {"sub": "no-1", "groups": []string{"hosts"}},
	"nothing": {"sub": "nothing-1"},
}

// declaration is the provider of a merchant as an operator writes it.
func declaration(issuer string, change ...func(map[string]any)) map[string]any {
	d := map[string]any{
		"name": map[string]string{"zh": "示例公司", "en": "Example"}, "issuer": issuer, "client_id": client, "client_secret_env": "SECRET",
		"email_domains": []string{"Example.com"}, "token_life": "30m", "logout_at_provider": true,
		"rules": []map[string]any{
			{"claim": "groups", "value": "hosts", "role": "host", "rooms": []string{"r1", "r2"}},
			{"claim": "realm_access.roles", "value": "live-operator", "role": "operator"},
			{"claim": "https://shop.example/role", "value": "auditor", "role": "auditor"},
		},
	}
	for _, f := range change {
		f(d)
	}
	return d
}

func read(t testing.TB, d map[string]any) *Provider {
	t.Helper()
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	p, faults := ReadProvider(raw, Files{Env: func(string) (string, bool) { return phrase, true }})
	if len(faults) > 0 {
		t.Fatalf("declaration: %v", faults)
	}
	return p
}

func newEnv(t testing.TB, change ...func(*env, map[live.MerchantID]*Provider)) *env {
	t.Helper()
	e := &env{t: t, idp: map[live.MerchantID]*logintest.Provider{}, public: public}
	e.clock.Store(time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		address, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: address, Now: e.now}
	}
	e.store = e.open(cfg)
	second := e.store
	if postgresServer != nil {
		second = e.open(cfg)
	}
	var err error
	if e.auth, err = auth.Open(auth.Config{Dir: t.TempDir(), Now: e.now}); err != nil {
		t.Fatal(err)
	}
	providers := map[live.MerchantID]*Provider{}
	for m, issues := range map[live.MerchantID]bool{"m1": true, "m2": false} {
		idp, err := logintest.Start(logintest.Config{Client: client, Secret: phrase, Users: users, Now: e.now, Issues: issues})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := idp.Close(); err != nil {
				t.Error(err)
			}
		})
		e.idp[m] = idp
		providers[m] = read(t, declaration(idp.Issuer))
	}
	for _, f := range change {
		f(e, providers)
	}
	for m, idp := range e.idp {
		idp.Allow(e.public + "/login/callback/" + string(m))
	}
	e.one, e.other = e.serve(e.store, providers), e.serve(second, providers)
	return e
}

func (e *env) open(cfg store.Config) *store.Store {
	e.t.Helper()
	s, err := store.Open(context.Background(), cfg)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			e.t.Error(err)
		}
	})
	return s
}

func (e *env) serve(s *store.Store, providers map[live.MerchantID]*Provider) *fiber.App {
	e.t.Helper()
	logger := slog.New(slog.NewTextHandler(&e.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	problems := api.Problems{Status: gateway.StatusOf, Logger: logger}
	l, err := New(Config{
		Providers: providers, PublicURL: e.public, Store: s, Tokens: e.auth, Limit: e.limit, Refuse: problems.Write, Status: gateway.StatusOf, Now: e.now, Logger: logger, Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		e.t.Fatal(err)
	}
	app := fiber.New(fiber.Config{Immutable: true, UnescapePath: true, ReadBufferSize: 32 << 10, ErrorHandler: problems.Write})
	app.Use(api.Identify)
	l.Mount(app)
	return app
}

func (e *env) now() time.Time       { return time.UnixMilli(e.clock.Load()).UTC() }
func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// answered is a response, read.
type answered struct {
	status int
	header http.Header
	body   string
}

func (a answered) code() string {
	var p struct{ Code string }
	if json.Unmarshal([]byte(a.body), &p) == nil {
		return p.Code
	}
	_, rest, _ := strings.Cut(a.body, `data-code="`)
	code, _, _ := strings.Cut(rest, `"`)
	return code
}

func (a answered) location() string { return a.header.Get("Location") }

// browser keeps cookies as a browser does.
type browser struct {
	e       *env
	cookies map[string]string
	jar     []*http.Cookie // as they were set
	lang    string
}

func (e *env) browser() *browser {
	return &browser{e: e, cookies: map[string]string{}, lang: "en-GB,en"}
}

func (b *browser) do(app *fiber.App, method, address string, body io.Reader, headers ...string) answered {
	b.e.t.Helper()
	req := httptest.NewRequest(method, address, body)
	req.Header.Set("Accept-Language", b.lang)
	for name, value := range b.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := app.Test(req, -1)
	if err != nil {
		b.e.t.Fatalf("%s %s: %v", method, address, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		b.e.t.Fatal(err)
	}
	for _, c := range res.Cookies() {
		b.jar = append(b.jar, c)
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
		}
	}
	return answered{res.StatusCode, res.Header, string(raw)}
}

// start begins a login and returns the address at the provider.
func (b *browser) start(m live.MerchantID, next string) string {
	b.e.t.Helper()
	a := b.do(b.e.one, "GET", "/login/start?"+url.Values{"merchant_id": {string(m)}, "next": {next}}.Encode(), nil)
	if a.status != 303 {
		b.e.t.Fatalf("start: %d %s", a.status, a.body)
	}
	return a.location()
}

// consent says at the provider who is there, and returns the address to come back to.
func (b *browser) consent(address, user string) string {
	b.e.t.Helper()
	hc := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := hc.PostForm(address, url.Values{"user": {user}})
	if err != nil {
		b.e.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 303 {
		raw, _ := io.ReadAll(res.Body)
		b.e.t.Fatalf("the provider: %d %s", res.StatusCode, raw)
	}
	return res.Header.Get("Location")
}

// back comes back from the provider, at the other server.
func (b *browser) back(address string) answered {
	b.e.t.Helper()
	return b.do(b.e.other, "GET", strings.TrimPrefix(address, b.e.public), nil)
}

// fetch asks for the token of the login that a page was told of.
func (b *browser) fetch(page string) answered {
	b.e.t.Helper()
	_, name, _ := strings.Cut(page, "?login=")
	return b.do(b.e.one, "POST", "/login/token", strings.NewReader(fmt.Sprintf(`{"login":%q}`, name)), "Content-Type", "application/json", "Origin", b.e.public, "Sec-Fetch-Site", "same-origin")
}

// through goes all the way to the page that a login ends at.
func (b *browser) through(m live.MerchantID, user string) answered {
	b.e.t.Helper()
	return b.back(b.consent(b.start(m, "/rooms/r1/host"), user))
}

// audited are the rows of a merchant, newest first.
func (e *env) audited(m live.MerchantID) []store.AuditRow {
	e.t.Helper()
	rows, _, err := e.store.Audit(e.t.Context(), store.AuditFilter{Merchant: m})
	if err != nil {
		e.t.Fatal(err)
	}
	return rows
}
