package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/live"
)

// showsAt are the shows of a world by merchant, each as of an instant, with one that
// has no facts.
func showsAt(w *world, at time.Time) map[live.MerchantID][]analytics.ShowAt {
	of := map[live.MerchantID][]analytics.ShowAt{}
	for _, s := range w.shows {
		of[s.Merchant] = append(of[s.Merchant], analytics.ShowAt{Show: s, At: at})
	}
	for m := range of {
		of[m] = append(of[m], analytics.ShowAt{Show: live.Show{ID: "none", Merchant: m}, At: at})
	}
	return of
}

// standsAlike holds the standings of all shows against those of their facts, asked
// together and one by one, and tells how many the rollups knew.
func standsAlike(t *testing.T, db *DB, w *world, at time.Time) (known, of int) {
	t.Helper()
	for m, shows := range showsAt(w, at) {
		want, err := db.StandingsOfFacts(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.Standings(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s as of %s: -facts +told\n%s", m, at, d)
		}
		_, left, err := db.rolledUp(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		known, of = known+len(shows)-len(left), of+len(shows)
		for i, s := range shows {
			if one := standingOf(t, db, m, s.Show.ID, at); one != want[i] {
				t.Errorf("show %s alone stands at %+v, its facts at %+v", s.Show.ID, one, want[i])
			}
		}
	}
	return known, of
}

// TestStandingRolledUp: how facts stand is what the facts say, whatever became of
// them and of the rollups that tell it for less, and the rollups tell it wherever
// they can.
func TestStandingRolledUp(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(63, 1500)
	log := fill(t, db, w.entries[:1000], nil)
	now := w.now.Add(time.Hour)
	tables := func(statement string) {
		t.Helper()
		parts := []*DB{db}
		if clustered != nil {
			parts = clustered.parts(t, db)
		}
		for _, part := range parts {
			exec(t, part, statement)
		}
	}
	whole := func(what string, at time.Time) {
		t.Helper()
		if known, of := standsAlike(t, db, w, at); known != of {
			t.Errorf("%s: the rollups knew %d of %d shows", what, known, of)
		}
	}
	partly := func(what string, at time.Time) {
		t.Helper()
		if known, of := standsAlike(t, db, w, at); known == of {
			t.Errorf("%s: the rollups knew all", what)
		}
	}
	whole("after the first facts", now)
	partly("as of before some", w.entries[700].Event.ReceivedAt)
	log.entries = w.entries
	until(t, NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 10 * time.Millisecond, Now: time.Now}),
		live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1})
	whole("after late facts and refunds", now)
	tables(`OPTIMIZE TABLE event_standing FINAL`)
	whole("merged", now)

	// Rows that a rollup lost are not taken for facts that never came.
	tables(`ALTER TABLE delta_standing DELETE WHERE show_id != '' SETTINGS mutations_sync = 2`)
	partly("without orders", now)
	tables(`TRUNCATE TABLE event_standing`)
	partly("without any", now)
	for _, rollup := range []string{"event_standing", "delta_standing"} {
		rebuild(t, db, rollup, "")
	}
	whole("made anew", now)
	clean(t, db)

	// Facts that went are not there any more, though the rollup has them.
	tables(`ALTER TABLE events DELETE WHERE kind IN (` + behaviourKinds + `) SETTINGS mutations_sync = 2`)
	partly("without behaviour", now)
	rebuild(t, db, "event_standing", "")
	whole("made anew of what is left", now)

	// While another server makes the rollups there are none.
	tables(`DROP TABLE event_standing_mv`)
	tables(`DROP TABLE event_standing`)
	for m, shows := range showsAt(w, now) {
		want, err := db.StandingsOfFacts(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		got, err := db.Standings(t.Context(), m, shows)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s without the rollup: -facts +told\n%s", m, d)
		}
	}
}

// TestStandingOfBefore brings over how facts stand that came before there was a rollup
// of it, stopped after every statement.
func TestStandingOfBefore(t *testing.T) {
	waitReady(t)
	db := open(t, server.URL())
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	var before, standing []statement
	for _, s := range all {
		if s.version == "0140_standing" {
			standing = append(standing, s)
		} else {
			before = append(before, s)
		}
	}
	none := steps{}
	if err := db.apply(t.Context(), before, none); err != nil {
		t.Fatal(err)
	}
	w := play(64, 1200)
	log := fill(t, db, w.entries[:800], nil)
	stopped := 0
	for i := range standing {
		err := db.apply(t.Context(), standing[:i+1], steps{after: func(statement) error { stopped++; return errEnough }})
		if err == nil {
			t.Fatalf("statement %d did not stop", i)
		}
	}
	if err := db.apply(t.Context(), standing, none); err != nil {
		t.Fatal(err)
	}
	if known, of := standsAlike(t, db, w, w.now); known != of || stopped != len(standing) {
		t.Errorf("%d stops; the rollups knew %d of %d shows", stopped, known, of)
	}
	log.entries = w.entries
	until(t, NewSink(SinkConfig{DB: db, Epoch: log.Epoch(), Reader: log.reader(), MaxAge: 10 * time.Millisecond, Now: time.Now}),
		live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1})
	if known, of := standsAlike(t, db, w, w.now); known != of {
		t.Errorf("the rollups knew %d of %d shows", known, of)
	}
	clean(t, db)
}
