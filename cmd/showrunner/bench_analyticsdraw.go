package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"showrunner/live"
	"showrunner/live/sim"
)

// drawnShow is a show of the simulator as the facts a server would have made of
// it, in the order of the log. It is a [clickhouse.Reader], read once.
type drawnShow struct {
	show live.Show
	mu   sync.Mutex
	all  []live.Entry
	next int

	ranges int // how many were begun to be sent of it
}

const (
	// perViewer is about how many facts a viewer of a drawn show makes, the first
	// guess of [drawSized], which draws so many times.
	perViewer = 16
	drawings  = 8
	// mostViewers is how many the simulator draws.
	mostViewers = 100_000
)

// beatEvery is how often a viewer gives a sign of life.
const beatEvery = 30 * time.Second

// drawShow plays a script into facts that begin at a place of the log.
func drawShow(c sim.Config, show live.Show, from uint64) (*drawnShow, error) {
	script, err := sim.New(c)
	if err != nil {
		return nil, fmt.Errorf("draw a show: %w", err)
	}
	show.EndedAt = show.StartedAt.Add(script.Length)
	d := &drawer{show: show, rng: rand.New(rand.NewPCG(c.Seed, 77)), offers: map[live.SKUID]sim.Offer{}}
	for _, o := range slices.Concat(script.Shelf, script.Late) {
		d.offers[o.SKU] = o
	}
	d.say(0, live.ShowStarted, "host", "", live.RoleHost, nil)
	for _, seen := range script.Seen {
		who := seen.Stranger
		if seen.Person >= 0 {
			who = script.People[seen.Person].Key
		}
		d.say(seen.At, live.RoomExposed, who, seen.Channel, live.RoleViewer, map[string]any{"surface": "feed"})
	}
	for i := range script.People {
		if err := d.person(&script.People[i], script.Length); err != nil {
			return nil, err
		}
	}
	d.say(script.Length, live.ShowEnded, "host", "", live.RoleHost, nil)
	slices.SortStableFunc(d.events, func(a, b live.Event) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	out := &drawnShow{show: show}
	for i, e := range d.events {
		out.all = append(out.all, live.Entry{Position: live.Position{Seq: from + uint64(i/64), Index: uint32(i % 64)}, Event: e})
	}
	return out, nil
}

// drawSized draws a show of so many facts, within a twentieth: viewers are added
// or left out until it has them.
func drawSized(seed uint64, want int64, show live.Show, from uint64) (*drawnShow, error) {
	viewers := max(1, want/perViewer)
	for range drawings {
		s, err := drawShow(sim.Config{Seed: seed, Viewers: int(min(mostViewers, viewers)), Minutes: showLength}, show, from)
		if err != nil {
			return nil, err
		}
		got := int64(len(s.all))
		if missing := want - got; max(missing, -missing)*20 <= want {
			return s, nil
		}
		if viewers >= mostViewers && got < want {
			return nil, fmt.Errorf("%w: a show of %d viewers, the most that can be drawn, has %d facts, %d are asked for", errUsage, mostViewers, got, want)
		}
		viewers = min(mostViewers, max(1, viewers*want/got))
	}
	return nil, fmt.Errorf("%w: no show of %d facts can be drawn", errUsage, want)
}

type drawer struct {
	show   live.Show
	rng    *rand.Rand
	offers map[live.SKUID]sim.Offer
	events []live.Event
	orders int
}

// say states a fact some milliseconds after it happened.
func (d *drawer) say(at time.Duration, k live.Kind, who, channel string, role live.Role, data any) {
	e := live.Event{
		ID: d.id(at), Kind: k, Source: live.SourceSystem, Merchant: d.show.Merchant, Room: d.show.Room, Show: d.show.ID, Channel: channel,
		Actor: live.Actor{ID: who, Role: role}, OccurredAt: d.show.StartedAt.Add(at),
	}
	if role == live.RoleViewer || role == live.RoleSystem {
		e.Person = live.PersonID(who)
	}
	if role == live.RoleViewer {
		e.Source = "ws:" + who
	}
	e.ReceivedAt = e.OccurredAt.Add(time.Duration(5+d.rng.IntN(40)) * time.Millisecond)
	if data != nil {
		raw, err := json.Marshal(data)
		if err != nil {
			panic("BUG: the data of a drawn fact cannot be encoded: " + err.Error())
		}
		e.Data = raw
	}
	d.events = append(d.events, e)
}

// id is an identifier as the server makes them: a UUID of version 7.
func (d *drawer) id(at time.Duration) live.EventID {
	var u uuid.UUID
	ms := d.show.StartedAt.Add(at).UnixMilli()
	for i := range 6 {
		u[i] = byte(ms >> (40 - 8*i))
	}
	for i := 6; i < 16; i++ {
		u[i] = byte(d.rng.Uint32())
	}
	u[6], u[8] = u[6]&0x0f|0x70, u[8]&0x3f|0x80
	return live.EventID(u.String())
}

func (d *drawer) person(p *sim.Person, length time.Duration) error {
	leave := min(p.Leave, length)
	d.say(p.Arrive, live.RoomEntered, p.Key, p.Channel, live.RoleViewer, nil)
	for at := p.Arrive + beatEvery; at < leave; at += beatEvery {
		d.say(at, live.WatchHeartbeat, p.Key, "", live.RoleViewer, map[string]any{"visible": true, "watched_ms": beatEvery.Milliseconds()})
	}
	for i := range p.Acts {
		a := &p.Acts[i]
		switch {
		case a.Rejoin:
		case a.Buy != nil:
			if err := d.buy(p, a); err != nil {
				return err
			}
		default:
			d.say(a.At, a.Fact, p.Key, p.Channel, live.RoleViewer, a.Data)
		}
	}
	d.say(leave, live.RoomLeft, p.Key, "", live.RoleViewer, nil)
	return nil
}

// buy is an order and what became of it, as the order book tells it.
func (d *drawer) buy(p *sim.Person, a *sim.Act) error {
	d.orders++
	id := live.OrderID(fmt.Sprintf("%s-o%d", d.show.ID, d.orders))
	created := live.OrderFact{
		Kind: live.OrderCreated, At: d.show.StartedAt.Add(a.At), Source: "shop", Show: d.show.ID, Room: d.show.Room, Person: live.PersonID(p.Key), Currency: d.show.Currency,
	}
	var due int64
	for i, l := range a.Buy.Lines {
		o := d.offers[l.SKU]
		l.ID, l.Product, l.Goods = fmt.Sprint("l", i+1), o.Product, o.Price*l.Qty
		due += l.Goods
		created.Lines = append(created.Lines, l)
	}
	facts := []live.OrderFact{created}
	tell := func(at time.Duration) error {
		before := live.FoldOrder(d.show.Merchant, id, facts[:len(facts)-1])
		after := live.FoldOrder(d.show.Merchant, id, facts)
		d.say(at, facts[len(facts)-1].Kind, p.Key, "", live.RoleSystem, map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, after))})
		return nil
	}
	if len(created.Lines) == 0 || due <= 0 {
		return nil
	}
	if err := tell(a.At); err != nil || a.Buy.PayAfter <= 0 {
		return err
	}
	paidAt := a.At + a.Buy.PayAfter
	facts = append(facts, live.OrderFact{Kind: live.OrderPaid, ID: "pay", At: d.show.StartedAt.Add(paidAt), Source: "shop", PaidMinor: due, Currency: d.show.Currency})
	return tell(paidAt)
}

// Next gives what was not given yet.
func (s *drawnShow) Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	s.mu.Lock()
	out := s.all[s.next:min(s.next+min(limit, live.MaxBatch), len(s.all))]
	s.next += len(out)
	s.mu.Unlock()
	if len(out) > 0 {
		return out, ctx.Err()
	}
	return nil, sleepFor(ctx, wait)
}

// Position is that of what Next gives next.
func (s *drawnShow) Position() live.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next < len(s.all) {
		return s.all[s.next].Position
	}
	return s.end()
}

func (s *drawnShow) end() live.Position {
	return live.Position{Seq: s.all[len(s.all)-1].Position.Seq + 1}
}

// Checkpoint is the beginning: a show is read once.
func (s *drawnShow) Checkpoint() (live.Position, []byte) { return live.Position{}, nil }

// Commit counts the ranges, each of which is noted before it is sent, and forgets
// them: what was read is not read again.
func (s *drawnShow) Commit(_ context.Context, _ live.Position, note []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(note) > 0 {
		s.ranges++
	}
	return nil
}
