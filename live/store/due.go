package store

import (
	"context"
	"fmt"
	"time"
)

// turn does what time has come for: due lists it as of an instant, each deals
// with one. It looks without disturbing the writer first, as mostly there is
// nothing to do, and again in the transaction, whose list is the one that counts.
// It returns how many were dealt with; what says of what, in an error.
func turn[T any](ctx context.Context, s *Store, what string, due func(querier, time.Time) ([]T, error), each func(*tx, *T) error) (done int, err error) {
	if list, err := due(s.reader(ctx), s.now()); err != nil || len(list) == 0 {
		return 0, err
	}
	err = s.write(ctx, func(t *tx) error {
		list, err := due(t, t.now)
		if err != nil {
			return err
		}
		for i := range list {
			if err := each(t, &list[i]); err != nil {
				return err
			}
		}
		done = len(list)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return done, nil
}
