package login

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"showrunner/gateway/api"
	"showrunner/gateway/login/logintest"
	"showrunner/live"
)

// TestWrongAnswers: whatever a provider answers wrongly lets nobody in.
func TestWrongAnswers(t *testing.T) {
	claim := func(name string, value any) logintest.Wrong {
		return logintest.Wrong{Claims: func(c map[string]any) {
			if c[name] = value; value == nil {
				delete(c, name)
			}
		}}
	}
	e := newEnv(t)
	now := e.now()
	for name, tc := range map[string]struct {
		wrong logintest.Wrong
		code  string
	}{
		"nothing wrong":                  {logintest.Wrong{}, ""},
		"another nonce":                  {claim("nonce", "another"), "login_answer_invalid"},
		"no nonce":                       {claim("nonce", nil), "login_answer_invalid"},
		"another audience":               {claim("aud", "somebody-else"), "login_answer_invalid"},
		"no audience":                    {claim("aud", nil), "login_answer_invalid"},
		"several audiences":              {claim("aud", []string{client, "else"}), "login_answer_invalid"},
		"another party":                  {claim("azp", "else"), "login_answer_invalid"},
		"party that is a number":         {claim("azp", 7), "login_answer_invalid"},
		"several audiences, ours asked":  {logintest.Wrong{Claims: func(c map[string]any) { c["aud"], c["azp"] = []string{client, "else"}, client }}, ""},
		"another issuer":                 {claim("iss", "https://evil.example"), "login_answer_invalid"},
		"no issuer":                      {claim("iss", nil), "login_answer_invalid"},
		"expired":                        {claim("exp", now.Add(-time.Second).Unix()), "login_answer_invalid"},
		"no expiry":                      {claim("exp", nil), "login_answer_invalid"},
		"issued in the future":           {claim("iat", now.Add(time.Hour).Unix()), "login_answer_invalid"},
		"issued yesterday":               {claim("iat", now.Add(-24*time.Hour).Unix()), "login_answer_invalid"},
		"not before tomorrow":            {claim("nbf", now.Add(24*time.Hour).Unix()), "login_answer_invalid"},
		"alg none":                       {logintest.Wrong{Algorithm: "none"}, "login_answer_invalid"},
		"HS256 with the client's secret": {logintest.Wrong{Algorithm: "HS256"}, "login_answer_invalid"},
		"a stranger's key":               {logintest.Wrong{Stranger: true}, "login_answer_invalid"},
		"no ID token":                    {logintest.Wrong{NoIDToken: true}, "login_answer_invalid"},
		"iss of another":                 {logintest.Wrong{Iss: "https://evil.example"}, "login_issuer"},
		"no iss though it was promised":  {logintest.Wrong{Iss: "-"}, "login_issuer"},
		"the token door fails":           {logintest.Wrong{Token: 500}, "login_provider_away"},
		"the token door refuses":         {logintest.Wrong{Token: 400}, "login_declined"},
		"away meanwhile":                 {logintest.Wrong{Down: true}, "login_provider_away"},
	} {
		t.Run(name, func(t *testing.T) {
			// A server that found the provider away asks it again only later.
			e.wait(backOff)
			b := e.browser()
			e.idp["m1"].Be(logintest.Wrong{Iss: tc.wrong.Iss})
			back := b.consent(b.start("m1", ""), "ann")
			e.idp["m1"].Be(tc.wrong)
			page := b.back(back)
			if tc.code == "" {
				if page.status != 303 {
					t.Errorf("%d %s", page.status, page.code())
				}
				return
			}
			if page.code() != tc.code || page.status != 403 && page.status != 503 {
				t.Errorf("%d %q, want %s\n%s", page.status, page.code(), tc.code, e.logged.String())
			}
			if rows := e.audited("m1"); len(rows) == 0 || rows[0].Code != tc.code {
				t.Errorf("the audit log lacks the refusal: %+v", rows)
			}
			// The code is used up, whatever became of it.
			e.idp["m1"].Be(logintest.Wrong{})
			e.wait(backOff)
			if again := b.back(back); again.status == 303 {
				t.Error("the same answer went through later")
			}
		})
	}
	if log := e.logged.String(); strings.Contains(log, phrase) {
		t.Error("the log has the secret of the client")
	}
}

// TestKeysRotate: a new key is learned with its first token, and one that was
// withdrawn is not believed for long.
func TestKeysRotate(t *testing.T) {
	e := newEnv(t)
	idp := e.idp["m1"]
	in := func(want int) {
		t.Helper()
		if page := e.browser().through("m1", "ann"); page.status != want {
			t.Errorf("%d %s, want %d", page.status, page.code(), want)
		}
	}
	in(303)
	asked := idp.Asked("/keys")
	in(303)
	if got := idp.Asked("/keys"); got != asked {
		t.Errorf("the keys were asked for %d times more without need", got-asked)
	}
	if err := idp.Rotate(false); err != nil {
		t.Fatal(err)
	}
	in(303)
	if got := idp.Asked("/keys"); got != asked+1 {
		t.Errorf("the keys were asked for %d times for a new one, want once", got-asked)
	}
	if err := idp.Rotate(true); err != nil {
		t.Fatal(err)
	}
	in(303)
	documents := idp.Asked("/.well-known/openid-configuration")
	e.wait(freshFor)
	in(303)
	// Both servers read the document and the keys anew.
	if got := idp.Asked("/.well-known/openid-configuration"); got <= documents {
		t.Error("what the provider says of itself is never read again")
	}
}

// TestAnotherBrowser: the address to come back to is worth nothing elsewhere, and
// trying it there does not use it up.
func TestAnotherBrowser(t *testing.T) {
	e := newEnv(t)
	mine, theirs := e.browser(), e.browser()
	back := mine.consent(mine.start("m1", ""), "ann")
	if page := theirs.back(back); page.code() != "login_other_browser" || page.status != 403 {
		t.Errorf("without a cookie: %d %s", page.status, page.code())
	}
	theirs.start("m1", "")
	for _, value := range theirs.cookies {
		for name := range mine.cookies {
			theirs.cookies[name] = value
		}
	}
	if page := theirs.back(back); page.code() != "login_other_browser" {
		t.Errorf("with a cookie of another login: %d %s", page.status, page.code())
	}
	page := mine.back(back)
	if page.status != 303 {
		t.Fatalf("the browser that began it: %d %s", page.status, page.code())
	}
	if got := theirs.fetch(page.location()); got.status != 401 {
		t.Errorf("the token elsewhere: %d %s", got.status, got.body)
	}
	if got := mine.fetch(page.location()); got.status != 200 {
		t.Errorf("the token: %d %s", got.status, got.body)
	}
}

// TestMixUp: an answer of one provider finishes no login begun at another.
func TestMixUp(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	first, second := b.consent(b.start("m1", ""), "ann"), b.consent(b.start("m2", ""), "ann")
	query := func(address string) url.Values {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	one, two := query(first), query(second)
	tokens := e.idp["m1"].Asked("/token") + e.idp["m2"].Asked("/token")
	for name, address := range map[string]string{
		"state of m1 at the door of m2": "/login/callback/m2?" + url.Values{"state": one["state"], "code": two["code"]}.Encode(),
		"state of m2 at the door of m1": "/login/callback/m1?" + url.Values{"state": two["state"], "code": one["code"], "iss": one["iss"]}.Encode(),
	} {
		if page := b.back(address); page.code() != "login_issuer" {
			t.Errorf("%s: %d %s", name, page.status, page.code())
		}
	}
	if got := e.idp["m1"].Asked("/token") + e.idp["m2"].Asked("/token"); got != tokens {
		t.Error("a code was shown to a provider")
	}
}

// TestCodesOfOthers: a code that was stolen is worth nothing without the verifier.
func TestCodesOfOthers(t *testing.T) {
	e := newEnv(t)
	victim, thief := e.browser(), e.browser()
	stolen, err := url.Parse(victim.consent(victim.start("m1", ""), "ann"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := url.Parse(thief.consent(thief.start("m1", ""), "bo"))
	if err != nil {
		t.Fatal(err)
	}
	q := own.Query()
	q.Set("code", stolen.Query().Get("code"))
	if page := thief.back("/login/callback/m1?" + q.Encode()); page.code() != "login_declined" {
		t.Errorf("a stolen code: %d %s", page.status, page.code())
	}
}

// TestTooLate: a login has its time, and so has its token.
func TestTooLate(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	back := b.consent(b.start("m1", ""), "ann")
	e.wait(attemptLife)
	if page := b.back(back); page.code() != "login_expired" {
		t.Errorf("too late at the provider: %d %s", page.status, page.code())
	}
	b = e.browser()
	page := b.through("m1", "ann")
	e.wait(proofLife)
	if got := b.fetch(page.location()); got.status != 401 || got.code() != "login_expired" {
		t.Errorf("too late for the token: %d %s", got.status, got.body)
	}
	if rows := e.audited("m1"); len(rows) != 1 {
		t.Errorf("audit: %+v", rows)
	}
}

// TestAway: a provider that is away is told so, is not run down, and is asked again.
func TestAway(t *testing.T) {
	e := newEnv(t)
	e.idp["m1"].Be(logintest.Wrong{Down: true})
	for range 3 {
		a := e.browser().do(e.one, "GET", "/login/start?merchant_id=m1", nil)
		if a.status != 503 || a.code() != "login_provider_away" || a.header.Get("Retry-After") == "" || len(a.header["Set-Cookie"]) != 0 {
			t.Errorf("%d %s %v", a.status, a.code(), a.header)
		}
	}
	if n := e.idp["m1"].Asked("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("it was asked %d times at once", n)
	}
	e.idp["m1"].Be(logintest.Wrong{})
	e.wait(backOff)
	if page := e.browser().through("m1", "ann"); page.status != 303 {
		t.Errorf("when it is back: %d %s", page.status, page.code())
	}
}

// TestForeignPages: the token is for a page of ours.
func TestForeignPages(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	page := b.through("m1", "ann")
	_, name, _ := strings.Cut(page.location(), "?login=")
	good := `{"login":"` + name + `"}`
	for what, tc := range map[string]struct {
		body    string
		headers []string
		status  int
	}{
		"another origin":    {good, []string{"Origin", "https://evil.example"}, 403},
		"no origin at all":  {good, []string{"Origin", "null"}, 403},
		"another site":      {good, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		"a subdomain":       {good, []string{"Sec-Fetch-Site", "same-site"}, 403},
		"a form":            {"login=" + name, []string{"Content-Type", "application/x-www-form-urlencoded"}, 400},
		"text":              {good, []string{"Content-Type", "text/plain"}, 400},
		"an unknown member": {`{"login":"` + name + `","x":1}`, nil, 400},
		"two values":        {good + good, nil, 400},
		"no name":           {`{}`, nil, 400},
		"a strange name":    {`{"login":"../../x"}`, nil, 400},
		"too long":          {`{"login":"` + strings.Repeat("a", 2000) + `"}`, nil, 413},
		"of nobody":         {`{"login":"00000000"}`, nil, 401},
	} {
		headers := append([]string{"Content-Type", "application/json"}, tc.headers...)
		if got := b.do(e.one, "POST", "/login/token", strings.NewReader(tc.body), headers...); got.status != tc.status {
			t.Errorf("%s: %d %s, want %d", what, got.status, got.body, tc.status)
		}
	}
	if got := b.fetch(page.location()); got.status != 200 {
		t.Errorf("our own page afterwards: %d %s", got.status, got.body)
	}
}

// TestPages: who is not let in is told why, in their language, by a page that
// runs nothing.
func TestPages(t *testing.T) {
	e := newEnv(t)
	for lang, want := range map[string]string{
		"en-GB,en;q=0.9": "Your account has no role here", "zh-CN,zh;q=0.9,en;q=0.8": "您的账号没有分配角色", "": "您的账号没有分配角色", "fr": "您的账号没有分配角色", "fr,en;q=0.5": "Your account has no role here",
	} {
		b := e.browser()
		b.lang = lang
		page := b.through("m1", "cy")
		first, _, _ := strings.Cut(page.body, `class="soft"`)
		if !strings.Contains(first, want) || !strings.Contains(page.body, "/console/#/login") {
			t.Errorf("%q: %s", lang, page.body)
		}
		if csp := page.header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'sha256-") || strings.Contains(csp, "unsafe") {
			t.Errorf("policy: %s", csp)
		}
	}
	for code, why := range words {
		if why[0] == "" || why[1] == "" {
			t.Errorf("%s lacks words", code)
		}
	}
	for path, code := range map[string]string{
		"/login/start?merchant_id=nobody": "login_unknown", "/login/start": "login_unknown", "/login/callback/nobody?state=x": "login_unknown",
		"/login/start?merchant_id=m1&merchant_id=m2": "invalid_field", "/login/callback/m1?state=a&state=b": "invalid_field", "/login/callback/m1": "login_other_browser",
		"/login/callback/m1?state=%3Cscript%3E&code=x": "login_other_browser", "/login/callback/m1?state=" + strings.Repeat("a", 5000): "invalid_field",
	} {
		a := e.browser().do(e.one, "GET", path, nil)
		if a.code() != code || a.status < 400 || strings.Contains(a.body, "<script") {
			t.Errorf("%s: %d %s", path, a.status, a.body)
		}
	}
}

// TestOverTLS: the cookie of a server that is reached by https is for https alone.
func TestOverTLS(t *testing.T) {
	e := newEnv(t, func(e *env, _ map[live.MerchantID]*Provider) { e.public = "https://live.example.com" })
	b := e.browser()
	page := b.through("m1", "ann")
	if page.status != 303 || !strings.HasPrefix(page.location(), "https://live.example.com/console/#/login?login=") {
		t.Fatalf("%d %s", page.status, page.location())
	}
	if c := b.jar[0]; !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || c.Path != "/" || c.Domain != "" || !c.HttpOnly {
		t.Errorf("cookie %v", c)
	}
}

// TestLimit: an address that asks too often waits.
func TestLimit(t *testing.T) {
	e := newEnv(t, func(e *env, _ map[live.MerchantID]*Provider) { e.limit = api.NewLimit(1, 2) })
	for _, path := range []string{"GET /login/start?merchant_id=m1", "GET /login/callback/m1", "GET /login/ways", "POST /login/token", "POST /login/logout"} {
		e.wait(time.Minute)
		method, address, _ := strings.Cut(path, " ")
		for i := range 3 {
			a := e.browser().do(e.one, method, address, nil)
			if limited := a.status == 429; limited != (i == 2) || limited && a.header.Get("Retry-After") == "" {
				t.Errorf("%s, request %d: %d %s", path, i+1, a.status, a.code())
			}
		}
	}
}

// TestDeclarationIsGone: a login begun at a provider that was exchanged for
// another meanwhile ends nowhere.
func TestDeclarationIsGone(t *testing.T) {
	e := newEnv(t)
	b := e.browser()
	back := b.consent(b.start("m1", ""), "ann")
	e.other = e.serve(e.store, map[live.MerchantID]*Provider{"m1": read(t, declaration(e.idp["m2"].Issuer))})
	if got := b.back(back); got.code() != "login_issuer" {
		t.Errorf("another provider meanwhile: %d %s", got.status, got.code())
	}
	proven := e.browser()
	e.other = e.one
	there := proven.through("m1", "ann")
	e.one = e.serve(e.store, nil)
	if got := proven.fetch(there.location()); got.code() != "login_expired" {
		t.Errorf("none at all meanwhile: %d %s", got.status, got.body)
	}
}
