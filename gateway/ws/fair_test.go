package ws_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// slowTill takes a moment for each order, as a database does, and notes how many
// came before the late one.
type slowTill struct {
	*fakeStore
	placed, late *atomic.Int64
}

func (s slowTill) PlaceOrder(ctx context.Context, o live.PlaceOrder) (live.PlacedOrder, error) {
	n := s.placed.Add(1)
	if o.ClientID == "late" {
		s.late.Store(n)
	}
	time.Sleep(2 * time.Millisecond)
	return s.fakeStore.PlaceOrder(ctx, o)
}

// TestGreedyClientsDoNotStarveOthers: more clients than are served at a time
// always have their next order waiting. Who comes after them is served in turn.
func TestGreedyClientsDoNotStarveOthers(t *testing.T) {
	const greedy = 6
	t.Cleanup(ws.ServeAtOnce(2))
	var placed, turn atomic.Int64
	r := newRig(t, func(d *ws.Deps, h *hub.Config) {
		wide(d, h)
		d.Store = slowTill{d.Store.(*fakeStore), &placed, &turn}
		known := d.Authenticate
		d.Authenticate = func(token string) (live.Principal, error) {
			var n int
			if _, err := fmt.Sscanf(token, "greedy-%d", &n); err == nil {
				return live.Principal{Subject: token, Role: live.RoleViewer, Merchant: "m1"}, nil
			}
			return known(token)
		}
	})
	order := func(n int) string {
		return fmt.Sprintf(`{"id":"c%d","type":"place_order","data":{"client_order_id":"o%d","lines":[{"sku_id":"k1","qty":1}]}}`, n, n)
	}
	var greed sync.WaitGroup
	ctx, stop := context.WithCancel(context.Background())
	defer greed.Wait()
	defer stop()
	for i := range greedy {
		p, _ := r.enter(t, fmt.Sprint("greedy-", i), "")
		greed.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if p.conn.Write(ctx, client.MessageText, []byte(order(n))) != nil {
					return
				}
				if n < 40 {
					continue // So many are always on their way.
				}
				if _, _, err := p.conn.Read(ctx); err != nil {
					return
				}
			}
		})
	}
	late, _ := r.enter(t, "viewer2", "")
	for placed.Load() < 2*greedy { // All are at it.
		time.Sleep(time.Millisecond)
	}
	before := placed.Load()
	late.ask("late", `"type":"place_order","data":{"client_order_id":"late","lines":[{"sku_id":"k1","qty":1}]}`)
	// On its way in, others are served too; but none of them their whole backlog.
	if waited := turn.Load() - before; waited > 30*greedy {
		t.Errorf("%d orders of %d clients were taken while another's first one waited", waited, greedy)
	}
}
