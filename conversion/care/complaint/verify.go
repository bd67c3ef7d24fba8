package complaint

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Verification is the rate of a finding's cause before and after it was adopted:
// of the orders paid in a time before and as long after, those of which that was
// complained of within a horizon after the payment. Both sides are given the same
// horizon, and orders that have not had it yet are on neither, or the newest
// orders, of which nobody has had time to complain, would look like a success.
type Verification struct {
	Adopted time.Time
	Window  time.Duration // on each side
	Horizon time.Duration // after each payment
	At      time.Time     // when it was measured
	Waiting int64         // paid orders after it that have not had the horizon
	Compared
}

// Limits of a verification.
const (
	DefaultWindow  = 30 * 24 * time.Hour
	DefaultHorizon = 7 * 24 * time.Hour
	maxWindow      = 180 * 24 * time.Hour
)

// Verify measures whether an adopted finding worked. Codes: "invalid_field",
// "finding_not_found", "wrong_state" (data: state).
func (b *Book) Verify(ctx context.Context, m live.MerchantID, id string, window, horizon time.Duration, by live.Principal) (Finding, error) {
	if window < time.Hour || window > maxWindow {
		return Finding{}, live.Invalid("invalid_field", "window_hours", "must be 1 to %d", int(maxWindow.Hours()))
	}
	if horizon < time.Hour || horizon > maxWindow {
		return Finding{}, live.Invalid("invalid_field", "horizon_hours", "must be 1 to %d", int(maxWindow.Hours()))
	}
	return b.moveFinding(ctx, m, id, by, func(t *store.Tx, f *Finding) (move, error) {
		if f.State != FindingAdopted {
			return move{}, wrongFinding(f)
		}
		v, err := verify(t.Querier, f, window, horizon, t.Now())
		if err != nil {
			return move{}, err
		}
		f.Verified = &v
		return move{"verify", string(v.Outcome), live.FeedbackVerified, map[string]any{
			"finding_id": f.ID, "cause": f.Cause, "outcome": v.Outcome,
			"before": map[string]int64{"complaints": v.Before.Of, "orders": v.Before.All}, "after": map[string]int64{"complaints": v.After.Of, "orders": v.After.All},
			"window_hours": int64(window.Hours()), "horizon_hours": int64(horizon.Hours()),
		}}, nil
	})
}

func verify(q store.Querier, f *Finding, window, horizon time.Duration, now time.Time) (v Verification, err error) {
	v = Verification{Adopted: f.DecidedAt, Window: window, Horizon: horizon, At: now}
	// The last instant whose orders have had the horizon.
	ripe := now.Add(-horizon)
	until := f.DecidedAt.Add(window)
	if until.After(now) {
		until = now.Add(time.Millisecond)
	}
	mature := until
	if ripe.Before(mature) {
		mature = ripe
	}
	before, err := causeShare(q, f, f.DecidedAt.Add(-window), f.DecidedAt, ripe, horizon)
	if err != nil {
		return v, err
	}
	after, err := causeShare(q, f, f.DecidedAt, until, ripe, horizon)
	if err != nil {
		return v, err
	}
	if mature.Before(f.DecidedAt) {
		mature = f.DecidedAt
	}
	paid := paidOrders(f.Merchant, "", f.Product, store.Millis(mature), store.Millis(until))
	if err := q.Row(`SELECT COUNT(*) FROM orders o`+paid.SQL(), paid.Args()...).Scan(&v.Waiting); err != nil {
		return v, fmt.Errorf("count orders that wait: %w", err)
	}
	v.Compared = Compare(before, after)
	return v, nil
}

// causeShare is, of the orders paid in a time that have had the horizon, how many
// were complained of for the cause within it.
func causeShare(q store.Querier, f *Finding, from, until, ripe time.Time, horizon time.Duration) (s Share, err error) {
	if ripe.Before(until) {
		until = ripe
	}
	if !from.Before(until) {
		return s, nil
	}
	paid := paidOrders(f.Merchant, "", f.Product, store.Millis(from), store.Millis(until))
	of := `EXISTS (SELECT 1 FROM care_complaints c WHERE c.merchant_id = o.merchant_id AND c.order_id = o.order_id AND c.cause = ?
		AND c.state NOT IN ('suggested', 'withdrawn', 'dismissed') AND c.opened_at < o.paid_at + ?`
	args := []any{string(f.Cause), horizon.Milliseconds()}
	if f.Product != "" {
		// A complaint of an order of several products may name none.
		of += ` AND c.product_id IN ('', ?)`
		args = append(args, string(f.Product))
	}
	err = q.Row(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN `+of+`) THEN 1 ELSE 0 END), 0) FROM orders o`+paid.SQL(), append(args, paid.Args()...)...).Scan(&s.All, &s.Of)
	if err != nil {
		return s, fmt.Errorf("count orders of a cause: %w", err)
	}
	return s, nil
}
