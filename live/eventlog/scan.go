package eventlog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// Range hands the events of [from, until) to fn in order, then returns nil. It
// ends at the end of the log as it was when called, so an until beyond it means
// everything there is. The zero from is the oldest event there is; one that was
// trimmed is a [TrimmedError]. An error of fn ends it and is returned as it is.
func (l *Log) Range(ctx context.Context, from, until live.Position, fn func(live.Entry) error) (err error) {
	head, err := l.Head(ctx)
	if err != nil {
		return err
	}
	if head.Less(until) {
		until = head
	}
	if !from.Less(until) {
		return nil
	}
	r, err := l.Reader(ctx, "", from)
	if err != nil {
		return fmt.Errorf("read a range: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Position().Less(until) {
		entries, err := r.Next(ctx, live.MaxBatch, time.Second)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !e.Position.Less(until) {
				return nil
			}
			if err := fn(e); err != nil {
				return err
			}
		}
	}
	return nil
}
