package store

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

const creditReader = "credit"

func weights(model string, by ...int64) *live.OrderCredit {
	c := &live.OrderCredit{Model: model, Ver: 1, Window: time.Hour, Rules: "r"}
	for i, w := range by {
		c.Parts = append(c.Parts, live.CreditPart{Stage: live.Stages[i%4], Channel: fmt.Sprint("c", i)})
		c.Of, c.Weights = append(c.Of, i), append(c.Weights, w)
	}
	return c
}

func keep(t testing.TB, s *Store, from, next uint64, writes ...CreditWrite) int {
	t.Helper()
	for i := range writes {
		writes[i].Merchant, writes[i].At = "m1", s.now()
	}
	told, err := s.KeepCredits(t.Context(), CreditBatch{Reader: creditReader, Epoch: "e1", From: live.PositionOf(from), Next: live.PositionOf(next), Orders: writes})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

// toldCredit are the events of credit, and what they sum to by show.
func toldCredit(t testing.TB, s *Store) (kinds []live.Kind, sums map[live.ShowID]live.ShowCredit) {
	t.Helper()
	sums = map[live.ShowID]live.ShowCredit{}
	for _, e := range events(t, s) {
		if !live.CreditKind(e.Kind) {
			continue
		}
		kinds = append(kinds, e.Kind)
		change, err := live.CreditChange(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		sum := sums[e.Show]
		sum.Currency = change.Currency
		sum.Add(&change)
		sums[e.Show] = sum
	}
	return kinds, sums
}

// held compares what the events of credit sum to with what is kept of the show,
// and returns it.
func held(t testing.TB, s *Store, show live.ShowID) live.ShowCredit {
	t.Helper()
	rows, err := s.ShowCredits(t.Context(), "m1", show)
	if err != nil {
		t.Fatal(err)
	}
	_, sums := toldCredit(t, s)
	if len(rows) == 0 {
		return live.ShowCredit{}
	}
	if d := cmp.Diff(sums[show], rows[0]); d != "" || len(rows) != 1 {
		t.Fatalf("%d rows; events and table of %s differ (-events +table):\n%s", len(rows), show, d)
	}
	return rows[0]
}

func TestKeepCredits(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 100)
	o := mustBuy(t, s, "u1", "c1", one("a"))
	first := CreditWrite{Order: o.ID, Cause: live.CreditPaid, Credit: weights("linear", 1, 1, 1), Person: "u1"}
	if n := keep(t, s, 0, 10, first); n != 0 {
		t.Errorf("an order that is not paid was told %d times", n)
	}
	pay(t, s, o.ID, "p1", 1990, c.now())
	first.PaidAt = c.now()
	if n := keep(t, s, 10, 20, first, CreditWrite{Order: "nobody", Cause: live.CreditPaid, Credit: weights("linear", 1)}); n != 1 {
		t.Errorf("told %d times", n)
	}
	want := live.ShowCredit{Currency: "CNY", Orders: 1, Value: 1990, Stages: [4]int64{664, 663, 663, 0}}
	if d := cmp.Diff(want, held(t, s, "s1")); d != "" {
		t.Errorf("after the payment (-want +got):\n%s", d)
	}
	if n := keep(t, s, 20, 20, first); n != 0 {
		t.Errorf("the same was told %d times more", n)
	}
	// A refund goes by the stored weights, whatever came since.
	apply(t, s, Fact{o.ID, live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Source: "shop", At: c.now(), Currency: "CNY", Refunds: []live.RefundLine{{SKU: "a", Goods: 990}}}})
	if n := keep(t, s, 20, 20, CreditWrite{Order: o.ID, Cause: live.CreditMoney}); n != 1 {
		t.Errorf("a refund was told %d times", n)
	}
	want = live.ShowCredit{Currency: "CNY", Orders: 1, Value: 1000, Stages: [4]int64{334, 333, 333, 0}}
	if d := cmp.Diff(want, held(t, s, "s1")); d != "" {
		t.Errorf("after the refund (-want +got):\n%s", d)
	}
	got, err := s.CreditedOrders(t.Context(), "m1", []live.OrderID{o.ID, "nobody"})
	if err != nil || len(got) != 1 || got[o.ID].Credited == nil || got[o.ID].Credited.Version != 2 || got[o.ID].Value != 1000 || got[o.ID].Credited.Person != "u1" {
		t.Errorf("read back: %+v, %v", got, err)
	}
	again := CreditWrite{Order: o.ID, Cause: live.CreditLate, Credit: weights("linear", 0, 0, 0, 1), Person: "u1", PaidAt: first.PaidAt}
	if n := keep(t, s, 20, 30, again); n != 1 {
		t.Errorf("other weights were told %d times", n)
	}
	want.Stages = [4]int64{0, 0, 0, 1000}
	if d := cmp.Diff(want, held(t, s, "s1")); d != "" {
		t.Errorf("after other weights (-want +got):\n%s", d)
	}
	kinds, _ := toldCredit(t, s)
	if d := cmp.Diff([]live.Kind{live.OrderAttributed, live.OrderReattributed, live.OrderReattributed}, kinds); d != "" {
		t.Errorf("told (-want +got):\n%s", d)
	}
	for name, q := range map[string]struct {
		person live.PersonID
		since  time.Time
		want   int
	}{
		"theirs": {"u1", first.PaidAt, 1}, "paid before": {"u1", first.PaidAt.Add(time.Millisecond), 0}, "somebody else's": {"u2", first.PaidAt, 0},
	} {
		if ids, err := s.CreditedOf(t.Context(), "m1", []live.PersonID{q.person}, q.since); err != nil || len(ids) != q.want {
			t.Errorf("%s: %v, %v", name, ids, err)
		}
	}

	// Another process, or an older state of this one.
	_, err = s.KeepCredits(t.Context(), CreditBatch{Reader: creditReader, Epoch: "e1", From: live.PositionOf(20), Next: live.PositionOf(40)})
	var refusal *live.Error
	if !errors.As(err, &refusal) || refusal.Code != "credit_overtaken" {
		t.Errorf("overtaken: %v", err)
	}
	if epoch, at, err := s.LogCheckpoint(t.Context(), creditReader); err != nil || epoch != "e1" || at.Offset() != 30 {
		t.Errorf("the checkpoint is %s %d, %v", epoch, at.Offset(), err)
	}
	// Another log begins anew.
	if _, err := s.KeepCredits(t.Context(), CreditBatch{Reader: creditReader, Epoch: "e2", Next: live.PositionOf(5)}); err != nil {
		t.Error(err)
	}
}

// Money that moves to another show, or arrives in another currency, leaves
// nothing behind.
func TestCreditMoves(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 100)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1", Title: "Next"}, operator); err != nil {
		t.Fatal(err)
	}
	// Paid before it is created: outside a show so far.
	apply(t, s, Fact{"x1", live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: c.now(), Currency: "CNY", PaidMinor: 700}})
	w := CreditWrite{Order: "x1", Cause: live.CreditPaid, Credit: weights("linear", 2, 1), PaidAt: c.now()}
	keep(t, s, 0, 10, w)
	if got := held(t, s, ""); got.Value != 700 || got.Orders != 1 {
		t.Errorf("outside: %+v", got)
	}
	apply(t, s, Fact{"x1", live.OrderFact{
		Kind: live.OrderCreated, Source: "shop", At: c.now(), Currency: "CNY", Show: "s2", Person: "u1",
		Lines: []live.OrderLine{{ID: "l", Product: "pa", SKU: "a", Qty: 1, Goods: 700}},
	}})
	if n := keep(t, s, 10, 10, CreditWrite{Order: "x1", Cause: live.CreditMoved, Credit: weights("linear", 1, 1), Person: "u1", PaidAt: c.now()}); n != 2 {
		t.Errorf("a move was told %d times, of both shows", n)
	}
	if got := held(t, s, ""); got.Value != 0 || got.Orders != 0 || got.Stages != [4]int64{} {
		t.Errorf("left behind: %+v", got)
	}
	if got := held(t, s, "s2"); got.Value != 700 || got.Orders != 1 || got.Stages != [4]int64{350, 350} {
		t.Errorf("arrived: %+v", got)
	}
}

// Whatever happens to orders, in whatever order it is heard, the credits of a
// show are the money of its orders, and events say the same as the table.
func TestCreditIsTheMoney(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 10_000)
	rng := rand.New(rand.NewPCG(3, 9))
	var ids []live.OrderID
	at := uint64(0)
	for step := range 150 {
		c.add(time.Duration(rng.IntN(2000)) * time.Millisecond)
		if len(ids) < 3 || rng.IntN(4) == 0 {
			o := mustBuy(t, s, fmt.Sprint("u", rng.IntN(9)), fmt.Sprint("c", step), live.WantedLine{SKU: "a", Qty: 1 + int64(rng.IntN(3))}, one("b"))
			ids = append(ids, o.ID)
		}
		id := ids[rng.IntN(len(ids))]
		f := live.OrderFact{Source: "shop", At: c.now(), Currency: "CNY"}
		switch rng.IntN(6) {
		case 0, 1, 2:
			f.Kind, f.ID, f.PaidMinor = live.OrderPaid, "p", 2490
		case 3, 4:
			f.Kind, f.ID = live.RefundSucceeded, fmt.Sprint("r", step)
			f.Refunds = []live.RefundLine{{SKU: "a", Goods: int64(1 + rng.IntN(700)), Shipping: int64(rng.IntN(3))}}
		default:
			f.Kind, f.CancelType = live.OrderCancelled, live.CancelUser
		}
		apply(t, s, Fact{id, f})
		if rng.IntN(2) == 0 {
			continue // It is heard of later.
		}
		var writes []CreditWrite
		for _, id := range ids {
			if rng.IntN(3) > 0 {
				continue
			}
			w := CreditWrite{Order: id, Cause: live.CreditMoney}
			if o := order(t, s, id); rng.IntN(2) == 0 {
				by := make([]int64, 1+rng.IntN(6))
				for i := range by {
					by[i] = 1 + rng.Int64N(1<<50)
				}
				w.Cause, w.Credit, w.Person, w.PaidAt = live.CreditPaid, weights("time_decay", by...), o.Person, o.PaidAt
			}
			writes = append(writes, w)
		}
		keep(t, s, at, at+10, writes...)
		at += 10
	}
	var all []CreditWrite
	var money int64
	for _, id := range ids {
		o := order(t, s, id)
		if o.PaidAt.IsZero() {
			continue
		}
		for i := range o.Lines {
			money += o.Lines[i].Net()
		}
		all = append(all, CreditWrite{Order: id, Cause: live.CreditPaid, Credit: weights("linear", 1, 1, 1), Person: o.Person, PaidAt: o.PaidAt})
	}
	keep(t, s, at, at, all...)
	got := held(t, s, "s1")
	if got.Value != money || money == 0 || got.Orders != int64(len(all)) {
		t.Errorf("%d of %d orders credited, %d of %d", got.Orders, len(all), got.Value, money)
	}
}
