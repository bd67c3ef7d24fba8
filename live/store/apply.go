package store

import (
	"context"
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
		b := t.openBook(m)
		if err := b.read(facts); err != nil {
			return err
		}
		for i := range facts {
			by := live.Actor{ID: facts[i].Source, Role: live.RoleIntegration}
			if out[i], _, err = b.apply(facts[i], by); err != nil {
				return err
			}
		}
		return b.write()
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// applyFact folds one fact into its order and writes it.
func (t *tx) applyFact(m live.MerchantID, f Fact, by live.Actor) (FactStatus, *orderRow, error) {
	b := t.openBook(m)
	if err := b.read([]Fact{f}); err != nil {
		return "", nil, err
	}
	status, row, err := b.apply(f, by)
	if err != nil {
		return "", nil, err
	}
	return status, row, b.write()
}

// apply folds one fact into its order: it keeps the fact, moves the stock, puts
// the event with the deltas into the outbox, and notes what is to be written of
// the order.
func (b *book) apply(f Fact, by live.Actor) (FactStatus, *orderRow, error) {
	t, o := b.t, b.orders[f.Order]
	if f.Kind == live.OrderCreated && f.Show != "" && f.Room == "" {
		show, err := b.show(f.Show)
		if err != nil {
			return "", nil, err
		}
		f.Room = show.room
	}
	body, hash := encodeFact(&f.OrderFact)
	if len(o.said) >= maxFacts {
		return "", nil, live.Conflict("too_many_facts", "the order has %d facts, more are not taken", len(o.said))
	}
	name := factName{f.Kind, f.ID, hash}
	if o.names[name] {
		return FactDuplicate, &o.row, nil
	}
	if filled, err := b.nameProducts(o, &f); err != nil {
		return "", nil, err
	} else if filled {
		body, _ = encodeFact(&f.OrderFact) // known again by what was said, whatever the shelf has by then
	}
	said := o.said
	o.names[name] = true
	o.said = append(said, f.OrderFact)
	b.facts = append(b.facts, string(b.merchant), string(f.Order), string(f.Kind), f.ID, hash, ms(t.now), body)

	before, after := o.fold(b.merchant, f.Order, said), live.FoldOrder(b.merchant, f.Order, o.said)
	row, holdings := &o.row, o.row.holdings()
	row.Order, o.folded, o.changed = after, &after, true
	if row.seenAt.IsZero() {
		row.seenAt, row.total = t.now, after.Due()
	}
	if err := t.settleStock(row, holdings); err != nil {
		return "", nil, err
	}
	again := slices.ContainsFunc(said, func(x live.OrderFact) bool { return x.Kind == f.Kind && x.ID == f.ID })
	deltas := live.Deltas(before, after)
	if err := b.emit(row, &f.OrderFact, by, eventID(f.Order, &f.OrderFact, hash, again), deltas); err != nil {
		return "", nil, err
	}
	b.postings = appendPostings(b.postings, b.merchant, &f.OrderFact, deltas, t.outbox, t.now)
	if err := b.earn(o, &f.OrderFact, &before, deltas); err != nil {
		return "", nil, err
	}
	if row.coupon != "" {
		if err := t.settleCoupon(row); err != nil {
			return "", nil, err
		}
	}
	if !row.overtaken(said) {
		return FactAccepted, row, nil
	}
	// The cancellation is read and written by itself, after what led to it.
	if err := b.write(); err != nil {
		return "", nil, err
	}
	cancelled, err := t.cancel(b.merchant, f.Order, live.CancelOversold, t.now, itself.Actor())
	if err != nil {
		return "", nil, err
	}
	delete(b.orders, f.Order)
	return FactAccepted, cancelled, b.read([]Fact{f})
}

func (b *book) emit(row *orderRow, f *live.OrderFact, by live.Actor, id live.EventID, deltas []live.Delta) error {
	show, err := b.show(row.Show)
	if err != nil {
		return err
	}
	public := row.public()
	return b.t.emit(orderEvent(&public, f, by, id, show.rehearsal, deltas))
}
