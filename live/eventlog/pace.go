package eventlog

import (
	"context"
	"time"

	"showrunner/live"
)

// moreWait is how long a look waits for what the reader is just decoding.
const moreWait = 5 * time.Millisecond

// look reads what there is next, at the follower's pace.
func (f *following) look(ctx context.Context) ([]live.Entry, error) {
	patience := f.Wait
	if f.Before != nil {
		more, err := f.Before(ctx)
		if err != nil {
			return nil, err
		}
		if more {
			patience = 0
		}
	}
	if f.Pace == 0 {
		return f.Reader.Next(ctx, f.Batch, patience)
	}
	if patience > 0 {
		sleep(ctx, f.Pace-f.Now().Sub(f.looked))
	}
	entries, err := f.Reader.Next(ctx, f.Batch, patience)
	for err == nil && len(entries) > 0 && len(entries) < f.Batch { // However few at a time the reader has.
		var more []live.Entry
		if more, err = f.Reader.Next(ctx, f.Batch-len(entries), moreWait); len(more) == 0 {
			break
		}
		entries = append(entries, more...)
	}
	if len(entries) < f.Batch {
		f.looked = f.Now()
	}
	return entries, err
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
