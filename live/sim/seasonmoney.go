package sim

import (
	"time"

	"showrunner/live"
)

// SeasonOrder is what became of an order by the end of a season.
type SeasonOrder struct {
	ID              string
	Who             int
	Show            live.ShowID
	Created, PaidAt time.Time
	Paid, Net       int64
	Holds           bool // paid, neither cancelled nor given back in full
}

// Orders are all orders, in the order they were made.
func (s *Season) Orders() (out []SeasonOrder) {
	at := map[string]int{}
	for i := range s.Deeds {
		d := &s.Deeds[i]
		switch d.Act {
		case ActOrder:
			at[d.Order] = len(out)
			out = append(out, SeasonOrder{ID: d.Order, Who: d.Who, Show: d.Show, Created: d.At})
		case ActPay:
			o := &out[at[d.Order]]
			o.PaidAt, o.Paid, o.Net, o.Holds = d.At, d.Minor, d.Minor, true
		case ActRefund:
			o := &out[at[d.Order]]
			o.Net -= d.Minor
			o.Holds = o.Net > 0
		case ActCancel:
			o := &out[at[d.Order]]
			o.Net, o.Holds = 0, false
		case ActFact, ActEnter, ActFollow, ActApply, ActApprove, ActSuspend: // No order.
		}
	}
	return out
}

// Upline is to whom a person belongs just before an instant, -1: to nobody. The
// latest link decides, for ever.
func (s *Season) Upline(who int, at time.Time) int {
	up := -1
	for i := range s.Deeds {
		if d := &s.Deeds[i]; d.Act == ActFollow && d.Who == who && d.At.Before(at) {
			up = d.Other
		}
	}
	return up
}

// Booked is one entry of what somebody earned by an order, or lost again.
type Booked struct {
	At    time.Time
	To    int // -1: nobody
	Order string
	Kind  live.Kind
	Minor int64
}

// Commissions are all entries, ascending: a part of the order in hundredths of a
// per cent when it is paid, to the nearest minor unit, half a unit to who earns
// it; and of it what falls on what went back, again to the nearest.
func (s *Season) Commissions() (out []Booked) {
	type book struct {
		to                            int
		bps, paid, gone, earned, back int64
	}
	books := map[string]*book{}
	for i := range s.Deeds {
		d := &s.Deeds[i]
		b := books[d.Order]
		was := int64(0)
		if b != nil {
			was = b.earned - b.back
		}
		switch d.Act {
		case ActOrder:
			books[d.Order] = &book{to: s.Upline(d.Who, d.At), bps: d.BPS}
			continue
		case ActPay:
			b.paid, b.earned = d.Minor, (d.Minor*b.bps*2+10_000)/20_000
		case ActRefund:
			b.gone += d.Minor
		case ActCancel:
			b.gone = b.paid
		default:
			continue
		}
		b.back = (b.earned*b.gone*2 + b.paid) / (2 * b.paid)
		if diff := b.earned - b.back - was; diff != 0 {
			out = append(out, Booked{At: d.At, To: b.to, Order: d.Order, Kind: d.Kind, Minor: diff})
		}
	}
	return out
}
