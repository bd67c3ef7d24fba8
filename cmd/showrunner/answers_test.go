package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// TestAnswersAreShared: whoever asks the same at the same time gets one answer.
func TestAnswersAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mark := live.Position{Seq: 1}
		a := newAnswers(func() live.Position { return mark }, time.Now, prometheus.NewRegistry())
		var asked atomic.Int64
		ask := func(ctx context.Context) (int64, error) {
			n := asked.Add(1)
			select {
			case <-time.After(3 * time.Second):
				return n, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		}
		get := func(key string) int64 {
			got, err := askOnce(t.Context(), a, key, ask)
			if err != nil {
				t.Error(err)
			}
			return got
		}
		var all sync.WaitGroup
		for range 1000 {
			all.Go(func() {
				if got := get("a"); got != 1 {
					t.Errorf("answer %d, want the first", got)
				}
			})
		}
		all.Wait()
		if got := get("a"); got != 1 || asked.Load() != 1 {
			t.Errorf("answer %d after %d questions, want one question", got, asked.Load())
		}
		if got := get("b"); got != 2 {
			t.Errorf("another question got answer %d", got)
		}
		mark.Seq++ // More of the log came into ClickHouse.
		if got := get("b"); got != 3 {
			t.Errorf("after more came in the answer is %d, want a new one", got)
		}
		time.Sleep(answersFor + time.Millisecond)
		if got := get("b"); got != 4 {
			t.Errorf("after %v the answer is %d, want a new one", answersFor, got)
		}
		if len(a.kept) != 1 {
			t.Errorf("%d answers are kept, want one", len(a.kept))
		}
	})
}

// TestAnswersOfOneWhoLeft: the first to ask may go without taking the answer from
// the others; when all have gone, the question ends.
func TestAnswersOfOneWhoLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAnswers(func() live.Position { return live.Position{} }, time.Now, prometheus.NewRegistry())
		var ended atomic.Int64
		ask := func(ctx context.Context) (string, error) {
			select {
			case <-time.After(10 * time.Second):
				return "there", nil
			case <-ctx.Done():
				ended.Add(1)
				return "", ctx.Err()
			}
		}
		first, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		var both sync.WaitGroup
		both.Go(func() {
			if _, err := askOnce(first, a, "k", ask); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who left got %v", err)
			}
		})
		synctest.Wait()
		both.Go(func() {
			if got, err := askOnce(t.Context(), a, "k", ask); err != nil || got != "there" {
				t.Errorf("who stayed got %q, %v", got, err)
			}
		})
		both.Wait()
		if ended.Load() != 0 {
			t.Error("the question was ended under one who waited")
		}
		alone, leave := context.WithTimeout(t.Context(), time.Second)
		defer leave()
		if _, err := askOnce(alone, a, "other", ask); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if ended.Load() != 1 {
			t.Errorf("%d questions ended, want the one nobody waits for", ended.Load())
		}
	})
}

// TestAnswersDoNotKeepErrors: a failure is told to those who waited and not kept.
func TestAnswersDoNotKeepErrors(t *testing.T) {
	a := newAnswers(func() live.Position { return live.Position{} }, time.Now, prometheus.NewRegistry())
	failed := errors.New("away")
	if _, err := askOnce(t.Context(), a, "k", func(context.Context) (int, error) { return 0, failed }); !errors.Is(err, failed) {
		t.Errorf("got %v", err)
	}
	if got, err := askOnce(t.Context(), a, "k", func(context.Context) (int, error) { return 7, nil }); err != nil || got != 7 {
		t.Errorf("got %d, %v", got, err)
	}
}
