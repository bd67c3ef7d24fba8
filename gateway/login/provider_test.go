package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

// TestReadProvider finds everything that is wrong with a declaration.
func TestReadProvider(t *testing.T) {
	files := Files{
		Read: func(path string) ([]byte, error) {
			switch path {
			case "good":
				return []byte("from-the-file\r\n"), nil
			case "empty":
				return []byte("\n"), nil
			}
			return nil, os.ErrNotExist
		},
		Env: func(name string) (string, bool) { return "from-the-environment", name == "SET" },
	}
	set := func(name string, value any) func(map[string]any) {
		return func(d map[string]any) {
			if d[name] = value; value == nil {
				delete(d, name)
			}
		}
	}
	rule := func(name string, value any) func(map[string]any) {
		return func(d map[string]any) {
			r := map[string]any{"claim": "groups", "value": "hosts", "role": "host"}
			if r[name] = value; value == nil {
				delete(r, name)
			}
			d["rules"] = []map[string]any{r}
		}
	}
	for name, tc := range map[string]struct {
		change func(map[string]any)
		fault  string // empty: none
	}{
		"good":                      {set("listed", true), ""},
		"issuer on this machine":    {set("issuer", "http://127.0.0.1:9/x"), ""},
		"issuer without TLS":        {set("issuer", "http://id.example.com"), "issuer must begin with https://"},
		"issuer with a query":       {set("issuer", "https://id.example.com?x=1"), "issuer must have no query"},
		"issuer with a user":        {set("issuer", "https://a:b@id.example.com"), "issuer must have no user"},
		"no issuer":                 {set("issuer", nil), "issuer must be an address"},
		"no client":                 {set("client_id", ""), "client_id must be"},
		"secret in the declaration": {set("client_secret", "x"), `unknown field "client_secret"`},
		"two secrets":               {set("client_secret_file", "good"), "exclude each other"},
		"variable that is not set":  {set("client_secret_env", "UNSET"), "the variable UNSET is not set"},
		"no secret":                 {set("client_secret_env", nil), ""},
		"no Chinese name":           {set("name", map[string]string{"en": "Example"}), "name.zh must be"},
		"name of two lines":         {set("name", map[string]string{"en": "a\nb", "zh": "例"}), "name.en must be"},
		"a third language":          {set("name", map[string]string{"en": "a", "zh": "例", "fr": "b"}), "zh and en only"},
		"no openid":                 {set("scopes", []string{"email"}), "scopes must hold openid"},
		"odd scope":                 {set("scopes", []string{"openid", "a b"}), "scopes[1] is no scope"},
		"domain with an @":          {set("email_domains", []string{"@example.com"}), "email_domains[0] must be a domain"},
		"wildcard domain":           {set("email_domains", []string{"*.example.com"}), "email_domains[0] must be a domain"},
		"life of a day":             {set("token_life", "24h"), "token_life must be"},
		"life that is no time":      {set("token_life", "soon"), "token_life must be"},
		"half seconds":              {set("token_life", "90.5s"), "token_life must be"},
		"no rules":                  {set("rules", nil), "rules must be 1 to 200"},
		"rule for admins":           {rule("role", "admin"), "rules[0].role must be one of"},
		"rule for viewers":          {rule("role", "viewer"), "rules[0].role must be one of"},
		"rule for no claim":         {rule("claim", nil), "rules[0].claim must be"},
		"rule for any value":        {rule("value", ""), "rules[0].value must be"},
		"rule for no room":          {rule("rooms", []string{}), "rules[0].rooms must name a room"},
		"rule for an odd room":      {rule("rooms", []string{"a b"}), "rules[0].rooms[0] must be"},
		"rule of odd shape":         {rule("rols", "host"), `unknown field "rols"`},
	} {
		d := declaration("https://id.example.com/realms/shop", set("client_secret_env", "SET"), tc.change)
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		_, faults := ReadProvider(raw, files)
		got := errors.Join(faults...)
		if tc.fault == "" && got != nil || tc.fault != "" && (got == nil || !strings.Contains(got.Error(), tc.fault)) {
			t.Errorf("%s: %v, want %q", name, got, tc.fault)
		}
	}
	// All of them at once.
	_, faults := ReadProvider([]byte(`{"token_life":"0s","client_secret_file":"gone"}`), files)
	if len(faults) < 6 {
		t.Errorf("%d faults of a declaration of nothing: %v", len(faults), faults)
	}
	for raw, want := range map[string]string{"": "not a declaration", "{} {}": "more than one", "[]": "not a declaration", `{"client_secret_file":"empty"}`: "client_secret_file is empty"} {
		if _, faults := ReadProvider([]byte(raw), files); !strings.Contains(fmt.Sprint(faults), want) {
			t.Errorf("%q: %v", raw, faults)
		}
	}
}

// TestSecretsStayInside: neither printing nor logging a provider tells its secret.
func TestSecretsStayInside(t *testing.T) {
	d := declaration("https://id.example.com", func(d map[string]any) { d["client_secret_file"] = "f"; delete(d, "client_secret_env") })
	raw, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	p, faults := ReadProvider(raw, Files{Read: func(string) ([]byte, error) { return []byte(phrase + "\n"), nil }})
	if len(faults) > 0 || p.secret != phrase {
		t.Fatalf("%v %q", faults, p.secret)
	}
	for _, form := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(form, p); strings.Contains(text, phrase) {
			t.Errorf("%s tells the secret: %s", form, text)
		}
	}
	if text := p.LogValue().String(); strings.Contains(text, phrase) {
		t.Errorf("the log tells the secret: %s", text)
	}
}

// TestRulesInOrder: the first rule that holds says the role.
func TestRulesInOrder(t *testing.T) {
	p := &Provider{Subject: "sub", Name: "name", Rules: []Rule{
		{Claim: "a.b", Value: "1", Role: live.RoleAuditor},
		{Claim: "groups", Value: "x", Role: live.RoleHost, Rooms: []live.RoomID{"r1"}},
		{Claim: "groups", Value: "y", Role: live.RoleMerchant},
		{Claim: "on", Value: "true", Role: live.RoleAgent},
	}}
	for text, want := range map[string]live.Role{
		`{"sub":"s","groups":["y","x"]}`:                   live.RoleHost,
		`{"sub":"s","groups":"y"}`:                         live.RoleMerchant,
		`{"sub":"s","groups":["z"]}`:                       "",
		`{"sub":"s","groups":{"x":true}}`:                  "",
		`{"sub":"s","groups":[["x"],{"y":1},7,null]}`:      "",
		`{"sub":"s","a":{"b":"1"}}`:                        live.RoleAuditor,
		`{"sub":"s","a.b":"1"}`:                            live.RoleAuditor,
		`{"sub":"s","a.b":"2","a":{"b":"1"}}`:              "", // the name goes before the path
		`{"sub":"s","a":{"b":1}}`:                          "",
		`{"sub":"s","on":true}`:                            live.RoleAgent,
		`{"sub":"s","on":"TRUE"}`:                          "",
		`{"sub":"s","groups":["X","x "],"a":["b"],"on":0}`: "",
	} {
		var c claims
		if err := json.Unmarshal([]byte(text), &c); err != nil {
			t.Fatal(err)
		}
		who, err := p.principal("m1", c)
		if who.Role != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q %v, want %q", text, who.Role, err, want)
		}
	}
}

// TestByEmail: an address that was never verified is nobody's.
func TestByEmail(t *testing.T) {
	p := &Provider{Subject: "email", Name: "name", Rules: []Rule{{Claim: "email", Value: "a@x.example", Role: live.RoleHost}}}
	for _, c := range []claims{{"email": "a@x.example"}, {"email": "a@x.example", "email_verified": false}, {"email": "a@x.example", "email_verified": "yes"}} {
		if _, err := p.principal("m1", c); !errors.Is(err, live.Forbidden("login_domain", "")) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if who, err := p.principal("m1", claims{"email": "a@x.example", "email_verified": true}); err != nil || who.Subject != "a@x.example" {
		t.Errorf("verified: %v %v", who, err)
	}
}

// FuzzReadProvider: what is read without a fault can be used.
func FuzzReadProvider(f *testing.F) {
	raw, err := json.Marshal(declaration("https://id.example.com/realms/shop"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"issuer":"https://[::1","rules":[{}],"name":null,"token_life":"9223372036854775807ns"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, faults := ReadProvider(raw, Files{Read: func(string) ([]byte, error) { return nil, os.ErrNotExist }, Env: func(string) (string, bool) { return phrase, true }})
		if len(faults) > 0 {
			return
		}
		if p.Issuer == "" || p.Client == "" || p.Life < leastLife || p.Life > MaxLife || p.Life%time.Second != 0 || len(p.Rules) == 0 || !slices.Contains(p.Scopes, "openid") {
			t.Fatalf("%s was taken: %+v", raw, p)
		}
		for _, r := range p.Rules {
			if !slices.Contains(staff, r.Role) || r.Claim == "" || r.Value == "" {
				t.Fatalf("%s: rule %+v", raw, r)
			}
		}
	})
}

// FuzzPrincipal: whoever is let in can be given a token.
func FuzzPrincipal(f *testing.F) {
	for _, seed := range []string{`{"sub":"a","groups":["hosts"],"email":"a@example.com","email_verified":true}`, `{"sub":7}`, `{"a":{"a":{}},"name":"\ud800\u0000"}`} {
		f.Add([]byte(seed))
	}
	p := read(f, declaration("https://id.example.com", func(d map[string]any) { delete(d, "email_domains") }))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c claims
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		who, err := p.principal("m1", c)
		if err != nil {
			if who.Role != "" {
				t.Fatalf("%s: a refusal with the role %s", raw, who.Role)
			}
			return
		}
		if !live.ValidID(who.Subject) || !slices.Contains(staff, who.Role) || len([]rune(who.Name)) > 64 || strings.ContainsAny(who.Name, "\r\n\x00") {
			t.Fatalf("%s: %+v", raw, who)
		}
	})
}
