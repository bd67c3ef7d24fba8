package live

import (
	"cmp"
	"slices"
	"time"
)

// RefundRequest is what a buyer asks for. It moves no money.
type RefundRequest struct {
	Line string // empty: the whole order
	Type RefundType
}

// RefundType says whether the goods come back.
type RefundType string

// Refund types.
const (
	RefundOnly  RefundType = "refund_only"
	ReturnGoods RefundType = "return_goods"
)

// Valid reports whether t is a refund type.
func (t RefundType) Valid() bool { return t == RefundOnly || t == ReturnGoods }

// Aftersale is one refund from its request to its end, named by the refund id.
// Money moves only when it succeeded.
type Aftersale struct {
	ID          string
	Line        string
	Type        RefundType
	Reason      string
	State       Kind      // the fact that stands
	At          time.Time // of that fact
	RequestedAt time.Time // zero: the request was not told
}

// aftersales folds what was said of each refund: the latest word stands, ties
// by the order of [OrderKinds], and a success is the last word whenever it came.
func (w *folding) aftersales() {
	for i := range w.set {
		f := &w.set[i]
		if !f.Kind.ofRefund() {
			continue
		}
		n := slices.IndexFunc(w.Aftersales, func(a Aftersale) bool { return a.ID == f.ID })
		if n < 0 {
			n = len(w.Aftersales)
			w.Aftersales = append(w.Aftersales, Aftersale{ID: f.ID, State: f.Kind, At: f.At})
		}
		a := &w.Aftersales[n]
		if f.Kind == RefundRequested {
			a.Line, a.Type, a.Reason, a.RequestedAt = f.Refund.Line, f.Refund.Type, f.Reason, f.At
		}
		if f.Kind == RefundSucceeded {
			if a.State == RefundRejected || a.State == RefundWithdrawn {
				w.flags[FlagRefundRefused] = true
			}
			a.State, a.At = f.Kind, f.At
			continue
		}
		// The set is sorted by kind: on a tie the later kind stands.
		if !f.At.Before(a.At) {
			a.State, a.At = f.Kind, f.At
		}
	}
	slices.SortFunc(w.Aftersales, func(a, b Aftersale) int { return cmp.Compare(a.ID, b.ID) })
}

func (k Kind) ofRefund() bool {
	return slices.Contains([]Kind{RefundRequested, RefundApproved, RefundRejected, RefundWithdrawn, RefundSucceeded}, k)
}

// refunds adds up the refunds of each line, never beyond what was paid for it:
// goods first, then shipping. Refunds before payment wait in the set. While
// only a deposit is there, a refund gives that back. What names neither a line
// nor a SKU is divided after all that does, so that the order of the facts does
// not matter.
func (w *folding) refunds() {
	var unnamed RefundLine
	var preShip int64 // the part of unnamed before anything was shipped
	for i := range w.set {
		f := &w.set[i]
		if f.Kind != RefundSucceeded || !w.in(f) {
			continue
		}
		for _, r := range f.Refunds {
			if r.Line == "" && r.SKU == "" {
				unnamed.Goods, unnamed.Shipping = unnamed.Goods+r.Goods, unnamed.Shipping+r.Shipping
				if w.ShippedAt.IsZero() || f.At.Before(w.ShippedAt) {
					preShip += r.Goods + r.Shipping
				}
				continue
			}
			l := w.line(r)
			if l == nil {
				w.flags[FlagUnknownLine] = true
				continue
			}
			l.RefundGoods += r.Goods
			l.RefundShip += r.Shipping
			if w.ShippedAt.IsZero() || f.At.Before(w.ShippedAt) {
				l.RefundPreShip += r.Goods + r.Shipping
			}
		}
	}
	w.spreadRefund(unnamed, preShip)
	for i := range w.Lines {
		l := &w.Lines[i]
		if w.PaidAt.IsZero() && l.Deposit > 0 {
			back := l.RefundGoods + l.RefundShip
			w.flags[FlagRefundExceeds] = w.flags[FlagRefundExceeds] || back > l.Deposit
			l.Deposit -= min(back, l.Deposit)
			l.RefundGoods, l.RefundShip, l.RefundPreShip = 0, 0, 0
			continue
		}
		if over := l.RefundGoods + l.RefundShip - l.Paid; over > 0 {
			w.flags[FlagRefundExceeds] = true
			l.RefundGoods = min(l.RefundGoods, l.Paid)
			l.RefundShip = min(l.RefundShip, l.Paid-l.RefundGoods)
			l.RefundPreShip = min(l.RefundPreShip, l.RefundGoods+l.RefundShip)
		}
	}
}

// spreadRefund divides what names no line: shipping by the shipping of the lines
// that is not refunded so far, goods by what is left of their money.
func (w *folding) spreadRefund(r RefundLine, preShip int64) {
	if r.Goods+r.Shipping == 0 {
		return
	}
	if len(w.Lines) == 0 {
		w.flags[FlagUnknownLine] = true
		return
	}
	weights := make([]int64, len(w.Lines))
	for i := range w.Lines {
		weights[i] = w.Lines[i].Shipping - w.Lines[i].RefundShip
	}
	shipping := SplitMinor(r.Shipping, weights)
	for i := range w.Lines {
		l := &w.Lines[i]
		l.RefundShip += shipping[i]
		weights[i] = l.Paid + l.Deposit - l.RefundGoods - l.RefundShip
	}
	goods := SplitMinor(r.Goods, weights)
	for i := range w.Lines {
		w.Lines[i].RefundGoods += goods[i]
		weights[i] = goods[i] + shipping[i]
	}
	for i, share := range SplitMinor(preShip, weights) {
		w.Lines[i].RefundPreShip += share
	}
}

// line finds the line a fact speaks of: by line id, else by SKU, else, while no
// line is known, the unassigned one. A SKU that was exchanged away still finds
// its line.
func (w *folding) line(r RefundLine) *LineTotal {
	for i := range w.Lines {
		if r.Line != "" && w.Lines[i].ID == r.Line {
			return &w.Lines[i]
		}
	}
	for i := range w.Lines {
		if r.Line == "" && r.SKU != "" && w.Lines[i].SKU == r.SKU {
			return &w.Lines[i]
		}
	}
	for i := range w.born {
		if r.Line == "" && r.SKU != "" && w.born[i].SKU == r.SKU {
			return &w.Lines[i]
		}
	}
	if len(w.Lines) == 1 && w.Lines[0].ID == "" && w.CreatedAt.IsZero() {
		return &w.Lines[0]
	}
	return nil
}

// cancel takes what is left of the paid money out of net; a forfeited deposit
// stays. A time-out that says it happened after the payment was made is void:
// the payment was only told late. Of the cancellations that are not void the
// earliest stands.
func (w *folding) cancel() {
	for i := range w.set {
		f := &w.set[i]
		if f.Kind != OrderCancelled {
			continue
		}
		if f.CancelType == CancelTimeout && !w.moneyAt.IsZero() && !w.moneyAt.After(f.At) {
			continue
		}
		if w.Cancel == "" || f.At.Before(w.CancelledAt) {
			w.Cancel, w.CancelledAt = f.CancelType, f.At
		}
	}
	paid := !w.PaidAt.IsZero()
	w.flags[FlagShippedUnpaid] = !w.ShippedAt.IsZero() && !paid && w.Payment.PaidWhen() == PaidOnMoney
	if w.Cancel == "" {
		return
	}
	for i := range w.Lines {
		l := &w.Lines[i]
		l.CancelledPaid = l.Paid - l.RefundGoods - l.RefundShip
	}
	w.flags[FlagPaidAfterCancel] = paid && w.PaidAt.After(w.CancelledAt)
	w.flags[FlagShippedCancelled] = !w.ShippedAt.IsZero() && w.ShippedAt.After(w.CancelledAt)
}
