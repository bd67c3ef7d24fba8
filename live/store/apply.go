package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// maxFactBatch bounds one call of ApplyFacts, which is one change.
const maxFactBatch = 1000

// ApplyFacts takes in what platforms say about orders, of ours and of orders
// never seen here, in any order and any number of times. All facts are kept or
// none: a fact that could not be folded is refused as "invalid_field",
// "unknown_currency" or "unknown_type" before anything is stored. A fact said
// before in the very same words is a duplicate and changes nothing.
func (s *Store) ApplyFacts(ctx context.Context, m live.MerchantID, facts []Fact, when time.Time) ([]FactStatus, error) {
	if !live.ValidID(string(m)) {
		return nil, badID("merchant_id")
	}
	if len(facts) > maxFactBatch {
		return nil, live.TooLarge("too_many_facts", "facts", "are %d, at most %d are allowed", len(facts), maxFactBatch)
	}
	facts = slices.Clone(facts)
	for i := range facts {
		f := &facts[i]
		if f.At.IsZero() {
			f.At = when
		}
		f.At = whole(f.At)
		if err := checkFact(f); err != nil {
			return nil, err
		}
		if f.Source == live.SourceOwn {
			return nil, live.Invalid("invalid_field", "source", "%s speaks only for itself", live.SourceOwn)
		}
	}
	out := make([]FactStatus, len(facts))
	err := s.write(ctx, func(t *tx) (err error) {
		for i := range facts {
			by := live.Actor{ID: facts[i].Source, Role: live.RoleIntegration}
			if out[i], _, err = t.applyFact(m, facts[i], by); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// applyFact folds one fact into its order: it keeps the fact, moves the stock,
// writes the order and puts the event with the deltas into the outbox.
func (t *tx) applyFact(m live.MerchantID, f Fact, by live.Actor) (FactStatus, *orderRow, error) {
	if f.Kind == live.OrderCreated && f.Show != "" && f.Room == "" {
		if err := t.roomOf(m, &f); err != nil {
			return "", nil, err
		}
	}
	body, hash := encodeFact(&f.OrderFact)
	rows, err := t.query(`SELECT body FROM order_facts WHERE merchant_id = ? AND order_id = ?`, string(m), string(f.Order))
	said, err := collect(rows, err, factReader)
	if err != nil {
		return "", nil, fmt.Errorf("read facts: %w", err)
	}
	if len(said) >= maxFacts {
		return "", nil, live.Conflict("too_many_facts", "the order has %d facts, more are not taken", len(said))
	}
	n, err := t.changed(`INSERT INTO order_facts (`+factColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, order_id, kind, fact_id, hash) DO NOTHING`,
		string(m), string(f.Order), string(f.Kind), f.ID, hash, ms(t.now), body)
	if err != nil {
		return "", nil, fmt.Errorf("keep fact: %w", err)
	}
	row, known, err := findOrder(t, m, f.Order)
	if err != nil {
		return "", nil, err
	}
	if n == 0 {
		return FactDuplicate, &row, nil
	}
	before := live.FoldOrder(m, f.Order, said)
	after := live.FoldOrder(m, f.Order, append(said, f.OrderFact))
	holdings := row.holdings()
	row.Order = after
	if !known {
		row.seenAt, row.total = t.now, after.Due()
	}
	if err := t.settleStock(&row, holdings); err != nil {
		return "", nil, err
	}
	if err := t.saveOrder(&row); err != nil {
		return "", nil, err
	}
	again := slices.ContainsFunc(said, func(o live.OrderFact) bool { return o.Kind == f.Kind && o.ID == f.ID })
	deltas := live.Deltas(before, after)
	if err := t.emitFact(&row, &f.OrderFact, by, eventID(f.Order, &f.OrderFact, hash, again), deltas); err != nil {
		return "", nil, err
	}
	if err := t.post(appendPostings(nil, m, &f.OrderFact, deltas, t.outbox, t.now)); err != nil || !row.overtaken(said) {
		return FactAccepted, &row, err
	}
	cancelled, err := t.cancel(m, f.Order, live.CancelOversold, t.now, itself.Actor())
	return FactAccepted, cancelled, err
}

func (t *tx) emitFact(row *orderRow, f *live.OrderFact, by live.Actor, id live.EventID, deltas []live.Delta) error {
	rehearsal := false
	if row.Show != "" {
		var n int64
		if err := t.row(`SELECT COUNT(*) FROM shows WHERE show_id = ? AND merchant_id = ? AND rehearsal = 1`, string(row.Show), string(row.Merchant)).Scan(&n); err != nil {
			return fmt.Errorf("read show of order: %w", err)
		}
		rehearsal = n > 0
	}
	public := row.public()
	return t.emit(orderEvent(&public, f, by, id, rehearsal, deltas))
}

// roomOf fills in the room of a platform's order that names a show of the
// merchant. A show we do not know stays as it was said.
func (t *tx) roomOf(m live.MerchantID, f *Fact) error {
	rows, err := t.query(`SELECT room_id FROM shows WHERE show_id = ? AND merchant_id = ?`, string(f.Show), string(m))
	rooms, err := collect(rows, err, func(r scanner) (live.RoomID, error) {
		var id live.RoomID
		return id, r.Scan(&id)
	})
	if err != nil {
		return fmt.Errorf("read room of show: %w", err)
	}
	if len(rooms) == 1 {
		f.Room = rooms[0]
	}
	return nil
}
