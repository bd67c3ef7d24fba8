package analytics

import (
	"errors"
	"fmt"
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

// Explained names the orders on which facts and ledger differ in one figure
// and currency.
type Explained struct {
	Count  int64 // of all orders that differ, listed or not
	Orders []OrderDifference
}

// OrderDifference is one order with the value of each side.
type OrderDifference struct {
	Order         live.OrderID
	Facts, Ledger int64
	// FactsPerson and LedgerPerson are told when the two sides name different buyers.
	FactsPerson, LedgerPerson live.PersonID
}

// MaxExplained bounds the orders listed for one figure and currency.
const MaxExplained = 1000

var errUnsorted = errors.New("orders do not come in ascending order of their ids")

// Explain walks the orders of both sides, each in ascending byte order of ids
// and then of currencies, and puts beside every figure the orders on which the
// two differ, at most limit of them. Differences that cancel out in the sum are
// told too, and then the sides do not agree. It holds no more than one order of
// each side and what it lists.
func (r *Reconciliation) Explain(facts iter.Seq2[OrderMoney, error], ledger iter.Seq2[live.OrderTotal, error], limit int) error {
	limit = min(max(limit, 1), MaxExplained)
	at := map[live.Currency][]*ReconciliationRow{}
	r.Explained = true
	for i := range r.Rows {
		row := &r.Rows[i]
		row.Orders = &Explained{}
		at[row.Currency] = append(at[row.Currency], row)
	}
	book, stop := pullSorted(ledger, func(t *live.OrderTotal) (live.OrderID, live.Currency) { return t.Order, t.Currency })
	defer stop()
	said, end := pullSorted(facts, func(m *OrderMoney) (live.OrderID, live.Currency) { return m.Order, m.Money.Currency })
	defer end()
	f, okF, err := said()
	if err != nil {
		return fmt.Errorf("read orders from facts: %w", err)
	}
	l, okL, err := book()
	if err != nil {
		return fmt.Errorf("read orders from ledger: %w", err)
	}
	for okF || okL {
		side := 0
		switch {
		case !okL:
			side = -1
		case !okF:
			side = 1
		default:
			side = compareOrders(f.Order, l.Order, f.Money.Currency, l.Currency)
		}
		money, total := OrderMoney{Order: l.Order, Money: Money{Currency: l.Currency}}, live.OrderTotal{Order: f.Order}
		if side <= 0 {
			money = f
			if f, okF, err = said(); err != nil {
				return fmt.Errorf("read orders from facts: %w", err)
			}
		}
		if side >= 0 {
			total = l
			if l, okL, err = book(); err != nil {
				return fmt.Errorf("read orders from ledger: %w", err)
			}
		}
		c := money.Money.Currency
		if at[c] == nil {
			at[c] = r.grow(c)
		}
		if compareOrder(at[c], &money, &total, limit) {
			r.Agree = false
		}
	}
	r.adopt(at)
	return nil
}

// grow makes the rows of a currency that appeared after the sums were taken.
func (r *Reconciliation) grow(c live.Currency) []*ReconciliationRow {
	rows := make([]*ReconciliationRow, len(reconciled))
	for i, f := range reconciled {
		rows[i] = &ReconciliationRow{Currency: c, Figure: f.figure, Orders: &Explained{}}
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

// compareOrder notes on which figures the two sides of one order differ.
func compareOrder(rows []*ReconciliationRow, money *OrderMoney, total *live.OrderTotal, limit int) (differ bool) {
	for i, f := range reconciled {
		d := OrderDifference{Order: money.Order, Facts: f.money(&money.Money), Ledger: f.ledger(&total.LedgerTotal)}
		if f.figure == figureBuyers && d.Facts != 0 && d.Ledger != 0 && money.Person != total.Person {
			d.FactsPerson, d.LedgerPerson = money.Person, total.Person
		}
		if d.Facts == d.Ledger && d.FactsPerson == d.LedgerPerson {
			continue
		}
		differ = true
		x := rows[i].Orders
		x.Count++
		if len(x.Orders) < limit {
			x.Orders = append(x.Orders, d)
		}
	}
	return differ
}

func compareOrders(a, b live.OrderID, ac, bc live.Currency) int {
	if c := strings.Compare(string(a), string(b)); c != 0 {
		return c
	}
	return strings.Compare(string(ac), string(bc))
}

// pullSorted reads a sequence one by one and refuses one that is not sorted:
// two walks side by side would silently miss each other.
func pullSorted[T any](seq iter.Seq2[T, error], key func(*T) (live.OrderID, live.Currency)) (next func() (T, bool, error), stop func()) {
	pull, stop := iter.Pull2(seq)
	var last live.OrderID
	var lastCurrency live.Currency
	begun := false
	return func() (v T, ok bool, err error) {
		v, err, ok = pull()
		if !ok || err != nil {
			return v, false, err
		}
		id, c := key(&v)
		if begun && compareOrders(last, id, lastCurrency, c) >= 0 {
			return v, false, errUnsorted
		}
		begun, last, lastCurrency = true, id, c
		return v, true, nil
	}, stop
}
