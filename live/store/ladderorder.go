package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"showrunner/live"
)

// storedStep is a step of an order as person_orders keeps it.
type storedStep struct {
	At    int64        `json:"at"`
	Valid bool         `json:"valid,omitempty"`
	Kind  live.Kind    `json:"kind"`
	Fact  string       `json:"fact,omitempty"`
	Event live.EventID `json:"event"`
}

// takeOrder dates anew when an order was valid and whose it is. Orders of
// rehearsals are nobody's.
func (l *ladder) takeOrder(o LadderOrder) error {
	t := l.t
	rows, err := t.query(`SELECT body FROM order_facts WHERE merchant_id = ? AND order_id = ?`, string(o.Merchant), string(o.Order))
	facts, err := collect(rows, err, factReader)
	if err != nil {
		return fmt.Errorf("read facts: %w", err)
	}
	whole := live.FoldOrder(o.Merchant, o.Order, facts)
	var zone string
	var rehearsal int64
	if whole.Show != "" {
		err := t.row(`SELECT time_zone, rehearsal FROM shows WHERE show_id = ? AND merchant_id = ?`, string(whole.Show), string(o.Merchant)).Scan(&zone, &rehearsal)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read the show of an order: %w", err)
		}
	}
	if rehearsal != 0 {
		return nil
	}
	steps := []storedStep{}
	for _, s := range live.OrderSteps(o.Merchant, o.Order, facts) {
		event := eventID(o.Order, &live.OrderFact{Kind: s.Kind, ID: s.Fact}, "", false)
		steps = append(steps, storedStep{ms(s.At), s.Valid, s.Kind, s.Fact, event})
	}
	body, err := json.Marshal(steps)
	if err != nil {
		return fmt.Errorf("encode steps of an order: %w", err)
	}
	var was live.PersonID
	var had string
	err = t.row(`SELECT person_id, steps FROM person_orders WHERE merchant_id = ? AND order_id = ?`, string(o.Merchant), string(o.Order)).Scan(&was, &had)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if len(steps) == 0 {
			return nil // It never was valid.
		}
	case err != nil:
		return fmt.Errorf("read steps of an order: %w", err)
	case was == whole.Person && had == string(body):
		return nil
	}
	if _, err := t.exec(`INSERT INTO person_orders (merchant_id, order_id, person_id, show_id, zone, steps) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, order_id) DO UPDATE SET person_id = excluded.person_id, show_id = excluded.show_id, zone = excluded.zone, steps = excluded.steps`,
		string(o.Merchant), string(o.Order), string(whole.Person), string(whole.Show), zone, string(body)); err != nil {
		return fmt.Errorf("keep steps of an order: %w", err)
	}
	l.touch(o.Merchant, was)
	l.touch(o.Merchant, whole.Person)
	return nil
}

func scanPersonOrder(r scanner) (p live.PersonID, o live.PersonOrder, err error) {
	var body string
	if err := r.Scan(&p, &o.Order, &o.Show, &o.Zone, &body); err != nil {
		return p, o, err
	}
	var steps []storedStep
	if err := json.Unmarshal([]byte(body), &steps); err != nil {
		return p, o, fmt.Errorf("decode steps of order %s: %w", o.Order, err)
	}
	for _, s := range steps {
		o.Steps = append(o.Steps, live.OrderStep{At: at(s.At), Valid: s.Valid, Kind: s.Kind, Fact: s.Fact, Event: s.Event})
	}
	return p, o, nil
}
