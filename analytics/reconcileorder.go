package analytics

import (
	"cmp"
	"iter"
	"slices"
	"strings"

	"showrunner/live"
)

// OrderMoney is what the facts say about one order in one currency.
type OrderMoney struct {
	Order  live.OrderID
	Person live.PersonID // who paid; empty: nobody did, or it is not known
	Money  Money
}

// Explained names the orders on which the sides differ in one figure and currency.
type Explained struct {
	Count  int64 // of all orders that differ, listed or not
	Orders []OrderDifference
}

// OrderDifference is one order with the value of each side.
type OrderDifference struct {
	Order         live.OrderID
	Facts, Ledger int64
	Postings      *int64 // nil: the figure has no account
	// FactsPerson and LedgerPerson are told when the two sides name different buyers.
	FactsPerson, LedgerPerson live.PersonID
}

// MaxExplained bounds the orders listed for one figure and currency.
const MaxExplained = 1000

// Sides are the walks over the orders of a show that are held against each
// other, each in ascending byte order of ids and then of currencies.
type Sides struct {
	Facts    iter.Seq2[OrderMoney, error]
	Ledger   iter.Seq2[live.OrderTotal, error]
	Postings iter.Seq2[live.PostedTotal, error]
}

// Explain walks the orders of all sides and puts beside every figure the orders
// on which they differ, at most limit of them. Differences that cancel out in
// the sum are told too, and then the sides do not agree. It holds no more than
// one order of each side and what it lists.
func (r *Reconciliation) Explain(s Sides, limit int) error {
	limit = min(max(limit, 1), MaxExplained)
	r.Explained = true
	at := map[live.Currency][]*ReconciliationRow{}
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Orders = &Explained{}
		at[row.Currency] = append(at[row.Currency], row)
	}
	err := walk(
		side[OrderMoney]{"facts", s.Facts, func(m *OrderMoney) place { return place{m.Order, string(m.Money.Currency)} }},
		side[live.OrderTotal]{"ledger", s.Ledger, func(t *live.OrderTotal) place { return place{t.Order, string(t.Currency)} }},
		side[live.PostedTotal]{"postings", s.Postings, func(t *live.PostedTotal) place { return place{t.Order, string(t.Currency)} }},
		func(p place, said *OrderMoney, total *live.OrderTotal, entry *live.PostedTotal) {
			c := live.Currency(p.part)
			if at[c] == nil {
				at[c] = r.grow(c)
			}
			said, total, entry = cmp.Or(said, &OrderMoney{}), cmp.Or(total, &live.OrderTotal{}), cmp.Or(entry, &live.PostedTotal{})
			if compareOrder(at[c], p.order, said, total, entry, limit) {
				r.Agree = false
			}
		})
	if err != nil {
		return err
	}
	r.adopt(at)
	return nil
}

// grow makes the rows of a currency that appeared after the sums were taken.
func (r *Reconciliation) grow(c live.Currency) []*ReconciliationRow {
	rows := make([]*ReconciliationRow, len(reconciled))
	for i, f := range reconciled {
		rows[i] = &ReconciliationRow{Currency: c, Figure: f.figure}
		if r.Explained {
			rows[i].Orders = &Explained{}
		}
		if posted(f.figure) {
			rows[i].Postings = new(int64)
		}
	}
	return rows
}

// adopt takes in the rows of currencies that were not there before.
func (r *Reconciliation) adopt(at map[live.Currency][]*ReconciliationRow) {
	known := map[live.Currency]bool{}
	for i := range r.Rows {
		known[r.Rows[i].Currency] = true
	}
	for c, rows := range at {
		if known[c] {
			continue
		}
		for _, row := range rows {
			r.Rows = append(r.Rows, *row)
		}
	}
	slices.SortStableFunc(r.Rows, func(a, b ReconciliationRow) int { return strings.Compare(string(a.Currency), string(b.Currency)) })
}

// compareOrder notes on which figures the sides of one order differ.
func compareOrder(rows []*ReconciliationRow, order live.OrderID, said *OrderMoney, total *live.OrderTotal, entry *live.PostedTotal, limit int) (differ bool) {
	for i, f := range reconciled {
		d := OrderDifference{Order: order, Facts: f.money(&said.Money), Ledger: f.ledger(&total.LedgerTotal)}
		if posted(f.figure) {
			n := f.ledger(&entry.LedgerTotal)
			d.Postings = &n
		}
		if f.figure == figureBuyers && d.Facts != 0 && d.Ledger != 0 && said.Person != total.Person {
			d.FactsPerson, d.LedgerPerson = said.Person, total.Person
		}
		if d.spread() == 0 && d.FactsPerson == d.LedgerPerson {
			continue
		}
		differ = true
		rows[i].Orders.note(&d, limit)
	}
	return differ
}

// spread is the largest of our own sides less the smallest.
func (d *OrderDifference) spread() int64 { return spread(d.Facts, d.Ledger, d.Postings) }

func spread(facts, ledger int64, postings *int64) int64 {
	low, high := min(facts, ledger), max(facts, ledger)
	if postings != nil {
		low, high = min(low, *postings), max(high, *postings)
	}
	return high - low
}

func (e *Explained) note(d *OrderDifference, limit int) {
	if e.Count++; len(e.Orders) < limit {
		e.Orders = append(e.Orders, *d)
	}
}
