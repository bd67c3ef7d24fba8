package sim

import (
	"cmp"
	"slices"
	"time"

	"showrunner/live"
)

// fates is the deck that orders are dealt from, so that every kind of ending
// comes up in its share even in a small show. The shares are those of a decent
// merchant: 12 % never paid, 6 % cancelled by the buyer, 12 % refunded in part
// or whole, 3 % cancelled by the merchant after payment.
var fates = func() []Purchase {
	refund := func(permille int64, postage bool, reason string) Refund {
		return Refund{Permille: permille, Shipping: postage, Reason: reason}
	}
	deck := []Purchase{
		{},
		{},
		{},
		{}, // never paid
		{Cancel: live.CancelUser},
		{Cancel: live.CancelUser},
		{PayAfter: 1, Cancel: live.CancelMerchant},
		{PayAfter: 1, Refunds: []Refund{refund(1000, false, "NO_LONGER_WANT")}},
		{PayAfter: 1, Refunds: []Refund{refund(1000, true, "NOT_MATCH_PRODUCT_DESC")}},
		{PayAfter: 1, Refunds: []Refund{refund(400, false, "QUALITY_ISSUE")}},
		{PayAfter: 1, Refunds: []Refund{refund(400, true, "INCORRECT_SELECTION"), refund(400, false, "OTHERS")}, Twice: true},
		{PayAfter: 1, Refunds: []Refund{refund(500, false, "NOT_DELIVERED_TOO_LONG")}, RefundFirst: true},
		{PayAfter: 1, Cancel: live.CancelOversold, Refunds: []Refund{refund(300, false, "OTHERS")}},
		{PayAfter: 1, Twice: true},
		{PayAfter: 1, Twice: true},
	}
	for len(deck) < 36 {
		deck = append(deck, Purchase{PayAfter: 1})
	}
	return deck
}()

// Money of orders made on the shop platform.
const (
	shopPostage = 1000
	shopSubsidy = 500
)

// decide deals every order its fate, in the order in which they are placed, and
// sends every sixth through the shop platform, half of those from abroad.
func (s *Script) decide() {
	type placed struct {
		act    *Act
		person int
	}
	var all []placed
	perPerson := make([]int, len(s.People))
	for i := range s.People {
		for j := range s.People[i].Acts {
			if a := &s.People[i].Acts[j]; a.Buy != nil {
				all = append(all, placed{a, i})
				perPerson[i]++
			}
		}
	}
	slices.SortStableFunc(all, func(a, b placed) int { return cmp.Compare(a.act.At, b.act.At) })
	d := s.dice(forFate, 0)
	var deck []Purchase
	abroad := 0
	for n, o := range all {
		if len(deck) == 0 {
			deck = slices.Clone(fates)
			d.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
		}
		fate := deck[0]
		deck = deck[1:]
		buy := o.act.Buy
		buy.Cancel, buy.Twice, buy.RefundFirst = fate.Cancel, fate.Twice, fate.RefundFirst
		buy.Refunds = slices.Clone(fate.Refunds)
		if fate.PayAfter > 0 {
			buy.PayAfter = d.between(5*time.Second, 60*time.Second)
		}
		if fate.Cancel != "" {
			buy.CancelAfter = d.between(5*time.Second, 40*time.Second)
		}
		for i := range buy.Refunds {
			buy.Refunds[i].Line = d.IntN(len(buy.Lines))
			if len(buy.Refunds) > 1 {
				buy.Refunds[i].Line = 0
			}
			// Cancelled orders are refunded first, else nothing would be left to refund.
			after := d.between(10*time.Second, max(20*time.Second, s.Length/3))
			if buy.Cancel != "" {
				after = min(after, 20*time.Second)
				buy.CancelAfter = after + 20*time.Second
			}
			buy.Refunds[i].After = after
		}
		if n%6 != 4 {
			continue
		}
		buy.ByShop, buy.PayFirst = true, d.chance(0.4)
		if buy.Cancel == live.CancelUser {
			buy.Cancel = live.CancelRisk
		}
		if perPerson[o.person] == 1 {
			if abroad++; abroad%2 == 0 {
				buy.Currency = "USD"
			}
		}
		s.price(buy)
	}
}

// price writes the shop's money on the lines: postage on the first, a subsidy
// of the platform, and tax on what goes abroad.
func (s *Script) price(buy *Purchase) {
	for i := range buy.Lines {
		l := &buy.Lines[i]
		for _, g := range goods {
			if g.product == l.Product {
				l.Goods = g.price * l.Qty
			}
		}
		l.Discount = l.Goods / 20
		l.Subsidy = min(shopSubsidy, l.Goods/10)
		if buy.Currency == "USD" {
			l.Goods, l.Discount, l.Subsidy = l.Goods/7, l.Discount/7, 0
			l.Tax = l.Goods * 9 / 100
		}
		if i == 0 {
			l.Shipping = shopPostage
		}
	}
}
