package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
)

// TestHistory lets many return at once, from everywhere, while the room goes on:
// each gets what the log holds for them.
func TestHistory(t *testing.T) {
	ctx := t.Context()
	log, err := eventlog.Open(ctx, eventlog.Config{Dir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(running) }()
	defer func() {
		stop()
		if err := errors.Join(<-ended, log.Close()); err != nil {
			t.Error(err)
		}
	}()
	said := 0
	var stood []uint64 // where somebody may have stood
	say := func(n int) uint64 {
		t.Helper()
		var events []live.Event
		for range n {
			said++
			room := live.RoomID("r" + fmt.Sprint(said%3))
			e := live.Event{
				ID: live.EventID(fmt.Sprint("e", said)), Kind: live.CommentSent, Merchant: "m1", Room: room, Source: "web",
				OccurredAt: clock(), ReceivedAt: clock(), Actor: live.Actor{ID: "v1", Role: live.RoleViewer}, Person: "v1",
				Data: fmt.Appendf(nil, `{"comment_id":"c%d","text":"hi"}`, said),
			}
			events = append(events, e, live.Event{
				ID: live.EventID(fmt.Sprint("l", said)), Kind: live.Liked, Merchant: "m1", Room: room, Source: "web",
				OccurredAt: clock(), ReceivedAt: clock(), Actor: live.Actor{ID: "v1", Role: live.RoleViewer}, Data: []byte(`{"count":1}`),
			})
		}
		for part := range slices.Chunk(events, 25) {
			at, err := log.Append(ctx, part)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range at {
				stood = append(stood, p.Offset())
			}
		}
		head, err := log.Head(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return head.Offset() - 1
	}
	// wanted reads the log itself.
	wanted := func(room live.RoomID, after, until uint64) (out []uint64) {
		err := log.Range(ctx, live.PositionOf(after+1), live.PositionOf(until+1), func(e live.Entry) error {
			if _, ok := ws.MessageOf(e); ok && e.Event.Room == room {
				out = append(out, e.Position.Offset())
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return out
	}
	h := newHistory(log)
	for range 4 {
		until := say(60)
		var wg sync.WaitGroup
		for range 40 {
			room := live.RoomID("r" + fmt.Sprint(rand.IntN(4)))
			after := stood[rand.IntN(len(stood))]
			wg.Go(func() {
				msgs, ok := h.Range(ctx, room, after, until)
				if !ok {
					t.Errorf("%s after %d until %d: not recovered", room, after, until)
				}
				got := offsets(msgs)
				if want := wanted(room, after, until); !slices.Equal(got, want) {
					t.Errorf("%s after %d until %d: %v, want %v", room, after, until, got, want)
				}
			})
		}
		wg.Wait()
	}
	until := say(3*historyMessages + 300)
	if _, ok := h.Range(ctx, "r1", stood[len(stood)-10], until); !ok {
		t.Error("who missed little is not recovered after others missed much")
	}
	if _, ok := h.Range(ctx, "r1", stood[0], until); ok {
		t.Errorf("more than %d messages are recovered one by one", historyMessages)
	}
}

func offsets(msgs []hub.Message) (out []uint64) {
	for i := range msgs {
		out = append(out, msgs[i].Offset)
	}
	return out
}
