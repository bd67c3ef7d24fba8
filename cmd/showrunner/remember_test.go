package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
)

// A server that was started again answers those who return from memory: it reads
// the newest of the log once, and not once for each of them.
func TestStartedAgainItRemembers(t *testing.T) {
	l, err := eventlog.Open(t.Context(), eventlog.Config{Dir: t.TempDir(), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}()
	var positions []live.Position
	for i := range 20 {
		at, err := l.Append(ctx, []live.Event{{
			ID: live.EventID("e" + strconv.Itoa(i)), Kind: live.CommentSent, Source: "test", Merchant: "m1", Room: live.RoomID("r" + strconv.Itoa(i%2)),
			Actor: live.Actor{ID: "v1", Role: live.RoleViewer}, OccurredAt: time.Now().UTC(), ReceivedAt: time.Now().UTC(), Data: json.RawMessage(`{"comment_id":"c","text":"hi"}`),
		}})
		if err != nil {
			t.Fatal(err)
		}
		positions = append(positions, at...)
	}
	head, err := l.Head(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rooms, from := remembered(ctx, l, head)
	h := hub.New(hub.Config{Epoch: l.Epoch(), Start: from.Offset(), Framer: ws.Framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	for room, msgs := range rooms {
		h.Publish(room, msgs)
	}
	// Since the eighth event; the room's own next one is the tenth.
	_, j, err := h.Join("r1", hub.JoinOptions{Since: positions[7].Offset(), HasSince: true, Wake: func() {}})
	if err != nil || !j.Recovered || len(rooms["r0"]) != 10 {
		t.Fatalf("%+v, %d messages of the other room: %v", j, len(rooms["r0"]), err)
	}
	// What the first tick has not sent yet comes with it.
	if n := len(j.Messages); n != 0 && (n != 6 || j.Messages[0].Offset != positions[9].Offset()) {
		t.Errorf("%d messages, the first at %d", n, j.Messages[0].Offset)
	}
	if rooms, from := remembered(ctx, l, live.Position{Seq: 1}); rooms != nil || from.Seq != 1 {
		t.Errorf("of an empty log: %v from %v", rooms, from)
	}
}
