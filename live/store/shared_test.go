package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// pair opens two stores on one PostgreSQL database, each with its own clock.
func pair(t *testing.T) (a, b *Store, clockA, clockB *clock) {
	t.Helper()
	if !onPostgres() {
		t.Skip("a SQLite file has one store")
	}
	path := filepath.Join(t.TempDir(), "shared")
	clockA, clockB = newClock(), newClock()
	return open(t, path, clockA), open(t, path, clockB), clockA, clockB
}

// soon is how long one store may need to see what another one did.
func soon(t *testing.T, what string, seen func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Second); !seen(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within a second: %s", what)
		}
	}
}

// 200 viewers at two stores want one of 50 units: exactly 50 get one, and the
// outbox is one sequence without a gap.
func TestTwoStoresSellEachUnitOnce(t *testing.T) {
	a, b, _, _ := pair(t)
	stage(t, a, 50)
	staged := len(events(t, a))
	var sold, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			_, err := buy([]*Store{a, b}[i%2], t.Context(), fmt.Sprint("v", i), "c", live.WantedLine{SKU: "a", Qty: 1})
			switch {
			case err == nil:
				sold.Add(1)
			case errors.Is(err, live.Conflict("out_of_stock", "")):
				refused.Add(1)
			default:
				t.Errorf("buy: %v", err)
			}
		})
	}
	wg.Wait()
	if sold.Load() != 50 || refused.Load() != 150 {
		t.Errorf("%d sold and %d refused, want 50 and 150", sold.Load(), refused.Load())
	}
	wantStock(t, b, "a", 50, 50, 0)
	wantStockHeld(t, a)
	rows, err := b.Outbox(t.Context(), 0, 1000)
	if err != nil || len(rows) != staged+50 {
		t.Fatalf("%d rows in the outbox, %v; want %d", len(rows), err, staged+50)
	}
	for i, row := range rows {
		if row.ID != int64(i+1) {
			t.Fatalf("row %d has id %d", i, row.ID)
		}
	}
}

// The same order given to both stores at once is one order.
func TestTwoStoresTakeAnOrderOnce(t *testing.T) {
	a, b, _, _ := pair(t)
	stage(t, a, 50)
	for i := range 20 {
		var got [2]live.PlacedOrder
		var wg sync.WaitGroup
		for n, s := range []*Store{a, b} {
			wg.Go(func() {
				var err error
				if got[n], err = buy(s, t.Context(), "v1", fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: 1}); err != nil {
					t.Errorf("buy: %v", err)
				}
			})
		}
		wg.Wait()
		if got[0].ID != got[1].ID || got[0].Replay == got[1].Replay {
			t.Fatalf("two answers to one order: %+v and %+v", got[0], got[1])
		}
	}
	wantStock(t, a, "a", 50, 20, 0)
}

func TestStoreSeesWhatTheOtherDid(t *testing.T) {
	a, b, _, clockB := pair(t)
	stage(t, a, 5)
	soon(t, "the show on air", func() bool { sh, ok := b.OnAir("r1"); return ok && sh.State == live.ShowStateLive })
	do(t, b, live.PinProduct, "pin", `{"product_id":"pa"}`)
	soon(t, "the pin", func() bool { sh, _ := a.OnAir("r1"); return sh.Pinned == "pa" })
	do(t, a, live.MuteViewer, "mute", `{"viewer_id":"v9","duration_s":60}`)
	soon(t, "the mute", func() bool { _, muted := b.Muted("r1", "v9", clockB.now()); return muted })
	// A command given to both is carried out once.
	if res := do(t, b, live.MuteViewer, "mute", `{"viewer_id":"v9","duration_s":60}`); !res.Replay {
		t.Error("the command was carried out again")
	}
	do(t, b, live.EndShow, "end", ``)
	soon(t, "the end", func() bool { _, ok := a.OnAir("r1"); return !ok })
	if sh, err := a.Show(t.Context(), "s1"); err != nil || sh.State != live.ShowStateEnded {
		t.Errorf("show = %+v, %v", sh, err)
	}
}

// A refused change of a show must not leave its mark in the caches.
func TestCacheFollowsOnlyCommits(t *testing.T) {
	a, b, _, _ := pair(t)
	stage(t, a, 5)
	no := errors.New("no")
	err := a.write(t.Context(), func(t *tx) error {
		sh, err := findShow(t, "s1")
		if err != nil {
			return err
		}
		sh.Title = "Never"
		return errors.Join(t.saveShow(&sh), no)
	})
	if !errors.Is(err, no) {
		t.Fatal(err)
	}
	title := "Renamed"
	if _, err := b.UpdateShow(t.Context(), "s1", ShowPatch{Title: &title}, operator); err != nil {
		t.Fatal(err)
	}
	soon(t, "the title", func() bool { sh, _ := a.OnAir("r1"); return sh.Title == title })
}

// Stamps ascend through the stores, also when one clock is behind; a clock
// that is wrong by an hour is not followed.
func TestStampsAscendAcrossStores(t *testing.T) {
	a, b, clockA, clockB := pair(t)
	stage(t, a, 50)
	clockB.add(-10 * time.Second)
	for i := range 6 {
		clockA.add(time.Second)
		mustBuy(t, []*Store{a, b}[i%2], "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
	}
	evs := events(t, a)
	for i := 1; i < len(evs); i++ {
		if evs[i].ReceivedAt.Before(evs[i-1].ReceivedAt) {
			t.Errorf("event %d was received before event %d", i, i-1)
		}
	}
	clockA.add(time.Hour)
	mustBuy(t, a, "v1", "ahead", live.WantedLine{SKU: "a", Qty: 1})
	mustBuy(t, b, "v1", "right", live.WantedLine{SKU: "a", Qty: 1})
	evs = events(t, a)
	if last := evs[len(evs)-1].ReceivedAt; last.After(clockB.now().Add(maxSkew)) {
		t.Errorf("the right clock follows the wrong one to %s", last)
	}
}

// Both stores clean up: each order is cancelled once.
func TestTwoStoresExpireAnOrderOnce(t *testing.T) {
	a, b, clockA, clockB := pair(t)
	stage(t, a, 40)
	for i := range 40 {
		mustBuy(t, a, fmt.Sprint("v", i), "c", live.WantedLine{SKU: "a", Qty: 1})
	}
	before := len(events(t, a))
	clockA.add(16 * time.Minute)
	clockB.add(16 * time.Minute)
	var wg sync.WaitGroup
	for _, s := range []*Store{a, b} {
		wg.Go(func() {
			if _, err := s.expireOrders(t.Context()); err != nil {
				t.Errorf("expire: %v", err)
			}
		})
	}
	wg.Wait()
	wantStock(t, b, "a", 40, 0, 0)
	if n := len(events(t, b)) - before; n != 40 {
		t.Errorf("%d events of 40 expired orders", n)
	}
}

// A key whose request never ended, because its store did, is free again after
// a while and not before.
func TestRequestInFlightElsewhereEndsByAge(t *testing.T) {
	a, b, _, clockB := pair(t)
	ctx := t.Context()
	if _, err := a.BeginIdempotent(ctx, "u", "k", "h"); err != nil {
		t.Fatal(err)
	}
	_, err := b.BeginIdempotent(ctx, "u", "k", "h")
	_ = wantCode(t, err, "idempotency_in_flight")
	clockB.add(inFlight)
	_, err = b.BeginIdempotent(ctx, "u", "k", "h")
	_ = wantCode(t, err, "idempotency_in_flight")
	clockB.add(time.Second)
	if kept, err := b.BeginIdempotent(ctx, "u", "k", "h"); err != nil || kept != nil {
		t.Errorf("after %s = %v, %v", inFlight, kept, err)
	}
}

func TestSeenIsShared(t *testing.T) {
	a, b, clockA, _ := pair(t)
	keys := [][16]byte{{1}, {0xff, 2}}
	if err := a.AddSeen(t.Context(), keys, clockA.now()); err != nil {
		t.Fatal(err)
	}
	if seen, err := b.HasSeen(t.Context(), append(keys, [16]byte{3})); err != nil || !seen[0] || !seen[1] || seen[2] {
		t.Errorf("seen = %v, %v", seen, err)
	}
}

// One relay works, the other waits, and takes over when the first ends.
func TestRelaysTakeTurns(t *testing.T) {
	a, b, _, _ := pair(t)
	stage(t, a, live.MaxStock)
	want := len(events(t, a))
	log := &logbook{}
	var working, most atomic.Int64
	log.fail = func(int) (before, after error) {
		most.Store(max(most.Load(), working.Add(1)))
		time.Sleep(time.Millisecond)
		working.Add(-1)
		return nil, nil
	}
	stopA := relay(t, a, log)
	await(t, "the first events", func() bool { return log.len() == want })
	stopB := relay(t, b, log)
	for i := range 30 {
		mustBuy(t, []*Store{a, b}[i%2], "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
	}
	soon(t, "the orders of both", func() bool { return log.len() == want+30 })
	stopA()
	for i := range 30 {
		mustBuy(t, []*Store{a, b}[i%2], "v2", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
	}
	await(t, "the second relay", func() bool { return log.len() == want+60 })
	await(t, "an empty outbox", drained(t, b))
	stopB()
	seen := map[live.EventID]bool{}
	for _, e := range log.events {
		if seen[e.ID] {
			t.Errorf("event %s is in the log twice", e.ID)
		}
		seen[e.ID] = true
	}
	if most.Load() != 1 {
		t.Errorf("%d relays worked at once", most.Load())
	}
}

// A relay whose lock is gone, with its connection, stops; it or another goes on.
func TestRelayLosesItsLease(t *testing.T) {
	a, b, _, _ := pair(t)
	stage(t, a, live.MaxStock)
	want := len(events(t, a))
	log := &logbook{}
	stopA, stopB := relay(t, a, log), relay(t, b, log)
	await(t, "the first events", func() bool { return log.len() == want })
	for i := range 3 {
		terminate(t, a, `pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')`)
		mustBuy(t, b, "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
		await(t, "the event after the loss", func() bool { return log.len() == want+i+1 })
	}
	stopA()
	stopB()
}

// terminate ends sessions of the store's database from outside.
func terminate(t *testing.T, s *Store, which string) {
	t.Helper()
	var n int64
	if err := s.reader(context.Background()).row(`SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND pid <> pg_backend_pid() AND ` + which).Scan(&n); err != nil {
		t.Errorf("terminate: %v", err)
	}
}
