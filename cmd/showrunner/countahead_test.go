package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
)

// TestCountedAhead: shows that are over are counted before anybody asks, the newest
// first, once each until their facts stand otherwise, and those that just ended soon.
func TestCountedAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // over what the test changes between two looks
		change := func(do func()) {
			mu.Lock()
			defer mu.Unlock()
			do()
		}
		var counted []live.ShowID
		refunds := map[live.ShowID]int64{}
		facts := &fakeFacts{standing: func(s analytics.ShowAt) (out clickhouse.Standing) {
			out.Events.Rows, out.Deltas.Rows = 7, refunds[s.Show.ID]
			return out
		}}
		source := &watchedFacts{fakeFacts: facts, mu: &mu, counted: &counted}
		erased := int64(0)
		over := newCounted(source, func(context.Context, live.MerchantID) (int64, error) { return erased, nil },
			func() (string, error) { return "a", nil }, time.Now, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		var shows []live.Show
		end := func(id live.ShowID, ago time.Duration) {
			at := time.Now().Add(-ago)
			change(func() {
				shows = append(shows, live.Show{ID: id, Merchant: live.MerchantID("m" + string(id[0])), State: live.ShowStateEnded, StartedAt: at.Add(-time.Hour), EndedAt: at})
			})
		}
		lag, away := time.Duration(0), error(nil)
		a := newAhead(over, func(_ context.Context, from, until time.Time, _ int) (out []live.Show, err error) {
			mu.Lock()
			defer mu.Unlock()
			for _, s := range shows {
				if !s.EndedAt.Before(from) && s.EndedAt.Before(until) {
					out = append(out, s)
				}
			}
			return out, away
		}, func(time.Time) time.Duration {
			mu.Lock()
			defer mu.Unlock()
			return lag
		}, 31, time.Now, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
		end("a-old", 40*24*time.Hour)
		end("b-month", 30*24*time.Hour)
		end("a-day", 24*time.Hour)
		end("b-now", 2*time.Second)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { a.run(ctx); close(ended) }()
		expect := func(what string, wait time.Duration, want ...live.ShowID) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			change(func() {
				if d := cmp.Diff(want, counted); d != "" {
					t.Errorf("%s: -want +counted\n%s", what, d)
				}
				counted = nil
			})
		}
		expect("those of the last days", 5*time.Second, "a-day", "b-month")
		if n := valueOf(t, a.waiting); n != 0 {
			t.Errorf("%v shows wait", n)
		}
		expect("one that just ended, after its last facts", time.Minute, "b-now")
		expect("nothing more", time.Hour)
		if f, err := over.figures(t.Context(), shows[2], time.Now(), analytics.PartFunnel); err != nil || f.Show != "a-day" {
			t.Errorf("%+v, %v", f, err)
		}
		expect("who asks has what was counted", 0)
		change(func() { refunds["b-month"]++ })
		expect("after a refund", 6*time.Minute, "b-month")
		change(func() { erased++ })
		expect("after one was forgotten", 6*time.Minute, "b-now", "a-day", "b-month")
		if len(facts.rows["mb"]) != 2 || facts.rows["mb"]["b-now"].Erased != 1 {
			t.Errorf("stored are %+v", facts.rows["mb"])
		}
		change(func() { lag = time.Hour })
		end("a-late", 0)
		expect("while ClickHouse is behind", 30*time.Minute)
		change(func() { lag = 0 })
		expect("when it has caught up", time.Minute, "a-late")

		// What cannot be stored is not counted over and over.
		change(func() { facts.refused = errors.New("full") })
		change(func() { refunds["a-day"]++ })
		expect("when it cannot be stored", time.Hour, "a-day")
		change(func() { facts.refused, away = nil, errors.New("away") })
		expect("without a store", time.Hour)
		if valueOf(t, a.faults) == 0 {
			t.Error("no failure was told")
		}
		change(func() { away = nil })
		change(func() { refunds["a-day"]++ })
		expect("with it again", 6*time.Minute, "a-day")

		// Many at once: a show that just ended comes before those that wait.
		change(func() { source.takes = 8 * time.Second })
		for i := range 6 {
			end(live.ShowID(fmt.Sprint("c-", i)), time.Duration(100+i)*time.Hour)
		}
		for begun := false; !begun; change(func() { begun = len(counted) > 0 }) {
			time.Sleep(time.Second)
			synctest.Wait()
		}
		end("a-new", time.Minute)
		expect("the newest of many", time.Minute, "c-0", "c-1", "a-new", "c-2")
		stop()
		<-ended
	})
}

// watchedFacts note what is counted, and take their time.
type watchedFacts struct {
	*fakeFacts
	mu      *sync.Mutex
	counted *[]live.ShowID
	takes   time.Duration
}

func (x *watchedFacts) FiguresStanding(ctx context.Context, m live.MerchantID, s live.Show, asOf time.Time) (analytics.Figures, clickhouse.Standing, error) {
	select {
	case <-ctx.Done():
		return analytics.Figures{}, clickhouse.Standing{}, ctx.Err()
	case <-time.After(x.takes):
	}
	x.mu.Lock()
	*x.counted = append(*x.counted, s.ID)
	x.mu.Unlock()
	return x.fakeFacts.FiguresStanding(ctx, m, s, asOf)
}
