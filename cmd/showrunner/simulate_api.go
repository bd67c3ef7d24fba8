package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// simAPI is the HTTP side of a client that does not give up: whatever may pass
// by itself (no connection, 429, 5xx) is tried again with the same keys.
type simAPI struct {
	base    string
	client  *http.Client
	retries *atomic.Int64
}

func newSimAPI(base string, retries *atomic.Int64) *simAPI {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		MaxIdleConnsPerHost: 32, MaxConnsPerHost: 64, IdleConnTimeout: 30 * time.Second,
	}
	return &simAPI{base: base, client: &http.Client{Transport: transport, Timeout: 40 * time.Second}, retries: retries}
}

// simCall is one request.
type simCall struct {
	Method, Path string
	Token        string
	// Key makes a write idempotent over retries.
	Key  string
	Body any // encoded as JSON unless it is []byte
	// Sign, if set, gives headers anew for each try.
	Sign func(now time.Time, body []byte) http.Header
}

// simProblem is a refusal of the server that will not pass by itself.
type simProblem struct {
	Status int    `json:"status"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
	Field  string `json:"field"`
	After  int64  `json:"retry_after_ms"`
}

func (p *simProblem) Error() string {
	return fmt.Sprintf("%d %s: %s %s", p.Status, p.Code, p.Field, p.Detail)
}

// maxAnswer bounds an answer; a report of a long show stays below a tenth.
const maxAnswer = 64 << 20

// do sends the call until it is answered and decodes the answer into out, which
// may be nil.
func (a *simAPI) do(ctx context.Context, c simCall, out any) error {
	body, err := simBody(c.Body)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, simPatience)
	defer cancel()
	pause := newBackOff()
	for {
		answer, err := a.once(ctx, c, body)
		if err == nil {
			if out == nil {
				return nil
			}
			if text, ok := out.(*string); ok {
				*text = string(answer)
				return nil
			}
			if err := json.Unmarshal(answer, out); err != nil {
				return fmt.Errorf("%s %s: decode answer: %w", c.Method, c.Path, err)
			}
			return nil
		}
		wait := pause.NextBackOff()
		if p, ok := errors.AsType[*simProblem](err); ok {
			// In flight: our first try is still at work behind a broken connection.
			if p.Status < 500 && p.Status != http.StatusTooManyRequests && p.Code != "idempotency_in_flight" {
				return fmt.Errorf("%s %s: %w", c.Method, c.Path, err)
			}
			wait = max(wait, time.Duration(p.After)*time.Millisecond)
		}
		a.retries.Add(1)
		if sleepFor(ctx, wait) != nil {
			return fmt.Errorf("%s %s: given up: %w", c.Method, c.Path, err)
		}
	}
}

func simBody(v any) ([]byte, error) {
	switch b := v.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	}
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode body: %w", err)
	}
	return raw, nil
}

func (a *simAPI) once(ctx context.Context, c simCall, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, c.Method, a.base+c.Path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	if c.Sign != nil {
		req.Header = c.Sign(time.Now(), body)
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	if c.Key != "" {
		req.Header.Set("Idempotency-Key", c.Key)
	}
	res, err := a.client.Do(req)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return answer, nil
	}
	p := &simProblem{}
	if json.Unmarshal(answer, p) != nil || p.Code == "" {
		p.Code = strings.TrimSpace(string(answer[:min(len(answer), 200)]))
	}
	p.Status = res.StatusCode
	return nil, p
}
