package sim_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
	"showrunner/live/sim"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func line(id string, p live.ProductID, qty, goods int64) live.OrderLine {
	return live.OrderLine{ID: id, Product: p, SKU: live.SKUID(p), Qty: qty, Goods: goods}
}

func TestTallyOfFacts(t *testing.T) {
	b := sim.NewTally()
	b.Entered("a", "group", start)
	b.Entered("a", "search", start.Add(29*time.Minute)) // the same view, the first channel stays
	b.Entered("a", "group", start.Add(60*time.Minute))  // a new view
	b.Entered("b", "search", start)
	b.Watched("b", start.Add(20*time.Minute))
	b.Entered("b", "search", start.Add(45*time.Minute)) // the heartbeat kept the view
	b.Fact("a", live.Liked, sim.Data{Count: 3})
	b.Fact("a", live.Liked, sim.Data{Count: 4})
	b.Fact("b", live.CommentSent, sim.Data{Text: "hi"})
	b.Fact("b", live.Followed, sim.Data{})
	b.Fact("b", live.Unfollowed, sim.Data{})
	b.Fact("a", live.Followed, sim.Data{})
	b.Fact("a", live.ProductClicked, sim.Data{Product: "p"})
	b.Fact("b", live.ProductClicked, sim.Data{Product: "p"})
	b.Fact("b", live.ProductClicked, sim.Data{Product: "q"})
	b.Pinned("q")

	f := b.Figures(start, start.Add(time.Hour))
	for key, want := range map[string]int64{
		"watch_pv": 3, "watch_uv": 2, "like_count": 7, "like_uv": 1, "comment_pv": 1, "comment_uv": 1,
		"follow_gross": 2, "follow_net": 1, "interact_uv": 2, "product_click_pv": 3, "product_click_uv": 2, "buyers": 0,
	} {
		if got := f.Counts[key]; got != want {
			t.Errorf("%s: got %d, want %d", key, got, want)
		}
	}
	if got := f.Products["p"]; got.ClickPV != 2 || got.ClickUV != 2 || got.Pins != 0 {
		t.Errorf("product p: got %+v", got)
	}
	if got := f.Products["q"]; got.ClickPV != 1 || got.Pins != 1 {
		t.Errorf("product q: got %+v", got)
	}
	if got := f.Sources["group"]; got.WatchUV != 1 || got.WatchPV != 2 {
		t.Errorf("source group: got %+v", got)
	}
}

func TestTallyOfMoney(t *testing.T) {
	book := func(b *sim.Tally, id live.OrderID, person string, cur live.Currency, lines ...live.OrderLine) {
		b.Ordered(sim.Order{ID: id, Person: person, Currency: cur, Lines: lines})
	}
	for _, tc := range []struct {
		name string
		tell func(b *sim.Tally)
		want sim.Money
		net  int64
	}{
		{"unpaid", func(b *sim.Tally) {
			book(b, "o", "a", "CNY", line("1", "p", 2, 200))
		}, sim.Money{Orders: 1, SKUOrders: 1, OrderUV: 1, Created: 200}, 0},
		{"cancelled by the buyer", func(b *sim.Tally) {
			book(b, "o", "a", "CNY", line("1", "p", 2, 200))
			b.Cancelled("o")
		}, sim.Money{Orders: 1, OrdersCancelled: 1, SKUOrders: 1, OrderUV: 1, Created: 200}, 0},
		{"paid before it was created", func(b *sim.Tally) {
			b.Paid("o", 500, start)
			book(b, "o", "a", "CNY", line("1", "p", 2, 200), line("2", "q", 1, 300))
		}, sim.Money{Orders: 1, OrdersPaid: 1, SKUOrders: 2, SKUOrdersPaid: 2, ItemsPaid: 3, Buyers: 1, OrderUV: 1, Created: 500, Paid: 500}, 500},
		{"refunded before it was paid, told twice", func(b *sim.Tally) {
			for range 2 {
				b.Refunded("o", "r1", live.RefundLine{Line: "1", Goods: 150, Shipping: 30})
			}
			book(b, "o", "a", "CNY", line("1", "p", 2, 200))
			b.Paid("o", 200, start)
		}, sim.Money{
			Orders: 1, OrdersPaid: 1, OrdersRefunded: 1, SKUOrders: 1, SKUOrdersPaid: 1, ItemsPaid: 2,
			Buyers: 1, OrderUV: 1, Created: 200, Paid: 200, RefundGoods: 150, RefundShipping: 30, RefundsOfPayDate: 180,
		}, 20},
		{"cancelled after payment and a refund", func(b *sim.Tally) {
			book(b, "o", "a", "CNY", line("1", "p", 1, 200))
			b.Paid("o", 200, start)
			b.Refunded("o", "r1", live.RefundLine{SKU: "p", Goods: 60})
			b.Cancelled("o")
		}, sim.Money{
			Orders: 1, OrdersPaid: 1, OrdersCancelled: 1, SKUOrders: 1, SKUOrdersPaid: 1, ItemsPaid: 1,
			Buyers: 1, OrderUV: 1, Created: 200, Paid: 200, RefundGoods: 60, CancelledPaid: 140, RefundsOfPayDate: 60,
		}, 0},
		{"refunded, but paid after the show", func(b *sim.Tally) {
			book(b, "o", "a", "CNY", line("1", "p", 1, 200))
			b.Paid("o", 200, start.Add(2*time.Hour))
			b.Refunded("o", "r1", live.RefundLine{SKU: "p", Goods: 200})
		}, sim.Money{
			Orders: 1, OrdersPaid: 1, OrdersRefunded: 1, SKUOrders: 1, SKUOrdersPaid: 1, ItemsPaid: 1,
			Buyers: 1, OrderUV: 1, Created: 200, Paid: 200, RefundGoods: 200,
		}, 0},
		{"another currency stays apart", func(b *sim.Tally) {
			book(b, "o", "a", "CNY", line("1", "p", 1, 200))
			book(b, "x", "a", "USD", line("1", "p", 1, 30))
			b.Paid("x", 30, start)
		}, sim.Money{Orders: 1, SKUOrders: 1, OrderUV: 1, Created: 200}, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := sim.NewTally()
			tc.tell(b)
			got := b.Figures(start, start.Add(time.Hour)).Money["CNY"]
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Net() != tc.net {
				t.Errorf("net: got %d, want %d", got.Net(), tc.net)
			}
		})
	}
}

// A coupon is redeemed by the payment, and comes back when the order came to
// nothing, before or after it.
func TestTallyOfBenefits(t *testing.T) {
	b := sim.NewTally()
	b.Dropped()
	for i, who := range []string{"a", "b", "c", "d", "e"} {
		b.Took(who, live.CouponClaimed, 0)
		id := live.OrderID(who)
		l := line("1", "p", 1, 200)
		l.Discount = 20
		b.Ordered(sim.Order{ID: id, Person: who, Currency: "CNY", Lines: []live.OrderLine{l}, Coupon: 20})
		if i >= 2 {
			b.Paid(id, 180, start)
		}
	}
	b.Cancelled("b")                                              // before it was paid
	b.Cancelled("c")                                              // after
	b.Refunded("d", "r1", live.RefundLine{Line: "1", Goods: 179}) // not all of it
	b.Refunded("e", "r1", live.RefundLine{Line: "1", Goods: 100})
	b.Refunded("e", "r2", live.RefundLine{Line: "1", Goods: 70, Shipping: 10})
	b.Took("a", live.RedPacketClaimed, 31)
	b.Took("a", live.RedPacketClaimed, 11)
	b.Took("f", live.LuckyDrawEntered, 0)
	b.Drawn(1)
	b.Claimed()
	f := b.Figures(start, start.Add(time.Hour))
	for key, want := range map[string]int64{
		"coupon_drops": 1, "coupon_claimed": 5, "coupon_claim_uv": 5, "coupon_redeemed": 3, "coupon_orders": 3, "coupon_gmv_minor": 540,
		"coupon_discount_minor": 20, "red_packet_shares": 2, "red_packet_uv": 1, "red_packet_minor": 42,
		"draw_entries": 1, "draw_entry_uv": 1, "draw_winners": 1, "prize_claimed": 1,
	} {
		if got := f.Counts[key]; got != want {
			t.Errorf("%s is %d, want %d", key, got, want)
		}
	}
	if f.Returned != 3 {
		t.Errorf("%d coupons came back, want 3", f.Returned)
	}
}

// TestTallyAgreesWithTheFold plays random purchases in random order of telling
// and holds the tally's plain sums against live.FoldOrder, which it does not use.
func TestTallyAgreesWithTheFold(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	rapid.Check(t, func(rt *rapid.T) {
		var lines []live.OrderLine
		var due int64
		for i := range rapid.IntRange(1, 3).Draw(rt, "lines") {
			l := line(string(rune('1'+i)), live.ProductID(rune('p'+i)), rapid.Int64Range(1, 5).Draw(rt, "qty"), rapid.Int64Range(10, 50_000).Draw(rt, "goods"))
			l.Shipping = rapid.Int64Range(0, 1500).Draw(rt, "shipping")
			l.Subsidy = rapid.Int64Range(0, l.Goods/2).Draw(rt, "subsidy")
			lines = append(lines, l)
			due += l.Payable()
		}
		b := sim.NewTally()
		facts := []live.OrderFact{{Kind: live.OrderCreated, At: at, Currency: "CNY", Person: "a", Lines: lines}}
		tell := []func(){func() { b.Ordered(sim.Order{ID: "o", Person: "a", Currency: "CNY", Lines: lines}) }}
		if rapid.Bool().Draw(rt, "paid") {
			facts = append(facts, live.OrderFact{Kind: live.OrderPaid, ID: "pay", At: at.Add(time.Minute), Currency: "CNY", PaidMinor: due})
			tell = append(tell, func() { b.Paid("o", due, at.Add(time.Minute)) })
			if rapid.Bool().Draw(rt, "refunded") {
				r := sim.Refund{Line: rapid.IntRange(0, len(lines)-1).Draw(rt, "line"), Permille: rapid.Int64Range(1, 1000).Draw(rt, "permille"), Shipping: rapid.Bool().Draw(rt, "postage")}
				l := lines[r.Line]
				goods, shipping := r.Amounts(l.Payable(), l.Shipping)
				back := live.RefundLine{Line: l.ID, Goods: goods, Shipping: shipping}
				if goods+shipping > 0 {
					facts = append(facts, live.OrderFact{Kind: live.RefundSucceeded, ID: "r", At: at.Add(2 * time.Minute), Currency: "CNY", Refunds: []live.RefundLine{back}})
					tell = append(tell, func() { b.Refunded("o", "r", back) })
				}
			}
		}
		if rapid.Bool().Draw(rt, "cancelled") {
			facts = append(facts, live.OrderFact{Kind: live.OrderCancelled, At: at.Add(3 * time.Minute), CancelType: live.CancelMerchant})
			tell = append(tell, func() { b.Cancelled("o") })
		}
		for _, i := range rapid.Permutation(indices(len(tell))).Draw(rt, "order") {
			tell[i]()
		}
		o := live.FoldOrder("m", "o", facts)
		var want sim.Money
		want.Orders, want.OrderUV = 1, 1
		for i := range o.Lines {
			l := &o.Lines[i]
			want.SKUOrders++
			want.Created += l.Created
			want.Paid += l.Paid
			want.RefundGoods += l.RefundGoods
			want.RefundShipping += l.RefundShip
			want.CancelledPaid += l.CancelledPaid
			if !o.PaidAt.IsZero() {
				want.SKUOrdersPaid++
				want.ItemsPaid += l.Qty
				want.Subsidy += l.Subsidy
			}
		}
		if !o.PaidAt.IsZero() {
			want.OrdersPaid, want.Buyers = 1, 1
		}
		if o.Cancel != "" {
			want.OrdersCancelled = 1
		}
		if o.State == live.OrderRefunded || o.State == live.OrderPartRefunded {
			want.OrdersRefunded = 1
		}
		if diff := cmp.Diff(want, b.Figures(at, at).Money["CNY"]); diff != "" {
			rt.Fatalf("(-fold +tally):\n%s", diff)
		}
	})
}

func indices(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}
