package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"showrunner/live"
)

// ReportDue is the type of webhooks that carry reports. It is no fact: nothing of
// the log makes one.
const ReportDue live.Kind = "report_due"

// reportEpoch stands where deliveries of facts have the incarnation of the log.
const reportEpoch = "report"

// ReportWebhook is a report on its way to a subscription.
type ReportWebhook struct {
	Subscription string
	Schedule     string
	Subject      string // which report it is, of those of the schedule
	Body         string
	Due          time.Time
}

// EnqueueReport makes the delivery of a report, and tells its webhook-id, which is
// made of subscription, schedule and subject: made again it is the same, and is not
// there twice. Codes: "subscription_not_found".
func (t *Tx) EnqueueReport(r ReportWebhook) (string, error) {
	sub, err := findSubscription(t.t, r.Subscription)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(sub.ID + "\x00" + reportEpoch + "\x00" + r.Schedule + "\x00" + r.Subject))
	id := "msg_" + hex.EncodeToString(sum[:16])
	var position int64
	if err := t.t.row(`SELECT COALESCE(MAX(position), 0) + 1 FROM deliveries WHERE subscription_id = ? AND epoch = ?`, sub.ID, reportEpoch).Scan(&position); err != nil {
		return "", fmt.Errorf("number a report: %w", err)
	}
	n, err := t.t.changed(`INSERT INTO deliveries (delivery_id, subscription_id, merchant_id, epoch, position, event_id, kind, chain, body, state,
			attempts, next_at, claimed_until, last_status, last_error, received_at, created_at, due_since, done_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, '', ?, 'pending', 0, ?, 0, 0, '', ?, ?, ?, 0) ON CONFLICT DO NOTHING`,
		id, sub.ID, string(sub.Merchant), reportEpoch, position, r.Schedule+":"+r.Subject, string(ReportDue), r.Body,
		ms(t.t.now), ms(r.Due), ms(t.t.now), ms(t.t.now))
	if err != nil {
		return "", fmt.Errorf("enqueue a report: %w", err)
	}
	if n > 0 {
		t.t.onCommit(t.t.w.store.wakeSender)
	}
	return id, nil
}
