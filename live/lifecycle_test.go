package live_test

import (
	"slices"
	"testing"
	"time"

	"showrunner/live"
)

// The order of these cases: line 1 is SKU a for 1000 and 100 shipping, line 2
// SKU b for 500; line 1 earns 10 % commission.
func TestOrderLifecycle(t *testing.T) {
	at := func(min int) time.Time { return day.Add(time.Duration(min) * time.Minute) }
	created := func(p live.PaymentType) live.OrderFact {
		return live.OrderFact{
			Kind: live.OrderCreated, Source: "shop", At: at(0), Currency: "CNY", Show: "s1", Payment: p, Lines: []live.OrderLine{
				{ID: "1", SKU: "a", Qty: 1, Goods: 1000, Shipping: 100, CommissionBPS: 1000}, {ID: "2", SKU: "b", Qty: 2, Goods: 500},
			},
		}
	}
	fact := func(k live.Kind, id string, min int, set func(*live.OrderFact)) live.OrderFact {
		f := live.OrderFact{Kind: k, ID: id, Source: "shop", At: at(min), Currency: "CNY"}
		if set != nil {
			set(&f)
		}
		return f
	}
	money := func(k live.Kind, id string, min int, minor int64) live.OrderFact {
		return fact(k, id, min, func(f *live.OrderFact) { f.PaidMinor = minor })
	}
	refund := func(min int, line string, goods int64) live.OrderFact {
		return fact(live.RefundSucceeded, "r", min, func(f *live.OrderFact) { f.Refunds = []live.RefundLine{{Line: line, Goods: goods}} })
	}
	cancel := func(min int, why live.CancelType) live.OrderFact {
		return fact(live.OrderCancelled, "", min, func(f *live.OrderFact) { f.CancelType = why })
	}
	price := func(id string, min int, total int64) live.OrderFact {
		return fact(live.OrderPriceChanged, id, min, func(f *live.OrderFact) { f.TotalMinor = total })
	}
	exchange := func(min int, diff int64) live.OrderFact {
		return fact(live.ExchangeCreated, "x", min, func(f *live.OrderFact) {
			f.Exchange = live.Exchange{Line: "2", SKU: "c", Qty: 1, Goods: diff}
		})
	}
	paid := money(live.OrderPaid, "p", 1, 1600)
	settled := func(id string, minor int64) live.OrderFact {
		return fact(live.OrderSettled, id, 99, func(f *live.OrderFact) { f.SettledMinor = minor })
	}
	type lines struct{ created, paid, net, deposit, balance, settled []int64 }
	for name, tc := range map[string]struct {
		facts  []live.OrderFact
		state  live.OrderState
		paidAt time.Time
		want   lines
		flags  []string
	}{
		"a failed payment is no money": {
			facts: []live.OrderFact{created(""), fact(live.OrderPaymentFailed, "p", 1, nil)}, state: live.OrderUnpaid,
			want: lines{created: []int64{1100, 500}},
		},
		"a deposit is held": {
			facts: []live.OrderFact{created(live.Presale), money(live.DepositPaid, "d", 1, 160)}, state: live.OrderDepositPaid,
			want: lines{created: []int64{1100, 500}, deposit: []int64{110, 50}},
		},
		"deposit and balance are the payment": {
			facts: []live.OrderFact{money(live.BalancePaid, "b", 9, 1440), created(live.Presale), money(live.DepositPaid, "d", 1, 160)}, state: live.OrderStatePaid, paidAt: at(9),
			want: lines{balance: []int64{990, 450}, created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}},
		},
		"a forfeited deposit stays money and is no sale": {
			facts: []live.OrderFact{created(live.Presale), money(live.DepositPaid, "d", 1, 160), cancel(30, live.CancelTimeout)}, state: live.OrderStateCanceled,
			want: lines{created: []int64{1100, 500}, deposit: []int64{110, 50}},
		},
		"a deposit given back": {
			facts: []live.OrderFact{created(live.Presale), money(live.DepositPaid, "d", 1, 160), cancel(30, live.CancelMerchant), refund(31, "1", 110)}, state: live.OrderStateCanceled,
			want: lines{created: []int64{1100, 500}, deposit: []int64{0, 50}},
		},
		"cash on delivery counts at receipt": {
			facts: []live.OrderFact{created(live.COD), fact(live.OrderShipped, "s", 5, nil)}, state: live.OrderUnpaid,
			want: lines{created: []int64{1100, 500}},
		},
		"cash on delivery received": {
			facts: []live.OrderFact{created(live.COD), fact(live.OrderReceived, "", 50, nil)}, state: live.OrderStatePaid, paidAt: at(50),
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}},
		},
		"cash on delivery received and the money told": {
			facts: []live.OrderFact{created(live.COD), fact(live.OrderReceived, "", 50, nil), money(live.OrderPaid, "p", 60, 1600)}, state: live.OrderStatePaid, paidAt: at(50),
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}},
		},
		"cash on delivery that counts at once, then refused at the door": {
			facts: []live.OrderFact{created(live.CODOnOrder), cancel(70, live.CancelTimeout)}, state: live.OrderStateCanceled, paidAt: at(0),
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{0, 0}},
		},
		"of two prices the later stands, whichever arrived first": {
			facts: []live.OrderFact{created(""), price("2", 3, 800), price("1", 2, 1200)}, state: live.OrderUnpaid,
			want: lines{created: []int64{550, 250}},
		},
		"of two prices of one instant the later name stands": {
			facts: []live.OrderFact{created(""), price("b", 3, 800), price("a", 3, 1200)}, state: live.OrderUnpaid,
			want: lines{created: []int64{550, 250}},
		},
		"a dearer price of one line": {
			facts: []live.OrderFact{created(""), fact(live.OrderPriceChanged, "1", 1, func(f *live.OrderFact) { f.Lines = []live.OrderLine{{ID: "2", Goods: 700}} })}, state: live.OrderUnpaid,
			want: lines{created: []int64{1100, 700}},
		},
		"an exchange for a dearer SKU asks for the difference": {
			facts: []live.OrderFact{created(""), paid, exchange(40, 100)}, state: live.OrderStatePaid, paidAt: at(1), flags: []string{live.FlagPaidDiffers},
			want: lines{created: []int64{1100, 600}, paid: []int64{1100, 500}, net: []int64{1100, 500}},
		},
		"the difference paid": {
			facts: []live.OrderFact{created(""), paid, exchange(40, 100), money(live.OrderPaid, "q", 41, 100)}, state: live.OrderStatePaid, paidAt: at(1),
			want: lines{created: []int64{1100, 600}, paid: []int64{1100, 600}, net: []int64{1100, 600}},
		},
		"an exchange for a cheaper SKU and the difference given back": {
			facts: []live.OrderFact{created(""), paid, exchange(40, -200), refund(41, "2", 200)}, state: live.OrderPartRefunded, paidAt: at(1),
			want: lines{created: []int64{1100, 300}, paid: []int64{1100, 500}, net: []int64{1100, 300}},
		},
		"settled in two parts": {
			facts: []live.OrderFact{created(""), paid, settled("1", 800), settled("2", 800)}, state: live.OrderStatePaid, paidAt: at(1),
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}, settled: []int64{1100, 500}},
		},
		"settled beyond what was paid": {
			facts: []live.OrderFact{created(""), paid, settled("1", 9000)}, state: live.OrderStatePaid, paidAt: at(1), flags: []string{live.FlagSettledExceeds},
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}, settled: []int64{1100, 500}},
		},
		"shipped and never paid": {
			facts: []live.OrderFact{created(""), fact(live.OrderPartShipped, "s", 5, nil)}, state: live.OrderUnpaid, flags: []string{live.FlagShippedUnpaid},
			want: lines{created: []int64{1100, 500}},
		},
		"shipped after the cancellation": {
			facts: []live.OrderFact{created(""), paid, cancel(3, live.CancelOversold), fact(live.OrderShipped, "s", 5, nil)}, state: live.OrderStateCanceled, paidAt: at(1),
			flags: []string{live.FlagShippedCancelled}, want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{0, 0}},
		},
		"a request moves no money": {
			facts: []live.OrderFact{created(""), paid, fact(live.RefundRequested, "r", 5, nil), fact(live.RefundApproved, "r", 6, nil)}, state: live.OrderStatePaid, paidAt: at(1),
			want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 500}},
		},
		"money back on a rejected request": {
			facts: []live.OrderFact{created(""), paid, fact(live.RefundRejected, "r", 6, nil), refund(7, "2", 100)}, state: live.OrderPartRefunded, paidAt: at(1),
			flags: []string{live.FlagRefundRefused}, want: lines{created: []int64{1100, 500}, paid: []int64{1100, 500}, net: []int64{1100, 400}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := live.FoldOrder("m", "o", tc.facts)
			if o.State != tc.state || !o.PaidAt.Equal(tc.paidAt) || !slices.Equal(o.Flags, tc.flags) {
				t.Errorf("state %s paid at %v flags %v, want %s %v %v", o.State, o.PaidAt, o.Flags, tc.state, tc.paidAt, tc.flags)
			}
			for what, c := range map[string]struct {
				want []int64
				of   func(*live.LineTotal) int64
			}{
				"created": {tc.want.created, func(l *live.LineTotal) int64 { return l.Created }},
				"paid":    {tc.want.paid, func(l *live.LineTotal) int64 { return l.Paid }},
				"net":     {tc.want.net, (*live.LineTotal).Net},
				"deposit": {tc.want.deposit, func(l *live.LineTotal) int64 { return l.Deposit }},
				"settled": {tc.want.settled, settledOf},
				"balance": {tc.want.balance, func(l *live.LineTotal) int64 { return l.Balance }},
			} {
				if c.want == nil {
					c.want = []int64{0, 0}
				}
				for i := range o.Lines {
					if got := c.of(&o.Lines[i]); got != c.want[i] {
						t.Errorf("line %d: %s %d, want %d", i+1, what, got, c.want[i])
					}
				}
			}
		})
	}
}

// A commission accrues on the goods paid for, not on shipping, and goes back
// with the money, to the last unit.
func TestCommissionFollowsTheMoney(t *testing.T) {
	created := live.OrderFact{
		Kind: live.OrderCreated, Source: "shop", At: day, Currency: "CNY",
		Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 1, Goods: 999, Shipping: 100, CommissionBPS: 1234}},
	}
	paid := live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: day, Currency: "CNY", PaidMinor: 1099}
	back := func(id string, goods, ship int64) live.OrderFact {
		return live.OrderFact{
			Kind: live.RefundSucceeded, ID: id, Source: "shop", At: day, Currency: "CNY",
			Refunds: []live.RefundLine{{Line: "1", Goods: goods, Shipping: ship}},
		}
	}
	for name, tc := range map[string]struct {
		facts          []live.OrderFact
		accrued, taken int64
	}{
		"paid":                    {[]live.OrderFact{created, paid}, 123, 0},
		"shipping back":           {[]live.OrderFact{created, paid, back("1", 0, 100)}, 123, 0},
		"a third of it back":      {[]live.OrderFact{created, paid, back("1", 333, 0)}, 123, 41},
		"all back in three parts": {[]live.OrderFact{created, paid, back("1", 333, 0), back("2", 333, 0), back("3", 333, 0)}, 123, 123},
		"cancelled":               {[]live.OrderFact{created, paid, {Kind: live.OrderCancelled, Source: "shop", At: day, CancelType: live.CancelRisk}}, 123, 123},
		"unpaid":                  {[]live.OrderFact{created}, 0, 0},
	} {
		if l := live.FoldOrder("m", "o", tc.facts).Lines[0]; l.Commission != tc.accrued || l.CommissionBack != tc.taken {
			t.Errorf("%s: accrued %d, reversed %d, want %d and %d", name, l.Commission, l.CommissionBack, tc.accrued, tc.taken)
		}
	}
}

// The furthest the goods ever came stands, and what went back before the first
// shipment is told apart.
func TestFulfilment(t *testing.T) {
	at := func(min int) time.Time { return day.Add(time.Duration(min) * time.Minute) }
	facts := []live.OrderFact{
		{Kind: live.OrderCreated, Source: "shop", At: at(0), Currency: "CNY", Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 2, Goods: 1000}}},
		{Kind: live.OrderPaid, ID: "p", At: at(1), Currency: "CNY", PaidMinor: 1000},
		{Kind: live.RefundRequested, ID: "r1", At: at(2), Reason: "NO_LONGER_WANT", Refund: live.RefundRequest{Line: "1", Type: live.RefundOnly}},
		{Kind: live.RefundSucceeded, ID: "r1", At: at(3), Currency: "CNY", Refunds: []live.RefundLine{{Line: "1", Goods: 100}}},
		{Kind: live.RefundWithdrawn, ID: "r2", At: at(11)},
		{Kind: live.RefundRequested, ID: "r2", At: at(10), Refund: live.RefundRequest{Line: "1", Type: live.ReturnGoods}},
		{Kind: live.RefundSucceeded, ID: "r3", At: at(12), Currency: "CNY", Refunds: []live.RefundLine{{Line: "1", Goods: 40}}},
		{Kind: live.OrderReceived, At: at(9)},
		{Kind: live.OrderShipped, ID: "t2", At: at(8)},
		{Kind: live.OrderPartShipped, ID: "t1", At: at(5)},
	}
	o := live.FoldOrder("m", "o", facts)
	if o.Fulfilment != live.Received || !o.ShippedAt.Equal(at(5)) || !o.ReceivedAt.Equal(at(9)) {
		t.Errorf("%s, shipped %v, received %v", o.Fulfilment, o.ShippedAt, o.ReceivedAt)
	}
	if l := o.Lines[0]; l.RefundGoods != 140 || l.RefundPreShip != 100 {
		t.Errorf("refunded %d, %d of it before shipping, want 140 and 100", l.RefundGoods, l.RefundPreShip)
	}
	want := []live.Aftersale{
		{ID: "r1", Line: "1", Type: live.RefundOnly, Reason: "NO_LONGER_WANT", State: live.RefundSucceeded, At: at(3), RequestedAt: at(2)},
		{ID: "r2", Line: "1", Type: live.ReturnGoods, State: live.RefundWithdrawn, At: at(11), RequestedAt: at(10)},
		{ID: "r3", State: live.RefundSucceeded, At: at(12)},
	}
	if !slices.Equal(o.Aftersales, want) {
		t.Errorf("aftersales %+v, want %+v", o.Aftersales, want)
	}
}
