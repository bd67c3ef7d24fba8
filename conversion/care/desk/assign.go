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

// queue puts a session where the next free agent finds it. The promises run from
// the first time a human was needed: who is passed on does not wait anew.
func (c *change) queue(s *Session) error {
	past := s.Agent
	s.State, s.Agent = care.StateQueued, ""
	if err := c.complaintsTo(s, past, s.LastAgent); err != nil {
		return err
	}
	if s.QueuedAt.IsZero() {
		set, err := c.settings()
		if err != nil {
			return err
		}
		s.QueuedAt = c.Now()
		s.ReplyDue, _ = set.Hours.Add(s.QueuedAt, set.FirstResponse)
		s.ResolveDue, _ = set.Hours.Add(s.QueuedAt, set.Resolution)
	}
	// Written at once: what an agent has is counted from it.
	if err := c.save(s); err != nil {
		return err
	}
	if err := c.turn(s, turnQueue, "", past, 0, ""); err != nil {
		return err
	}
	return c.place(s)
}

// place gives a queued session to an agent, if there is one for it.
func (c *change) place(s *Session) error {
	hands, err := c.hands()
	if err != nil {
		return err
	}
	owner, err := ownerOf(c.Querier, c.m, s.Person)
	if err != nil {
		return err
	}
	agent, ok := care.Pick(s.without(hands), s.Persona, owner, s.LastAgent)
	if !ok {
		return nil
	}
	return c.give(s, agent)
}

// without leaves out who passed the session on, as long as somebody else who is
// there could take it, now or when they have room.
func (s *Session) without(hands []care.Hand) []care.Hand {
	if s.avoid == "" {
		return hands
	}
	others := slices.DeleteFunc(slices.Clone(hands), func(h care.Hand) bool { return h.Agent == s.avoid })
	if slices.ContainsFunc(others, func(h care.Hand) bool { return h.Plays(s.Persona) }) {
		return others
	}
	return hands
}

// give makes a session an agent's. The first agent of a person who is nobody's
// has them from then on.
func (c *change) give(s *Session, agent string) error {
	past, last := s.Agent, s.LastAgent
	if past != "" {
		last = past
	}
	if err := c.complaintsTo(s, last, agent); err != nil {
		return err
	}
	s.State, s.Agent, s.LastAgent, s.avoid, s.AssignedAt = care.StateAssigned, agent, agent, "", c.Now()
	if _, err := c.Exec(`UPDATE service_agents SET idle_since = ? WHERE merchant_id = ? AND agent_id = ?`, store.Millis(c.Now()), string(c.m), agent); err != nil {
		return fmt.Errorf("note an assignment: %w", err)
	}
	owner, err := ownerOf(c.Querier, c.m, s.Person)
	if err != nil {
		return err
	}
	if owner == "" {
		if err := c.own(s.Person, agent, system); err != nil {
			return err
		}
	}
	name, err := c.nameOf(agent)
	if err != nil {
		return err
	}
	// The session is written at once: the load of the agent is counted from it.
	if err := c.save(s); err != nil {
		return err
	}
	if err := c.givenTo(s, agent); err != nil {
		return err
	}
	if err := c.emit(live.ServiceAssigned, s, live.Actor{ID: agent, Name: name, Role: live.RoleAgent}, map[string]any{"agent_id": agent, "agent_name": name}); err != nil {
		return err
	}
	return c.turn(s, turnSession, agent, past, 0, "")
}

// complaintsTo gives the complaints of a session to who has it now.
func (c *change) complaintsTo(s *Session, from, to string) error {
	if c.desk.cfg.Complaints == nil {
		return nil
	}
	return c.desk.cfg.Complaints.SessionTo(c.Tx, c.m, s.ID, from, to)
}

// seenWithin is how long an agent is taken to be there after their server last
// said so. Servers say so three times in that.
const seenWithin = 45 * time.Second

// hands are the agents who are there, with what they have.
func (c *change) hands() ([]care.Hand, error) {
	rows, err := c.Query(`SELECT agent_id, personas, capacity, idle_since,
			(SELECT COUNT(*) FROM service_sessions s WHERE s.merchant_id = a.merchant_id AND s.agent_id = a.agent_id AND s.state = 'assigned')
		FROM service_agents a WHERE merchant_id = ? AND state = 'online' AND seen_at > ? ORDER BY agent_id`,
		string(c.m), store.Millis(c.Now().Add(-seenWithin)))
	list, err := store.Collect(rows, err, func(r store.Scanner) (h care.Hand, err error) {
		var idle int64
		var personas string
		if err = r.Scan(&h.Agent, &personas, &h.Capacity, &idle, &h.Open); err != nil {
			return h, err
		}
		h.Idle = store.Time(idle)
		h.Personas, err = listed[care.Persona](personas)
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("read who is there: %w", err)
	}
	return list, nil
}

// mostPlaced bounds what one transaction gives out, so that orders do not wait.
const mostPlaced = 100

// placeAll gives out what waits, first come first served.
func (c *change) placeAll() error {
	rows, err := c.Query(`SELECT `+sessionColumns+` FROM service_sessions WHERE merchant_id = ? AND state = 'queued' ORDER BY queued_at, session_id LIMIT ?`, string(c.m), mostPlaced)
	waiting, err := store.Collect(rows, err, scanSession)
	if err != nil {
		return fmt.Errorf("read the queue: %w", err)
	}
	for i := range waiting {
		if err := c.place(&waiting[i]); err != nil {
			return err
		}
	}
	return nil
}

// Accept makes a waiting session the caller's, or takes one over from the bot. Of
// two who accept the same, one gets it. Codes: "session_not_found",
// "already_assigned", "session_closed", "at_capacity", "wrong_persona".
func (d *Desk) Accept(ctx context.Context, m live.MerchantID, by live.Principal, id string) (out Session, err error) {
	err = d.change(ctx, m, by, func(c *change) error {
		s, err := findSession(c.Querier, m, id)
		if err != nil {
			return err
		}
		if by.Rooms != nil && !slices.Contains(by.Rooms, s.Room) {
			return sessionNotFound()
		}
		switch {
		case s.Agent == by.Subject:
			out = s
			return nil
		case s.State == care.StateAssigned:
			return live.Conflict("already_assigned", "somebody else has the session")
		case s.State == care.StateClosed:
			if ok, err := sees(c.Querier, by, &s); err != nil || !ok {
				return firstOf(err, sessionNotFound())
			}
			return live.Conflict("session_closed", "the session is closed")
		case s.State == care.StateBot:
			if ok, err := sees(c.Querier, by, &s); err != nil || !ok {
				return firstOf(err, sessionNotFound())
			}
		}
		if err := c.fit(by, &s); err != nil {
			return err
		}
		if s.State == care.StateBot {
			s.HandedOver = care.HandOverAgent
			if err := c.emit(live.ServiceHandedOver, &s, by.Actor(), map[string]any{"to": by.Subject, "reason": s.HandedOver}); err != nil {
				return err
			}
		}
		if s.QueuedAt.IsZero() {
			s.QueuedAt = c.Now()
		}
		if err := c.give(&s, by.Subject); err != nil {
			return err
		}
		out = s
		return nil
	})
	return out, err
}

// fit checks that the caller plays the persona and has room. Whoever serves for
// the first time is put on the list of agents.
func (c *change) fit(by live.Principal, s *Session) error {
	if err := c.hire(by); err != nil {
		return err
	}
	a, err := findAgent(c.Querier, c.m, by.Subject)
	if err != nil {
		return err
	}
	hand := care.Hand{Agent: a.ID, Personas: a.Personas}
	switch {
	case a.State == AgentLeft:
		return live.Forbidden("agent_left", "who has left serves nobody")
	case !hand.Plays(s.Persona):
		return live.Forbidden("wrong_persona", "the session asks for %s", string(s.Persona))
	case a.Open >= a.Capacity:
		return live.Conflict("at_capacity", "you have %d sessions, as many as you take", a.Open)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
