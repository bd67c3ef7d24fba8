package delivery

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// follow runs a follower on a real log until every fact of it is behind it.
func follow(t *testing.T, l *eventlog.Log, s *store.Store) {
	t.Helper()
	r, err := l.Reader(t.Context(), "delivery", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	head, err := l.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := NewFollower(FollowerConfig{Reader: r, Log: l, Queue: s, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.Run(ctx) }()
	until(t, "the follower is at the end of the log", func() bool {
		_, next, err := s.WebhookCheckpoint(t.Context())
		return err == nil && !next.Less(head)
	})
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestFollow: what is in the log becomes deliveries once, over restarts, and
// also when the store is older than what the log's own checkpoint says.
func TestFollow(t *testing.T) {
	l, err := eventlog.Open(t.Context(), eventlog.Config{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := errors.Join(<-ran, l.Close()); err != nil {
			t.Error(err)
		}
	})
	// An empty store stands for a backup from before the first fact.
	s, old := openStore(t, t.TempDir()), openStore(t, t.TempDir())
	subs := map[*store.Store]store.Subscription{}
	for _, st := range []*store.Store{s, old} {
		subs[st] = subscribe(t, st, "https://shop.example/hooks")
	}
	if _, err := old.EnqueueWebhooks(t.Context(), l.Epoch(), live.Position{Seq: 1}, nil, render); err != nil {
		t.Fatal(err)
	}
	var want []live.EventID
	state := func(seq uint64) {
		t.Helper()
		e := entry(seq, "o1").Event
		if _, err := l.Append(t.Context(), []live.Event{e}); err != nil {
			t.Fatal(err)
		}
		want = append(want, e.ID)
	}
	check := func(st *store.Store) {
		t.Helper()
		var got []live.EventID
		for _, d := range deliveries(t, st, subs[st].ID) {
			got = append(got, d.Event)
		}
		if !slices.Equal(got, want) {
			t.Errorf("deliveries of %v, want %v", got, want)
		}
	}
	for seq := range uint64(3) {
		state(seq)
	}
	follow(t, l, s)
	check(s)
	state(3)
	follow(t, l, s)
	follow(t, l, s)
	check(s)
	follow(t, l, old)
	check(old)
}
