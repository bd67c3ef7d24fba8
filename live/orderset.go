package live

import (
	"cmp"
	"slices"
	"strings"
)

// distinct makes the set that [FoldOrder] folds: sorted by [CompareFacts], so
// that arrival does not matter, and one fact of each name. When two facts of
// one name say different things, the first stands and the flag is raised.
// Cancellations have no name of their own and are all kept: a time-out that is
// void must not hide the merchant's cancellation that came after it.
// ver counts the facts that differ in any way, so it grows with each one kept.
func distinct(facts []OrderFact, flags map[string]bool) (set []OrderFact, ver uint32) {
	sorted := slices.Clone(facts)
	slices.SortFunc(sorted, CompareFacts)
	sorted = slices.CompactFunc(sorted, func(a, b OrderFact) bool { return CompareFacts(a, b) == 0 })
	for _, f := range sorted {
		if n := len(set); n > 0 && set[n-1].Kind == f.Kind && set[n-1].ID == f.ID {
			if !agree(&set[n-1], &f) {
				flags[FlagConflicting] = true
			}
			if f.Kind != OrderCancelled {
				continue
			}
		}
		set = append(set, f)
	}
	return set, uint32(len(sorted))
}

// CompareFacts is a total order over the whole content of facts of one order:
// by their place in [OrderKinds], within it by name, then by time. It is zero only for facts that are the same in every field. A creation
// stated by Showrunner itself comes before a platform's echo of it, because
// only ours is sure to know the show and the buyer.
func CompareFacts(a, b OrderFact) int {
	return cmp.Or(
		cmp.Compare(factRank(a.Kind), factRank(b.Kind)),
		cmp.Compare(a.ID, b.ID),
		cmp.Compare(count(b.Kind == OrderCreated && b.Source == SourceOwn), count(a.Kind == OrderCreated && a.Source == SourceOwn)),
		a.At.Compare(b.At),
		cmp.Compare(a.PaidMinor, b.PaidMinor),
		cmp.Compare(a.CancelType, b.CancelType),
		cmp.Compare(refundTotal(a.Refunds), refundTotal(b.Refunds)),
		cmp.Compare(linesTotal(a.Lines), linesTotal(b.Lines)),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Currency, b.Currency),
		cmp.Compare(a.Show, b.Show),
		cmp.Compare(a.Room, b.Room),
		cmp.Compare(a.Person, b.Person),
		cmp.Compare(a.Channel, b.Channel),
		cmp.Compare(a.Campaign, b.Campaign),
		cmp.Compare(a.Reason, b.Reason),
		cmp.Compare(a.Payment, b.Payment),
		cmp.Compare(a.SettledMinor, b.SettledMinor),
		cmp.Compare(a.TotalMinor, b.TotalMinor),
		a.Exchange.compare(b.Exchange),
		a.Refund.compare(b.Refund),
		cmp.Compare(a.Kind, b.Kind),
		slices.CompareFunc(a.Lines, b.Lines, compareLines),
		slices.CompareFunc(a.Refunds, b.Refunds, compareRefunds),
	)
}

// agree reports whether two facts of one name tell the same story: the same
// money for the same goods. Who told it, when, and how the lines are numbered
// may differ.
func agree(a, b *OrderFact) bool {
	if a.PaidMinor != b.PaidMinor || a.CancelType != b.CancelType || a.Currency != b.Currency ||
		a.SettledMinor != b.SettledMinor || a.TotalMinor != b.TotalMinor || a.Exchange != b.Exchange || a.Refund != b.Refund {
		return false
	}
	goods := func(a, b OrderLine) int {
		return cmp.Or(strings.Compare(string(a.SKU), string(b.SKU)), cmp.Compare(a.Qty, b.Qty), cmp.Compare(a.Payable(), b.Payable()))
	}
	return slices.CompareFunc(slices.SortedFunc(slices.Values(a.Lines), goods), slices.SortedFunc(slices.Values(b.Lines), goods), goods) == 0 &&
		slices.CompareFunc(slices.SortedFunc(slices.Values(a.Refunds), compareRefunds), slices.SortedFunc(slices.Values(b.Refunds), compareRefunds), compareRefunds) == 0
}

func compareLines(a, b OrderLine) int {
	return cmp.Or(
		cmp.Compare(a.ID, b.ID), cmp.Compare(a.Product, b.Product), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Qty, b.Qty),
		cmp.Compare(a.Goods, b.Goods), cmp.Compare(a.Discount, b.Discount), cmp.Compare(a.Subsidy, b.Subsidy),
		cmp.Compare(a.Shipping, b.Shipping), cmp.Compare(a.Tax, b.Tax), cmp.Compare(a.CommissionBPS, b.CommissionBPS),
	)
}

func compareRefunds(a, b RefundLine) int {
	return cmp.Or(
		cmp.Compare(a.Line, b.Line), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Goods, b.Goods), cmp.Compare(a.Shipping, b.Shipping),
	)
}

func factRank(k Kind) int {
	return slices.Index(OrderKinds, k)
}

func refundTotal(rs []RefundLine) (sum int64) {
	for _, r := range rs {
		sum += r.Goods + r.Shipping
	}
	return sum
}

func linesTotal(ls []OrderLine) (sum int64) {
	for i := range ls {
		sum += ls[i].Payable()
	}
	return sum
}

// earliestCurrency is the currency of an order whose creation is not known:
// that of its earliest payment of any sort, else of its earliest refund.
func earliestCurrency(set []OrderFact) Currency {
	var first *OrderFact
	for i := range set {
		f := &set[i]
		if f.Currency == "" || !f.Kind.pays() && f.Kind != RefundSucceeded {
			continue
		}
		if first == nil || f.Kind.pays() == first.Kind.pays() && f.At.Before(first.At) {
			first = f
		}
	}
	if first == nil {
		return ""
	}
	return first.Currency
}
