package live

import (
	"encoding/json"
	"time"
)

// Others are told the members of data that those who read it have no use for.
type Others interface {
	// Member reports false for a value that encoding/json must look at.
	Member(name, value []byte) bool
}

// ScanDeltas is [DecodeDeltas] into rows that are used again, which are
// overwritten: many times as fast, and without allocating when words has met the
// identifiers. Whatever is not as [EncodeDeltas] writes it is left to
// [DecodeDeltas]: then plain is false, and others, which is nil if nobody asks, was
// not told all or not as encoding/json has it.
func ScanDeltas(rows []Delta, data json.RawMessage, words Words, others Others) (out []Delta, plain bool, err error) {
	out, plain = scanDeltas(rows[:0], data, words, others)
	if !plain {
		out, err = DecodeDeltas(data)
	}
	return out, plain, err
}

func scanDeltas(out []Delta, data json.RawMessage, words Words, others Others) ([]Delta, bool) {
	m := MembersOf(data)
	var order []byte
	rows := false
	for m.name() {
		if string(m.Name) == "deltas" {
			ok := !rows // The second is laid over the first, row by row.
			rows = true
			if ok {
				out, ok = scanRows(out, &m.text, words)
			}
			if !ok {
				return nil, false
			}
			continue
		}
		if !m.value() {
			return nil, false
		}
		if string(m.Name) == "order_id" {
			if order != nil {
				return nil, false
			}
			order = m.Value
		} else if others != nil && !others.Member(m.Name, m.Value) {
			return nil, false
		}
	}
	if !m.Plain() || !rows {
		return nil, false
	}
	if order != nil {
		text, ok := PlainText(order)
		if !ok {
			return nil, false
		}
		id := OrderID(words.Of(text))
		for i := range out {
			out[i].Order = id
		}
	}
	return out, true
}

// scanRows reads the array of rows that a text begins with, and takes it.
func scanRows(out []Delta, t *textScan, words Words) ([]Delta, bool) {
	if !t.take('[') {
		return nil, false
	}
	if t.space(); t.take(']') {
		return out, true
	}
	s := deltaScan{words: words}
	for {
		// What the row says again that stood in its place before is no new string.
		if n := len(out); n > 0 {
			s.was = out[n-1]
		} else if cap(out) > 0 {
			s.was = out[:1][0]
		}
		out = append(out, Delta{})
		if !s.row(&out[len(out)-1], t) {
			return nil, false
		}
		if t.space(); t.take(']') {
			return out, true
		}
		if !t.take(',') {
			return nil, false
		}
		t.space()
	}
}

// deltaScan reads the rows of an order, which say much the same.
type deltaScan struct {
	words Words
	was   Delta // the row before, or one of another order

	paid   []byte // as it stood there
	paidAt time.Time
}

// row reads one row and takes it; false if it is not as it is written.
func (s *deltaScan) row(d *Delta, t *textScan) bool {
	m := Members{text: *t, part: true}
	for m.Next() {
		ok := false
		if m.Value[0] == '"' {
			ok = s.text(d, m.Name, m.Value)
		} else {
			ok = s.number(d, m.Name, m.Value)
		}
		if !ok {
			return false
		}
	}
	*t = m.text
	return m.Plain()
}

// number reads a member that is no string.
func (s *deltaScan) number(d *Delta, name, value []byte) bool {
	n := d.counter(name)
	ver := string(name) == "ver"
	if n == nil && !ver {
		return s.text(d, name, value)
	}
	v, ok := PlainInt(value)
	if !ok || ver && (v < 0 || v > 1<<32-1) {
		return false
	}
	if ver {
		d.Ver = uint32(v)
	} else {
		*n = v
	}
	return true
}

// text reads a member that should be a string; those that nobody knows are passed by.
func (s *deltaScan) text(d *Delta, name, value []byte) bool {
	text, ok := PlainText(value)
	switch string(name) {
	case "line_id":
		d.Line = again(s, s.was.Line, text)
	case "show_id":
		d.Show = again(s, s.was.Show, text)
	case "room_id":
		d.Room = again(s, s.was.Room, text)
	case "person_id":
		d.Person = again(s, s.was.Person, text)
	case "product_id":
		d.Product = again(s, s.was.Product, text)
	case "sku_id":
		d.SKU = again(s, s.was.SKU, text)
	case "currency":
		d.Currency = again(s, s.was.Currency, text)
	case "paid_at":
		if !ok || string(text) != string(s.paid) && s.paidAt.UnmarshalText(text) != nil {
			return false
		}
		s.paid, s.paidAt = text, s.paidAt.UTC()
		d.PaidAt = s.paidAt
	case "ver":
		return false
	default:
		return d.counter(name) == nil
	}
	return ok
}

// again is a text as a string, which is that of the row before if it is the same.
func again[T ~string](s *deltaScan, was T, text []byte) T {
	if string(was) == string(text) {
		return was
	}
	return T(s.words.Of(text))
}

// counter is where a member that is a number goes; nil if it is none.
func (d *Delta) counter(name []byte) *int64 {
	switch string(name) {
	case "orders":
		return &d.Orders
	case "paid":
		return &d.Paid
	case "cancelled":
		return &d.Cancelled
	case "refunded":
		return &d.Refunded
	case "units_created":
		return &d.UnitsCreated
	case "units_paid":
		return &d.UnitsPaid
	case "created_minor":
		return &d.Created
	case "paid_minor":
		return &d.PaidMinor
	case "subsidy_minor":
		return &d.Subsidy
	case "refund_goods_minor":
		return &d.RefundGoods
	case "refund_ship_minor":
		return &d.RefundShip
	case "cancelled_paid_minor":
		return &d.CancelledPaid
	case "sku_orders":
		return &d.SKUOrders
	case "sku_paid":
		return &d.SKUPaid
	case "cancelled_user":
		return &d.CancelledUser
	case "cancelled_timeout":
		return &d.CancelledTimeout
	case "cancelled_all_refunded":
		return &d.CancelledAllRefunded
	case "cancelled_oversold":
		return &d.CancelledOversold
	case "cancelled_merchant":
		return &d.CancelledMerchant
	case "cancelled_risk":
		return &d.CancelledForRisk
	case "deposit_minor":
		return &d.Deposit
	case "balance_minor":
		return &d.Balance
	case "settled_minor":
		return &d.Settled
	case "commission_minor":
		return &d.Commission
	case "commission_back_minor":
		return &d.CommissionBack
	case "refund_pre_ship_minor":
		return &d.RefundPreShip
	}
	return nil
}
