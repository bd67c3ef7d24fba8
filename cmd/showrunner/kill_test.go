package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// killsWanted is how often the server and, as often, its ClickHouse are killed.
func killsWanted(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("SHOWRUNNER_TEST_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("SHOWRUNNER_TEST_KILLS: %v", err)
		}
		return n
	}
	return 20
}

// tallyOfKills is what the clients were promised.
type tallyOfKills struct {
	mu     sync.Mutex
	acked  map[string]bool // event ids of comments and clicks
	units  map[string]int64
	orders map[string]bool // by order id
	paid   int64
	refund int64
}

// TestKills plays a show while the server and its ClickHouse are killed at
// random moments and the clients send again what was not acknowledged. At the
// end every acknowledged fact is in ClickHouse exactly once, every rollup
// equals its facts, the money is right to the cent, and no unit was sold twice.
func TestKills(t *testing.T) {
	kills := killsWanted(t)
	data, addr := t.TempDir(), freeAddr(t)
	var server atomic.Pointer[program]
	server.Store(startProgram(t, data, addr))
	defer func() {
		if t.Failed() {
			t.Logf("the server said:\n%s", server.Load().stderr)
		}
	}()

	goods := []good{{"p1", "sku-1", 9900, 60}, {"p2", "sku-2", 12345, 40}, {"p3", "sku-3", 100, 100000}}
	s := newStage(t, server.Load().url, data, "m-kill", "r-kill", "Asia/Shanghai", goods...)

	if table := os.Getenv("SHOWRUNNER_TEST_NO_WINDOW"); table != "" {
		// The negative control: without its deduplication window this rollup
		// takes a range twice, and the audit at the end must fail the test.
		withoutWindow(t, engineURL(t, data), table)
	}

	ctx, cancel := context.WithCancel(deadline(t, 10*time.Minute))
	defer cancel()
	tally := &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}}
	var clients sync.WaitGroup
	var over atomic.Bool // clients finish what they have begun, then end
	for i := range 16 {
		v := s.viewer(fmt.Sprintf("viewer-%d", i), "channel=group")
		clients.Go(func() {
			defer v.close()
			if err := shopper(ctx, s, v, i, goods, tally, &over); err != nil && ctx.Err() == nil {
				t.Errorf("viewer %d: %v", i, err)
				cancel()
			}
		})
	}

	rng := rand.New(rand.NewPCG(1, 2))
	for n := range kills {
		sleep(ctx, time.Duration(300+rng.IntN(900))*time.Millisecond)
		if pid := server.Load().enginePID(); pid != 0 {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatalf("kill engine: %v", err)
			}
		} else {
			t.Fatalf("kill %d: the server has no engine to kill", n)
		}
		sleep(ctx, time.Duration(300+rng.IntN(900))*time.Millisecond)
		server.Load().kill()
		server.Store(startProgram(t, data, addr))
	}
	sleep(ctx, time.Second)
	over.Store(true)
	clients.Wait()
	if ctx.Err() != nil {
		t.Fatal("the clients did not finish")
	}
	s.command("end_show", object{})
	server.Load().ready(200, time.Minute)
	s.reconciled(2 * time.Minute)
	t.Logf("%d kills of the server and %d of ClickHouse; %d facts, %d orders acknowledged, %d paid, %d refunded (minor units)",
		kills, kills, len(tally.acked), len(tally.orders), tally.paid, tally.refund)

	if got := s.count("gmv_paid_minor"); got != tally.paid {
		t.Errorf("report says %d paid, the clients were told %d", got, tally.paid)
	}
	if got := s.count("refund_minor"); got != tally.refund {
		t.Errorf("report says %d refunded, the clients were told %d", got, tally.refund)
	}
	if got := s.count("orders"); got != int64(len(tally.orders)) {
		t.Errorf("report says %d orders, the clients were told %d", got, len(tally.orders))
	}
	// Every order was attributed, once and all of its money, whenever it was killed.
	s.credited(time.Minute, int64(len(tally.orders)), tally.paid-tally.refund)
	for _, g := range goods {
		if tally.units[g.sku] > g.stock {
			t.Errorf("%s: %d units acknowledged, %d were on sale", g.sku, tally.units[g.sku], g.stock)
		}
	}

	audit(t, engineURL(t, data))
	stored := storedFacts(t, engineURL(t, data), s.merchant)
	server.Load().stop(10 * time.Second)
	storedOnce(t, stored, logOf(t, data), s.merchant, tally.acked)
}

// shopper comments, clicks, buys, pays and sometimes returns until told to stop.
func shopper(ctx context.Context, s *stage, v *socket, i int, goods []good, tally *tallyOfKills, over *atomic.Bool) error {
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	for n := 0; !over.Load(); n++ {
		for k, frame := range []object{
			{"type": "comment_sent", "data": object{"text": fmt.Sprintf("还有货吗 %d", n)}},
			{"type": "product_clicked", "data": object{"product_id": goods[rng.IntN(3)].product, "surface": "bag_list"}},
			{"type": "liked", "data": object{"count": 1 + rng.IntN(5)}},
		} {
			id := fmt.Sprintf("e-%d-%d-%d", i, n, k)
			frame["event_id"] = id
			ack, err := v.do(ctx, frame)
			if err != nil {
				return err
			}
			if ack["ok"] != true {
				return fmt.Errorf("%v was refused: %v", frame, ack)
			}
			tally.mu.Lock()
			tally.acked[id] = true
			tally.mu.Unlock()
		}
		g, qty := goods[rng.IntN(3)], int64(1+rng.IntN(2))
		ack, err := v.do(ctx, object{"type": "place_order", "data": object{
			"client_order_id": fmt.Sprintf("o-%d-%d", i, n), "lines": []object{{"sku_id": g.sku, "qty": qty}},
		}})
		if err != nil {
			return err
		}
		if ack["ok"] != true {
			if e, _ := ack["error"].(object); e["code"] == "out_of_stock" {
				continue
			}
			return fmt.Errorf("order was refused: %v", ack)
		}
		order := ack["data"].(object)["order_id"].(string)
		tally.mu.Lock()
		tally.orders[order] = true
		tally.units[g.sku] += qty
		tally.mu.Unlock()
		s.hook("wh-"+order, s.paidFact(order, "pay-"+order, g.price*qty))
		tally.mu.Lock()
		tally.paid += g.price * qty
		tally.mu.Unlock()
		if rng.IntN(4) == 0 {
			s.hook("wr-"+order, s.refundFact(order, "ref-"+order, g.sku, g.price))
			tally.mu.Lock()
			tally.refund += g.price
			tally.mu.Unlock()
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
