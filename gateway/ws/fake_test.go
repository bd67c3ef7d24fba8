package ws_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// fakeLog accepts facts in memory and feeds the hub, as ingest, the log and
// cmd's reader do together.
type fakeLog struct {
	hub *hub.Hub

	mu     sync.Mutex
	events []live.Event
	seen   map[string]live.EventID
	doors  map[live.Origin]int
	calls  int
	hold   chan struct{} // not nil: Ingest waits for it before it is "durable"
	fail   error
}

func (l *fakeLog) Ingest(ctx context.Context, door live.Origin, evs []live.Event) ([]live.Receipt, error) {
	l.mu.Lock()
	hold, fail := l.hold, l.fail
	l.calls++
	l.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	if hold != nil {
		select {
		case <-hold:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doors[door] += len(evs)
	out := make([]live.Receipt, 0, len(evs))
	for _, e := range evs {
		status := live.Accepted
		if e.ID == "" {
			e.ID = live.EventID(fmt.Sprintf("ev-%d", len(l.events)+1))
		} else {
			key := e.Source + "\x00" + string(e.ID)
			if _, ok := l.seen[key]; ok {
				out = append(out, live.Receipt{EventID: e.ID, Status: live.Duplicate})
				continue
			}
			l.seen[key] = e.ID
		}
		e.ReceivedAt = e.OccurredAt
		l.add(e)
		out = append(out, live.Receipt{EventID: e.ID, Status: status})
	}
	return out, nil
}

// add logs an event; the caller holds the lock.
func (l *fakeLog) add(e live.Event) uint64 {
	l.events = append(l.events, e)
	entry := live.Entry{Position: live.Position{Seq: uint64(len(l.events))}, Event: e}
	if m, ok := ws.MessageOf(entry); ok {
		l.hub.Publish(e.Room, []hub.Message{m})
	}
	return entry.Position.Offset()
}

// state logs an event of the system's own.
func (l *fakeLog) state(e live.Event) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e.ID == "" {
		e.ID = live.EventID(fmt.Sprintf("ev-%d", len(l.events)+1))
	}
	return l.add(e)
}

func (l *fakeLog) all(kind live.Kind) (out []live.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if kind == "" || e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// Range makes the log the history of the room.
func (l *fakeLog) Range(_ context.Context, room live.RoomID, after, until uint64) (msgs []hub.Message, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, e := range l.events {
		p := live.Position{Seq: uint64(i + 1)}
		if o := p.Offset(); e.Room != room || o <= after || o > until {
			continue
		}
		if m, ok := ws.MessageOf(live.Entry{Position: p, Event: e}); ok {
			msgs = append(msgs, m)
		}
	}
	return msgs, true
}

// fakeStore is one room with one show.
type fakeStore struct {
	mu       sync.Mutex
	room     live.Room
	show     *live.Show
	shelf    []live.Item
	banned   map[live.PersonID]string
	commands []live.Command
	orders   []live.PlaceOrder
	coupon   *live.CouponDrop
	packet   *live.RedPacket
	draw     *live.Draw
	claims   []live.ClaimCoupon
	watches  []live.Watch
	reads    int
	asked    int // how often somebody asked what is on air
	down     error
}

func (s *fakeStore) Room(_ context.Context, id live.RoomID) (live.Room, error) {
	if id != s.room.ID {
		return live.Room{}, live.NotFound("room_not_found", "there is no such room")
	}
	return s.room, nil
}

func (s *fakeStore) RoomState(context.Context, live.RoomID) (live.RoomState, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	st := live.RoomState{Room: s.room, Shelf: s.shelf, Coupon: s.coupon, Packet: s.packet, Draw: s.draw, Announcement: "hello"}
	if s.show != nil {
		show := *s.show
		st.Show = &show
	}
	return st, s.down
}

func (s *fakeStore) OnAir(live.RoomID) (live.Show, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.show == nil || !s.show.State.OnAir() {
		return live.Show{}, false
	}
	return *s.show, true
}

func (s *fakeStore) Execute(_ context.Context, c live.Command) (live.CommandResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return live.CommandResult{}, s.down
	}
	if c.Name == live.StartShow {
		e := live.Conflict("wrong_state", "start_show is not possible while the show is live")
		e.Data = map[string]any{"state": "live"}
		return live.CommandResult{Err: e}, nil
	}
	replay := false
	for _, old := range s.commands {
		replay = replay || old.ID == c.ID
	}
	s.commands = append(s.commands, c)
	return live.CommandResult{Show: s.show.ID, State: s.show.State, Version: 7, Event: "ev-c", Replay: replay}, nil
}

func (s *fakeStore) PlaceOrder(_ context.Context, o live.PlaceOrder) (live.PlacedOrder, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders = append(s.orders, o)
	if o.Lines[0].Qty == 0 {
		return live.PlacedOrder{}, live.Invalid("invalid_field", "lines[0].qty", "must be 1 or more")
	}
	if o.Lines[0].SKU == "gone" {
		return live.PlacedOrder{}, live.Conflict("out_of_stock", "gone is sold out")
	}
	return live.PlacedOrder{ID: "o1", State: live.OrderUnpaid, Total: 19900, Currency: "CNY", ExpiresAt: o.At.Add(15 * time.Minute)}, nil
}

func (s *fakeStore) JoinWaitlist(_ context.Context, w live.JoinWaitlist) (live.WaitPlace, error) {
	if w.SKU != "k1" {
		return live.WaitPlace{}, live.Conflict("not_on_shelf", "no %s", w.SKU)
	}
	return live.WaitPlace{SKU: w.SKU, Person: live.PersonID(w.Person.Subject), Qty: w.Qty, State: live.Waiting, Ahead: 2}, nil
}

func (s *fakeStore) ClaimCoupon(_ context.Context, w live.ClaimCoupon) (live.Coupon, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.claims = append(s.claims, w)
	if w.Batch != "b1" {
		return live.Coupon{}, live.Conflict("coupon_not_dropped", "no %s", w.Batch)
	}
	return live.Coupon{ID: "c1", Batch: w.Batch, ExpiresAt: time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC), Replay: w.Claim == "again"}, nil
}

func (s *fakeStore) ClaimPacket(_ context.Context, w live.ClaimPacket) (live.PacketShare, error) {
	if w.Packet != "p1" {
		return live.PacketShare{}, live.Conflict("no_red_packet", "no %s", w.Packet)
	}
	return live.PacketShare{Packet: "p1", Number: 3, Minor: 77, Currency: "CNY", Replay: w.Claim == "again"}, nil
}

func (s *fakeStore) EnterDraw(_ context.Context, w live.EnterDraw) (live.DrawEntered, error) {
	if w.Draw != "d1" {
		return live.DrawEntered{}, live.Conflict("no_draw", "no %s", w.Draw)
	}
	return live.DrawEntered{Draw: "d1", Entry: live.DrawEntry("d1", live.PersonID(w.By.Subject), w.Nonce), Nonce: w.Nonce, State: live.EntryIn}, nil
}

func (s *fakeStore) Watched(w live.Watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watches = append(s.watches, w)
}

func (s *fakeStore) CancelOrder(_ context.Context, _ live.MerchantID, id live.OrderID, by live.Principal, _ time.Time) (live.Order, error) {
	if id != "o1" || by.Subject != "v1" {
		return live.Order{}, live.NotFound("order_not_found", "there is no such order")
	}
	return live.Order{ID: id, State: live.OrderStateCanceled}, nil
}

func (s *fakeStore) ProductOf(_ context.Context, _ live.ShowID, sku live.SKUID) (live.ProductID, error) {
	return live.ProductID("product-of-" + sku), nil
}

func (s *fakeStore) BannedOf(_ context.Context, _ live.MerchantID, _ live.RoomID, people []live.PersonID) (map[live.PersonID]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[live.PersonID]error{}
	for _, p := range people {
		if code := s.banned[p]; code != "" {
			out[p] = live.Forbidden(code, "you are not let in")
		}
	}
	return out, nil
}
