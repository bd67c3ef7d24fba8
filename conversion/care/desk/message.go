package desk

import (
	"context"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Message is one thing said in a session. N counts from 1 without gaps.
type Message struct {
	Session string
	N       int64
	ID      string // of whoever said it: said again it is the same
	By      care.By
	Kind    care.MessageKind
	Agent   string // who said it, if an agent did
	Text    string
	At      time.Time
	Replay  bool // it was said before
}

// Say is something to be said in a session.
type Say struct {
	Merchant live.MerchantID
	Session  string
	ID       string // empty: a new one is made
	Kind     care.MessageKind
	Text     string
}

// Limits of what one person may say and open.
const (
	// sayWindow and sayMost let a person type as fast as they can think.
	sayWindow = time.Minute
	sayMost   = 30
	// openWindow and openMost bound how many sessions a person opens.
	openWindow = time.Hour
	openMost   = 20
)

const messageColumns = `session_id, n, message_id, said_by, kind, agent_id, text, at`

func scanMessage(r store.Scanner) (m Message, err error) {
	var at int64
	err = r.Scan(&m.Session, &m.N, &m.ID, &m.By, &m.Kind, &m.Agent, &m.Text, &at)
	m.At = store.Time(at)
	return m, err
}

// Say takes a message from the person of a session or from the agent who has it.
// A person who speaks to a session that was closed within a day opens it again.
// Codes: "session_not_found", "session_closed", "session_not_assigned" (agents
// accept before they speak), "rate_limited", "invalid_field".
func (d *Desk) Say(ctx context.Context, by live.Principal, in Say) (out Message, s Session, err error) {
	if err := in.check(d, by); err != nil {
		return Message{}, Session{}, err
	}
	err = d.change(ctx, in.Merchant, by, func(c *change) error {
		if s, err = reach(c.Querier, in.Merchant, by, in.Session); err != nil {
			return err
		}
		out, err = c.say(&s, in)
		if err != nil || out.Replay {
			return err
		}
		return c.save(&s)
	})
	if err != nil {
		return Message{}, Session{}, err
	}
	return out, s, nil
}

func (in *Say) check(d *Desk, by live.Principal) error {
	if in.ID == "" {
		in.ID = d.cfg.NewID()
	}
	if in.Kind == "" {
		in.Kind = care.KindChat
	}
	switch {
	case !live.ValidID(in.ID):
		return validID("message_id", in.ID)
	case !in.Kind.Valid():
		return live.Invalid("invalid_field", "kind", "must be share, qa, recommend, care, notice or chat")
	case speaker(by) == care.ByViewer && in.Kind != care.KindChat:
		return live.Invalid("invalid_field", "kind", "is for agents; a person just talks")
	}
	return care.CheckText("text", in.Text, care.MaxMessageRunes)
}

// speaker is as whom somebody speaks: a viewer, and a shop or group that passes on
// what a person said, for the person; staff as an agent.
func speaker(by live.Principal) care.By {
	if by.Role == live.RoleViewer || by.Role == live.RoleIntegration {
		return care.ByViewer
	}
	return care.ByAgent
}

// say takes a message in; the session is left to be saved by the caller.
func (c *change) say(s *Session, in Say) (Message, error) {
	had, err := scanMessage(c.Row(`SELECT `+messageColumns+` FROM service_messages WHERE merchant_id = ? AND session_id = ? AND message_id = ?`, string(c.m), s.ID, in.ID))
	if err == nil {
		had.Replay = true
		return had, nil
	}
	if !none(err) {
		return had, fmt.Errorf("look for a message: %w", err)
	}
	if speaker(c.by) == care.ByAgent {
		return c.agentSays(s, in)
	}
	if err := c.pace(s); err != nil {
		return had, err
	}
	if s.State == care.StateClosed {
		if c.Now().Sub(s.ClosedAt) > care.MaxReopening {
			return had, live.Conflict("session_closed", "the session was closed; open a new one")
		}
		if err := c.reopen(s); err != nil {
			return had, err
		}
	}
	m, err := c.put(s, care.ByViewer, in, c.asker(s))
	if err != nil {
		return m, err
	}
	if s.Waiting.IsZero() {
		s.Waiting = c.Now()
	}
	if s.State == care.StateBot {
		err = c.botTurn(s, in.Text)
	}
	return m, err
}

// asker is the person of a session as the actor of what they say, whoever passes
// it on.
func (c *change) asker(s *Session) live.Actor {
	if c.by.Role == live.RoleViewer {
		return c.by.Actor()
	}
	return live.Actor{ID: string(s.Person), Role: live.RoleViewer}
}

// agentSays takes the word of the agent who has the session. The first is what
// the person waited for.
func (c *change) agentSays(s *Session, in Say) (Message, error) {
	if s.State == care.StateClosed {
		return Message{}, live.Conflict("session_closed", "the session is closed")
	}
	if s.Agent != c.by.Subject {
		return Message{}, live.Conflict("session_not_assigned", "accept the session before you speak in it")
	}
	m, err := c.put(s, care.ByAgent, in, c.by.Actor())
	if err != nil {
		return m, err
	}
	s.Waiting = time.Time{}
	if !s.RepliedAt.IsZero() || s.Initiated == care.ByAgent && s.Messages == 1 {
		return m, nil
	}
	return m, c.replied(s)
}

// replied notes the first word of a human.
func (c *change) replied(s *Session) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	s.RepliedAt = c.Now()
	s.Reply, s.ReplyBusiness = s.RepliedAt.Sub(s.OpenedAt), set.Hours.Between(s.OpenedAt, s.RepliedAt)
	return c.emit(live.ServiceFirstReplied, s, c.by.Actor(), map[string]any{
		"agent_id": s.Agent, "wall_ms": s.Reply.Milliseconds(), "business_ms": s.ReplyBusiness.Milliseconds(), "breached": !s.ReplyBreached.IsZero(),
	})
}

// put writes a message and what tells of it.
func (c *change) put(s *Session, by care.By, in Say, actor live.Actor) (Message, error) {
	s.Messages++
	s.LastAt = c.Now()
	m := Message{Session: s.ID, N: s.Messages, ID: in.ID, By: by, Kind: in.Kind, Text: in.Text, At: c.Now()}
	if by == care.ByAgent {
		m.Agent = c.by.Subject
	}
	if _, err := c.Exec(`INSERT INTO service_messages (merchant_id, `+messageColumns+`, person_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(c.m), m.Session, m.N, m.ID, string(m.By), string(m.Kind), m.Agent, m.Text, store.Millis(m.At), string(s.Person)); err != nil {
		return m, fmt.Errorf("write a message: %w", err)
	}
	data := map[string]any{"message_id": m.ID, "n": m.N, "by": m.By, "kind": m.Kind, "text": m.Text}
	if m.Agent != "" {
		data["agent_id"] = m.Agent
	}
	if err := c.emit(live.ServiceMessageSent, s, actor, data); err != nil {
		return m, err
	}
	return m, c.turn(s, turnMessage, s.Agent, "", m.N, "")
}

// pace refuses a person who says too much at once.
func (c *change) pace(s *Session) error {
	var n, oldest int64
	since := c.Now().Add(-sayWindow)
	if err := c.Row(`SELECT COUNT(*), COALESCE(MIN(at), 0) FROM service_messages WHERE merchant_id = ? AND session_id = ? AND n > ? AND said_by = 'viewer' AND at > ?`,
		string(c.m), s.ID, s.Messages-4*sayMost, store.Millis(since)).Scan(&n, &oldest); err != nil {
		return fmt.Errorf("count messages: %w", err)
	}
	if n >= sayMost {
		return live.RateLimited(max(store.Time(oldest).Sub(since), time.Millisecond), "at most %d messages a minute", sayMost)
	}
	return nil
}

// Messages reads what was said in a session after a number, oldest first, at most
// so many. Codes: "session_not_found".
func (d *Desk) Messages(ctx context.Context, m live.MerchantID, by live.Principal, session string, after int64, most int) ([]Message, error) {
	q := d.cfg.Store.View(ctx)
	if _, err := reach(q, m, by, session); err != nil {
		return nil, err
	}
	rows, err := q.Query(`SELECT `+messageColumns+` FROM service_messages WHERE merchant_id = ? AND session_id = ? AND n > ? ORDER BY n LIMIT ?`, string(m), session, after, most)
	list, err := store.Collect(rows, err, scanMessage)
	if err != nil {
		return nil, fmt.Errorf("read messages: %w", err)
	}
	return list, nil
}
