package realtime

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// TestGlance: what is said between two ticks is told half way, once, of the shows
// it is about, and only while somebody looks.
func TestGlance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var watched atomic.Bool
		type told struct {
			whole bool
			shows []live.ShowID
		}
		said := make(chan told, 100)
		tell := func(whole bool) func(time.Time, []analytics.Snapshot) {
			return func(_ time.Time, all []analytics.Snapshot) {
				x := told{whole: whole}
				for _, s := range all {
					x.shows = append(x.shows, s.Show)
				}
				said <- x
			}
		}
		r := &rig{t: t, log: newLog(), shows: &shows{all: map[live.ShowID]live.Show{}}}
		rt, err := New(Config{Reader: r.log, Shows: r.shows, Now: now, Tick: tell(true), Change: tell(false), Watched: watched.Load})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- rt.Run(ctx) }()
		defer func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}()
		r.begin("s1")
		r.begin("s2")
		settle(10*time.Second + 50*time.Millisecond) // The log is asked every 100 ms; ticks are at most as late.
		for len(said) > 0 {
			if x := <-said; !x.whole {
				t.Fatalf("nobody looks, and is told of %v", x.shows)
			}
		}
		watched.Store(true)
		settle(2 * time.Second)
		for len(said) > 0 {
			if x := <-said; !x.whole {
				t.Fatalf("nothing was said, and %v is told", x.shows)
			}
		}
		glances, ticks := 0, 0
		for range 20 { // A word in every half second, of one show.
			r.enter("s2", "p1")
			settle(500 * time.Millisecond)
		}
		for len(said) > 0 {
			switch x := <-said; {
			case x.whole:
				ticks++
			case len(x.shows) != 1 || x.shows[0] != "s2":
				t.Errorf("half way %v is told, want s2", x.shows)
			default:
				glances++
			}
		}
		if ticks != 10 || glances != 10 {
			t.Errorf("in ten seconds %d ticks and %d glances, want 10 and 10", ticks, glances)
		}
	})
}
