package ws

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// conn is one client: who they are, what they may still send, and what is to be
// done with it. How frames come and go is the business of whatever carries it:
// a [duplex] with goroutines of its own, or a seat of a [shard].
type conn struct {
	*arrival
	srv    *Server
	out    outlet
	limits limiter
	facts  factLine
	beat   time.Time // of the last heartbeat or the join; belongs to the reader
}

// outlet is the way back to a client. Its methods may be called by anybody and
// never wait for the client.
type outlet interface {
	// send sends an ack, or drops it if the connection has ended.
	send(frame []byte)
	// hangUp makes the connection end, with a bye unless it is nil. The first
	// call counts.
	hangUp(bye *byeFrame)
	// ended reports whether hangUp was called.
	ended() bool
}

func (c *conn) init(s *Server, a *arrival, n *lane, out outlet) {
	c.arrival, c.srv, c.out, c.beat = a, s, out, s.now()
	c.facts.init(c, n)
}

func (c *conn) send(frame []byte)    { c.out.send(frame) }
func (c *conn) hangUp(bye *byeFrame) { c.out.hangUp(bye) }

// counted reports whether the connection is a viewer's: staff are not viewers.
func (a *arrival) counted() bool { return a.who.Role == live.RoleViewer }

// person is whom the connection's facts are about.
func (a *arrival) person() live.PersonID { return live.PersonID(a.who.Subject) }

// countedPerson is who is online by this connection, empty for staff.
func (a *arrival) countedPerson() live.PersonID {
	if !a.counted() {
		return ""
	}
	return a.person()
}

// joinOptions say to the hub who joins.
func (a *arrival) joinOptions() hub.JoinOptions {
	o := hub.JoinOptions{Class: a.class, Person: a.countedPerson()}
	if a.returns && a.known {
		o.Since, o.HasSince = a.since, true
	}
	return o
}

// opening makes what opens the conversation: the welcome, and the frames that a
// returning client missed.
func (s *Server) opening(a *arrival, j hub.Joined) (w welcomeFrame, missed [][]byte, err error) {
	ctx, cancel := s.deadline()
	defer cancel()
	// Asked after joining: whoever is sent out from here on is told by the hub, as
	// is what happens in the room.
	person := a.countedPerson()
	seen, err := s.states.get(ctx, a.room, person)
	if err == nil {
		err = seen.banned[person]
	}
	if err != nil {
		return w, nil, err
	}
	replay := s.missed.of(ctx, a, &j)
	w = welcomeFrame{
		Type: "welcome", SessionID: s.deps.NewID(), Role: a.who.Role,
		Epoch: s.deps.Hub.Epoch(), Offset: j.Offset, Room: seen.room, Recovered: replay != nil,
	}
	if a.class != hub.ClassViewer && s.deps.Brief != nil && seen.show != "" {
		if w.Brief, err = s.deps.Brief(ctx, a.room.Merchant, seen.show); err != nil {
			return w, nil, err
		}
	}
	if replay != nil {
		// The client stands where it was until the frames that follow have moved it.
		if missed = replay.For(person); len(missed) > 0 {
			w.Offset = a.since
		}
	}
	return w, missed, nil
}

// gap is the frame that stands for what a slow client did not get.
func (s *Server) gap(room live.Room, g hub.Gap) ([]byte, error) {
	ctx, cancel := s.deadline()
	defer cancel()
	seen, err := s.states.get(ctx, room, "")
	if err != nil {
		return nil, err
	}
	return encode(gapFrame{Type: "gap", Missed: g.Missed, Epoch: s.deps.Hub.Epoch(), Offset: g.Offset, Room: seen.room}), nil
}

// entry is the data of room_entered.
type entry struct {
	Resumed bool   `json:"resumed"`
	Network string `json:"network,omitempty"`
	Agent   string `json:"agent,omitempty"`
}

// entered and left are what the server states about a viewer.
func (c *conn) entered() {
	if c.counted() {
		c.facts.push(fact{event: c.own(live.RoomEntered, encode(entry{c.returns, c.network, c.agent})), door: live.FromSystem})
	}
}

func (c *conn) left(reason string) {
	if c.counted() {
		c.facts.push(fact{event: c.own(live.RoomLeft, encode(map[string]string{"reason": reason})), door: live.FromSystem})
	}
}

// goingAway is the bye of a shutdown, with the client's own wait.
func (s *Server) goingAway() byeFrame {
	bye := newBye(CloseGoingAway, "going_away")
	bye.RetryAfterMS = rand.Int64N(s.deps.Timing.Spread.Milliseconds() + 1)
	return bye
}

// joinRefused is the bye of a connection that was upgraded but cannot join.
func (s *Server) joinRefused(room live.RoomID, err error) byeFrame {
	if errors.Is(err, hub.ErrClosed) {
		return s.goingAway()
	}
	e, known := refusal(err)
	if !known {
		s.deps.Logger.Error("joining a room", "room_id", room, "error", err)
	}
	return newBye(CloseCodeOf(e), e.Code)
}

// deadline is the context of one piece of domain work: fiber's own would never end.
func (s *Server) deadline() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), s.deps.Timing.Request)
}
