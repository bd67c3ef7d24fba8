package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"showrunner/gateway/login/logintest"
	"showrunner/live"
)

// startProvider is an identity provider that knows Ann, who hosts, Olga, who is
// nobody here, and Mo of another domain; and its declaration in a file.
func startProvider(t *testing.T, publicURL string, merchant live.MerchantID, room live.RoomID) (*logintest.Provider, string) {
	t.Helper()
	const phrase = "client-secret-of-the-provider"
	idp, err := logintest.Start(logintest.Config{
		Client: "showrunner", Secret: phrase, Redirects: []string{publicURL + "/login/callback/" + string(merchant)}, Now: time.Now, Issues: true,
		Users: map[string]map[string]any{
			"ann":  {"sub": "ann-1", "name": "Ann Li", "email": "ann@example.com", "email_verified": true, "groups": []string{"live-hosts"}},
			"olga": {"sub": "olga-1", "name": "Olga", "email": "olga@example.com", "email_verified": true},
			"mo":   {"sub": "mo-1", "name": "Mo", "email": "mo@elsewhere.example", "email_verified": true, "groups": []string{"live-hosts"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idp.Close(); err != nil {
			t.Error(err)
		}
	})
	dir := t.TempDir()
	write(t, filepath.Join(dir, "client.secret"), phrase+"\n")
	raw, err := json.Marshal(object{
		"name": object{"zh": "示例公司", "en": "Example Company"}, "issuer": idp.Issuer, "client_id": "showrunner", "client_secret_file": "client.secret",
		"email_domains": []string{"example.com"}, "rules": []object{{"claim": "groups", "value": "live-hosts", "role": "host", "rooms": []live.RoomID{room}}},
		"logout_at_provider": true,
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "provider.json")
	write(t, file, string(raw))
	return idp, file
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestCheckLogins: --check reads the declarations and tells every fault of every
// file, and the server does not start on one.
func TestCheckLogins(t *testing.T) {
	dir := t.TempDir()
	_, good := startProvider(t, "http://127.0.0.1:1", "m1", "r1")
	bad := filepath.Join(dir, "bad.json")
	write(t, bad, `{"issuer":"http://id.example.com","client_id":"x","name":{"zh":"例","en":"E"},"client_secret_file":"gone","rules":[{"claim":"g","value":"v","role":"admin"}]}`)
	torn := filepath.Join(dir, "torn.json")
	write(t, torn, `{"issuer":`)
	check := func(args ...string) (code int, said, faults string) {
		var out, complaint bytes.Buffer
		code = run(t.Context(), append([]string{"serve", "--check", "--data", dir}, args...), &out, &complaint)
		return code, out.String(), complaint.String()
	}
	for _, args := range [][]string{
		{"--login", "m1=" + good, "--public-url", "https://live.example.com"}, {"--login", "m1=" + good, "--login", "m2=" + good, "--public-url", "http://127.0.0.1:8080"}, {"--public-url", "https://live.example.com:8443"},
	} {
		if code, said, faults := check(args...); code != 0 || !strings.Contains(said, "the configuration is valid") {
			t.Errorf("%v: %d %q %s", args, code, said, faults)
		}
	}
	code, _, faults := check("--login", "m1="+bad, "--login", "m2="+torn, "--login", "m3="+filepath.Join(dir, "gone.json"), "--login", "a b="+good, "--order-ttl", "0s")
	for _, want := range []string{
		bad + ": issuer must begin with https://", bad + ": rules[0].role must be one of", bad + ": client_secret_file: open ", torn + ": is not a declaration", "--login m3: open ",
		`--login: the merchant "a b"`, "--public-url: must be an address", "--order-ttl",
	} {
		if code != 2 || !strings.Contains(faults, want) {
			t.Errorf("%d: the faults lack %q:\n%s", code, want, faults)
		}
	}
	for _, address := range []string{"http://live.example.com", "https://live.example.com/", "https://live.example.com/x", "https://a:b@live.example.com", "live.example.com", "https://live.example.com?x"} {
		if code, _, faults := check("--public-url", address); code != 2 || !strings.Contains(faults, "--public-url") {
			t.Errorf("--public-url %s: %d %s", address, code, faults)
		}
	}
}

// TestLoginInBrowser logs people in by their merchant's identity provider in a
// real browser: Ann comes in and goes again, Olga and Mo are told why they do
// not, in both languages.
func TestLoginInBrowser(t *testing.T) {
	const app = "../../gateway/console"
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("no Node on the PATH: logins are not looked at in a browser")
	}
	if _, err := os.Stat(filepath.Join(app, "node_modules/playwright-core")); err != nil {
		t.Skip("Playwright is not installed (npm ci in gateway/console): logins are not looked at in a browser")
	}
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no Chromium on the PATH: logins are not looked at in a browser")
	}
	data, addr := t.TempDir(), freeAddr(t)
	idp, file := startProvider(t, "http://"+addr, "m-login", "r-login")
	p := startProgram(t, data, addr, "--login", "m-login="+file, "--public-url", "http://"+addr)
	p.ready(200, 2*time.Minute)
	s := newStage(t, p.url, data, "m-login", "r-login", "Asia/Shanghai", good{"p1", "k1", 1990, 5})
	given, err := json.Marshal(object{"url": p.url, "room": s.room, "merchant": s.merchant, "provider": idp.Issuer, "chromium": chromium, "shots": os.Getenv("SHOWRUNNER_SCREENSHOTS")})
	if err != nil {
		t.Fatal(err)
	}
	play := exec.CommandContext(deadline(t, 6*time.Minute), node, "app/e2e/login.mjs")
	play.Dir = app
	play.Env = append(os.Environ(), "STAGE="+string(given))
	play.WaitDelay = 10 * time.Second
	if out, err := play.CombinedOutput(); err != nil {
		t.Fatalf("logins in the browser: %v\n%s\nserver: %s", err, out, p.stderr)
	}
	if idp.Ended() != 1 {
		t.Errorf("%d sessions were ended at the provider, want Ann's", idp.Ended())
	}
	var log struct {
		Items []struct{ Action, Code string }
	}
	must(t, "GET", p.url+"/v1/audit?limit=50", s.merch, nil, &log)
	var seen []string
	for _, row := range log.Items {
		if row.Action == "login" || row.Action == "logout" {
			seen = append(seen, strings.TrimSpace(row.Action+" "+row.Code))
		}
	}
	// Newest first.
	if got, want := strings.Join(seen, ", "), "login login_domain, login login_role, logout, login"; got != want {
		t.Errorf("the audit log has %q, want %q", got, want)
	}
}
