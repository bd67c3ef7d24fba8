package analytics

import (
	"iter"
	"maps"
	"slices"
	"time"

	"showrunner/live"
)

// Settled is what a platform's settlement file says of one figure, beside the
// columns that are our own.
type Settled struct {
	Minor int64 // the sum of what the file says
	// Difference is the file less the orders, summed over the orders that are
	// compared: not all of Minor if the file tells something we have no word of.
	Difference int64
	Count      int64 // of all orders that differ, listed or not
	Orders     []SettlementDifference
}

// settlingSides walks a file beside the orders and hands every amount to the figure
// it belongs to.
type settlingSides struct {
	limit int
	// at finds where a figure stands; nil: it is not compared there.
	at    func(c live.Currency, figure string) **Settled
	agree *bool
}

// told adds an amount of the file.
func (s *settlingSides) told(c live.Currency, figure string, minor int64) {
	if x := s.settled(c, figure); x != nil {
		x.Minor += minor
	}
}

// note adds a difference.
func (s *settlingSides) note(c live.Currency, figure string, d SettlementDifference) {
	x := s.settled(c, figure)
	if x == nil {
		return
	}
	*s.agree = false
	x.Difference += d.Settlement - d.Ledger
	if x.Count++; len(x.Orders) < s.limit {
		x.Orders = append(x.Orders, d)
	}
}

func (s *settlingSides) settled(c live.Currency, figure string) *Settled {
	p := s.at(c, figure)
	if p == nil {
		return nil
	}
	if *p == nil {
		*p = &Settled{}
	}
	return *p
}

// order compares one order. Either side may be nil. Refunds are compared where
// the file gives them, settled amounts where the platform's facts told one too.
func (s *settlingSides) order(r *live.SettlementRow, t *live.OrderTotal) {
	if r != nil && t != nil && r.Currency != t.Currency {
		s.missing(r, nil, CurrencyDiffers)
		s.missing(nil, t, CurrencyDiffers)
		return
	}
	switch {
	case r == nil:
		s.missing(nil, t, MissingThere)
		return
	case t == nil:
		s.missing(r, nil, MissingHere)
		return
	}
	amount := func(figure string, there *int64, here int64, compared bool) {
		if there == nil {
			return
		}
		s.told(r.Currency, figure, *there)
		if compared && *there != here {
			s.note(r.Currency, figure, SettlementDifference{Order: r.Order, Kind: AmountDiffers, Line: r.Line, Figure: figure, Settlement: *there, Ledger: here})
		}
	}
	amount("gmv_paid_minor", &r.Paid, t.PaidMinor, true)
	amount("refund_minor", r.Refunded, t.RefundGoodsMinor+t.RefundShipMinor, true)
	amount("gmv_settled_minor", r.Settled, t.SettledMinor, t.SettledMinor != 0)
}

// missing compares an order that only one side has.
func (s *settlingSides) missing(r *live.SettlementRow, t *live.OrderTotal, kind DifferenceKind) {
	if t != nil {
		if !t.PaidAt.IsZero() {
			s.note(t.Currency, "gmv_paid_minor", SettlementDifference{Order: t.Order, Kind: kind, Figure: "gmv_paid_minor", Ledger: t.PaidMinor})
		}
		return
	}
	s.told(r.Currency, "gmv_paid_minor", r.Paid)
	s.note(r.Currency, "gmv_paid_minor", SettlementDifference{Order: r.Order, Kind: kind, Line: r.Line, Figure: "gmv_paid_minor", Settlement: r.Paid})
	if r.Refunded != nil {
		s.told(r.Currency, "refund_minor", *r.Refunded)
		if *r.Refunded != 0 {
			s.note(r.Currency, "refund_minor", SettlementDifference{Order: r.Order, Kind: kind, Line: r.Line, Figure: "refund_minor", Settlement: *r.Refunded})
		}
	}
	if r.Settled != nil {
		s.told(r.Currency, "gmv_settled_minor", *r.Settled)
	}
}

// Settle walks the platform's file of a show beside its orders, both in
// ascending byte order of ids, and puts what it says beside every figure, with
// at most limit of the orders that differ (0: none, only how many).
func (r *Reconciliation) Settle(file iter.Seq2[live.SettlementRow, error], orders iter.Seq2[live.OrderTotal, error], limit int) error {
	at := map[live.Currency][]*ReconciliationRow{}
	for i := range r.Rows {
		at[r.Rows[i].Currency] = append(at[r.Rows[i].Currency], &r.Rows[i])
	}
	s := settlingSides{limit: min(limit, MaxExplained), agree: &r.Agree, at: func(c live.Currency, figure string) **Settled {
		if at[c] == nil {
			at[c] = r.grow(c)
		}
		for _, row := range at[c] {
			if row.Figure == figure {
				return &row.Settled
			}
		}
		return nil
	}}
	err := walkTwo(
		side[live.SettlementRow]{"settlement", file, func(r *live.SettlementRow) place { return place{order: r.Order} }},
		side[live.OrderTotal]{"ledger", orders, func(t *live.OrderTotal) place { return place{order: t.Order} }},
		s.order)
	if err != nil {
		return err
	}
	r.adopt(at)
	return nil
}

// Settle is [Reconciliation.Settle] for the days of payment. The orders are
// those of TotalsPaid, the rows those of the files of shows; an order whose
// show has no file is not compared. A row of an order that its show does not
// have, or that is not paid, stands on the day it is told with. The other axis
// has no settlement: a file says what an order came to, not what a day changed.
func (r *DayReconciliation) Settle(files iter.Seq2[live.SettledRow, error], orders iter.Seq2[live.OrderTotal, error], shows map[live.ShowID]bool, zone *time.Location, limit int) error {
	at := map[dayKey][]*DayRow{}
	for i := range r.Rows {
		k := dayKey{r.Rows[i].Day, r.Rows[i].Currency}
		at[k] = append(at[k], &r.Rows[i])
	}
	var day string
	s := settlingSides{limit: min(limit, MaxExplained), agree: &r.Agree, at: func(c live.Currency, figure string) **Settled {
		k := dayKey{day, c}
		if at[k] == nil {
			at[k] = r.zeros(k)
		}
		for _, row := range at[k] {
			if row.Figure == figure {
				return &row.Settled
			}
		}
		return nil
	}}
	err := walkTwo(
		side[live.SettledRow]{"settlement", files, func(r *live.SettledRow) place { return place{r.Order, string(r.Show)} }},
		side[live.OrderTotal]{"ledger", orders, func(t *live.OrderTotal) place { return place{t.Order, string(t.Show)} }},
		func(row *live.SettledRow, total *live.OrderTotal) {
			switch {
			case total != nil && !shows[total.Show]:
			case row == nil:
				day = total.PaidAt.In(zone).Format(time.DateOnly)
				s.order(nil, total)
			default:
				day = row.At.In(zone).Format(time.DateOnly)
				s.order(&row.SettlementRow, total)
			}
		})
	if err != nil {
		return err
	}
	var all []DayRow
	for _, k := range slices.SortedFunc(maps.Keys(at), dayKey.compare) {
		for _, row := range at[k] {
			all = append(all, *row)
		}
	}
	r.Rows = all
	return nil
}
