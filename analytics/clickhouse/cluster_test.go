package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/analytics"
	"showrunner/live"
)

// TestCluster runs on two engines that are two shards, which take some seconds to
// start: all that needs them is below it.
func TestCluster(t *testing.T) {
	d := startDuo(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *duo)
	}{
		{"Hash", clusterHash},
		{"Migrate", clusterMigrates},
		{"Older", clusterOlder},
		{"Refusals", clusterRefuses},
		{"Figures", clusterFigures},
		{"Tests", clusterTests},
		{"Save", clusterSaves},
		{"HalfDone", clusterHalfDone},
		{"Killed", clusterKilled},
		{"Upkeep", clusterUpkeep},
		{"Away", clusterAway},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, d) })
	}
}

// merchantOn is the first of many names whose merchant is on a shard of two.
func merchantOn(place, n int) live.MerchantID {
	for i := 1; ; i++ {
		m := live.MerchantID(fmt.Sprint("m", i))
		if slotOf(m, 2) == place {
			if n--; n < 0 {
				return m
			}
		}
	}
}

// recordedShows are shows of several merchants, on each shard one at least, in one log.
type recordedShows struct {
	entries []live.Entry
	shows   []live.Show
	now     time.Time
}

func recordShows() *recordedShows {
	out := &recordedShows{}
	for i := range 3 {
		r := recordShow(uint64(20 + i))
		r.show.Merchant = merchantOn(i%2, i/2)
		for _, e := range r.entries {
			e.Event.Merchant = r.show.Merchant
			out.entries = append(out.entries, e)
		}
		out.shows = append(out.shows, r.show)
		if r.now.After(out.now) {
			out.now = r.now
		}
	}
	slices.SortStableFunc(out.entries, func(a, b live.Entry) int { return a.Event.ReceivedAt.Compare(b.Event.ReceivedAt) })
	for n := range out.entries {
		out.entries[n].Position = live.Position{Seq: uint64(n/7 + 1), Index: uint32(n % 7)}
	}
	return out
}

func (r *recordedShows) of(m live.MerchantID) (out []live.Entry) {
	for _, e := range r.entries {
		if e.Event.Merchant == m {
			out = append(out, e)
		}
	}
	return out
}

// spread gives the merchants of an invented world a shard each.
func spread(w *world) *world {
	to := map[live.MerchantID]live.MerchantID{"m1": merchantOn(0, 0), "m2": merchantOn(1, 0)}
	for i := range w.entries {
		w.entries[i].Event.Merchant = to[w.entries[i].Event.Merchant]
	}
	for i := range w.shows {
		w.shows[i].Merchant = to[w.shows[i].Merchant]
	}
	return w
}

// told is all that is asked about one show, under the names of the questions.
func told(ctx context.Context, db *DB, show live.Show, now time.Time) (map[string]any, error) {
	out := map[string]any{}
	var failed error
	keep := func(name string, answer any, err error) {
		if out[name] = answer; err != nil {
			failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
		}
	}
	m, from, until := show.Merchant, start.AddDate(0, 0, -1), start.AddDate(0, 0, 5)
	before, err := db.FiguresBefore(ctx, m, show, now, live.Position{Seq: 100})
	keep("figures", before, err)
	part, err := db.FiguresOf(ctx, m, show, now, analytics.PartFunnel|analytics.PartProducts)
	keep("part", part, err)
	rollup, err := db.RollupMoney(ctx, m, show.ID)
	keep("rollup", rollup, err)
	sales, err := db.Sales(ctx, m, show, now)
	keep("sales", sales, err)
	past, err := db.PastShow(ctx, show)
	keep("past", past, err)
	audience, err := db.Audience(ctx, show, now)
	keep("audience", audience, err)
	journeys, err := db.Journeys(ctx, m, show.ID, now, 7*24*time.Hour)
	keep("journeys", journeys, err)
	var orders []any
	for o, err := range db.OrderMoney(ctx, m, show.ID, now) {
		orders = append(orders, o)
		keep("orders", orders, err)
	}
	for _, axis := range []analytics.DayAxis{analytics.AxisEvent, analytics.AxisPay} {
		days, err := db.DayMoney(ctx, axis, m, "", time.UTC, from, until)
		keep("days "+string(axis), days, err)
		var each []any
		for o, err := range db.OrderDayMoney(ctx, axis, m, "", time.UTC, from, until) {
			each = append(each, o)
			keep("order days "+string(axis), each, err)
		}
	}
	days, err := db.ShowDays(ctx, m, "", time.UTC, from, until)
	keep("show days", days, err)
	rolled, err := db.RollupDays(ctx, m, time.UTC, from, until)
	keep("rollup days", rolled, err)
	day := start.Truncate(24 * time.Hour)
	side, err := db.Period(ctx, analytics.Period{Merchant: m, Zone: time.UTC, From: day, Until: day.AddDate(0, 0, 1)}, []live.Show{show}, now)
	keep("period", side, err)
	return out, failed
}

// answers is told of all shows; a question that fails is the end.
func answers(t *testing.T, db *DB, r *recordedShows) map[live.MerchantID]any {
	t.Helper()
	out := map[live.MerchantID]any{}
	for _, show := range r.shows {
		all, err := told(t.Context(), db, show, r.now)
		if err != nil {
			t.Fatal(err)
		}
		out[show.Merchant] = all
	}
	return out
}

var exactly = cmp.Options{cmpopts.EquateEmpty(), cmp.Exporter(func(reflect.Type) bool { return true }), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })}

// clusterHash holds the place of a merchant to where ClickHouse would put it.
func clusterHash(t *testing.T, d *duo) {
	db := d.migrated(t)
	on := d.parts(t, db)[0]
	merchants := []string{"", "m1", "m2", "店铺-1", "a merchant whose name is longer than the sixty-four bytes after which the hash goes another way, twice over"}
	for i := range 70 {
		merchants = append(merchants, fmt.Sprint("merchant-", i*i), fmt.Sprintf("%0*d", i, i))
	}
	seen := map[int]int{}
	for _, m := range merchants {
		var is uint8
		if err := on.conn.QueryRow(t.Context(), `SELECT cityHash64(toLowCardinality(?)) % 5`, m).Scan(&is); err != nil {
			t.Fatal(err)
		}
		if got := slotOf(live.MerchantID(m), 5); got != int(is) {
			t.Fatalf("%q is in slot %d, ClickHouse has it in %d", m, got, is)
		}
		seen[int(is)]++
	}
	if len(seen) != 5 {
		t.Errorf("all merchants are in %v", seen)
	}
}

// clusterFigures writes one log to a server on its own and to two shards: every
// answer is the same, and those of the two other ways to it too.
func clusterFigures(t *testing.T, d *duo) {
	r := recordShows()
	alone, db := migrated(t, server.URL()), d.migrated(t)
	for _, to := range []*DB{alone, db} {
		fill(t, to, r.entries, func(c *SinkConfig) { c.MaxRows = 700 })
		clean(t, to)
	}
	events, deltas, err := db.Count(t.Context())
	if wantEvents, wantDeltas, werr := alone.Count(t.Context()); err != nil || werr != nil || events != wantEvents || deltas != wantDeltas || events != int64(len(r.entries)) {
		t.Errorf("%d events and %d deltas, a server on its own has %d and %d: %v", events, deltas, wantEvents, wantDeltas, errors.Join(err, werr))
	}
	if d := cmp.Diff(answers(t, alone, r), answers(t, db, r), exactly); d != "" {
		t.Errorf("-on its own +on two shards\n%s", d)
	}
	// Every fact is on the one shard of its merchant, and both have some.
	for i, part := range d.parts(t, db) {
		for _, table := range []string{"events", "order_deltas", "show_minute", "money_minute"} {
			var here []string
			err := part.rows(t.Context(), "test", nil, `SELECT DISTINCT toString(merchant_id) AS m FROM `+table+` ORDER BY m`, func(scan scanner) error {
				var m string
				err := scan(&m)
				here = append(here, m)
				return err
			})
			var want []string
			for _, show := range r.shows {
				if slotOf(show.Merchant, 2) == i {
					want = append(want, string(show.Merchant))
				}
			}
			slices.Sort(want)
			if err != nil || !slices.Equal(here, want) || len(here) == 0 {
				t.Errorf("shard %d has in %s %v, want %v: %v", i+1, table, here, want, err)
			}
		}
	}
	past := recordShow(8).pastShows()
	for _, show := range r.shows {
		entries := r.of(show.Merchant)
		fold := analytics.NewFold(show)
		for _, e := range entries {
			if err := fold.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		fold.SetShow(show)
		folded := fold.Figures(r.now)
		asked, err := db.Figures(t.Context(), show.Merchant, show, r.now)
		if err != nil {
			t.Fatal(err)
		}
		a, b, c := published(t, show, &folded, past), published(t, show, &asked, past), byHand(show, rawFacts(t, entries), past)
		if d := differing(a, b) + differing(b, c); d != "" {
			t.Errorf("%s: -fold +clickhouse, -clickhouse +by hand\n%s", show.Merchant, d)
		}
	}
	// Rows of a server on its own move to a cluster by its facts alone.
	at, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	password, _ := at.User.Password()
	moved := d.migrated(t)
	front := plainOf(t, d.shards[0], moved.database)
	for _, table := range []string{"events", "order_deltas"} {
		exec(t, front, fmt.Sprintf(`INSERT INTO %s SELECT * FROM remote('%s', '%s', '%s', 'showrunner', '%s') SETTINGS distributed_foreground_insert = 1, insert_deduplicate = 0, max_partitions_per_insert_block = 0`,
			table, at.Host, alone.database, table, password))
	}
	clean(t, moved)
	for _, show := range r.shows {
		want, err := alone.RollupMoney(t.Context(), show.Merchant, show.ID)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := moved.RollupMoney(t.Context(), show.Merchant, show.ID); err != nil || cmp.Diff(want, got) != "" || len(got) == 0 {
			t.Errorf("%s has %+v after the move, want %+v: %v", show.Merchant, got, want, err)
		}
	}
	if n, _, err := moved.Count(t.Context()); err != nil || n != events {
		t.Errorf("%d events after the move, want %d: %v", n, events, err)
	}
	// The tables of all shards say the same to whoever asks by hand, at either server.
	for i := range d.shards {
		var n, merchants uint64
		front := plainOf(t, d.shards[i], db.database)
		if err := front.conn.QueryRow(t.Context(), `SELECT count(), uniqExact(merchant_id) FROM events`).Scan(&n, &merchants); err != nil || n != uint64(len(r.entries)) || merchants != 3 {
			t.Errorf("server %d shows %d events of %d merchants, %v", i+1, n, merchants, err)
		}
		if err := front.conn.QueryRow(t.Context(), `SELECT count() FROM show_minute_published WHERE merchant_id = ?`, string(r.shows[i].Merchant)).Scan(&n); err != nil || n == 0 {
			t.Errorf("server %d shows %d minutes by a view, %v", i+1, n, err)
		}
	}
}

// clusterTests runs tests of figures once more, with two shards under them.
func clusterTests(t *testing.T, d *duo) {
	clustered = d
	defer func() { clustered = nil }()
	all := map[string]func(*testing.T){
		"ThreeWays": TestThreeWays, "FedGroups": TestFedGroups, "GroupSales": TestGroupSales, "Period": TestPeriodOfInvention, "Metrics": TestMetrics, "Touches": TestTouchesOfOnePerson, "Holdouts": TestHoldoutsOfOnePerson, "Lost": TestLostPathsOfOnePerson,
		"Standing": TestStandingRolledUp, "Kept": TestFiguresKept,
	}
	if soakScale(t) > 1 { // Minutes, and nothing in them that the shards of a merchant could tell apart.
		maps.Copy(all, map[string]func(*testing.T){
			"Audience": TestAudience, "Buyers": TestBuyers, "Cohorts": TestRetention, "Deeds": TestDeeds, "Funnels": TestFunnels, "Groups": TestGroupDays, "Words": TestGroupWordsAndReports,
			"Temperatures": TestTemperatures, "Silence": TestSilence, "Served": TestServedSessions, "Journeys": TestPaidJourneys, "Assisted": TestAssisted, "Part": TestFiguresOf,
		})
	}
	for name, test := range all {
		t.Run(name, test)
	}
}
