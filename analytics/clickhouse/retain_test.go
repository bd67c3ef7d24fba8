package clickhouse

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// recordedDB has the recorded show, which has every kind of fact, and a clock
// that stands a year and more after it.
func recordedDB(t *testing.T, now time.Time) (*DB, *record) {
	t.Helper()
	waitReady(t)
	db := open(t, server.URL())
	db.cfg.Now = func() time.Time { return now }
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := recordShow(7)
	fill(t, db, r.entries, nil)
	return db, r
}

// kindsOf are the rows of each kind.
func kindsOf(t *testing.T, db *DB) map[string]int64 {
	t.Helper()
	out := map[string]int64{}
	err := db.rows(t.Context(), "test", nil, `SELECT toString(kind), toInt64(count()) FROM events GROUP BY kind`, func(scan scanner) error {
		var k string
		var n int64
		err := scan(&k, &n)
		out[k] = n
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ttls are the tables that let rows go, with the expression.
func ttls(t *testing.T, db *DB) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := db.rows(t.Context(), "test", nil, `SELECT name, extract(create_table_query, ' TTL (.*) SETTINGS') FROM system.tables WHERE database = currentDatabase() AND position(create_table_query, ' TTL ') > 0`,
		func(scan scanner) error {
			var name, ttl string
			err := scan(&name, &ttl)
			out[name] = ttl
			return err
		})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRetentionLetsGo keeps raw behaviour for 400 days: what is older goes from the
// facts, and nothing else does, from no table; money, rollups and what the audit
// can say stay whole; what cannot be computed any more is what is said of it.
func TestRetentionLetsGo(t *testing.T) {
	now := time.Now().UTC()
	if now.Sub(start) < 95*24*time.Hour {
		t.Skip("the recorded show is too young by this machine's clock")
	}
	days := int(now.Sub(start).Hours()/24) - 4 // ClickHouse goes by its own clock.
	db, r := recordedDB(t, now)
	clean(t, db)
	before, had := kindsOf(t, db), snapshotOf(t, db, r, now)
	tables := map[string]int64{}
	for _, name := range []string{"order_deltas", "show_money", "money_minute", "person_money", "touches", "show_minute", "event_standing"} {
		exec(t, db, `OPTIMIZE TABLE `+name+` FINAL`)
		tables[name] = countOf(t, db, hashOf(name))
	}
	if gone, err := db.BehaviourGone(t.Context()); err != nil || !gone.IsZero() {
		t.Errorf("gone before %v, %v", gone, err)
	}
	if err := db.Retain(t.Context(), days); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[string]string{"events": ttlOf(days)}, ttls(t, db)); d != "" {
		t.Errorf("rows go from: -want +got\n%s", d)
	}
	// A merge may have been faster.
	if _, err := db.Forget(t.Context()); err != nil {
		t.Error(err)
	}
	if months, err := db.Forget(t.Context()); err != nil || months != 0 {
		t.Errorf("again %d months, %v", months, err)
	}
	after := kindsOf(t, db)
	for kind, n := range before {
		switch behaviour := slices.Contains(analytics.BehaviourKinds, live.Kind(kind)); {
		case behaviour && after[kind] != 0:
			t.Errorf("%d of %d %s are there", after[kind], n, kind)
		case !behaviour && after[kind] != n:
			t.Errorf("%s: %d of %d are left", kind, after[kind], n)
		}
	}
	for _, k := range analytics.BehaviourKinds {
		if before[string(k)] == 0 {
			t.Errorf("the show had no %s", k)
		}
	}
	for name, was := range tables {
		exec(t, db, `OPTIMIZE TABLE `+name+` FINAL`)
		if is := countOf(t, db, hashOf(name)); is != was || was == 0 {
			t.Errorf("the rows of %s sum to %d, they did to %d", name, is, was)
		}
	}
	clean(t, db) // The audit knows what may be gone, and no more than that.
	exec(t, db, `INSERT INTO show_money SELECT * FROM show_money`)
	if found, err := db.Audit(t.Context()); err != nil || len(found) == 0 {
		t.Errorf("the audit found nothing wrong with money, %v", err)
	}
	rebuild(t, db, "show_money", "")
	clean(t, db)
	month := start.Format("2006-01")
	for rollup, month := range map[string]string{"ingest_ledger": "", "show_minute": month, "touches": month} {
		if _, err := db.PlanRebuild(t.Context(), rollup, month); !isConflict(err, "facts_aged") {
			t.Errorf("%s would be made of what is left: %v", rollup, err)
		}
	}

	// What of the report differs now is what the report says.
	gone, err := db.BehaviourGone(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	aged := analytics.AgedOf(r.show, gone)
	if aged == nil {
		t.Fatalf("nothing is said of a show of %s, gone is what was before %s", r.show.StartedAt, gone)
	}
	has := snapshotOf(t, db, r, now)
	var differ []string
	for _, v := range had {
		w, ok := has.Get(v.Metric.Key)
		if !ok || w.Num != v.Num || w.Den != v.Den {
			differ = append(differ, v.Metric.Key)
		}
	}
	slices.Sort(differ)
	if d := cmp.Diff(differ, aged.Metrics); d != "" {
		t.Errorf("what cannot be computed: -differs +said\n%s", d)
	}
	exec(t, db, `TRUNCATE TABLE show_minute`) // Less than the facts still say.
	if found, err := db.Audit(t.Context()); err != nil || len(found) == 0 {
		t.Errorf("facts beyond the rollup were not found, %v", err)
	}
	if analytics.AgedOf(r.show, r.show.StartedAt) != nil || analytics.AgedOf(r.show, time.Time{}) != nil {
		t.Error("something is said of a show of which all is there")
	}
}

// hashOf sums the rows of a table in whatever order they are.
func hashOf(name string) string {
	return `SELECT toInt64(sum(cityHash64(tuple(*)) % 1000000007)) FROM ` + name
}

func isConflict(err error, code string) bool {
	e, ok := errors.AsType[*live.Error](err)
	return ok && e.Code == code
}

func rebuild(t *testing.T, db *DB, rollup, month string) {
	t.Helper()
	plan, err := db.PlanRebuild(t.Context(), rollup, month)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Rebuild(t.Context(), plan); err != nil {
		t.Fatal(err)
	}
}

// snapshotOf are the figures of the report.
func snapshotOf(t *testing.T, db *DB, r *record, asOf time.Time) analytics.Values {
	t.Helper()
	f, err := db.Figures(t.Context(), r.show.Merchant, r.show, asOf)
	if err != nil {
		t.Fatal(err)
	}
	f.AsOf = asOf
	report, err := analytics.ReportOf(r.show, f, nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return report.Metrics
}

// TestRetentionChanges changes the policy: nothing is rewritten by that, what was
// let go stays known to be gone, and the same policy again is no change.
func TestRetentionChanges(t *testing.T) {
	now := time.Now().UTC()
	db, _ := recordedDB(t, now)
	parts := func() string {
		var names []string
		err := db.rows(t.Context(), "test", nil, `SELECT name FROM system.parts WHERE active AND database = currentDatabase() AND table = 'events' ORDER BY name`, func(scan scanner) error {
			var name string
			err := scan(&name)
			names = append(names, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(names, " ")
	}
	exec(t, db, `OPTIMIZE TABLE events FINAL`, `SYSTEM STOP MERGES events`)
	for countOf(t, db, `SELECT toInt64(count()) FROM system.merges WHERE database = currentDatabase()`) > 0 {
		time.Sleep(10 * time.Millisecond)
	}
	was := parts()
	notes := func() int64 { return countOf(t, db, `SELECT toInt64(count()) FROM retention`) }
	for i, c := range []struct {
		days  int
		notes int64
		ttl   string
	}{{0, 0, ""}, {400, 1, ttlOf(400)}, {400, 1, ttlOf(400)}, {36500, 2, ttlOf(36500)}, {0, 3, ""}, {0, 3, ""}, {500, 4, ttlOf(500)}} {
		db.cfg.Now = func() time.Time { return now.Add(time.Duration(i) * time.Second) }
		if err := db.Retain(t.Context(), c.days); err != nil {
			t.Fatal(err)
		}
		if n := notes(); n != c.notes {
			t.Errorf("%d days: %d policies are noted, want %d", c.days, n, c.notes)
		}
		if got := ttls(t, db)["events"]; got != c.ttl {
			t.Errorf("%d days: %q, want %q", c.days, got, c.ttl)
		}
		if is := parts(); is != was {
			t.Errorf("%d days: parts %s, were %s", c.days, is, was)
		}
	}
	if err := db.Retain(t.Context(), -1); err == nil {
		t.Error("a negative policy was taken")
	}
}

func TestGoneBy(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, day) }
	none := policy{}
	for _, c := range []struct {
		policies []policy
		now      int
		want     time.Time
	}{
		{[]policy{none}, 1000, time.Time{}},
		{[]policy{none, {at(0), 400}}, 10, at(-390).Add(clockSlack)},
		{[]policy{none, {at(0), 400}, {at(20), 0}}, 1000, at(-380).Add(clockSlack)},
		{[]policy{none, {at(0), 90}, {at(20), 400}}, 100, at(-70).Add(clockSlack)},
		{[]policy{none, {at(0), 90}, {at(20), 400}}, 400, at(0).Add(clockSlack)},
		{[]policy{none, {at(0), 400}, {at(20), 90}}, 30, at(-60).Add(clockSlack)},
	} {
		if got := goneBy(c.policies, at(c.now)); !got.Equal(c.want) {
			t.Error(fmt.Sprint(c.policies), c.now, got, c.want)
		}
	}
}
