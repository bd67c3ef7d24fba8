package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"
)

// part is one long-lived piece of the server.
type part struct {
	name string
	// run blocks until its context ends; an earlier return ends the server.
	run func(context.Context) error
	// drain, if set, finishes outstanding work before run is told to end.
	drain func(context.Context) error
}

// life runs parts in the order they were started and stops them in reverse,
// each with its share of the deadline, so that whatever a part hands over has
// somebody to take it.
type life struct {
	log     *slog.Logger
	now     func() time.Time
	running []runningPart
	failed  chan error
}

type runningPart struct {
	part
	cancel context.CancelFunc
	ending *atomic.Bool // it was asked to end
	done   chan error
}

func newLife(log *slog.Logger, now func() time.Time) *life {
	return &life{log: log, now: now, failed: make(chan error, 1)}
}

// start runs p until stop.
func (l *life) start(p part) {
	// The parts outlive the context that asked the server to stop: they end one
	// by one, in order.
	ctx, cancel := context.WithCancel(context.Background())
	r := runningPart{part: p, cancel: cancel, ending: new(atomic.Bool), done: make(chan error, 1)}
	l.running = append(l.running, r)
	go func() {
		err := p.run(ctx)
		if !r.ending.Load() {
			// Nobody asked it to end: the server cannot go on without it.
			if err == nil {
				err = errors.New("ended by itself")
			}
			select {
			case l.failed <- fmt.Errorf("%s: %w", p.name, err):
			default:
			}
		}
		r.done <- err
	}()
}

// stop ends the parts in reverse order within the deadline of ctx and reports
// what did not end well.
func (l *life) stop(ctx context.Context) error {
	var faults []error
	for _, r := range slices.Backward(l.running) {
		began := l.now()
		r.ending.Store(true)
		if r.drain != nil {
			if err := r.drain(ctx); err != nil {
				faults = append(faults, fmt.Errorf("drain %s: %w", r.name, err))
			}
		}
		r.cancel()
		select {
		case err := <-r.done:
			if err != nil && !errors.Is(err, context.Canceled) {
				faults = append(faults, fmt.Errorf("%s: %w", r.name, err))
			}
		case <-ctx.Done():
			faults = append(faults, fmt.Errorf("%s did not end in time", r.name))
		}
		l.log.InfoContext(ctx, "stopped", "part", r.name, "took_ms", l.now().Sub(began).Milliseconds())
	}
	l.running = nil
	return errors.Join(faults...)
}
