package hub_test

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live/hub"
)

// TestRecoveryIsExact has clients come and go while others publish: each must
// see every event of its room once and in order over all its connections.
func TestRecoveryIsExact(t *testing.T) {
	h := newHub(t, func(c *hub.Config) {
		c.Tick.Least = time.Millisecond
		c.Queue = 1 << 20 // Nobody skips here; skipping has its own test.
		c.Ring = hub.Ring{Messages: 1 << 20, Bytes: 1 << 30}
	})
	const last, clients = 20_000, 16
	var wg sync.WaitGroup
	var joins atomic.Int64
	wg.Go(func() {
		r := rand.New(rand.NewPCG(1, 2))
		for o := uint64(1); o <= last; {
			var msgs []hub.Message
			for n := 1 + r.IntN(5); n > 0 && o <= last; n-- {
				msgs = append(msgs, roomMsg(o))
				o++
			}
			h.Publish("r1", msgs)
			for o <= last && joins.Load() < int64(o/50) { // However fast or slow the machine is, there are joins among it.
				time.Sleep(100 * time.Microsecond)
			}
		}
	})
	for i := range clients {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 3))
			at := uint64(0)
			see := func(raw []byte) {
				f := parse(t, raw)
				for _, e := range f.Events {
					if e != at+1 {
						t.Errorf("client %d: event %d after %d", i, e, at)
					}
					at = e
				}
				if f.Offset != at {
					t.Errorf("client %d: frame says %d, its last event is %d", i, f.Offset, at)
				}
			}
			for at < last && !t.Failed() {
				s, j := join(t, h, hub.JoinOptions{Since: at, HasSince: true})
				joins.Add(1)
				if !j.Recovered {
					t.Errorf("client %d: not recovered from %d", i, at)
				}
				for _, f := range h.Encode(hub.ClassViewer, "", j.Messages, j.Offset) {
					see(f)
				}
				for n := r.IntN(4); n > 0 && at < last; n-- {
					select {
					case <-s.woken:
					case <-time.After(2 * time.Millisecond):
					}
					for {
						d, ok := s.Next()
						if !ok {
							break
						}
						for _, f := range d.Frames {
							see(f)
						}
					}
				}
				s.Leave()
			}
		})
	}
	wg.Wait()
}
