package main

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// ComparePeriods puts two periods side by side as of an instant; the zero time is
// the latest that cannot change any more. Unlike a report it knows of no day on
// which the figures of a show become final.
func (f *figures) ComparePeriods(ctx context.Context, period, against analytics.Period, asOf time.Time) (analytics.PeriodComparison, error) {
	now := f.now()
	if asOf.IsZero() {
		asOf = now.Add(-settle)
	}
	if asOf.After(now) {
		return analytics.PeriodComparison{}, live.Invalid("invalid_field", "as_of", "must not lie in the future")
	}
	c := analytics.PeriodComparison{AsOf: asOf.UTC().Truncate(time.Millisecond)}
	var err error
	if c.Complete, err = f.complete(ctx, c.AsOf); err != nil {
		return c, err
	}
	if c.Period, err = f.period(ctx, period, c.AsOf); err != nil {
		return c, err
	}
	c.Against, err = f.period(ctx, against, c.AsOf)
	return c, err
}

// period counts one of the two, and names the shows that only moved money in it.
func (f *figures) period(ctx context.Context, p analytics.Period, asOf time.Time) (analytics.PeriodSide, error) {
	shows, err := f.store.ShowsStarted(ctx, p.Merchant, p.Room, p.From, p.Until, analytics.MaxPeriodShows+1)
	if err != nil {
		return analytics.PeriodSide{}, err
	}
	shows = slices.DeleteFunc(shows, func(s live.Show) bool { return s.StartedAt.After(asOf) })
	if len(shows) > analytics.MaxPeriodShows {
		return analytics.PeriodSide{}, live.TooLarge("too_many_shows", "from", "more than %d shows started from %s to %s: ask for fewer days, or for one room", analytics.MaxPeriodShows, p.First(), p.Last())
	}
	for i := range shows {
		shows[i] = analytics.AsOf(shows[i], asOf)
	}
	side, err := f.db.Period(ctx, p, shows, asOf)
	if err != nil {
		return side, err
	}
	known := map[live.ShowID]bool{"": true}
	for i := range shows {
		known[shows[i].ID] = true
	}
	for i := range side.Parts {
		id := side.Parts[i].Show
		if known[id] {
			continue
		}
		known[id] = true
		show, err := f.store.Show(ctx, id)
		if e, ok := errors.AsType[*live.Error](err); ok && e.Fault == live.FaultNotFound {
			show, err = live.Show{ID: id, Currency: side.Parts[i].Money.Currency}, nil // Facts may name a show that was never made here.
		}
		if err != nil {
			return side, err
		}
		side.Others = append(side.Others, analytics.AsOf(show, asOf))
	}
	slices.SortFunc(side.Others, func(a, b live.Show) int { return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.ID, b.ID)) })
	return side, nil
}
