package plan

import (
	"context"
	"fmt"
	"time"

	"showrunner/analytics"
	"showrunner/live"
	"showrunner/live/store"
)

// Book keeps targets and schedules.
type Book struct{ store *store.Store }

// New keeps them in a store.
func New(s *store.Store) *Book { return &Book{s} }

// PutTargets declares the targets of a merchant from now on; those that are left
// out hold no longer. Codes: "unknown_metric", "invalid_field", "duplicate_target".
func (b *Book) PutTargets(ctx context.Context, m live.MerchantID, list []analytics.Target, by live.Actor) error {
	seen := map[string]bool{}
	for _, t := range list {
		if err := analytics.CheckTarget(t); err != nil {
			return err
		}
		if seen[t.Metric] {
			return live.Invalid("duplicate_target", "targets", "%s has two targets", t.Metric)
		}
		seen[t.Metric] = true
	}
	return b.store.Change(ctx, func(tx *store.Tx) error {
		var version int64
		if err := tx.Row(`SELECT COALESCE(MAX(version), 0) + 1 FROM report_target_versions WHERE merchant_id = ?`, string(m)).Scan(&version); err != nil {
			return fmt.Errorf("number targets: %w", err)
		}
		if _, err := tx.Exec(`INSERT INTO report_target_versions (merchant_id, version, declared_at) VALUES (?, ?, ?)`, string(m), version, store.Millis(tx.Now())); err != nil {
			return fmt.Errorf("declare targets: %w", err)
		}
		for _, t := range list {
			if _, err := tx.Exec(`INSERT INTO report_targets (merchant_id, version, metric, numerator, denominator) VALUES (?, ?, ?, ?, ?)`,
				string(m), version, t.Metric, t.Num, t.Den); err != nil {
				return fmt.Errorf("declare a target: %w", err)
			}
		}
		return tx.Audit(store.AuditRow{Merchant: m, Actor: by, Action: "report.targets", Detail: fmt.Sprintf(`{"version":%d,"targets":%d}`, version, len(list))})
	})
}

// Targets are those of a merchant that held at an instant, by metric.
func (b *Book) Targets(ctx context.Context, m live.MerchantID, at time.Time) ([]analytics.Target, error) {
	rows, err := b.store.View(ctx).Query(`SELECT metric, numerator, denominator FROM report_targets WHERE merchant_id = ? AND version = (
		SELECT MAX(version) FROM report_target_versions WHERE merchant_id = ? AND declared_at <= ?) ORDER BY metric`, string(m), string(m), store.Millis(at))
	list, err := store.Collect(rows, err, func(r store.Scanner) (t analytics.Target, err error) {
		return t, r.Scan(&t.Metric, &t.Num, &t.Den)
	})
	if err != nil {
		return nil, fmt.Errorf("read targets: %w", err)
	}
	return list, nil
}
