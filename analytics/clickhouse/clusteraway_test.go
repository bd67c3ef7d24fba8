package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// shardAway demands the refusal of what is about a shard that does not answer.
func shardAway(t *testing.T, what string, err error) {
	t.Helper()
	if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != "shard_unavailable" || e.Fault != live.FaultUnavailable || e.RetryAfter <= 0 {
		t.Errorf("%s: got %v, want shard_unavailable", what, err)
	}
}

// rowsOn are the rows of tables of each shard.
func rowsOn(t *testing.T, part *DB) (n int64) {
	t.Helper()
	for _, table := range []string{"events", "order_deltas", "show_minute", "money_minute", "person_money", "touches"} {
		n += countOf(t, part, `SELECT toInt64(count()) FROM `+table)
	}
	return n
}

// clusterHalfDone sends a block of which one shard takes its rows while the other
// is away: the same block with the same token makes it whole, however often it is
// sent and whoever was killed in between; another token would not.
func clusterHalfDone(t *testing.T, d *duo) {
	db := d.migrated(t)
	parts := d.parts(t, db)
	w := spread(play(71, 600))
	s := newSpan(nil)
	for _, e := range w.entries {
		if !monthOf(e.Event.ReceivedAt).has(w.entries[0].Event.ReceivedAt) {
			break
		}
		s.add(&e)
	}
	send := func(token string) error {
		return errors.Join(db.insert(t.Context(), s.events.block(), token+"events"), db.insert(t.Context(), s.deltas.block(), token+"deltas"))
	}
	d.away(1)
	shardless := func() {
		t.Helper()
		if err := send("a"); err == nil {
			t.Fatal("an insert without one of its shards succeeded")
		}
	}
	shardless()
	took := rowsOn(t, parts[0])
	if took == 0 {
		t.Fatal("the shard that is there took nothing")
	}
	shardless()
	d.killed(t, 0)
	d.start(1)
	d.ready(t)
	for range 3 {
		if err := send("a"); err != nil {
			t.Fatal(err)
		}
	}
	if n := rowsOn(t, parts[0]); n != took {
		t.Errorf("the shard that took its rows at first has %d, had %d", n, took)
	}
	events, _, err := db.Count(t.Context())
	if err != nil || events != int64(s.N) {
		t.Errorf("%d events, want %d: %v", events, s.N, err)
	}
	of := live.MerchantID("")
	audited := func() (n int) {
		found, err := db.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range found {
			of = live.MerchantID(m.Merchant)
			n++
		}
		return n
	}
	if n := audited(); n != 0 {
		t.Errorf("the audit found %d places, of %s", n, of)
	}
	// The control: what the token is for.
	if err := send("b"); err != nil {
		t.Fatal(err)
	}
	if audited() == 0 {
		t.Error("the audit does not see rows that are in twice")
	}
}

// clusterKilled moves a log through a sender that fails while one shard after the
// other is killed: nothing is lost and nothing counts twice.
func clusterKilled(t *testing.T, d *duo) {
	db := d.migrated(t)
	w := spread(play(72, 900))
	var kills atomic.Int64
	f := &fault{db: db, rng: rand.New(rand.NewPCG(7, 8)), often: 40, kill: func() error { return d.kill(int(kills.Add(1)) % 2) }}
	soak(t, db, f, w, 16, 3)
	t.Logf("%d sends, %d failed (%d lost answers, %d never arrived), %d late copies, %d batches, %d kills", f.sends, f.failed, f.lost, f.refused, f.resent, f.batches, kills.Load())
	if kills.Load() < 2 {
		t.Error("not both were killed")
	}
	// And both at once.
	d.killed(t, 0, 1)
	d.ready(t)
	clean(t, db)
	totals(t, db, w)
	for _, show := range w.shows {
		got, err := db.Figures(t.Context(), show.Merchant, show, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(folded(t, w, show, w.now), got); d != "" {
			t.Errorf("show %s: -fold +clickhouse\n%s", show.ID, d)
		}
	}
}

// clusterUpkeep does what changes and rewrites rows: it reaches the tables of every
// shard, and one merchant's nobody else's.
func clusterUpkeep(t *testing.T, d *duo) {
	ctx := t.Context()
	r := recordShows()
	alone, db := migrated(t, server.URL()), d.migrated(t)
	parts := d.parts(t, db)
	for _, to := range []*DB{alone, db} {
		fill(t, to, r.entries, nil)
		// The same person of two merchants; of one of them they are forgotten.
		one := Renaming{Merchant: merchantOn(1, 0), Old: "p3", New: "erased:x"}
		for range 2 {
			if err := to.Rename(ctx, one, func() error { one.Copied = true; return nil }); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i, want := range []bool{true, false} {
		of := ` FROM person_money WHERE merchant_id = '` + string(merchantOn(i, 0)) + `' AND person_id = 'p3'`
		if n := countOf(t, parts[i], `SELECT toInt64(count())`+of); n > 0 != want {
			t.Errorf("shard %d has %d rows of the person", i+1, n)
		}
	}
	for _, show := range r.shows[1:2] {
		want, err := told(ctx, alone, show, r.now)
		if err != nil {
			t.Fatal(err)
		}
		got, err := told(ctx, db, show, r.now)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got, exactly); d != "" {
			t.Errorf("%s without the person: -on its own +on two shards\n%s", show.Merchant, d)
		}
	}
	clean(t, db)

	// Rollups that are spoiled on either shard, or both, are made anew there.
	for i, c := range corruptions[:6] {
		for place, part := range parts {
			if i%3 == 2 || i%3 == place {
				exec(t, part, c.how)
			}
		}
		plan, err := db.PlanRebuild(ctx, c.rollup, c.month)
		if err != nil {
			t.Fatal(err)
		}
		if !plan.Checked || len(plan.Found) == 0 || plan.Rows == 0 {
			t.Errorf("%s: nothing was found of %s", c.rollup, c.how)
		}
		if err := db.Rebuild(ctx, plan); err != nil {
			t.Fatal(err)
		}
		after, err := db.PlanRebuild(ctx, c.rollup, c.month)
		if err != nil || len(after.Found) > 0 {
			t.Errorf("%s: %d places differ after it was rebuilt, %v", c.rollup, len(after.Found), err)
		}
	}
	clean(t, db)

	// Groups of both shards have their days made.
	v := &gang{village: village{rng: rand.New(rand.NewPCG(9, 9)), now: time.Date(2026, 2, 20, 11, 0, 0, 0, time.UTC), seq: r.entries[len(r.entries)-1].Position.Seq + 1}}
	for place := range 2 {
		v.live(merchantOn(place, 0), 60)
	}
	log := newMemoryLog(v.entries)
	log.next = v.entries[0].Position
	until(t, NewSink(SinkConfig{DB: db, Epoch: "groups", Reader: log.reader(), MaxAge: 5 * time.Millisecond, Now: time.Now}), live.Position{Seq: v.entries[len(v.entries)-1].Position.Seq + 1})
	merchants, err := db.GroupMerchants(ctx)
	if err != nil || len(merchants) < 2 {
		t.Fatalf("merchants with groups: %v, %v", merchants, err)
	}
	for place := range 2 {
		m := merchantOn(place, 0)
		if err := db.RefreshGroups(ctx, m, time.UTC, v.now, func([]group.Sighting) error { return nil }); err != nil {
			t.Fatal(err)
		}
		of := ` FROM group_days WHERE merchant_id = '` + string(m) + `'`
		if here, there := countOf(t, parts[place], `SELECT toInt64(count())`+of), countOf(t, parts[1-place], `SELECT toInt64(count())`+of); here == 0 || there != 0 {
			t.Errorf("%d days of the groups of %s are on its shard, %d on the other", here, m, there)
		}
	}

	// Behaviour that is due goes from both; the tables together are those of each.
	now := time.Now().UTC()
	if days := int(now.Sub(r.now).Hours()/24) - 1; days > 90 {
		if err := db.Retain(ctx, days); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Forget(ctx); err != nil {
			t.Fatal(err)
		}
		gone, err := db.BehaviourGone(ctx)
		if err != nil || gone.IsZero() {
			t.Errorf("gone before %v, %v", gone, err)
		}
		for i, part := range parts {
			if n := countOf(t, part, `SELECT toInt64(count()) FROM events WHERE ts < '2026-01-05 00:00:00' AND kind IN (`+behaviourKinds+`)`); n != 0 {
				t.Errorf("shard %d has %d facts that were due", i+1, n)
			}
			if d := cmp.Diff(map[string]string{"events": ttlOf(days)}, ttls(t, part)); d != "" {
				t.Errorf("shard %d: -want +got\n%s", i+1, d)
			}
		}
	}
	found, err := db.Audit(ctx)
	if err != nil || len(found) > 0 {
		t.Errorf("the audit found %v, %v", found, err)
	}
	tables, err := db.Tables(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name != "order_deltas" {
			continue
		}
		if want := countOf(t, parts[0], `SELECT toInt64(count()) FROM order_deltas`) + countOf(t, parts[1], `SELECT toInt64(count()) FROM order_deltas`); table.Rows != want {
			t.Errorf("%d rows, want %d", table.Rows, want)
		}
	}
}

// clusterAway stops a shard. What is about its merchants, or about all, is refused;
// the others have their figures, also of a program that starts then and asks
// the shard first that is away; the sink waits, says so, and catches up.
func clusterAway(t *testing.T, d *duo) {
	ctx := t.Context()
	r := recordShows()
	half := len(r.entries) / 14 * 7 // whole messages
	alone, db := migrated(t, server.URL()), d.migrated(t)
	fill(t, alone, r.entries, nil)
	log := fill(t, db, r.entries[:half], nil)
	here, there := r.shows[0], r.shows[1]
	before, err := told(ctx, db, here, r.now)
	if err != nil {
		t.Fatal(err)
	}
	d.away(1)
	late := connectTo(t, Config{URL: d.address(1, db.database), Cluster: clusterOfTests, Now: time.Now})
	for name, on := range map[string]*DB{"a program that ran before": db, "one that starts now": late} {
		after, err := told(ctx, on, here, r.now)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d := cmp.Diff(before, after, exactly); d != "" {
			t.Errorf("%s: the merchant of the other shard: -before +while it is away\n%s", name, d)
		}
		f, err := on.Figures(ctx, there.Merchant, there, r.now)
		shardAway(t, name+": figures", err)
		if f.Traffic != (analytics.Traffic{}) || len(f.Money) > 0 {
			t.Errorf("%s: figures of what is left: %+v", name, f)
		}
		_, err = on.RollupMoney(ctx, there.Merchant, there.ID)
		shardAway(t, name+": a rollup", err)
		_, _, err = on.Count(ctx)
		shardAway(t, name+": all rows", err)
		_, err = on.Audit(ctx)
		shardAway(t, name+": the audit", err)
		_, err = on.GroupMerchants(ctx)
		shardAway(t, name+": merchants", err)
		shardAway(t, name+": readiness", on.Ready(ctx))
		shardAway(t, name+": the schema", on.Migrate(ctx))
		shardAway(t, name+": a person", on.Rename(ctx, Renaming{Merchant: there.Merchant, Old: "a", New: "b"}, func() error { return nil }))
	}
	var n uint64
	if err := plainOf(t, d.shards[0], db.database).conn.QueryRow(ctx, `SELECT count() FROM events`).Scan(&n); err == nil {
		t.Errorf("the tables of all shards show %d rows of one", n)
	}

	log.mu.Lock()
	log.entries = r.entries
	log.mu.Unlock()
	reg := prometheus.NewRegistry()
	sink := NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxRows: 400, MaxAge: 5 * time.Millisecond, Now: time.Now, Registerer: reg})
	metric := func(name string) float64 {
		t.Helper()
		all, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.GetName() == "showrunner_clickhouse_sink_"+name {
				return m.GetMetric()[0].GetGauge().GetValue() + m.GetMetric()[0].GetCounter().GetValue()
			}
		}
		t.Fatalf("there is no metric %s", name)
		return 0
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	ran := make(chan error, 1)
	go func() { ran <- sink.Run(running) }()
	for end := time.Now().Add(time.Minute); metric("retries_total") < 3; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the sink does not try")
		}
	}
	if metric("failing") != 1 || metric("lag_seconds") <= 0 {
		t.Errorf("failing is %v, the lag %v, while a shard is away", metric("failing"), metric("lag_seconds"))
	}
	at := sink.Watermark()
	d.start(1)
	last := live.Position{Seq: r.entries[len(r.entries)-1].Position.Seq + 1}
	for end := time.Now().Add(2 * time.Minute); sink.Watermark().Less(last); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the sink is at %v of %v, and was at %v", sink.Watermark(), last, at)
		}
	}
	if lag := metric("lag_seconds"); lag != 0 || metric("failing") != 0 {
		t.Errorf("the lag is %v, failing %v, after all is in", lag, metric("failing"))
	}
	stop()
	if err := <-ran; err != nil {
		t.Fatal(err)
	}
	clean(t, db)
	want, err := told(ctx, alone, there, r.now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := told(ctx, late, there, r.now)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got, exactly); d != "" {
		t.Errorf("after it came back: -on its own +on two shards\n%s", d)
	}
	if fmt.Sprint(at) == fmt.Sprint(last) {
		t.Error("nothing was left to catch up with")
	}
}
