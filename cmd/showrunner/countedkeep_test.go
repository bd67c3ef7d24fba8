package main

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// TestCountedKeptLater: who asks first has the answer before it is kept, who asks next
// waits until it is instead of counting once more, and the end waits too.
func TestCountedKeptLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := time.Now().Add(-time.Hour)
		now, erased := time.Now(), int64(0)
		looks, look := atomic.Int64{}, make(chan struct{})
		facts := &fakeFacts{standing: func(analytics.ShowAt) clickhouse.Standing {
			if looks.Add(1) == 2 { // the one after counting
				<-look
			}
			return clickhouse.Standing{Events: clickhouse.Extent{Rows: 7}}
		}}
		c := countedBy("a", facts, &erased, &now)
		show := live.Show{ID: "s1", Merchant: "m1", State: live.ShowStateEnded, StartedAt: ended.Add(-time.Hour), EndedAt: ended}
		ask := func() {
			if f, err := c.figures(t.Context(), show, now, analytics.Everything); err != nil || f.Bots != 1 {
				t.Errorf("%+v, %v", f, err)
			}
		}
		asking, cancel := context.WithCancel(t.Context())
		if f, err := c.figures(asking, show, now, analytics.Everything); err != nil || f.Bots != 1 {
			t.Fatalf("%+v, %v", f, err)
		}
		cancel() // The answer is on its way; what was counted is kept all the same.
		next, over := make(chan struct{}), make(chan struct{})
		go func() { ask(); close(next) }()
		stopped, stop := context.WithCancel(t.Context())
		stop()
		go func() { _ = c.run(stopped); close(over) }()
		synctest.Wait()
		for what, done := range map[string]chan struct{}{"who asks next": next, "the end": over} {
			select {
			case <-done:
				t.Errorf("%s did not wait", what)
			default:
			}
		}
		close(look)
		<-next
		<-over
		ask()
		if n := facts.times; n != 1 {
			t.Errorf("it was counted %d times", n)
		}
		if len(facts.rows["m1"]) != 1 {
			t.Error("nothing is stored")
		}
		erased++
		if f, err := c.figures(t.Context(), show, now, analytics.Everything); err != nil || f.Bots != 2 {
			t.Errorf("after the end: %+v, %v", f, err)
		}
		if f, err := c.figures(t.Context(), show, now, analytics.Everything); err != nil || f.Bots != 3 {
			t.Errorf("after the end once more: %+v, %v", f, err)
		}
	})
}
