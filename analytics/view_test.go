package analytics

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

func TestMinutesOnAir(t *testing.T) {
	show := live.Show{StartedAt: t0, EndedAt: t0.Add(10*time.Minute + time.Millisecond)}
	open := live.Show{StartedAt: t0}
	for _, tc := range []struct {
		show live.Show
		asOf time.Time
		want int64
	}{
		{show, t0.Add(time.Hour), 11}, // a begun minute counts
		{show, t0.Add(10 * time.Minute), 10},
		{show, t0.Add(time.Second), 1},
		{show, t0, 0},
		{show, t0.Add(-time.Hour), 0},
		{open, t0.Add(time.Hour), 60},
		{live.Show{}, t0, 0},
	} {
		if got := MinutesOnAir(tc.show, tc.asOf); got != tc.want {
			t.Errorf("as of %v: %d minutes, want %d", tc.asOf.Sub(t0), got, tc.want)
		}
	}
}

func TestClockOnAir(t *testing.T) {
	show := live.Show{StartedAt: t0, EndedAt: t0.Add(10 * time.Minute)} // From half past a minute to half past another.
	for _, tc := range []struct {
		show        live.Show
		asOf        time.Time
		minutes     int64
		last, after time.Duration // The last minute that was on, and the first that was not, since t0.
	}{
		{show, t0.Add(time.Hour), 11, 10 * time.Minute, 11 * time.Minute},
		{show, t0.Add(time.Second), 1, 0, time.Minute},
		{show, t0.Add(30 * time.Second), 1, 0, 30 * time.Second}, // The next minute has not begun.
		{show, t0.Add(30*time.Second + time.Nanosecond), 2, 30 * time.Second, 90 * time.Second},
		{live.Show{StartedAt: t0}, t0.Add(time.Hour), 61, time.Hour, 61 * time.Minute},
		{show, t0, 0, -time.Hour, 0},
		{show, t0.Add(-time.Hour), 0, -time.Hour, 0},
		{live.Show{}, t0, 0, -time.Hour, 0},
	} {
		first, end := ClockOnAir(tc.show, tc.asOf)
		if end-first != tc.minutes {
			t.Errorf("as of %v: %d minutes, want %d", tc.asOf.Sub(t0), end-first, tc.minutes)
		}
		if at := unixMinute(t0.Add(tc.last)); tc.minutes > 0 && (first != unixMinute(t0) || at < first || at >= end) {
			t.Errorf("as of %v: minutes %d to %d", tc.asOf.Sub(t0), first, end)
		}
		if at := unixMinute(t0.Add(tc.after)); at >= first && at < end {
			t.Errorf("as of %v: minutes %d to %d, with one the show was not on in", tc.asOf.Sub(t0), first, end)
		}
		f := Figures{AsOf: tc.asOf}
		if rows := f.OnAir(tc.show); int64(len(rows)) != tc.minutes {
			t.Errorf("as of %v: %d rows of minutes, want %d", tc.asOf.Sub(t0), len(rows), tc.minutes)
		}
	}
}

func TestPaidOnShow(t *testing.T) {
	show := live.Show{StartedAt: t0, EndedAt: t0.Add(time.Hour)}
	for _, tc := range []struct {
		show live.Show
		at   time.Time
		want bool
	}{
		{show, t0, true},
		{show, t0.Add(time.Hour), true},
		{show, t0.Add(-time.Millisecond), false},
		{show, t0.Add(time.Hour + time.Millisecond), false},
		{show, time.Time{}, false},
		{live.Show{}, t0, false},
		{live.Show{StartedAt: t0}, t0.Add(1000 * time.Hour), true},
	} {
		if got := PaidOnShow(tc.show, tc.at); got != tc.want {
			t.Errorf("%v: %t, want %t", tc.at, got, tc.want)
		}
	}
}

func TestTimeline(t *testing.T) {
	show := live.Show{ID: "s1", Currency: "CNY", StartedAt: t0, EndedAt: t0.Add(3 * time.Minute)}
	minute := t0.Truncate(time.Minute)
	f := Figures{AsOf: t0.Add(100 * time.Hour), Minutes: []Minute{
		{T: minute.Add(-5 * time.Minute), Entered: 1},
		{T: minute.Add(time.Minute), Online: 4, Money: []MinuteMoney{{Currency: "CNY", Paid: 900, Refunded: 100}, {Currency: "USD", Paid: 5}}},
		{T: minute.Add(72 * time.Hour), Money: []MinuteMoney{{Currency: "CNY", Refunded: 300}}},
	}}
	table, err := Timeline(show, &f, []string{"gmv_net_minor", "online"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(table)
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"t":"2026-03-01T11:55:00.000Z","online":0,"gmv_net_minor":0},` +
		`{"t":"2026-03-01T12:00:00.000Z","online":0,"gmv_net_minor":0},` +
		`{"t":"2026-03-01T12:01:00.000Z","online":4,"gmv_net_minor":800},` +
		`{"t":"2026-03-01T12:02:00.000Z","online":0,"gmv_net_minor":0},` +
		`{"t":"2026-03-01T12:03:00.000Z","online":0,"gmv_net_minor":0},` +
		`{"t":"2026-03-04T12:00:00.000Z","online":0,"gmv_net_minor":-300}]`
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("timeline (-want +got):\n%s", d)
	}
	var refusal *live.Error
	if _, err := Timeline(show, &f, []string{"gmv"}); !errors.As(err, &refusal) || refusal.Code != "unknown_metric" {
		t.Errorf("an unknown metric: %v, want unknown_metric", err)
	}
	if all, err := Timeline(show, &f, nil); err != nil || len(all.Columns) != 1+len(TimelineKeys()) {
		t.Errorf("all columns: %d, %v", len(all.Columns), err)
	}
}

// A show that nobody ended must not print a row for each minute of a month.
func TestTimelineOfAbandonedShow(t *testing.T) {
	f := Figures{AsOf: t0.Add(30 * 24 * time.Hour), Minutes: []Minute{{T: t0.Truncate(time.Minute), Entered: 1}}}
	table, err := Timeline(live.Show{StartedAt: t0}, &f, nil)
	if err != nil || len(table.Rows) != 1 {
		t.Errorf("%d rows, %v, want 1", len(table.Rows), err)
	}
}

func TestFunnelTable(t *testing.T) {
	f := Figures{Funnel: NewFunnel(&Traffic{RoomExposurePV: 10, RoomExposureUV: 8, WatchPV: 5, WatchUV: 4}, 2, 2, 1, 1)}
	data, err := json.Marshal(FunnelTable(&f))
	if err != nil {
		t.Fatal(err)
	}
	var got []struct {
		Key    string `json:"key"`
		PV, UV int64
		Rate   struct {
			Numerator, Denominator int64
			Value                  *float64
		} `json:"uv_rate"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if len(got) != 7 || got[0].Rate.Value != nil || got[1].Rate.Value == nil || *got[1].Rate.Value != 0.5 || got[1].UV != 4 {
		t.Errorf("funnel is %s", data)
	}
}

// The tables are other cuts of the same figures: they add up to them.
func TestTablesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		f := foldAll(t, show, randomLog(t, show), show.StartedAt.Add(5*time.Hour))
		timeline, err := Timeline(show, &f, nil)
		if err != nil {
			t.Fatal(err)
		}
		sum := func(table Table, key string) (n int64) {
			k := table.Column(key)
			for _, row := range table.Rows {
				n += row[k].Num
			}
			return n
		}
		want := Read(&f, show.Currency, -1).Values(true)
		days := DayTable(show, &f, time.FixedZone("x", 3600))
		sources, products := SourceTable(&f, show.Currency), ProductTable(&f, show.Currency)
		for _, c := range []struct {
			name  string
			table Table
			keys  []string
		}{
			{"timeline", timeline, []string{"comment_pv", "like_count", "product_click_pv", "cart_pv", "gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "cancelled_paid_minor", "gmv_settled_minor", "deposit_minor", "balance_minor", "commission_minor"}},
			{"days", days, []string{"comment_pv", "gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "gmv_settled_minor", "commission_minor"}},
			{"sources", sources, []string{"watch_pv", "watch_uv", "gmv_paid_minor", "gmv_net_minor"}},
			{"products", products, []string{"sku_orders", "sku_orders_paid"}},
		} {
			for _, key := range c.keys {
				v, _ := want.Get(key)
				if got := sum(c.table, key); got != v.Num {
					t.Fatalf("%s: %s adds up to %d, want %d", c.name, key, got, v.Num)
				}
			}
		}
	})
}

func TestLate(t *testing.T) {
	show := testShow()
	pay := func(d time.Duration, minor int64) Minute {
		return Minute{T: show.EndedAt.Add(d).Truncate(time.Minute), Money: []MinuteMoney{{Currency: "CNY", Paid: minor}, {Currency: "USD", Paid: 7}}}
	}
	const no, soFar, yes = LateNotYet, LateSoFar, LateComplete
	minutes := []Minute{pay(-time.Hour, 1), pay(time.Hour, 10), pay(25*time.Hour, 100), pay(50*time.Hour, 1000)}
	var f Figures
	for _, tc := range []struct {
		after  time.Duration
		paid   []int64 // Of windows that have come.
		states []string
	}{
		{0, []int64{1}, []string{yes, no, no, no, no, no}},
		{time.Millisecond, []int64{1, 1}, []string{yes, soFar, no, no, no, no}},
		{2 * time.Hour, []int64{1, 11}, []string{yes, soFar, no, no, no, no}},
		{24 * time.Hour, []int64{1, 11}, []string{yes, yes, no, no, no, no}},
		{48 * time.Hour, []int64{1, 11}, []string{yes, yes, no, no, no, no}}, // The third day has not begun.
		{49 * time.Hour, []int64{1, 11, 111}, []string{yes, yes, soFar, no, no, no}},
		{72 * time.Hour, []int64{1, 11, 1111}, []string{yes, yes, yes, no, no, no}},
		{30*24*time.Hour - time.Minute, []int64{1, 11, 1111, 1111, 1111, 1111}, []string{yes, yes, yes, yes, yes, soFar}},
		{30 * 24 * time.Hour, []int64{1, 11, 1111, 1111, 1111, 1111}, []string{yes, yes, yes, yes, yes, yes}},
	} {
		f = Figures{AsOf: show.EndedAt.Add(tc.after)}
		for _, m := range minutes {
			if !m.T.After(f.AsOf) {
				f.Minutes = append(f.Minutes, m)
			}
		}
		var paid []int64
		var states []string
		for _, l := range Late(show, &f, show.Currency) {
			states = append(states, l.State())
			if l.Begun {
				paid = append(paid, l.Paid)
			} else if (l != LateSales{Currency: show.Currency, Days: l.Days}) {
				t.Errorf("%v after the end T%d has figures: %+v", tc.after, l.Days, l)
			}
		}
		if d := cmp.Diff(tc.paid, paid); d != "" {
			t.Errorf("late sales %v after the end (-want +got):\n%s", tc.after, d)
		}
		if d := cmp.Diff(tc.states, states); d != "" {
			t.Errorf("states %v after the end (-want +got):\n%s", tc.after, d)
		}
	}
	if Late(live.Show{StartedAt: t0}, &f, show.Currency) != nil {
		t.Error("a running show has late sales")
	}
}

func TestAsOf(t *testing.T) {
	show := testShow()
	for _, tc := range []struct {
		at    time.Time
		state live.ShowState
		ended bool
	}{
		{show.EndedAt, live.ShowStateEnded, true},
		{show.EndedAt.Add(-time.Millisecond), live.ShowStateLive, false},
		{show.StartedAt.Add(-time.Millisecond), live.ShowStateScheduled, false},
	} {
		if got := AsOf(show, tc.at); got.State != tc.state || got.EndedAt.IsZero() == tc.ended {
			t.Errorf("as of %v: %s, ended at %v", tc.at, got.State, got.EndedAt)
		}
	}
}

// Four equal sides agree; one unit anywhere is seen.
func TestReconcile(t *testing.T) {
	side := func() []Money { return figures().Money[:1] }
	book := func() []live.LedgerTotal {
		m := side()[0]
		return []live.LedgerTotal{{
			Currency: m.Currency, Orders: m.Orders, Paid: m.OrdersPaid, Cancelled: m.OrdersCancelled, Refunded: m.OrdersRefunded, Buyers: m.Buyers,
			SKUOrders: m.SKUOrders, SKUPaid: m.SKUOrdersPaid, ItemsCreated: m.ItemsCreated, ItemsPaid: m.ItemsPaid,
			CreatedMinor: m.Created, PaidMinor: m.Paid, SubsidyMinor: m.Subsidy,
			RefundGoodsMinor: m.RefundGoods, RefundShipMinor: m.RefundShipping, CancelMinor: m.CancelledPaid,
			DepositMinor: m.Deposit, BalanceMinor: m.Balance, SettledMinor: m.Settled, CommissionMinor: m.CommissionAccrued,
			CommissionBackMinor: m.CommissionReversed, RefundPreShipMinor: m.RefundPreShip,
		}}
	}
	for _, tc := range []struct {
		name      string
		spoil     func(board, facts, sums []Money, ledger, posted []live.LedgerTotal)
		different []string
	}{
		{"all the same", func(_, _, _ []Money, _, _ []live.LedgerTotal) {}, nil},
		{"dashboard", func(b, _, _ []Money, _, _ []live.LedgerTotal) { b[0].Paid++ }, []string{"gmv_paid_minor", "gmv_net_minor"}},
		{"report", func(_, f, _ []Money, _, _ []live.LedgerTotal) { f[0].Buyers-- }, []string{"buyers"}},
		{"rollup", func(_, _, r []Money, _, _ []live.LedgerTotal) { r[0].Orders++ }, []string{"orders"}},
		{"ledger", func(_, _, _ []Money, l, _ []live.LedgerTotal) { l[0].RefundShipMinor++ }, []string{"gmv_net_minor", "refund_minor", "refund_shipping_minor"}},
		{"postings", func(_, _, _ []Money, _, p []live.LedgerTotal) { p[0].Post(live.AccountCancelled, 1) }, []string{"gmv_net_minor", "cancelled_paid_minor"}},
		{"postings of sales", func(_, _, _ []Money, _, p []live.LedgerTotal) { p[0].Post(live.AccountSales, 1) }, []string{"gmv_created_minor"}},
		{"a mirror carries no figure", func(_, _, _ []Money, _, p []live.LedgerTotal) { p[0].Post(live.AccountOwedToBuyer, 1) }, nil},
		{"settled", func(_, _, r []Money, _, _ []live.LedgerTotal) { r[0].Settled++ }, []string{"gmv_settled_minor"}},
		{"deposit", func(_, f, _ []Money, _, _ []live.LedgerTotal) { f[0].Deposit-- }, []string{"deposit_minor"}},
		{"balance", func(_, _, _ []Money, l, _ []live.LedgerTotal) { l[0].BalanceMinor++ }, []string{"balance_minor"}},
		{"commission", func(b, _, _ []Money, _, _ []live.LedgerTotal) { b[0].CommissionReversed++ }, []string{"commission_reversed_minor", "commission_minor"}},
	} {
		board, facts, sums, ledger, posted := side(), side(), side(), book(), book()
		tc.spoil(board, facts, sums, ledger, posted)
		r := Reconcile(&Figures{Money: board}, Figures{Money: facts}, sums, ledger, posted)
		var different []string
		for _, row := range r.Rows {
			if row.Difference != 0 {
				different = append(different, row.Figure)
			}
		}
		if d := cmp.Diff(tc.different, different); d != "" || r.Agree != (tc.different == nil) {
			t.Errorf("%s: agree %t, differences (-want +got):\n%s", tc.name, r.Agree, d)
		}
	}
	gone := Reconcile(nil, Figures{Money: side()}, side(), book(), book())
	if !gone.Agree || gone.Rows[0].Dashboard != nil {
		t.Errorf("without a dashboard: agree %t, %+v", gone.Agree, gone.Rows[0])
	}
	missing := Reconcile(nil, Figures{Money: figures().Money}, side(), book(), book())
	if missing.Agree {
		t.Error("a currency that only the report knows agrees")
	}
	if none := Reconcile(nil, Figures{}, nil, nil, nil); !none.Agree || len(none.Rows) != 0 {
		t.Errorf("a show without orders: %+v", none)
	}
}

func TestCover(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reach := rapid.Int64Range(0, 5).Draw(t, "reach")
		points := rapid.SliceOf(rapid.Int64Range(0, 60)).Draw(t, "points")
		var spans []span
		var total int64
		for i, p := range points {
			var grown int64
			spans, grown = cover(spans, p, reach)
			total += grown
			if int64(len(spans)) != total {
				t.Fatalf("%d spans, counted %d", len(spans), total)
			}
			for _, q := range points[:i+1] {
				if !holds(spans, q) {
					t.Fatalf("%v lost %d of %v", spans, q, points[:i+1])
				}
			}
			for k := 1; k < len(spans); k++ {
				if spans[k].from-spans[k-1].to <= reach {
					t.Fatalf("%v are within reach %d", spans, reach)
				}
			}
		}
	})
}

func FuzzFoldData(f *testing.F) {
	for _, seed := range []string{``, `{}`, `null`, `{"count":"x"}`, `{"product_id":5}`, `{"visible":1,"watched_ms":-5}`, `{"deltas":[{"show_id":"s1","orders":1,"currency":"CNY"}]}`, `{"deltas":[{}]}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fold := NewFold(testShow())
		for _, k := range []live.Kind{live.Liked, live.ProductClicked, live.WatchHeartbeat, live.ProductPinned, live.OrderPaid} {
			err := fold.Add(live.Entry{Event: live.Event{Kind: k, Show: "s1", Person: "p", Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: t0, Data: data}})
			if err != nil && k != live.OrderPaid {
				t.Fatalf("%s: %v", k, err)
			}
		}
		figures := fold.Figures(t0)
		if _, err := json.Marshal(SnapshotOf(testShow(), &figures, 0, t0, 0, false)); err != nil {
			t.Fatal(err)
		}
	})
}
