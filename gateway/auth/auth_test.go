package auth

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

var start = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// clock is a clock that a test moves.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func open(t *testing.T, dir string, c *clock) *Auth {
	t.Helper()
	a, err := Open(Config{Dir: dir, Now: c.now})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func code(err error) string {
	var e *live.Error
	if !errors.As(err, &e) {
		return ""
	}
	if e.Fault != live.FaultUnauthenticated {
		return "not unauthenticated: " + e.Code
	}
	return e.Code
}

func TestIssueVerify(t *testing.T) {
	c := &clock{start}
	a := open(t, t.TempDir(), c)
	for _, p := range []live.Principal{
		{Subject: "v1", Role: live.RoleViewer, Merchant: "m1", Name: "小明"},
		{Subject: "h1", Role: live.RoleHost, Merchant: "m1", Rooms: []live.RoomID{"r1", "r2"}},
		{Subject: "none", Role: live.RoleHost, Merchant: "m1", Rooms: []live.RoomID{}},
		{Subject: "root", Role: live.RoleAdmin},
	} {
		token, err := a.Issue(p, time.Hour)
		if err != nil {
			t.Fatalf("issue %v: %v", p, err)
		}
		got, err := a.Verify(token)
		if err != nil {
			t.Fatalf("verify %v: %v", p, err)
		}
		p.Expires = start.Add(time.Hour)
		if diff := cmp.Diff(p, got); diff != "" {
			t.Errorf("principal changed on the way (-issued +verified):\n%s", diff)
		}
		if (p.Rooms == nil) != (got.Rooms == nil) {
			t.Errorf("rooms %#v became %#v: nil means every room and must stay apart from none", p.Rooms, got.Rooms)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	a := open(t, t.TempDir(), &clock{start})
	good := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}
	with := func(f func(*live.Principal)) live.Principal { p := good; f(&p); return p }
	for name, tc := range map[string]struct {
		p     live.Principal
		ttl   time.Duration
		field string
	}{
		"no subject":    {with(func(p *live.Principal) { p.Subject = "" }), time.Hour, "sub"},
		"unknown role":  {with(func(p *live.Principal) { p.Role = "root" }), time.Hour, "role"},
		"system role":   {with(func(p *live.Principal) { p.Role = live.RoleSystem }), time.Hour, "role"},
		"no merchant":   {with(func(p *live.Principal) { p.Merchant = "" }), time.Hour, "merchant_id"},
		"odd room":      {with(func(p *live.Principal) { p.Rooms = []live.RoomID{"a b"} }), time.Hour, "room_ids"},
		"name of lines": {with(func(p *live.Principal) { p.Name = "a\nb" }), time.Hour, "name"},
		"no life":       {good, 0, "ttl"},
		"too long life": {good, MaxTTL + time.Hour, "ttl"},
	} {
		var e *live.Error
		if _, err := a.Issue(tc.p, tc.ttl); !errors.As(err, &e) || e.Field != tc.field {
			t.Errorf("%s: got %v, want a refusal of %s", name, err, tc.field)
		}
	}
}

// forge signs arbitrary header and claims.
func forge(t *testing.T, method jwt.SigningMethod, key any, header map[string]any, claims map[string]any) string {
	t.Helper()
	token := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	for k, v := range header {
		if v == nil {
			delete(token.Header, k)
			continue
		}
		token.Header[k] = v
	}
	s, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestVerifyRefuses(t *testing.T) {
	c := &clock{start}
	a := open(t, t.TempDir(), c)
	k := a.signer()
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	kid := map[string]any{"kid": k.id}
	now := start.Unix()
	// claims is a good payload with some members changed; nil removes one.
	claims := func(changes ...any) map[string]any {
		m := map[string]any{
			"iss": "showrunner", "aud": "showrunner", "sub": "h1", "iat": now, "exp": now + 3600, "role": "host", "merchant_id": "m1",
		}
		for i := 0; i < len(changes); i += 2 {
			if changes[i+1] == nil {
				delete(m, changes[i].(string))
			} else {
				m[changes[i].(string)] = changes[i+1]
			}
		}
		return m
	}
	eddsa := func(changes ...any) string {
		return forge(t, jwt.SigningMethodEdDSA, k.private, kid, claims(changes...))
	}
	good := eddsa()
	if _, err := a.Verify(good); err != nil {
		t.Fatalf("the good token that the others are made from is refused: %v", err)
	}
	parts := strings.Split(good, ".")
	der, err := x509.MarshalPKIXPublicKey(k.public())
	if err != nil {
		t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	payload := func(m map[string]any) string {
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	for name, tc := range map[string]struct{ token, want string }{
		"empty":                      {"", "token_missing"},
		"garbage":                    {"abc", "token_invalid"},
		"three empty parts":          {"..", "token_invalid"},
		"huge":                       {strings.Repeat("a", maxToken+1), "token_invalid"},
		"alg none":                   {forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, kid, claims()), "token_invalid"},
		"alg none, signature kept":   {payload(map[string]any{"alg": "none", "kid": k.id}) + "." + parts[1] + "." + parts[2], "token_invalid"},
		"HS256 with the public key":  {forge(t, jwt.SigningMethodHS256, []byte(k.public()), kid, claims()), "token_invalid"},
		"HS256 with the PEM":         {forge(t, jwt.SigningMethodHS256, public, kid, claims()), "token_invalid"},
		"HS512 with the public key":  {forge(t, jwt.SigningMethodHS512, []byte(k.public()), kid, claims()), "token_invalid"},
		"another key, our kid":       {forge(t, jwt.SigningMethodEdDSA, stranger, kid, claims()), "token_invalid"},
		"unknown kid":                {forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": "nope"}, claims()), "token_invalid"},
		"kid is a path":              {forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": "../keys/" + k.id}, claims()), "token_invalid"},
		"kid is a number":            {forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": 1}, claims()), "token_invalid"},
		"no kid":                     {forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": nil}, claims()), "token_invalid"},
		"critical extension":         {forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": k.id, "crit": []string{"b64"}}, claims()), "token_invalid"},
		"payload swapped":            {parts[0] + "." + payload(claims("role", "admin")) + "." + parts[2], "token_invalid"},
		"signature cut":              {good[:len(good)-4], "token_invalid"},
		"trailing dot":               {good + ".", "token_invalid"},
		"another issuer":             {eddsa("iss", "evil"), "token_invalid"},
		"no issuer":                  {eddsa("iss", nil), "token_invalid"},
		"another audience":           {eddsa("aud", "console"), "token_invalid"},
		"no audience":                {eddsa("aud", nil), "token_invalid"},
		"expired":                    {eddsa("iat", now-7200, "exp", now-3600), "token_expired"},
		"expires this second":        {eddsa("exp", now), "token_expired"},
		"no exp":                     {eddsa("exp", nil), "token_invalid"},
		"exp is text":                {eddsa("exp", "tomorrow"), "token_invalid"},
		"no iat":                     {eddsa("iat", nil), "token_invalid"},
		"issued in the future":       {eddsa("iat", now+60), "token_invalid"},
		"lives for ever":             {eddsa("exp", now+int64((MaxTTL+time.Hour).Seconds())), "token_invalid"},
		"no subject":                 {eddsa("sub", nil), "token_invalid"},
		"unknown role":               {eddsa("role", "superuser"), "token_invalid"},
		"role of the system itself":  {eddsa("role", "system"), "token_invalid"},
		"no merchant":                {eddsa("merchant_id", nil), "token_invalid"},
		"merchant with a wildcard":   {eddsa("merchant_id", "*"), "token_invalid"},
		"room that is no identifier": {eddsa("room_ids", []string{"r1", ""}), "token_invalid"},
		"rooms as text":              {eddsa("room_ids", "r1"), "token_invalid"},
	} {
		p, err := a.Verify(tc.token)
		if got := code(err); got != tc.want {
			t.Errorf("%s: code %q (%v), want %q", name, got, err, tc.want)
		}
		if err != nil && len(tc.token) > 10 && strings.Contains(err.Error(), tc.token) {
			t.Errorf("%s: the message repeats the token", name)
		}
		if p.Subject != "" && err != nil && p.Role != "" && code(err) != "" && p.May(live.ActRoomWrite) {
			t.Errorf("%s: a refusal comes with a principal of rights: %v", name, p)
		}
	}
}

func TestAudienceMayBeAList(t *testing.T) {
	a := open(t, t.TempDir(), &clock{start})
	k := a.signer()
	token := forge(t, jwt.SigningMethodEdDSA, k.private, map[string]any{"kid": k.id}, map[string]any{
		"iss": "showrunner", "aud": []string{"x", "showrunner"}, "sub": "v", "iat": start.Unix(), "exp": start.Unix() + 60, "role": "viewer", "merchant_id": "m1",
	})
	if _, err := a.Verify(token); err != nil {
		t.Errorf("an audience list with us in it: %v", err)
	}
}

func TestRotate(t *testing.T) {
	c := &clock{start}
	dir := t.TempDir()
	a := open(t, dir, c)
	p := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}
	before, err := a.Issue(p, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	other := open(t, dir, c) // another process on the same directory
	first := a.signer().id
	for range 3 { // within one millisecond
		kid, err := a.Rotate()
		if err != nil {
			t.Fatal(err)
		}
		if a.signer().id != kid {
			t.Fatalf("%s signs after the rotation to %s", a.signer().id, kid)
		}
		if kid <= first {
			t.Fatalf("the new key %s does not sort after %s: after a restart the old one would sign", kid, first)
		}
		first = kid
	}
	after, err := a.Issue(p, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]*Auth{"same": a, "other": other, "restarted": open(t, dir, c)} {
		for which, token := range map[string]string{"old": before, "new": after} {
			if _, err := v.Verify(token); err != nil {
				t.Errorf("%s process, token of the %s key: %v", name, which, err)
			}
		}
	}
	if got, want := open(t, dir, c).signer().id, first; got != want {
		t.Errorf("after a restart %s signs, want the newest, %s", got, want)
	}
	// A key that is taken away is trusted no more after a restart.
	keys, err := a.dir.load()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "keys", keys[0].id+".pem")); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir, c).Verify(before); code(err) != "token_invalid" {
		t.Errorf("token of a removed key: %v, want token_invalid", err)
	}
}

func TestKeysArePrivate(t *testing.T) {
	dir := t.TempDir()
	c := &clock{start}
	a := open(t, dir, c)
	folder, err := os.Stat(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	if got := folder.Mode().Perm(); got != 0o700 {
		t.Errorf("key folder has mode %o, want 700", got)
	}
	file := filepath.Join(dir, "keys", a.signer().id+".pem")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != 0o600 {
		t.Errorf("key has mode %o, want 600", got)
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Config{Dir: dir, Now: c.now}); err == nil || !strings.Contains(err.Error(), "readable by others") {
		t.Errorf("a key that others can read: %v, want a refusal that says so", err)
	}
}

func TestOpenOnceFromManyProcesses(t *testing.T) {
	dir := t.TempDir()
	c := &clock{start}
	ids := make(chan string, 8)
	for range cap(ids) {
		go func() {
			a, err := Open(Config{Dir: dir, Now: c.now})
			if err != nil {
				ids <- err.Error()
				return
			}
			ids <- a.signer().id
		}()
	}
	first := <-ids
	for range cap(ids) - 1 {
		if id := <-ids; id != first {
			t.Errorf("two first keys: %s and %s", first, id)
		}
	}
}

func FuzzVerify(f *testing.F) {
	c := &clock{start}
	a, err := Open(Config{Dir: f.TempDir(), Now: c.now})
	if err != nil {
		f.Fatal(err)
	}
	good, err := a.Issue(live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}, time.Hour)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", "..", "e30.e30.e30", good[:20], good + "x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, token string) {
		p, err := a.Verify(token)
		if err == nil && token != good {
			t.Errorf("a token that was never issued is %v", p)
		}
		if err != nil && code(err) == "" {
			t.Errorf("refused without a code: %v", err)
		}
	})
}
