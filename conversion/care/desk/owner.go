package desk

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Owned is a person who is an agent's, since when.
type Owned struct {
	Person live.PersonID
	Agent  string
	Since  time.Time
}

// ownerOf is whose person somebody is, under any of their names; empty: nobody's.
// Of several that names brought together the latest holds.
func ownerOf(q store.Querier, m live.MerchantID, p live.PersonID) (agent string, err error) {
	all, err := names(q, m, p)
	if err != nil {
		return "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("until_at = 0")
	store.WhereIn(&w, "person_id", all)
	err = q.Row(`SELECT agent_id FROM service_people`+w.SQL()+` ORDER BY since_at DESC, person_id LIMIT 1`, w.Args()...).Scan(&agent)
	if err != nil && !none(err) {
		return "", fmt.Errorf("read whose person it is: %w", err)
	}
	return agent, nil
}

// mayServe refuses staff for whom a person is none of theirs.
func (c *change) mayServe(p live.PersonID) error {
	ok, err := serves(c.Querier, c.m, c.by, p)
	if err == nil && !ok {
		err = live.Forbidden("person_forbidden", "the person is served by somebody else")
	}
	return err
}

// serves reports whether a person is one of the caller's: they supervise, the
// person is theirs, they have a session with them or had the last, or a fact
// that somebody else states names them as who served the person.
func serves(q store.Querier, m live.MerchantID, by live.Principal, p live.PersonID) (bool, error) {
	if supervises(by) || by.Role == live.RoleIntegration {
		return true, nil
	}
	owner, err := ownerOf(q, m, p)
	if err != nil || owner == by.Subject {
		return err == nil, err
	}
	all, err := names(q, m, p)
	if err != nil {
		return false, err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("last_agent_id = ?", by.Subject)
	store.WhereIn(&w, "person_id", all)
	var n int64
	if err := q.Row(`SELECT COUNT(*) FROM service_sessions`+w.SQL(), w.Args()...).Scan(&n); err != nil {
		return false, fmt.Errorf("look for sessions with a person: %w", err)
	}
	if n > 0 {
		return true, nil
	}
	// Other desks tell by facts whom their agents serve. What agents state
	// themselves, a touch or a fact they send, makes nobody theirs.
	var told store.Where
	told.Add("merchant_id = ?", string(m))
	told.Add("agent_id = ?", by.Subject)
	told.Add("by_agent = 0")
	store.WhereIn(&told, "person_id", all)
	if err := q.Row(`SELECT COUNT(*) FROM person_facts`+told.SQL(), told.Args()...).Scan(&n); err != nil {
		return false, fmt.Errorf("look for facts of serving a person: %w", err)
	}
	return n > 0, nil
}

// Owner is whose person somebody is, empty if nobody's.
func (d *Desk) Owner(ctx context.Context, m live.MerchantID, p live.PersonID) (string, error) {
	return ownerOf(d.cfg.Store.View(ctx), m, p)
}

// Serves reports whether a person is one of the caller's people.
func (d *Desk) Serves(ctx context.Context, m live.MerchantID, by live.Principal, p live.PersonID) (bool, error) {
	return serves(d.cfg.Store.View(ctx), m, by, p)
}

// own makes a person an agent's from now on; the time before stays told.
func (c *change) own(p live.PersonID, agent string, by live.Actor) error {
	all, err := names(c.Querier, c.m, p)
	if err != nil {
		return err
	}
	if !slices.Contains(all, p) {
		all = append(all, p)
	}
	one, err := c.Canonical(c.m, p)
	if err != nil {
		return err
	}
	if c.desk.cfg.Complaints != nil {
		from, err := ownerOf(c.Querier, c.m, p)
		if err != nil {
			return err
		}
		if err := c.desk.cfg.Complaints.PersonTo(c.Tx, c.m, all, from, agent); err != nil {
			return err
		}
	}
	var w store.Where
	w.Add("merchant_id = ?", string(c.m))
	w.Add("until_at = 0")
	store.WhereIn(&w, "person_id", all)
	if _, err := c.Exec(`UPDATE service_people SET until_at = ?`+w.SQL(), append([]any{store.Millis(c.Now())}, w.Args()...)...); err != nil {
		return fmt.Errorf("end whose person it was: %w", err)
	}
	// Twice within a millisecond the last word holds.
	if _, err := c.Exec(`INSERT INTO service_people (merchant_id, person_id, since_at, agent_id, until_at) VALUES (?, ?, ?, ?, 0)
		ON CONFLICT (merchant_id, person_id, since_at) DO UPDATE SET agent_id = excluded.agent_id, until_at = 0`,
		string(c.m), string(one), store.Millis(c.Now()), agent); err != nil {
		return fmt.Errorf("write whose person it is: %w", err)
	}
	_, err = c.Emit(live.Event{Kind: live.ServiceOwnerAssigned, Merchant: c.m, Person: one, Actor: by}, map[string]any{"agent_id": agent})
	return err
}

// SetOwner makes a person an agent's. Codes: "agent_not_found", "agent_left",
// "invalid_field".
func (d *Desk) SetOwner(ctx context.Context, m live.MerchantID, by live.Principal, p live.PersonID, agent string) (out Owned, err error) {
	if err := validID("person_id", string(p)); err != nil {
		return out, err
	}
	err = d.change(ctx, m, by, func(c *change) error {
		a, err := findAgent(c.Querier, m, agent)
		if err != nil {
			return err
		}
		if a.State == AgentLeft {
			return live.Conflict("agent_left", "the agent has left")
		}
		if err := c.own(p, agent, by.Actor()); err != nil {
			return err
		}
		out = Owned{p, agent, c.Now()}
		return c.audit("service_owner_set", map[string]any{"agent_id": agent})
	})
	return out, err
}

// People lists whose people are whose, last given first: of one agent, or of all
// when none is named. Who does not supervise sees their own.
func (d *Desk) People(ctx context.Context, m live.MerchantID, by live.Principal, agent, cursor string, most int) ([]Owned, string, error) {
	p, err := store.OpenPage(cursor, most)
	if err != nil {
		return nil, "", err
	}
	if !supervises(by) {
		agent = by.Subject
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("until_at = 0")
	if agent != "" {
		w.Add("agent_id = ?", agent)
	}
	p.After(&w, "since_at", "person_id")
	rows, err := d.cfg.Store.View(ctx).Query(`SELECT person_id, agent_id, since_at FROM service_people`+w.SQL()+` ORDER BY since_at DESC, person_id DESC LIMIT ?`, w.Args(p.Limit())...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (o Owned, err error) {
		var since int64
		err = r.Scan(&o.Person, &o.Agent, &since)
		o.Since = store.Time(since)
		return o, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list whose people are whose: %w", err)
	}
	list, next := store.Cut(p, list, func(o Owned) (time.Time, string) { return o.Since, string(o.Person) })
	return list, next, nil
}
