package logintest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Config is what a provider is made of.
type Config struct {
	// Client and Secret are the one client it knows.
	Client, Secret string
	// Redirects are the addresses it may send browsers back to, each exactly.
	Redirects []string
	// Users are the people it knows, by the name they type, with their claims.
	Users map[string]map[string]any
	// Now is the clock.
	Now func() time.Time
	// Issues says that answers name the issuer (RFC 9207).
	Issues bool
}

// Provider is a running identity provider.
type Provider struct {
	Issuer string

	cfg    Config
	server *http.Server
	served chan error

	mu     sync.Mutex
	keys   []signing // the last one signs
	codes  map[string]grant
	wrong  Wrong
	ended  int
	tokens int
	asked  map[string]int
}

// signing is a key with its name.
type signing struct {
	id  string
	key *ecdsa.PrivateKey
}

// Wrong is what a provider may be made to do wrong; the zero value is nothing.
type Wrong struct {
	// Claims changes the payload of ID tokens before they are signed.
	Claims func(claims map[string]any)
	// Algorithm replaces ES256: "none", or "HS256" with the secret of the client.
	Algorithm string
	// Stranger signs with a key that is not published, under the name of one that is.
	Stranger bool
	// Iss replaces the issuer that stands in an answer; "-" leaves it out.
	Iss string
	// Token, if set, is the status of the token endpoint.
	Token int
	// Down makes every door answer 503.
	Down bool
	// NoIDToken leaves the ID token out.
	NoIDToken bool
}

// Start listens on a loopback port.
func Start(cfg Config) (*Provider, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	p := &Provider{Issuer: "http://" + ln.Addr().String() + "/realms/shop", cfg: cfg, served: make(chan error, 1), codes: map[string]grant{}, asked: map[string]int{}}
	if err := p.Rotate(true); err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /realms/shop/.well-known/openid-configuration", p.discovery)
	mux.HandleFunc("GET /realms/shop/keys", p.published)
	mux.HandleFunc("GET /realms/shop/authorize", p.form)
	mux.HandleFunc("POST /realms/shop/authorize", p.authorize)
	mux.HandleFunc("POST /realms/shop/token", p.token)
	mux.HandleFunc("GET /realms/shop/logout", p.end)
	p.server = &http.Server{Handler: p.counted(mux), ReadHeaderTimeout: 10 * time.Second}
	go func() { p.served <- p.server.Serve(ln) }()
	return p, nil
}

// Close ends the provider.
func (p *Provider) Close() error {
	err := p.server.Close()
	if served := <-p.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// counted notes which door was asked, and keeps them all shut while it is down.
func (p *Provider) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.asked[r.URL.Path[len("/realms/shop"):]]++
		down := p.wrong.Down
		p.mu.Unlock()
		if down {
			http.Error(w, "down for maintenance", http.StatusServiceUnavailable)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Asked is how often a door was asked, such as "/keys".
func (p *Provider) Asked(door string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked[door]
}

// Ended is how many sessions were ended.
func (p *Provider) Ended() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ended
}

// Be makes the provider do something wrong from now on.
func (p *Provider) Be(w Wrong) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrong = w
}

// Allow adds an address that browsers may be sent back to.
func (p *Provider) Allow(redirect string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cfg.Redirects = append(p.cfg.Redirects, redirect)
}

// Rotate makes a new key that signs from now on; withdraw forgets the old ones.
func (p *Provider) Rotate(withdraw bool) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make a key: %w", err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tokens++
	if withdraw {
		p.keys = nil
	}
	p.keys = append(p.keys, signing{id: "key-" + strconv.Itoa(p.tokens), key: key})
	return nil
}

func (p *Provider) discovery(w http.ResponseWriter, _ *http.Request) {
	answer(w, http.StatusOK, map[string]any{
		"issuer": p.Issuer, "authorization_endpoint": p.Issuer + "/authorize", "token_endpoint": p.Issuer + "/token", "jwks_uri": p.Issuer + "/keys",
		"end_session_endpoint": p.Issuer + "/logout", "id_token_signing_alg_values_supported": []string{"ES256"}, "response_types_supported": []string{"code"},
		"subject_types_supported": []string{"public"}, "code_challenge_methods_supported": []string{"S256"},
		"token_endpoint_auth_methods_supported": []string{"client_secret_basic"}, "authorization_response_iss_parameter_supported": p.cfg.Issues,
	})
}

// published are the public keys, RFC 7517.
func (p *Provider) published(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	keys := []map[string]string{}
	for _, k := range p.keys {
		point, err := k.key.PublicKey.Bytes() // 0x04, x, y
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		keys = append(keys, map[string]string{"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": k.id, "x": text(point[1:33]), "y": text(point[33:])})
	}
	answer(w, http.StatusOK, map[string]any{"keys": keys})
}

func (p *Provider) end(w http.ResponseWriter, r *http.Request) {
	back := r.FormValue("post_logout_redirect_uri")
	if r.FormValue("client_id") != p.cfg.Client || back == "" {
		http.Error(w, "who is leaving, and where to?", http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	p.ended++
	p.mu.Unlock()
	http.Redirect(w, r, back, http.StatusSeeOther)
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	// Who went away meanwhile cannot be told.
	_ = json.NewEncoder(w).Encode(v)
}

func text(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
