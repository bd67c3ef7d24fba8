package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

const (
	// keptAtOnce bounds what is kept behind answers at a time. Beyond it who asked
	// waits until it is, so that no more is asked for than can be kept.
	keptAtOnce = 4
	// keptWithin is how long one may take.
	keptWithin = 15 * time.Second
)

// keeping lets those who ask have their answer before what was counted for it is kept,
// which takes a look at the facts and an insert. Who asks about the same show
// meanwhile waits for it, and has what was kept.
type keeping struct {
	room chan struct{}

	mu    sync.Mutex
	of    map[live.ShowID]chan struct{} // closed when the show is kept
	under sync.WaitGroup
	ended bool
}

func newKeeping() *keeping {
	return &keeping{room: make(chan struct{}, keptAtOnce), of: map[live.ShowID]chan struct{}{}}
}

// start keeps what was counted of shows, by itself if there is room.
func (k *keeping) start(ctx context.Context, shows []analytics.ShowAt, keep func(context.Context)) {
	k.mu.Lock()
	select {
	case k.room <- struct{}{}:
	default:
		k.mu.Unlock()
		keep(ctx)
		return
	}
	if k.ended { // Nothing is lost: it is counted again.
		k.mu.Unlock()
		<-k.room
		return
	}
	done := make(chan struct{})
	for _, s := range shows {
		k.of[s.Show.ID] = done
	}
	k.under.Add(1)
	k.mu.Unlock()
	go func() {
		defer k.under.Done()
		defer func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			for _, s := range shows {
				if k.of[s.Show.ID] == done {
					delete(k.of, s.Show.ID)
				}
			}
			close(done)
			<-k.room
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
		defer cancel()
		keep(ctx)
	}()
}

// wait waits until what was counted of shows is kept.
func (k *keeping) wait(ctx context.Context, shows []analytics.ShowAt) error {
	for _, s := range shows {
		k.mu.Lock()
		done := k.of[s.Show.ID]
		k.mu.Unlock()
		if done == nil {
			continue
		}
		select {
		case <-done:
		case <-ctx.Done():
			return fmt.Errorf("wait for figures to be kept: %w", ctx.Err())
		}
	}
	return nil
}

// rest waits until nothing is to be kept.
func (k *keeping) rest() { k.under.Wait() }

// end keeps what is to be kept, and nothing more.
func (k *keeping) end() {
	k.mu.Lock()
	k.ended = true
	k.mu.Unlock()
	k.rest()
}
