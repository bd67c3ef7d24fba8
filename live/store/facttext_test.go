package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

var anyKind = rapid.SampledFrom(live.OrderKinds)

// Facts are written byte for byte as encoding/json writes storedFact, which is
// what reads them: their hashes are the identity of facts kept for years.
func TestFactsAreWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Make[storedFact]().Draw(t, "fact")
		s.Kind, s.At = anyKind.Draw(t, "kind"), rapid.Int64Range(-1e15, 1e15).Draw(t, "at")
		if s.Exchange = nil; s.Kind == live.ExchangeCreated {
			x := rapid.Make[storedExchange]().Draw(t, "exchange")
			s.Exchange = &x
		}
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		f, err := decodeFact(string(want))
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := encodeFact(&f); got != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// Events likewise, and always on one line.
func TestEventsAreWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.Make[storedEvent]().Draw(t, "event")
		s.Data = rapid.SampledFrom([]json.RawMessage{nil, []byte(`{}`), []byte(`{"a":"\n"}`), []byte("{\n\t\"a\": [1,\n2]}")}).Draw(t, "data")
		s.OccurredAt, s.ReceivedAt = s.OccurredAt%1e15, s.ReceivedAt%1e15
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		e, err := decodeEvent(want)
		if err != nil {
			t.Fatal(err)
		}
		e.Data = s.Data
		if got, err := encodeEvent(&e); err != nil || string(got) != string(want) {
			t.Fatalf("got  %s, %v\nwant %s", got, err, want)
		}
	})
	if _, err := encodeEvent(&live.Event{Data: []byte("{\n")}); err == nil {
		t.Error("an event of broken JSON was written")
	}
}

// The data of an order's event is a map of its members, and the deltas.
func TestOrderDataIsWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f live.OrderFact
		text, err := json.Marshal(rapid.Make[storedFact]().Draw(t, "fact"))
		if err == nil {
			f, err = decodeFact(string(text))
		}
		if err != nil {
			t.Fatal(err)
		}
		f.Kind, f.At = anyKind.Draw(t, "kind"), newClock().t
		f.Refunds = f.Refunds[:min(1, len(f.Refunds))]
		o := live.Order{
			ID: "o1", State: live.OrderUnpaid, Ver: 3, Currency: "CNY",
			Person:     live.PersonID(rapid.String().Draw(t, "person")),
			Channel:    rapid.String().Draw(t, "channel"),
			Campaign:   rapid.String().Draw(t, "campaign"),
			Fulfilment: rapid.SampledFrom([]live.Fulfilment{"", "shipped"}).Draw(t, "fulfilment"),
			Flags:      rapid.SampledFrom([][]string{nil, {live.FlagOversold}, {live.FlagConflicting, live.FlagUnknownLine}}).Draw(t, "flags"),
			Lines:      []live.LineTotal{{OrderLine: live.OrderLine{ID: "1", Goods: 1990}}},
		}
		deltas := []live.Delta{{Order: "o1", Ver: 3, Orders: 1}, {Order: "o1", Ver: 3, Line: "1", Created: 1990}}
		var got live.JSONText
		appendOrderData(&got, &o, &f, deltas)
		if want := orderData(&o, &f, deltas); string(got) != want {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

// orderData is what appendOrderData writes, by reflection.
func orderData(o *live.Order, f *live.OrderFact, deltas []live.Delta) string {
	data := map[string]any{"order_id": o.ID, "order_state": o.State, "ver": o.Ver, "currency": o.Currency, "at": stamp(f.At), "total_minor": o.Due()}
	for name, v := range map[string]string{
		"fact_id": f.ID, "person_id": string(o.Person), "channel": o.Channel, "campaign": o.Campaign, "reason": f.Reason, "fulfilment": string(o.Fulfilment),
	} {
		if v != "" {
			data[name] = v
		}
	}
	if len(o.Flags) > 0 {
		data["flags"] = o.Flags
	}
	lines := make([]storedLine, len(f.Lines))
	for i, l := range f.Lines {
		lines[i] = storedLine(l)
	}
	switch f.Kind {
	case live.OrderCreated:
		data["lines"] = lines
	case live.OrderPriceChanged:
		if len(lines) > 0 {
			data["lines"] = lines
		}
	case live.OrderPaid, live.DepositPaid, live.BalancePaid:
		data["paid_minor"] = f.PaidMinor
	case live.OrderSettled:
		data["settled_minor"] = f.SettledMinor
	case live.ExchangeCreated:
		data["exchange"] = storedExchange(f.Exchange)
	case live.RefundRequested:
		data["refund_type"] = f.Refund.Type
	case live.OrderCancelled:
		data["cancel_type"] = f.CancelType
	case live.RefundSucceeded:
		data["refund_minor"] = int64(0)
		for _, r := range f.Refunds {
			data["refund_minor"] = r.Goods + r.Shipping
		}
	}
	text, err := json.Marshal(data)
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "}") + `,"deltas":` + string(live.EncodeDeltas(deltas)) + `}`
}

// What the till writes of a new order is what everybody else would write: the
// constants in its INSERTs are those of the fold.
func TestBookedRowsAreTheFold(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 1000)
	if _, err := s.PutShelf(t.Context(), "s1", []live.Item{
		{Product: "pa", SKU: "a", Title: "A", Price: 1990, Rank: 1, Released: 1000, CommissionBPS: 1500},
		{Product: "pb", SKU: "b", Title: "B", Price: 0, Rank: 2, Released: 1000, Policy: live.StockFirstPaid},
	}, operator, s.now()); err != nil {
		t.Fatal(err)
	}
	do(t, s, live.StartFlash, "flash", `{"sku_id":"a","price_minor":900,"qty":500,"duration_s":600}`)
	var orders []live.PlaceOrder
	for i := range sheetOrders + 70 { // more than one sheet, and sizes that do not divide
		o := wish(fmt.Sprint("v", i%50), fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: 1 + int64(i%2)})
		if i%3 == 0 {
			o.Lines = append(o.Lines, live.WantedLine{SKU: "b", Qty: 4})
		}
		if i%5 == 0 {
			o.Channel, o.Campaign = "private/群", `双"11"`
		}
		orders = append(orders, o)
	}
	_, errs := together(t, s, orders...)
	for i, err := range errs {
		if err != nil {
			t.Fatalf("order %d: %v", i, err)
		}
	}
	read := func(table, columns string) (out []string) {
		rows, err := s.reader(t.Context()).query(`SELECT ` + columns + ` FROM ` + table + ` ORDER BY 1, 2, 3, 4`)
		out, err = collect(rows, err, func(r scanner) (string, error) {
			values := make([]any, strings.Count(columns, ",")+1)
			for i := range values {
				values[i] = new(any)
			}
			err := r.Scan(values...)
			for i := range values {
				if b, ok := (*values[i].(*any)).([]byte); ok {
					values[i] = string(b)
				} else {
					values[i] = *values[i].(*any)
				}
			}
			return fmt.Sprintf("%q", fmt.Sprint(values...)), err
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	everything := func() []string {
		rows := read(`orders`, orderColumns)
		rows = append(rows, read(`order_lines`, `merchant_id, order_id, n, `+lineColumns)...)
		rows = append(rows, read(`order_facts`, factColumns)...)
		return append(rows, read(`ledger_entries`, postingColumns)...)
	}
	booked := everything()
	if len(booked) < 3*len(orders) {
		t.Fatalf("%d rows of %d orders", len(booked), len(orders))
	}
	// The same once more, from the facts, the way of all other orders.
	if err := s.write(t.Context(), func(t *tx) error { return rebook(t) }); err != nil {
		t.Fatal(err)
	}
	again := everything()
	for i := range booked {
		if booked[i] != again[i] {
			t.Fatalf("row %d:\nbooked %s\nfold   %s", i, booked[i], again[i])
		}
	}
}

// rebook writes every order, its fact and its postings anew.
func rebook(t *tx) error {
	rows, err := t.query(`SELECT ` + orderColumns + ` FROM orders`)
	orders, err := collect(rows, err, scanOrder)
	if err != nil {
		return err
	}
	if err := addLines(t, "m1", orders); err != nil {
		return err
	}
	for i := range orders {
		o := &orders[i]
		body, err := collectOne(t.row(`SELECT body FROM order_facts WHERE order_id = ?`, string(o.ID)), factReader)
		if err != nil {
			return err
		}
		seq, err := collectOne(t.row(`SELECT COALESCE(MAX(seq), 0) FROM ledger_entries WHERE order_id = ?`, string(o.ID)), func(r scanner) (n int64, err error) {
			return n, r.Scan(&n)
		})
		if err != nil {
			return err
		}
		o.Order = live.FoldOrder(o.Merchant, o.ID, []live.OrderFact{body})
		for _, name := range []string{"order_lines", "orders"} {
			if _, err := t.exec(`DELETE FROM `+name+` WHERE order_id = ?`, string(o.ID)); err != nil {
				return err
			}
		}
		b := t.openBook(o.Merchant)
		b.opened = []*bookOrder{{row: *o, changed: true}}
		if err := b.saveOrders(); err != nil {
			return err
		}
		// Facts and the ledger are append-only: those are compared in place.
		text, hash := encodeFact(&body)
		if err := there(t, `order_facts`, factColumns, []any{"m1", string(o.ID), string(body.Kind), body.ID, hash, ms(o.seenAt), text}); err != nil {
			return err
		}
		if err := there(t, `ledger_entries`, postingColumns, appendPostings(nil, o.Merchant, &body, live.Deltas(live.Order{}, o.Order), seq, o.seenAt)); err != nil {
			return err
		}
	}
	return nil
}

// there reports rows that a table does not have.
func there(t *tx, table, columns string, values []any) error {
	width := strings.Count(columns, ",") + 1
	match := strings.Join(strings.Split(columns, ","), " = ? AND ") + " = ?"
	for ; len(values) > 0; values = values[width:] {
		n, err := collectOne(t.row(`SELECT COUNT(*) FROM `+table+` WHERE `+match, values[:width]...), func(r scanner) (n int64, err error) {
			return n, r.Scan(&n)
		})
		if err != nil || n != 1 {
			return fmt.Errorf("%d rows of %s like %v: %w", n, table, values[:width], err)
		}
	}
	return nil
}

func collectOne[T any](r scanner, read func(scanner) (T, error)) (T, error) { return read(r) }
