package ws

import (
	"context"
	"sync"

	"showrunner/live"
)

// maxPlaces bounds the rooms whose merchants are remembered, to some hundred
// kilobytes.
const maxPlaces = 4096

// places remembers whose the rooms are. A room is never another merchant's, and
// none is ever taken away: what was found once stays true. Its title and what
// else may change is not kept.
type places struct {
	room func(context.Context, live.RoomID) (live.Room, error)

	mu     sync.RWMutex
	owners map[live.RoomID]live.MerchantID
}

func newPlaces(room func(context.Context, live.RoomID) (live.Room, error)) *places {
	return &places{room: room, owners: map[live.RoomID]live.MerchantID{}}
}

// find is the ID and the merchant of a room, and nothing else of it. That there
// is no such room is not remembered.
func (p *places) find(ctx context.Context, id live.RoomID) (live.Room, error) {
	p.mu.RLock()
	owner, known := p.owners[id]
	p.mu.RUnlock()
	if known {
		return live.Room{ID: id, Merchant: owner}, nil
	}
	room, err := p.room(ctx, id)
	if err != nil {
		return live.Room{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.owners) >= maxPlaces {
		clear(p.owners) // Those in use come back with the next who joins them.
	}
	p.owners[room.ID] = room.Merchant
	return live.Room{ID: room.ID, Merchant: room.Merchant}, nil
}
