package desk

import (
	"context"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
)

// Transfer passes a session on: to an agent who is there, or to the queue of a
// persona.
type Transfer struct {
	Merchant live.MerchantID
	Session  string
	Agent    string
	Persona  care.Persona // ignored if an agent is named
	Reason   string
}

// Transfer passes a session on, from its agent or by who supervises. In the queue
// it keeps its place and its promises, and does not come back to who passed it on
// while somebody else is there for it. Codes: "session_not_found",
// "session_not_assigned", "agent_not_found", "agent_away", "same_agent",
// "invalid_field".
func (d *Desk) Transfer(ctx context.Context, by live.Principal, in Transfer) (out Session, err error) {
	if err := care.CheckText("reason", in.Reason, care.MaxReasonRunes); err != nil {
		return out, err
	}
	if !in.Persona.Valid() {
		return out, live.Invalid("invalid_field", "persona", "must be expert, account_manager, product or after_sale")
	}
	err = d.change(ctx, in.Merchant, by, func(c *change) error {
		s, err := c.mine(in.Session)
		if err != nil {
			return err
		}
		from := s.Agent
		if in.Agent != "" {
			a, err := findAgent(c.Querier, c.m, in.Agent)
			switch {
			case err != nil:
				return err
			case a.ID == from:
				return live.Conflict("same_agent", "they have the session")
			case !a.there(c.Now()):
				return live.Conflict("agent_away", "they are not there; pass it to the queue")
			}
		} else {
			s.Persona, s.avoid = in.Persona, from
		}
		if err := c.emit(live.ServiceTransferred, &s, by.Actor(), map[string]any{"from": from, "to": in.Agent, "persona": s.Persona, "reason": in.Reason}); err != nil {
			return err
		}
		if from == by.Subject {
			if err := c.passedOn(&s, from, c.Now()); err != nil {
				return err
			}
		}
		if in.Agent != "" {
			err = c.give(&s, in.Agent)
		} else {
			s.LastAgent = ""
			err = c.queue(&s)
		}
		if err != nil {
			return err
		}
		out = s
		return c.settle(&s)
	})
	return out, err
}

// settle writes a session that an agent has put down, and gives the next ones out.
func (c *change) settle(s *Session) error {
	if err := c.save(s); err != nil {
		return err
	}
	return c.placeAll()
}

// mine finds a session that the caller has, or any that is not closed for who
// supervises.
func (c *change) mine(id string) (Session, error) {
	s, err := reach(c.Querier, c.m, c.by, id)
	switch {
	case err != nil:
		return s, err
	case s.State == care.StateClosed:
		return s, live.Conflict("session_closed", "the session is closed")
	case s.Agent != c.by.Subject && !supervises(c.by):
		return s, live.Conflict("session_not_assigned", "the session is not yours")
	}
	return s, nil
}

// Close ends a session, by its agent, its person or who supervises, and asks the
// person once for a rating. Codes: "session_not_found", "session_closed",
// "session_not_assigned", "invalid_field".
func (d *Desk) Close(ctx context.Context, m live.MerchantID, by live.Principal, id string, how care.Resolution) (out Session, err error) {
	if how != care.Resolved && how != care.Unresolved {
		return out, live.Invalid("invalid_field", "resolution", "must be resolved or unresolved")
	}
	err = d.change(ctx, m, by, func(c *change) error {
		var s Session
		if speaker(by) == care.ByViewer {
			s, err = reach(c.Querier, m, by, id)
			if err == nil && s.State == care.StateClosed {
				err = live.Conflict("session_closed", "the session is closed")
			}
		} else {
			s, err = c.mine(id)
		}
		if err != nil {
			return err
		}
		actor := by.Actor()
		if speaker(by) == care.ByViewer {
			actor = c.asker(&s)
		}
		if err := c.close(&s, how, actor); err != nil {
			return err
		}
		out = s
		return c.placeAll()
	})
	return out, err
}

// close ends a session and writes it.
func (c *change) close(s *Session, how care.Resolution, actor live.Actor) error {
	set, err := c.settings()
	if err != nil {
		return err
	}
	agent, past := s.Agent, s.Agent
	if agent == "" {
		agent = s.LastAgent
	}
	s.State, s.Agent, s.Resolution, s.ClosedAt = care.StateClosed, "", how, c.Now()
	s.Waiting, s.avoid = time.Time{}, ""
	s.Resolve, s.ResolveBusiness = s.ClosedAt.Sub(s.OpenedAt), set.Hours.Between(s.OpenedAt, s.ClosedAt)
	rate := s.RatingAt.IsZero() && how != care.Silent
	if rate {
		s.RatingAt = s.ClosedAt
	}
	if err := c.save(s); err != nil {
		return err
	}
	data := map[string]any{
		"resolution": how, "wall_ms": s.Resolve.Milliseconds(), "business_ms": s.ResolveBusiness.Milliseconds(), "rate": rate, "breached": !s.ResolveBreached.IsZero(),
	}
	if agent != "" {
		data["agent_id"] = agent
	}
	if err := c.emit(live.ServiceClosed, s, actor, data); err != nil {
		return err
	}
	return c.turn(s, turnSession, "", past, 0, "")
}

// Rate takes the rating of a closed session by its person, once. Codes:
// "session_not_found", "session_open", "already_rated", "invalid_field".
func (d *Desk) Rate(ctx context.Context, m live.MerchantID, by live.Principal, id string, score int64) (out Session, err error) {
	if score < care.MinScore || score > care.MaxScore {
		return out, live.Invalid("invalid_field", "score", "must be %d to %d", care.MinScore, care.MaxScore)
	}
	if speaker(by) != care.ByViewer {
		return out, live.Forbidden("role_forbidden", "only the person of a session rates it")
	}
	err = d.change(ctx, m, by, func(c *change) error {
		s, err := reach(c.Querier, m, by, id)
		switch {
		case err != nil:
			return err
		case s.State != care.StateClosed:
			return live.Conflict("session_open", "the session is not closed yet")
		case s.Score == score:
			out = s
			return nil
		case s.Score != 0:
			return live.Conflict("already_rated", "the session was rated %d", s.Score)
		}
		s.Score = score
		out = s
		if err := c.save(&s); err != nil {
			return err
		}
		data := map[string]any{"score": score}
		if s.LastAgent != "" {
			data["agent_id"] = s.LastAgent
		}
		if err := c.emit(live.ServiceRated, &s, c.asker(&s), data); err != nil {
			return err
		}
		return c.turn(&s, turnSession, s.LastAgent, "", 0, "")
	})
	return out, err
}

// Tag sets the tags of a session, in order, each once. Codes:
// "session_not_found", "invalid_field".
func (d *Desk) Tag(ctx context.Context, m live.MerchantID, by live.Principal, id string, tags []string) (out Session, err error) {
	tags, err = care.CheckTags(tags)
	if err != nil {
		return out, err
	}
	err = d.change(ctx, m, by, func(c *change) error {
		s, err := reach(c.Querier, m, by, id)
		if err != nil {
			return err
		}
		s.Tags = tags
		out = s
		if err := c.save(&s); err != nil {
			return err
		}
		return c.turn(&s, turnSession, s.Agent, "", 0, "")
	})
	return out, err
}

// AskHuman takes a session from the bot to the queue, as the words for it would.
// Codes: "session_not_found", "session_closed".
func (d *Desk) AskHuman(ctx context.Context, m live.MerchantID, by live.Principal, id string) (out Session, err error) {
	err = d.change(ctx, m, by, func(c *change) error {
		s, err := reach(c.Querier, m, by, id)
		if err != nil {
			return err
		}
		if s.State == care.StateClosed {
			return live.Conflict("session_closed", "the session is closed")
		}
		if s.State == care.StateBot {
			if s.Waiting.IsZero() {
				s.Waiting = c.Now()
			}
			if err := c.handOver(&s, care.HandOverAsked); err != nil {
				return err
			}
			if err := c.save(&s); err != nil {
				return err
			}
		}
		out = s
		return nil
	})
	return out, err
}
