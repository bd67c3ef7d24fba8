package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
	"showrunner/live/moderation"
	"showrunner/live/store"
)

// feed carries the log to the rooms: what was made durable is what is shown,
// in one order, on every node.
type feed struct {
	log    *eventlog.Log
	hub    *hub.Hub
	desk   *moderation.Desk
	store  *store.Store
	start  live.Position
	peers  *follow               // nil when alone
	served func(live.MerchantID) // told of what happens at a merchant's desk; nil: nobody is
	logger *slog.Logger
}

// feedBatch and feedWait bound one read of the log. A room's tick is what
// gathers events, so the feed itself waits for nothing.
const (
	feedBatch = 4096
	feedWait  = time.Second
)

// run follows the log until ctx ends. A fault of the log is waited out: rooms
// go on where they stood.
func (f *feed) run(ctx context.Context) error {
	next := f.start
	for ctx.Err() == nil {
		err := f.follow(ctx, &next)
		if ctx.Err() != nil {
			break
		}
		f.logger.ErrorContext(ctx, "the feed of the rooms lost the log and tries again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

func (f *feed) follow(ctx context.Context, next *live.Position) (err error) {
	r, err := f.log.Reader(ctx, "", *next)
	if err != nil {
		return fmt.Errorf("open reader: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		entries, err := r.Next(ctx, feedBatch, feedWait)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		shown := f.opened(entries)
		if f.peers != nil {
			f.peers.show(shown, r.Position())
		} else {
			publish(f.hub, shown)
		}
		for i := range entries {
			f.expel(ctx, &entries[i].Event)
			f.uncount(&entries[i].Event)
			if f.served != nil && strings.HasPrefix(string(entries[i].Event.Kind), "service_") {
				f.served(entries[i].Event.Merchant)
			}
		}
		*next = r.Position()
	}
}

// opened is what rooms are shown of entries: all but the comments of who was
// banned while they were on their way.
func (f *feed) opened(entries []live.Entry) []live.Entry {
	shown, fewer := entries, false
	for i := range entries {
		e := &entries[i].Event
		f.desk.Saw(e)
		if f.desk.Late(e) {
			if !fewer {
				shown, fewer = slices.Clone(entries[:i]), true
			}
			continue
		}
		if fewer {
			shown = append(shown, entries[i])
		}
	}
	return shown
}

// publish hands entries to their rooms.
func publish(h *hub.Hub, entries []live.Entry) {
	rooms := map[live.RoomID][]hub.Message{}
	for i := range entries {
		if m, ok := ws.MessageOf(entries[i]); ok {
			rooms[entries[i].Event.Room] = append(rooms[entries[i].Event.Room], m)
		}
	}
	for room, msgs := range rooms {
		h.Publish(room, msgs)
	}
}

// uncount leaves bots of the show on air out of the room's crowd.
func (f *feed) uncount(e *live.Event) {
	switch e.Kind {
	case live.BotFlagged, live.BotUnflagged:
		if on, ok := f.store.OnAir(e.Room); ok && on.ID == e.Show && !e.Rehearsal {
			f.hub.Uncount(e.Room, e.Person, e.Kind == live.BotFlagged)
		}
	case live.ShowStarted, live.ShowEnded:
		f.hub.CountAll(e.Room)
	}
}

// expel closes the sockets of a person who was sent out of a room, or whom the
// merchant wants in none of theirs. Those who come later meet the store.
func (f *feed) expel(ctx context.Context, e *live.Event) {
	switch e.Kind {
	case live.ViewerKicked:
		f.hub.Expel(e.Room, e.Person, hub.Kicked)
	case live.ViewerBlocked:
		for _, id := range f.hub.Rooms() {
			room, err := f.store.Room(ctx, id)
			if err != nil {
				f.logger.ErrorContext(ctx, "a blocked viewer may still be in a room", "room_id", id, "error", err)
				continue
			}
			if room.Merchant == e.Merchant {
				f.hub.Expel(id, e.Person, hub.Blocked)
			}
		}
	}
}
