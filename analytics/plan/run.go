package plan

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Run is a report that was due: made and handed to the sender of webhooks, or not
// made so far.
type Run struct {
	Schedule string
	Subject  string // show:ID:t7, or period:2026-01-02:2026-01-02
	DueAt    time.Time
	Made     bool
	Attempts int64     // to make it
	NextAt   time.Time // of the next attempt; zero when it was made
	Error    string    // a code for why it could not be made, or empty
	Delivery string    // the webhook-id
	SHA256   string    // of the report, in hex
	Bytes    int64     // of the report
	MadeAt   time.Time
}

// mostRuns bounds the runs that are listed.
const mostRuns = 200

const runColumns = `schedule_id, subject, due_at, state, attempts, next_at, error, delivery_id, sha256, bytes, made_at`

func scanRun(r store.Scanner) (x Run, err error) {
	var state string
	var due, next, made int64
	err = r.Scan(&x.Schedule, &x.Subject, &due, &state, &x.Attempts, &next, &x.Error, &x.Delivery, &x.SHA256, &x.Bytes, &made)
	x.DueAt, x.Made = time.UnixMilli(due).UTC(), state == "made"
	if next > 0 {
		x.NextAt = time.UnixMilli(next).UTC()
	}
	if made > 0 {
		x.MadeAt = time.UnixMilli(made).UTC()
	}
	return x, err
}

// Runs are the newest reports that were due by a schedule of a merchant, at most
// 200. Codes: "schedule_not_found".
func (b *Book) Runs(ctx context.Context, m live.MerchantID, id string) ([]Run, error) {
	view := b.store.View(ctx)
	var n int
	if err := view.Row(`SELECT COUNT(*) FROM report_schedules WHERE schedule_id = ? AND merchant_id = ?`, id, string(m)).Scan(&n); err != nil {
		return nil, fmt.Errorf("find a schedule: %w", err)
	}
	if n == 0 {
		return nil, live.NotFound("schedule_not_found", "there is no such schedule")
	}
	rows, err := view.Query(`SELECT `+runColumns+` FROM report_runs WHERE schedule_id = ? ORDER BY due_at DESC, subject DESC LIMIT ?`, id, mostRuns)
	list, err := store.Collect(rows, err, scanRun)
	if err != nil {
		return nil, fmt.Errorf("list runs: %w", err)
	}
	return list, nil
}

// runsSince are what is known of what was due from an instant on, by subject.
func (b *Book) runsSince(ctx context.Context, schedule string, since time.Time) (map[string]Run, error) {
	rows, err := b.store.View(ctx).Query(`SELECT `+runColumns+` FROM report_runs WHERE schedule_id = ? AND due_at >= ?`, schedule, store.Millis(since))
	list, err := store.Collect(rows, err, scanRun)
	if err != nil {
		return nil, fmt.Errorf("read runs: %w", err)
	}
	out := make(map[string]Run, len(list))
	for _, x := range list {
		out[x.Subject] = x
	}
	return out, nil
}

// made hands a report to the sender and records it, in one transaction. A report
// that was made before, or whose schedule is gone, is left alone: then done is false.
func (b *Book) made(ctx context.Context, s *Schedule, x Run, body string) (done bool, err error) {
	err = b.store.Change(ctx, func(tx *store.Tx) error {
		done = false
		if held, err := holds(tx, s, x.Subject); err != nil || !held {
			return err
		}
		id, err := tx.EnqueueReport(store.ReportWebhook{Subscription: s.Subscription, Schedule: s.ID, Subject: x.Subject, Body: body, Due: x.DueAt})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO report_runs (merchant_id, `+runColumns+`) VALUES (?, ?, ?, ?, 'made', 1, 0, '', ?, ?, ?, ?)
			ON CONFLICT (schedule_id, subject) DO UPDATE SET state = 'made', attempts = report_runs.attempts + 1, next_at = 0, error = '',
				delivery_id = excluded.delivery_id, sha256 = excluded.sha256, bytes = excluded.bytes, made_at = excluded.made_at`,
			string(s.Merchant), s.ID, x.Subject, store.Millis(x.DueAt), id, x.SHA256, x.Bytes, store.Millis(tx.Now())); err != nil {
			return fmt.Errorf("record a report: %w", err)
		}
		done = true
		return tx.Audit(store.AuditRow{
			Merchant: s.Merchant, Actor: live.Actor{ID: live.SourceOwn, Role: live.RoleSystem}, Action: "report.deliver",
			Detail: fmt.Sprintf(`{"schedule_id":%q,"subject":%q,"delivery_id":%q,"sha256":%q}`, s.ID, x.Subject, id, x.SHA256),
		})
	})
	return done, err
}

// holds reports whether a schedule still stands and a report of it is not made.
func holds(tx *store.Tx, s *Schedule, subject string) (bool, error) {
	var stands, before int
	if err := tx.Row(`SELECT COUNT(*) FROM report_schedules WHERE schedule_id = ?`, s.ID).Scan(&stands); err != nil {
		return false, fmt.Errorf("find a schedule: %w", err)
	}
	if err := tx.Row(`SELECT COUNT(*) FROM report_runs WHERE schedule_id = ? AND subject = ? AND state = 'made'`, s.ID, subject).Scan(&before); err != nil {
		return false, fmt.Errorf("find a report: %w", err)
	}
	return stands > 0 && before == 0, nil
}

// failed records that a report could not be made, and when it is tried again.
func (b *Book) failed(ctx context.Context, s *Schedule, x Run, cause error, next time.Time) error {
	code := "internal"
	if e, ok := errors.AsType[*live.Error](cause); ok {
		code = e.Code
	}
	return b.store.Change(ctx, func(tx *store.Tx) error {
		if held, err := holds(tx, s, x.Subject); err != nil || !held {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO report_runs (merchant_id, `+runColumns+`) VALUES (?, ?, ?, ?, 'failed', 1, ?, ?, '', '', 0, 0)
			ON CONFLICT (schedule_id, subject) DO UPDATE SET attempts = report_runs.attempts + 1, next_at = excluded.next_at, error = excluded.error`,
			string(s.Merchant), s.ID, x.Subject, store.Millis(x.DueAt), store.Millis(next), code); err != nil {
			return fmt.Errorf("record a report that failed: %w", err)
		}
		return nil
	})
}
