package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// WebhookState says where a delivery stands.
type WebhookState string

// A delivery waits for its next try, was taken, or was given up after its last.
const (
	WebhookPending   WebhookState = "pending"
	WebhookDelivered WebhookState = "delivered"
	WebhookDead      WebhookState = "dead"
)

// WebhookStates lists them.
var WebhookStates = []WebhookState{WebhookPending, WebhookDelivered, WebhookDead}

// Webhook is one fact on its way to one subscription. Its ID is the
// webhook-id: the same for every try and every replay, and, being made of the
// subscription and the fact's place in the log, the same after a restore too.
type Webhook struct {
	ID           string
	Subscription string
	Merchant     live.MerchantID
	Position     live.Position
	Event        live.EventID
	Kind         live.Kind
	State        WebhookState
	Attempts     int64 // that were answered, or failed, since it was last due anew
	NextAt       time.Time
	LastStatus   int    // HTTP status of the last answer, 0 for none
	LastError    string // a word for why the last attempt failed, or empty
	ReceivedAt   time.Time
	CreatedAt    time.Time
	DoneAt       time.Time // zero while pending
}

// WebhookFilter selects deliveries of one subscription.
type WebhookFilter struct {
	Subscription string // required
	State        WebhookState
	Cursor       string
	Limit        int // 0 means 50, at most 500
}

const webhookColumns = `d.delivery_id, d.subscription_id, d.merchant_id, d.position, d.event_id, d.kind, d.state, d.attempts, d.next_at, d.last_status, d.last_error, d.received_at, d.created_at, d.done_at`

func scanWebhook(r scanner, more ...any) (Webhook, error) {
	var d Webhook
	var position, next, received, created, done int64
	err := r.Scan(append([]any{
		&d.ID, &d.Subscription, &d.Merchant, &position, &d.Event, &d.Kind, &d.State, &d.Attempts, &next, &d.LastStatus,
		&d.LastError, &received, &created, &done,
	}, more...)...)
	d.Position = live.PositionOf(uint64(position))
	d.NextAt, d.ReceivedAt, d.CreatedAt, d.DoneAt = at(next), at(received), at(created), at(done)
	return d, err
}

func findWebhook(q querier, id string) (Webhook, error) {
	d, err := scanWebhook(q.row(`SELECT `+webhookColumns+` FROM deliveries d WHERE d.delivery_id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Webhook{}, live.NotFound("delivery_not_found", "there is no such delivery")
	}
	if err != nil {
		return Webhook{}, fmt.Errorf("read delivery: %w", err)
	}
	return d, nil
}

// Webhook finds a delivery; "delivery_not_found" if there is none.
func (s *Store) Webhook(ctx context.Context, id string) (Webhook, error) {
	return findWebhook(s.reader(ctx), id)
}

// Webhooks lists the deliveries of a subscription, newest first, with the
// cursor of the next page.
func (s *Store) Webhooks(ctx context.Context, f WebhookFilter) ([]Webhook, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("d.subscription_id = ?", f.Subscription)
	if f.State != "" {
		w.add("d.state = ?", string(f.State))
	}
	w.after(c, "d.created_at", "d.delivery_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+webhookColumns+` FROM deliveries d`+w.sql()+` ORDER BY d.created_at DESC, d.delivery_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, func(r scanner) (Webhook, error) { return scanWebhook(r) })
	if err != nil {
		return nil, "", fmt.Errorf("list deliveries: %w", err)
	}
	list, next := page(list, most, func(d Webhook) cursor { return cursor{ms(d.CreatedAt), d.ID} })
	return list, next, nil
}

// replaySet makes a delivery due anew, with all its tries before it.
const replaySet = `UPDATE deliveries SET state = 'pending', attempts = 0, next_at = ?, due_since = ?, done_at = 0 `

// ReplayWebhook sends a delivery once more, whatever became of it, under the
// same webhook-id. It is refused as "subscription_inactive" while nothing is
// sent to the subscription.
func (s *Store) ReplayWebhook(ctx context.Context, id string, by live.Principal) (Webhook, error) {
	var d Webhook
	err := s.write(ctx, func(t *tx) (err error) {
		if d, err = findWebhook(t, id); err != nil {
			return err
		}
		sub, err := t.replayable(d.Subscription, by)
		if err != nil {
			return err
		}
		if _, err := t.exec(replaySet+`WHERE delivery_id = ?`, ms(t.now), ms(t.now), id); err != nil {
			return fmt.Errorf("replay delivery: %w", err)
		}
		t.onCommit(s.wakeSender)
		if d, err = findWebhook(t, id); err != nil {
			return err
		}
		return t.auditSubscription(&sub, by.Actor(), "delivery.replay", `,"delivery_id":"`+d.ID+`"`)
	})
	if err != nil {
		return Webhook{}, err
	}
	return d, nil
}

// MaxReplay bounds the deliveries of one replay: each is a row to change while
// orders wait for the same database.
const MaxReplay = 5000

// ReplayWebhooks sends the finished deliveries of a subscription once more
// whose facts were received in [from, until), oldest first; state restricts
// them to the dead or the delivered. It takes at most [MaxReplay] and says
// whether there are more.
func (s *Store) ReplayWebhooks(ctx context.Context, subscription string, from, until time.Time, state WebhookState, by live.Principal) (n int64, more bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		sub, err := t.replayable(subscription, by)
		if err != nil {
			return err
		}
		var w where
		w.add("subscription_id = ?", subscription)
		w.add("received_at >= ?", ms(from))
		w.add("received_at < ?", ms(until))
		if state != "" {
			w.add("state = ?", string(state))
		} else {
			w.add("state <> ?", string(WebhookPending))
		}
		args := append([]any{ms(t.now), ms(t.now)}, append(w.args, int64(MaxReplay))...)
		if n, err = t.changed(replaySet+`WHERE delivery_id IN (SELECT delivery_id FROM deliveries`+w.sql()+` ORDER BY position LIMIT ?)`, args...); err != nil {
			return fmt.Errorf("replay deliveries: %w", err)
		}
		var left int64
		if err := t.row(`SELECT COUNT(*) FROM deliveries`+w.sql(), w.args...).Scan(&left); err != nil {
			return fmt.Errorf("count deliveries: %w", err)
		}
		more = left > 0
		t.onCommit(s.wakeSender)
		return t.auditSubscription(&sub, by.Actor(), "delivery.replay",
			fmt.Sprintf(`,"from":"%s","to":"%s","deliveries":%d`, stamp(from), stamp(until), n))
	})
	return n, more, err
}

// replayable finds a subscription to which something may be sent again.
func (t *tx) replayable(id string, by live.Principal) (Subscription, error) {
	sub, err := findSubscription(t, id)
	if err != nil {
		return sub, err
	}
	if err := mayWrite(by, live.ActSubscriptionWrite, sub.Merchant, ""); err != nil {
		return sub, err
	}
	if !sub.Active {
		return sub, live.Conflict("subscription_inactive", "nothing is sent to an inactive subscription; make it active first")
	}
	return sub, nil
}

// WebhookStats is what operators watch of deliveries.
type WebhookStats struct {
	Pending, Dead int64
	// OldestPending is since when the longest waiting delivery to an active
	// subscription has been due; zero: none waits.
	OldestPending time.Time
}

// WebhookStats counts deliveries.
func (s *Store) WebhookStats(ctx context.Context) (WebhookStats, error) {
	var st WebhookStats
	err := s.snapshot(ctx, func(q querier) error {
		if err := q.row(`SELECT COUNT(*) FROM deliveries WHERE state = 'pending'`).Scan(&st.Pending); err != nil {
			return err
		}
		if err := q.row(`SELECT COUNT(*) FROM deliveries WHERE state = 'dead'`).Scan(&st.Dead); err != nil {
			return err
		}
		var oldest int64
		err := q.row(`SELECT COALESCE(MIN(d.due_since), 0) FROM deliveries d JOIN subscriptions s ON s.subscription_id = d.subscription_id
			WHERE d.state = 'pending' AND s.active = 1`).Scan(&oldest)
		st.OldestPending = at(oldest)
		return err
	})
	if err != nil {
		return WebhookStats{}, fmt.Errorf("count deliveries: %w", err)
	}
	return st, nil
}

// How long deliveries are kept.
const (
	keepPending   = 3 * 24 * time.Hour // then a fact nobody could be told is given up
	keepDelivered = 7 * 24 * time.Hour
	keepDead      = 30 * 24 * time.Hour
)

// TrimWebhooks gives up what has been due for three days, as to an endpoint
// that is away or a subscription that is inactive, and forgets what was
// delivered a week ago or died a month ago.
func (s *Store) TrimWebhooks(ctx context.Context) error {
	err := s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE deliveries SET state = 'dead', last_error = 'expired', done_at = ? WHERE state = 'pending' AND due_since < ? AND claimed_until <= ?`,
			ms(t.now), ms(t.now.Add(-keepPending)), ms(t.now)); err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM deliveries WHERE state = 'delivered' AND done_at < ?`, ms(t.now.Add(-keepDelivered))); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM deliveries WHERE state = 'dead' AND done_at < ?`, ms(t.now.Add(-keepDead)))
		return err
	})
	if err != nil {
		return fmt.Errorf("trim deliveries: %w", err)
	}
	return nil
}
