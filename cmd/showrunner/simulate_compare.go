package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simRow is one figure on all its ways.
type simRow struct {
	Figure string `json:"figure"`
	Tally  int64  `json:"tally"`
	// Most is set for figures the client can only bound: Tally is the least.
	Most     *int64 `json:"most,omitempty"`
	Report   *int64 `json:"report"`
	Snapshot *int64 `json:"snapshot"`
	Ledger   *int64 `json:"ledger"`
	// List names the long list the row stands in; empty: a headline.
	List string `json:"list,omitempty"`
	OK   bool   `json:"ok"`
}

// told is the tally's side as text.
func (r *simRow) told() string {
	if r.Most == nil || *r.Most == r.Tally {
		return fmt.Sprint(r.Tally)
	}
	return fmt.Sprintf("%d..%d", r.Tally, *r.Most)
}

// holds compares one side; a side that says nothing although it must is wrong.
func (r *simRow) holds(side *int64) bool {
	if side == nil {
		return false
	}
	if r.Most != nil {
		return *side >= r.Tally && *side <= *r.Most
	}
	return *side == r.Tally
}

func differing(rows []simRow) (n int) {
	for _, row := range rows {
		if !row.OK {
			n++
		}
	}
	return n
}

// compare puts every figure of the tally beside what the server says.
func (r *simRun) compare(b *simBoard) []simRow {
	f := r.figures(b)
	var rows []simRow
	ledger := map[string]*int64{}
	for i := range b.Reconciliation.Rows {
		x := &b.Reconciliation.Rows[i]
		ledger[string(x.Currency)+" "+x.Figure] = &x.Ledger
	}
	add := func(row simRow, sides ...*int64) {
		row.OK = true
		for _, side := range sides {
			row.OK = row.OK && row.holds(side)
		}
		rows = append(rows, row)
	}
	both := func(figure string, tally int64, most *int64) {
		rep, snap := b.Report.Metrics.number(figure), b.Snapshot.Metrics.number(figure)
		add(simRow{Figure: figure, Tally: tally, Most: most, Report: rep, Snapshot: snap}, rep, snap)
	}
	// Behaviour.
	for _, key := range slices.Sorted(maps.Keys(f.Counts)) {
		if key != "buyers" && key != "order_uv" { // of all currencies; the funnel has them
			both(key, f.Counts[key], nil)
		}
	}
	// What the server's clock decides can only be bounded.
	viewers := f.Counts["watch_uv"]
	high := r.watchHigh.Load()
	both("total_watch_time_ms", r.watchLow.Load(), &high)
	both("watch_uv_60s", 0, &viewers)
	both("pcu", min(1, viewers), &viewers)

	early, late := r.lapsed()
	most := f.Returned + late.coupons
	both("coupon_returned", f.Returned+early.coupons, &most)

	// Money, in the show's currency as the headline and in every currency as a list.
	for _, cur := range f.Currencies() {
		m := f.Money[cur]
		rep, snap := byName(b.Report.ByCurrency, "currency", string(cur)), byName(b.Snapshot.ByCurrency, "currency", string(cur))
		for _, x := range moneyFigures(m) {
			row := simRow{Figure: x.key, Tally: x.value, Ledger: ledger[string(cur)+" "+x.key]}
			if x.key == "orders_cancelled" && cur == r.script.Currency {
				upper := x.value + late.orders
				row.Tally, row.Most = x.value+early.orders, &upper
			}
			sides := []*int64{}
			if row.Ledger != nil {
				sides = append(sides, row.Ledger)
			}
			if cur == r.script.Currency {
				row.Report, row.Snapshot = b.Report.Metrics.number(x.key), b.Snapshot.Metrics.number(x.key)
				add(row, append(sides, row.Report, row.Snapshot)...)
			}
			row.Figure, row.List = string(cur)+" "+x.key, "by currency"
			row.Report, row.Snapshot = rep.number(x.key), snap.number(x.key)
			add(row, append(sides, row.Report, row.Snapshot)...)
		}
	}
	r.compareLists(b, f, func(list, figure string, tally int64, side *int64) {
		add(simRow{Figure: figure, List: list, Tally: tally, Report: side}, side)
	})
	return rows
}

// simLapsed is how many orders ran out unpaid, and how many coupons they held.
type simLapsed struct{ orders, coupons int64 }

// lapsed bounds the orders that the server gives up unpaid: the deadline of some
// may fall between our reading of the clock and the server's.
func (r *simRun) lapsed() (least, most simLapsed) {
	now := time.Now()
	least.orders, least.coupons = r.shop.expired(now.Add(-simSettles))
	most.orders, most.coupons = r.shop.expired(now.Add(2 * time.Second))
	return least, most
}

type keyed struct {
	key   string
	value int64
}

func moneyFigures(m sim.Money) []keyed {
	return []keyed{
		{"orders", m.Orders},
		{"orders_paid", m.OrdersPaid},
		{"orders_cancelled", m.OrdersCancelled},
		{"orders_refunded", m.OrdersRefunded},
		{"sku_orders", m.SKUOrders},
		{"sku_orders_paid", m.SKUOrdersPaid},
		{"items_paid", m.ItemsPaid},
		{"buyers", m.Buyers},
		{"order_uv", m.OrderUV},
		{"gmv_created_minor", m.Created},
		{"gmv_paid_minor", m.Paid},
		{"gmv_net_minor", m.Net()},
		{"refund_minor", m.Refunded()},
		{"refund_by_pay_date_minor", m.RefundsOfPayDate},
		{"cancelled_paid_minor", m.CancelledPaid},
		{"subsidy_minor", m.Subsidy},
	}
}

// compareLists compares funnel, products, sources and the money attributed.
func (r *simRun) compareLists(b *simBoard, f sim.Figures, add func(list, figure string, tally int64, side *int64)) {
	var orders, paid int64
	for _, m := range f.Money {
		orders += m.Orders
		paid += m.OrdersPaid
	}
	for _, step := range []struct {
		key    string
		pv, uv int64
	}{
		{"room_exposed", f.Counts["room_exposure_pv"], f.Counts["room_exposure_uv"]},
		{"room_entered", f.Counts["watch_pv"], f.Counts["watch_uv"]},
		{"product_clicked", f.Counts["product_click_pv"], f.Counts["product_click_uv"]},
		{"cart_item_added", f.Counts["cart_pv"], f.Counts["cart_uv"]},
		{"checkout_started", f.Counts["checkout_pv"], f.Counts["checkout_uv"]},
		{"order_created", orders, f.Counts["order_uv"]},
		{"order_paid", paid, f.Counts["buyers"]},
	} {
		row := byName(b.Report.Funnel, "key", step.key)
		add("funnel", "funnel "+step.key+" pv", step.pv, row.number("pv"))
		add("funnel", "funnel "+step.key+" uv", step.uv, row.number("uv"))
	}
	for _, id := range slices.Sorted(maps.Keys(f.Products)) {
		p := f.Products[id]
		row := byName(b.Report.Products, "product_id", string(id))
		m := p.Money[r.script.Currency]
		for _, x := range []keyed{
			{"product_exposure_pv", p.ExposurePV},
			{"product_exposure_uv", p.ExposureUV},
			{"product_click_pv", p.ClickPV},
			{"product_click_uv", p.ClickUV},
			{"cart_pv", p.CartPV},
			{"pins", p.Pins},
			{"sku_orders", m.SKUOrders},
			{"sku_orders_paid", m.SKUOrdersPaid},
			{"items_paid", m.ItemsPaid},
			{"gmv_created_minor", m.Created},
			{"gmv_paid_minor", m.Paid},
			{"refund_minor", m.Refunded},
			{"cancelled_paid_minor", m.CancelledPaid},
			{"gmv_net_minor", m.Net()},
		} {
			add("products", string(id)+" "+x.key, x.value, row.number(x.key))
		}
	}
	for _, channel := range slices.Sorted(maps.Keys(f.Sources)) {
		s := f.Sources[channel]
		row := byName(b.Report.Sources, "channel", channel)
		m := s.Money[r.script.Currency]
		for _, x := range []keyed{
			{"watch_pv", s.WatchPV}, {"watch_uv", s.WatchUV}, {"buyers", s.Buyers}, {"gmv_paid_minor", m.Paid}, {"gmv_net_minor", m.Net()},
		} {
			add("sources", channel+" "+x.key, x.value, row.number(x.key))
		}
	}
	for i := range b.Report.Attribution.Models {
		m := &b.Report.Attribution.Models[i]
		add("attribution", "attributed by "+m.Model+" in "+string(m.Currency), attributed(f, m.Currency), &m.Total)
	}
}

// attributed is the money a model has to share out.
func attributed(f sim.Figures, cur live.Currency) int64 { return f.Money[cur].Net() }
