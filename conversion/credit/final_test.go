package credit

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
	"showrunner/live/store"
)

// say applies facts of one order and lets the tracker hear of it.
func (w *world) say(facts ...live.OrderFact) {
	w.t.Helper()
	for _, f := range facts {
		f.Source, f.At, f.Currency = "shop", w.now, "CNY"
		if _, err := w.store.ApplyFacts(w.t.Context(), "m1", []store.Fact{{Order: "o1", OrderFact: f}}, w.now); err != nil {
			w.t.Fatal(err)
		}
	}
	w.settle()
}

// settle lets the tracker hear of everything, also of what it says itself.
func (w *world) settle() {
	for range 10 {
		w.follow(1000)
	}
}

func (w *world) enter(person live.PersonID, at time.Time, channel string) {
	w.relay()
	w.log.append(live.Event{
		Kind: live.RoomEntered, Source: "ws", Merchant: "m1", Show: "s1", Person: person, Channel: channel,
		Actor: live.Actor{ID: string(person), Role: live.RoleViewer}, OccurredAt: at, ReceivedAt: w.now,
	})
}

func (w *world) said() *live.CreditSaid {
	w.t.Helper()
	orders, err := w.store.CreditedOrders(w.t.Context(), "m1", []live.OrderID{"o1"})
	if err != nil || orders["o1"].Credited == nil {
		w.t.Fatalf("o1: %+v, %v", orders["o1"], err)
	}
	return orders["o1"].Credited
}

// For thirty days what becomes known late divides an order again; from then on
// only its money changes, and by the weights it has.
func TestCreditIsFinal(t *testing.T) {
	w := newWorld(t, 1, "linear")
	w.enter("p1", w.now, "ads")
	w.pass(time.Minute)
	w.say(
		live.OrderFact{Kind: live.OrderCreated, Show: "s1", Person: "p1", Lines: []live.OrderLine{{ID: "l", Product: "x", SKU: "k", Qty: 1, Goods: 1001}}},
		live.OrderFact{Kind: live.OrderPaid, ID: "p", PaidMinor: 1001},
	)
	paid := w.now
	if c := w.said(); len(c.Weights) != 1 || c.Version != 1 {
		t.Fatalf("after the payment: %+v", c)
	}
	w.pass(live.CreditFinal - time.Minute)
	w.enter("p1", paid.Add(-time.Hour), "group")
	w.settle()
	if c := w.said(); len(c.Weights) != 2 || c.Version != 2 {
		t.Errorf("a touch told a minute before it is final: %+v", c)
	}
	w.pass(2 * time.Minute)
	w.enter("p1", paid.Add(-2*time.Hour), "search")
	w.settle()
	if _, err := w.store.Identify(t.Context(), "m1", []live.Identifier{{Kind: live.IdentityAnonymous, Value: "p1"}, {Kind: live.IdentityLogin, Value: "u1"}}, "test"); err != nil {
		t.Fatal(err)
	}
	w.settle()
	if c := w.said(); len(c.Weights) != 2 || c.Version != 2 {
		t.Errorf("told after it was final: %+v", c)
	}
	w.say(live.OrderFact{Kind: live.RefundSucceeded, ID: "r", Refunds: []live.RefundLine{{Line: "l", Goods: 500}}})
	c := w.said()
	parts, _ := c.Split(c.Value)
	if c.Value != 501 || c.Version != 3 || len(parts) != 2 || parts[0] != 251 || parts[1] != 250 {
		t.Errorf("a refund after it was final: %+v, %v", c, parts)
	}
}

// An order keeps the last of very many touches, and says how many it left out.
func TestCreditIsBounded(t *testing.T) {
	w := newWorld(t, 1, "linear")
	for range live.MaxCreditTouches + 7 {
		w.enter("p1", w.now, "ads")
		w.pass(time.Millisecond)
	}
	w.say(
		live.OrderFact{Kind: live.OrderCreated, Show: "s1", Person: "p1", Lines: []live.OrderLine{{ID: "l", Product: "x", SKU: "k", Qty: 1, Goods: 1001}}},
		live.OrderFact{Kind: live.OrderPaid, ID: "p", PaidMinor: 1001},
	)
	c := w.said()
	parts, rest := c.Split(c.Value)
	if len(c.Weights) != live.MaxCreditTouches || c.LeftOut != 7 || rest != 0 || len(parts) != 1 || parts[0] != 1001 {
		t.Errorf("%d touches, %d left out, %v and %d", len(c.Weights), c.LeftOut, parts, rest)
	}
}

// The tail holds what the history may lack, each touch once.
func TestTail(t *testing.T) {
	x := newTail()
	at := func(n uint64) conversion.Touchpoint { return conversion.Touchpoint{Position: live.Position{Seq: n}} }
	a, b := who{"m1", "p1"}, who{"m2", "p1"}
	for n := range uint64(6) {
		x.add([]who{a, b}[n%2], at(n+1))
	}
	if got := x.join(a, []conversion.Touchpoint{at(1), at(3)}); len(got) != 3 {
		t.Errorf("joined with what the history has: %v", got)
	}
	x.trim(live.Position{Seq: 4})
	if got := x.join(a, nil); len(got) != 1 || got[0].Position.Seq != 5 || x.size() != 3 {
		t.Errorf("after trimming: %v of %d", got, x.size())
	}
	x.trim(live.Position{Seq: 100})
	if x.size() != 0 || len(x.touches) != 0 {
		t.Errorf("%d are left, of %d persons", x.size(), len(x.touches))
	}
}

// quiet is a log that is read for ever, and a book that is asked for nothing.
type quiet struct {
	Book
	entries []live.Entry
	read    int
}

func (q *quiet) Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	if q.read == len(q.entries) {
		return nil, sleep(ctx, wait)
	}
	n := min(limit, len(q.entries)-q.read)
	q.read += n
	return q.entries[q.read-n : q.read], nil
}

func (q *quiet) Position() live.Position { return live.Position{Seq: uint64(q.read) + 1} }

func (q *quiet) Commit(context.Context, live.Position, []byte) error { return nil }

func (q *quiet) LogCheckpoint(context.Context, string) (string, live.Position, error) {
	return "e1", live.Position{Seq: 1}, nil
}

func (q *quiet) NamesAsOf(context.Context, live.MerchantID, []live.PersonID, time.Time) (map[live.PersonID][]live.PersonID, error) {
	return nil, nil
}

func (q *quiet) CreditedOf(context.Context, live.MerchantID, []live.PersonID, time.Time) ([]live.OrderID, error) {
	return nil, nil
}

func (q *quiet) KeepCredits(context.Context, store.CreditBatch) (int, error) { return 0, nil }

// While ClickHouse takes nothing the memory does not grow: the log waits.
func TestTailWaitsForTheHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := &quiet{}
		for n := range 2 * batch {
			q.entries = append(q.entries, live.Entry{Position: live.Position{Seq: uint64(n + 1)}, Event: live.Event{
				Kind: live.RoomEntered, Merchant: "m1", Person: "p1", Actor: live.Actor{Role: live.RoleViewer}, OccurredAt: time.Now(), ReceivedAt: time.Now(),
			}})
		}
		var mark atomic.Uint64
		tr, err := New(Config{
			Reader: q, Name: "credit", Epoch: "e1", Book: q, History: &logbook{}, Watermark: func() live.Position { return live.Position{Seq: mark.Load()} },
			Rules: conversion.DefaultRules(), Model: &attribution.Plan{}, ModelName: "linear", Window: time.Hour, Now: time.Now, MaxTail: 1000,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- tr.Run(ctx) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if q.read != batch || tr.tail.size() != batch {
			t.Errorf("%d read and %d held, want one batch", q.read, tr.tail.size())
		}
		mark.Store(batch + 1)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if q.read != 2*batch {
			t.Errorf("%d read after the history went on", q.read)
		}
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}
