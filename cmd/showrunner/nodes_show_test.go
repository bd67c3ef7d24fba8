package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// TestTwoNodes plays one room on two servers that share their engines. Viewers,
// panels, commands and orders are on both. In the middle the one that does every
// duty is killed: its sockets come back on the other with `since` and miss
// nothing, the relay and the sink are taken over, and at the end every socket
// was shown the log, the figures of both agree with the ledger to the cent, and
// no unit was sold twice.
func TestTwoNodes(t *testing.T) {
	e := startEngines(t, "")
	e.flags = []string{"--insecure-webhooks", "--sink-age", "200ms"}
	first, second := e.node("a"), e.node("b")

	type arrived struct{ id, order, kind string }
	var hooks struct {
		sync.Mutex
		got []arrived
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Type string
			Data struct {
				Order string `json:"order_id"`
			}
		}
		raw, err := io.ReadAll(r.Body)
		if err != nil || json.Unmarshal(raw, &body) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		hooks.Lock()
		hooks.got = append(hooks.got, arrived{r.Header.Get("webhook-id"), body.Data.Order, body.Type})
		hooks.Unlock()
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()

	goods := []good{{"p1", "sku-1", 9900, 25}, {"p2", "sku-2", 12345, 15}, {"p3", "sku-3", 100, 100000}}
	s := newStage(t, first.url, filepath.Dir(e.keys), "m-two", "r-two", "Asia/Shanghai", goods...)
	other := s.at(second)
	must(t, "POST", second.url+"/v1/subscriptions", s.merch, object{"url": receiver.URL + "/in", "types": []string{"order_created", "order_paid"}}, nil)

	ctx, cancel := context.WithCancel(deadline(t, 2*time.Minute))
	defer cancel()
	looking, stopLooking := context.WithCancel(ctx)
	var watching, clients sync.WaitGroup
	defer watching.Wait()
	defer stopLooking()
	var viewers, panels []*watcher
	for i := range 12 {
		home, away := s, other
		if i%2 == 1 {
			home, away = other, s
		}
		query, token := "channel=group", s.tokens.sign(live.RoleViewer, fmt.Sprintf("w-%d", i), s.merchant)
		if i >= 10 {
			query, token = "panel=1", s.operator
		}
		sock := newSocket(home.url, s.room, token, query)
		sock.spare = newSocket(away.url, s.room, token, query).url
		w := watch(looking, &watching, fmt.Sprintf("watcher %d", i), sock)
		if i >= 10 {
			panels = append(panels, w)
		} else {
			viewers = append(viewers, w)
		}
	}

	urls := []string{first.url, second.url}
	tally := &tallyOfKills{acked: map[string]bool{}, units: map[string]int64{}, orders: map[string]bool{}}
	var over atomic.Bool
	for i := range 8 {
		home, away := s, other
		if i%2 == 1 {
			home, away = other, s
		}
		v := home.viewer(fmt.Sprintf("v-%d", i), "channel=search")
		v.spare = away.viewer(fmt.Sprintf("v-%d", i), "channel=search").url
		clients.Go(func() {
			defer v.close()
			if err := roamer(ctx, s, v, i, goods, tally, &over, urls); err != nil && ctx.Err() == nil {
				t.Errorf("viewer %d: %v", i, err)
				cancel()
			}
		})
	}

	sleep(ctx, 2*time.Second)
	s.command("pin_product", object{"product_id": "p1"})
	other.command("announce", object{"text": "from the other node"})
	if a, b := first.metric("showrunner_node_duty", `{duty="sink"}`), second.metric("showrunner_node_duty", `{duty="sink"}`); a+b != 1 {
		t.Errorf("%v and %v nodes have the sink", a, b)
	}
	// The first was there first, and so it has all the duties.
	for _, duty := range []string{`{duty="sink"}`, `{duty="delivery"}`} {
		if first.metric("showrunner_node_duty", duty) != 1 {
			t.Errorf("the first node does not do %s", duty)
		}
	}
	// One of them builds the room, the other sends its ticks on.
	owned, taken := 0.0, 0.0
	for _, p := range []*program{first, second} {
		owned += p.metric("showrunner_rooms_owned", "")
		taken += p.metric("showrunner_rooms_ticks_taken_total", "")
	}
	if owned != 1 || taken == 0 {
		t.Errorf("%v owners of the room, %v ticks sent on", owned, taken)
	}
	first.kill()
	killed := time.Now()
	eventually(t, 20*time.Second, "the other node takes every duty over", func() bool {
		return second.metric("showrunner_node_duty", `{duty="sink"}`) == 1 && second.metric("showrunner_node_duty", `{duty="delivery"}`) == 1
	})
	t.Logf("duties were taken over %s after the kill", time.Since(killed).Round(time.Millisecond))
	other.command("announce", object{"text": "the show goes on"})
	sleep(ctx, 2*time.Second)
	third := e.node("c")
	late := watch(looking, &watching, "late", newSocket(third.url, s.room, s.tokens.sign(live.RoleViewer, "late", s.merchant), "channel=x"))
	sleep(ctx, 2*time.Second)
	over.Store(true)
	clients.Wait()
	if ctx.Err() != nil {
		t.Fatal("the clients did not finish")
	}
	s.at(third).command("end_show", object{})

	for _, on := range []*stage{other, s.at(third)} {
		on.reconciled(30 * time.Second)
		if got := on.count("gmv_paid_minor"); got != tally.paid {
			t.Errorf("%s says %d paid, the clients were told %d", on.url, got, tally.paid)
		}
		if got := on.count("orders"); got != int64(len(tally.orders)) {
			t.Errorf("%s says %d orders, the clients were told %d", on.url, got, len(tally.orders))
		}
	}
	var sold int64
	for _, g := range goods {
		if tally.units[g.sku] > g.stock {
			t.Errorf("%s: %d units acknowledged, %d were on sale", g.sku, tally.units[g.sku], g.stock)
		}
		sold += tally.units[g.sku]
	}
	one, two := other.figuresOf(), s.at(third).figuresOf()
	for _, key := range []string{"gmv_paid_minor", "orders", "comment_pv", "like_count", "watch_uv", "refund_minor"} {
		if string(one[key]) != string(two[key]) || one[key] == nil {
			t.Errorf("live %s is %s on one node and %s on another", key, one[key], two[key])
		}
	}

	log := e.readLog(s.room)
	for _, w := range append(append(slices.Clone(viewers), panels...), late) {
		var want uint64
		for _, l := range log {
			if !l.panels || slices.Contains(panels, w) {
				want = l.offset
			}
		}
		eventually(t, 30*time.Second, w.name+" was shown everything", func() bool {
			_, at := w.seen()
			return at >= want || w.fault != nil
		})
		w.hold(t, log, slices.Contains(panels, w))
	}
	moved := 0
	for _, w := range viewers {
		moved += w.resumed
	}
	if moved < 5 {
		t.Errorf("%d viewers came back, five were on the node that was killed", moved)
	}

	audit(t, e.clickhouse)
	storedOnce(t, storedFacts(t, e.clickhouse, s.merchant), e.entries(), s.merchant, tally.acked)
	eventually(t, 30*time.Second, "every order left as a webhook", func() bool {
		hooks.Lock()
		defer hooks.Unlock()
		ids := map[string]bool{}
		for _, h := range hooks.got {
			ids[h.id] = true
		}
		return len(ids) >= 2*len(tally.orders)
	})
	hooks.Lock()
	deliveries := map[arrived]bool{}
	kinds := map[string]int{}
	for _, h := range hooks.got {
		if !deliveries[h] { // One whose answer was lost with the node is sent again under its id.
			kinds[h.order+" "+h.kind]++
		}
		deliveries[h] = true
	}
	hooks.Unlock()
	for what, n := range kinds {
		if n != 1 {
			t.Errorf("%s left as %d deliveries", what, n)
		}
	}
	for name, p := range map[string]*program{"b": second, "c": third} {
		t.Logf("%s: %v ticks sent on, %v dropped, %v gaps, %v repairs", name, p.metric("showrunner_rooms_ticks_taken_total", ""),
			p.metric("showrunner_rooms_ticks_dropped_total", ""), p.metric("showrunner_rooms_tick_gaps_total", ""), p.metric("showrunner_rooms_repairs_total", ""))
	}
	t.Logf("%d facts, %d orders of %d units, %d paid (minor units); %d viewers came back; log of %d events", len(tally.acked), len(tally.orders), sold, tally.paid, moved, len(log))
	stopLooking()
	watching.Wait()
	third.stop(15 * time.Second)
	second.stop(15 * time.Second)
	if said := second.stderr.String(); strings.Contains(said, `"level":"ERROR"`) {
		t.Errorf("the node that stayed had errors:\n%s", said)
	}
}

// roamer comments, likes, buys and pays through whichever node answers.
func roamer(ctx context.Context, s *stage, v *socket, i int, goods []good, tally *tallyOfKills, over *atomic.Bool, urls []string) error {
	rng := rand.New(rand.NewPCG(uint64(i), 11))
	for n := 0; !over.Load(); n++ {
		for k, frame := range []object{
			{"type": "comment_sent", "data": object{"text": fmt.Sprintf("还有货吗 %d", n)}},
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
		if err := s.hookAt(urls, "wh-"+order, s.paidFact(order, "pay-"+order, g.price*qty)); err != nil {
			return err
		}
		tally.mu.Lock()
		tally.paid += g.price * qty
		tally.mu.Unlock()
	}
	return nil
}
