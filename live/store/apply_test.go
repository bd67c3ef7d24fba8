package store

import (
	stdcmp "cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// said builds facts of a shop about one order.
type said struct {
	order live.OrderID
	day   time.Time
}

func (o said) at(min int) time.Time { return o.day.Add(time.Duration(min) * time.Minute) }

func (o said) created(min int, show live.ShowID, lines ...live.OrderLine) Fact {
	return Fact{o.order, live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: o.at(min), Currency: "CNY", Show: show, Person: "p7", Lines: lines}}
}

func (o said) paid(id string, min int, minor int64) Fact {
	return Fact{o.order, live.OrderFact{Kind: live.OrderPaid, ID: id, Source: "shop", At: o.at(min), Currency: "CNY", PaidMinor: minor}}
}

func (o said) cancelled(why live.CancelType, min int) Fact {
	return Fact{o.order, live.OrderFact{Kind: live.OrderCancelled, Source: "shop", At: o.at(min), CancelType: why}}
}

func (o said) refunded(id string, min int, sku live.SKUID, goods int64) Fact {
	return Fact{o.order, live.OrderFact{
		Kind: live.RefundSucceeded, ID: id, Source: "shop", At: o.at(min), Currency: "CNY", Refunds: []live.RefundLine{{SKU: sku, Goods: goods}},
	}}
}

func line(id string, sku live.SKUID, qty, goods int64) live.OrderLine {
	return live.OrderLine{ID: id, SKU: sku, Qty: qty, Goods: goods}
}

func TestFactsOfOwnOrder(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	o := said{p.ID, c.now()}
	if got := apply(t, s, o.paid("x", 0, 3980), o.paid("x", 0, 3980)); !slices.Equal(got, []FactStatus{FactAccepted, FactDuplicate}) {
		t.Errorf("statuses = %v", got)
	}
	wantStock(t, s, "a", 5, 0, 2)
	n := len(events(t, s))
	if got := apply(t, s, o.paid("x", 0, 3980)); got[0] != FactDuplicate || len(events(t, s)) != n {
		t.Errorf("repeat = %v with %d events", got, len(events(t, s))-n)
	}
	apply(t, s, o.refunded("r1", 1, "a", 1990))
	if got := order(t, s, p.ID); got.State != live.OrderPartRefunded || got.Lines[0].Net() != 1990 || got.Person != "v1" {
		t.Errorf("order = %+v", got)
	}
	wantStock(t, s, "a", 5, 0, 2)
	// Another story under the same payment: kept, flagged, and not counted.
	if got := apply(t, s, o.paid("x", 2, 1)); got[0] != FactAccepted {
		t.Errorf("conflicting = %v", got)
	}
	if got := order(t, s, p.ID); !slices.Contains(got.Flags, live.FlagConflicting) || got.Lines[0].Paid != 3980 {
		t.Errorf("order = %+v", got)
	}
	evs := events(t, s)
	names := map[live.EventID]bool{}
	for _, e := range evs {
		if names[e.ID] {
			t.Errorf("event id %s is used twice", e.ID)
		}
		names[e.ID] = true
		if err := live.CheckData(e.Kind, e.Data); err != nil {
			t.Errorf("%s does not keep to its own kind: %v", e.Kind, err)
		}
	}
	apply(t, s, o.cancelled(live.CancelMerchant, 3))
	wantStock(t, s, "a", 5, 0, 0)
}

func TestEventOfPayment(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 1})
	paidAt := c.now()
	c.add(time.Second)
	pay(t, s, p.ID, "x", 1990, paidAt)
	evs := events(t, s)
	created, paid := evs[len(evs)-2], evs[len(evs)-1]
	if created.Kind != live.OrderCreated || created.Actor != (live.Actor{ID: "v1", Name: "Viewer v1", Role: live.RoleViewer}) || created.Source != live.SourceOwn {
		t.Errorf("created = %+v", created)
	}
	want := live.Event{
		ID: live.EventID(string(p.ID) + ":order_paid:x"), Kind: live.OrderPaid, Source: "shop", Merchant: "m1", Room: "r1", Show: "s1",
		Actor: live.Actor{ID: "shop", Role: live.RoleIntegration}, Person: "v1", Channel: "group", OccurredAt: paidAt, ReceivedAt: c.now(), Data: paid.Data,
	}
	if diff := cmp.Diff(want, paid); diff != "" {
		t.Errorf("paid (-want +got):\n%s", diff)
	}
	var data map[string]any
	if err := json.Unmarshal(paid.Data, &data); err != nil {
		t.Fatal(err)
	}
	delete(data, "deltas")
	wantData := map[string]any{
		"order_id": string(p.ID), "fact_id": "x", "order_state": "paid", "ver": 2.0, "currency": "CNY", "at": "2026-11-21T12:00:00.000Z",
		"person_id": "v1", "channel": "group", "total_minor": 1990.0, "paid_minor": 1990.0,
	}
	if diff := cmp.Diff(wantData, data); diff != "" {
		t.Errorf("data (-want +got):\n%s", diff)
	}
	ds, err := live.DecodeDeltas(paid.Data)
	if err != nil || len(ds) != 2 || ds[0].Paid != 1 || ds[1].PaidMinor != 1990 || ds[1].UnitsPaid != 1 || !ds[1].PaidAt.Equal(paidAt) || ds[1].Order != p.ID {
		t.Errorf("deltas = %+v, %v", ds, err)
	}
}

func TestPaidAfterTimeout(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 2)
	first := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	second := mustBuy(t, s, "v2", "c1", live.WantedLine{SKU: "b", Qty: 2})
	c.add(16 * time.Minute)
	if _, err := s.expireOrders(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustBuy(t, s, "v3", "c1", live.WantedLine{SKU: "a", Qty: 1})
	c.add(time.Minute)
	pay(t, s, first.ID, "x", 3980, c.now())
	o := order(t, s, first.ID)
	if want := []string{live.FlagOversold, live.FlagPaidAfterCancel}; !slices.Equal(o.Flags, want) || o.Lines[0].Paid != 3980 {
		t.Errorf("order = %+v, want flags %v and the money kept", o, want)
	}
	wantStock(t, s, "a", 2, 1, 0)
	evs := events(t, s)
	var data struct{ Flags []string }
	if err := json.Unmarshal(evs[len(evs)-1].Data, &data); err != nil || !slices.Contains(data.Flags, live.FlagOversold) {
		t.Errorf("event flags = %v, %v", data.Flags, err)
	}
	// There were units left for the second: they are taken again, until the money goes back.
	pay(t, s, second.ID, "x", 1000, c.now())
	wantStock(t, s, "b", 2, 0, 2)
	apply(t, s, said{second.ID, c.now()}.refunded("r", 0, "b", 1000))
	wantStock(t, s, "b", 2, 0, 0)
}

func TestPlatformOrders(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	o := said{"shop-1", c.now()}
	// Payment first: an order nobody knows.
	apply(t, s, o.paid("x", 1, 5970))
	got := order(t, s, "shop-1")
	if got.State != live.OrderStatePaid || !slices.Contains(got.Flags, live.FlagNeverCreated) {
		t.Errorf("order = %+v", got)
	}
	apply(t, s, o.created(0, "s1", line("1", "a", 2, 3980), line("2", "z", 1, 1990)))
	got = order(t, s, "shop-1")
	if got.State != live.OrderStatePaid || len(got.Flags) != 0 || got.Room != "r1" || got.Person != "p7" {
		t.Errorf("order = %+v", got)
	}
	wantStock(t, s, "a", 3, 0, 2)
	// Unpaid ones reserve nothing: the platform keeps its own reservations.
	u := said{"shop-2", c.now()}
	apply(t, s, u.created(0, "s1", line("1", "a", 2, 3980)))
	wantStock(t, s, "a", 3, 0, 2)
	apply(t, s, u.paid("x", 1, 3980))
	if got := order(t, s, "shop-2"); !slices.Equal(got.Flags, []string{live.FlagOversold}) {
		t.Errorf("flags = %v, want oversold", got.Flags)
	}
	wantStock(t, s, "a", 3, 0, 2)
	apply(t, s, o.cancelled(live.CancelUser, 5))
	wantStock(t, s, "a", 3, 0, 0)
	// The next word about it finds stock again.
	apply(t, s, u.refunded("r", 6, "a", 1))
	if got := order(t, s, "shop-2"); len(got.Flags) != 0 {
		t.Errorf("flags = %v, want none", got.Flags)
	}
	wantStock(t, s, "a", 3, 0, 2)

	// A show of somebody else: the money is kept, the stock is not touched.
	if _, err := s.ApplyFacts(t.Context(), "m2", []Fact{said{"x", c.now()}.created(0, "s1", line("1", "a", 1, 5)), said{"x", c.now()}.paid("p", 0, 5)}, c.now()); err != nil {
		t.Fatal(err)
	}
	wantStock(t, s, "a", 3, 0, 2)
}

func TestApplyFactsRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	good := said{"g", c.now()}
	for name, tc := range map[string]struct {
		change func(*Fact)
		base   Fact
		code   string
	}{
		"no order id":       {func(f *Fact) { f.Order = "" }, good.paid("x", 0, 1), "invalid_field"},
		"own source":        {func(f *Fact) { f.Source = live.SourceOwn }, good.paid("x", 0, 1), "invalid_field"},
		"no payment id":     {func(f *Fact) { f.ID = "" }, good.paid("x", 0, 1), "invalid_field"},
		"negative payment":  {func(f *Fact) { f.PaidMinor = -1 }, good.paid("x", 0, 1), "invalid_field"},
		"huge payment":      {func(f *Fact) { f.PaidMinor = live.MaxMinor + 1 }, good.paid("x", 0, 1), "invalid_field"},
		"no currency":       {func(f *Fact) { f.Currency = "" }, good.paid("x", 0, 1), "unknown_currency"},
		"unknown currency":  {func(f *Fact) { f.Currency = "XYZ" }, good.paid("x", 0, 1), "unknown_currency"},
		"unknown kind":      {func(f *Fact) { f.Kind = live.Liked }, good.paid("x", 0, 1), "unknown_type"},
		"unknown cancel":    {func(f *Fact) { f.CancelType = "mood" }, good.cancelled("user", 0), "invalid_field"},
		"no lines":          {func(f *Fact) { f.Lines = nil }, good.created(0, "s1", line("1", "a", 1, 1)), "invalid_field"},
		"line twice":        {func(f *Fact) { f.Lines = append(f.Lines, f.Lines...) }, good.created(0, "s1", line("1", "a", 1, 1)), "invalid_field"},
		"no quantity":       {func(f *Fact) { f.Lines[0].Qty = 0 }, good.created(0, "s1", line("1", "a", 1, 1)), "invalid_field"},
		"negative shipping": {func(f *Fact) { f.Lines[0].Shipping = -1 }, good.created(0, "s1", line("1", "a", 1, 1)), "invalid_field"},
		"sum too large": {func(f *Fact) {
			f.Lines[0].Goods = live.MaxMinor
			f.Lines = append(f.Lines, line("2", "b", 1, 1))
		}, good.created(0, "s1", line("1", "a", 1, 1)), "invalid_field"},
		"no refund id":    {func(f *Fact) { f.ID = "" }, good.refunded("r", 0, "a", 1), "invalid_field"},
		"no refund lines": {func(f *Fact) { f.Refunds = nil }, good.refunded("r", 0, "a", 1), "invalid_field"},
		"negative refund": {func(f *Fact) { f.Refunds[0].Goods = -1 }, good.refunded("r", 0, "a", 1), "invalid_field"},
	} {
		t.Run(name, func(t *testing.T) {
			n := len(events(t, s))
			bad := tc.base
			tc.change(&bad)
			_, err := s.ApplyFacts(t.Context(), "m1", []Fact{good.paid("ok", 0, 1), bad}, c.now())
			_ = wantCode(t, err, tc.code)
			if _, _, err := s.Order(t.Context(), "m1", "g"); err == nil || len(events(t, s)) != n {
				t.Error("a part of a refused call was kept")
			}
		})
	}
}

// drawFacts draws a history of one order from a world so small that facts
// repeat, contradict each other and run out of stock.
func (o said) drawFacts(t *rapid.T) []Fact {
	var facts []Fact
	for range rapid.IntRange(1, 5).Draw(t, "facts") {
		min := rapid.IntRange(0, 5).Draw(t, "at")
		sku := rapid.SampledFrom([]live.SKUID{"a", "b", "z"}).Draw(t, "sku")
		id := rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id")
		minor := rapid.Int64Range(0, 500).Draw(t, "minor")
		of := func(k live.Kind, id string, set func(*Fact)) Fact {
			f := Fact{Order: o.order, OrderFact: live.OrderFact{Kind: k, ID: id, Source: "shop", At: o.day.Add(time.Duration(min) * time.Minute), Currency: "CNY"}}
			if set != nil {
				set(&f)
			}
			return f
		}
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 4:
			k := rapid.SampledFrom([]live.Kind{live.DepositPaid, live.BalancePaid}).Draw(t, "presale")
			facts = append(facts, of(k, id, func(f *Fact) { f.PaidMinor = minor }))
		case 5:
			facts = append(facts, of(live.OrderSettled, id, func(f *Fact) { f.SettledMinor = minor }))
		case 6:
			facts = append(facts, of(live.OrderPriceChanged, id, func(f *Fact) { f.TotalMinor = minor }))
		case 7:
			facts = append(facts, of(live.ExchangeCreated, id, func(f *Fact) { f.Exchange = live.Exchange{Line: "1", SKU: sku, Qty: 2, Goods: minor - 250} }))
		case 8:
			facts = append(facts, of(rapid.SampledFrom([]live.Kind{live.OrderShipped, live.OrderPartShipped, live.OrderPaymentFailed}).Draw(t, "way"), id, nil))
		case 9:
			facts = append(facts, of(live.OrderReceived, "", nil), of(live.RefundRequested, id, func(f *Fact) { f.Refund.Type = live.RefundOnly }))
		case 0:
			show := rapid.SampledFrom([]live.ShowID{"s1", "s1", "s1", "", "elsewhere"}).Draw(t, "show")
			facts = append(facts, o.created(min, show, line("1", sku, rapid.Int64Range(1, 3).Draw(t, "qty"), minor), line("2", "b", 1, 50)))
		case 1:
			facts = append(facts, o.paid(id, min, minor))
		case 2:
			facts = append(facts, o.refunded(id, min, sku, minor))
		case 3:
			facts = append(facts, o.cancelled(rapid.SampledFrom([]live.CancelType{live.CancelTimeout, live.CancelUser}).Draw(t, "type"), min))
		}
	}
	return append(facts, facts[rapid.IntRange(0, len(facts)-1).Draw(t, "again")])
}

// Random histories of ten orders at a time, told mixed up, in two calls and
// partly twice: the deltas in the outbox add up to the folded order, the order
// is the fold of its facts, and the stock is what the lines hold.
func TestOutboxAddsUpToTheOrders(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 60)
	// A thousand histories need no disk that waits.
	relax := map[bool]string{false: "PRAGMA synchronous = OFF", true: "SET synchronous_commit = off"}[onPostgres()]
	if _, err := s.writer.conn.ExecContext(t.Context(), relax); err != nil {
		t.Fatal(err)
	}
	day := c.now()
	mark, n := int64(len(events(t, s))), 0
	prop := func(t *rapid.T) {
		var told []Fact
		orders := make([]live.OrderID, 10)
		for i := range orders {
			n++
			orders[i] = live.OrderID(fmt.Sprint("h", n))
			told = append(told, said{orders[i], day}.drawFacts(t)...)
		}
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		r.Shuffle(len(told), func(i, j int) { told[i], told[j] = told[j], told[i] })
		cut := r.IntN(len(told) + 1)
		accepted := map[live.OrderID]int{}
		for _, part := range [][]Fact{told[:cut], told[cut:]} {
			statuses, err := s.ApplyFacts(t.Context(), "m1", part, day)
			if err != nil {
				t.Fatalf("apply: %v", err)
			}
			for i, st := range statuses {
				if st == FactAccepted {
					accepted[part[i].Order]++
				}
			}
		}
		rows, err := s.Outbox(t.Context(), mark, 1000)
		if err != nil {
			t.Fatal(err)
		}
		sums, stated := map[live.OrderID]map[string]int64{}, map[live.OrderID]int{}
		for _, row := range rows {
			mark = row.ID
			var data struct {
				Order live.OrderID `json:"order_id"`
			}
			if err := json.Unmarshal(row.Event.Data, &data); err != nil {
				t.Fatal(err)
			}
			ds, err := live.DecodeDeltas(row.Event.Data)
			if err != nil {
				t.Fatal(err)
			}
			if sums[data.Order] == nil {
				sums[data.Order] = map[string]int64{}
			}
			tally(sums[data.Order], ds)
			stated[data.Order]++
		}
		for _, id := range orders {
			got, kept, err := s.Order(t.Context(), "m1", id)
			if err != nil {
				t.Fatal(err)
			}
			want := live.FoldOrder("m1", id, kept)
			got.Flags = slices.DeleteFunc(got.Flags, func(f string) bool { return f == live.FlagOversold })
			if len(got.Flags) == 0 {
				got.Flags = nil
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("the order is not the fold of its facts (-fold +stored):\n%s", diff)
			}
			if int(got.Ver) != accepted[id] || len(kept) != accepted[id] || stated[id] != accepted[id] {
				t.Fatalf("version %d, %d facts and %d events after %d accepted facts", got.Ver, len(kept), stated[id], accepted[id])
			}
			wantPosted(t, s, id, &want)
			fold := map[string]int64{}
			tally(fold, live.Deltas(live.Order{}, want))
			if diff := cmp.Diff(fold, sums[id]); diff != "" {
				t.Fatalf("the events do not add up to the order (-fold +events):\n%s", diff)
			}
		}
	}
	rapid.Check(t, prop)
	wantStockHeld(t, s)
}

// tally adds deltas up, by show, line and counter; zero sums are left out.
func tally(sums map[string]int64, ds []live.Delta) {
	for _, d := range ds {
		for name, v := range map[string]int64{
			"orders": d.Orders, "paid": d.Paid, "cancelled": d.Cancelled, "refunded": d.Refunded, "units": d.UnitsCreated,
			"units_paid": d.UnitsPaid, "created": d.Created, "paid_minor": d.PaidMinor, "refund": d.RefundGoods, "cancelled_paid": d.CancelledPaid,
		} {
			k := fmt.Sprint(d.Show, "/", d.Person, "/", d.Line, "/", d.SKU, "/", d.Currency, "/", name)
			if sums[k] += v; sums[k] == 0 {
				delete(sums, k)
			}
		}
	}
}

// wantPosted checks the ledger of an order: each fact's rows balance by line,
// and all of them together are the order.
func wantPosted(t *rapid.T, s *Store, id live.OrderID, o *live.Order) {
	rows, err := s.reader(t.Context()).query(`SELECT ver, line_id, currency, SUM(amount_minor) FROM ledger_entries
		WHERE merchant_id = 'm1' AND order_id = ? GROUP BY ver, line_id, currency HAVING SUM(amount_minor) <> 0`, string(id))
	wrong, err := collect(rows, err, func(r scanner) (s string, err error) {
		var ver, sum int64
		var line, currency string
		err = r.Scan(&ver, &line, &currency, &sum)
		return fmt.Sprintf("version %d line %q %s: %d", ver, line, currency, sum), err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Fatalf("postings do not balance: %v", wrong)
	}
	type entry struct {
		Line    string
		Account live.Account
		Minor   int64
	}
	rows, err = s.reader(t.Context()).query(`SELECT line_id, account, SUM(amount_minor) FROM ledger_entries
		WHERE merchant_id = 'm1' AND order_id = ? GROUP BY line_id, currency, account HAVING SUM(amount_minor) <> 0 ORDER BY line_id, account`, string(id))
	got, err := collect(rows, err, func(r scanner) (e entry, err error) { return e, r.Scan(&e.Line, &e.Account, &e.Minor) })
	if err != nil {
		t.Fatal(err)
	}
	sums := map[entry]int64{}
	for _, p := range live.Postings(live.Deltas(live.Order{}, *o)) {
		sums[entry{Line: p.Delta.Line, Account: p.Account}] += p.Minor
	}
	var want []entry
	for e, minor := range sums {
		if e.Minor = minor; minor != 0 {
			want = append(want, e)
		}
	}
	slices.SortFunc(want, func(a, b entry) int {
		return stdcmp.Or(stdcmp.Compare(a.Line, b.Line), stdcmp.Compare(a.Account, b.Account))
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("the ledger is not the order (-order +ledger):\n%s", diff)
	}
}

// wantStockHeld checks the stock equation: what a shelf counts as reserved and
// sold is what the lines of its orders hold.
func wantStockHeld(t testing.TB, s *Store) {
	t.Helper()
	rows, err := s.reader(t.Context()).query(`SELECT i.sku_id FROM items i WHERE i.released - i.reserved - i.sold < 0
		OR i.reserved - (SELECT COALESCE(SUM(w.qty), 0) FROM waitlist w WHERE w.show_id = i.show_id AND w.sku_id = i.sku_id AND w.state = 'offered')
			<> (SELECT COALESCE(SUM(l.qty), 0) FROM order_lines l JOIN orders o ON o.merchant_id = l.merchant_id AND o.order_id = l.order_id
			WHERE o.show_id = i.show_id AND l.sku_id = i.sku_id AND l.held = 'reserved')
		OR i.sold <> (SELECT COALESCE(SUM(l.qty), 0) FROM order_lines l JOIN orders o ON o.merchant_id = l.merchant_id AND o.order_id = l.order_id
			WHERE o.show_id = i.show_id AND l.sku_id = i.sku_id AND l.held = 'sold')`)
	wrong, err := collect(rows, err, func(r scanner) (sku string, err error) { return sku, r.Scan(&sku) })
	if err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("the stock of %v is not what its orders hold", wrong)
	}
	rows, err = s.reader(t.Context()).query(`SELECT f.sale_id FROM flash_sales f WHERE f.reserved + f.sold > f.qty
		OR f.reserved - (SELECT COALESCE(SUM(w.qty), 0) FROM waitlist w WHERE w.sale_id = f.sale_id AND w.state = 'offered')
			<> (SELECT COALESCE(SUM(l.qty), 0) FROM order_lines l WHERE l.sale_id = f.sale_id AND l.held = 'reserved')
		OR f.sold <> (SELECT COALESCE(SUM(l.qty), 0) FROM order_lines l WHERE l.sale_id = f.sale_id AND l.held = 'sold')`)
	if wrong, err = collect(rows, err, func(r scanner) (sale string, err error) { return sale, r.Scan(&sale) }); err != nil {
		t.Fatal(err)
	}
	if len(wrong) > 0 {
		t.Errorf("the flash sales %v do not count what their orders hold", wrong)
	}
}
