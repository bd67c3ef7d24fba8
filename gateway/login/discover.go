package login

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	// freshFor is how long a provider's document and keys are believed. A key
	// that it withdrew lets nobody in for longer.
	freshFor = 15 * time.Minute
	// backOff keeps a crowd from waiting for a provider that is away.
	backOff = 3 * time.Second
	// maxAnswer bounds what a provider may answer.
	maxAnswer = 1 << 20
)

// known is a provider with what it says of itself.
type known struct {
	*Provider

	client *http.Client
	now    func() time.Time

	mu     sync.Mutex
	said   *said
	failed time.Time // of the last try; zero: it went well
	why    error
}

// said is what a provider told of itself at an instant.
type said struct {
	at       time.Time
	endpoint oauth2.Endpoint
	verifier *oidc.IDTokenVerifier
	iss      bool   // its answers name the issuer, RFC 9207
	end      string // where its sessions end; empty: nowhere
}

// algorithms are the signatures that are believed: none without a key, none with
// a key that both sides know.
var algorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.ES256, oidc.ES384, oidc.ES512, oidc.PS256, oidc.PS384, oidc.PS512, oidc.EdDSA,
}

// discover asks the provider where its doors are, or remembers.
func (k *known) discover(ctx context.Context) (*said, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.said != nil && now.Sub(k.said.at) < freshFor {
		return k.said, nil
	}
	if !k.failed.IsZero() && now.Sub(k.failed) < backOff {
		return nil, k.why
	}
	s, err := k.ask(ctx, now)
	if err != nil {
		k.failed, k.why = now, err
		return nil, err
	}
	k.said, k.failed, k.why = s, time.Time{}, nil
	return s, nil
}

func (k *known) ask(ctx context.Context, now time.Time) (*said, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	p, err := oidc.NewProvider(oidc.ClientContext(ctx, k.client), k.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", k.Issuer, err)
	}
	var doc struct {
		JWKS    string   `json:"jwks_uri"`
		End     string   `json:"end_session_endpoint"`
		Iss     bool     `json:"authorization_response_iss_parameter_supported"`
		PKCE    []string `json:"code_challenge_methods_supported"`
		Methods []string `json:"token_endpoint_auth_methods_supported"`
	}
	if err := p.Claims(&doc); err != nil {
		return nil, fmt.Errorf("read the document of %s: %w", k.Issuer, err)
	}
	s := &said{at: now, endpoint: p.Endpoint(), iss: doc.Iss, end: doc.End}
	for name, address := range map[string]string{"authorization_endpoint": s.endpoint.AuthURL, "token_endpoint": s.endpoint.TokenURL, "jwks_uri": doc.JWKS} {
		if err := checkEndpoint(address); err != nil {
			return nil, fmt.Errorf("the %s of %s: %w", name, k.Issuer, err)
		}
	}
	if s.end != "" && checkEndpoint(s.end) != nil {
		s.end = ""
	}
	if doc.PKCE != nil && !slices.Contains(doc.PKCE, "S256") {
		return nil, fmt.Errorf("%s does not take the code challenges of S256", k.Issuer)
	}
	// Said outright: a library that tries both would show the code twice.
	s.endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if k.secret == "" || doc.Methods != nil && !slices.Contains(doc.Methods, "client_secret_basic") {
		s.endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	s.verifier = p.Verifier(&oidc.Config{ClientID: k.Client, SupportedSigningAlgs: algorithms, Now: k.now})
	return s, nil
}

// NewClient asks providers. It follows no redirect, because what it sends is for
// the provider alone, and reads no endless answer.
func NewClient() *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// Logins are rare, and a connection kept for the next one is a file for nothing.
	transport.DisableKeepAlives = true
	return &http.Client{
		Timeout: within, Transport: bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// bounded cuts answers that are too long.
type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}
