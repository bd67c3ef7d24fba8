package logintest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"html/template"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// grant is what a code stands for.
type grant struct {
	redirect  string
	nonce     string
	challenge string
	user      string
}

var formPage = template.Must(template.New("form").Parse(`<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Example login</title></head>
<body><form method="post" action="?{{.Query}}"><label>User <input name="user" autofocus></label><button type="submit">Continue</button></form></body></html>
`))

// checked are the faults of a request to log in, empty if there are none.
func (p *Provider) checked(q url.Values) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case q.Get("client_id") != p.cfg.Client:
		return "unknown client"
	case !slices.Contains(p.cfg.Redirects, q.Get("redirect_uri")):
		return "redirect_uri is not one of those registered: " + q.Get("redirect_uri")
	case q.Get("response_type") != "code":
		return "response_type must be code"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "a code challenge of S256 is required"
	case len(q.Get("state")) < 32 || len(q.Get("nonce")) < 32:
		return "state and nonce are required"
	}
	return ""
}

// form asks who is there.
func (p *Provider) form(w http.ResponseWriter, r *http.Request) {
	if fault := p.checked(r.URL.Query()); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	// Who went away meanwhile cannot be told.
	_ = formPage.Execute(w, map[string]any{"Query": template.URL(r.URL.RawQuery)})
}

// authorize sends the browser back with a code, or with a refusal for a stranger.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if fault := p.checked(q); fault != "" {
		http.Error(w, fault, http.StatusBadRequest)
		return
	}
	user := r.PostFormValue("user")
	back := url.Values{"state": {q.Get("state")}}
	p.mu.Lock()
	if _, ok := p.cfg.Users[user]; ok {
		code := rand.Text()
		p.codes[code] = grant{redirect: q.Get("redirect_uri"), nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), user: user}
		back.Set("code", code)
	} else {
		back.Set("error", "access_denied")
		back.Set("error_description", "nobody of that name")
	}
	iss := p.wrong.Iss
	if iss == "" && p.cfg.Issues {
		iss = p.Issuer
	}
	p.mu.Unlock()
	if iss != "" && iss != "-" {
		back.Set("iss", iss)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

// token gives a code for an ID token, once.
func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	client, secret, ok := r.BasicAuth()
	if !ok || client != url.QueryEscape(p.cfg.Client) || secret != url.QueryEscape(p.cfg.Secret) {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wrong.Token != 0 {
		answer(w, p.wrong.Token, map[string]any{"error": "server_error"})
		return
	}
	g, ok := p.codes[r.PostFormValue("code")]
	delete(p.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || r.PostFormValue("grant_type") != "authorization_code" || r.PostFormValue("redirect_uri") != g.redirect || text(sum[:]) != g.challenge {
		answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	got := map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60}
	if !p.wrong.NoIDToken {
		id, err := p.sign(g)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		got["id_token"] = id
	}
	answer(w, http.StatusOK, got)
}

// sign makes the ID token of a grant, as wrong as it was asked to be.
func (p *Provider) sign(g grant) (string, error) {
	now := p.cfg.Now()
	claims := jwt.MapClaims{"iss": p.Issuer, "aud": p.cfg.Client, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix(), "nonce": g.nonce}
	maps.Copy(claims, p.cfg.Users[g.user])
	if p.wrong.Claims != nil {
		p.wrong.Claims(claims)
	}
	k := p.keys[len(p.keys)-1]
	var method jwt.SigningMethod = jwt.SigningMethodES256
	var key any = k.key
	switch p.wrong.Algorithm {
	case "none":
		method, key = jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType
	case "HS256":
		method, key = jwt.SigningMethodHS256, []byte(p.cfg.Secret)
	}
	if p.wrong.Stranger {
		stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return "", err
		}
		key = stranger
	}
	t := jwt.NewWithClaims(method, claims)
	t.Header["kid"] = k.id
	return t.SignedString(key)
}
