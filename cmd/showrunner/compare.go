package main

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"showrunner/analytics"
	"showrunner/live"
)

// comparedAtOnce bounds the shows that are counted at a time.
const comparedAtOnce = 4

// Compare puts shows side by side as of an instant; the zero time is the latest
// that cannot change any more. A show that was final before stands as of then.
func (f *figures) Compare(ctx context.Context, shows []live.Show, asOf time.Time) (analytics.Comparison, error) {
	now := f.now()
	if asOf.IsZero() {
		asOf = now.Add(-settle)
	}
	if asOf.After(now) {
		return analytics.Comparison{}, live.Invalid("invalid_field", "as_of", "must not lie in the future")
	}
	asOf = asOf.UTC().Truncate(time.Millisecond)
	complete, err := f.complete(ctx, asOf)
	if err != nil {
		return analytics.Comparison{}, err
	}
	sides := make([]analytics.Compared, len(shows))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(comparedAtOnce)
	for i, s := range shows {
		group.Go(func() error {
			at, final := analytics.Frozen(analytics.AsOf(s, asOf), asOf)
			s = analytics.AsOf(s, at)
			got, err := f.db.Figures(ctx, s.Merchant, s, at)
			if err != nil {
				return err
			}
			got.AsOf = at
			sides[i] = analytics.Compared{Show: s, Figures: got, Final: final}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return analytics.Comparison{}, err
	}
	return analytics.Compare(asOf, complete, sides), nil
}
