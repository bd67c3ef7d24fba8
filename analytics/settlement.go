package analytics

import (
	"cmp"
	"iter"
	"maps"
	"slices"

	"showrunner/live"
)

// DifferenceKind says how a platform's settlement and our ledger differ on one order.
type DifferenceKind string

// Kinds of differences.
const (
	MissingHere     DifferenceKind = "missing_here"  // the platform settles an order that the show does not have
	MissingThere    DifferenceKind = "missing_there" // the show has a paid order that the platform does not settle
	AmountDiffers   DifferenceKind = "amount_differs"
	CurrencyDiffers DifferenceKind = "currency_differs"
)

// SettlementDifference is one order and what each side says about it.
type SettlementDifference struct {
	Order      live.OrderID
	Kind       DifferenceKind
	Line       int64  // of the platform's file; 0: not in it
	Figure     string // which amount differs, with AmountDiffers
	Settlement int64
	Ledger     int64
	// The currency of each side; empty on the side that lacks the order.
	SettlementCurrency, LedgerCurrency live.Currency
}

// SettlementSum is one figure in one currency, summed on both sides.
type SettlementSum struct {
	Currency           live.Currency
	Figure             string
	Settlement, Ledger int64
}

// SettlementComparison puts a platform's settlement beside the ledger of a show.
type SettlementComparison struct {
	Agree       bool
	Counts      map[DifferenceKind]int64 // of all differences, listed or not
	Differences []SettlementDifference   // by order, at most the limit
	Sums        []SettlementSum          // by currency, then figure
}

// CompareSettlement walks a settlement and the orders of a show, both in
// ascending byte order of ids, and names every difference, listing at most
// limit. Refunds are compared where the file gives them, and settled amounts
// where the platform's facts have told one too; a fee has no other side.
func CompareSettlement(rows iter.Seq2[live.SettlementRow, error], ledger iter.Seq2[live.OrderTotal, error], limit int) (SettlementComparison, error) {
	limit = min(max(limit, 1), MaxExplained)
	c := settling{out: SettlementComparison{Agree: true, Counts: map[DifferenceKind]int64{}}, limit: limit, sums: map[sumKey]*SettlementSum{}}
	err := walkTwo(
		side[live.SettlementRow]{"settlement", rows, func(r *live.SettlementRow) place { return place{order: r.Order} }},
		side[live.OrderTotal]{"ledger", ledger, func(t *live.OrderTotal) place { return place{order: t.Order} }},
		c.both)
	if err != nil {
		return c.out, err
	}
	for _, k := range slices.SortedFunc(maps.Keys(c.sums), func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.currency, b.currency), cmp.Compare(a.figure, b.figure))
	}) {
		c.out.Sums = append(c.out.Sums, *c.sums[k])
	}
	return c.out, nil
}

type sumKey struct {
	currency live.Currency
	figure   string
}

// settling is a comparison under way.
type settling struct {
	out   SettlementComparison
	limit int
	sums  map[sumKey]*SettlementSum
}

// both compares what the file and the ledger say of an order.
func (c *settling) both(r *live.SettlementRow, t *live.OrderTotal) {
	if r != nil {
		c.row(r)
	}
	if t != nil {
		c.total(t)
	}
	switch {
	case t == nil:
		c.note(SettlementDifference{Order: r.Order, Kind: MissingHere, Line: r.Line, Settlement: r.Paid, SettlementCurrency: r.Currency})
	case r != nil:
		c.compare(r, t)
	case !t.PaidAt.IsZero():
		c.note(SettlementDifference{Order: t.Order, Kind: MissingThere, Ledger: t.PaidMinor, LedgerCurrency: t.Currency})
	}
}

func (c *settling) sum(currency live.Currency, figure string) *SettlementSum {
	k := sumKey{currency, figure}
	if c.sums[k] == nil {
		c.sums[k] = &SettlementSum{Currency: currency, Figure: figure}
	}
	return c.sums[k]
}

func (c *settling) note(d SettlementDifference) {
	c.out.Agree = false
	c.out.Counts[d.Kind]++
	if len(c.out.Differences) < c.limit {
		c.out.Differences = append(c.out.Differences, d)
	}
}

func (c *settling) row(r *live.SettlementRow) {
	c.sum(r.Currency, "paid_minor").Settlement += r.Paid
	for figure, n := range map[string]*int64{"refunded_minor": r.Refunded, "settled_minor": r.Settled, "fee_minor": r.Fee} {
		if n != nil {
			c.sum(r.Currency, figure).Settlement += *n
		}
	}
}

func (c *settling) total(t *live.OrderTotal) {
	if t.PaidAt.IsZero() {
		return
	}
	c.sum(t.Currency, "paid_minor").Ledger += t.PaidMinor
	c.sum(t.Currency, "refunded_minor").Ledger += t.RefundGoodsMinor + t.RefundShipMinor
	c.sum(t.Currency, "settled_minor").Ledger += t.SettledMinor
}

func (c *settling) compare(r *live.SettlementRow, t *live.OrderTotal) {
	d := SettlementDifference{Order: r.Order, Line: r.Line, SettlementCurrency: r.Currency, LedgerCurrency: t.Currency}
	if r.Currency != t.Currency {
		d.Kind, d.Settlement, d.Ledger = CurrencyDiffers, r.Paid, t.PaidMinor
		c.note(d)
		return
	}
	d.Kind = AmountDiffers
	amount := func(figure string, there, here int64) {
		if there != here {
			d.Figure, d.Settlement, d.Ledger = figure, there, here
			c.note(d)
		}
	}
	amount("paid_minor", r.Paid, t.PaidMinor)
	if r.Refunded != nil {
		amount("refunded_minor", *r.Refunded, t.RefundGoodsMinor+t.RefundShipMinor)
	}
	if r.Settled != nil && t.SettledMinor != 0 {
		amount("settled_minor", *r.Settled, t.SettledMinor)
	}
}
