package live

import (
	"cmp"
	"slices"
)

// Exchange is one whole line given for another SKU. Goods is the signed
// difference in price: if it is more, another payment brings it; if it is less,
// a refund takes it back.
type Exchange struct {
	Line    string // or OldSKU
	OldSKU  SKUID
	Product ProductID // the new one; empty: the same
	SKU     SKUID
	Qty     int64 // of the new SKU; 0: as before
	Goods   int64
}

func (e Exchange) compare(x Exchange) int {
	return cmp.Or(
		cmp.Compare(e.Line, x.Line), cmp.Compare(e.OldSKU, x.OldSKU), cmp.Compare(e.Product, x.Product),
		cmp.Compare(e.SKU, x.SKU), cmp.Compare(e.Qty, x.Qty), cmp.Compare(e.Goods, x.Goods),
	)
}

// amend replays the changes of prices and the exchanges by the time they
// happened, ties by name: of two prices of one line the later stands, whichever
// arrived first. They wait for the creation: without it there is no line.
func (w *folding) amend() {
	w.extra = make([]int64, len(w.Lines))
	var changes []*OrderFact
	for i := range w.set {
		if f := &w.set[i]; f.Kind == OrderPriceChanged || f.Kind == ExchangeCreated {
			changes = append(changes, f)
		}
	}
	slices.SortStableFunc(changes, func(a, b *OrderFact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	for _, f := range changes {
		if w.CreatedAt.IsZero() || !w.in(f) {
			continue
		}
		switch {
		case f.Kind == ExchangeCreated:
			w.exchange(&f.Exchange)
		case len(f.Lines) == 0:
			w.reprice(f.TotalMinor)
		default:
			for j := range f.Lines {
				w.price(&f.Lines[j])
			}
		}
	}
	for i := range w.Lines {
		w.Lines[i].Created = w.Lines[i].Payable()
		w.extra[i] = min(w.extra[i], w.Lines[i].Created)
	}
}

// price gives a line new amounts. What exchanges had added is in them.
func (w *folding) price(l *OrderLine) {
	for i := range w.Lines {
		if x := &w.Lines[i]; x.ID == l.ID {
			x.Goods, x.Discount, x.Subsidy, x.Shipping, x.Tax = l.Goods, l.Discount, l.Subsidy, l.Shipping, l.Tax
			w.extra[i] = 0
			return
		}
	}
	w.flags[FlagUnknownLine] = true
}

// reprice spreads a new price of the whole order over its lines in proportion
// to what they cost: less is a discount, more is dearer goods.
func (w *folding) reprice(total int64) {
	weights := make([]int64, len(w.Lines))
	for i := range w.Lines {
		weights[i] = w.Lines[i].Payable()
	}
	for i, share := range SplitMinor(total, weights) {
		l := &w.Lines[i].OrderLine
		w.extra[i] = 0
		switch more := share - l.owed(); {
		case more > 0 && share > 0:
			l.Goods += more
		case more < 0:
			l.Discount -= more
		}
	}
}

func (w *folding) exchange(e *Exchange) {
	l := w.line(RefundLine{Line: e.Line, SKU: e.OldSKU})
	if l == nil {
		w.flags[FlagUnknownLine] = true
		return
	}
	l.SKU = e.SKU
	if e.Product != "" {
		l.Product = e.Product
	}
	if e.Qty > 0 {
		l.Qty = e.Qty
	}
	// Goods are never worth less than nothing.
	diff := max(e.Goods, -l.Goods)
	l.Goods += diff
	for i := range w.Lines {
		if &w.Lines[i] == l {
			w.extra[i] += diff
		}
	}
}
