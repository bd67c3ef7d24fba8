package live

import (
	"slices"
	"time"
)

// Delta is the signed change that one fact made to one line of an order, or,
// with an empty Line, to the order as a whole. Deltas only ever add: the sum of
// all deltas of an order is the order, the sum up to an instant is the order as
// of that instant, and a refund three days later is one more row.
type Delta struct {
	Order    OrderID
	Ver      uint32 // of the order, after the change
	Line     string // empty: order-level counters, and unassigned money
	Show     ShowID
	Room     RoomID
	Person   PersonID
	Product  ProductID
	SKU      SKUID
	Currency Currency
	PaidAt   time.Time // of the order; zero: not paid. The pay-date axis of refunds

	// Order-level counters, each -1, 0 or +1, only on the row with an empty Line.
	Orders, Paid, Cancelled, Refunded int64
	// Cancelled by its type.
	CancelledUser, CancelledTimeout, CancelledAllRefunded  int64
	CancelledOversold, CancelledMerchant, CancelledForRisk int64

	UnitsCreated, UnitsPaid                int64
	Created, PaidMinor, Subsidy            int64
	RefundGoods, RefundShip, CancelledPaid int64
	SKUOrders /* lines created */, SKUPaid/* lines paid */ int64
	Deposit, Balance, Settled  int64 // Balance is in PaidMinor
	Commission, CommissionBack int64
	RefundPreShip              int64 // in RefundGoods and RefundShip
}

// IsZero reports whether the delta changes nothing.
func (d *Delta) IsZero() bool {
	return d.Orders == 0 && d.Paid == 0 && d.Cancelled == 0 && d.Refunded == 0 &&
		d.UnitsCreated == 0 && d.UnitsPaid == 0 && d.Created == 0 && d.PaidMinor == 0 && d.Subsidy == 0 &&
		d.RefundGoods == 0 && d.RefundShip == 0 && d.CancelledPaid == 0 && d.SKUOrders == 0 && d.SKUPaid == 0 &&
		d.CancelledUser == 0 && d.CancelledTimeout == 0 && d.CancelledAllRefunded == 0 && d.CancelledOversold == 0 &&
		d.CancelledMerchant == 0 && d.CancelledForRisk == 0 && d.Deposit == 0 && d.Balance == 0 && d.Settled == 0 &&
		d.Commission == 0 && d.CommissionBack == 0 && d.RefundPreShip == 0
}

// Deltas is what changed between two folds of one order, as rows that add up:
// old's rows negated where the show, person, line, currency or time of payment
// moved, else the plain difference. Rows that change nothing are left out.
func Deltas(before, after Order) []Delta {
	type key struct {
		show    ShowID
		room    RoomID
		person  PersonID
		line    string
		product ProductID
		sku     SKUID
		cur     Currency
		paidAt  int64 // unix ms
	}
	// Most orders have so few rows that looking through them is faster than a map.
	const few = 16
	var keys []key
	var rows []Delta
	var places map[key]int
	find := func(k key) (int, bool) {
		if places == nil {
			i := slices.Index(keys, k)
			return i, i >= 0
		}
		i, ok := places[k]
		return i, ok
	}
	add := func(o *Order, sign int64, paidAt time.Time) {
		at := func(line string, product ProductID, sku SKUID) *Delta {
			k := key{o.Show, o.Room, o.Person, line, product, sku, o.Currency, paidAt.UnixMilli()}
			if i, ok := find(k); ok {
				return &rows[i]
			}
			keys = append(keys, k)
			rows = append(rows, Delta{
				Order: after.ID, Ver: after.Ver, Line: line, Show: o.Show, Room: o.Room, Person: o.Person,
				Product: product, SKU: sku, Currency: o.Currency, PaidAt: paidAt,
			})
			switch n := len(keys); {
			case n > few && places == nil:
				places = make(map[key]int, 2*n)
				for i, k := range keys {
					places[k] = i
				}
			case places != nil:
				places[k] = n - 1
			}
			return &rows[len(rows)-1]
		}
		head := at("", "", "")
		paid := !o.PaidAt.IsZero()
		head.Orders += sign * count(!o.CreatedAt.IsZero())
		head.Paid += sign * count(paid)
		head.Cancelled += sign * count(o.Cancel != "")
		if by := head.cancelled(o.Cancel); by != nil {
			*by += sign
		}
		head.Refunded += sign * count(o.State == OrderRefunded || o.State == OrderPartRefunded)
		for i := range o.Lines {
			l := &o.Lines[i]
			d := at(l.ID, l.Product, l.SKU)
			d.Created += sign * l.Created
			d.PaidMinor += sign * l.Paid
			d.RefundGoods += sign * l.RefundGoods
			d.RefundShip += sign * l.RefundShip
			d.CancelledPaid += sign * l.CancelledPaid
			d.Deposit += sign * l.Deposit
			d.Balance += sign * l.Balance
			d.Settled += sign * l.Settled
			d.Commission += sign * l.Commission
			d.CommissionBack += sign * l.CommissionBack
			d.RefundPreShip += sign * l.RefundPreShip
			d.UnitsCreated += sign * l.Qty
			if l.ID != "" {
				d.SKUOrders += sign
			}
			if paid {
				d.UnitsPaid += sign * l.Qty
				d.Subsidy += sign * l.Subsidy
				if l.ID != "" {
					d.SKUPaid += sign
				}
			}
		}
	}
	if before.Ver > 0 {
		// Before the first payment nothing stands on the pay-date axis, so the
		// payment need not move anything there.
		paidAt := before.PaidAt
		if paidAt.IsZero() {
			paidAt = after.PaidAt
		}
		add(&before, -1, paidAt)
	}
	add(&after, 1, after.PaidAt)
	out := slices.DeleteFunc(rows, func(d Delta) bool { return d.IsZero() })
	if len(out) == 0 {
		return nil
	}
	return out
}

// cancelled is the counter of a cancel type, nil for none.
func (d *Delta) cancelled(t CancelType) *int64 {
	switch t {
	case CancelUser:
		return &d.CancelledUser
	case CancelTimeout:
		return &d.CancelledTimeout
	case CancelAllRefunded:
		return &d.CancelledAllRefunded
	case CancelOversold:
		return &d.CancelledOversold
	case CancelMerchant:
		return &d.CancelledMerchant
	case CancelRisk:
		return &d.CancelledForRisk
	}
	return nil
}

func count(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
