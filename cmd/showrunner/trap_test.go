package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/report"
	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
	"showrunner/live/store"
)

// trapShop is a shop on a real store: facts go in as platforms state them,
// and figures come out by folding the events that the store put out, which is
// what the dashboard does.
type trapShop struct {
	t   *testing.T
	s   *store.Store
	now atomic.Int64 // unix ms
}

var trapOwner = live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}

func newTrapShop(t *testing.T, stock int64) *trapShop {
	t.Helper()
	w := &trapShop{t: t}
	w.now.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixMilli())
	var err error
	if w.s, err = store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "s.db"), Now: w.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := w.s.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "R", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatal(err)
	}
	w.show("s1", stock)
	return w
}

func (w *trapShop) clock() time.Time { return time.UnixMilli(w.now.Load()).UTC() }

func (w *trapShop) pass(d time.Duration) { w.now.Add(d.Milliseconds()) }

// show makes a show with SKUs a at 1000 and b at 500, and starts it.
func (w *trapShop) show(id live.ShowID, stock int64) {
	w.t.Helper()
	if _, err := w.s.CreateShow(w.t.Context(), live.Show{ID: id, Room: "r1"}, trapOwner); err != nil {
		w.t.Fatal(err)
	}
	items := []live.Item{{Product: "pa", SKU: "a", Title: "A", Price: 1000, Released: stock}, {Product: "pb", SKU: "b", Title: "B", Price: 500, Rank: 2, Released: stock}}
	if _, err := w.s.PutShelf(w.t.Context(), id, items, trapOwner, w.clock()); err != nil {
		w.t.Fatal(err)
	}
	w.do(live.StartShow)
}

func (w *trapShop) command(name live.CommandName) error {
	_, err := w.s.Execute(w.t.Context(), live.Command{ID: fmt.Sprint(name, w.now.Add(1)), Name: name, Merchant: "m1", Room: "r1", By: trapOwner, Args: json.RawMessage(`{}`)})
	return err
}

func (w *trapShop) do(name live.CommandName) {
	w.t.Helper()
	if err := w.command(name); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

func (w *trapShop) buy(who, client string, lines ...live.WantedLine) (live.PlacedOrder, error) {
	return w.s.PlaceOrder(w.t.Context(), live.PlaceOrder{
		ClientID: client, Room: "r1", Channel: "group", Lines: lines,
		Buyer: live.Principal{Subject: who, Role: live.RoleViewer, Merchant: "m1"},
	})
}

// ordered is a placed order of one of SKU a and two of SKU b, unless lines are given.
func (w *trapShop) ordered(who string, lines ...live.WantedLine) live.OrderID {
	w.t.Helper()
	if lines == nil {
		lines = []live.WantedLine{{SKU: "a", Qty: 1}, {SKU: "b", Qty: 2}}
	}
	p, err := w.buy(who, fmt.Sprint("c", w.now.Load()), lines...)
	if err != nil {
		w.t.Fatal(err)
	}
	return p.ID
}

// said states facts of one order, each at the shop's time unless it has one.
func (w *trapShop) said(id live.OrderID, facts ...live.OrderFact) {
	w.t.Helper()
	for _, f := range facts {
		if f.Source == "" {
			f.Source = "shop"
		}
		if f.At.IsZero() {
			f.At = w.clock()
		}
		if f.Currency == "" {
			f.Currency = "CNY"
		}
		if _, err := w.s.ApplyFacts(w.t.Context(), "m1", []store.Fact{{Order: id, OrderFact: f}}, w.clock()); err != nil {
			w.t.Fatalf("%s: %v", f.Kind, err)
		}
	}
}

func trapPaid(id string, minor int64) live.OrderFact {
	return live.OrderFact{Kind: live.OrderPaid, ID: id, PaidMinor: minor}
}

func trapRefund(id, line string, goods, shipping int64) live.OrderFact {
	return live.OrderFact{Kind: live.RefundSucceeded, ID: id, Refunds: []live.RefundLine{{Line: line, Goods: goods, Shipping: shipping}}}
}

func trapCancel(why live.CancelType) live.OrderFact {
	return live.OrderFact{Kind: live.OrderCancelled, CancelType: why}
}

// elsewhere is an order that the platform took: one line of SKU a.
func elsewhere(l live.OrderLine) live.OrderFact {
	l.ID, l.SKU, l.Product, l.Qty = "1", "a", "pa", max(l.Qty, 1)
	return live.OrderFact{Kind: live.OrderCreated, Show: "s1", Person: "p1", Lines: []live.OrderLine{l}}
}

func (w *trapShop) order(id live.OrderID) live.Order {
	w.t.Helper()
	o, _, err := w.s.Order(w.t.Context(), "m1", id)
	if err != nil {
		w.t.Fatal(err)
	}
	return o
}

// figures are those of a show as of an instant, and they agree with the ledger
// of orders when that is now.
func (w *trapShop) figures(show live.ShowID, asOf time.Time) analytics.Figures {
	w.t.Helper()
	sh, err := w.s.Show(w.t.Context(), show)
	if err != nil {
		w.t.Fatal(err)
	}
	rows, err := w.s.Outbox(w.t.Context(), 0, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	fold := analytics.NewFold(sh)
	for _, row := range rows {
		if row.Event.ReceivedAt.After(asOf) {
			continue
		}
		if err := fold.Add(live.Entry{Position: live.Position{Seq: uint64(row.ID)}, Event: row.Event}); err != nil {
			w.t.Fatal(err)
		}
	}
	f := fold.Figures(asOf)
	if asOf.Equal(w.clock()) {
		orders, posted, err := w.s.Books(w.t.Context(), sh.Merchant, show)
		if err != nil {
			w.t.Fatal(err)
		}
		if r := analytics.Reconcile(&f, f, f.Money, orders, posted); !r.Agree {
			w.t.Errorf("figures and books differ: %+v", r.Rows)
		}
	}
	return f
}

// want checks metrics of show s1 in CNY as of now.
func (w *trapShop) want(metrics map[string]int64) {
	w.t.Helper()
	f := w.figures("s1", w.clock())
	w.wantIn(&f, "CNY", metrics)
}

func (w *trapShop) wantIn(f *analytics.Figures, c live.Currency, metrics map[string]int64) {
	w.t.Helper()
	values := analytics.Read(f, c, 0).Values(true)
	for key, n := range metrics {
		if v, ok := values.Get(key); !ok || v.Num != n {
			w.t.Errorf("%s in %s = %d, %v; want %d", key, c, v.Num, ok, n)
		}
	}
}

// Trap 1. Paid vs created: keep both; headline paid. COD is a rule per payment type.
func TestTrap01_PaidIsNotCreated(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.want(map[string]int64{"gmv_created_minor": 2000, "gmv_paid_minor": 0, "orders": 1, "orders_paid": 0, "buyers": 0})
	w.said(id, trapPaid("p", 2000))
	w.want(map[string]int64{"gmv_created_minor": 2000, "gmv_paid_minor": 2000, "orders": 1, "orders_paid": 1, "buyers": 1})
	cod, atOnce := elsewhere(live.OrderLine{Goods: 300}), elsewhere(live.OrderLine{Goods: 40})
	cod.Payment, atOnce.Payment = live.COD, live.CODOnOrder
	w.said("cod", cod)
	w.said("cod-on-order", atOnce)
	w.want(map[string]int64{"gmv_created_minor": 2340, "gmv_paid_minor": 2040, "orders_paid": 2})
	w.said("cod", live.OrderFact{Kind: live.OrderReceived})
	w.want(map[string]int64{"gmv_paid_minor": 2340, "orders_paid": 3})
}

// Trap 2. Refund after the show: by pay date and by success date are two
// numbers, and what was reported as of an instant stays as it was. (The
// application date, refund_requested, moves no money.)
func TestTrap02_RefundAfterTheShow(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000))
	w.do(live.EndShow)
	w.pass(time.Minute)
	then := w.clock()
	before := w.figures("s1", then)
	w.pass(72 * time.Hour)
	w.said(id, live.OrderFact{Kind: live.RefundRequested, ID: "r", Refund: live.RefundRequest{Line: "1", Type: live.RefundOnly}})
	w.want(map[string]int64{"refund_minor": 0})
	w.pass(time.Hour)
	w.said(id, trapRefund("r", "1", 1000, 0))
	w.want(map[string]int64{"gmv_paid_minor": 2000, "refund_minor": 1000, "refund_by_pay_date_minor": 1000, "gmv_net_minor": 1000})
	again := w.figures("s1", then)
	w.wantIn(&before, "CNY", map[string]int64{"refund_minor": 0, "gmv_net_minor": 2000})
	w.wantIn(&again, "CNY", map[string]int64{"refund_minor": 0, "gmv_net_minor": 2000})
}

// Trap 3. Refund > GMV: shipping goes back too, goods are told apart, and what
// is claimed beyond the payment stays out, so the rate is never above one.
func TestTrap03_RefundBeyondGMV(t *testing.T) {
	w := newTrapShop(t, 100)
	w.said("o", elsewhere(live.OrderLine{Goods: 1000, Shipping: 100}), trapPaid("p", 1100), trapRefund("r", "1", 5000, 100))
	w.want(map[string]int64{"gmv_paid_minor": 1100, "refund_minor": 1100, "gmv_net_minor": 0})
	f := w.figures("s1", w.clock())
	if v, _ := analytics.Read(&f, "CNY", 0).Values(true).Get("refund_rate_amount"); v.Num != v.Den || v.Den != 1100 {
		t.Errorf("refund rate = %d/%d, want 1", v.Num, v.Den)
	}
	if o := w.order("o"); !slices.Contains(o.Flags, live.FlagRefundExceeds) {
		t.Errorf("flags = %v, want that the claim is shown", o.Flags)
	} else if l := o.Lines[0]; l.RefundGoods != 1100 || l.RefundShip != 0 {
		t.Errorf("of 1100 paid, goods of %d and shipping of %d went back", l.RefundGoods, l.RefundShip)
	}
	w.said("o2", elsewhere(live.OrderLine{Goods: 1000, Shipping: 100}), trapPaid("p", 1100), trapRefund("r", "1", 1000, 100))
	if l := w.order("o2").Lines[0]; l.RefundGoods != 1000 || l.RefundShip != 100 {
		t.Errorf("goods and shipping are not told apart: %+v", l)
	}
}

// Trap 4. Double subtraction and partial refunds: paid - refunds - cancelled =
// net >= 0 on each line, and a cancellation takes only what refunds left.
func TestTrap04_NothingIsSubtractedTwice(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000), trapRefund("r1", "1", 400, 0), trapRefund("r2", "1", 100, 0))
	w.want(map[string]int64{"refund_minor": 500, "gmv_net_minor": 1500, "cancelled_paid_minor": 0})
	w.said(id, trapCancel(live.CancelMerchant))
	w.want(map[string]int64{"gmv_paid_minor": 2000, "refund_minor": 500, "cancelled_paid_minor": 1500, "gmv_net_minor": 0})
	w.said(id, trapRefund("r3", "1", 500, 0)) // the cancelled money goes back: it was subtracted already
	w.want(map[string]int64{"gmv_paid_minor": 2000, "refund_minor": 1000, "cancelled_paid_minor": 1000, "gmv_net_minor": 0})
	for _, l := range w.order(id).Lines {
		if l.Net() != 0 || l.Paid != 1000 {
			t.Errorf("line %+v", l)
		}
	}
}

// Trap 5. Refund before pay, duplicate callbacks, out of order: each of the 24
// ways in which four facts can come, one of them twice, is the same order with
// the same figures.
func TestTrap05_AnyOrderOfArrival(t *testing.T) {
	facts := []live.OrderFact{
		elsewhere(live.OrderLine{Goods: 900, Shipping: 100}), trapPaid("p", 1000), trapRefund("r", "1", 300, 0),
		{Kind: live.OrderPaid, ID: "q", PaidMinor: 50},
	}
	at := newTrapShop(t, 100).clock()
	n := 0
	var tell func(left, so []live.OrderFact)
	tell = func(left, so []live.OrderFact) {
		for i, f := range left {
			tell(slices.Concat(left[:i], left[i+1:]), append(slices.Clone(so), f))
		}
		if len(left) > 0 {
			return
		}
		n++
		w := newTrapShop(t, 100)
		for _, f := range append(so, so[n%4]) {
			f.At = at
			w.said("o", f)
		}
		w.want(map[string]int64{"gmv_created_minor": 1000, "gmv_paid_minor": 1050, "refund_minor": 300, "gmv_net_minor": 750, "orders": 1, "orders_paid": 1})
		if o := w.order("o"); o.State != live.OrderPartRefunded || o.Ver != 4 {
			t.Errorf("%v: order = %+v", so, o)
		}
	}
	tell(facts, nil)
	if n != 24 {
		t.Errorf("%d ways, want 24", n)
	}
}

// Trap 6. Cancelled after paid leaves both histories, and a cancellation says why.
func TestTrap06_CancelledAfterPaid(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000))
	w.pass(time.Minute)
	w.said(id, trapCancel(live.CancelOversold))
	w.want(map[string]int64{"gmv_paid_minor": 2000, "cancelled_paid_minor": 2000, "gmv_net_minor": 0, "orders_paid": 1, "orders_cancelled": 1})
	if o := w.order(id); o.Cancel != live.CancelOversold || o.PaidAt.IsZero() || o.CancelledAt.IsZero() {
		t.Errorf("order = %+v", o)
	}
	for i, why := range []live.CancelType{live.CancelUser, live.CancelTimeout, live.CancelAllRefunded, live.CancelOversold, live.CancelMerchant, live.CancelRisk} {
		name := live.OrderID(fmt.Sprint("o", i))
		w.said(name, elsewhere(live.OrderLine{Goods: 1}), trapCancel(why))
		if o := w.order(name); o.Cancel != why {
			t.Errorf("cancel type = %q, want %q", o.Cancel, why)
		}
	}
	_, err := w.s.ApplyFacts(t.Context(), "m1", []store.Fact{{Order: id, OrderFact: live.OrderFact{Kind: live.OrderCancelled, Source: "shop", CancelType: "mood"}}}, w.clock())
	if refusal, ok := errors.AsType[*live.Error](err); !ok || refusal.Field == "" {
		t.Errorf("an unknown cancel type: %v", err)
	}
}

// Trap 7. Order vs SKU vs item counts.
func TestTrap07_OrdersSKUsItems(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1", live.WantedLine{SKU: "a", Qty: 3}, live.WantedLine{SKU: "b", Qty: 4})
	w.want(map[string]int64{"orders": 1, "sku_orders": 2, "sku_orders_paid": 0, "items_paid": 0})
	w.said(id, trapPaid("p", 5000))
	w.want(map[string]int64{"orders": 1, "orders_paid": 1, "sku_orders": 2, "sku_orders_paid": 2, "items_paid": 7})
}

// Trap 8. Coupon, subsidy, shipping and tax in GMV; presale deposit vs balance.
func TestTrap08_WhatGMVIsMadeOf(t *testing.T) {
	w := newTrapShop(t, 100)
	w.said("o", elsewhere(live.OrderLine{Goods: 1000, Discount: 100, Subsidy: 200, Shipping: 50, Tax: 30}), trapPaid("p", 780))
	w.want(map[string]int64{"gmv_created_minor": 780, "gmv_paid_minor": 780, "subsidy_minor": 200})
	if o := w.order("o"); len(o.Flags) != 0 {
		t.Errorf("flags = %v: the payment is what is due", o.Flags)
	}
	presale := elsewhere(live.OrderLine{Goods: 1000})
	presale.Payment = live.Presale
	w.said("pre", presale, live.OrderFact{Kind: live.DepositPaid, ID: "d", PaidMinor: 100})
	w.want(map[string]int64{"gmv_paid_minor": 780, "orders_paid": 1}) // a deposit alone is no sale
	w.said("pre", live.OrderFact{Kind: live.BalancePaid, ID: "b", PaidMinor: 900})
	w.want(map[string]int64{"gmv_paid_minor": 1780, "orders_paid": 2})
}

// Trap 9. Commission is clawed back with the refund, and the coupon of an order
// that is refunded in full is its owner's again, once.
func TestTrap09_CouponAndCommissionComeBack(t *testing.T) {
	w := newTrapShop(t, 100)
	w.said("o", elsewhere(live.OrderLine{Goods: 1000, CommissionBPS: 1500}), trapPaid("p", 1000))
	if l := w.order("o").Lines[0]; l.Commission != 150 || l.CommissionBack != 0 {
		t.Errorf("commission = %d, back %d", l.Commission, l.CommissionBack)
	}
	w.said("o", trapRefund("r", "1", 400, 0))
	if l := w.order("o").Lines[0]; l.CommissionBack != 60 {
		t.Errorf("of a refund of 400 %d of commission came back, want 60", l.CommissionBack)
	}
	w.said("o", trapRefund("r2", "1", 600, 0))
	if l := w.order("o").Lines[0]; l.Commission != l.CommissionBack {
		t.Errorf("all is refunded, and %d of commission is kept", l.Commission-l.CommissionBack)
	}

	buyer := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}
	if _, err := w.s.PutCouponBatch(t.Context(), live.CouponBatch{
		ID: "b", Merchant: "m1", Title: "300 off", Kind: live.CouponAmount, Off: 300, Threshold: 1500, Currency: "CNY", Total: 1, PerPerson: 1,
	}, trapOwner); err != nil {
		t.Fatal(err)
	}
	if _, err := w.s.Execute(t.Context(), live.Command{ID: "drop", Name: live.DropCoupon, Merchant: "m1", Room: "r1", By: trapOwner, Args: json.RawMessage(`{"batch_id":"b"}`)}); err != nil {
		t.Fatal(err)
	}
	coupon, err := w.s.ClaimCoupon(t.Context(), live.ClaimCoupon{Room: "r1", Batch: "b", By: buyer})
	if err != nil {
		t.Fatal(err)
	}
	order := func(client string) (live.PlacedOrder, error) {
		return w.s.PlaceOrder(t.Context(), live.PlaceOrder{
			ClientID: client, Room: "r1", Coupon: coupon.ID, Lines: []live.WantedLine{{SKU: "a", Qty: 1}, {SKU: "b", Qty: 2}}, Buyer: buyer,
		})
	}
	p, err := order("c1")
	if err != nil || p.Total != 1700 {
		t.Fatalf("placed %+v, %v; want 2000 less 300", p, err)
	}
	w.want(map[string]int64{"gmv_created_minor": 2700, "gmv_paid_minor": 1000})
	w.said(p.ID, trapPaid("p", 1700))
	w.want(map[string]int64{"gmv_paid_minor": 2700})
	if _, err := order("c2"); !errors.Is(err, &live.Error{Code: "coupon_not_usable"}) {
		t.Errorf("a coupon is taken twice: %v", err)
	}
	w.said(p.ID, trapRefund("r1", "1", 850, 0))
	if n := w.count(live.CouponReturned); n != 0 {
		t.Errorf("the coupon came back %d times with half of the money", n)
	}
	w.said(p.ID, trapRefund("r2", "2", 850, 0))
	if n := w.count(live.CouponReturned); n != 1 || w.count(live.CouponRedeemed) != 1 {
		t.Errorf("the coupon came back %d times, want once", n)
	}
	w.want(map[string]int64{"gmv_paid_minor": 2700, "refund_minor": 2700, "gmv_net_minor": 0})
	if again, err := order("c3"); err != nil || again.Total != 1700 {
		t.Errorf("with the coupon that came back: %+v, %v", again, err)
	}
}

// count is how many events of a kind the shop put out.
func (w *trapShop) count(kind live.Kind) (n int) {
	w.t.Helper()
	rows, err := w.s.Outbox(w.t.Context(), 0, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		if row.Event.Kind == kind {
			n++
		}
	}
	return n
}

// Trap 10. Never sum currencies.
func TestTrap10_CurrenciesNeverMeet(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000))
	dollars, pay := elsewhere(live.OrderLine{Goods: 70}), trapPaid("p", 70)
	dollars.Currency, pay.Currency = "USD", "USD"
	w.said("usd", dollars, pay)
	wrong := trapPaid("q", 33)
	wrong.Currency = "USD"
	w.said(id, wrong)
	f := w.figures("s1", w.clock())
	if len(f.Money) != 2 {
		t.Errorf("money = %+v, want a row for each currency", f.Money)
	}
	w.wantIn(&f, "CNY", map[string]int64{"gmv_paid_minor": 2000, "orders_paid": 1})
	w.wantIn(&f, "USD", map[string]int64{"gmv_paid_minor": 70, "orders_paid": 1})
	if o := w.order(id); !slices.Contains(o.Flags, live.FlagCurrencyMismatch) {
		t.Errorf("flags = %v", o.Flags)
	}
}

// Trap 11. Orders after the show count for it, and window, model, parameters
// and version are part of every attribution.
func TestTrap11_OrdersAfterTheShow(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.do(live.EndShow)
	w.pass(10 * time.Minute)
	w.said(id, trapPaid("p", 2000))
	w.want(map[string]int64{"gmv_paid_minor": 2000, "orders_paid": 1})
	at := w.clock()
	j := []conversion.Journey{{Order: id, At: at, Currency: "CNY", Value: 2000, Touches: []conversion.Touchpoint{{At: at.Add(-7*24*time.Hour - time.Millisecond), Channel: "ads"}}}}
	for window, unattributed := range map[time.Duration]int64{7 * 24 * time.Hour: 2000, 8 * 24 * time.Hour: 0} {
		r := attribution.Attribute(trapModel(t, "last"), j, window)
		if r.Model != "last" || r.Window != window || r.Version < 1 || r.Totals[0].Unattributed != unattributed {
			t.Errorf("window %v: %+v", window, r)
		}
	}
	// A window for each type of touch, and a click beats any view.
	j[0].Touches = []conversion.Touchpoint{
		{At: at.Add(-30 * time.Hour), Channel: "clicked", Kind: "ad_clicked"},
		{At: at.Add(-20 * time.Hour), Channel: "seen", Kind: live.RoomExposed},
	}
	for name, policy := range map[string]conversion.Policy{
		"clicked": {Window: 168 * time.Hour, ViewWindow: 24 * time.Hour, ClickFirst: true},
		"seen":    {Window: 24 * time.Hour, ClickFirst: true},
		"":        {Window: time.Hour, ClickFirst: true},
	} {
		r := attribution.Plan{Model: trapModel(t, "last"), Policy: policy}.Attribute(j)
		credited := ""
		for _, c := range r.Orders[0].Credits {
			credited = c.Touch.Channel
		}
		if credited != name || r.Policy.ViewWindow != policy.ViewWindow || (name == "") != (r.Totals[0].Unattributed == 2000) {
			t.Errorf("%+v: credit to %q, want %q: %+v", policy, credited, name, r)
		}
	}
	decay, err := attribution.New(attribution.Options{Model: "time_decay", HalfLife: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if r := attribution.Attribute(decay, j, time.Hour); r.Params["half_life"] != "1h0m0s" {
		t.Errorf("the half-life is not told: %v", r.Params)
	}
}

// What is paid until day 30 is in the final figures, what is paid after it is
// told beside them, and until day 30 they say that they are provisional.
func TestTrap11_FinalOnDay30(t *testing.T) {
	w := newTrapShop(t, 100)
	first, last, beyond := w.ordered("v1"), elsewhere(live.OrderLine{Goods: 300}), elsewhere(live.OrderLine{Goods: 70})
	w.said(first, trapPaid("p", 2000))
	w.do(live.EndShow)
	end := given(w.s.Show(t.Context(), "s1"))(t).EndedAt
	final := end.Add(30 * 24 * time.Hour)
	w.pass(final.Sub(w.clock()) - time.Millisecond)
	w.said("o-30", last, trapPaid("p", 300))
	w.pass(time.Hour)
	w.said("o-31", beyond, trapPaid("p", 70))
	for _, tc := range []struct {
		at          time.Time
		status      string
		paid, later int64
	}{
		{end.Add(-time.Millisecond), "provisional", 2000, 0},
		{end, "provisional", 2000, 0},
		{final.Add(-time.Millisecond), "provisional", 2300, 0},
		{final, "final", 2300, 0},
		{w.clock(), "final", 2300, 2370},
	} {
		r := w.report("s1", tc.at)
		if r.Status != tc.status || r.Provisional != (tc.status == "provisional") || r.Metrics.Paid != tc.paid {
			t.Errorf("as of %v: %s, provisional %v, paid %d, want %s and %d", tc.at, r.Status, r.Provisional, r.Metrics.Paid, tc.status, tc.paid)
		}
		if ended := !tc.at.Before(end); ended != (r.FinalAt != nil) || ended && *r.FinalAt != analytics.Stamp(final) {
			t.Errorf("as of %v: final at %v, want %v", tc.at, r.FinalAt, final)
		}
		var later int64
		for _, c := range r.AfterFinal {
			if c.Metric == "gmv_paid_minor" && c.Currency == "CNY" {
				later = c.Now
				if c.Final != tc.paid || c.Correction != c.Now-c.Final {
					t.Errorf("correction %+v of %d", c, tc.paid)
				}
			}
		}
		if later != tc.later || (tc.later == 0) != (len(r.AfterFinal) == 0) {
			t.Errorf("as of %v: %d corrections, paid %d now, want %d", tc.at, len(r.AfterFinal), later, tc.later)
		}
		// Before its last day the window is nobody's figure yet.
		state, paid := analytics.LateNotYet, int64(0)
		if tc.at.After(final.Add(-24 * time.Hour)) {
			state, paid = analytics.LateSoFar, tc.paid
		}
		if tc.status == "final" {
			state = analytics.LateComplete
		}
		if t30 := r.Late[max(0, len(r.Late)-1):]; len(t30) == 1 && (t30[0].State != state || t30[0].Complete != (tc.status == "final") || t30[0].Paid != paid) {
			t.Errorf("as of %v: T30 = %+v, want %s and %d", tc.at, t30, state, paid)
		}
	}
}

// trapReport is what these tests read of a report.
type trapReport struct {
	Provisional bool
	Status      string
	FinalAt     *string `json:"final_at"`
	Metrics     struct {
		Paid int64 `json:"gmv_paid_minor"`
	}
	AfterFinal []struct {
		Currency, Metric       string
		Final, Now, Correction int64
	} `json:"after_final"`
	Late []struct {
		Paid     int64 `json:"gmv_paid_minor"`
		State    string
		Complete bool
	}
	text map[string]json.RawMessage
}

// trapSource makes reports of what the store put out.
type trapSource struct{ *trapShop }

func (s trapSource) Figures(_ context.Context, _ live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	return s.figures(show.ID, asOf), nil
}

// Journeys are of no matter here: every order came by itself.
func (s trapSource) Journeys(context.Context, live.MerchantID, live.ShowID, time.Time, time.Duration) ([]conversion.Journey, error) {
	return nil, nil
}

// FedGroups likewise: no trap has groups.
func (s trapSource) ShowsBefore(context.Context, live.MerchantID, live.Currency, time.Time, int) ([]live.Show, error) {
	return nil, nil
}

func (s trapSource) Targets(context.Context, live.MerchantID, time.Time) ([]analytics.Target, error) {
	return nil, nil
}

func (s trapSource) Metrics(ctx context.Context, m live.MerchantID, shows []analytics.ShowAt) (out []analytics.Figures, err error) {
	for _, of := range shows {
		f, err := s.Figures(ctx, m, of.Show, of.At)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (s trapSource) FedGroups(context.Context, conversion.FedQuestion) ([]conversion.FedGroup, error) {
	return nil, nil
}

// ServedSessions likewise: no trap has a service desk.
func (s trapSource) ServedSessions(context.Context, conversion.ServedQuestion) ([]conversion.Served, error) {
	return nil, nil
}

// Felt likewise.
func (s trapSource) Felt(context.Context, live.Show, time.Time) (analytics.Felt, error) {
	return analytics.Felt{}, nil
}

// Assisted likewise.
func (s trapSource) Assisted(context.Context, conversion.AssistQuestion) ([]conversion.AssistTotal, error) {
	return nil, nil
}

// Complained likewise.
func (s trapSource) Complained(context.Context, live.Show, time.Time) (analytics.Complained, error) {
	return analytics.Complained{}, nil
}

// report prints the report of a show as of an instant.
func (w *trapShop) report(show live.ShowID, asOf time.Time) (out trapReport) {
	w.t.Helper()
	r := given(report.Build(w.t.Context(), trapSource{w}, given(w.s.Show(w.t.Context(), show))(w.t), asOf))(w.t)
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		w.t.Fatal(err)
	}
	if err := errors.Join(json.Unmarshal(b.Bytes(), &out), json.Unmarshal(b.Bytes(), &out.text)); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func trapModel(t *testing.T, name string) attribution.Model {
	t.Helper()
	m, err := attribution.Named(name)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Trap 12. Numbers differ by design as facts come in; as of one instant they
// are the same whenever they are asked for.
func TestTrap12_AsOfIsForEver(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000))
	then := w.clock()
	first, err := json.Marshal(w.figures("s1", then))
	if err != nil {
		t.Fatal(err)
	}
	w.pass(time.Hour)
	w.said(id, trapRefund("r", "1", 1000, 0))
	// A late fact with an early time of its own changes today, not the past.
	late := trapPaid("late", 5)
	late.At = then.Add(-time.Minute)
	w.said(id, late)
	second, err := json.Marshal(w.figures("s1", then))
	if err != nil {
		t.Fatal(err)
	}
	if string(first) != string(second) {
		t.Errorf("as of the same instant:\n%s\n%s", first, second)
	}
	w.want(map[string]int64{"gmv_paid_minor": 2005, "refund_minor": 1000})
}

// Once final the figures are what they are: whatever comes later, each part of
// the report is the same to the byte, and only the corrections beside it grow.
func TestTrap12_FinalFiguresStay(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.said(id, trapPaid("p", 2000))
	w.do(live.EndShow)
	final := given(w.s.Show(t.Context(), "s1"))(t).EndedAt.Add(30 * 24 * time.Hour)
	w.pass(final.Sub(w.clock()))
	first := w.report("s1", final)
	told := 0
	for i, f := range []live.OrderFact{
		trapRefund("r", "1", 1000, 0),
		{Kind: live.OrderSettled, ID: "st", SettledMinor: 900},
		trapCancel(live.CancelMerchant),
		// It happened on the show and was told after the final day.
		func() live.OrderFact { f := trapPaid("late", 5); f.At = final.Add(-29 * 24 * time.Hour); return f }(),
	} {
		w.pass(time.Duration(1+i) * 26 * time.Hour)
		w.said(id, f)
		now := w.report("s1", w.clock())
		if now.Status != "final" || len(now.AfterFinal) <= told && i < 2 {
			t.Errorf("%s: %s with %d corrections", f.Kind, now.Status, len(now.AfterFinal))
		}
		told = len(now.AfterFinal)
		for part, text := range first.text {
			if part != "after_final" && part != "corrections_as_of" && string(now.text[part]) != string(text) {
				t.Errorf("after %s %s reads\n%s\nand was\n%s", f.Kind, part, now.text[part], text)
			}
		}
		// What came until then, printed again as of then, is the same as well.
		if again := w.report("s1", final); len(again.AfterFinal) != 0 || string(again.text["corrections_as_of"]) != string(first.text["corrections_as_of"]) {
			t.Errorf("as of the final day: %d corrections", len(again.AfterFinal))
		}
	}
}

// Trap 13. Cross-room: the shares of an order that saw two shows sum to the
// order, so the shows sum to the total. What a show assisted is a figure of its
// own, beside credit and never in it.
func TestTrap13_SharesSumToOneOrder(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	touch := func(min int, show live.ShowID) conversion.Touchpoint {
		return conversion.Touchpoint{At: at.Add(-time.Duration(min) * time.Minute), Show: show, Channel: string(show)}
	}
	j := []conversion.Journey{
		{Order: "o1", At: at, Currency: "CNY", Value: 1001, Touches: []conversion.Touchpoint{touch(9, "s1"), touch(5, "s2"), touch(2, "s3")}},
		{Order: "o2", At: at, Currency: "CNY", Value: 500, Touches: []conversion.Touchpoint{touch(3, "s2")}},
	}
	for _, m := range attribution.Models() {
		r := attribution.Attribute(m, j, time.Hour)
		var sum int64
		for _, s := range r.By("CNY", func(c *conversion.Credit) string { return string(c.Touch.Show) }) {
			sum += s.Minor
		}
		if sum != 1501 || r.Totals[0].Value != 1501 {
			t.Errorf("%s: the shows have %d of %d", m.Name(), sum, r.Totals[0].Value)
		}
		assists := r.Assists("CNY", func(p *conversion.Touchpoint) string { return string(p.Show) })
		if want := []attribution.Assist{{Key: "s1", Orders: 1, Minor: 1001}, {Key: "s2", Orders: 1, Minor: 1001}}; !slices.Equal(assists, want) {
			t.Errorf("%s: assisted %+v, want %+v whatever the model", m.Name(), assists, want)
		}
		for _, o := range r.Orders {
			var sum int64
			for _, c := range o.Credits {
				sum += c.Minor
			}
			if sum != o.Value {
				t.Errorf("%s: order %s has %d of %d", m.Name(), o.Order, sum, o.Value)
			}
		}
	}
}

// Trap 14. Several shops: two merchants may use one order id and never see each
// other's money. (The API and the websocket are walked by TestOtherMerchant.)
func TestTrap14_MerchantsAreApart(t *testing.T) {
	w := newTrapShop(t, 100)
	w.said("o", elsewhere(live.OrderLine{Goods: 1000}), trapPaid("p", 1000))
	theirs := elsewhere(live.OrderLine{Goods: 7})
	theirs.Source, theirs.At, theirs.Currency = "shop", w.clock(), "CNY"
	paid := trapPaid("p", 7) // paid for, it would take a unit if the shelf were theirs
	paid.Source, paid.At, paid.Currency = "shop", w.clock(), "CNY"
	if _, err := w.s.ApplyFacts(t.Context(), "m2", []store.Fact{{Order: "o", OrderFact: theirs}, {Order: "o", OrderFact: paid}}, w.clock()); err != nil {
		t.Fatal(err)
	}
	w.want(map[string]int64{"gmv_created_minor": 1000, "orders": 1})
	if o := w.order("o"); o.Due() != 1000 || o.Merchant != "m1" {
		t.Errorf("order = %+v", o)
	}
	list, _, err := w.s.Orders(t.Context(), store.OrderFilter{Merchant: "m2"})
	if err != nil || len(list) != 1 || list[0].Due() != 7 {
		t.Errorf("m2 sees %+v, %v", list, err)
	}
	for _, it := range given(w.s.AllItems(t.Context(), "s1"))(t) {
		if it.SKU == "a" && (it.Sold != 1 || it.Reserved != 0) {
			t.Errorf("another merchant's order took stock: %+v", it)
		}
	}
	stranger := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m2"}
	if _, err := w.s.PlaceOrder(t.Context(), live.PlaceOrder{ClientID: "c", Room: "r1", Buyer: stranger, Lines: []live.WantedLine{{SKU: "a", Qty: 1}}}); err == nil {
		t.Error("a viewer of another merchant has an order")
	}
}

func given[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// Trap 15. Which event is "the show"? A pause is the same show; after the end
// there is only a new one, and money stays with the show it was ordered in.
func TestTrap15_ResumedIsTheSameShow(t *testing.T) {
	w := newTrapShop(t, 100)
	first := w.ordered("v1")
	w.do(live.PauseShow)
	w.pass(time.Hour)
	w.do(live.ResumeShow)
	second := w.ordered("v2")
	if a, b := w.order(first), w.order(second); a.Show != "s1" || b.Show != "s1" {
		t.Errorf("shows %s and %s", a.Show, b.Show)
	}
	w.do(live.EndShow)
	for _, name := range []live.CommandName{live.ResumeShow, live.StartShow, live.PauseShow} {
		if err := w.command(name); err == nil {
			t.Errorf("%s of a show that has ended", name)
		}
	}
	w.show("s2", 10)
	third := w.ordered("v3")
	w.said(first, trapPaid("p", 2000))
	w.want(map[string]int64{"orders": 2, "orders_paid": 1, "gmv_paid_minor": 2000})
	f := w.figures("s2", w.clock())
	w.wantIn(&f, "CNY", map[string]int64{"orders": 1, "orders_paid": 0})
	if o := w.order(third); o.Show != "s2" {
		t.Errorf("order of the second show is in %s", o.Show)
	}
}

// Trap 16. Order day, pay day and refund day are three days, and a delta
// carries the one that money is reported by beside its own.
func TestTrap16_TheAxisIsNamed(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.pass(5 * time.Minute)
	paidAt := w.clock()
	w.pass(time.Hour) // the platform tells us late
	paid, refund := trapPaid("p", 2000), trapRefund("r", "1", 1000, 0)
	paid.At, refund.At = paidAt, paidAt.Add(48*time.Hour)
	w.said(id, paid)
	w.pass(49 * time.Hour)
	w.said(id, refund)
	rows := given(w.s.Outbox(t.Context(), 0, 1000))(t)
	seen := map[live.Kind]bool{}
	for _, row := range rows {
		e := row.Event
		if !live.OrderFactKind(e.Kind) {
			continue
		}
		seen[e.Kind] = true
		for _, d := range given(live.DecodeDeltas(e.Data))(t) {
			switch {
			case d.RefundGoods != 0 && (!d.PaidAt.Equal(paidAt) || !e.OccurredAt.Equal(paidAt.Add(48*time.Hour))):
				t.Errorf("refund of pay day %v at %v", d.PaidAt, e.OccurredAt)
			case d.PaidMinor != 0 && (!d.PaidAt.Equal(paidAt) || !e.OccurredAt.Equal(paidAt)):
				t.Errorf("payment of pay day %v at %v", d.PaidAt, e.OccurredAt)
			case d.Created != 0 && !e.OccurredAt.Before(paidAt):
				t.Errorf("creation at %v", e.OccurredAt)
			}
		}
	}
	if !seen[live.OrderCreated] || !seen[live.OrderPaid] || !seen[live.RefundSucceeded] {
		t.Errorf("saw %v", seen)
	}
}

// Trap 17. Direct traffic: who came back by themselves was brought by somebody
// before. last_non_direct says by whom, last does not, and no model stands in
// for another.
func TestTrap17_DirectTraffic(t *testing.T) {
	at := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	journey := func(channels ...string) []conversion.Journey {
		j := conversion.Journey{Order: "o", At: at, Currency: "CNY", Value: 999}
		for i, c := range channels {
			j.Touches = append(j.Touches, conversion.Touchpoint{At: at.Add(time.Duration(i-len(channels)) * time.Minute), Channel: c})
		}
		return []conversion.Journey{j}
	}
	// The channel of an entry that names none, as it comes from the log.
	entered, ok := conversion.TouchOf(live.Event{Kind: live.RoomEntered, Person: "p1", Actor: live.Actor{ID: "p1", Role: live.RoleViewer}, OccurredAt: at})
	if !ok {
		t.Fatal("an entry is no touch")
	}
	for _, c := range []struct {
		path          []string
		last, behind  string
		unattributed  int64
		alsoInternals []string
	}{
		{path: []string{"ads", "group", entered.Channel, entered.Channel}, last: "direct", behind: "group"},
		{path: []string{entered.Channel, entered.Channel}, last: "direct", behind: "direct"},
		{path: []string{"ads", "Direct"}, last: "Direct", behind: "ads"},
		{path: []string{"ads", "alipay", "direct"}, last: "direct", behind: "ads", alsoInternals: []string{"alipay"}},
		{unattributed: 999},
	} {
		for name, want := range map[string]string{"last": c.last, "last_non_direct": c.behind} {
			r := attribution.Plan{Model: trapModel(t, name), Policy: conversion.Policy{Internal: c.alsoInternals}}.Attribute(journey(c.path...))
			got := ""
			for _, s := range r.Totals[0].ByChannel {
				got = s.Key
			}
			if got != want || r.Totals[0].Unattributed != c.unattributed {
				t.Errorf("%v by %s: %q and %d unattributed, want %q and %d", c.path, name, got, r.Totals[0].Unattributed, want, c.unattributed)
			}
		}
	}
	for _, name := range []string{"", "Last", "data_driven"} {
		if m, err := attribution.Named(name); err == nil {
			t.Errorf("asked for %q, got %s", name, m.Name())
		}
	}
	for _, m := range attribution.Models() {
		if got := trapModel(t, m.Name()); got.Name() != m.Name() {
			t.Errorf("%s is answered by %s", m.Name(), got.Name())
		}
	}
}

// Trap 18. Binding: who brought whom is a ledger of its own, apart from
// attribution. First-bind, protection and overwriting are rules; own links and
// loops are refused; following twice pays once; and no later echo overwrites who
// an order is from.
func TestTrap18_BindingIsALedgerOfItsOwn(t *testing.T) {
	w := newTrapShop(t, 100)
	id := w.ordered("v1")
	w.pass(time.Minute)
	echo := elsewhere(live.OrderLine{Goods: 2000})
	echo.Person, echo.Channel, echo.Campaign, echo.At = "thief", "ads", "x", w.clock().Add(-time.Hour)
	w.said(id, echo)
	if o := w.order(id); o.Channel != "group" || o.Person != "v1" || o.Campaign != "" || o.Show != "s1" {
		t.Errorf("order = %+v", o)
	}

	rule := func(who live.ReferralWho, term live.ReferralTerm, days int64) {
		t.Helper()
		if _, err := w.s.SetReferralRule(t.Context(), live.ReferralRule{Merchant: "m1", Who: who, Term: term, Days: days, Bonus: 300, Currency: "CNY"}, trapOwner.Actor()); err != nil {
			t.Fatal(err)
		}
	}
	bind := func(person, referrer live.PersonID, code string) {
		t.Helper()
		w.pass(time.Second)
		link := given(w.s.ShareLink(t.Context(), live.ShareToken{Merchant: "m1", Person: referrer}))(t)
		_, err := w.s.Bind(t.Context(), "m1", link.Token, person)
		if refusal, _ := errors.AsType[*live.Error](err); (err == nil) != (code == "") || refusal != nil && refusal.Code != code {
			t.Errorf("%s by the link of %s: %v, want %q", person, referrer, err, code)
		}
	}
	rule("new", "days", 30)
	bind("v1", "ann", "not_new") // has ordered
	bind("v2", "v2", "own_link")
	bind("v2", "ann", "")
	bind("ann", "v2", "referral_loop")
	bind("v2", "bob", "already_bound")
	second := w.ordered("v2") // bound by now, and stays so although no longer new
	w.said(second, trapPaid("p", 2000))
	w.pass(31 * 24 * time.Hour)
	rule("all", "overwrite", 0)
	bind("v2", "bob", "")
	bind("v2", "cat", "")
	rule("all", "permanent", 0)
	bind("v2", "ann", "already_bound")
	bind("v1", "bob", "")

	// Who the second order is from was settled when it was made.
	tally := given(w.s.Referrals(t.Context(), "m1", time.Unix(0, 0), w.clock()))(t)
	if want := []live.ReferralTally{{Referrer: "ann", Currency: "CNY", People: 1, New: 1, Orders: 1, Paid: 2000, Net: 2000}}; !slices.Equal(tally, want) {
		t.Errorf("referrals = %+v, want %+v", tally, want)
	}
	var earned int64
	for range 3 {
		for _, do := range []func(context.Context, live.MerchantID, live.PersonID) (live.ReferralBonus, bool, error){w.s.ReferredFollow, w.s.ReferredUnfollow} {
			b, _, err := do(t.Context(), "m1", "v1")
			if err != nil {
				t.Fatal(err)
			}
			earned += b.Minor
		}
	}
	if earned != 0 || len(given(w.s.ReferralBonuses(t.Context(), "m1", "v1"))(t)) != 2 {
		t.Errorf("following and unfollowing earned %d", earned)
	}
	if history := given(w.s.Bindings(t.Context(), "m1", "v2"))(t); len(history) != 3 {
		t.Errorf("history = %+v", history)
	}
}

// Trap 36. Oversell: a flash sale, holds that end, releases and sales of the
// platform at once; and "oversold" is a cancel type of its own.
func TestTrap36_NothingIsSoldTwice(t *testing.T) {
	w := newTrapShop(t, 30)
	stop := make(chan struct{})
	var watch, crowd sync.WaitGroup
	watch.Go(func() {
		for {
			items, err := w.s.AllItems(t.Context(), "s1")
			if err != nil {
				t.Error(err)
				return
			}
			for _, it := range items {
				if it.Left() < 0 || it.Reserved < 0 || it.Sold < 0 {
					t.Errorf("item = %+v", it)
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	var kept, gone atomic.Int64
	for i := range 120 {
		crowd.Go(func() {
			who := fmt.Sprint("v", i)
			p, err := w.buy(who, "c", live.WantedLine{SKU: "a", Qty: 1})
			if errors.Is(err, live.Conflict("out_of_stock", "")) {
				gone.Add(1)
				return
			}
			if err != nil {
				t.Errorf("buy: %v", err)
				return
			}
			kept.Add(1)
			if i%2 == 0 {
				if _, err := w.s.CancelOrder(t.Context(), "m1", p.ID, live.Principal{Subject: who, Role: live.RoleViewer, Merchant: "m1"}, w.clock()); err != nil {
					t.Errorf("cancel: %v", err)
				}
				kept.Add(-1)
			} else {
				w.said(p.ID, trapPaid("p", 1000))
			}
		})
	}
	crowd.Wait()
	// The platform sells ten more than the shelf can have.
	for i := range 40 {
		id := live.OrderID(fmt.Sprint("x", i))
		w.said(id, elsewhere(live.OrderLine{Goods: 1000}), trapPaid("p", 1000))
		if slices.Contains(w.order(id).Flags, live.FlagOversold) {
			w.said(id, trapCancel(live.CancelOversold))
			if o := w.order(id); o.Cancel != live.CancelOversold || o.State != live.OrderStateCanceled {
				t.Errorf("order = %+v", o)
			}
		} else {
			kept.Add(1)
		}
	}
	close(stop)
	watch.Wait()
	for _, it := range given(w.s.AllItems(t.Context(), "s1"))(t) {
		if it.SKU == "a" && (it.Released != 30 || it.Sold != 30 || it.Reserved != 0 || kept.Load() != 30) {
			t.Errorf("item = %+v, %d orders have a unit", it, kept.Load())
		}
	}
	if gone.Load() == 0 {
		t.Error("nobody was told that it is sold out: the crowd was too small to race")
	}
	w.figures("s1", w.clock())
}
