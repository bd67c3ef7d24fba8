package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// TurnKind is what a turn is about.
type TurnKind string

// What agents are told.
const (
	turnSession TurnKind = "session" // its state, agent, tags or rating changed
	turnMessage TurnKind = "message"
	turnQueue   TurnKind = "queue" // it waits for an agent
	turnSLA     TurnKind = "sla"   // a promise was broken
)

// TurnKinds lists them: each is a frame of the agents' websocket.
var TurnKinds = []TurnKind{turnSession, turnMessage, turnQueue, turnSLA}

// Turn is one thing an agent ought to learn. N grows by one within a merchant, in
// the order in which things happened.
type Turn struct {
	N       int64
	Kind    TurnKind
	At      time.Time
	Clock   string   // of an sla turn: first_response or resolution
	Session Session  // as it is now
	Message *Message // of a message turn
	// Gone says that the session is not the reader's any more: what is told of it
	// is its name alone.
	Gone bool
	// Offered says that the reader may accept the session and has not: they are
	// told of it without what was said.
	Offered bool
}

// turn writes what agents are told: whose the session is, whose it was, and who is
// wanted, as of then.
func (c *change) turn(s *Session, kind TurnKind, agent, past string, message int64, detail string) error {
	if _, err := c.Exec(`INSERT INTO service_turn_numbers (merchant_id, n) VALUES (?, 1) ON CONFLICT (merchant_id) DO UPDATE SET n = service_turn_numbers.n + 1`, string(c.m)); err != nil {
		return fmt.Errorf("count a turn: %w", err)
	}
	if _, err := c.Exec(`INSERT INTO service_turns (merchant_id, n, session_id, kind, agent_id, past_agent, persona, message_n, detail, at)
		SELECT merchant_id, n, ?, ?, ?, ?, ?, ?, ?, ? FROM service_turn_numbers WHERE merchant_id = ?`,
		s.ID, string(kind), agent, past, string(s.Persona), message, detail, store.Millis(c.Now()), string(c.m)); err != nil {
		return fmt.Errorf("write a turn: %w", err)
	}
	return nil
}

// Reader is who follows the turns.
type Reader struct {
	Merchant live.MerchantID
	By       live.Principal
	All      bool // every session of the merchant; for who supervises
}

// Turns are those after a number that concern the reader, at most so many read, and
// the number up to which they were looked through. Complete is false if older ones
// than were asked for are not kept any more: then [Desk.Mine] tells how things are.
func (d *Desk) Turns(ctx context.Context, r Reader, after int64, most int) (list []Turn, next int64, complete bool, err error) {
	err = d.cfg.Store.Snapshot(ctx, func(q store.Querier) error {
		list, next, complete = nil, after, true
		head, first, err := turnSpan(q, r.Merchant)
		if err != nil {
			return err
		}
		if after > head || after+1 < first {
			next, complete = head, false
			return nil
		}
		me, err := findAgent(q, r.Merchant, r.By.Subject)
		if err != nil && !isNotFound(err) {
			return err
		}
		rows, err := q.Query(`SELECT n, kind, session_id, agent_id, past_agent, persona, message_n, detail, at FROM service_turns WHERE merchant_id = ? AND n > ? ORDER BY n LIMIT ?`,
			string(r.Merchant), after, most)
		raw, err := store.Collect(rows, err, scanTurn)
		if err != nil {
			return fmt.Errorf("read turns: %w", err)
		}
		known := map[string]*Session{}
		for i := range raw {
			t := &raw[i]
			next = t.N
			ok, err := r.fill(q, t, &me, known)
			if err != nil {
				return err
			}
			if ok {
				list = append(list, t.Turn)
			}
		}
		return nil
	})
	return list, next, complete, err
}

// rawTurn is a turn as it was written.
type rawTurn struct {
	Turn
	session, agent, past string
	persona              care.Persona
	message              int64
}

func scanTurn(s store.Scanner) (t rawTurn, err error) {
	var at int64
	err = s.Scan(&t.N, &t.Kind, &t.session, &t.agent, &t.past, &t.persona, &t.message, &t.Clock, &at)
	t.At = store.Time(at)
	return t, err
}

// fill decides whether a turn is for the reader and gives it its session and
// message as they may see them.
func (r *Reader) fill(q store.Querier, t *rawTurn, me *Agent, known map[string]*Session) (bool, error) {
	s := known[t.session]
	if s == nil {
		found, err := findSession(q, r.Merchant, t.session)
		if isNotFound(err) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		s = &found
		known[t.session] = s
	}
	id := r.By.Subject
	hand := care.Hand{Personas: me.Personas}
	mine := t.agent == id || t.past == id || s.Agent == id || s.Agent == "" && s.LastAgent == id
	if r.By.Rooms != nil && !slices.Contains(r.By.Rooms, s.Room) {
		return false, nil
	}
	switch {
	case r.All && supervises(r.By):
	case mine && s.Agent != id && (s.Agent != "" || s.LastAgent != id):
		t.Gone = true
		t.Session = Session{Merchant: s.Merchant, ID: s.ID}
		return t.Kind != turnMessage, nil
	case mine:
	case me.State == AgentLeft || t.Kind == turnMessage || t.Kind == turnSLA || s.QueuedAt.IsZero() || !hand.Plays(t.persona):
		return false, nil
	case s.State == care.StateQueued && hand.Plays(s.Persona):
		t.Offered = true
	case t.Kind == turnQueue || t.past == "":
		// What was offered is taken, or over.
		t.Gone = true
		t.Session = Session{Merchant: s.Merchant, ID: s.ID}
		return true, nil
	default:
		return false, nil
	}
	t.Session = *s
	if t.message == 0 || t.Offered {
		return true, nil
	}
	m, err := scanMessage(q.Row(`SELECT `+messageColumns+` FROM service_messages WHERE merchant_id = ? AND session_id = ? AND n = ?`, string(r.Merchant), t.session, t.message))
	if err != nil {
		return false, fmt.Errorf("read the message of a turn: %w", err)
	}
	t.Message = &m
	return true, nil
}

// turnSpan is the last turn of a merchant and the first that is kept.
func turnSpan(q store.Querier, m live.MerchantID) (head, first int64, err error) {
	if err := q.Row(`SELECT n FROM service_turn_numbers WHERE merchant_id = ?`, string(m)).Scan(&head); err != nil && !none(err) {
		return 0, 0, fmt.Errorf("read the last turn: %w", err)
	}
	if err := q.Row(`SELECT COALESCE(MIN(n), ?) FROM service_turns WHERE merchant_id = ?`, head+1, string(m)).Scan(&first); err != nil {
		return 0, 0, fmt.Errorf("read the first turn: %w", err)
	}
	return head, first, nil
}

// Mine is how things are for an agent: the sessions they have, those they may
// accept, and the number of the last turn that is in it.
func (d *Desk) Mine(ctx context.Context, r Reader) (mine, offered []Session, head int64, err error) {
	err = d.cfg.Store.Snapshot(ctx, func(q store.Querier) error {
		mine, offered = nil, nil
		if head, _, err = turnSpan(q, r.Merchant); err != nil {
			return err
		}
		me, err := findAgent(q, r.Merchant, r.By.Subject)
		if err != nil && !isNotFound(err) {
			return err
		}
		var w store.Where
		w.Add("merchant_id = ?", string(r.Merchant))
		if r.All && supervises(r.By) {
			w.Add("state <> 'closed'")
		} else {
			w.Add("(state = 'assigned' AND agent_id = ? OR state = 'queued')", r.By.Subject)
		}
		if r.By.Rooms != nil {
			store.WhereIn(&w, "room_id", r.By.Rooms)
		}
		rows, err := q.Query(`SELECT `+sessionColumns+` FROM service_sessions`+w.SQL()+` ORDER BY queued_at, session_id LIMIT ?`, w.Args(mostMine)...)
		all, err := store.Collect(rows, err, scanSession)
		if err != nil {
			return fmt.Errorf("read the sessions of an agent: %w", err)
		}
		hand := care.Hand{Personas: me.Personas}
		for i := range all {
			switch s := &all[i]; {
			case s.State != care.StateQueued:
				mine = append(mine, *s)
			case hand.Plays(s.Persona):
				offered = append(offered, *s)
			}
		}
		return nil
	})
	return mine, offered, head, err
}

// mostMine bounds what an agent who comes back is shown at once.
const mostMine = 500
