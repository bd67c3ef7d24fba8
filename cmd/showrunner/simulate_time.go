package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// sleepUntil waits for an instant or the end of ctx.
func sleepUntil(ctx context.Context, at time.Time) error {
	return sleepFor(ctx, time.Until(at))
}

func sleepFor(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// waitFor waits for a group or the end of ctx.
func waitFor(ctx context.Context, g *sync.WaitGroup) error {
	done := make(chan struct{})
	go func() {
		g.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// newBackOff grows from 100 ms to 3 s, each wait spread by half around its mean,
// so that a thousand viewers do not return in the same instant.
func newBackOff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.RandomizationFactor, b.Multiplier = 100*time.Millisecond, 3*time.Second, 0.5, 2
	b.Reset()
	return b
}

// progress writes a line every few seconds.
func (r *simRun) progress(ctx context.Context, w io.Writer) {
	tick := time.NewTicker(3 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		facts, orders := r.tally.Facts()
		var at time.Duration
		select {
		case <-r.onAir:
			at = time.Duration(float64(time.Since(r.began)) * r.cmd.Speed).Truncate(time.Second)
		default:
		}
		fmt.Fprintf(w, "simulate: %s of %s, %d online, %d facts and %d orders acknowledged, %d sold out, %d reconnects, %d retries\n",
			min(at, r.script.Length), r.script.Length, r.online.Load(), facts, orders, r.soldOut.Load(), r.reconnects.Load(), r.retries.Load())
	}
}
