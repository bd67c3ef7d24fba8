package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestSecretsStayOutOfTheLog runs a server that logs all it can through whatever
// lets somebody in, when it goes well and when it does not: logins, tokens,
// tickets, webhooks in and out and integrations; then it reads the whole log for
// each secret of it.
func TestSecretsStayOutOfTheLog(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	_, file := startProvider(t, "http://"+addr, "m-quiet", "r-quiet")
	log := &tail{keep: 64 << 20}
	p := startLogged(t, log, data, addr, "--log-level", "debug", "--login", "m-quiet="+file, "--public-url", "http://"+addr, "--insecure-webhooks")
	p.ready(200, 2*time.Minute)
	s := newStage(t, p.url, data, "m-quiet", "r-quiet", "Asia/Shanghai", good{"p1", "k1", 1990, 5})

	secrets := map[string]string{
		"the client's secret at the provider": "client-secret-of-the-provider", "the integration's secret": s.secret, "the merchant's token": s.merch, "the operator's token": s.operator,
	}
	loginByHand(t, p.url, "m-quiet", secrets)

	// A token that does not hold, a ticket, and a ticket that does not hold.
	secrets["a token that does not hold"] = "x." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"somebody-secret"}`)) + ".signature-of-nobody"
	ask(t, 401, "GET", p.url+"/v1/me", secrets["a token that does not hold"], nil, nil)
	var ticket struct{ Ticket string }
	must(t, "POST", p.url+"/v1/tickets", s.operator, nil, &ticket)
	secrets["a ticket"], secrets["a ticket that does not hold"] = ticket.Ticket, "ticket-that-nobody-was-given"
	for _, name := range []string{"a ticket", "a ticket that does not hold"} {
		ask(t, 0, "GET", p.url+"/v1/rooms/r-quiet/ws?ticket="+url.QueryEscape(secrets[name]), "", nil, nil)
	}
	secrets["a token in an address"] = s.tokens.sign(live.RoleHost, "careless", "m-quiet")
	ask(t, 0, "GET", p.url+"/v1/me?access_token="+secrets["a token in an address"], "", nil, nil)

	// A webhook whose endpoint is away, with a secret in its address.
	var sub struct {
		ID     string `json:"subscription_id"`
		Secret string
	}
	secrets["the key in a webhook's address"] = "key-of-the-endpoint"
	must(t, "POST", p.url+"/v1/subscriptions", s.merch, object{"url": "http://" + freeAddr(t) + "/hook?key=key-of-the-endpoint", "types": []string{"order_paid"}}, &sub, "Idempotency-Key", "sub")
	secrets["the webhook's secret"] = sub.Secret
	must(t, "POST", p.url+"/v1/subscriptions/"+sub.ID+"/rotate", s.merch, object{}, &sub, "Idempotency-Key", "rotate")
	secrets["the webhook's second secret"] = sub.Secret
	secrets["the other integration's secret"] = "shpss_hush-hush-very-secret"
	must(t, "PUT", p.url+"/v1/integrations/other-shop", s.merch, object{"connector": "shopify", "secret": secrets["the other integration's secret"], "shop_id": "a.myshopify.com"}, nil)
	s.hook("quiet", object{"type": "order_created", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
		"order_id": "o1", "person_id": "ann", "show_id": s.show, "currency": "CNY", "lines": []object{{"line_id": "1", "product_id": "p1", "sku_id": "k1", "qty": 1, "goods_minor": 1990}},
	}}, s.paidFact("o1", "pay-1", 1990))
	signed := signWebhook("whsec_"+base64.StdEncoding.EncodeToString([]byte("another secret of 24 byte")), "forged", s.now(), []byte("[]"))
	ask(t, 401, "POST", p.url+"/v1/webhooks/"+s.source+"/orders", "", []byte("[]"), nil, signed...)
	for i := 0; i+1 < len(signed); i += 2 {
		if strings.HasSuffix(signed[i], "signature") {
			secrets["a signature"] = strings.TrimPrefix(signed[i+1], "v1,")
		}
	}
	// The first try of the delivery failed once its state says so.
	eventually(t, 2*time.Minute, "the delivery was tried", func() bool {
		var list struct {
			Items []struct{ Attempts int }
		}
		must(t, "GET", p.url+"/v1/subscriptions/"+sub.ID+"/deliveries", s.merch, nil, &list)
		return len(list.Items) > 0 && list.Items[0].Attempts > 0
	})
	p.stop(2 * time.Minute)

	text := log.String()
	for _, want := range []string{"/login/callback/", "code=redacted", "state=redacted", "ticket=redacted", "access_token=redacted", "logged in", "/v1/webhooks/"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %q: it does not tell what this test looks at", want)
		}
	}
	for name, secret := range secrets {
		if len(secret) < 8 {
			t.Errorf("%s is %q, which is none", name, secret)
			continue
		}
		for _, form := range []string{secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)), secret[:min(len(secret), 100)]} {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("the log has %s: …%s…", name, text[max(0, at-200):min(len(text), at+100)])
				break
			}
		}
	}
}

// ask sends a request and ends the test unless it is answered with the status; 0
// takes any below 500.
func ask(t *testing.T, want int, method, url, token string, body, out any, header ...string) {
	t.Helper()
	status, got, err := call(t.Context(), method, url, token, body, header...)
	if err != nil || want != 0 && status != want || status >= 500 {
		t.Fatalf("%s %s: %d %s %v, want %d", method, url, status, got, err, want)
	}
	if out != nil {
		if err := json.Unmarshal(got, out); err != nil {
			t.Fatal(err)
		}
	}
}

// loginByHand logs Ann in as a browser does and adds what that was done with to
// the secrets.
func loginByHand(t *testing.T, server, merchant string, secrets map[string]string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	hc := &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer hc.CloseIdleConnections()
	step := func(res *http.Response, err error) string {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != 303 && res.StatusCode != 200 {
			t.Fatalf("%s: %d %s %v", res.Request.URL.Path, res.StatusCode, raw, err)
		}
		if res.StatusCode == 303 {
			return res.Header.Get("Location")
		}
		return string(raw)
	}
	there := step(hc.Get(server + "/login/start?merchant_id=" + merchant))
	home, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range jar.Cookies(home) {
		secrets["the cookie of a login"] = c.Value
	}
	back := step(hc.PostForm(there, url.Values{"user": {"ann"}}))
	answer, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	secrets["the state of a login"], secrets["the code of a login"] = answer.Query().Get("state"), answer.Query().Get("code")
	_, name, _ := strings.Cut(step(hc.Get(back)), "?login=")
	var handed struct{ Token string }
	if err := json.Unmarshal([]byte(step(hc.Post(server+"/login/token", "application/json", strings.NewReader(fmt.Sprintf(`{"login":%q}`, name))))), &handed); err != nil {
		t.Fatal(err)
	}
	secrets["the token of a login"] = handed.Token
	ask(t, 200, "POST", server+"/login/logout", handed.Token, nil, nil)
	// The address of a login that is over is asked again.
	res, err := hc.Get(back)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil || res.StatusCode != 403 {
		t.Fatalf("the code a second time: %d %v", res.StatusCode, err)
	}
}
