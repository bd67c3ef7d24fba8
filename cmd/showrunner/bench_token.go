package main

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// verifies precedes the names of servers that verify a token of each viewer, as
// ours does: signed by EdDSA with one key, a different one for everybody. Only
// letting viewers in is measured of them.
const verifies = "token "

// benchSigner signs the tokens of other servers' viewers and tells them its key.
type benchSigner struct {
	key  ed25519.PrivateKey
	url  string // of its key set
	http *http.Server
}

const benchKeyID = "bench"

// startSigner makes a key and serves its set.
func startSigner(ctx context.Context) (*benchSigner, error) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	set, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": benchKeyID, "x": base64.RawURLEncoding.EncodeToString(public),
	}}})
	if err != nil {
		return nil, fmt.Errorf("write a key set: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve a key set: %w", err)
	}
	s := &benchSigner{key: private, url: "http://" + l.Addr().String() + "/keys.json", http: &http.Server{
		ReadHeaderTimeout: 5 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(set) // Who did not get it refuses everybody, which is told.
		}),
	}}
	go func() { _ = s.http.Serve(l) }() // It ends by Close.
	return s, nil
}

// tokens are those of some viewers, with what stands in ours.
func (s *benchSigner) tokens(viewers int) ([]string, error) {
	out := make([]string, viewers)
	for i := range out {
		now := time.Now()
		t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.MapClaims{
			"iss": "showrunner", "aud": "showrunner", "sub": "v0-" + strconv.Itoa(i), "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
			"role": "viewer", "merchant_id": "bench-merchant",
		})
		t.Header["kid"] = benchKeyID
		signed, err := t.SignedString(s.key)
		if err != nil {
			return nil, fmt.Errorf("sign a token: %w", err)
		}
		out[i] = signed
	}
	return out, nil
}

// public is the key as the centrifuge server takes it.
func (s *benchSigner) public() (string, error) {
	public, ok := s.key.Public().(ed25519.PublicKey)
	if !ok {
		return "", errors.New("a key without its public half")
	}
	return base64.RawURLEncoding.EncodeToString(public), nil
}

// verifying are the servers that verify tokens; done ends what they ask.
func (c *BenchRoomsCmd) verifying(ctx context.Context, dir string, stderr io.Writer) (starts []arenaStart, done func(), err error) {
	done = func() {}
	if !c.wants("T8") {
		return nil, done, nil
	}
	s, err := startSigner(ctx)
	if err != nil {
		return nil, done, err
	}
	done = func() { _ = s.http.Close() } // The measurement is over.
	public, err := s.public()
	if err != nil {
		return nil, done, err
	}
	for _, name := range []string{"centrifuge", "centrifugo"} {
		if !slices.Contains(c.Against, name) {
			continue
		}
		bin, err := buildAnchor(ctx, dir, name, stderr)
		if err != nil {
			return nil, done, err
		}
		starts = append(starts, func(ctx context.Context, _ int) (*arena, error) {
			var (
				server *anchorServer
				err    error
			)
			if name == "centrifuge" {
				server, err = startCentrifuge(ctx, bin, c.Delays[0], stderr, "-verify", public)
			} else {
				server, err = startCentrifugo(ctx, bin, dir, s.url, stderr)
			}
			if err != nil {
				return nil, err
			}
			a := anchored(verifies+name, []*anchorServer{server})
			open := a.speech
			a.speech = func(clients, process int) (job crowdJob, err error) {
				if job, err = open(clients, process); err == nil {
					job.Tokens, err = s.tokens(clients)
				}
				return job, err
			}
			return a, nil
		})
	}
	return starts, done, nil
}
