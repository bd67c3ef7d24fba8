package delivery

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"showrunner/live/store"
)

// maxAnswer is how much of an answer is read, so that its connection can be
// used again; nothing of it is kept.
const maxAnswer = 4 << 10

// Words for why an attempt failed. They are what merchants and metrics see: an
// address or an error's own text would tell about networks that are not theirs.
const (
	failStatus  = "status"              // an answer that is not 2xx
	failGone    = "gone"                // 410: the endpoint asks to be left alone
	failMoved   = "redirect"            // 3xx: redirects are not followed
	failTimeout = "timeout"             // no whole answer in time
	failAddress = "address_not_allowed" // the name leads to an address that is never called
	failName    = "name_not_found"      // the name does not resolve
	failTLS     = "tls"                 // the certificate does not hold
	failConnect = "connection"          // refused, reset, unreachable
	failSecret  = "secret"              // ours: the secret cannot be read
)

// answer is what one attempt came to.
type answer struct {
	status int    // 0: none
	fail   string // empty: taken
	after  time.Duration
}

// post makes one attempt.
func (s *Sender) post(ctx context.Context, c *store.Claim) answer {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader([]byte(c.Body)))
	if err != nil {
		return answer{fail: failConnect}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "showrunner-webhooks/1")
	if err := sign(req.Header, c.ID, s.cfg.Now(), []byte(c.Body), c.Secret, c.OldSecret); err != nil {
		s.cfg.Logger.ErrorContext(ctx, "a webhook cannot be signed", "delivery_id", c.ID, "error", err)
		return answer{fail: failSecret}
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return answer{fail: why(err)}
	}
	// An answer counts by its status, whatever becomes of its body.
	_, _ = io.CopyN(io.Discard, resp.Body, maxAnswer)
	_ = resp.Body.Close()
	a := answer{status: resp.StatusCode, after: retryAfter(resp.Header, s.cfg.Now())}
	switch {
	case a.status >= 200 && a.status < 300:
	case a.status == http.StatusGone:
		a.fail = failGone
	case a.status >= 300 && a.status < 400:
		a.fail = failMoved
	default:
		a.fail = failStatus
	}
	return a
}

// why finds the word for an error of the client.
func why(err error) string {
	var name *net.DNSError
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var network net.Error
	switch {
	case errors.Is(err, errAddress):
		return failAddress
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return failTimeout
	case errors.As(err, &name):
		return failName
	case errors.As(err, &cert), errors.As(err, &authority), errors.As(err, &record), errors.As(err, &alert):
		return failTLS
	}
	return failConnect
}

// outcome decides what follows from an attempt.
func (s *Sender) outcome(c *store.Claim, a answer) store.Outcome {
	now := s.cfg.Now()
	o := store.Outcome{Status: a.status, Error: a.fail}
	switch a.fail {
	case "":
		o.State = store.WebhookDelivered
		return o
	case failGone:
		o.State, o.Gone = store.WebhookDead, true
		return o
	}
	if d := breakFor(c.Failures + 1); d > 0 {
		o.PauseUntil = now.Add(d)
	}
	if a.after > 0 && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable) {
		// The endpoint speaks for all of it, not for this one fact.
		o.PauseUntil = later(o.PauseUntil, now.Add(a.after))
	}
	o.State = store.WebhookDead
	if d, again := nextTry(c.Attempts+1, a.after); again {
		o.State, o.NextAt = store.WebhookPending, now.Add(d)
	}
	return o
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
