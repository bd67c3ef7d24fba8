package ws

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"showrunner/live"
)

type roomJSON struct {
	RoomID       live.RoomID   `json:"room_id"`
	Title        string        `json:"title"`
	Currency     live.Currency `json:"currency"`
	Show         *showJSON     `json:"show"`
	Shelf        []itemJSON    `json:"shelf"`
	Pinned       *itemJSON     `json:"pinned"`
	Sales        []saleJSON    `json:"flash_sales"`
	Coupon       *couponJSON   `json:"coupon"`
	Packet       *packetJSON   `json:"red_packet"`
	Draw         *drawJSON     `json:"draw"`
	Online       int           `json:"online"`
	Modes        modesJSON     `json:"modes"`
	Comment      *commentJSON  `json:"pinned_comment"`
	Announcement string        `json:"announcement"`
}

// modesJSON is who may write, as room_mode_changed says it too.
type modesJSON struct {
	MuteAll       bool  `json:"mute_all"`
	CommentsOff   bool  `json:"comments_off"`
	FollowersOnly bool  `json:"followers_only"`
	SlowMode      int64 `json:"slow_mode_s"`
}

type commentJSON struct {
	ID     string        `json:"comment_id"`
	Text   string        `json:"text"`
	Viewer live.PersonID `json:"viewer_id,omitempty"`
	Name   string        `json:"name,omitempty"`
}

type showJSON struct {
	ShowID    live.ShowID    `json:"show_id"`
	Title     string         `json:"title"`
	State     live.ShowState `json:"state"`
	Rehearsal bool           `json:"rehearsal"`
	StartedAt *string        `json:"started_at"`
	Version   int64          `json:"version"`
	Host      string         `json:"host_id,omitempty"`
}

type itemJSON struct {
	SKU      live.SKUID       `json:"sku_id"`
	Product  live.ProductID   `json:"product_id"`
	Title    string           `json:"title"`
	Price    int64            `json:"price_minor"`
	Currency live.Currency    `json:"currency"`
	Left     int64            `json:"left"`
	Rank     int              `json:"rank"`
	ImageURL string           `json:"image_url,omitempty"`
	Limit    int64            `json:"per_person,omitempty"`
	Policy   live.StockPolicy `json:"stock_policy,omitempty"`
	Explain  *explainJSON     `json:"explain,omitempty"`
}

// explainJSON is where a product stands; one without has not been explained.
type explainJSON struct {
	State string `json:"state"`
	Count int64  `json:"count"`
	ID    string `json:"explain_id"`
}

// saleJSON is a flash sale that runs or is announced.
type saleJSON struct {
	ID       string          `json:"sale_id"`
	SKU      live.SKUID      `json:"sku_id"`
	Price    int64           `json:"price_minor"`
	Qty      int64           `json:"qty"`
	Left     int64           `json:"left"`
	Limit    int64           `json:"per_person,omitempty"`
	State    live.FlashState `json:"state"`
	StartsAt string          `json:"starts_at"`
	EndsAt   string          `json:"ends_at"`
}

func encodeRoom(s live.RoomState, online int) json.RawMessage {
	r := roomJSON{
		RoomID: s.Room.ID, Title: s.Room.Title, Currency: s.Room.Currency, Online: online,
		Shelf: make([]itemJSON, 0, len(s.Shelf)), Sales: make([]saleJSON, 0, len(s.Sales)), Announcement: s.Announcement,
		Modes: modesJSON{s.Modes.MuteAll, s.Modes.CommentsOff, s.Modes.FollowersOnly, s.Modes.SlowSeconds},
	}
	if p := s.Pinned; p != nil {
		r.Comment = &commentJSON{p.ID, p.Text, p.Person, p.Name}
	}
	if w := s.Show; w != nil {
		r.Show = &showJSON{ShowID: w.ID, Title: w.Title, State: w.State, Rehearsal: w.Rehearsal, Version: w.Version, Host: s.Host}
		if !w.StartedAt.IsZero() {
			at := stamp(w.StartedAt)
			r.Show.StartedAt = &at
		}
	}
	for i := range s.Shelf {
		it := &s.Shelf[i]
		r.Shelf = append(r.Shelf, itemJSON{
			SKU: it.SKU, Product: it.Product, Title: it.Title, Price: it.Price, Currency: it.Currency,
			Left: it.Left(), Rank: it.Rank, ImageURL: it.ImageURL, Limit: it.PerPerson, Policy: it.Policy,
		})
		if e, ok := s.Explains[it.Product]; ok {
			r.Shelf[i].Explain = &explainJSON{e.State(), e.Count, e.ID}
		}
		if s.Show != nil && it.Product == s.Show.Pinned && r.Pinned == nil {
			pinned := r.Shelf[len(r.Shelf)-1]
			r.Pinned = &pinned
		}
	}
	for i := range s.Sales {
		f := &s.Sales[i]
		r.Sales = append(r.Sales, saleJSON{
			ID: f.ID, SKU: f.SKU, Price: f.Price, Qty: f.Qty, Left: f.Left(), Limit: f.PerPerson, State: f.State,
			StartsAt: stamp(f.StartsAt), EndsAt: stamp(f.EndsAt),
		})
	}
	r.Coupon, r.Packet, r.Draw = couponOf(s.Coupon), packetOf(s.Packet), drawOf(s.Draw)
	return encode(r)
}

// stateTimeout bounds a read that several wait for.
const stateTimeout = 5 * time.Second

// states reads the state of rooms for all who need it. A reader gets a state
// that was read after they asked, never an older one, and however many ask at
// once, a room is read at most once at a time: a storm of reconnects costs two
// reads, not ten thousand.
type states struct {
	read func(context.Context, live.RoomID) (json.RawMessage, error)

	mu    sync.Mutex
	rooms map[live.RoomID]*reading
}

// reading is a room that is being read, and those who came after it began.
type reading struct{ next *stateCall }

type stateCall struct {
	done chan struct{}
	room json.RawMessage
	err  error
}

func newStates(read func(context.Context, live.RoomID) (json.RawMessage, error)) *states {
	return &states{read: read, rooms: map[live.RoomID]*reading{}}
}

// get is the encoded room as of some moment after the call. The first caller
// reads in its own goroutine and under its own ctx; those who came meanwhile
// share one read that begins when that one has ended.
func (s *states) get(ctx context.Context, id live.RoomID) (json.RawMessage, error) {
	s.mu.Lock()
	now, busy := s.rooms[id]
	if busy {
		if now.next == nil {
			now.next = &stateCall{done: make(chan struct{})}
		}
		call := now.next
		s.mu.Unlock()
		select {
		case <-call.done:
			return call.room, call.err
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for the state of room %s: %w", id, ctx.Err())
		}
	}
	now = &reading{}
	s.rooms[id] = now
	s.mu.Unlock()
	defer s.finish(ctx, id, now)
	return s.read(ctx, id)
}

// finish starts the read that others wait for, if any.
func (s *states) finish(ctx context.Context, id live.RoomID, now *reading) {
	s.mu.Lock()
	call := now.next
	if call == nil {
		delete(s.rooms, id)
		s.mu.Unlock()
		return
	}
	now.next = nil
	s.mu.Unlock()
	go func() {
		// The waiters' deadlines are their own; this read has none of the first caller's.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stateTimeout)
		defer cancel()
		defer s.finish(ctx, id, now)
		call.room, call.err = s.read(ctx, id)
		close(call.done)
	}()
}
