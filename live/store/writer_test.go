package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// block keeps the writer busy until the returned function is called, so that
// what comes in meanwhile shares the next transaction.
func block(t *testing.T, s *Store) func() {
	t.Helper()
	running, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	go func() {
		done <- s.write(context.Background(), func(*tx) error {
			close(running)
			<-release
			return nil
		})
	}()
	<-running
	return func() {
		close(release)
		if err := <-done; err != nil {
			t.Errorf("blocking change: %v", err)
		}
	}
}

func queued(s *Store, n int) {
	for len(s.writer.ops) < n {
		time.Sleep(time.Millisecond)
	}
}

func TestOneRefusalDoesNotUndoTheOthers(t *testing.T) {
	s, _ := fresh(t)
	release := block(t, s)
	refusal := errors.New("no")
	var committed atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		wg.Go(func() {
			errs[i] = s.write(t.Context(), func(t *tx) error {
				t.onCommit(func() { committed.Add(1) })
				if err := t.emit(live.Event{ID: live.EventID(fmt.Sprint(i)), Kind: live.Followed}); err != nil {
					return err
				}
				if err := t.audited(AuditRow{Merchant: "m1", Action: fmt.Sprint(i)}); err != nil {
					return err
				}
				if i%3 == 0 {
					return refusal
				}
				return nil
			})
		})
	}
	queued(s, len(errs))
	release()
	wg.Wait()
	kept := map[live.EventID]bool{}
	for i, err := range errs {
		switch {
		case i%3 == 0 && !errors.Is(err, refusal):
			t.Errorf("change %d: %v, want its refusal", i, err)
		case i%3 != 0 && err != nil:
			t.Errorf("change %d: %v", i, err)
		case i%3 != 0:
			kept[live.EventID(fmt.Sprint(i))] = true
		}
	}
	rows, err := s.Outbox(t.Context(), 0, 100)
	if err != nil || len(rows) != len(kept) {
		t.Fatalf("%d rows, %v; want %d", len(rows), err, len(kept))
	}
	for i, row := range rows {
		if !kept[row.Event.ID] || row.ID != int64(i+1) {
			t.Errorf("row %d is event %s", row.ID, row.Event.ID)
		}
	}
	if got := committed.Load(); int(got) != len(kept) {
		t.Errorf("%d commit hooks ran, want %d", got, len(kept))
	}
	select {
	case <-s.OutboxWake():
	default:
		t.Error("the relay was not woken")
	}
}

func TestWithdrawnChangeNeverRuns(t *testing.T) {
	s, _ := fresh(t)
	release := block(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	ran := atomic.Bool{}
	done := make(chan error, 1)
	go func() {
		done <- s.write(ctx, func(*tx) error { ran.Store(true); return nil })
	}()
	queued(s, 1)
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
	release()
	if err := s.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ran.Load() {
		t.Error("a change ran after its caller had gone")
	}
}

func TestCloseFinishesWhatWasHandedIn(t *testing.T) {
	c := newClock()
	s := open(t, t.TempDir()+"/x.db", c)
	release := block(t, s)
	var ran atomic.Int64
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := s.write(context.Background(), func(*tx) error { ran.Add(1); return nil }); err != nil {
				t.Errorf("write: %v", err)
			}
		})
	}
	queued(s, 10)
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	wg.Wait()
	if ran.Load() != 10 {
		t.Errorf("%d changes ran, want 10", ran.Load())
	}
}

func TestOutboxIDsAreNeverUsedTwice(t *testing.T) {
	c := newClock()
	path := t.TempDir() + "/x.db"
	s := open(t, path, c)
	stage(t, s, 5)
	last := int64(len(events(t, s)))
	if err := s.TrimOutbox(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, c)
	mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 1})
	rows, err := s.Outbox(t.Context(), 0, 10)
	if err != nil || len(rows) != 1 || rows[0].ID != last+1 {
		t.Errorf("rows = %+v, %v; want one with id %d", rows, err, last+1)
	}
}

// The clock of a transaction never goes back, whatever the machine's does.
func TestReceivedAtNeverGoesBack(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 1})
	c.add(-time.Hour)
	mustBuy(t, s, "v1", "c2", live.WantedLine{SKU: "a", Qty: 1})
	evs := events(t, s)
	for i := 1; i < len(evs); i++ {
		if evs[i].ReceivedAt.Before(evs[i-1].ReceivedAt) {
			t.Errorf("event %d was received before event %d", i, i-1)
		}
	}
}

// 200 viewers want one of 50 units at the same moment: exactly 50 get one.
func TestFlashSale(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 50)
	var sold, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			_, err := buy(s, t.Context(), fmt.Sprint("v", i), "c", live.WantedLine{SKU: "a", Qty: 1})
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
	wantStock(t, s, "a", 50, 50, 0)
	wantStockHeld(t, s)
	orders, _, err := s.Orders(t.Context(), OrderFilter{Merchant: "m1", Limit: 500})
	if err != nil || len(orders) != 50 {
		t.Errorf("%d orders, %v; want 50", len(orders), err)
	}
}

// Buying, cancelling, paying, expiring and releasing at once keep the stock equation.
func TestStockUnderEverythingAtOnce(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 20)
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 25 {
				p, err := buy(s, t.Context(), fmt.Sprint("v", w), fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: int64(1 + i%3)})
				if err != nil {
					if !errors.Is(err, live.Conflict("out_of_stock", "")) {
						t.Errorf("buy: %v", err)
					}
					if _, err := s.Execute(t.Context(), command(live.ReleaseStock, fmt.Sprint("r", w, "-", i), `{"sku_id":"a","qty":1,"extend":true}`)); err != nil {
						t.Errorf("release: %v", err)
					}
					continue
				}
				switch i % 4 {
				case 0:
					_, err = s.CancelOrder(t.Context(), "m1", p.ID, viewer(fmt.Sprint("v", w)), c.now())
				case 1, 2:
					_, err = s.ApplyFacts(t.Context(), "m1", []Fact{said{p.ID, c.now()}.paid("p", 0, p.Total)}, c.now())
				case 3:
					c.add(10 * time.Minute)
					_, err = s.expireOrders(t.Context())
				}
				if err != nil && !errors.Is(err, live.Conflict("wrong_state", "")) {
					t.Errorf("after buying: %v", err)
				}
			}
		})
	}
	wg.Wait()
	wantStockHeld(t, s)
}

func BenchmarkPlaceOrder(b *testing.B) {
	for _, callers := range []int{1, 64, 512, 2048} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			s, _ := fresh(b)
			stage(b, s, live.MaxStock)
			var n atomic.Int64
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if _, err := buy(s, context.Background(), "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
		})
	}
}
