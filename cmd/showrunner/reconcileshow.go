package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// byShow reads what rollups and reports say of the days: of every show that the
// facts or the rollups have there, the days of its report as of now, without
// the bound that a final report has.
func (f *figures) byShow(ctx context.Context, m live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time) (*analytics.DayShows, error) {
	facts, err := f.db.ShowDays(ctx, m, room, zone, from, until)
	if err != nil {
		return nil, err
	}
	rollup, err := f.db.RollupDays(ctx, m, zone, from, until)
	if err != nil {
		return nil, err
	}
	out := analytics.NewDayShows(zone, from, until, room != "")
	asked := map[live.ShowID]bool{"": true}
	for _, x := range slices.Concat(facts, rollup) {
		if asked[x.Show] {
			continue
		}
		asked[x.Show] = true
		show, err := f.store.Show(ctx, x.Show)
		if e, ok := errors.AsType[*live.Error](err); ok && e.Fault == live.FaultNotFound {
			continue // Facts may name a show that was never made here; it has no report.
		}
		if err != nil {
			return nil, err
		}
		if show.Merchant != m || room != "" && show.Room != room {
			continue
		}
		sales, err := f.db.Sales(ctx, m, show, f.now())
		if err != nil {
			return nil, err
		}
		out.Report(show, &sales)
	}
	out.Sum(facts, rollup)
	return out, nil
}
