package main

import (
	"context"
	"runtime"
	"runtime/debug"
	"slices"
	"time"
)

// calm gives memory back to the system when a storm of connects is over. Letting
// thousands in takes some thirty kilobytes of garbage each, and a fifteenth of
// that stays. The runtime would return the rest as well, but over minutes; a
// machine that was just full of reconnects may not have them.
type calm struct {
	moves func() uint64 // connections opened or ended so far
	free  func()
}

// A storm is stormMoves connections that came or went within a few seconds, and
// it is over when an interval sees a tenth of what the busiest one saw.
//
// Memory is given back then, and again after each of calmAgain intervals: after
// the first the ladder has taken the newcomers in, after the second the sink has
// written what the storm stated, and the log's engine has let go of it.
const (
	calmEvery  = 500 * time.Millisecond
	calmWeight = 8 // intervals after which a move counts little more than a third
	stormMoves = 1000
)

var calmAgain = [...]int{6, 30}

// run watches until ctx ends.
func (c *calm) run(ctx context.Context) error {
	tick := time.NewTicker(calmEvery)
	defer tick.Stop()
	last := c.moves()
	var recent, busiest uint64 // busiest is 0 while there is no storm
	since := -1                // intervals after a storm; negative: there was none of late
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
		now := c.moves()
		moved := now - last
		last = now
		recent = recent - recent/calmWeight + moved
		if recent >= stormMoves || busiest > 0 {
			busiest, since = max(busiest, moved), -1
		}
		over := busiest > 0 && moved <= busiest/10
		if over {
			recent, busiest, since = 0, 0, 0
		} else if since >= 0 {
			since++
		}
		if over || slices.Contains(calmAgain[:], since) {
			c.free()
		}
	}
}

// giveBackWithin bounds the wait for the store, which is behind in a storm.
const giveBackWithin = 10 * time.Second

// giveBack gives back what the store's connections and the heap keep.
func (s *server) giveBack() {
	ctx, cancel := context.WithTimeout(context.Background(), giveBackWithin)
	defer cancel()
	if err := s.store.GiveBack(ctx); err != nil {
		s.log.Warn("memory of the store is not given back", "error", err)
	}
	freeMemory()
}

// freeMemory collects what is not used and gives it back. What lies in pools is
// let go of by the second collection, which is the one of FreeOSMemory. It takes
// some tens of milliseconds of CPU and stops nothing.
func freeMemory() {
	runtime.GC()
	debug.FreeOSMemory()
}
