package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/analytics/pdf"
	"showrunner/analytics/plan"
	"showrunner/analytics/realtime"
	"showrunner/analytics/report"
	"showrunner/analytics/wall"
	"showrunner/conversion"
	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/guard"
	"showrunner/gateway/api"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// figures answers for the numbers of a show. A show that is on air, or was a
// moment ago, is answered from memory, which follows the log; everything older,
// and every report, from ClickHouse. Both give the same figures.
type figures struct {
	realtime *realtime.Realtime
	db       *clickhouse.DB
	sink     carried
	log      *eventlog.Log
	store    *store.Store
	now      func() time.Time
	// walk has room for one: who reads the orders of several sides together holds
	// several connections for reading, and two of them could wait for each other's.
	walk  chan struct{}
	book  *complaint.Book
	guard *guard.Guard
	// credit has room for one attribution of a merchant.
	credit chan struct{}
	pdf    *pdf.Printer
	plan   *plan.Book
	shared *answers
	over   *counted
	wall   *wall.Wall
}

// settle is how long after an instant every fact of that instant is in the log:
// facts are stamped before the group commit makes them durable. A report as of
// an instant is made no earlier than that, so that printing it again later gives
// the same bytes.
const settle = 500 * time.Millisecond

// behindWithin is how long a report waits for ClickHouse to have caught up
// before it is made as it is and says provisional.
const behindWithin = 5 * time.Second

// Snapshot is the live figures now.
func (f *figures) Snapshot(ctx context.Context, s live.Show) (analytics.Snapshot, error) {
	if snap, ok := f.realtime.Snapshot(s.ID); ok {
		return snap, nil
	}
	got, err := f.past(ctx, s, analytics.Everything)
	if err != nil {
		return analytics.Snapshot{}, err
	}
	now := f.now()
	lag := f.sink.Lag(now)
	snap := analytics.SnapshotOf(s, &got, 0, now, lag, !s.State.Over() || lag > realtime.Fresh)
	snap.Credited, err = f.store.ShowCredits(ctx, s.Merchant, s.ID)
	return snap, err
}

// Figures is what was counted about the show so far: at least the parts needed.
func (f *figures) Figures(ctx context.Context, s live.Show, need analytics.Part) (analytics.Figures, error) {
	if got, ok := f.realtime.Figures(s.ID); ok {
		return got, nil
	}
	return f.past(ctx, s, need)
}

// past are the figures of a show that is not in memory.
func (f *figures) past(ctx context.Context, s live.Show, need analytics.Part) (analytics.Figures, error) {
	return askOnce(ctx, f.shared, fmt.Sprintf("figures %d %+v", need, s), func(ctx context.Context) (analytics.Figures, error) {
		return f.over.figures(ctx, s, f.now(), need)
	})
}

// Audience is who is there by who they were before the show.
func (f *figures) Audience(ctx context.Context, s live.Show) (analytics.Audience, error) {
	return askOnce(ctx, f.shared, fmt.Sprintf("audience %+v", s), func(ctx context.Context) (analytics.Audience, error) {
		return f.db.Audience(ctx, s, f.now())
	})
}

// Wall is all rooms of a merchant that are on air, as of the last tick.
func (f *figures) Wall(ctx context.Context, q wall.Question) (wall.Frame, error) {
	return f.wall.Frame(ctx, q)
}

// Report writes the post-show report as of an instant; the zero time is the
// latest that cannot change any more.
func (f *figures) Report(ctx context.Context, s live.Show, format, lang string, asOf time.Time, w io.Writer) error {
	now := f.now()
	if asOf.IsZero() {
		asOf = now.Add(-settle)
	}
	if asOf.After(now) {
		return live.Invalid("invalid_field", "as_of", "must not lie in the future")
	}
	complete, err := f.complete(ctx, asOf)
	if err != nil {
		return err
	}
	r, err := report.Build(ctx, reportSource{f.db, f.over, f.book, f.guard, f.store, f.plan}, s, asOf)
	if err != nil {
		return err
	}
	r.Complete, r.Provisional = complete, r.Provisional || !complete
	gone, err := f.db.BehaviourGone(ctx)
	if err != nil {
		return err
	}
	r.Aged = analytics.AgedOf(s, gone)
	if format != "pdf" {
		return report.Write(w, r, format, lang)
	}
	var page bytes.Buffer
	if err := report.WriteHTMLIn(&page, r, lang); err != nil {
		return err
	}
	printed, err := f.pdf.Print(ctx, page.Bytes(), r.AsOf)
	if err != nil {
		return err
	}
	if _, err := w.Write(printed); err != nil {
		return fmt.Errorf("write report as pdf: %w", err)
	}
	return nil
}

// Journeys are those of the report as of the same instant.
func (f *figures) Journeys(ctx context.Context, s live.Show, asOf time.Time, window time.Duration) (api.Paths, error) {
	if asOf.IsZero() {
		asOf = f.now().Add(-settle)
	}
	complete, err := f.complete(ctx, asOf)
	if err != nil {
		return api.Paths{}, err
	}
	p, err := api.PathsOf(s, asOf, func(asOf time.Time) ([]conversion.Journey, error) {
		return f.db.Journeys(ctx, s.Merchant, s.ID, asOf, window)
	})
	p.Complete = complete
	return p, err
}

// complete waits until ClickHouse holds every fact received up to asOf; false
// is that it does not in good time.
func (f *figures) complete(ctx context.Context, asOf time.Time) (bool, error) {
	if wait := settle - f.now().Sub(asOf); wait > 0 {
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("wait for the facts: %w", ctx.Err())
		case <-time.After(wait):
		}
	}
	head, err := f.log.Head(ctx)
	if err != nil {
		return false, fmt.Errorf("find the head of the log: %w", err)
	}
	for end := f.now().Add(behindWithin); f.sink.Watermark().Less(head); {
		if f.now().After(end) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, fmt.Errorf("wait for ClickHouse: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
	return true, nil
}

// Reconciliation is [figures.sides] with what the platform's settlement file says.
func (f *figures) Reconciliation(ctx context.Context, s live.Show) (analytics.Reconciliation, error) {
	r, err := f.sides(ctx, s)
	if err != nil {
		return r, err
	}
	return r, f.walking(ctx, func() error { return f.settle(ctx, s, &r, 0) })
}

// sides puts the dashboard, the report, the rollups, the orders
// and the double-entry ledger side by side.
func (f *figures) sides(ctx context.Context, s live.Show) (analytics.Reconciliation, error) {
	var dashboard *analytics.Figures
	if got, ok := f.realtime.Figures(s.ID); ok {
		dashboard = &got
	}
	facts, err := f.db.Figures(ctx, s.Merchant, s, f.now())
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	rollup, err := f.db.RollupMoney(ctx, s.Merchant, s.ID)
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	orders, posted, err := f.store.Books(ctx, s.Merchant, s.ID)
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	if s.Rehearsal {
		orders, posted = nil, nil // Its orders are kept and never counted, on no side.
	}
	return analytics.Reconcile(dashboard, facts, rollup, orders, posted), nil
}
