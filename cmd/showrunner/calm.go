package main

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"time"
)

// calm gives memory back to the system when a storm of connects is over. Letting
// thousands in takes some thirty kilobytes of garbage each, and a fifteenth of
// that stays. The runtime would return the rest as well, but over minutes; a
// machine that was just full of reconnects may not have them.
//
// From then on it also collects earlier, see [calmGrowth]: a crowd that only
// listens makes little garbage, and need not pay for it with as much memory again
// as it lives in.
type calm struct {
	moves   func() uint64 // connections opened or ended so far
	free    func()
	thrifty func(bool)
	cycles  func() uint64 // collections so far, without those of free
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

// After a storm the heap grows by no more than calmGrowth percent of what is live
// before it is collected, where it doubles usually. That ends with the next storm,
// and while it takes more than calmMost collections in calmWindow intervals, which
// is one a second: with a large crowd each takes 20 to 50 ms of CPU.
const (
	calmGrowth = 40
	calmWindow = 16
	calmMost   = 8
)

// run watches until ctx ends.
func (c *calm) run(ctx context.Context) error {
	tick := time.NewTicker(calmEvery)
	defer tick.Stop()
	last := c.moves()
	thrift := thrift{calm: c}
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
		thrift.tick(busiest > 0, over)
		if over || slices.Contains(calmAgain[:], since) {
			c.free()
		}
	}
}

// thrift decides when to collect early.
type thrift struct {
	*calm
	may, on bool
	left    int    // intervals of the window
	began   uint64 // collections when it began
}

// tick is told each interval whether there is a storm, and whether one has just ended.
func (t *thrift) tick(storm, over bool) {
	switch {
	case storm:
		t.may = false
		t.turn(false)
	case over:
		t.may = true
		t.turn(true)
	case t.may:
		t.left--
		if t.left > 0 {
			return
		}
		// Without thrift there are fewer collections for the same garbage, so it
		// takes a good deal less of it to go back.
		took := t.cycles() - t.began
		t.turn(took <= calmMost/4 || t.on && took <= calmMost)
	}
}

// turn begins a window.
func (t *thrift) turn(on bool) {
	t.left, t.began = calmWindow, t.cycles()
	if t.on != on {
		t.on = on
		t.thrifty(on)
	}
}

// collections is how often the runtime has collected by itself, which is what
// early collections cost.
func collections() uint64 {
	sample := []metrics.Sample{{Name: "/gc/cycles/automatic:gc-cycles"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// growth sets by how much the heap may grow before it is collected: as the
// environment says, or less.
func growth() func(thrifty bool) {
	sample := []metrics.Sample{{Name: "/gc/gogc:percent"}}
	metrics.Read(sample)
	usual := sample[0].Value.Uint64()
	return func(thrifty bool) {
		switch {
		case usual <= calmGrowth || usual > math.MaxInt32: // thrifty as it is, or never to be collected
		case thrifty:
			debug.SetGCPercent(calmGrowth)
		default:
			debug.SetGCPercent(int(usual))
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
