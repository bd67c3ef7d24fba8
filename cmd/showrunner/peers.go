package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"showrunner/gateway/auth"
	"showrunner/live"
	"showrunner/live/bus"
	"showrunner/live/hub"
)

// openBus joins the servers that share the log, if there are others.
func (s *server) openBus() error {
	if s.cfg.Node == "" {
		return nil
	}
	var err error
	s.bus, err = bus.Open(bus.Config{
		URL: s.cfg.NATS, Node: s.cfg.Node, Machine: machine(), Crowds: s.crowds, Frames: s.rooms.heard, Now: s.now, Logger: s.log, Registerer: s.reg,
	})
	if err != nil {
		return err
	}
	s.rooms.join(s.hub, s.bus)
	s.life.start(part{name: "bus", run: s.bus.Run})
	s.life.start(part{name: "rooms of others", run: s.rooms.run})
	return nil
}

// machine names the kernel this server runs on, which containers of one host have
// in common as they have its processors. Without a name each server is taken to be
// on a machine of its own.
func machine() string {
	if boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		return strings.TrimSpace(string(boot))
	}
	name, err := os.Hostname()
	if err != nil || len(name) > 64 {
		return ""
	}
	return name
}

// crowds is who is on this server, as the others are told.
func (s *server) crowds() []bus.Crowd {
	here := s.hub.Crowds(bus.FewPersons)
	out := make([]bus.Crowd, len(here))
	for i := range here {
		out[i] = s.crowd(here[i])
	}
	s.sketches.forget(here)
	return out
}

// crowd is a crowd with the sketch of those who are too many to be named.
func (s *server) crowd(c hub.Crowd) bus.Crowd {
	out := crowdOf(c)
	if len(c.Names) < c.Persons {
		out.Sketch = s.sketches.of(c.Room, s.hub.Names, s.now())
	}
	return out
}

func crowdOf(c hub.Crowd) bus.Crowd {
	out := bus.Crowd{Room: c.Room, Sockets: c.Sockets, Persons: c.Persons}
	for _, p := range c.Names {
		out.Hashes = append(out.Hashes, bus.HashOf(p))
	}
	return out
}

// online is how many persons are in a room through all servers.
func (s *server) online(room live.RoomID) int {
	if s.bus == nil {
		return s.hub.Online(room)
	}
	return s.bus.Online(s.crowd(s.hub.Crowd(room, bus.FewPersons)))
}

// tickets are single-use whichever server they are shown to: the one that made
// a ticket keeps it, its name stands in it, and the others ask.
type tickets struct {
	own  *auth.TicketStore
	node string
	bus  *bus.Bus // nil: there are no others
}

// Names and bounds of asking for a ticket.
const (
	askTicket    = "ticket"
	ticketWithin = 2 * time.Second
)

func openTickets(own *auth.TicketStore, node string, b *bus.Bus) (*tickets, error) {
	t := &tickets{own: own, node: node, bus: b}
	if b == nil {
		return t, nil
	}
	return t, b.Answer(askTicket, t.answer)
}

// Issue makes a ticket that every server takes, once.
func (t *tickets) Issue(p live.Principal) (string, time.Time, error) {
	text, expires, err := t.own.Issue(p)
	if err == nil && t.bus != nil {
		text = t.node + "." + text
	}
	return text, expires, err
}

// redeemed is the answer of the server that made a ticket.
type redeemed struct {
	Principal *live.Principal `json:"principal,omitempty"`
	Code      string          `json:"code,omitempty"`
	Message   string          `json:"message,omitempty"`
}

// Redeem uses a ticket up, at the server that made it.
func (t *tickets) Redeem(text string) (live.Principal, error) {
	node, secret, named := strings.Cut(text, ".")
	if t.bus == nil || !named {
		return t.own.Redeem(text)
	}
	if node == t.node {
		return t.own.Redeem(secret)
	}
	ctx, cancel := context.WithTimeout(context.Background(), ticketWithin)
	defer cancel()
	raw, err := t.bus.Ask(ctx, node, askTicket, []byte(secret))
	if errors.Is(err, bus.ErrGone) {
		return live.Principal{}, live.Unauthenticated("ticket_invalid", "the ticket is unknown, used or older than %s", auth.TicketLife)
	}
	var a redeemed
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		return live.Principal{}, fmt.Errorf("%w: %w", live.Unavailable("ticket_unavailable", time.Second, "the server that made the ticket does not answer; ask for another"), err)
	}
	if a.Principal == nil {
		return live.Principal{}, live.Unauthenticated(a.Code, "%s", a.Message)
	}
	return *a.Principal, nil
}

// answer redeems a ticket for another server.
func (t *tickets) answer(secret []byte) []byte {
	var a redeemed
	p, err := t.own.Redeem(string(secret))
	if refusal, ok := errors.AsType[*live.Error](err); ok {
		a.Code, a.Message = refusal.Code, refusal.Message
	} else {
		a.Principal = &p
	}
	raw, err := json.Marshal(a)
	if err != nil {
		panic("BUG: a redeemed ticket cannot be encoded: " + err.Error())
	}
	return raw
}
