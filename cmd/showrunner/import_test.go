package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// month writes a month of orders as facts of a shop: two currencies, refunds,
// cancellations, payments told before their orders, and facts told twice. It
// returns how many facts there are, told how often, and what was paid.
func month(t *testing.T, path, show string, orders int) (facts, told int64, paid map[string]int64) {
	t.Helper()
	rng := rand.New(rand.NewPCG(11, uint64(orders)))
	begin := clock().Add(-31 * 24 * time.Hour)
	var late [][]byte // told long after they happened
	var out bytes.Buffer
	tell := func(kind live.Kind, at time.Time, data object) {
		raw, err := json.Marshal(object{"type": kind, "timestamp": at.UTC().Format(time.RFC3339Nano), "data": data})
		if err != nil {
			t.Fatal(err)
		}
		facts++
		told++
		raw = append(raw, '\n')
		if rng.IntN(20) == 0 {
			told++
			late = append(late, raw)
		}
		if rng.IntN(12) == 0 {
			late = append(late, raw)
			return
		}
		out.Write(raw)
	}
	paid = map[string]int64{}
	for i := range orders {
		id, currency := fmt.Sprintf("o-%06d", i), "CNY"
		if rng.IntN(4) == 0 {
			currency = "USD"
		}
		at := begin.Add(time.Duration(rng.Int64N(int64(29 * 24 * time.Hour)))).Truncate(time.Millisecond)
		var lines []any
		var due int64
		var first int64
		for l := range 1 + rng.IntN(3) {
			goods := int64(100 + rng.IntN(20_000))
			discount := int64(rng.IntN(90))
			due += goods - discount
			if l == 0 {
				first = goods - discount
			}
			lines = append(lines, object{
				"line_id": "l" + strconv.Itoa(l+1), "product_id": "p" + strconv.Itoa(rng.IntN(40)), "sku_id": "s" + strconv.Itoa(rng.IntN(90)),
				"qty": 1 + rng.IntN(3), "goods_minor": goods, "discount_minor": discount,
			})
		}
		tell(live.OrderCreated, at, object{
			"order_id": id, "show_id": show, "person_id": fmt.Sprintf("buyer-%d", rng.IntN(1+orders/2)), "currency": currency, "lines": lines,
		})
		switch rng.IntN(10) {
		case 0:
			tell(live.OrderCancelled, at.Add(30*time.Minute), object{"order_id": id, "cancel_type": "timeout"})
			continue
		case 1:
			continue
		}
		tell(live.OrderPaid, at.Add(time.Minute), object{"order_id": id, "payment_id": "pay", "paid_minor": due, "currency": currency})
		paid[currency] += due
		if rng.IntN(8) == 0 {
			tell(live.RefundSucceeded, at.Add(20*time.Hour), object{
				"order_id": id, "refund_id": "r1", "currency": currency, "lines": []any{object{"line_id": "l1", "goods_minor": 1 + rng.Int64N(first)}},
			})
		}
		if rng.IntN(40) == 0 {
			tell(live.OrderCancelled, at.Add(40*time.Hour), object{"order_id": id, "cancel_type": "merchant"})
		}
	}
	rng.Shuffle(len(late), func(i, j int) { late[i], late[j] = late[j], late[i] })
	for _, raw := range late {
		out.Write(raw)
	}
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return facts, told, paid
}

// reconciled is a reconciliation as the API tells it.
type reconciled struct {
	Agree       bool
	Provisional bool
	Rows        []reconciledRow
}

type reconciledRow struct {
	Day, Currency, Figure             string
	Report, Ledger, Facts, Difference int64
	Orders                            *struct {
		Count int64
		Items []struct {
			Order      string `json:"order_id"`
			Difference int64
		}
	}
}

// TestImportMonth imports a month of orders, interrupted once, finds that all
// sides agree by show and by day, and then that one cent too much in one row of
// ClickHouse is named with its order. SHOWRUNNER_TEST_MONTH sets the number of
// orders.
func TestImportMonth(t *testing.T) {
	orders := 5000
	if v := os.Getenv("SHOWRUNNER_TEST_MONTH"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 100 {
			t.Fatalf("SHOWRUNNER_TEST_MONTH=%q is no number of orders", v)
		}
		orders = n
	}
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	owner := tokens{t: t, data: data}.sign("merchant", "owner", "m1")
	must(t, "POST", p.url+"/v1/rooms", owner, object{"room_id": "r1", "title": "Room", "currency": "CNY", "time_zone": "Asia/Shanghai", "host_ids": []string{"h"}}, nil)
	must(t, "POST", p.url+"/v1/rooms/r1/shows", owner, object{"show_id": "s1", "title": "Month"}, nil)
	must(t, "POST", p.url+"/v1/shows/s1/start", owner, nil, nil)
	must(t, "POST", p.url+"/v1/shows/s1/end", owner, nil, nil)

	file := filepath.Join(t.TempDir(), "month.ndjson")
	facts, lines, paid := month(t, file, "s1", orders)
	cmd := ImportCmd{Kind: "orders", In: file, URL: p.url, Data: data, Merchant: "m1", Source: "shop", Batch: 1000, Resume: true}

	// The first run is interrupted as soon as something is on disk.
	ctx, interrupt := context.WithCancel(t.Context())
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(file + ".progress"); err == nil {
				interrupt()
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	began := time.Now()
	first := cmd
	if err := first.Execute(ctx, t.Output(), t.Output()); err == nil {
		t.Fatal("the interrupted import came to its end")
	}
	interrupt()
	var out bytes.Buffer
	if err := cmd.Execute(deadline(t, 20*time.Minute), &out, t.Output()); err != nil {
		t.Fatal(err)
	}
	var sum struct{ Lines, Accepted, Duplicates, Rejected int64 }
	if err := json.Unmarshal(out.Bytes(), &sum); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d orders, %d facts told %d times, imported in %s: %s", orders, facts, lines, time.Since(began), out.String())
	// What the interrupted run had in flight comes again as duplicates.
	if sum.Lines != lines || sum.Rejected != 0 || sum.Accepted+sum.Duplicates != lines || sum.Accepted > facts {
		t.Errorf("summary %s, want %d lines of %d facts", out.String(), lines, facts)
	}

	show := p.url + "/v1/shows/s1/reconciliation?explain=true"
	got := settledReconciliation(t, show, owner)
	if !got.Agree {
		t.Fatalf("the sides differ: %+v", got.differing())
	}
	for _, row := range got.Rows {
		if row.Figure == "gmv_paid_minor" && row.Ledger != paid[row.Currency] {
			t.Errorf("%s: paid %d, told %d", row.Currency, row.Ledger, paid[row.Currency])
		}
	}
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	day := func(ago int) string { return clock().In(zone).AddDate(0, 0, -ago).Format(time.DateOnly) }
	byPay := settledReconciliation(t, p.url+"/v1/reconciliation?by=pay&from="+day(33)+"&to="+day(1), owner)
	byEvent := settledReconciliation(t, p.url+"/v1/reconciliation?by=event&from="+day(1)+"&to="+day(0), owner)
	for axis, days := range map[string]*reconciled{"pay": byPay, "event": byEvent} {
		var sum int64
		for _, row := range days.Rows {
			if row.Figure == "gmv_paid_minor" {
				sum += row.Ledger
			}
		}
		if !days.Agree || sum != paid["CNY"]+paid["USD"] {
			t.Errorf("by %s date: agree %v, paid %d of %d: %+v", axis, days.Agree, sum, paid["CNY"]+paid["USD"], days.differing())
		}
	}
	if n := len(byPay.Rows); n < 29*2*len(byEvent.Rows)/30/4 {
		t.Errorf("a month by pay date has %d rows", n)
	}

	// One cent more in one row of the facts.
	options, err := ch.ParseDSN(engineURL(t, data))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ch.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	victim := fmt.Sprintf("o-%06d", orders/3)
	err = conn.Exec(t.Context(), `INSERT INTO order_deltas (merchant_id, show_id, room_id, order_id, currency, at, paid_at, paid)
		SELECT merchant_id, show_id, room_id, order_id, currency, at, paid_at, 1 FROM order_deltas WHERE order_id = ? ORDER BY seq, idx, n LIMIT 1`, victim)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	got = settledReconciliation(t, show, owner)
	t.Logf("explained in %s", time.Since(began))
	wrong := got.differing()
	for _, row := range wrong {
		if row.Figure != "gmv_paid_minor" && row.Figure != "gmv_net_minor" || row.Report-row.Ledger != 1 || row.Difference != 1 ||
			row.Orders == nil || row.Orders.Count != 1 || len(row.Orders.Items) != 1 || row.Orders.Items[0].Order != victim || row.Orders.Items[0].Difference != 1 {
			t.Errorf("the cent of %s is told as %+v", victim, row)
		}
	}
	if got.Agree || len(wrong) != 2 {
		t.Errorf("agree %v with %d rows that differ, want gmv_paid_minor and gmv_net_minor", got.Agree, len(wrong))
	}
	p.stop(20 * time.Second)
}

func (r *reconciled) differing() (rows []reconciledRow) {
	for _, row := range r.Rows {
		if row.Difference != 0 || row.Orders != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

// settledReconciliation asks until no fact is under way any more.
func settledReconciliation(t *testing.T, url, token string) *reconciled {
	t.Helper()
	for range 30 {
		var r reconciled
		must(t, "GET", url, token, nil, &r)
		if !r.Provisional || strings.Contains(url, "by=event") {
			return &r
		}
	}
	t.Fatalf("%s stays provisional", url)
	return nil
}
