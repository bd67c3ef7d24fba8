package credit

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// work is what a batch of facts asks for.
type work struct {
	orders map[orderKey]*trigger
	// persons of whom something became known late: whose orders of when.
	persons map[who]*trigger
}

type orderKey struct {
	merchant live.MerchantID
	order    live.OrderID
}

// trigger is why something is looked at.
type trigger struct {
	cause    live.CreditCause
	since    time.Time // of persons: orders paid from here on
	occurred time.Time
	received time.Time // the first fact of it
	final    time.Time // orders paid before keep their weights
}

// silent are facts of an order that change neither its money nor whose it is.
var silent = []live.Kind{
	live.OrderPaymentFailed, live.OrderPartShipped, live.OrderShipped, live.OrderReceived, live.OrderCompleted, live.OrderSettled,
	live.RefundRequested, live.RefundApproved, live.RefundRejected, live.RefundWithdrawn,
}

// gather reads what is to be done from a batch and remembers its touches.
func (t *Tracker) gather(ctx context.Context, entries []live.Entry) *work {
	w := &work{orders: map[orderKey]*trigger{}, persons: map[who]*trigger{}}
	watermark := t.cfg.Watermark()
	for i := range entries {
		e := &entries[i].Event
		at := entries[i].Position
		if touch, ok := t.cfg.Rules.TouchOf(*e); ok {
			touch.Position = at
			key := who{e.Merchant, e.Person}
			if !at.Less(watermark) {
				t.tail.add(key, touch)
			}
			if !at.Less(t.done) && t.late(e.Merchant, touch.At) {
				w.person(key, live.CreditLate, e, touch.At)
			}
			continue
		}
		if at.Less(t.done) {
			continue // It was dealt with before a restart.
		}
		switch {
		case live.OrderFactKind(e.Kind):
			t.gatherOrder(ctx, w, e)
		case e.Kind == live.IdentityMerged || e.Kind == live.IdentityUnmerged:
			w.identity(e)
		}
	}
	return w
}

func (t *Tracker) gatherOrder(ctx context.Context, w *work, e *live.Event) {
	if slices.Contains(silent, e.Kind) {
		return
	}
	var said orderSaid
	if err := json.Unmarshal(e.Data, &said); err != nil || said.Order == "" {
		t.metrics.bad.Inc()
		t.cfg.Logger.ErrorContext(ctx, "an order event names no order, its credit waits for the next", "event_id", string(e.ID), "error", err)
		return
	}
	// Facts of rehearsals are looked at too: an order may have been paid before it
	// was known to be of one.
	if e.Kind == live.OrderCreated && said.State == live.OrderUnpaid && len(said.Flags) == 0 {
		return // Most orders begin so, and nothing was said of their credit.
	}
	key := orderKey{e.Merchant, said.Order}
	if w.orders[key] == nil {
		w.orders[key] = &trigger{received: e.ReceivedAt}
	}
	w.orders[key].occurred, w.orders[key].final = e.OccurredAt, e.ReceivedAt.Add(-live.CreditFinal)
}

// late reports whether a touch may be of before a payment that was attributed.
func (t *Tracker) late(m live.MerchantID, at time.Time) bool { return !at.After(t.newestOf(m)) }

// newestOf is the newest payment that was attributed, or later. Those of before
// this process were made before it began.
func (t *Tracker) newestOf(m live.MerchantID) time.Time {
	if newest, known := t.newest[m]; known {
		return newest
	}
	return t.started
}

// person notes that something became known late of a person.
func (w *work) person(key who, cause live.CreditCause, e *live.Event, since time.Time) {
	final := e.ReceivedAt.Add(-live.CreditFinal)
	if since.Before(final) {
		since = final
	}
	p := w.persons[key]
	if p == nil {
		p = &trigger{cause: cause, since: since, received: e.ReceivedAt}
		w.persons[key] = p
	}
	if since.Before(p.since) {
		p.since = since
	}
	if cause == live.CreditIdentity {
		p.cause = cause
	}
	p.occurred, p.final = e.ReceivedAt, final // It is news now, however old the touch.
}

// identity notes the persons that a merge, or its undoing, is about.
func (w *work) identity(e *live.Event) {
	var d struct {
		From    live.PersonID   `json:"from_person"`
		To      live.PersonID   `json:"to_person"`
		Persons []live.PersonID `json:"persons"`
	}
	if json.Unmarshal(e.Data, &d) != nil { // The store wrote it.
		return
	}
	for _, p := range append(d.Persons, d.From, d.To, e.Person) {
		if p != "" {
			w.person(who{e.Merchant, p}, live.CreditIdentity, e, time.Time{})
		}
	}
}
