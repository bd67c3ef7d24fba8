package eventlog

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
)

// paced runs the writer alone: every message stays on its way until the test
// lets it go, and time is the test's.
type paced struct {
	*Log
	sent chan *group   // a message has left
	land chan struct{} // receive: one message arrives
}

func pace(t *testing.T, cfg Config) *paced {
	p := &paced{
		Log:  &Log{cfg: cfg.withDefaults(), metrics: newMetrics(), queue: make(chan *batch), stopped: make(chan struct{}), payload: embeddedPayload},
		sent: make(chan *group, 100),
		land: make(chan struct{}),
	}
	p.cfg.Now = time.Now
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.write(ctx, func(ctx context.Context, g *group) {
			p.sent <- g
			var err error
			select {
			case <-p.land:
			case <-ctx.Done():
				err = ErrUnknown
			}
			for _, b := range g.batches {
				b.done <- stored{err: err}
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-done })
	return p
}

func (p *paced) offer(n int) {
	go func() {
		_, _ = p.Append(context.Background(), events("e", n)) // The test looks at what is published.
	}()
}

// left says what has left by now, and after how long.
func (p *paced) left() (counts []int) {
	synctest.Wait()
	for len(p.sent) > 0 {
		counts = append(counts, (<-p.sent).count)
	}
	return counts
}

func expect(t *testing.T, what string, got []int, want ...int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: messages of %v have left, want %v", what, got, want)
	}
}

func TestWriterPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace(t, Config{Window: 10 * time.Millisecond, MaxEvents: 8})
		p.offer(1)
		expect(t, "alone", p.left(), 1)
		p.offer(2)
		p.offer(3)
		expect(t, "behind another, inside the window", p.left())
		time.Sleep(9 * time.Millisecond)
		expect(t, "still inside the window", p.left())
		time.Sleep(time.Millisecond)
		expect(t, "the window is over", p.left(), 5)
		p.offer(4)
		p.offer(4)
		expect(t, "full at once", p.left(), 8)
		p.offer(6)
		expect(t, "not full", p.left())
		p.offer(7)
		expect(t, "the next one does not fit", p.left(), 6)
		time.Sleep(10 * time.Millisecond)
		expect(t, "what was carried over", p.left(), 7)
		p.offer(5)
		expect(t, "behind four others", p.left())
		for range 4 {
			p.land <- struct{}{}
		}
		expect(t, "one is still on its way", p.left())
		p.land <- struct{}{}
		expect(t, "nothing is on its way any more", p.left(), 5)
	})
}

func TestWriterKeepsFewInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pace(t, Config{Window: time.Millisecond, MaxEvents: 4})
		for range maxInFlight + 3 {
			p.offer(4)
		}
		if got := len(p.left()); got != maxInFlight {
			t.Errorf("%d messages are on their way, want %d", got, maxInFlight)
		}
		time.Sleep(time.Second)
		expect(t, "the window does not matter now", p.left())
		p.land <- struct{}{}
		expect(t, "one has arrived", p.left(), 4)
	})
}

// A message that does not arrive in time after the end is unknown, and said so.
func TestWriterGivesUpAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &Log{cfg: Config{Now: time.Now}.withDefaults(), metrics: newMetrics(), queue: make(chan *batch), stopped: make(chan struct{}), payload: embeddedPayload}
		ctx, cancel := context.WithCancel(context.Background())
		began := time.Now()
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		answer := make(chan error, 1)
		go func() {
			_, err := l.Append(context.Background(), []live.Event{event("e")})
			answer <- err
		}()
		l.write(ctx, func(ctx context.Context, g *group) {
			<-ctx.Done()
			g.batches[0].done <- stored{err: ErrUnknown}
		})
		if err := <-answer; err == nil || time.Since(began) != time.Second+drainWait {
			t.Errorf("got %v after %v, want unknown after %v", err, time.Since(began), time.Second+drainWait)
		}
	})
}
