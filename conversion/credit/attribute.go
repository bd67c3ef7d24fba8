package credit

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// skew is how far ahead a platform's clock may be: a payment dated later than
// that is not followed by touches of before it.
const skew = time.Minute

// maxOrders bounds the orders that are decided together.
const maxOrders = 200

// attribute decides what a batch asks for and moves on to next. It may run
// again: until the last write the checkpoint stays.
func (t *Tracker) attribute(ctx context.Context, w *work, next live.Position) error {
	if err := t.latecomers(ctx, w); err != nil {
		return err
	}
	var writes []store.CreditWrite
	paid := map[live.MerchantID]time.Time{}
	for m, keys := range byMerchant(w.orders) {
		for some := range slices.Chunk(keys, maxOrders) {
			orders, err := t.cfg.Book.CreditedOrders(ctx, m, some)
			if err != nil {
				return err
			}
			list, err := t.decide(ctx, m, orders, w)
			if err != nil {
				return err
			}
			writes = append(writes, list...)
			for _, o := range orders {
				if o.PaidAt.After(paid[m]) {
					paid[m] = o.PaidAt
				}
			}
		}
	}
	for len(writes) > 0 {
		n := min(len(writes), maxOrders)
		upTo := t.saved
		if n == len(writes) {
			upTo = next
		}
		if err := t.keep(ctx, writes[:n], upTo); err != nil {
			return err
		}
		t.count(writes[:n], w)
		writes = writes[n:]
	}
	soon := t.cfg.Now().Add(skew)
	for m, at := range paid {
		if at.After(soon) { // Or every touch from now on would look late.
			at = soon
		}
		if at.After(t.newestOf(m)) {
			t.newest[m] = at
		}
	}
	if t.done.Less(next) {
		t.done = next
	}
	return nil
}

func byMerchant(orders map[orderKey]*trigger) map[live.MerchantID][]live.OrderID {
	out := map[live.MerchantID][]live.OrderID{}
	for k := range orders {
		out[k.merchant] = append(out[k.merchant], k.order)
	}
	for _, list := range out {
		slices.Sort(list)
	}
	return out
}

// latecomers adds the orders of persons of whom something became known late.
func (t *Tracker) latecomers(ctx context.Context, w *work) error {
	of := map[live.MerchantID][]live.PersonID{}
	for k := range w.persons {
		of[k.merchant] = append(of[k.merchant], k.person)
	}
	now := t.cfg.Now()
	for m, persons := range of {
		slices.Sort(persons)
		names, err := t.cfg.Book.NamesAsOf(ctx, m, persons, now)
		if err != nil {
			return err
		}
		for some := range slices.Chunk(persons, maxOrders) {
			// Mostly none of them has bought anything: one question finds that out.
			all, since := slices.Clone(some), now
			for _, p := range some {
				all = append(all, names[p]...)
				if s := w.persons[who{m, p}].since; s.Before(since) {
					since = s
				}
			}
			if bought, err := t.cfg.Book.CreditedOf(ctx, m, all, since); err != nil {
				return err
			} else if len(bought) == 0 {
				continue
			}
			for _, p := range some {
				if err := t.latecomer(ctx, w, who{m, p}, names[p]); err != nil {
					return err
				}
			}
		}
	}
	clear(w.persons)
	return nil
}

// latecomer adds the orders of one person, under all names.
func (t *Tracker) latecomer(ctx context.Context, w *work, key who, names []live.PersonID) error {
	why := w.persons[key]
	if len(names) == 0 {
		names = []live.PersonID{key.person}
	}
	orders, err := t.cfg.Book.CreditedOf(ctx, key.merchant, names, why.since)
	if err != nil {
		return err
	}
	for _, id := range orders {
		order := orderKey{key.merchant, id}
		if w.orders[order] == nil {
			w.orders[order] = &trigger{received: why.received, occurred: why.occurred, final: why.final}
		}
		w.orders[order].cause = why.cause
	}
	return nil
}

// decide says of some orders of a merchant by what weights they are divided.
func (t *Tracker) decide(ctx context.Context, m live.MerchantID, orders map[live.OrderID]live.CreditedOrder, w *work) ([]store.CreditWrite, error) {
	var out []store.CreditWrite
	var fresh []live.CreditedOrder
	for _, id := range slices.Sorted(maps.Keys(orders)) {
		o := orders[id]
		why := w.orders[orderKey{m, id}]
		write := store.CreditWrite{Merchant: m, Order: id, Cause: why.cause, At: why.occurred}
		said := o.Credited
		switch {
		case said == nil && o.PaidAt.IsZero():
			continue
		case said == nil:
			write.Cause = live.CreditPaid
			fresh = append(fresh, o)
		case o.PaidAt.IsZero(), !said.PaidAt.IsZero() && said.PaidAt.Before(why.final):
			write.Cause = live.CreditMoney // The weights are final.
		case said.Person != o.Person || !said.PaidAt.Equal(o.PaidAt):
			write.Cause = cmp.Or(why.cause, live.CreditMoved)
			fresh = append(fresh, o)
		case why.cause != "":
			fresh = append(fresh, o)
		default:
			write.Cause = live.CreditMoney
			if said.CreditHome != o.CreditHome {
				write.Cause = live.CreditMoved
			}
		}
		out = append(out, write)
	}
	credits := make(map[live.OrderID]*live.OrderCredit, len(fresh))
	for _, some := range near(fresh, t.cfg.Window) {
		if err := t.weigh(ctx, m, some, credits); err != nil {
			return nil, err
		}
	}
	for i := range out {
		if c := credits[out[i].Order]; c != nil {
			o := orders[out[i].Order]
			out[i].Credit, out[i].Person, out[i].PaidAt = c, o.Person, o.PaidAt
		}
	}
	return out, nil
}

// near parts orders by their payments: imported history goes over years, and the
// touches of each stretch are asked for by themselves.
func near(orders []live.CreditedOrder, window time.Duration) (parts [][]live.CreditedOrder) {
	slices.SortStableFunc(orders, func(a, b live.CreditedOrder) int { return a.PaidAt.Compare(b.PaidAt) })
	for len(orders) > 0 {
		n := 1
		for n < len(orders) && orders[n].PaidAt.Sub(orders[0].PaidAt) <= window {
			n++
		}
		parts = append(parts, orders[:n])
		orders = orders[n:]
	}
	return parts
}

// weigh divides orders of a stretch of time, ascending.
func (t *Tracker) weigh(ctx context.Context, m live.MerchantID, orders []live.CreditedOrder, into map[live.OrderID]*live.OrderCredit) error {
	var persons []live.PersonID
	for i := range orders {
		if p := orders[i].Person; p != "" {
			persons = append(persons, p)
		}
	}
	slices.Sort(persons)
	persons = slices.Compact(persons)
	touches := map[live.PersonID][]conversion.Touchpoint{}
	var names map[live.PersonID][]live.PersonID
	if len(persons) > 0 {
		var err error
		now := t.cfg.Now()
		t.asked = now
		if names, err = t.cfg.Book.NamesAsOf(ctx, m, persons, now); err != nil {
			return err
		}
		all := slices.Clone(persons)
		for _, group := range names {
			all = append(all, group...)
		}
		slices.Sort(all)
		all = slices.Compact(all)
		from, until := orders[0].PaidAt.Add(-t.cfg.Window), orders[len(orders)-1].PaidAt
		if touches, err = t.cfg.History.Touches(ctx, m, all, from, until, now.Add(time.Minute)); err != nil {
			return err
		}
		for _, p := range all {
			if joined := t.tail.join(who{m, p}, touches[p]); len(joined) > 0 {
				touches[p] = joined
			}
		}
	}
	titles, err := t.describe(ctx, touches)
	if err != nil {
		return err
	}
	for i := range orders {
		o := &orders[i]
		list := touches[o.Person]
		if group := names[o.Person]; len(group) > 0 {
			list = nil
			for _, p := range group {
				list = append(list, touches[p]...)
			}
			list = slices.DeleteFunc(list, func(t conversion.Touchpoint) bool { return slices.Contains(group, t.Referrer) }) // a link of their own
		}
		if o.Person == "" {
			list = nil
		}
		into[o.Order] = t.credit(o, list, titles)
	}
	return nil
}

// count tells the metrics what was kept.
func (t *Tracker) count(writes []store.CreditWrite, w *work) {
	now := t.cfg.Now()
	for i := range writes {
		t.metrics.told.WithLabelValues(string(writes[i].Cause)).Inc()
		if writes[i].Cause == live.CreditPaid {
			t.metrics.seconds.Observe(now.Sub(w.orders[orderKey{writes[i].Merchant, writes[i].Order}].received).Seconds())
		}
	}
}
