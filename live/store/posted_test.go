package store

import (
	"fmt"
	"iter"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// money is what of a total has an account in the ledger.
func money(t live.LedgerTotal) live.LedgerTotal {
	t.Orders, t.Paid, t.Cancelled, t.Refunded, t.Buyers = 0, 0, 0, 0, 0
	t.SKUOrders, t.SKUPaid, t.ItemsCreated, t.ItemsPaid = 0, 0, 0, 0
	return t
}

// lives plays orders in two currencies with all that has an account: presales,
// refunds before and after shipping, commissions taken back, subsidies,
// cancellations and settlements. Each fact is taken in an hour after the last.
func lives(t *testing.T, s *Store, c *clock, n int) {
	t.Helper()
	for i := range n {
		id, cur := live.OrderID(fmt.Sprintf("%c%03d", "aBcD"[i%4], i)), []live.Currency{"CNY", "USD"}[i%2]
		line := live.OrderLine{ID: "l1", SKU: "s1", Qty: 2, Goods: int64(2000 + i), Subsidy: 30, Shipping: 500, CommissionBPS: 1000}
		due := line.Payable()
		facts := []live.OrderFact{
			{Kind: live.OrderCreated, Currency: cur, Show: "s", Room: "r", Person: "p", Payment: live.Presale, Lines: []live.OrderLine{line}},
			{Kind: live.DepositPaid, ID: "d", Currency: cur, PaidMinor: 200},
		}
		if i%5 > 0 {
			facts = append(facts, live.OrderFact{Kind: live.BalancePaid, ID: "b", Currency: cur, PaidMinor: due - 200},
				live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", Currency: cur, Refunds: []live.RefundLine{{Line: "l1", Goods: 300, Shipping: 100}}},
				live.OrderFact{Kind: live.OrderShipped, ID: "sh"},
				live.OrderFact{Kind: live.RefundSucceeded, ID: "r2", Currency: cur, Refunds: []live.RefundLine{{Line: "l1", Goods: 40}}},
				live.OrderFact{Kind: live.OrderSettled, ID: "st", Currency: cur, SettledMinor: due - 500})
		}
		if i%7 == 6 {
			facts = append(facts, live.OrderFact{Kind: live.OrderCancelled, CancelType: live.CancelMerchant})
		}
		for k := range facts {
			c.add(time.Hour)
			facts[k].Source, facts[k].At = "shop", c.now()
			if _, err := s.ApplyFacts(t.Context(), "m", []Fact{{id, facts[k]}}, c.now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// differing names the orders whose entries are not what the order says.
func differing(t *testing.T, orders iter.Seq2[live.OrderTotal, error], entries iter.Seq2[live.PostedTotal, error]) (names []string, sum live.LedgerTotal) {
	t.Helper()
	said := map[live.OrderID]live.LedgerTotal{}
	for e, err := range entries {
		if err != nil {
			t.Fatal(err)
		}
		said[e.Order] = e.LedgerTotal
	}
	for o, err := range orders {
		if err != nil {
			t.Fatal(err)
		}
		if money(o.LedgerTotal) != said[o.Order] {
			names = append(names, string(o.Order))
		}
		delete(said, o.Order)
		sum.PaidMinor += o.PaidMinor
	}
	for id := range said {
		names = append(names, string(id)+" is in the ledger only")
	}
	return names, sum
}

// TestPosted holds the double-entry ledger against the orders by show, by order
// and by day of payment, finds a cent booked too much, and books what an older
// version did not.
func TestPosted(t *testing.T) {
	s, c := fresh(t)
	begin := c.now()
	lives(t, s, c, 24)
	agree := func(what string) {
		t.Helper()
		orders, posted, err := s.Books(t.Context(), "m", "s")
		if err != nil || len(orders) != 2 {
			t.Fatalf("%s: %d currencies, %v", what, len(orders), err)
		}
		for i := range orders {
			orders[i] = money(orders[i])
			if o := orders[i]; o.BalanceMinor == 0 || o.RefundPreShipMinor == 0 || o.CommissionBackMinor == 0 || o.DepositMinor == 0 || o.CancelMinor == 0 || o.SubsidyMinor == 0 {
				t.Fatalf("%s: the orders try too little: %+v", what, o)
			}
		}
		if diff := cmp.Diff(orders, posted); diff != "" {
			t.Errorf("%s: the ledger is not the orders (-orders +ledger):\n%s", what, diff)
		}
		if names, _ := differing(t, s.OrderTotals(t.Context(), "m", "s"), s.OrderPostings(t.Context(), "m", "s")); names != nil {
			t.Errorf("%s: orders differ: %v", what, names)
		}
	}
	agree("as booked")

	// By day of payment the entries of an order are those from its payment on.
	var paid, created int64
	for e, err := range s.PostingsPaid(t.Context(), "m", "", begin, c.now().Add(time.Hour)) {
		if err != nil || e.At.IsZero() {
			t.Fatalf("paid entry %+v: %v", e, err)
		}
		paid, created = paid+e.PaidMinor, created+e.CreatedMinor
	}
	_, all := differing(t, s.OrderTotals(t.Context(), "m", "s"), s.OrderPostings(t.Context(), "m", "s"))
	if paid != all.PaidMinor || created != 0 {
		t.Errorf("paid by day of payment: %d of %d, and created %d", paid, all.PaidMinor, created)
	}
	// By day of booking, a window has exactly what was recorded in it, in order.
	first, last, n := "", time.Time{}, 0
	for e, err := range s.PostingsTaken(t.Context(), "m", "", begin, begin.Add(3*time.Hour+time.Millisecond)) {
		if err != nil || string(e.Order) < first || string(e.Order) == first && !e.At.After(last) {
			t.Fatalf("%+v after %s at %s: %v", e, first, last, err)
		}
		first, last, n = string(e.Order), e.At, n+1
	}
	if n != 3 {
		t.Errorf("three facts in three hours have %d sums", n)
	}
	for e, err := range s.PostingsTaken(t.Context(), "m", "elsewhere", begin, c.now()) {
		t.Errorf("a room without orders has entries: %+v %v", e, err)
	}

	// A cent booked too much: the ledger takes entries and only entries.
	cent := `INSERT INTO ledger_entries (merchant_id, order_id, ver, n, seq, line_id, show_id, currency, account, amount_minor, fact, fact_id, recorded_at, fact_at, paid_at)
		SELECT merchant_id, order_id, 0, ?, seq, line_id, show_id, currency, account, ?, fact, fact_id, recorded_at, fact_at, paid_at
		FROM ledger_entries WHERE order_id = 'B001' AND account = 'paid' AND amount_minor > 0 ORDER BY ver, n LIMIT 1`
	book := func(n, minor int) {
		t.Helper()
		if err := s.write(t.Context(), func(t *tx) error { _, err := t.once(cent, n, minor); return err }); err != nil {
			t.Fatal(err)
		}
	}
	book(900, 1)
	if names, _ := differing(t, s.OrderTotals(t.Context(), "m", "s"), s.OrderPostings(t.Context(), "m", "s")); strings.Join(names, " ") != "B001" {
		t.Errorf("with a cent too much in B001 the orders that differ are %v", names)
	}
	book(901, -1) // and corrected, by another entry
	agree("corrected")

	// What a database of before has: no memo accounts. Then the migration.
	sql, err := migrations.ReadFile("migrations/00058_memo_accounts.sql")
	if err != nil {
		t.Fatal(err)
	}
	fill, _, _ := strings.Cut(string(sql), ";\n\n-- The ledger is read by day")
	fill = fill[strings.Index(fill, "INSERT"):]
	drop := []string{`DROP TRIGGER ledger_entries_no_delete`, `DROP TRIGGER ledger_entries_no_update`}
	if onPostgres() {
		drop = []string{`DROP TRIGGER ledger_entries_append_only ON ledger_entries`}
	}
	for _, q := range append(drop, `DELETE FROM ledger_entries WHERE account IN ('balance', 'of_paid', 'refunded_pre_ship', 'of_refunded', 'commission_reversed', 'of_commission')`, fill) {
		if err := s.write(t.Context(), func(t *tx) error { _, err := t.once(q); return err }); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
	agree("carried over")
}
