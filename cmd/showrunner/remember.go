package main

import (
	"context"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
)

// Bounds of what a starting server reads back, so that the viewers who all return
// to it at once are answered from memory and not each by a read of the log.
const (
	rememberSpan = 4000 // log messages
	rememberTime = 2 * time.Second
)

// remembered reads the newest messages of all rooms before head, and says from
// where on. Whatever the fault, trimmed or too slow, the server starts without.
func remembered(ctx context.Context, log *eventlog.Log, head live.Position) (map[live.RoomID][]hub.Message, live.Position) {
	from := live.Position{Seq: 1}
	if head.Seq > rememberSpan {
		from.Seq = head.Seq - rememberSpan
	}
	if !from.Less(head) {
		return nil, head
	}
	ctx, cancel := context.WithTimeout(ctx, rememberTime)
	defer cancel()
	rooms := map[live.RoomID][]hub.Message{}
	err := log.Range(ctx, from, head, func(e live.Entry) error {
		if m, ok := ws.MessageOf(e); ok {
			rooms[e.Event.Room] = append(rooms[e.Event.Room], m)
		}
		return nil
	})
	if err != nil {
		return nil, head
	}
	return rooms, from
}
