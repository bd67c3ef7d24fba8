package store

import (
	"context"
	"encoding/base64"
	"fmt"
	"time"

	"showrunner/live"
)

// Kept is the first answer to an HTTP request with an Idempotency-Key.
type Kept struct {
	Status      int
	ContentType string
	Body        []byte
}

// keepAnswers is how long first answers are kept: longer than any client retries.
const keepAnswers = 24 * time.Hour

// inFlight is how long a request may be without an answer before its key is
// free again: the store that took it has ended, or lost its database. No
// request takes that long.
const inFlight = 2 * time.Minute

// BeginIdempotent claims a key within a scope (a caller and a route). Kept is
// the first answer if there is one; nil means that the caller now owns the key
// and must end it with FinishIdempotent or AbandonIdempotent. The same key
// with another request is a conflict, "idempotency_key_reused"; one whose first
// request is not answered so far is "idempotency_in_flight".
func (s *Store) BeginIdempotent(ctx context.Context, scope, key, requestHash string) (*Kept, error) {
	var kept *Kept
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM idempotency WHERE scope = ? AND idem_key = ? AND status = 0 AND created_at < ?`,
			scope, key, ms(t.now.Add(-inFlight))); err != nil {
			return fmt.Errorf("free idempotency key: %w", err)
		}
		kept = nil
		n, err := t.changed(`INSERT INTO idempotency (scope, idem_key, request_hash, status, content_type, body, created_at) VALUES (?, ?, ?, 0, '', '', ?)
			ON CONFLICT (scope, idem_key) DO NOTHING`, scope, key, requestHash, ms(t.now))
		if err != nil {
			return fmt.Errorf("claim idempotency key: %w", err)
		}
		if n > 0 {
			return nil
		}
		var k Kept
		var hash, body string
		if err := t.row(`SELECT request_hash, status, content_type, body FROM idempotency WHERE scope = ? AND idem_key = ?`, scope, key).
			Scan(&hash, &k.Status, &k.ContentType, &body); err != nil {
			return fmt.Errorf("read idempotency key: %w", err)
		}
		if hash != requestHash {
			return live.Conflict("idempotency_key_reused", "this Idempotency-Key was used for another request")
		}
		if k.Status == 0 {
			return live.Conflict("idempotency_in_flight", "the first request with this Idempotency-Key is not answered yet")
		}
		if k.Body, err = base64.StdEncoding.DecodeString(body); err != nil {
			return fmt.Errorf("read kept answer: %w", err)
		}
		kept = &k
		return nil
	})
	if err != nil {
		return nil, err
	}
	return kept, nil
}

// FinishIdempotent keeps the answer of a key that was begun.
func (s *Store) FinishIdempotent(ctx context.Context, scope, key string, k Kept) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE idempotency SET status = ?, content_type = ?, body = ? WHERE scope = ? AND idem_key = ? AND status = 0`,
			k.Status, k.ContentType, base64.StdEncoding.EncodeToString(k.Body), scope, key); err != nil {
			return fmt.Errorf("keep answer: %w", err)
		}
		return nil
	})
}

// AbandonIdempotent frees a key whose request had no lasting outcome, so that
// it can be tried again.
func (s *Store) AbandonIdempotent(ctx context.Context, scope, key string) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM idempotency WHERE scope = ? AND idem_key = ? AND status = 0`, scope, key); err != nil {
			return fmt.Errorf("free idempotency key: %w", err)
		}
		return nil
	})
}
