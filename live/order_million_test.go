package live_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// million is how many histories TestOrderHistories tells: 20,000, or what
// SHOWRUNNER_TEST_CASES says.
func million(t *testing.T) int {
	t.Helper()
	s := os.Getenv("SHOWRUNNER_TEST_CASES")
	if s == "" {
		return 20_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatalf("SHOWRUNNER_TEST_CASES: %v", err)
	}
	return n
}

// teller draws facts, faster than rapid does, from a world so small that names
// collide, currencies clash, refunds exceed and lines are unknown.
type teller struct{ *rand.Rand }

func newTeller(seed, n uint64) teller { return teller{rand.New(rand.NewPCG(seed, n))} }

func pick[T any](r teller, of ...T) T { return of[r.IntN(len(of))] }

func (r teller) minor() int64 { return r.Int64N(41) }

var names = []string{"1", "2", "3"}

func (r teller) fact() live.OrderFact {
	f := live.OrderFact{
		Source: pick(r, live.SourceOwn, "shop", "psp"), At: day.Add(time.Duration(r.IntN(6)) * time.Minute),
		Currency: pick[live.Currency](r, "CNY", "CNY", "CNY", "CNY", "USD"),
	}
	switch r.IntN(3) {
	case 0:
		f.Kind = pick(r, live.OrderCreated, live.OrderPaid, live.RefundSucceeded)
	default:
		f.Kind = pick(r, live.OrderKinds...)
	}
	switch f.Kind {
	case live.OrderCreated:
		f.Show, f.Person = pick[live.ShowID](r, "s1", "s1", "s2", ""), pick[live.PersonID](r, "p1", "p2", "")
		f.Payment = pick(r, "", "", live.Presale, live.COD, live.CODOnOrder)
		for i := range 1 + r.IntN(3) {
			f.Lines = append(f.Lines, live.OrderLine{
				ID: names[i], SKU: pick[live.SKUID](r, "a", "b", "c"), Product: "p", Qty: 1 + r.Int64N(3), Goods: r.minor(), Discount: r.minor() / 2,
				Subsidy: r.minor() / 2, Shipping: r.minor(), Tax: r.minor(), CommissionBPS: r.Int64N(10_001),
			})
		}
	case live.OrderPaid, live.DepositPaid, live.BalancePaid:
		f.ID, f.PaidMinor = pick(r, names...), r.minor()
	case live.OrderPriceChanged:
		f.ID = pick(r, names...)
		if r.IntN(2) == 0 {
			f.TotalMinor = r.minor()
		} else {
			f.Lines = []live.OrderLine{{ID: pick(r, "1", "2", "9"), Goods: r.minor(), Discount: r.minor(), Subsidy: r.minor(), Shipping: r.minor()}}
		}
	case live.ExchangeCreated:
		f.ID = pick(r, names...)
		f.Exchange = live.Exchange{Line: pick(r, "1", "2", "9"), SKU: pick[live.SKUID](r, "a", "d"), Qty: r.Int64N(4), Goods: r.minor() - 20}
	case live.OrderSettled:
		f.ID, f.SettledMinor = pick(r, names...), r.minor()
	case live.OrderPaymentFailed, live.OrderPartShipped, live.OrderShipped:
		f.ID = pick(r, names...)
	case live.RefundRequested, live.RefundApproved, live.RefundRejected, live.RefundWithdrawn:
		f.ID = pick(r, names...)
		if f.Kind == live.RefundRequested {
			f.Refund = live.RefundRequest{Line: pick(r, "1", "2", "9"), Type: pick(r, live.RefundOnly, live.ReturnGoods)}
		}
	case live.OrderCancelled:
		f.CancelType = pick(r, live.CancelTimeout, live.CancelTimeout, live.CancelUser, live.CancelMerchant, live.CancelOversold, live.CancelRisk, live.CancelAllRefunded)
	case live.RefundSucceeded:
		f.ID = pick(r, names...)
		for range 1 + r.IntN(2) {
			l := live.RefundLine{Goods: r.minor(), Shipping: r.minor() / 2}
			if r.IntN(2) == 0 {
				l.Line = pick(r, "1", "2", "9")
			} else {
				l.SKU = pick[live.SKUID](r, "a", "b", "c")
			}
			f.Refunds = append(f.Refunds, l)
		}
	}
	return f
}

// arrivals are the ways in which one set of facts comes in: backwards, by
// kind, rotated, and shuffled with repetitions.
func (r teller) arrivals(facts []live.OrderFact) [4][]live.OrderFact {
	back := slices.Clone(facts)
	slices.Reverse(back)
	last := slices.Clone(facts) // what belongs to the end of an order comes first
	slices.SortStableFunc(last, func(a, b live.OrderFact) int { return live.CompareFacts(b, a) })
	turn := r.IntN(len(facts))
	rotated := append(slices.Clone(facts[turn:]), facts[:turn]...)
	mixed := slices.Clone(facts)
	for range 1 + r.IntN(4) {
		mixed = append(mixed, pick(r, facts...))
	}
	r.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return [4][]live.OrderFact{back, last, rotated, mixed}
}

// sameOrder is cmp.Equal for orders at a hundredth of its cost. It compares
// every member: TestSameOrderKnowsEveryMember holds that.
func sameOrder(a, b *live.Order) bool {
	return a.ID == b.ID && a.Merchant == b.Merchant && a.Show == b.Show && a.Room == b.Room && a.Person == b.Person &&
		a.Channel == b.Channel && a.Campaign == b.Campaign && a.Currency == b.Currency && a.State == b.State &&
		a.CreatedAt.Equal(b.CreatedAt) && a.PaidAt.Equal(b.PaidAt) && a.CancelledAt.Equal(b.CancelledAt) && a.Cancel == b.Cancel &&
		a.Payment == b.Payment && a.Fulfilment == b.Fulfilment && a.ShippedAt.Equal(b.ShippedAt) && a.ReceivedAt.Equal(b.ReceivedAt) &&
		a.CompletedAt.Equal(b.CompletedAt) && a.Failures == b.Failures && slices.Equal(a.Aftersales, b.Aftersales) &&
		slices.Equal(a.Lines, b.Lines) && slices.Equal(a.Flags, b.Flags) && a.Ver == b.Ver
}

// TestOrderHistories tells random histories of orders, with every kind of fact
// there is. Whatever arrives in whatever order and however often: the fold is
// the same, the lines carry exactly the money that was told, no line keeps
// less than nothing, the deltas of any arrival add up to the order and their
// postings to zero, and every split sums and mirrors. A failure prints its
// case, which is told again alone by TestOrderHistory with SHOWRUNNER_TEST_CASE.
func TestOrderHistories(t *testing.T) {
	n := million(t)
	began := time.Now()
	seed := uint64(began.UnixNano())
	t.Logf("%d cases of seed %d", n, seed)
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1); i <= int64(n) && failed.Load() == 0; i = next.Add(1) {
				if err := tell(seed, uint64(i), 14); err != nil {
					failed.Add(1)
					most := shrink(seed, uint64(i), 14)
					t.Errorf("case %d-%d-%d: %v", seed, i, most, tell(seed, uint64(i), most))
				}
			}
		})
	}
	wg.Wait()
	t.Logf("%d histories in %s", n, time.Since(began).Round(time.Millisecond))
}

// shrink finds the shortest beginning of a history that still fails.
func shrink(seed, n uint64, most int) int {
	for k := 1; k < most; k++ {
		if tell(seed, n, k) != nil {
			return k
		}
	}
	return most
}

// TestOrderHistory tells one history again: SHOWRUNNER_TEST_CASE is its name,
// as a failure of TestOrderHistories printed it.
func TestOrderHistory(t *testing.T) {
	name := os.Getenv("SHOWRUNNER_TEST_CASE")
	if name == "" {
		name = "1-1-14"
	}
	var seed, n uint64
	var most int
	if _, err := fmt.Sscanf(name, "%d-%d-%d", &seed, &n, &most); err != nil {
		t.Fatalf("SHOWRUNNER_TEST_CASE: %v", err)
	}
	if err := tell(seed, n, most); err != nil {
		t.Error(err)
	}
}

// tell tells case n of a seed, at most so many facts of it, and returns what
// is wrong with the order.
func tell(seed, n uint64, most int) error {
	r := newTeller(seed, n)
	facts := make([]live.OrderFact, 1+r.IntN(14))
	for i := range facts {
		facts[i] = r.fact()
	}
	facts = facts[:min(most, len(facts))]
	want := live.FoldOrder("m", "o", facts)
	if err := sound(&want, facts); err != nil {
		return fmt.Errorf("%w in %+v of %+v", err, want, facts)
	}
	for i, so := range r.arrivals(facts) {
		if got := live.FoldOrder("m", "o", so); !sameOrder(&want, &got) {
			return fmt.Errorf("arrival %d folds to %+v, not %+v, of %+v", i, got, want, so)
		}
		if i != int(n%4) { // one arrival of each history is also told step by step
			continue
		}
		if err := addsUp(so, want); err != nil {
			return fmt.Errorf("%w of %+v", err, so)
		}
	}
	weights := make([]int64, 1+r.IntN(6))
	for i := range weights {
		weights[i] = r.Int64N(live.MaxMinor) >> r.IntN(40)
	}
	amount := r.Int64N(live.MaxMinor) >> r.IntN(40)
	var sum int64
	mirror := live.SplitMinor(-amount, weights)
	for i, x := range live.SplitMinor(amount, weights) {
		if sum += x; x < 0 || mirror[i] != -x {
			return fmt.Errorf("split of %d over %v: share %d is %d, of the negative %d", amount, weights, i, x, mirror[i])
		}
	}
	if sum != amount {
		return fmt.Errorf("split of %d over %v sums to %d", amount, weights, sum)
	}
	return nil
}

// sound checks the money of an order against the facts, read independently.
func sound(o *live.Order, facts []live.OrderFact) error {
	var paid, deposit, due int64
	for i := range o.Lines {
		l := &o.Lines[i]
		paid, deposit, due = paid+l.Paid, deposit+l.Deposit, due+l.Created
		switch {
		case l.Net() < 0 || l.Paid < 0 || l.RefundGoods < 0 || l.RefundShip < 0 || l.CancelledPaid < 0 || l.Created < 0 || l.Deposit < 0 || l.Settled < 0:
			return fmt.Errorf("line %s has a negative amount, net %d", l.ID, l.Net())
		case l.CommissionBack < 0 || l.CommissionBack > l.Commission:
			return fmt.Errorf("line %s gives back %d of commission %d", l.ID, l.CommissionBack, l.Commission)
		case o.Cancel != "" && l.Net() != 0:
			return fmt.Errorf("cancelled, and line %s keeps %d", l.ID, l.Net())
		}
	}
	if due != o.Due() {
		return fmt.Errorf("lines are due %d, the order %d", due, o.Due())
	}
	// The first payment of each name in the order's currency is all the money there is.
	var money int64
	var seen [3]bool
	for k, kind := range []live.Kind{live.OrderPaid, live.DepositPaid, live.BalancePaid} {
		for _, id := range names {
			var first *live.OrderFact
			for i := range facts {
				f := &facts[i]
				if f.Kind == kind && f.ID == id && (first == nil || live.CompareFacts(*f, *first) < 0) {
					first = f
				}
			}
			if first != nil && first.Currency == o.Currency {
				money += first.PaidMinor
				seen[k] = true
			}
		}
	}
	whole := seen[0] || seen[1] && seen[2]
	switch {
	case whole && paid != money:
		return fmt.Errorf("lines are paid %d, payments say %d", paid, money)
	case whole && deposit != 0:
		return fmt.Errorf("paid in full, and %d is a deposit", deposit)
	case !whole && o.Payment.PaidWhen() == live.PaidOnMoney && paid != 0:
		return fmt.Errorf("lines are paid %d before deposit and balance are there", paid)
	}
	return nil
}

// addsUp tells facts one by one and checks that the deltas of the steps sum to
// the order they end at, and the postings of each step to zero.
func addsUp(so []live.OrderFact, end live.Order) error {
	sum, want := book{}, book{}
	want.add(live.Deltas(live.Order{}, end))
	var last live.Order
	for i := range so {
		next := live.FoldOrder("m", "o", so[:i+1])
		ds := live.Deltas(last, next)
		var balance int64
		for _, p := range live.Postings(ds) {
			balance += p.Minor
		}
		if balance != 0 {
			return fmt.Errorf("the postings of step %d are %d out of balance", i, balance)
		}
		sum.add(ds)
		last = next
	}
	if !maps.Equal(sum, want) {
		return fmt.Errorf("deltas sum to %+v, the order is %+v", sum, want)
	}
	return nil
}

// sameOrder looks at every member of an order, also at those added later.
func TestSameOrderKnowsEveryMember(t *testing.T) {
	var a live.Order
	for i := range reflect.TypeFor[live.Order]().NumField() {
		b := a
		f := reflect.ValueOf(&b).Elem().Field(i)
		switch f.Kind() {
		case reflect.String:
			f.SetString("x")
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Uint32:
			f.SetUint(1)
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Struct:
			f.Set(reflect.ValueOf(day))
		default:
			t.Fatalf("no way to change %s", f.Kind())
		}
		if sameOrder(&a, &b) {
			t.Errorf("a difference in %s is not seen", reflect.TypeFor[live.Order]().Field(i).Name)
		}
	}
}
