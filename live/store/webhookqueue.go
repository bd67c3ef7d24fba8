package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"showrunner/live"
)

// WebhookWake is signalled when a delivery may have become due.
func (s *Store) WebhookWake() <-chan struct{} { return s.due }

func (s *Store) wakeSender() {
	select {
	case s.due <- struct{}{}:
	default:
	}
}

// deliveryCheckpoint names the one reader of the log that makes deliveries.
const deliveryCheckpoint = "delivery"

// WebhookCheckpoint is how far which incarnation of the log was turned into
// deliveries; an empty epoch means that none was so far.
func (s *Store) WebhookCheckpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return readDeliveryCheckpoint(s.reader(ctx))
}

func readDeliveryCheckpoint(q querier) (epoch string, next live.Position, err error) {
	var offset int64
	err = q.row(`SELECT epoch, position FROM delivery_checkpoint WHERE name = ?`, deliveryCheckpoint).Scan(&epoch, &offset)
	if errors.Is(err, sql.ErrNoRows) {
		return "", live.Position{}, nil
	}
	if err != nil {
		return "", live.Position{}, fmt.Errorf("read delivery checkpoint: %w", err)
	}
	return epoch, live.PositionOf(uint64(offset)), nil
}

// Rendered is a fact as it leaves: the body of its webhooks, and what it is
// about. Deliveries of one chain go out one after the other.
type Rendered struct {
	Body  string
	Chain string
}

// EnqueueWebhooks turns entries of the log, which end before next, into
// deliveries for the subscriptions that are active now and were there when the
// fact was received, and moves the checkpoint to next in the same transaction:
// each entry makes one delivery per subscription, however often it is read.
// Entries below the checkpoint, of rehearsals and of kinds that may not leave
// make none. It returns how many deliveries are new.
func (s *Store) EnqueueWebhooks(ctx context.Context, epoch string, next live.Position, entries []live.Entry, render func(*live.Event) (Rendered, error)) (int, error) {
	made := 0
	err := s.write(ctx, func(t *tx) error {
		made = 0
		was, done, err := readDeliveryCheckpoint(t)
		if err != nil {
			return err
		}
		if was != epoch {
			done = live.Position{}
		}
		subs := map[live.MerchantID][]Subscription{}
		for i := range entries {
			e := &entries[i]
			if e.Position.Less(done) || e.Event.Rehearsal || !e.Event.Kind.MayLeave() {
				continue
			}
			n, err := t.enqueue(epoch, e, subs, render)
			if err != nil {
				return err
			}
			made += n
		}
		if made > 0 {
			t.onCommit(s.wakeSender)
		}
		if was == epoch && !done.Less(next) {
			return nil
		}
		if _, err := t.exec(`INSERT INTO delivery_checkpoint (name, epoch, position) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, position = excluded.position`,
			deliveryCheckpoint, epoch, int64(next.Offset())); err != nil {
			return fmt.Errorf("move delivery checkpoint: %w", err)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return made, nil
}

// enqueue makes the deliveries of one entry.
func (t *tx) enqueue(epoch string, e *live.Entry, known map[live.MerchantID][]Subscription, render func(*live.Event) (Rendered, error)) (int, error) {
	subs, ok := known[e.Event.Merchant]
	if !ok {
		rows, err := t.query(`SELECT `+subscriptionColumns+` FROM subscriptions WHERE merchant_id = ? AND active = 1 ORDER BY subscription_id`, string(e.Event.Merchant))
		if subs, err = collect(rows, err, scanSubscription); err != nil {
			return 0, fmt.Errorf("read subscriptions: %w", err)
		}
		known[e.Event.Merchant] = subs
	}
	var out *Rendered
	made := 0
	for i := range subs {
		sub := &subs[i]
		if !slices.Contains(sub.Types, e.Event.Kind) || e.Event.ReceivedAt.Before(sub.CreatedAt) {
			continue
		}
		if out == nil {
			r, err := render(&e.Event)
			if err != nil {
				return 0, err
			}
			out = &r
		}
		offset := e.Position.Offset()
		n, err := t.changed(`INSERT INTO deliveries (delivery_id, subscription_id, merchant_id, epoch, position, event_id, kind, chain, body, state,
				attempts, next_at, claimed_until, last_status, last_error, received_at, created_at, due_since, done_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'pending', 0, ?, 0, 0, '', ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
			deliveryID(sub.ID, epoch, offset), sub.ID, string(sub.Merchant), epoch, int64(offset), string(e.Event.ID), string(e.Event.Kind),
			out.Chain, out.Body, ms(t.now), ms(e.Event.ReceivedAt), ms(t.now), ms(t.now))
		if err != nil {
			return 0, fmt.Errorf("enqueue delivery: %w", err)
		}
		made += int(n)
	}
	return made, nil
}

func deliveryID(subscription, epoch string, offset uint64) string {
	sum := sha256.Sum256([]byte(subscription + "\x00" + epoch + "\x00" + strconv.FormatUint(offset, 10)))
	return "msg_" + hex.EncodeToString(sum[:16])
}

// ClaimRule says how much to claim.
type ClaimRule struct {
	Lease   time.Duration // how long the claim holds; longer than an attempt can take
	Each    int           // deliveries of one subscription under way at a time
	All     int           // to claim in this call
	Probing int64         // failures in a row after which one at a time is tried
}

// Claim is a delivery that one sender may try now, with what it needs for it.
type Claim struct {
	Webhook
	Body      string
	URL       string
	Secret    string
	OldSecret string // empty unless it still signs
	Failures  int64  // of the subscription, in a row
	until     int64  // of the lease; the proof of the claim
}

// freeHead is a pending delivery d that no earlier one of its chain holds up.
const freeHead = `d.state = 'pending' AND (d.chain = '' OR NOT EXISTS (
	SELECT 1 FROM deliveries e WHERE e.subscription_id = d.subscription_id AND e.chain = d.chain AND e.state = 'pending' AND e.position < d.position))`

// dueSubscriptions are those to which something may be sent now, the healthy
// ones first: an endpoint that fails must not delay others.
const dueSubscriptions = `SELECT ` + subscriptionColumns + ` FROM subscriptions s WHERE s.active = 1 AND s.paused_until <= ? AND EXISTS (
	SELECT 1 FROM deliveries d WHERE d.subscription_id = s.subscription_id AND d.next_at <= ? AND d.claimed_until <= ? AND ` + freeHead + `)
	ORDER BY s.failures, s.subscription_id`

// ClaimWebhooks takes what is due. A claim that is neither finished nor
// released, as by a killed process, ends with its lease.
func (s *Store) ClaimWebhooks(ctx context.Context, rule ClaimRule) ([]Claim, error) {
	due := func(q querier, now int64) ([]Subscription, error) {
		rows, err := q.query(dueSubscriptions, now, now, now)
		return collect(rows, err, scanSubscription)
	}
	// Look without disturbing the writer: mostly there is nothing to do.
	subs, err := due(s.reader(ctx), ms(s.now()))
	if err != nil {
		return nil, fmt.Errorf("look for due deliveries: %w", err)
	}
	if len(subs) == 0 {
		return nil, nil
	}
	var claims []Claim
	err = s.write(ctx, func(t *tx) error {
		claims = nil
		subs, err := due(t, ms(t.now))
		if err != nil {
			return fmt.Errorf("look for due deliveries: %w", err)
		}
		for i := range subs {
			if len(claims) >= rule.All {
				return nil
			}
			if claims, err = t.claim(&subs[i], rule, claims); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claims, nil
}

// claim takes what is due of one subscription.
func (t *tx) claim(sub *Subscription, rule ClaimRule, claims []Claim) ([]Claim, error) {
	now := ms(t.now)
	var underWay int
	if err := t.row(`SELECT COUNT(*) FROM deliveries WHERE subscription_id = ? AND state = 'pending' AND claimed_until > ?`, sub.ID, now).Scan(&underWay); err != nil {
		return nil, fmt.Errorf("count claims: %w", err)
	}
	most := rule.Each
	if sub.Failures >= rule.Probing {
		most = 1
	}
	most = min(most-underWay, rule.All-len(claims))
	if most <= 0 {
		return claims, nil
	}
	until := ms(t.now.Add(rule.Lease))
	old := ""
	if sub.OldUntil.After(t.now) {
		old = sub.OldSecret
	}
	rows, err := t.query(`SELECT `+webhookColumns+`, d.body FROM deliveries d WHERE d.subscription_id = ? AND d.next_at <= ? AND d.claimed_until <= ? AND `+freeHead+`
		ORDER BY d.next_at, d.position LIMIT ?`, sub.ID, now, now, most)
	due, err := collect(rows, err, func(r scanner) (Claim, error) {
		c := Claim{URL: sub.URL, Secret: sub.Secret, OldSecret: old, Failures: sub.Failures, until: until}
		var err error
		c.Webhook, err = scanWebhook(r, &c.Body)
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read due deliveries: %w", err)
	}
	for i := range due {
		if _, err := t.exec(`UPDATE deliveries SET claimed_until = ? WHERE delivery_id = ?`, until, due[i].ID); err != nil {
			return nil, fmt.Errorf("claim delivery: %w", err)
		}
	}
	return append(claims, due...), nil
}

// NextWebhook is when something may be due next, a past time meaning now; ok
// is false when nothing is pending. A lease that ends counts too.
func (s *Store) NextWebhook(ctx context.Context) (next time.Time, ok bool, err error) {
	var waiting, paused int64
	err = s.snapshot(ctx, func(q querier) error {
		now := ms(s.now())
		if err := q.row(`SELECT COALESCE(MIN(CASE WHEN d.next_at > d.claimed_until THEN d.next_at ELSE d.claimed_until END), 0)
			FROM deliveries d JOIN subscriptions s ON s.subscription_id = d.subscription_id
			WHERE s.active = 1 AND s.paused_until <= ? AND `+freeHead, now).Scan(&waiting); err != nil {
			return err
		}
		// A paused backlog may be long; it is not looked through.
		return q.row(`SELECT COALESCE(MIN(s.paused_until), 0) FROM subscriptions s WHERE s.active = 1 AND s.paused_until > ? AND EXISTS (
			SELECT 1 FROM deliveries d WHERE d.subscription_id = s.subscription_id AND d.state = 'pending')`, now).Scan(&paused)
	})
	if err != nil {
		return time.Time{}, false, fmt.Errorf("look for the next delivery: %w", err)
	}
	switch {
	case waiting == 0 && paused == 0:
		return time.Time{}, false, nil
	case waiting == 0 || paused != 0 && paused < waiting:
		return at(paused), true, nil
	}
	return at(waiting), true, nil
}

// Outcome is what an attempt led to.
type Outcome struct {
	State      WebhookState // pending: try again at NextAt
	NextAt     time.Time
	Status     int
	Error      string
	PauseUntil time.Time // leave the whole subscription alone until then
	Gone       bool      // the endpoint asks to be left alone for good
}

// FinishWebhook records an attempt. It does nothing when the claim is lost,
// because its lease ended and somebody else has it, or the subscription went.
func (s *Store) FinishWebhook(ctx context.Context, c *Claim, o Outcome) error {
	return s.write(ctx, func(t *tx) error {
		doneAt := int64(0)
		if o.State != WebhookPending {
			doneAt = ms(t.now)
		}
		n, err := t.changed(`UPDATE deliveries SET state = ?, attempts = attempts + 1, next_at = ?, claimed_until = 0, last_status = ?, last_error = ?, done_at = ?
			WHERE delivery_id = ? AND claimed_until = ? AND state = 'pending'`,
			string(o.State), ms(o.NextAt), o.Status, o.Error, doneAt, c.ID, c.until)
		if err != nil {
			return fmt.Errorf("finish delivery: %w", err)
		}
		if n == 0 {
			return nil
		}
		t.onCommit(s.wakeSender)
		if o.State == WebhookDelivered {
			if _, err := t.exec(`UPDATE subscriptions SET failures = 0, paused_until = 0 WHERE subscription_id = ? AND (failures > 0 OR paused_until > 0)`, c.Subscription); err != nil {
				return fmt.Errorf("record a working endpoint: %w", err)
			}
			return nil
		}
		if _, err := t.exec(`UPDATE subscriptions SET failures = failures + 1, paused_until = CASE WHEN paused_until > ? THEN paused_until ELSE ? END
			WHERE subscription_id = ?`, ms(o.PauseUntil), ms(o.PauseUntil), c.Subscription); err != nil {
			return fmt.Errorf("record a failing endpoint: %w", err)
		}
		if o.Gone {
			return t.stopSubscription(c)
		}
		return nil
	})
}

// stopSubscription makes the subscription of a claim inactive whose endpoint
// is gone, unless it was given another URL meanwhile.
func (t *tx) stopSubscription(c *Claim) error {
	n, err := t.changed(`UPDATE subscriptions SET active = 0, stopped = ?, updated_at = ? WHERE subscription_id = ? AND url = ? AND active = 1`,
		StoppedGone, ms(t.now), c.Subscription, c.URL)
	if err != nil {
		return fmt.Errorf("stop subscription: %w", err)
	}
	if n == 0 {
		return nil
	}
	sub := Subscription{ID: c.Subscription, Merchant: c.Merchant}
	return t.auditSubscription(&sub, live.Actor{ID: live.SourceOwn, Role: live.RoleSystem}, "subscription.stop", `,"reason":"`+StoppedGone+`"`)
}

// ReleaseWebhook gives a claim back untried, or tried to no known end: it is
// due as it was.
func (s *Store) ReleaseWebhook(ctx context.Context, c *Claim) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE deliveries SET claimed_until = 0 WHERE delivery_id = ? AND claimed_until = ? AND state = 'pending'`, c.ID, c.until); err != nil {
			return fmt.Errorf("release delivery: %w", err)
		}
		t.onCommit(s.wakeSender)
		return nil
	})
}
