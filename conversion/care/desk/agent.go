package desk

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// AgentState is whether an agent is there.
type AgentState string

// Where an agent may be. Away is there and given nothing new.
const (
	AgentOnline  AgentState = "online"
	AgentAway    AgentState = "away"
	AgentOffline AgentState = "offline"
	AgentLeft    AgentState = "left" // for good
)

// Agent is somebody of the staff who serves.
type Agent struct {
	Merchant live.MerchantID
	ID       string
	Name     string
	Personas []care.Persona // empty: each of them
	Capacity int64          // sessions at a time
	State    AgentState
	SeenAt   time.Time
	Open     int64 // sessions they have
	People   int64 // who are theirs
}

// Capacities of agents.
const (
	DefaultCapacity = 5
	MaxCapacity     = 100
	maxNameRunes    = 64
)

// there reports whether the agent has a connection that was heard lately.
func (a *Agent) there(now time.Time) bool {
	return (a.State == AgentOnline || a.State == AgentAway) && now.Sub(a.SeenAt) < seenWithin
}

const agentColumns = `merchant_id, agent_id, name, personas, capacity, state, seen_at,
	(SELECT COUNT(*) FROM service_sessions s WHERE s.merchant_id = a.merchant_id AND s.agent_id = a.agent_id AND s.state = 'assigned'),
	(SELECT COUNT(*) FROM service_people p WHERE p.merchant_id = a.merchant_id AND p.agent_id = a.agent_id AND p.until_at = 0)`

func scanAgent(r store.Scanner) (a Agent, err error) {
	var seen int64
	var personas string
	if err = r.Scan(&a.Merchant, &a.ID, &a.Name, &personas, &a.Capacity, &a.State, &seen, &a.Open, &a.People); err != nil {
		return a, err
	}
	a.SeenAt = store.Time(seen)
	a.Personas, err = listed[care.Persona](personas)
	return a, err
}

func findAgent(q store.Querier, m live.MerchantID, id string) (Agent, error) {
	a, err := scanAgent(q.Row(`SELECT `+agentColumns+` FROM service_agents a WHERE merchant_id = ? AND agent_id = ?`, string(m), id))
	if none(err) {
		return a, live.NotFound("agent_not_found", "there is no such agent")
	}
	if err != nil {
		return a, fmt.Errorf("read an agent: %w", err)
	}
	return a, nil
}

// hire puts whoever serves on the list of agents, if they are not.
func (c *change) hire(by live.Principal) error {
	if _, err := c.Exec(`INSERT INTO service_agents (merchant_id, agent_id, name, personas, capacity, state, seen_at, idle_since)
		VALUES (?, ?, ?, '[]', ?, 'offline', 0, ?) ON CONFLICT (merchant_id, agent_id) DO NOTHING`,
		string(c.m), by.Subject, by.Name, DefaultCapacity, store.Millis(c.Now())); err != nil {
		return fmt.Errorf("write an agent: %w", err)
	}
	return nil
}

// nameOf is what people see of an agent.
func (c *change) nameOf(agent string) (name string, err error) {
	err = c.Row(`SELECT name FROM service_agents WHERE merchant_id = ? AND agent_id = ?`, string(c.m), agent).Scan(&name)
	if err != nil && !none(err) {
		return "", fmt.Errorf("read the name of an agent: %w", err)
	}
	return name, nil
}

// PutAgent says who serves, as whom and how much at a time; who had left is back,
// offline. Codes: "invalid_field".
func (d *Desk) PutAgent(ctx context.Context, by live.Principal, a Agent) (out Agent, err error) {
	if err := validID("agent_id", a.ID); err != nil {
		return out, err
	}
	if err := care.CheckText("name", a.Name, maxNameRunes); err != nil {
		return out, err
	}
	if a.Capacity < 0 || a.Capacity > MaxCapacity {
		return out, live.Invalid("invalid_field", "capacity", "must be 0 to %d", MaxCapacity)
	}
	for _, p := range a.Personas {
		if p == "" || !p.Valid() {
			return out, live.Invalid("invalid_field", "personas", "must be expert, account_manager, product or after_sale")
		}
	}
	a.Personas = slices.Compact(slices.Sorted(slices.Values(a.Personas)))
	err = d.change(ctx, a.Merchant, by, func(c *change) error {
		if _, err := c.Exec(`INSERT INTO service_agents (merchant_id, agent_id, name, personas, capacity, state, seen_at, idle_since) VALUES (?, ?, ?, ?, ?, 'offline', 0, ?)
			ON CONFLICT (merchant_id, agent_id) DO UPDATE SET name = excluded.name, personas = excluded.personas, capacity = excluded.capacity,
				state = CASE WHEN service_agents.state = 'left' THEN 'offline' ELSE service_agents.state END`,
			string(a.Merchant), a.ID, a.Name, texts(a.Personas), a.Capacity, store.Millis(c.Now())); err != nil {
			return fmt.Errorf("write an agent: %w", err)
		}
		if err := c.audit("service_agent_put", map[string]any{"agent_id": a.ID, "personas": a.Personas, "capacity": a.Capacity}); err != nil {
			return err
		}
		if err := c.placeAll(); err != nil {
			return err
		}
		out, err = findAgent(c.Querier, a.Merchant, a.ID)
		return err
	})
	return out, err
}

// Agents lists who serves, by name of their token. Who does not supervise sees
// the others without what they have.
func (d *Desk) Agents(ctx context.Context, m live.MerchantID, by live.Principal) ([]Agent, error) {
	rows, err := d.cfg.Store.View(ctx).Query(`SELECT `+agentColumns+` FROM service_agents a WHERE merchant_id = ? ORDER BY agent_id`, string(m))
	list, err := store.Collect(rows, err, scanAgent)
	if err != nil {
		return nil, fmt.Errorf("list agents: %w", err)
	}
	now := d.cfg.Now()
	for i := range list {
		a := &list[i]
		if (a.State == AgentOnline || a.State == AgentAway) && !a.there(now) {
			a.State = AgentOffline
		}
		if !supervises(by) && a.ID != by.Subject {
			a.Open, a.People = 0, 0
		}
	}
	return list, nil
}

// Arrive says that an agent is there, or there and away. Who has left is refused.
// A server says it when an agent connects or changes it, and every
// [HeardEvery] as long as the connection lasts. Codes: "agent_left".
func (d *Desk) Arrive(ctx context.Context, m live.MerchantID, by live.Principal, state AgentState) (out Agent, err error) {
	err = d.change(ctx, m, by, func(c *change) error {
		if err := c.hire(by); err != nil {
			return err
		}
		a, err := findAgent(c.Querier, m, by.Subject)
		if err != nil {
			return err
		}
		if a.State == AgentLeft {
			return live.Forbidden("agent_left", "who has left serves nobody")
		}
		if a.State = cmp.Or(state, a.State); a.State == AgentOffline {
			a.State = AgentOnline
		}
		a.SeenAt = c.Now()
		if _, err := c.Exec(`UPDATE service_agents SET state = ?, seen_at = ? WHERE merchant_id = ? AND agent_id = ?`,
			string(a.State), store.Millis(a.SeenAt), string(m), a.ID); err != nil {
			return fmt.Errorf("note an agent: %w", err)
		}
		if err := c.placeAll(); err != nil {
			return err
		}
		out, err = findAgent(c.Querier, m, by.Subject)
		return err
	})
	return out, err
}

// Depart says that an agent's last connection to a server ended. One they have to
// another server is heard of within [HeardEvery].
func (d *Desk) Depart(ctx context.Context, m live.MerchantID, by live.Principal) error {
	return d.change(ctx, m, by, func(c *change) error {
		if _, err := c.Exec(`UPDATE service_agents SET state = 'offline' WHERE merchant_id = ? AND agent_id = ? AND state <> 'left'`, string(m), by.Subject); err != nil {
			return fmt.Errorf("note that an agent left: %w", err)
		}
		return nil
	})
}

// HeardEvery is how often a server says that its agents are still there.
const HeardEvery = 15 * time.Second
