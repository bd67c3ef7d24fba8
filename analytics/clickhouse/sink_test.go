package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// fault is a sender that fails in the ways a network and a server do.
type fault struct {
	db   *DB
	rng  *rand.Rand
	kill func() error // ends the engine; nil: never
	// often is after how many sends it does; 0 is 200.
	often int

	mu                    sync.Mutex
	sends, failed, resent int
	batches               int
	history               []sent
	lost, refused         int
}

type sent struct {
	block *block
	token string
}

var errInjected = errors.New("injected")

func (f *fault) send(ctx context.Context, b *block, token string) error {
	if b.rows == 0 {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sends++
	dice := f.rng.IntN(100)
	if dice < 6 { // The request never arrived.
		f.refused++
		f.failed++
		return errInjected
	}
	if often := cmp.Or(f.often, 200); f.kill != nil && f.sends%often == often/2 { // The server dies with the request in its hands.
		go func() {
			time.Sleep(time.Duration(dice) * 200 * time.Microsecond)
			_ = f.kill() // It may be gone already.
		}()
	}
	if err := f.db.insert(ctx, b, token); err != nil {
		f.failed++
		return err
	}
	if dice < 24 { // It arrived and nobody knows.
		f.lost++
		f.failed++
		return errInjected
	}
	f.history = append(f.history, sent{kept(b), token})
	f.batches++
	// A copy of an old request turns up late, out of order.
	if f.rng.IntN(5) == 0 {
		old := f.history[f.rng.IntN(len(f.history))]
		if f.db.insert(ctx, old.block, old.token) == nil {
			f.resent++
		}
	}
	return nil
}

// boom adds views that throw for one insert in eight, after other views of the
// same insert have been fed.
func boom(t *testing.T, db *DB) {
	t.Helper()
	for _, sql := range []string{
		`CREATE TABLE boom (seq UInt64) ENGINE = MergeTree ORDER BY seq SETTINGS non_replicated_deduplication_window = 100000`,
		`CREATE MATERIALIZED VIEW boom_events_mv TO boom AS SELECT seq FROM events WHERE throwIf(randConstant() % 8 = 0, 'injected') = 0`,
		`CREATE MATERIALIZED VIEW boom_deltas_mv TO boom AS SELECT seq FROM order_deltas WHERE throwIf(randConstant() % 8 = 0, 'injected') = 0`,
	} {
		if err := db.conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}

// soak moves a log through a sender that fails, with a sink that is stopped and
// started again and again.
func soak(t *testing.T, db *DB, f *fault, w *world, rows, stops int) {
	t.Helper()
	log := newMemoryLog(w.entries)
	end := live.Position{Seq: w.entries[len(w.entries)-1].Position.Seq + 1}
	deadline := time.Now().Add(time.Duration(soakScale(t)) * 8 * time.Minute)
	for run := 0; ; run++ {
		s := NewSink(SinkConfig{
			DB: db, Epoch: log.Epoch(), Reader: log.reader(), Now: time.Now, MaxAge: time.Millisecond,
			// Another size after every start: only the intent says what the range was.
			MaxRows: rows + run%3, send: f.send,
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		goal := end
		if run < stops {
			goal = w.entries[(run+1)*len(w.entries)/(stops+1)].Position
		}
		for s.Watermark().Less(goal) {
			select {
			case err := <-done:
				t.Fatalf("the sink ended: %v", err)
			case <-time.After(time.Millisecond):
			}
			if time.Now().After(deadline) {
				t.Fatalf("the soak is at %v of %v", s.Watermark(), end)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if goal == end {
			return
		}
	}
}

// soakScale is how many times as long the soak is as in every run of the tests:
// SHOWRUNNER_SOAK=50 makes it one of more than 10,000 batches.
func soakScale(t *testing.T) int {
	t.Helper()
	text := os.Getenv("SHOWRUNNER_SOAK")
	if text == "" {
		return 1
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("SHOWRUNNER_SOAK=%q is no number of at least 1", text)
	}
	return n
}

func TestSoak(t *testing.T) {
	db := migrated(t, server.URL())
	boom(t, db)
	w := play(21, 3000*soakScale(t))
	f := &fault{db: db, rng: rand.New(rand.NewPCG(3, 4)), kill: func() error { return syscall.Kill(server.Pid(), syscall.SIGKILL) }}
	pid := server.Pid()
	soak(t, db, f, w, 23, 12*soakScale(t))
	t.Logf("%d sends, %d failed (%d lost answers, %d never arrived), %d late copies, %d batches", f.sends, f.failed, f.lost, f.refused, f.resent, f.batches)
	if want := 200 * soakScale(t); f.batches < want {
		t.Errorf("%d batches, want %d or more", f.batches, want)
	}
	if f.failed*100 < f.sends*30 {
		t.Errorf("%d of %d sends failed, want 30 %%", f.failed, f.sends)
	}
	if server.Pid() == pid {
		t.Error("the engine was never killed")
	}
	waitReady(t)
	clean(t, db)
	totals(t, db, w)
	for _, show := range w.shows {
		got, err := db.Figures(t.Context(), show.Merchant, show, w.now)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(folded(t, w, show, w.now), got); d != "" {
			t.Errorf("show %s: -fold +clickhouse\n%s", show.ID, d)
		}
		rollup, err := db.RollupMoney(t.Context(), show.Merchant, show.ID)
		if err != nil {
			t.Fatal(err)
		}
		for i := range got.Money {
			got.Money[i].RefundsOfPayDate, got.Money[i].GoodsOfPayDate = 0, 0
		}
		if d := gocmp.Diff(got.Money, rollup); d != "" {
			t.Errorf("show %s: -facts +rollup\n%s", show.ID, d)
		}
	}
}

// killEngine kills the engine and waits until another answers in its place.
func killEngine(t *testing.T) {
	t.Helper()
	pid := server.Pid()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for server.Pid() == pid {
		time.Sleep(time.Millisecond)
	}
	waitReady(t)
}

func waitReady(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); server.Ready(t.Context()) != nil; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the engine does not come back")
		}
	}
}

// totals compares the number of rows with a count of the log.
func totals(t *testing.T, db *DB, w *world) {
	t.Helper()
	var deltas int64
	for _, e := range w.entries {
		if live.OrderFactKind(e.Event.Kind) {
			ds, err := live.DecodeDeltas(e.Event.Data)
			if err != nil {
				t.Fatal(err)
			}
			deltas += int64(len(ds))
		}
	}
	gotEvents, gotDeltas, err := db.Count(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if gotEvents != int64(len(w.entries)) || gotDeltas != deltas {
		t.Errorf("%d events and %d deltas, want %d and %d", gotEvents, gotDeltas, len(w.entries), deltas)
	}
}

// TestSoakControl takes the memory of inserts from one rollup. If the audit did
// not find the doubled rows, the soak above would prove nothing.
func TestSoakControl(t *testing.T) {
	waitReady(t)
	for _, table := range []string{"show_money", "touches"} {
		t.Run(table, func(t *testing.T) {
			db := migrated(t, server.URL())
			// The name is one of the two above.
			if err := db.conn.Exec(t.Context(), "ALTER TABLE "+table+" MODIFY SETTING non_replicated_deduplication_window = 0"); err != nil {
				t.Fatal(err)
			}
			w := play(22, 200)
			f := &fault{db: db, rng: rand.New(rand.NewPCG(5, 6))}
			soak(t, db, f, w, 18, 2)
			if f.lost == 0 {
				t.Fatal("no answer was lost")
			}
			totals(t, db, w)
			found, err := db.Audit(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if len(found) == 0 {
				t.Errorf("the audit found nothing after %d lost answers", f.lost)
			}
			for _, m := range found {
				if !strings.HasPrefix(m.Check, table+".") {
					t.Errorf("the audit blames another: %+v", m)
				}
			}
		})
	}
}

// TestAuditFacts puts facts in twice and leaves some out, past the sink.
func TestAuditFacts(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	w := play(23, 60)
	part := func(token string, entries []live.Entry) {
		s := newSpan(nil)
		for i := range entries {
			s.add(&entries[i])
		}
		for _, b := range s.blocks() {
			if err := db.insert(t.Context(), b, token+b.table); err != nil {
				t.Fatal(err)
			}
		}
	}
	split := func(seq uint64) (out []live.Entry) {
		for _, e := range w.entries {
			if e.Position.Seq == seq {
				out = append(out, e)
			}
		}
		return out
	}
	checks := func() map[string]bool {
		found, err := db.Audit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, m := range found {
			names[m.Check] = true
		}
		return names
	}
	part("a", split(1))
	part("b", split(3))
	if d := gocmp.Diff(map[string]bool{"log_gap": true}, checks()); d != "" {
		t.Errorf("a message is missing: -want +got\n%s", d)
	}
	part("c", split(2))
	if d := gocmp.Diff(map[string]bool{}, checks()); d != "" {
		t.Errorf("all is there: -want +got\n%s", d)
	}
	part("d", split(2)) // The same rows under another token.
	if got := checks(); !got["duplicate_position"] || !got["duplicate_event"] {
		t.Errorf("rows are in twice: %v", got)
	}
}

func FuzzDecodeIntent(f *testing.F) {
	f.Add([]byte(`{"from":1,"until":9,"n":3}`))
	f.Add([]byte(`{"from":9,"until":1,"n":3}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, note []byte) {
		i, err := decodeIntent(note)
		if err != nil {
			return
		}
		again, err := decodeIntent(i.encode())
		if err != nil || again != i {
			t.Errorf("%v became %v, %v", i, again, err)
		}
	})
}
