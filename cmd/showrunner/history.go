package main

import (
	"context"
	"errors"
	"slices"
	"sort"
	"sync"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/hub"
)

// history reads a room's messages back from the log for those who return later
// than the hub remembers. When a server comes back, everybody does so at once
// and asks for nearly the same: a room is read once and what was read serves
// them all.
type history struct {
	log *eventlog.Log

	mu    sync.Mutex
	rooms map[live.RoomID]*recall
}

func newHistory(log *eventlog.Log) *history {
	return &history{log: log, rooms: map[live.RoomID]*recall{}}
}

// Bounds of one recovery from the log. Beyond them the state is sent instead:
// nobody reads two thousand comments they missed.
const (
	historyMessages = 2000   // shown to the one who returns
	historySpan     = 20_000 // log messages read through
	historyTime     = 2 * time.Second
	historyKept     = 30 * time.Second // after the reading, for those who come next
)

// recall is what was read back of one room: its messages with
// after < offset <= until. Whoever holds the turn may read on.
type recall struct {
	turn         chan struct{}
	after, until uint64
	msgs         []hub.Message
}

var errTooMuch = errors.New("too much to recover")

// Range gives the room's messages with after < offset <= until.
func (h *history) Range(ctx context.Context, room live.RoomID, after, until uint64) ([]hub.Message, bool) {
	from, to := live.PositionOf(after+1), live.PositionOf(until+1)
	if to.Seq-from.Seq > historySpan || to.Less(from) {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, historyTime)
	defer cancel()
	r := h.of(room)
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return nil, false
	}
	// Whatever the fault, trimmed, too slow or too much, the answer is the
	// same: the state is sent instead, which is never wrong.
	if err := r.read(ctx, h.log, room, after, until); err != nil {
		return nil, false
	}
	first := sort.Search(len(r.msgs), func(i int) bool { return r.msgs[i].Offset > after })
	last := sort.Search(len(r.msgs), func(i int) bool { return r.msgs[i].Offset > until })
	// Capped, so that reading on never writes into what was handed out.
	return slices.Clip(r.msgs[first:max(first, last)]), last-first <= historyMessages
}

// of finds or makes what is remembered of a room.
func (h *history) of(room live.RoomID) *recall {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[room]
	if r == nil {
		r = &recall{turn: make(chan struct{}, 1)}
		h.rooms[room] = r
		time.AfterFunc(historyKept, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			delete(h.rooms, room)
		})
	}
	return r
}

// read makes the recall hold everything of (after, until]: it reads on where it
// ended, or anew if it begins too late.
func (r *recall) read(ctx context.Context, log *eventlog.Log, room live.RoomID, after, until uint64) error {
	if r.until == 0 || after < r.after || after > r.until {
		r.after, r.until, r.msgs = after, after, nil
	}
	if until <= r.until {
		return nil
	}
	var more []hub.Message
	err := log.Range(ctx, live.PositionOf(r.until+1), live.PositionOf(until+1), func(e live.Entry) error {
		if e.Event.Room != room {
			return nil
		}
		if m, ok := ws.MessageOf(e); ok {
			if len(r.msgs)+len(more) == 4*historyMessages {
				return errTooMuch
			}
			more = append(more, m)
		}
		return nil
	})
	if err != nil {
		if errors.Is(err, errTooMuch) {
			r.until = 0 // Begin anew with the next one, who wants less.
		}
		return err
	}
	r.msgs, r.until = append(r.msgs, more...), until
	return nil
}
