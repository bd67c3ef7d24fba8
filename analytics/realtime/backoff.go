package realtime

import (
	"context"
	"time"
)

// backoff waits ever longer between tries, up to two seconds.
type backoff struct{ next time.Duration }

func newBackoff() *backoff { return &backoff{next: poll} }

func (b *backoff) reset() { b.next = poll }

// wait waits, or returns at once when ctx ends.
func (b *backoff) wait(ctx context.Context) {
	t := time.NewTimer(b.next)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
	b.next = min(2*b.next, 2*time.Second)
}
