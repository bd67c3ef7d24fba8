package clickhouse

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// exec runs statements.
func exec(t *testing.T, db *DB, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		if err := db.conn.Exec(t.Context(), sql); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
}

// countOf asks for one number.
func countOf(t *testing.T, db *DB, sql string) (n int64) {
	t.Helper()
	if err := db.rows(t.Context(), "test", nil, sql, func(scan scanner) error { return scan(&n) }); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// corruptions are what may happen to a rollup, each so that the audit tells.
var corruptions = []struct{ rollup, month, how string }{
	{"money_minute", "2026-01", `INSERT INTO money_minute SELECT * REPLACE (toInt64(777) AS paid) FROM money_minute WHERE toYYYYMM(t) = 202601 LIMIT 1`},
	{"show_minute", "2025-12", `ALTER TABLE show_minute DROP PARTITION ID '202512'`},
	{"show_minute", "2025-12", `INSERT INTO show_minute SELECT * FROM show_minute WHERE toYYYYMM(t) = 202512`},
	{"money_minute", "2025-12", `ALTER TABLE money_minute DELETE WHERE toYYYYMM(t) = 202512 SETTINGS mutations_sync = 2`},
	{"touches", "2025-12", `INSERT INTO touches SELECT * FROM touches WHERE toYYYYMM(ts) = 202512`},
	{"show_money", "", `INSERT INTO show_money SELECT * FROM show_money`},
	{"person_money", "", `TRUNCATE TABLE person_money`},
	{"person_money", "", `INSERT INTO person_money SELECT * FROM person_money`},
	{"event_standing", "", `INSERT INTO event_standing SELECT * FROM event_standing`},
	{"event_standing", "", `INSERT INTO event_standing SELECT merchant_id, show_id, 0, 1, latest FROM event_standing`},
	{"delta_standing", "", `ALTER TABLE delta_standing DELETE WHERE show_id != '' SETTINGS mutations_sync = 2`},
}

// TestRebuild spoils each rollup, sees the audit find it, rebuilds it and sees
// the audit find nothing, while the other months and rollups stay as they are.
func TestRebuild(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(51, 1500)
	fill(t, db, w.entries, nil)
	clean(t, db)
	for _, c := range corruptions {
		exec(t, db, c.how)
		plan, err := db.PlanRebuild(t.Context(), c.rollup, c.month)
		if err != nil {
			t.Fatal(err)
		}
		if !plan.Checked || len(plan.Found) == 0 {
			t.Errorf("%s: nothing was found of %s", c.rollup, c.how)
		}
		found, err := db.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(found) != len(plan.Found) {
			t.Errorf("%s: the audit found %d places, the plan %d", c.rollup, len(found), len(plan.Found))
		}
		if err := db.Rebuild(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		clean(t, db)
	}
	if n := countOf(t, db, `SELECT toInt64(count()) FROM system.tables WHERE database = currentDatabase() AND startsWith(name, '`+shadowPrefix+`')`); n != 0 {
		t.Errorf("%d tables were left beside the rollups", n)
	}
	// Others stay as they are; the audit compares the ledger as no sum of rows.
	for rollup, month := range map[string]string{"ingest_ledger": "", "holdouts": "", "group_facts": "2025-12"} {
		before := countOf(t, db, `SELECT toInt64(count()) FROM `+rollup)
		plan, err := db.PlanRebuild(t.Context(), rollup, month)
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Rebuild(t.Context(), plan); err != nil {
			t.Fatal(err)
		}
		if after := countOf(t, db, `SELECT toInt64(count()) FROM `+rollup); rollup != "ingest_ledger" && after != before {
			t.Errorf("%s has %d rows, had %d", rollup, after, before)
		}
	}
	clean(t, db)
}

// TestRebuildSeamless reads a rollup in a loop while it is rebuilt again and
// again under a sink that goes on writing: a reader sees what was spoiled or what
// is right, never less, and at the end nothing is missing.
func TestRebuildSeamless(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(53, 2500)
	half := len(w.entries) / 2
	fill(t, db, w.entries[:half], nil)
	settled := countOf(t, db, `SELECT sum(paid) FROM money_minute WHERE toYYYYMM(t) = 202512`)
	if settled == 0 {
		t.Fatal("the test has no money in the month")
	}
	// What comes in meanwhile may take some of it away.
	for _, e := range w.entries[half:] {
		if !live.OrderFactKind(e.Event.Kind) {
			continue
		}
		deltas, err := live.DecodeDeltas(e.Event.Data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range deltas {
			settled += min(deltas[i].PaidMinor, 0)
		}
	}
	exec(t, db, `INSERT INTO money_minute (merchant_id, show_id, currency, t, paid) SELECT 'm1', 'spoiled', 'CNY', '2025-12-31 23:00:00', 1000000000`)

	log := newMemoryLog(w.entries[half:])
	sink := NewSink(SinkConfig{DB: db, Epoch: "second", Reader: log.reader(), MaxRows: 40, MaxAge: 5 * time.Millisecond, Now: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- sink.Run(ctx) }()
	var over atomic.Bool
	var reads atomic.Int64
	readers, reading := errgroup.WithContext(t.Context())
	readers.Go(func() error {
		for !over.Load() {
			var seen int64
			err := db.rows(reading, "test", nil, `SELECT sum(paid) FROM money_minute WHERE toYYYYMM(t) = 202512`, func(scan scanner) error { return scan(&seen) })
			if err != nil {
				return err
			}
			if seen < settled {
				return errors.New("a reader saw a hole")
			}
			reads.Add(1)
		}
		return nil
	})
	rebuilds := 0
	end := live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1}
	for rebuilds < 12 || sink.Watermark().Less(end) {
		rollup := []string{"money_minute", "show_money", "show_minute"}[rebuilds%3]
		month := ""
		if strings.HasSuffix(rollup, "_minute") {
			month = []string{"2025-12", "2026-01"}[rebuilds/3%2]
		}
		err := sink.AtRest(ctx, func(ctx context.Context, at live.Position) error {
			if at != sink.Watermark() {
				t.Errorf("at rest at %v, the watermark is %v", at, sink.Watermark())
			}
			plan, err := db.PlanRebuild(ctx, rollup, month)
			if err != nil {
				return err
			}
			return db.Rebuild(ctx, plan)
		})
		if err != nil {
			t.Fatal(err)
		}
		rebuilds++
	}
	for first := reads.Load(); reads.Load() < first+2 && reading.Err() == nil; {
		time.Sleep(time.Millisecond)
	}
	over.Store(true)
	if err := readers.Wait(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d rebuilds, %d reads", rebuilds, reads.Load())
	clean(t, db)
}

func TestRebuildRefuses(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	for _, c := range []struct{ rollup, month, field string }{
		{"events", "2026-01", "rollup"},
		{"nothing", "", "rollup"},
		{"money_minute; DROP TABLE events", "2026-01", "rollup"},
		{"group_days", "", "rollup"},
		{"money_minute", "", "month"},
		{"money_minute", "2026-13", "month"},
		{"money_minute", "202601", "month"},
		{"show_money", "2026-01", "month"},
	} {
		_, err := db.PlanRebuild(t.Context(), c.rollup, c.month)
		if e, ok := errors.AsType[*live.Error](err); !ok || e.Field != c.field {
			t.Errorf("%s %s: got %v", c.rollup, c.month, err)
		}
	}
	if err := db.Rebuild(t.Context(), &Rebuild{Rollup: "money_minute", Month: "2026-01"}); err == nil {
		t.Error("a plan that is none was taken")
	}
	names := []string{}
	for _, r := range reconciles {
		names = append(names, r.rollup)
	}
	for _, c := range corruptions {
		if !slices.Contains(names, c.rollup) {
			t.Errorf("%s is not audited", c.rollup)
		}
	}
}

// TestAtRestEnds waits for a sink that does not run, and is ended in its work.
func TestAtRestEnds(t *testing.T) {
	log := newMemoryLog(play(55, 10).entries)
	sink := NewSink(SinkConfig{DB: migrated(t, server.URL()), Epoch: log.Epoch(), Reader: log.reader(), MaxAge: time.Millisecond, Now: time.Now})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sink.AtRest(gone, func(context.Context, live.Position) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	running, stop := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- sink.Run(running) }()
	err := sink.AtRest(t.Context(), func(ctx context.Context, _ live.Position) error {
		stop() // The server is told to end in the middle of it.
		<-ctx.Done()
		return context.Cause(ctx)
	})
	if !errors.Is(err, errSinkEnded) {
		t.Errorf("got %v", err)
	}
	if err := <-ran; err != nil {
		t.Error(err)
	}
}
