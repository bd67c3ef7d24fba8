package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// monthBook is what the facts of a month say, added up while they are invented.
type monthBook struct {
	facts, told int64            // how many facts there are, and how often they are told
	sums        map[string]int64 // by currency and figure
	victim      string           // a paid order
	paid        []monthOrder     // by id
}

// monthOrder is a paid order as a platform settles it.
type monthOrder struct {
	id, currency            string
	paid, refunded, settled int64
}

func (b *monthBook) add(currency, figure string, minor int64) { b.sums[currency+" "+figure] += minor }

// month writes a month of orders as facts of a shop: two currencies, refunds of
// goods and shipping, cancellations, presales, commissions, settlements,
// payments told before their orders, and facts told twice.
func month(t *testing.T, path, show string, orders int) *monthBook {
	t.Helper()
	b := &monthBook{sums: map[string]int64{}}
	rng := rand.New(rand.NewPCG(11, uint64(orders)))
	begin := clock().Add(-31 * 24 * time.Hour)
	var late [][]byte // told long after they happened
	var out bytes.Buffer
	tell := func(kind live.Kind, at time.Time, data object) {
		raw, err := json.Marshal(object{"type": kind, "timestamp": at.UTC().Format(time.RFC3339Nano), "data": data})
		if err != nil {
			t.Fatal(err)
		}
		b.facts++
		b.told++
		raw = append(raw, '\n')
		if rng.IntN(20) == 0 {
			b.told++
			late = append(late, raw)
		}
		if rng.IntN(12) == 0 {
			late = append(late, raw)
			return
		}
		out.Write(raw)
	}
	for i := range orders {
		id, currency := fmt.Sprintf("o-%06d", i), "CNY"
		if rng.IntN(4) == 0 {
			currency = "USD"
		}
		at := begin.Add(time.Duration(rng.Int64N(int64(29 * 24 * time.Hour)))).Truncate(time.Millisecond)
		var lines []any
		var due, first, shipping, commission int64
		for l := range 1 + rng.IntN(3) {
			goods := int64(100 + rng.IntN(20_000))
			discount := int64(rng.IntN(90))
			bps := int64(rng.IntN(2000))
			due += goods - discount
			commission += live.SplitMinor(goods-discount, []int64{bps, live.WholeBPS - bps})[0]
			var ship int64
			if l == 0 {
				first, ship = goods-discount, int64(rng.IntN(2)*800)
				shipping, due = ship, due+ship
			}
			lines = append(lines, object{
				"shipping_minor": ship, "commission_bps": bps,
				"line_id": "l" + strconv.Itoa(l+1), "product_id": "p" + strconv.Itoa(rng.IntN(40)), "sku_id": "s" + strconv.Itoa(rng.IntN(90)),
				"qty": 1 + rng.IntN(3), "goods_minor": goods, "discount_minor": discount,
			})
		}
		payment := "prepaid"
		if rng.IntN(10) == 0 {
			payment = "presale"
		}
		tell(live.OrderCreated, at, object{
			"payment_type": payment, "order_id": id, "show_id": show, "person_id": fmt.Sprintf("buyer-%d", rng.IntN(1+orders/2)), "currency": currency, "lines": lines,
		})
		switch rng.IntN(10) {
		case 0:
			tell(live.OrderCancelled, at.Add(30*time.Minute), object{"order_id": id, "cancel_type": "timeout"})
			continue
		case 1:
			continue
		}
		pay := func(kind live.Kind, after time.Duration, minor int64) {
			tell(kind, at.Add(after), object{"order_id": id, "payment_id": "pay", "paid_minor": minor, "currency": currency})
		}
		if deposit := due / 5; payment == "presale" {
			pay(live.DepositPaid, time.Minute, deposit)
			if rng.IntN(3) == 0 { // Forfeited: the balance never came.
				b.add(currency, "deposit_minor", deposit)
				tell(live.OrderCancelled, at.Add(30*time.Hour), object{"order_id": id, "cancel_type": "timeout"})
				continue
			}
			pay(live.BalancePaid, 2*time.Hour, due-deposit)
			b.add(currency, "balance_minor", due-deposit)
		} else {
			pay(live.OrderPaid, time.Minute, due)
		}
		b.add(currency, "gmv_paid_minor", due)
		b.add(currency, "commission_accrued_minor", commission)
		b.paid = append(b.paid, monthOrder{id: id, currency: currency, paid: due})
		order := &b.paid[len(b.paid)-1]
		if i >= orders/3 && b.victim == "" {
			b.victim = id
		}
		if rng.IntN(8) == 0 {
			goods, ship := 1+rng.Int64N(first), shipping*int64(rng.IntN(2))
			order.refunded = goods + ship
			b.add(currency, "refund_goods_minor", goods)
			b.add(currency, "refund_shipping_minor", ship)
			tell(live.RefundSucceeded, at.Add(20*time.Hour), object{
				"order_id": id, "refund_id": "r1", "currency": currency, "lines": []any{object{"line_id": "l1", "goods_minor": goods, "shipping_minor": ship}},
			})
		}
		if rng.IntN(3) > 0 {
			settled := due - rng.Int64N(due/10+1)
			order.settled = settled
			b.add(currency, "gmv_settled_minor", settled)
			tell(live.OrderSettled, at.Add(30*time.Hour), object{"order_id": id, "settlement_id": "st1", "settled_minor": settled, "currency": currency})
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
	return b
}

// reconciled is a reconciliation as the API tells it.
type reconciled struct {
	Agree       bool
	Provisional bool
	Absent      map[string]string
	Rows        []reconciledRow
}

type reconciledRow struct {
	Day, Currency, Figure     string
	Report, Rollup            *int64
	Ledger, Facts, Difference int64
	Outside                   int64 `json:"outside_shows"`
	Postings, Settlement      *int64
	SettlementDifference      *int64 `json:"settlement_difference"`
	SettlementOrders          *struct {
		Count int64
		Items []struct {
			Order      string `json:"order_id"`
			Kind       string
			Difference int64
		}
	} `json:"settlement_orders"`
	Orders *struct {
		Count int64
		Items []struct {
			Order      string `json:"order_id"`
			Difference int64
			Postings   *int64
		}
	}
}

// TestImportMonth imports a month of orders, interrupted once, finds that all
// sides agree by show and by day, and then that one cent too much in the
// double-entry ledger, and one in one row of ClickHouse, is named with its
// order. SHOWRUNNER_TEST_MONTH sets the number of orders.
func TestImportMonth(t *testing.T) {
	orders := 1500
	if v := os.Getenv("SHOWRUNNER_TEST_MONTH"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil || n < 100 {
			t.Fatalf("SHOWRUNNER_TEST_MONTH=%q is no number of orders", v)
		}
		orders = n
	}
	data := t.TempDir()
	importMonth(t, orders, data, "sqlite", "file:"+filepath.Join(data, "showrunner.db"))
}

// TestImportMonthOnPostgres is the same with the books in PostgreSQL.
func TestImportMonthOnPostgres(t *testing.T) {
	database := postgres(t)()
	importMonth(t, 1500, t.TempDir(), "pgx", database, "--database", database)
}

// importMonth is the test on one database, which driver opens at source.
func importMonth(t *testing.T, orders int, data, driver, source string, flags ...string) {
	p := startProgram(t, data, "127.0.0.1:0", flags...)
	owner := tokens{t: t, data: data}.sign("merchant", "owner", "m1")
	must(t, "POST", p.url+"/v1/rooms", owner, object{"room_id": "r1", "title": "Room", "currency": "CNY", "time_zone": "Asia/Shanghai", "host_ids": []string{"h"}}, nil)
	must(t, "POST", p.url+"/v1/rooms/r1/shows", owner, object{"show_id": "s1", "title": "Month"}, nil)
	must(t, "POST", p.url+"/v1/shows/s1/start", owner, nil, nil)
	must(t, "POST", p.url+"/v1/shows/s1/end", owner, nil, nil)

	file := filepath.Join(t.TempDir(), "month.ndjson")
	book := month(t, file, "s1", orders)
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
	t.Logf("%d orders, %d facts told %d times, imported in %s: %s", orders, book.facts, book.told, time.Since(began), out.String())
	// What the interrupted run had in flight comes again as duplicates.
	if sum.Lines != book.told || sum.Rejected != 0 || sum.Accepted+sum.Duplicates != book.told || sum.Accepted > book.facts {
		t.Errorf("summary %s, want %d lines of %d facts", out.String(), book.told, book.facts)
	}

	show := p.url + "/v1/shows/s1/reconciliation?explain=true"
	got := settledReconciliation(t, show, owner)
	if !got.Agree {
		t.Fatalf("the sides differ: %+v", got.differing())
	}
	compared := 0
	for _, row := range got.Rows {
		if want, ok := book.sums[row.Currency+" "+row.Figure]; ok {
			compared++
			if row.Ledger != want || row.Report == nil || *row.Report != want || row.Postings == nil || *row.Postings != want || want == 0 {
				t.Errorf("%s: %s is %d in the ledger and %d in the report, told were %d: %+v", row.Currency, row.Figure, row.Ledger, row.said(), want, row)
			}
		}
	}
	if compared != len(book.sums) || compared != 14 {
		t.Errorf("%d of %d figures of two currencies were compared", compared, len(book.sums))
	}
	paid := book.sums["CNY gmv_paid_minor"] + book.sums["USD gmv_paid_minor"]
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	day := func(ago int) string { return clock().In(zone).AddDate(0, 0, -ago).Format(time.DateOnly) }
	byPay := settledReconciliation(t, p.url+"/v1/reconciliation?explain=true&by=pay&from="+day(33)+"&to="+day(1), owner)
	byEvent := settledReconciliation(t, p.url+"/v1/reconciliation?explain=true&by=event&from="+day(1)+"&to="+day(0), owner)
	for axis, days := range map[string]*reconciled{"pay": byPay, "event": byEvent} {
		var sum int64
		for _, row := range days.Rows {
			if row.Figure == "gmv_paid_minor" {
				sum += row.Ledger
			}
		}
		if !days.Agree || sum != paid {
			t.Errorf("by %s date: agree %v, paid %d of %d: %+v", axis, days.Agree, sum, paid, days.differing())
		}
	}
	checkDayShows(t, byEvent)
	checkDayShows(t, settledReconciliation(t, p.url+"/v1/reconciliation?explain=true&by=event&room_id=r1&from="+day(1)+"&to="+day(0), owner))
	for _, row := range byPay.Rows {
		if row.Rollup != nil || row.Report != nil || byPay.Absent["report"] == "" {
			t.Errorf("by pay date a rollup or a report: %+v, absent %v", row, byPay.Absent)
		}
	}
	if n := len(byPay.Rows); n < 29*2*len(byEvent.Rows)/30/4 {
		t.Errorf("a month by pay date has %d rows", n)
	}

	victim := book.victim
	sides := func() map[string]*reconciled {
		return map[string]*reconciled{
			"show":  settledReconciliation(t, show, owner),
			"event": settledReconciliation(t, p.url+"/v1/reconciliation?explain=true&by=event&from="+day(1)+"&to="+day(0), owner),
			"pay":   settledReconciliation(t, p.url+"/v1/reconciliation?explain=true&by=pay&from="+day(33)+"&to="+day(1), owner),
		}
	}

	// One cent more in the double-entry ledger, which takes nothing but entries.
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	enter := func(n, minor int) {
		t.Helper()
		res, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO ledger_entries (merchant_id, order_id, ver, n, seq, line_id, show_id, currency, account, amount_minor, fact, fact_id, recorded_at, fact_at, paid_at)
			SELECT merchant_id, order_id, 0, %d, seq, line_id, show_id, currency, account, %d, fact, fact_id, recorded_at, fact_at, paid_at
			FROM ledger_entries WHERE order_id = '%s' AND account = 'paid' AND amount_minor > 0 ORDER BY ver, n LIMIT 1`, n, minor, victim))
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := res.RowsAffected(); err != nil || rows != 1 {
			t.Fatalf("%d entries made: %v", rows, err)
		}
	}
	enter(1000, 1)
	for axis, got := range sides() {
		var figures []string
		for _, row := range got.differing() {
			figures = append(figures, row.Figure)
			if row.Postings == nil || *row.Postings-row.Ledger != 1 || row.said() != row.Ledger || row.Difference != 1 ||
				row.Orders == nil || row.Orders.Count != 1 || len(row.Orders.Items) != 1 || row.Orders.Items[0].Order != victim || row.Orders.Items[0].Difference != 1 {
				t.Errorf("by %s: the cent in the entries of %s is told as %+v", axis, victim, row)
			}
		}
		if diff := cmp.Diff([]string{"gmv_paid_minor", "gmv_net_minor"}, figures); got.Agree || diff != "" {
			t.Errorf("by %s, with a cent too much in the entries: agree %v, figures that differ (-want +got):\n%s", axis, got.Agree, diff)
		}
	}
	enter(1001, -1) // corrected, by another entry
	if err := db.Close(); err != nil {
		t.Error(err)
	}

	checkSettlement(t, p.url, owner, book, day)

	// One cent more of each kind in one row of the facts.
	options, err := ch.ParseDSN(engineURL(t, data))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := ch.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	err = conn.Exec(t.Context(), `INSERT INTO order_deltas (merchant_id, show_id, room_id, order_id, currency, at, paid_at, paid, balance, settled, deposit, commission)
		SELECT merchant_id, show_id, room_id, order_id, currency, at, paid_at, 1, 1, 1, 1, 1 FROM order_deltas WHERE order_id = ? AND paid_at IS NOT NULL ORDER BY seq, idx, n LIMIT 1`, victim)
	if err := errors.Join(err, conn.Close()); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	all := sides()
	t.Logf("explained by show and on both axes in %s", time.Since(began))
	for axis, sides := range all {
		want := []string{"balance_minor", "commission_accrued_minor", "commission_minor", "deposit_minor", "gmv_net_minor", "gmv_paid_minor", "gmv_settled_minor"}
		if axis == "pay" { // Before a payment there is no such day.
			want = slices.DeleteFunc(want, func(figure string) bool { return figure == "deposit_minor" })
		}
		var figures []string
		for _, row := range sides.differing() {
			figures = append(figures, row.Figure)
			if said := row.said(); said-row.Ledger != 1 || row.Report != nil && *row.Report != said || row.Rollup != nil && *row.Rollup != said || row.Postings == nil || *row.Postings != row.Ledger || row.Difference != 1 || (row.Day == "") != (axis == "show") ||
				row.Orders == nil || row.Orders.Count != 1 || len(row.Orders.Items) != 1 || row.Orders.Items[0].Order != victim || row.Orders.Items[0].Difference != 1 {
				t.Errorf("by %s: the cent of %s is told as %+v", axis, victim, row)
			}
		}
		slices.Sort(figures)
		if diff := cmp.Diff(want, figures); sides.Agree || diff != "" {
			t.Errorf("by %s: agree %v, figures that differ (-want +got):\n%s", axis, sides.Agree, diff)
		}
	}
	p.stop(20 * time.Second)
}

// said is what the facts say: of a show its report is made of nothing else.
func (r *reconciledRow) said() int64 {
	if r.Day == "" && r.Report != nil {
		return *r.Report
	}
	return r.Facts
}

// checkDayShows holds rollups and reports of days of the event against the
// orders: the one show is in CNY and has orders in USD too, so its report splits
// the money of the one and counts of neither.
func checkDayShows(t *testing.T, days *reconciled) {
	t.Helper()
	rolled := []string{
		"orders", "orders_paid", "gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "cancelled_paid_minor", "refund_goods_minor", "refund_shipping_minor",
	}
	reported := []string{
		"gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "cancelled_paid_minor", "gmv_settled_minor", "deposit_minor", "balance_minor", "commission_minor",
	}
	for _, row := range days.Rows {
		if has := slices.Contains(rolled, row.Figure); has != (row.Rollup != nil) || has && *row.Rollup != row.Ledger {
			t.Errorf("rollup of a day: %+v", row)
		}
		if has := row.Currency == "CNY" && slices.Contains(reported, row.Figure); has != (row.Report != nil) || has && *row.Report != row.Ledger || row.Outside != 0 {
			t.Errorf("report of a day: %+v", row)
		}
	}
	if days.Absent["snapshot"] == "" || days.Absent["rollup"] != "" || len(days.Rows) == 0 {
		t.Errorf("%d rows, absent: %v", len(days.Rows), days.Absent)
	}
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
