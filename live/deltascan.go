package live

import (
	"encoding/json"
	"time"
)

// ScanDeltas is [DecodeDeltas] into rows that are used again, which are
// overwritten: several times as fast, and without allocating when words has met
// the identifiers. Whatever is not as [EncodeDeltas] writes it is left to
// [DecodeDeltas].
func ScanDeltas(rows []Delta, data json.RawMessage, words Words) ([]Delta, error) {
	out, ok := scanDeltas(rows[:0], data, words)
	if !ok {
		return DecodeDeltas(data)
	}
	return out, nil
}

func scanDeltas(out []Delta, data json.RawMessage, words Words) ([]Delta, bool) {
	m := MembersOf(data)
	var order, rows []byte
	for m.Next() {
		switch string(m.Name) {
		case "order_id":
			if order != nil {
				return nil, false
			}
			order = m.Value
		case "deltas":
			if rows != nil {
				return nil, false // The second is laid over the first, row by row.
			}
			rows = m.Value
		}
	}
	if !m.Plain() || rows == nil {
		return nil, false
	}
	var id OrderID
	if order != nil {
		text, ok := PlainText(order)
		if !ok {
			return nil, false
		}
		id = OrderID(words.Of(text))
	}
	e := ElementsOf(rows)
	for e.Next() {
		out = append(out, Delta{Order: id})
		if !out[len(out)-1].scan(e.Value, words) {
			return nil, false
		}
	}
	return out, e.Plain()
}

// scan reads one row; false if it is not as it is written.
func (d *Delta) scan(row []byte, words Words) bool {
	m := MembersOf(row)
	for m.Next() {
		if n := d.counter(m.Name); n != nil {
			v, ok := PlainInt(m.Value)
			if !ok {
				return false
			}
			*n = v
			continue
		}
		if string(m.Name) == "ver" {
			v, ok := PlainInt(m.Value)
			if !ok || v < 0 || v > 1<<32-1 {
				return false
			}
			d.Ver = uint32(v)
			continue
		}
		if !d.text(m.Name, m.Value, words) {
			return false
		}
	}
	return m.Plain()
}

// text reads a member that is a string; those that nobody knows are passed by.
func (d *Delta) text(name, value []byte, words Words) bool {
	text, ok := PlainText(value)
	switch string(name) {
	case "line_id":
		d.Line = words.Of(text)
	case "show_id":
		d.Show = ShowID(words.Of(text))
	case "room_id":
		d.Room = RoomID(words.Of(text))
	case "person_id":
		d.Person = PersonID(words.Of(text))
	case "product_id":
		d.Product = ProductID(words.Of(text))
	case "sku_id":
		d.SKU = SKUID(words.Of(text))
	case "currency":
		d.Currency = Currency(words.Of(text))
	case "paid_at":
		var at time.Time
		if !ok || at.UnmarshalText(text) != nil {
			return false
		}
		d.PaidAt = at.UTC()
	default:
		return true
	}
	return ok
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
