package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// outage is how long ClickHouse stands still.
func outage(t *testing.T) time.Duration {
	t.Helper()
	if s := os.Getenv("SHOWRUNNER_TEST_OUTAGE"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatalf("SHOWRUNNER_TEST_OUTAGE: %v", err)
		}
		return d
	}
	return 12 * time.Second
}

// TestEngineAway freezes ClickHouse under load, so that it neither answers nor
// hangs up. Clients notice nothing, the panel says how far the figures lag, and
// when the engine is back the backlog drains and every figure is right.
func TestEngineAway(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	s := newStage(t, p.url, data, "m-away", "r-away", "Europe/Berlin", good{"p1", "sku-1", 1990, 100000})
	ctx, cancel := context.WithCancel(deadline(t, 10*time.Minute))
	defer cancel()

	var over atomic.Bool
	var comments, slowest, orders atomic.Int64
	var clients sync.WaitGroup
	for i := range 8 {
		v := s.viewer(fmt.Sprintf("v%d", i), "")
		clients.Go(func() {
			defer v.close()
			for n := 0; !over.Load(); n++ {
				began := time.Now()
				ack, err := v.do(ctx, object{"type": "comment_sent", "event_id": fmt.Sprintf("c-%d-%d", i, n), "data": object{"text": "hi"}})
				if err != nil || ack["ok"] != true {
					t.Errorf("comment: %v %v", ack, err)
					return
				}
				comments.Add(1)
				for took := int64(time.Since(began)); ; {
					if old := slowest.Load(); took <= old || slowest.CompareAndSwap(old, took) {
						break
					}
				}
				if n%10 == 0 {
					ack, err := v.do(ctx, object{"type": "place_order", "data": object{
						"client_order_id": fmt.Sprintf("o-%d-%d", i, n), "lines": []object{{"sku_id": "sku-1", "qty": 1}},
					}})
					if err != nil || ack["ok"] != true {
						t.Errorf("order: %v %v", ack, err)
						return
					}
					orders.Add(1)
				}
				sleep(ctx, 5*time.Millisecond)
			}
			if v.reconnects.Load() != 1 {
				t.Errorf("viewer %d was disconnected", i)
			}
		})
	}

	panel := newSocket(p.url, s.room, s.operator, "panel=1")
	defer panel.close()
	if err := panel.connect(ctx); err != nil {
		t.Fatal(err)
	}
	sleep(ctx, 3*time.Second)

	// The supervisor replaces an engine that stays silent for a minute, so the
	// replacement is frozen too, until the time is up.
	if p.enginePID() == 0 {
		t.Fatal("no engine to freeze")
	}
	frozen, thaw := context.WithCancel(ctx)
	var thawed sync.WaitGroup
	thawed.Go(func() {
		for ; frozen.Err() == nil; sleep(frozen, 50*time.Millisecond) {
			if pid := p.enginePID(); pid != 0 {
				_ = syscall.Kill(pid, syscall.SIGSTOP) // Gone already means replaced soon.
			}
		}
		if pid := p.enginePID(); pid != 0 {
			_ = syscall.Kill(pid, syscall.SIGCONT)
		}
	})
	defer thawed.Wait()
	defer thaw()
	p.ready(503, 30*time.Second)

	// The panel still gets a snapshot a second, and it says that it lags.
	var snapshots int
	var lag float64
	for end := time.Now().Add(outage(t)); time.Now().Before(end); {
		frame, err := panel.read(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if frame["type"] != "snapshot" {
			continue
		}
		snapshots++
		lag = frame["lag_ms"].(float64)
		if lag > 3000 && frame["provisional"] != true {
			t.Errorf("snapshot lags %v ms and does not say provisional", lag)
		}
	}
	if snapshots < 3 {
		t.Errorf("%d snapshots while the engine was away", snapshots)
	}
	if lag < 3000 {
		t.Errorf("the engine was away and lag_ms is %v", lag)
	}
	thaw()
	p.ready(200, 2*time.Minute)
	over.Store(true)
	clients.Wait()
	s.command("end_show", object{})
	s.reconciled(2 * time.Minute)
	if got := s.count("comment_pv"); got != comments.Load() {
		t.Errorf("report counts %d comments, %d were acknowledged", got, comments.Load())
	}
	if got := s.count("orders"); got != orders.Load() {
		t.Errorf("report counts %d orders, %d were acknowledged", got, orders.Load())
	}
	audit(t, engineURL(t, data))

	var snapshot struct {
		Lag         int64                      `json:"lag_ms"`
		Provisional bool                       `json:"provisional"`
		Metrics     map[string]json.RawMessage `json:"metrics"`
	}
	must(t, "GET", s.path("/snapshot"), s.operator, nil, &snapshot)
	if snapshot.Provisional || snapshot.Lag > 2000 {
		t.Errorf("the backlog is gone and the snapshot says provisional %v, lag %d ms", snapshot.Provisional, snapshot.Lag)
	}
	t.Logf("away for %s: %d comments and %d orders acknowledged, slowest acknowledgement %s, lag shown up to %v ms",
		outage(t), comments.Load(), orders.Load(), time.Duration(slowest.Load()), lag)
	p.stop(10 * time.Second)
}
