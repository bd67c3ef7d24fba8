package desk

import (
	"context"
	"fmt"
	"slices"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Left is what an agent who left handed over.
type Left struct {
	Agent    string
	To       []string // who has it now
	Sessions int64    // that were open; those that nobody could take wait in the queue
	Queued   int64    // of them
	People   int64
	Groups   int64
}

// Leave takes an agent off the desk for good and gives what was theirs to others:
// open sessions to who plays the persona, people and groups evenly to all. To
// names who takes it; empty is everybody who has not left. With nobody to take
// people they are nobody's, and the next who serves them has them. Said again it
// hands over what is left. Codes: "agent_not_found", "agent_left" (of To),
// "nobody_left", "same_agent".
func (d *Desk) Leave(ctx context.Context, m live.MerchantID, by live.Principal, id string, to []string) (out Left, err error) {
	err = d.change(ctx, m, by, func(c *change) error {
		out = Left{Agent: id}
		if _, err := findAgent(c.Querier, m, id); err != nil {
			return err
		}
		hands, err := c.heirs(id, to)
		if err != nil {
			return err
		}
		for _, h := range hands {
			out.To = append(out.To, h.ID)
		}
		if _, err := c.Exec(`UPDATE service_agents SET state = 'left' WHERE merchant_id = ? AND agent_id = ?`, string(m), id); err != nil {
			return fmt.Errorf("write that an agent left: %w", err)
		}
		if err := c.handSessions(id, hands, &out); err != nil {
			return err
		}
		if err := c.handPeople(id, hands, &out); err != nil {
			return err
		}
		if d.cfg.Complaints != nil {
			if err := d.cfg.Complaints.Left(c.Tx, m, id); err != nil {
				return err
			}
		}
		data := map[string]any{"agent_id": id, "to": out.To, "sessions": out.Sessions, "people": out.People}
		if _, err := c.Emit(live.Event{Kind: live.ServiceAgentLeft, Merchant: m, Actor: by.Actor()}, data); err != nil {
			return err
		}
		return c.audit("service_agent_leave", data)
	})
	if err != nil || d.cfg.Groups == nil || len(out.To) == 0 {
		return out, err
	}
	// Groups are another book, in a transaction of their own: if it fails, the same
	// call again hands over what is left.
	n, err := d.cfg.Groups.ReassignGroups(ctx, m, id, out.To, by)
	if err != nil {
		return out, fmt.Errorf("hand over groups: %w", err)
	}
	out.Groups = int64(n)
	return out, nil
}

// heirs are those who take over.
func (c *change) heirs(from string, to []string) ([]Agent, error) {
	if len(to) > 0 {
		var out []Agent
		for _, id := range slices.Compact(slices.Sorted(slices.Values(to))) {
			a, err := findAgent(c.Querier, c.m, id)
			switch {
			case err != nil:
				return nil, err
			case a.State == AgentLeft:
				return nil, live.Conflict("agent_left", "%s has left", id)
			case id == from:
				return nil, live.Conflict("same_agent", "who leaves takes nothing over")
			}
			out = append(out, a)
		}
		return out, nil
	}
	rows, err := c.Query(`SELECT `+agentColumns+` FROM service_agents a WHERE merchant_id = ? AND state <> 'left' AND agent_id <> ? ORDER BY agent_id`, string(c.m), from)
	list, err := store.Collect(rows, err, scanAgent)
	if err != nil {
		return nil, fmt.Errorf("read who could take over: %w", err)
	}
	return list, nil
}

// handSessions gives open sessions to who plays their persona, to the least loaded
// first. What nobody plays waits in the queue: a person is never left alone.
func (c *change) handSessions(from string, hands []Agent, out *Left) error {
	rows, err := c.Query(`SELECT `+sessionColumns+` FROM service_sessions WHERE merchant_id = ? AND state = 'assigned' AND agent_id = ? ORDER BY queued_at, session_id`, string(c.m), from)
	list, err := store.Collect(rows, err, scanSession)
	if err != nil {
		return fmt.Errorf("read the sessions of who leaves: %w", err)
	}
	load := make([]care.Hand, len(hands))
	for i, h := range hands {
		// Capacity is for what comes new; what is open is not dropped for it.
		load[i] = care.Hand{Agent: h.ID, Personas: h.Personas, Capacity: 1 << 40, Open: h.Open}
	}
	for i := range list {
		s := &list[i]
		agent, ok := care.Pick(load, s.Persona)
		if err := c.emit(live.ServiceTransferred, s, c.by.Actor(), map[string]any{"from": from, "to": agent, "persona": s.Persona, "reason": "agent_left"}); err != nil {
			return err
		}
		out.Sessions++
		if !ok {
			out.Queued++
			s.LastAgent = ""
			if err := c.queue(s); err != nil {
				return err
			}
			continue
		}
		load[slices.IndexFunc(load, func(h care.Hand) bool { return h.Agent == agent })].Open++
		if err := c.give(s, agent); err != nil {
			return err
		}
	}
	return nil
}

// handPeople gives people to others, evenly over what each has.
func (c *change) handPeople(from string, hands []Agent, out *Left) error {
	rows, err := c.Query(`SELECT person_id FROM service_people WHERE merchant_id = ? AND agent_id = ? AND until_at = 0 ORDER BY since_at, person_id`, string(c.m), from)
	people, err := store.Collect(rows, err, func(r store.Scanner) (p live.PersonID, err error) { return p, r.Scan(&p) })
	if err != nil {
		return fmt.Errorf("read the people of who leaves: %w", err)
	}
	out.People = int64(len(people))
	ids, load := make([]string, len(hands)), make([]int64, len(hands))
	for i, h := range hands {
		ids[i], load[i] = h.ID, h.People
	}
	to := care.Deal(len(people), ids, load)
	for i, p := range people {
		if len(to) > 0 {
			if err := c.own(p, to[i], c.by.Actor()); err != nil {
				return err
			}
			continue
		}
		if _, err := c.Exec(`UPDATE service_people SET until_at = ? WHERE merchant_id = ? AND person_id = ? AND until_at = 0`, store.Millis(c.Now()), string(c.m), string(p)); err != nil {
			return fmt.Errorf("end whose person it was: %w", err)
		}
	}
	return nil
}
