package login

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// TestLogin goes the whole way, over two servers, and looks at what is left of it.
func TestLogin(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	there := b.start("m1", "/rooms/r1/host")
	u, err := url.Parse(there)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("redirect_uri") != public+"/login/callback/m1" || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" || q.Get("scope") != "openid profile email" {
		t.Errorf("the provider was asked %v", q)
	}
	back := b.consent(there, "ann")
	page := b.back(back)
	if page.status != 303 || !strings.HasPrefix(page.location(), public+"/console/#/login?login=") {
		t.Fatalf("after the provider: %d %s %s", page.status, page.location(), page.body)
	}
	got := b.fetch(page.location())
	var handed Handed
	if err := json.Unmarshal([]byte(got.body), &handed); err != nil || got.status != 200 {
		t.Fatalf("token: %d %s", got.status, got.body)
	}
	who, err := e.auth.Verify(handed.Token)
	if err != nil {
		t.Fatal(err)
	}
	want := live.Principal{Subject: "ann-1", Name: "Ann Li", Role: live.RoleHost, Merchant: "m1", Rooms: []live.RoomID{"r1", "r2"}, Expires: e.now().Add(30 * time.Minute)}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Errorf("the token (-want +got):\n%s", diff)
	}
	if handed.Next != "/rooms/r1/host" || handed.Merchant != "m1" || !handed.ExpiresAt.Equal(who.Expires) {
		t.Errorf("beside the token: %+v", handed)
	}
	if len(b.cookies) != 0 {
		t.Errorf("cookies are left: %v", b.cookies)
	}
	for _, c := range b.jar {
		if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || c.Domain != "" || strings.Contains(c.Value, ".") {
			t.Errorf("cookie %v", c)
		}
	}
	rows := e.audited("m1")
	if len(rows) != 1 || rows[0].Action != "login" || rows[0].Code != "" || rows[0].Actor != (live.Actor{ID: "ann-1", Name: "Ann Li", Role: live.RoleHost}) || !strings.Contains(rows[0].Detail, e.idp["m1"].Issuer) {
		t.Errorf("audit: %+v", rows)
	}

	// Everything of it was good once.
	if again := b.fetch(page.location()); again.status != 401 || again.code() != "login_other_browser" {
		t.Errorf("the token a second time: %d %s", again.status, again.body)
	}
	if again := b.back(back); again.status != 403 {
		t.Errorf("the code a second time: %d", again.status)
	}
	log := e.logged.String()
	for name, secret := range map[string]string{"token": handed.Token, "code": q.Get("state"), "phrase": phrase, "cookie": b.jar[0].Value, "verifier": verifier(b.jar[0].Value)} {
		if strings.Contains(log, secret) {
			t.Errorf("the log has the %s", name)
		}
	}
	if !strings.Contains(log, "logged in") {
		t.Errorf("the log does not say who logged in: %s", log)
	}
}

// TestUsedUp: the cookie alone brings neither a code nor a token twice.
func TestUsedUp(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	back := b.consent(b.start("m1", ""), "ann")
	page := b.back(back)
	kept := maps.Clone(b.cookies)
	if again := b.back(back); again.code() != "login_expired" {
		t.Errorf("the code a second time: %d %s", again.status, again.code())
	}
	if got := b.fetch(page.location()); got.status != 200 {
		t.Fatalf("token: %d %s", got.status, got.body)
	}
	b.cookies = kept
	if again := b.fetch(page.location()); again.status != 401 || again.code() != "login_expired" {
		t.Errorf("the token a second time: %d %s", again.status, again.body)
	}
}

// TestWhoIsLetIn goes by the claims: the rule that holds, or the reason why none does.
func TestWhoIsLetIn(t *testing.T) {
	e := newEnv(t)
	for user, want := range map[string]struct {
		code string
		who  live.Principal
	}{
		"ann":      {who: live.Principal{Subject: "ann-1", Name: "Ann Li", Role: live.RoleHost, Merchant: "m1", Rooms: []live.RoomID{"r1", "r2"}}},
		"bo":       {who: live.Principal{Subject: "bo-1", Name: "Bo", Role: live.RoleOperator, Merchant: "m1"}},
		"gus":      {who: live.Principal{Subject: "gus-1", Name: "Gus" + strings.Repeat("长", 61), Role: live.RoleAuditor, Merchant: "m1"}},
		"cy":       {code: "login_role"},
		"dan":      {code: "login_domain"},
		"eve":      {code: "login_domain"},
		"nomail":   {code: "login_domain"},
		"nothing":  {code: "login_domain"},
		"fay":      {code: "login_subject"},
		"stranger": {code: "login_declined"},
	} {
		t.Run(user, func(t *testing.T) {
			b := e.browser()
			before := len(e.audited("m1"))
			page := b.through("m1", user)
			rows := e.audited("m1")
			if want.code != "" {
				if page.status != 403 || page.code() != want.code {
					t.Errorf("%d %s, want %s", page.status, page.code(), want.code)
				}
				if len(rows) != before+1 || rows[0].Code != want.code || rows[0].Action != "login" {
					t.Errorf("audit: %+v", rows[0])
				}
				if len(b.cookies) != 0 {
					t.Errorf("a cookie is left: %v", b.cookies)
				}
				return
			}
			var handed Handed
			if err := json.Unmarshal([]byte(b.fetch(page.location()).body), &handed); err != nil {
				t.Fatal(err)
			}
			who, err := e.auth.Verify(handed.Token)
			if err != nil {
				t.Fatal(err)
			}
			want.who.Expires = who.Expires
			if diff := cmp.Diff(want.who, who); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhereItMayEnd: the way back is a page of ours.
func TestWhereItMayEnd(t *testing.T) {
	for asked, want := range map[string]string{
		"": "", "/": "/", "/rooms/r1/host?a=b": "/rooms/r1/host?a=b", "//evil.example": "", "https://evil.example": "", `/\evil.example`: "", "/a\r\nb": "", "/" + strings.Repeat("a", 600): "",
	} {
		if got := returnTo(asked); got != want {
			t.Errorf("%q: %q, want %q", asked, got, want)
		}
	}
}

// TestTwoTabs: one browser may have several logins under way.
func TestTwoTabs(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	first, second := b.start("m1", "/wall"), b.start("m1", "/desk")
	two := b.back(b.consent(second, "bo"))
	one := b.back(b.consent(first, "ann"))
	for _, tab := range []struct{ page, next string }{{one.location(), "/wall"}, {two.location(), "/desk"}} {
		if got := b.fetch(tab.page); got.status != 200 || !strings.Contains(got.body, tab.next) {
			t.Errorf("%s: %d %s", tab.next, got.status, got.body)
		}
	}
}

// TestTheDatabaseLetsNobodyIn: what is kept of a login under way is of no use to
// who reads it.
func TestTheDatabaseLetsNobodyIn(t *testing.T) {
	e := newEnv(t)
	waiting, proven := e.browser(), e.browser()
	state, err := url.Parse(waiting.start("m1", ""))
	if err != nil {
		t.Fatal(err)
	}
	proven.through("m1", "ann")
	var kept []string
	for _, query := range []string{
		`SELECT state_hash, browser_hash, merchant_id, issuer, return_to FROM login_attempts`,
		`SELECT browser_hash, merchant_id, issuer, principal, return_to FROM login_proofs`,
	} {
		rows, err := e.store.View(t.Context()).Query(query)
		list, err := store.Collect(rows, err, func(r store.Scanner) (string, error) {
			var c [5]string
			err := r.Scan(&c[0], &c[1], &c[2], &c[3], &c[4])
			return strings.Join(c[:], " "), err
		})
		if err != nil || len(list) != 1 {
			t.Fatalf("%v: %v", list, err)
		}
		kept = append(kept, list...)
	}
	text := strings.Join(kept, "\n")
	for _, b := range []*browser{waiting, proven} {
		cookie := b.jar[0].Value
		for _, secret := range []string{cookie, verifier(cookie), nonce(cookie), state.Query().Get("state")} {
			if strings.Contains(text, secret) {
				t.Errorf("the database has %q:\n%s", secret, text)
			}
		}
	}
	// And it is gone when its time is over.
	e.wait(attemptLife)
	e.browser().start("m1", "")
	var n int
	if err := e.store.View(t.Context()).Row(`SELECT (SELECT COUNT(*) FROM login_attempts) + (SELECT COUNT(*) FROM login_proofs)`).Scan(&n); err != nil || n != 1 {
		t.Errorf("%d logins are kept, want the new one: %v", n, err)
	}
}

// TestWays: the page is told of those that are listed, and of the one it names.
func TestWays(t *testing.T) {
	e := newEnv(t, func(_ *env, p map[live.MerchantID]*Provider) { p["m2"].Listed = true })
	merchants := func(path string) []string {
		var got struct {
			Items []Way
			By    bool `json:"by_merchant"`
		}
		a := e.browser().do(e.one, "GET", path, nil)
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || !got.By {
			t.Fatalf("%s: %s", path, a.body)
		}
		out := []string{}
		for _, w := range got.Items {
			out = append(out, string(w.Merchant)+" "+w.Start+" "+w.Names["zh"])
		}
		return out
	}
	for path, want := range map[string][]string{
		"/login/ways":                 {"m2 /login/start?merchant_id=m2 示例公司"},
		"/login/ways?merchant_id=m1":  {"m1 /login/start?merchant_id=m1 示例公司"},
		"/login/ways?merchant_id=m%2": {},
		"/login/ways?merchant_id=nix": {},
	} {
		if got := merchants(path); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", path, got, want)
		}
	}
}

// TestLogout writes down who left and says where the session of the provider ends.
func TestLogout(t *testing.T) {
	e := newEnv(t, func(_ *env, p map[live.MerchantID]*Provider) { p["m2"].EndThere = false })
	leave := func(m live.MerchantID) (answered, LoggedOut) {
		token, err := e.auth.Issue(live.Principal{Subject: "ann-1", Role: live.RoleHost, Merchant: m}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		a := e.browser().do(e.one, "POST", "/login/logout", nil, "Authorization", "Bearer "+token)
		var out LoggedOut
		if err := json.Unmarshal([]byte(a.body), &out); err != nil {
			t.Fatal(err)
		}
		return a, out
	}
	a, out := leave("m1")
	if want := e.idp["m1"].Issuer + "/logout?client_id=showrunner&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8080%2Fconsole%2F"; a.status != 200 || out.EndSession != want {
		t.Errorf("%d %q, want %q", a.status, out.EndSession, want)
	}
	if rows := e.audited("m1"); len(rows) != 1 || rows[0].Action != "logout" || rows[0].Actor.ID != "ann-1" {
		t.Errorf("audit: %+v", rows)
	}
	if a, out := leave("m2"); a.status != 200 || out.EndSession != "" || len(e.audited("m2")) != 1 {
		t.Errorf("a merchant that does not want it: %d %+v", a.status, out)
	}
	if a, out := leave("m3"); a.status != 200 || out.EndSession != "" || len(e.audited("m3")) != 0 {
		t.Errorf("a merchant without a provider: %d %+v", a.status, out)
	}
	for header, code := range map[string]string{"": "token_missing", "Bearer x.y.z": "token_invalid", "Basic YTpi": "token_invalid"} {
		if a := e.browser().do(e.one, "POST", "/login/logout", nil, "Authorization", header); a.code() != code {
			t.Errorf("%q: %d %s", header, a.status, a.body)
		}
	}
}
