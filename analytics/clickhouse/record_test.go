package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// record is a recorded show: facts of every kind there is, with what was said in
// them raw beside what the order book makes of it.
type record struct {
	rng     *rand.Rand
	now     time.Time
	show    live.Show
	entries []live.Entry
	orders  []*recorded
}

// recorded is an order while the show is played.
type recorded struct {
	id    live.OrderID
	facts []live.OrderFact
	order live.Order
	done  bool // nothing more happens to it
}

// rawLine is a line of an order as it was ordered.
type rawLine struct {
	Line     string `json:"line_id"`
	Product  string `json:"product_id"`
	Qty      int64  `json:"qty"`
	Goods    int64  `json:"goods"`
	Discount int64  `json:"discount"`
	Subsidy  int64  `json:"subsidy"`
	Shipping int64  `json:"shipping"`
	BPS      int64  `json:"bps"`
}

func (r *record) pick(from ...string) string { return from[r.rng.IntN(len(from))] }

// say states a fact.
func (r *record) say(kind live.Kind, person string, role live.Role, data map[string]any) *live.Event {
	n := len(r.entries)
	e := live.Event{
		ID: live.EventID(fmt.Sprint("e", n)), Kind: kind, Source: live.SourceSystem, Merchant: r.show.Merchant, Room: r.show.Room, Show: r.show.ID,
		Person: live.PersonID(person), Actor: live.Actor{ID: person, Role: role}, OccurredAt: r.now, ReceivedAt: r.now, Data: mustJSON(data),
	}
	r.entries = append(r.entries, live.Entry{Position: live.Position{Seq: uint64(n/7 + 1), Index: uint32(n % 7)}, Event: e})
	return &r.entries[n].Event
}

// recordShow plays a show of three quarters of an hour and what came of it
// within two days. Amounts are whole thousands, so that no split needs rounding:
// rounding is the order book's business and tested there.
func recordShow(seed uint64) *record {
	r := &record{rng: rand.New(rand.NewPCG(seed, 11)), show: live.Show{
		ID: "rec", Room: "r1", Merchant: "m1", Currency: "CNY", State: live.ShowStateEnded, StartedAt: start.Add(20 * time.Second), EndedAt: start.Add(45*time.Minute + 20*time.Second),
	}}
	r.now = start
	viewerKinds := []live.Kind{
		live.RoomExposed, live.RoomEntered, live.RoomEntered, live.WatchHeartbeat, live.WatchHeartbeat, live.WatchHeartbeat, live.RoomLeft, live.CommentSent, live.CommentSent, live.Liked,
		live.RoomShared, live.Followed, live.Unfollowed, live.ProductExposed, live.ProductExposed, live.ProductClicked, live.CartItemAdded, live.CheckoutStarted, live.GiftSent,
		live.CouponClaimed, live.RedPacketClaimed, live.LuckyDrawEntered,
	}
	systemKinds := []live.Kind{
		live.CouponDropped, live.CouponRedeemed, live.CouponReturned, live.CouponExpired, live.CouponVoided, live.LuckyDrawWon, live.PrizeClaimed, live.PrizeForfeited, live.ProductListed, live.ProductPinned,
		live.ExplainStarted, live.ExplainStarted, live.ExplainEnded, live.HostShiftStarted, live.HostShiftEnded, live.CommentHidden, live.CommentRestored, live.ViewerMuted, live.BotFlagged, live.BotUnflagged,
		live.ComplaintOpened, live.ServiceSLABreached, live.LadderChanged, live.CommissionAccrued, live.CommissionReversed,
	}
	r.say(live.ShowStarted, "", live.RoleHost, nil)
	for i := 0; r.now.Before(r.show.EndedAt.Add(-10 * time.Second)); i++ {
		r.now = r.now.Add(time.Duration(r.rng.IntN(4500)) * time.Millisecond)
		switch n := r.rng.IntN(100); {
		case i < len(viewerKinds):
			r.viewer(viewerKinds[i])
		case i < len(viewerKinds)+len(systemKinds):
			r.system(systemKinds[i-len(viewerKinds)])
		case n < 62:
			r.viewer(viewerKinds[r.rng.IntN(len(viewerKinds))])
		case n < 78:
			r.system(systemKinds[r.rng.IntN(len(systemKinds))])
		default:
			r.order()
		}
	}
	r.now = r.show.EndedAt
	r.system(live.HostShiftEnded)
	r.say(live.BotFlagged, "p10", live.RoleSystem, nil)
	r.say(live.ShowEnded, "", live.RoleHost, nil)
	// Every kind that nothing is counted of, once: it must change nothing.
	for _, s := range live.Kinds {
		if !slices.Contains(viewerKinds, s.Kind) && !slices.Contains(systemKinds, s.Kind) && !live.OrderFactKind(s.Kind) && !live.CreditKind(s.Kind) &&
			!slices.Contains([]live.Kind{live.ShowStarted, live.ShowEnded, live.ShowPaused, live.ShowResumed, live.ViewerKicked, live.ViewerBlocked}, s.Kind) {
			r.say(s.Kind, "p1", live.RoleViewer, map[string]any{"note": "nothing is counted of it"})
		}
	}
	for range 60 {
		r.now = r.now.Add(time.Duration(r.rng.IntN(48)) * time.Minute)
		r.order()
	}
	return r
}

func (r *record) person() string { return fmt.Sprint("p", r.rng.IntN(12)) }

func (r *record) viewer(kind live.Kind) {
	data := map[string]any{}
	switch kind {
	case live.WatchHeartbeat:
		data["visible"], data["watched_ms"] = r.rng.IntN(5) > 0, r.rng.IntN(30_000)
	case live.CommentSent:
		data["text"], data["comment_id"] = "多少钱", fmt.Sprint("c", len(r.entries))
	case live.Liked:
		data["count"] = 1 + r.rng.IntN(9)
	case live.ProductExposed, live.ProductClicked, live.CartItemAdded:
		data["product_id"], data["sku_id"], data["qty"] = r.pick("g1", "g2", "g3"), "k", 1
	case live.GiftSent:
		data["gift_id"], data["count"], data["value_minor"] = "rose", 1+r.rng.IntN(5), 100*r.rng.IntN(9)
	case live.RedPacketClaimed:
		data["currency"], data["amount_minor"] = r.pick("CNY", "USD"), 10*(1+r.rng.IntN(9))
	}
	e := r.say(kind, r.person(), live.RoleViewer, data)
	if kind == live.RoomEntered {
		e.Channel = r.pick("", "group", "feed")
	}
}

func (r *record) system(kind live.Kind) {
	data, person := map[string]any{}, ""
	switch kind {
	case live.CouponRedeemed:
		data["currency"], data["paid_minor"], data["discount_minor"] = r.pick("CNY", "USD"), 1000*(1+r.rng.IntN(9)), 100*(1+r.rng.IntN(9))
	case live.CouponReturned:
		data["currency"], data["redeemed"], data["discount_minor"] = r.pick("CNY", "USD"), r.rng.IntN(2) == 0, 100*(1+r.rng.IntN(9))
	case live.ProductListed, live.ProductPinned:
		data["product_id"] = r.pick("g1", "g2", "g3")
		sku := []string{"s", "m", "l"}[len(r.entries)%3]
		data["sku_id"], data["title"] = sku, "杯 ("+sku+")"
	case live.ExplainStarted, live.ExplainEnded:
		data["product_id"] = r.pick("g1", "g2", "g3")
	case live.HostShiftStarted, live.HostShiftEnded:
		data["shift_id"] = r.pick("h1", "h2")
		data["host_id"] = "host"
	case live.CommentHidden, live.CommentRestored:
		data["comment_id"] = fmt.Sprint("c", r.rng.IntN(len(r.entries)+1))
	case live.ViewerMuted:
		person = r.person()
	case live.BotFlagged, live.BotUnflagged:
		person = r.pick("p10", "p11")
	case live.LadderChanged:
		rungs := []live.Rung{live.RungPasserby, live.RungFan, live.RungCustomer}
		at := r.rng.IntN(3)
		data["from"], data["to"], data["withdrawn"] = rungs[at], rungs[(at+1+r.rng.IntN(2))%3], r.rng.IntN(6) == 0
	case live.CommissionAccrued, live.CommissionReversed:
		data["order_id"], data["referrer"], data["currency"], data["commission_minor"] = r.pick("o1", "o2", "o3"), r.pick("ann", "ben"), "CNY", 10*(1+r.rng.IntN(9))
	}
	r.say(kind, person, live.RoleSystem, data)
}

// order begins an order, or lets the next thing happen to one.
func (r *record) order() {
	var o *recorded
	open := slices.DeleteFunc(slices.Clone(r.orders), func(o *recorded) bool { return o.done })
	f := live.OrderFact{At: r.now, Source: "shop"}
	rawData := map[string]any{}
	if len(open) == 0 || r.rng.IntN(3) == 0 {
		o = &recorded{id: live.OrderID(fmt.Sprint("o", len(r.orders)))}
		r.orders = append(r.orders, o)
		f.Kind, f.Show, f.Room, f.Person, f.Currency = live.OrderCreated, r.show.ID, r.show.Room, live.PersonID(r.person()), "CNY"
		if len(r.orders)%5 == 0 {
			f.Currency = "USD"
		}
		var lines []rawLine
		for i := range 1 + r.rng.IntN(2) {
			l := rawLine{
				Line: fmt.Sprint("l", i), Product: r.pick("g1", "g2", "g3"), Qty: int64(1 + r.rng.IntN(3)), Goods: int64(1000 * (4 + r.rng.IntN(9))),
				Discount: int64(1000 * r.rng.IntN(2)), Subsidy: int64(1000 * r.rng.IntN(2)), Shipping: int64(500 * r.rng.IntN(3)), BPS: int64(100 * r.rng.IntN(20)),
			}
			lines = append(lines, l)
			f.Lines = append(f.Lines, live.OrderLine{
				ID: l.Line, Product: live.ProductID(l.Product), SKU: "k", Qty: l.Qty, Goods: l.Goods, Discount: l.Discount, Subsidy: l.Subsidy, Shipping: l.Shipping, CommissionBPS: l.BPS,
			})
		}
		rawData["lines"], rawData["currency"] = lines, f.Currency
	} else {
		o = open[r.rng.IntN(len(open))]
		r.next(o, &f, rawData)
	}
	o.facts = append(o.facts, f)
	before := o.order
	o.order = live.FoldOrder(r.show.Merchant, o.id, o.facts)
	rawData["order_id"], rawData["deltas"] = o.id, live.EncodeDeltas(live.Deltas(before, o.order))
	r.say(f.Kind, string(o.order.Person), live.RoleSystem, rawData)
}

// next is what happens to an order after what has happened so far.
func (r *record) next(o *recorded, f *live.OrderFact, rawData map[string]any) {
	has := func(k live.Kind) bool {
		return slices.ContainsFunc(o.facts, func(f live.OrderFact) bool { return f.Kind == k })
	}
	due := int64(0)
	for _, l := range o.facts[0].Lines {
		due += l.Goods - l.Discount - l.Subsidy + l.Shipping
	}
	f.Currency = o.facts[0].Currency
	paid := has(live.OrderPaid) || has(live.BalancePaid)
	switch n := r.rng.IntN(10); {
	case has(live.DepositPaid) && !paid:
		f.Kind, f.ID, f.PaidMinor = live.BalancePaid, "balance", due-1000
	case !paid && n < 2:
		f.Kind = live.OrderCancelled
		f.CancelType = []live.CancelType{live.CancelUser, live.CancelTimeout, live.CancelAllRefunded, live.CancelOversold, live.CancelMerchant, live.CancelRisk}[r.rng.IntN(6)]
		o.done = true
	case !paid && n < 4:
		f.Kind, f.ID, f.PaidMinor = live.DepositPaid, "deposit", 1000
	case !paid:
		f.Kind, f.ID, f.PaidMinor = live.OrderPaid, "pay", due
	case !has(live.OrderShipped) && n < 4:
		f.Kind, f.ID = live.OrderShipped, "parcel"
	case !has(live.RefundSucceeded) && n < 7:
		f.Kind, f.ID = live.RefundSucceeded, "rf"
		l := o.facts[0].Lines[0]
		f.Refunds = []live.RefundLine{{Line: l.ID, Goods: 1000, Shipping: l.Shipping}}
		rawData["refund_line"], rawData["refund_goods"], rawData["refund_shipping"] = l.ID, 1000, l.Shipping
	case !has(live.OrderSettled) && n < 9:
		f.Kind, f.ID, f.SettledMinor = live.OrderSettled, "st", due
		rawData["settled"] = due
	case !has(live.RefundSucceeded) && !has(live.OrderSettled):
		f.Kind, f.CancelType = live.OrderCancelled, live.CancelMerchant
		o.done = true
	default:
		f.Kind, f.ID = live.OrderReceived, fmt.Sprint("got", len(r.entries))
		o.done = true
	}
	rawData["cancel_type"], rawData["paid"], rawData["currency"] = f.CancelType, f.PaidMinor, f.Currency
}

// pastShows are what the recorded show is held against.
func (r *record) pastShows() (out []analytics.PastShow) {
	for i := range 7 {
		p := analytics.PastShow{Show: live.Show{ID: live.ShowID(fmt.Sprint("past", i)), Currency: "CNY"}}
		for range 30 + 5*i {
			p.Minutes = append(p.Minutes, analytics.Minute{
				Entered: int64(r.rng.IntN(4)), Comments: int64(r.rng.IntN(3)), Clicks: int64(r.rng.IntN(2)), Paid: int64(r.rng.IntN(2)), Online: int64(r.rng.IntN(9)),
				Money: []analytics.MinuteMoney{{Currency: "CNY", Paid: int64(1000 * r.rng.IntN(4))}},
			})
		}
		out = append(out, p)
	}
	return out
}
