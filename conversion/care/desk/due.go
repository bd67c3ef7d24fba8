package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

const (
	// dueEvery is how often [Desk.Run] looks for what time has come for.
	dueEvery = time.Second
	// dueMost bounds what one look deals with, so that orders do not wait.
	dueMost = 100
	// goneAfter is how long a person who waits is left with an agent who is not
	// there: about as long as somebody needs to find another network.
	goneAfter = 2 * time.Minute
	// keepTurns is how long an agent may be gone and still be told all they missed.
	keepTurns = 7 * 24 * time.Hour
)

// Run does what time has come for until ctx ends, then returns nil. What goes
// wrong is logged and tried again. It may run on every server: each deed looks
// again inside its transaction.
func (d *Desk) Run(ctx context.Context) error {
	look := time.NewTicker(dueEvery)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		if err := d.Due(ctx); err != nil && ctx.Err() == nil {
			d.cfg.Logger.WarnContext(ctx, "the service desk does later what time has come for", "error", err)
		}
	}
}

// Due does once what time has come for: it tells broken promises, takes sessions
// in which a person waits from agents who are gone, gives out what waits, closes
// sessions in which nobody speaks, and forgets old turns.
func (d *Desk) Due(ctx context.Context) error {
	return errors.Join(d.breaches(ctx), d.gone(ctx), d.waiting(ctx), d.silent(ctx), d.forget(ctx))
}

// named is a session by its merchant and id.
type named struct {
	merchant live.MerchantID
	id       string
}

// each deals with the sessions that a query names, each in a transaction of its
// own that looks again: deed reports whether it was still due.
func (d *Desk) each(ctx context.Context, query string, args []any, deed func(*change, *Session) error) error {
	rows, err := d.cfg.Store.View(ctx).Query(query, args...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (n named, err error) { return n, r.Scan(&n.merchant, &n.id) })
	if err != nil {
		return fmt.Errorf("look for what is due: %w", err)
	}
	for _, n := range list {
		by := live.Principal{Subject: system.ID, Role: live.RoleSystem, Merchant: n.merchant}
		if err := d.change(ctx, n.merchant, by, func(c *change) error {
			s, err := findSession(c.Querier, n.merchant, n.id)
			if err != nil {
				return err
			}
			return deed(c, &s)
		}); err != nil {
			return err
		}
	}
	return nil
}

// breaches tells promises that were broken, once each.
func (d *Desk) breaches(ctx context.Context) error {
	now := store.Millis(d.cfg.Now())
	return d.each(ctx, `SELECT merchant_id, session_id FROM service_sessions WHERE state <> 'closed' AND queued_at > 0 AND
			(replied_at = 0 AND reply_breached_at = 0 AND reply_due_at > 0 AND reply_due_at <= ? OR resolve_breached_at = 0 AND resolve_due_at > 0 AND resolve_due_at <= ?)
		ORDER BY queued_at LIMIT ?`, []any{now, now, dueMost}, func(c *change, s *Session) error {
		if s.State == care.StateClosed {
			return nil
		}
		if s.RepliedAt.IsZero() {
			if err := c.breach(s, care.ClockFirstResponse, s.ReplyDue, &s.ReplyBreached); err != nil {
				return err
			}
		}
		if err := c.breach(s, care.ClockResolution, s.ResolveDue, &s.ResolveBreached); err != nil {
			return err
		}
		return c.save(s)
	})
}

func (c *change) breach(s *Session, clock string, due time.Time, breached *time.Time) error {
	if due.IsZero() || !breached.IsZero() || due.After(c.Now()) {
		return nil
	}
	*breached = c.Now()
	data := map[string]any{"clock": clock, "due_at": due.UTC().Format("2006-01-02T15:04:05.000Z")}
	if s.Agent != "" {
		data["agent_id"] = s.Agent
	}
	if err := c.emit(live.ServiceSLABreached, s, system, data); err != nil {
		return err
	}
	return c.turn(s, turnSLA, s.Agent, "", 0, clock)
}

// gone puts sessions in which a person waits back into the queue if their agent
// has not been there for a while.
func (d *Desk) gone(ctx context.Context) error {
	since := store.Millis(d.cfg.Now().Add(-goneAfter))
	return d.each(ctx, `SELECT s.merchant_id, s.session_id FROM service_sessions s JOIN service_agents a ON a.merchant_id = s.merchant_id AND a.agent_id = s.agent_id
		WHERE s.state = 'assigned' AND s.waiting_since > 0 AND s.waiting_since <= ? AND a.seen_at <= ? AND s.assigned_at <= ? ORDER BY s.waiting_since LIMIT ?`,
		[]any{since, since, since, dueMost}, func(c *change, s *Session) error {
			if s.State != care.StateAssigned || s.Waiting.IsZero() {
				return nil
			}
			a, err := findAgent(c.Querier, c.m, s.Agent)
			if err != nil || c.Now().Sub(a.SeenAt) < goneAfter {
				return err
			}
			s.avoid = s.Agent
			if err := c.emit(live.ServiceTransferred, s, system, map[string]any{"from": s.Agent, "to": "", "persona": s.Persona, "reason": "agent_gone"}); err != nil {
				return err
			}
			return c.queue(s)
		})
}

// waiting gives out sessions for which somebody may have room now.
func (d *Desk) waiting(ctx context.Context) error {
	rows, err := d.cfg.Store.View(ctx).Query(`SELECT DISTINCT s.merchant_id FROM service_sessions s JOIN service_agents a ON a.merchant_id = s.merchant_id
		WHERE s.state = 'queued' AND a.state = 'online' AND a.seen_at > ? AND
			a.capacity > (SELECT COUNT(*) FROM service_sessions o WHERE o.merchant_id = a.merchant_id AND o.agent_id = a.agent_id AND o.state = 'assigned')`,
		store.Millis(d.cfg.Now().Add(-seenWithin)))
	list, err := store.Collect(rows, err, func(r store.Scanner) (m live.MerchantID, err error) { return m, r.Scan(&m) })
	if err != nil {
		return fmt.Errorf("look for queues: %w", err)
	}
	for _, m := range list {
		if err := d.change(ctx, m, live.Principal{Subject: system.ID, Role: live.RoleSystem, Merchant: m}, (*change).placeAll); err != nil {
			return err
		}
	}
	return nil
}

// silent closes sessions in which nobody has spoken for as long as the merchant
// says; one in which a person waits for an agent stays.
func (d *Desk) silent(ctx context.Context) error {
	return d.each(ctx, `SELECT merchant_id, session_id FROM service_sessions WHERE state IN ('bot', 'assigned') AND (waiting_since = 0 OR state = 'bot') AND last_at <= ?
			AND last_at <= ? - COALESCE((SELECT silence_ms FROM service_settings x WHERE x.merchant_id = service_sessions.merchant_id), ?) ORDER BY last_at LIMIT ?`,
		[]any{store.Millis(d.cfg.Now().Add(-time.Second)), store.Millis(d.cfg.Now()), care.DefaultSettings().Silence.Milliseconds(), dueMost}, func(c *change, s *Session) error {
			set, err := c.settings()
			if err != nil {
				return err
			}
			if s.State == care.StateClosed || s.State == care.StateQueued || s.State == care.StateAssigned && !s.Waiting.IsZero() || c.Now().Sub(s.LastAt) < set.Silence {
				return nil
			}
			if err := c.close(s, care.Silent, system); err != nil {
				return err
			}
			return c.placeAll()
		})
}

// forget drops turns that nobody is told any more.
func (d *Desk) forget(ctx context.Context) error {
	before := store.Millis(d.cfg.Now().Add(-keepTurns))
	var n int64
	if err := d.cfg.Store.View(ctx).Row(`SELECT COUNT(*) FROM service_turns WHERE at < ?`, before).Scan(&n); err != nil {
		return fmt.Errorf("look for old turns: %w", err)
	}
	if n == 0 {
		return nil
	}
	return d.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		if _, err := tx.Exec(`DELETE FROM service_turns WHERE at < ?`, before); err != nil {
			return fmt.Errorf("forget old turns: %w", err)
		}
		return nil
	})
}
