package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Explain is [figures.Reconciliation] with the orders behind every difference.
// It waits until ClickHouse has what the store has; if that takes too long, or
// the show still goes on, the answer says that it is provisional.
func (f *figures) Explain(ctx context.Context, s live.Show, limit int) (analytics.Reconciliation, error) {
	complete, err := f.delivered(ctx)
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	r, err := f.sides(ctx, s)
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	if s.Rehearsal {
		r.Explained = true
		return r, nil
	}
	err = f.walking(ctx, func() error {
		err := r.Explain(analytics.Sides{
			Facts: f.db.OrderMoney(ctx, s.Merchant, s.ID, f.now()), Ledger: f.store.OrderTotals(ctx, s.Merchant, s.ID),
			Postings: f.store.OrderPostings(ctx, s.Merchant, s.ID),
		}, limit)
		if err != nil {
			return err
		}
		return f.settle(ctx, s, &r, limit)
	})
	r.Provisional = !complete || !s.State.Over()
	return r, err
}

// walking does what reads the orders of several sides together, one at a time.
func (f *figures) walking(ctx context.Context, do func() error) error {
	select {
	case f.walk <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-f.walk }()
	return do()
}

// settle puts the platform's settlement file beside the figures of a show, if
// one was given.
func (f *figures) settle(ctx context.Context, s live.Show, r *analytics.Reconciliation, limit int) error {
	if s.Rehearsal {
		return nil
	}
	file, err := f.store.Settlement(ctx, s.Merchant, s.ID, "")
	if e, ok := errors.AsType[*live.Error](err); ok && e.Fault == live.FaultNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	return r.Settle(f.store.SettlementRows(ctx, s.Merchant, file.ID), f.store.OrderTotals(ctx, s.Merchant, s.ID), limit)
}

// settleDays is [figures.settle] for days of payment.
func (f *figures) settleDays(ctx context.Context, m live.MerchantID, room live.RoomID, r *analytics.DayReconciliation, zone *time.Location, from, until time.Time, limit int) error {
	files, err := f.store.SettledShows(ctx, m, room, from, until)
	if err != nil || len(files) == 0 {
		return err
	}
	shows := make(map[live.ShowID]bool, len(files))
	for show := range files {
		shows[show] = true
	}
	rows := f.store.SettledRows(ctx, m, slices.Sorted(maps.Values(files)), from, until)
	return r.Settle(rows, f.store.TotalsPaid(ctx, m, room, from, until), shows, zone, limit)
}

// ReconcileDays compares facts, ledgers and, by day of the event, rollups and
// reports by calendar day for the days that begin in [from, until), and with a limit above zero names the orders behind
// each difference.
func (f *figures) ReconcileDays(ctx context.Context, axis analytics.DayAxis, m live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time, limit int) (r analytics.DayReconciliation, err error) {
	complete, err := f.delivered(ctx)
	if err != nil {
		return r, err
	}
	err = f.walking(ctx, func() error {
		r, err = f.days(ctx, axis, m, room, zone, from, until, limit)
		if err != nil || axis != analytics.AxisPay {
			return err
		}
		return f.settleDays(ctx, m, room, &r, zone, from, until, limit)
	})
	r.Provisional = !complete || until.After(f.now())
	return r, err
}

// days compares our own sides.
func (f *figures) days(ctx context.Context, axis analytics.DayAxis, m live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time, limit int) (analytics.DayReconciliation, error) {
	r := analytics.DayReconciliation{
		Axis: axis, From: from.Format(time.DateOnly), To: until.AddDate(0, 0, -1).Format(time.DateOnly), TimeZone: zone.String(),
	}
	facts, err := f.db.DayMoney(ctx, axis, m, room, zone, from, until)
	if err != nil {
		return r, err
	}
	rehearsals, err := f.store.Rehearsals(ctx, m)
	if err != nil {
		return r, err
	}
	posted := f.store.PostingsTaken(ctx, m, room, from, until)
	if axis == analytics.AxisPay {
		posted = f.store.PostingsPaid(ctx, m, room, from, until)
	}
	postings, err := analytics.PostedDays(posted, zone)
	if err != nil {
		return r, err
	}
	var ledger analytics.DayLedger
	if axis == analytics.AxisPay {
		ledger, err = analytics.PayDays(f.store.TotalsPaid(ctx, m, room, from, until), zone)
	} else {
		ledger, err = analytics.EventDays(f.store.Histories(ctx, m, from, until), zone, from, until, room, rehearsals)
	}
	if err != nil {
		return r, err
	}
	var shows *analytics.DayShows
	if axis == analytics.AxisEvent {
		if shows, err = f.byShow(ctx, m, room, zone, from, until); err != nil {
			return r, err
		}
	}
	r.ReconcileDays(facts, ledger, postings, shows)
	if limit > 0 {
		orders := analytics.OrderPayDays(f.store.TotalsPaid(ctx, m, room, from, until), zone)
		if axis == analytics.AxisEvent {
			orders = analytics.OrderEventDays(f.store.Histories(ctx, m, from, until), zone, from, until, room, rehearsals)
		}
		sides := analytics.DaySides{
			Facts: f.db.OrderDayMoney(ctx, axis, m, room, zone, from, until), Ledger: orders, Postings: analytics.OrderPostedDays(posted, zone),
		}
		if err := r.Explain(sides, limit); err != nil {
			return r, err
		}
	}
	return r, nil
}

// delivered waits until every fact that the store had when it was called is in
// ClickHouse: out of the outbox into the log, and out of the log. False is that
// it does not come to that in good time.
func (f *figures) delivered(ctx context.Context) (bool, error) {
	for end := f.now().Add(behindWithin); ; {
		mark, err := f.log.OutboxMark(ctx)
		if err != nil {
			return false, err
		}
		waiting, err := f.store.Outbox(ctx, mark, 1)
		if err != nil {
			return false, err
		}
		if len(waiting) == 0 {
			return f.complete(ctx, f.now())
		}
		if f.now().After(end) {
			return false, nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}
