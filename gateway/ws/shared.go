package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"showrunner/live"
)

// sharedTimeout bounds a read that several wait for.
const sharedTimeout = 5 * time.Second

// How long it is at least from one read of a room to the next. A lone viewer
// waits for neither; of a crowd nobody waits longer, and all who come in such a
// while cost one read.
const (
	statePace = 10 * time.Millisecond
	banPace   = 2 * time.Millisecond
)

// shared reads something of rooms for all who need it. A reader gets what was
// read after they asked, never anything older, and however many ask at once, a
// room is read at most once at a time and once in a pace: a storm of reconnects
// costs a read for each pace that it lasts, not one for each viewer.
type shared[V any] struct {
	// read reads for these people, those who asked.
	read func(ctx context.Context, room live.Room, people []live.PersonID) (V, error)
	pace time.Duration

	mu    sync.Mutex
	rooms map[live.RoomID]*reading[V]
}

// reading is a room that is being read or was a moment ago, and those who came
// after that began.
type reading[V any] struct {
	owed int // what the next read waits for: the end of this one and its pace
	next *sharedCall[V]
}

type sharedCall[V any] struct {
	people []live.PersonID
	done   chan struct{}
	value  V
	err    error
}

func newShared[V any](pace time.Duration, read func(context.Context, live.Room, []live.PersonID) (V, error)) *shared[V] {
	return &shared[V]{read: read, pace: pace, rooms: map[live.RoomID]*reading[V]{}}
}

// get is the room as of some moment after the call, read for a person among
// others; an empty one is nobody. The first caller reads in its own goroutine
// and under its own ctx; those who came meanwhile share the read after it.
func (s *shared[V]) get(ctx context.Context, room live.Room, person live.PersonID) (V, error) {
	s.mu.Lock()
	now, busy := s.rooms[room.ID]
	if busy {
		if now.next == nil {
			now.next = &sharedCall[V]{done: make(chan struct{})}
		}
		call := now.next
		if person != "" {
			call.people = append(call.people, person)
		}
		s.mu.Unlock()
		select {
		case <-call.done:
			return call.value, call.err
		case <-ctx.Done():
			var none V
			return none, fmt.Errorf("waiting for a read of room %s: %w", room.ID, ctx.Err())
		}
	}
	now = &reading[V]{}
	s.rooms[room.ID] = now
	s.begin(ctx, room, now)
	s.mu.Unlock()
	defer s.over(ctx, room, now)
	var people []live.PersonID
	if person != "" {
		people = []live.PersonID{person}
	}
	return s.read(ctx, room, people)
}

// begin has the next read wait; the caller holds the lock.
func (s *shared[V]) begin(ctx context.Context, room live.Room, now *reading[V]) {
	now.owed = 2
	time.AfterFunc(s.pace, func() { s.over(ctx, room, now) })
}

// over starts the read that others wait for, if any, once nothing is owed.
func (s *shared[V]) over(ctx context.Context, room live.Room, now *reading[V]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.owed--; now.owed > 0 {
		return
	}
	call := now.next
	if call == nil {
		delete(s.rooms, room.ID)
		return
	}
	now.next = nil
	s.begin(ctx, room, now)
	go func() {
		// The waiters' deadlines are their own; this read has none of the first caller's.
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
		defer cancel()
		defer s.over(ctx, room, now)
		call.value, call.err = s.read(own, room, call.people)
		close(call.done)
	}()
}

// sight is what a welcome or a gap says of a room, and whom of those who asked
// it does not let in.
type sight struct {
	room   json.RawMessage
	show   live.ShowID // of the room's state, empty for none
	banned map[live.PersonID]error
}

// readState reads a room, and then who is banned: whoever is sent out from the
// moment of the question on is told by the hub.
func (s *Server) readState(ctx context.Context, room live.Room, people []live.PersonID) (seen sight, err error) {
	if seen.banned, err = s.readBanned(ctx, room, people); err != nil {
		return seen, err
	}
	st, err := s.deps.Store.RoomState(ctx, room.ID)
	if err != nil {
		return seen, err
	}
	seen.room = encodeRoom(st, s.deps.Online(room.ID))
	if st.Show != nil {
		seen.show = st.Show.ID
	}
	return seen, nil
}

// readBanned asks for all people at once; a room that nobody asks for has none.
func (s *Server) readBanned(ctx context.Context, room live.Room, people []live.PersonID) (map[live.PersonID]error, error) {
	if len(people) == 0 {
		return nil, nil //nolint:nilnil // no people, none of them banned.
	}
	return s.deps.Store.BannedOf(ctx, room.Merchant, room.ID, people)
}

// banned refuses a person who was sent out of a room.
func (s *Server) banned(ctx context.Context, room live.Room, person live.PersonID) error {
	out, err := s.bans.get(ctx, room, person)
	if err != nil {
		return err
	}
	return out[person]
}
