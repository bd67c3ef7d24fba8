package live_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

var day = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// factGen draws facts from a world so small that names collide, currencies
// clash, refunds exceed and lines are unknown.
func factGen() *rapid.Generator[live.OrderFact] {
	return rapid.Custom(func(t *rapid.T) live.OrderFact {
		f := live.OrderFact{
			Kind:     rapid.SampledFrom(append([]live.Kind{live.OrderCreated, live.OrderCreated, live.OrderPaid, live.OrderPaid, live.RefundSucceeded}, live.OrderKinds...)).Draw(t, "kind"),
			Source:   rapid.SampledFrom([]string{live.SourceOwn, "shop", "psp"}).Draw(t, "source"),
			At:       day.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "at")) * time.Minute),
			Currency: rapid.SampledFrom([]live.Currency{"CNY", "CNY", "CNY", "USD"}).Draw(t, "currency"),
		}
		name := func(what string) string { return rapid.SampledFrom([]string{"1", "2", "3"}).Draw(t, what) }
		line := func() string { return rapid.SampledFrom([]string{"1", "2", "9"}).Draw(t, "line") }
		minor := func(name string) int64 { return rapid.Int64Range(0, 40).Draw(t, name) }
		sku := func() live.SKUID { return rapid.SampledFrom([]live.SKUID{"a", "b", "c"}).Draw(t, "sku") }
		switch f.Kind {
		case live.OrderCreated:
			f.Show = rapid.SampledFrom([]live.ShowID{"s1", "s2", ""}).Draw(t, "show")
			f.Payment = rapid.SampledFrom([]live.PaymentType{"", live.Presale, live.COD, live.CODOnOrder}).Draw(t, "payment type")
			f.Person = rapid.SampledFrom([]live.PersonID{"p1", "p2", ""}).Draw(t, "person")
			for i := range rapid.IntRange(1, 3).Draw(t, "lines") {
				f.Lines = append(f.Lines, live.OrderLine{
					ID: fmt.Sprint(i + 1), SKU: sku(), Product: "p", Qty: rapid.Int64Range(1, 3).Draw(t, "qty"),
					Goods: minor("goods"), Discount: minor("discount"), Subsidy: minor("subsidy"), Shipping: minor("shipping"), Tax: minor("tax"),
					CommissionBPS: rapid.Int64Range(0, 10_000).Draw(t, "commission"),
				})
			}
		case live.OrderPaid, live.DepositPaid, live.BalancePaid:
			f.ID, f.PaidMinor = name("payment"), minor("paid")
		case live.OrderPriceChanged:
			f.ID = name("change")
			if f.TotalMinor = minor("total"); rapid.Bool().Draw(t, "lines") {
				f.TotalMinor = 0
				f.Lines = []live.OrderLine{{ID: line(), Goods: minor("goods"), Discount: minor("discount"), Subsidy: minor("subsidy"), Shipping: minor("shipping")}}
			}
		case live.ExchangeCreated:
			f.ID = name("exchange")
			f.Exchange = live.Exchange{Line: line(), SKU: sku(), Qty: rapid.Int64Range(0, 3).Draw(t, "qty"), Goods: rapid.Int64Range(-40, 40).Draw(t, "difference")}
		case live.OrderSettled:
			f.ID, f.SettledMinor = name("settlement"), minor("settled")
		case live.OrderPaymentFailed, live.OrderPartShipped, live.OrderShipped:
			f.ID = name("name")
		case live.OrderReceived, live.OrderCompleted:
		case live.RefundRequested, live.RefundApproved, live.RefundRejected, live.RefundWithdrawn:
			f.ID = name("refund")
			if f.Kind == live.RefundRequested {
				f.Refund = live.RefundRequest{Line: line(), Type: live.RefundOnly}
			}
		case live.OrderCancelled:
			f.CancelType = rapid.SampledFrom([]live.CancelType{live.CancelTimeout, live.CancelTimeout, live.CancelUser, live.CancelMerchant, live.CancelOversold, live.CancelRisk, live.CancelAllRefunded}).Draw(t, "type")
		case live.RefundSucceeded:
			f.ID = name("refund")
			for range rapid.IntRange(1, 2).Draw(t, "refunds") {
				r := live.RefundLine{Goods: minor("goods"), Shipping: minor("shipping")}
				if rapid.Bool().Draw(t, "by line") {
					r.Line = line()
				} else {
					r.SKU = sku()
				}
				f.Refunds = append(f.Refunds, r)
			}
		}
		return f
	})
}

// cases runs a property n times, in rounds of the hundred that rapid takes: too
// few for histories of this size.
func cases(t *testing.T, n int, prop func(t *rapid.T)) {
	t.Helper()
	for range n / 100 {
		rapid.Check(t, prop)
	}
}

func shuffled[T any](t *rapid.T, in []T) []T {
	out := slices.Clone(in)
	r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
	for range r.IntN(4) { // say some of it again
		if len(in) > 0 {
			out = append(out, in[r.IntN(len(in))])
		}
	}
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// A fold depends on the set of facts, not on their arrival or repetition.
func TestFoldOrderIsAFunctionOfTheSet(t *testing.T) {
	cases(t, 3000, func(t *rapid.T) {
		facts := rapid.SliceOfN(factGen(), 0, 12).Draw(t, "facts")
		want := live.FoldOrder("m", "o", facts)
		for range 3 {
			if diff := cmp.Diff(want, live.FoldOrder("m", "o", shuffled(t, facts))); diff != "" {
				t.Fatalf("another arrival folds to another order (-want +got):\n%s", diff)
			}
		}
	})
}

// Whatever the facts say, the money of a line adds up and net is not negative.
func TestFoldOrderMoneyAddsUp(t *testing.T) {
	cases(t, 3000, func(t *rapid.T) {
		facts := rapid.SliceOfN(factGen(), 1, 12).Draw(t, "facts")
		o := live.FoldOrder("m", "o", facts)
		var paid int64
		for i := range o.Lines {
			l := &o.Lines[i]
			paid += l.Paid
			if l.Net() < 0 || l.Paid < 0 || l.RefundGoods < 0 || l.RefundShip < 0 || l.CancelledPaid < 0 {
				t.Fatalf("line %+v has a negative amount, net %d", l, l.Net())
			}
			if l.Deposit < 0 || l.Deposit > 0 && l.Paid > 0 || l.Settled < 0 || l.RefundPreShip < 0 || l.RefundPreShip > l.RefundGoods+l.RefundShip {
				t.Fatalf("line %+v holds what it cannot", l)
			}
			if l.Commission < 0 || l.CommissionBack < 0 || l.CommissionBack > l.Commission || l.Net() == 0 && l.Commission != l.CommissionBack {
				t.Fatalf("line %+v: commission does not follow what is kept", l)
			}
			if o.Cancel != "" && l.Net() != 0 {
				t.Fatalf("cancelled, and net is %d", l.Net())
			}
			if o.Cancel == "" && l.CancelledPaid != 0 {
				t.Fatalf("not cancelled, and %d is cancelled", l.CancelledPaid)
			}
		}
		// Independently: the first payment of each name, in the order's currency.
		first := map[live.Kind]map[string]live.OrderFact{live.OrderPaid: {}, live.DepositPaid: {}, live.BalancePaid: {}, live.OrderSettled: {}}
		for _, f := range facts {
			if names := first[f.Kind]; names != nil {
				if was, ok := names[f.ID]; !ok || live.CompareFacts(f, was) < 0 {
					names[f.ID] = f
				}
			}
		}
		var money, settled, balances int64
		seen := map[live.Kind]bool{}
		for kind, names := range first {
			for _, f := range names {
				if f.Currency == o.Currency {
					seen[kind] = true
					money += f.PaidMinor
					if kind == live.BalancePaid {
						balances += f.PaidMinor
					}
					settled += f.SettledMinor
				}
			}
		}
		whole := seen[live.OrderPaid] || seen[live.DepositPaid] && seen[live.BalancePaid]
		switch {
		case whole && paid != money:
			t.Fatalf("lines are paid %d, payments say %d", paid, money)
		case !whole && o.Payment.PaidWhen() == live.PaidOnMoney && paid != 0:
			t.Fatalf("lines are paid %d before deposit and balance are there", paid)
		case whole != !o.PaidAt.IsZero() && o.Payment.PaidWhen() == live.PaidOnMoney:
			t.Fatalf("paid at %v, payments say %v", o.PaidAt, whole)
		}
		if o.PaidAt.IsZero() {
			balances = 0
		}
		for i := range o.Lines {
			if l := &o.Lines[i]; l.Balance < 0 || l.Balance > l.Paid {
				t.Fatalf("line %+v has a balance that is no part of what was paid", l)
			}
		}
		if got := want(o.Lines, func(l *live.LineTotal) int64 { return l.Balance }); got != balances {
			t.Fatalf("balances are %d, the payments say %d", got, balances)
		}
		if most := paid + subsidy(&o); want(o.Lines, settledOf) != min(settled, most) {
			t.Fatalf("settled %d, the platform said %d of %d", want(o.Lines, settledOf), settled, most)
		}
	})
}

func settledOf(l *live.LineTotal) int64 { return l.Settled }

func subsidy(o *live.Order) int64 {
	if o.PaidAt.IsZero() {
		return 0
	}
	return want(o.Lines, func(l *live.LineTotal) int64 { return l.Subsidy })
}

func want(lines []live.LineTotal, of func(*live.LineTotal) int64) (sum int64) {
	for i := range lines {
		sum += of(&lines[i])
	}
	return sum
}

// book adds deltas up the way a table does: by what stands in the row.
type book map[live.Delta]live.Delta

func (b book) add(ds []live.Delta) {
	for _, d := range ds {
		k := live.Delta{Show: d.Show, Room: d.Room, Person: d.Person, Line: d.Line, Product: d.Product, SKU: d.SKU, Currency: d.Currency}
		s := b[k]
		s.Orders += d.Orders
		s.Paid += d.Paid
		s.Cancelled += d.Cancelled
		s.Refunded += d.Refunded
		s.UnitsCreated += d.UnitsCreated
		s.UnitsPaid += d.UnitsPaid
		s.Created += d.Created
		s.PaidMinor += d.PaidMinor
		s.Subsidy += d.Subsidy
		s.RefundGoods += d.RefundGoods
		s.RefundShip += d.RefundShip
		s.CancelledPaid += d.CancelledPaid
		s.SKUOrders += d.SKUOrders
		s.SKUPaid += d.SKUPaid
		s.CancelledUser += d.CancelledUser
		s.CancelledTimeout += d.CancelledTimeout
		s.CancelledAllRefunded += d.CancelledAllRefunded
		s.CancelledOversold += d.CancelledOversold
		s.CancelledMerchant += d.CancelledMerchant
		s.CancelledForRisk += d.CancelledForRisk
		s.Deposit += d.Deposit
		s.Balance += d.Balance
		s.Settled += d.Settled
		s.Commission += d.Commission
		s.CommissionBack += d.CommissionBack
		s.RefundPreShip += d.RefundPreShip
		if b[k] = s; s.IsZero() {
			delete(b, k)
		}
	}
}

// The deltas of any arrival add up to the order, and on the pay-date axis to
// the money of its payment.
func TestDeltasAddUpToTheOrder(t *testing.T) {
	cases(t, 3000, func(t *rapid.T) {
		facts := rapid.SliceOfN(factGen(), 1, 12).Draw(t, "facts")
		final := live.FoldOrder("m", "o", facts)
		want := book{}
		want.add(live.Deltas(live.Order{}, final))

		got, axis := book{}, map[int64]int64{}
		var so []live.OrderFact
		var last live.Order
		for _, f := range shuffled(t, facts) {
			so = append(so, f)
			next := live.FoldOrder("m", "o", so)
			ds := live.Deltas(last, next)
			for _, d := range ds {
				axis[d.PaidAt.UnixMilli()] += d.PaidMinor - d.RefundGoods - d.RefundShip
				if d.Ver != next.Ver || d.Order != "o" {
					t.Fatalf("delta %+v of version %d", d, next.Ver)
				}
			}
			got.add(ds)
			last = next
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("deltas do not add up (-order +deltas):\n%s", diff)
		}
		var net int64
		for i := range final.Lines {
			net += final.Lines[i].Paid - final.Lines[i].RefundGoods - final.Lines[i].RefundShip
		}
		for at, sum := range axis {
			if at == final.PaidAt.UnixMilli() && sum != net || at != final.PaidAt.UnixMilli() && sum != 0 {
				t.Fatalf("pay date %d has %d, the order was paid at %d and kept %d", at, sum, final.PaidAt.UnixMilli(), net)
			}
		}
	})
}

func TestFoldOrderCases(t *testing.T) {
	at := func(min int) time.Time { return day.Add(time.Duration(min) * time.Minute) }
	created := live.OrderFact{
		Kind: live.OrderCreated, Source: live.SourceOwn, At: at(0), Currency: "CNY", Show: "s1", Person: "p1",
		Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 1, Goods: 1000, Shipping: 100}, {ID: "2", SKU: "b", Qty: 2, Goods: 500}},
	}
	paid := func(id string, min int, minor int64) live.OrderFact {
		return live.OrderFact{Kind: live.OrderPaid, ID: id, Source: "shop", At: at(min), Currency: "CNY", PaidMinor: minor}
	}
	cancel := func(why live.CancelType, min int) live.OrderFact {
		return live.OrderFact{Kind: live.OrderCancelled, Source: "shop", At: at(min), CancelType: why}
	}
	refund := func(id, line string, goods, ship int64) live.OrderFact {
		return live.OrderFact{
			Kind: live.RefundSucceeded, ID: id, Source: "shop", At: at(60), Currency: "CNY",
			Refunds: []live.RefundLine{{Line: line, Goods: goods, Shipping: ship}},
		}
	}
	echo := created
	echo.Source, echo.Show, echo.Person, echo.At = "shop", "", "", at(-1)
	for name, tc := range map[string]struct {
		facts           []live.OrderFact
		state           live.OrderState
		cancel          live.CancelType
		paid, net       int64
		flags           []string
		created, ver    int64
		goods, shipping int64
	}{
		"nothing":                {state: live.OrderUnknown},
		"created":                {facts: []live.OrderFact{created}, state: live.OrderUnpaid, created: 1600, ver: 1},
		"paid":                   {facts: []live.OrderFact{created, paid("p", 1, 1600)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, ver: 2},
		"paid, said twice":       {facts: []live.OrderFact{paid("p", 1, 1600), created, paid("p", 1, 1600)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, ver: 2},
		"paid before created":    {facts: []live.OrderFact{paid("p", 1, 1600)}, state: live.OrderStatePaid, paid: 1600, net: 1600, flags: []string{live.FlagNeverCreated}, ver: 1},
		"too little":             {facts: []live.OrderFact{created, paid("p", 1, 1599)}, state: live.OrderStatePaid, paid: 1599, net: 1599, created: 1600, flags: []string{live.FlagPaidDiffers}, ver: 2},
		"a part back":            {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "1", 1000, 0)}, state: live.OrderPartRefunded, paid: 1600, net: 600, created: 1600, ver: 3, goods: 1000},
		"all back with shipping": {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "1", 1000, 100), refund("q", "2", 500, 0)}, state: live.OrderRefunded, paid: 1600, created: 1600, ver: 4, goods: 1500, shipping: 100},
		"refund before payment":  {facts: []live.OrderFact{refund("r", "1", 1000, 0), created, paid("p", 1, 1600)}, state: live.OrderPartRefunded, paid: 1600, net: 600, created: 1600, ver: 3, goods: 1000},
		"refund beyond the line": {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "2", 900, 0)}, state: live.OrderPartRefunded, paid: 1600, net: 1100, created: 1600, flags: []string{live.FlagRefundExceeds}, ver: 3, goods: 500},
		"refund of no line":      {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "9", 900, 0)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, flags: []string{live.FlagUnknownLine}, ver: 3},
		"refund of the order":    {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "", 800, 100)}, state: live.OrderPartRefunded, paid: 1600, net: 700, created: 1600, ver: 3, goods: 800, shipping: 100},
		"the rest of the order":  {facts: []live.OrderFact{refund("a", "", 600, 0), created, paid("p", 1, 1600), refund("b", "1", 1000, 0)}, state: live.OrderRefunded, paid: 1600, created: 1600, ver: 4, goods: 1600},
		"more than the order":    {facts: []live.OrderFact{created, paid("p", 1, 1600), refund("r", "", 1700, 0)}, state: live.OrderRefunded, paid: 1600, created: 1600, flags: []string{live.FlagRefundExceeds}, ver: 3, goods: 1600},
		"cancelled after paid":   {facts: []live.OrderFact{created, paid("p", 1, 1600), cancel(live.CancelMerchant, 9)}, state: live.OrderStateCanceled, cancel: live.CancelMerchant, paid: 1600, created: 1600, ver: 3},
		"paid after time-out":    {facts: []live.OrderFact{created, cancel(live.CancelTimeout, 5), paid("p", 6, 1600)}, state: live.OrderStateCanceled, cancel: live.CancelTimeout, paid: 1600, created: 1600, flags: []string{live.FlagPaidAfterCancel}, ver: 3},
		"time-out after paid":    {facts: []live.OrderFact{created, cancel(live.CancelTimeout, 5), paid("p", 4, 1600)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, ver: 3},
		"void time-out does not hide the merchant's": {facts: []live.OrderFact{created, cancel(live.CancelTimeout, 5), paid("p", 4, 1600), cancel(live.CancelMerchant, 9)}, state: live.OrderStateCanceled, cancel: live.CancelMerchant, paid: 1600, created: 1600, flags: []string{live.FlagConflicting}, ver: 4},
		"other currency":     {facts: []live.OrderFact{created, {Kind: live.OrderPaid, ID: "p", At: at(1), Currency: "USD", PaidMinor: 5}}, state: live.OrderUnpaid, created: 1600, flags: []string{live.FlagCurrencyMismatch}, ver: 2},
		"two stories":        {facts: []live.OrderFact{created, paid("p", 1, 1600), paid("p", 2, 9)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, flags: []string{live.FlagConflicting}, ver: 3},
		"the same, later":    {facts: []live.OrderFact{created, paid("p", 1, 1600), paid("p", 2, 1600)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, ver: 3},
		"a platform's echo":  {facts: []live.OrderFact{echo, created}, state: live.OrderUnpaid, created: 1600, ver: 2},
		"paid in two pieces": {facts: []live.OrderFact{created, paid("p", 1, 600), paid("q", 2, 1000)}, state: live.OrderStatePaid, paid: 1600, net: 1600, created: 1600, ver: 3},
	} {
		t.Run(name, func(t *testing.T) {
			o := live.FoldOrder("m", "o", tc.facts)
			var paid, net, goods, ship int64
			for i := range o.Lines {
				paid, net = paid+o.Lines[i].Paid, net+o.Lines[i].Net()
				goods, ship = goods+o.Lines[i].RefundGoods, ship+o.Lines[i].RefundShip
			}
			if o.State != tc.state || o.Cancel != tc.cancel || !slices.Equal(o.Flags, tc.flags) || int64(o.Ver) != tc.ver {
				t.Errorf("state %s cancel %q flags %v ver %d, want %s %q %v %d", o.State, o.Cancel, o.Flags, o.Ver, tc.state, tc.cancel, tc.flags, tc.ver)
			}
			if paid != tc.paid || net != tc.net || o.Due() != tc.created || goods != tc.goods || ship != tc.shipping {
				t.Errorf("paid %d net %d due %d refunded %d+%d, want %d %d %d %d+%d", paid, net, o.Due(), goods, ship, tc.paid, tc.net, tc.created, tc.goods, tc.shipping)
			}
			if tc.created > 0 && (o.Show != "s1" || o.Person != "p1") {
				t.Errorf("show %q person %q: our own creation must stand", o.Show, o.Person)
			}
		})
	}
}
