package ws_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// anybody lets viewers in under any token that begins with "fan".
func anybody(d *ws.Deps, h *hub.Config) {
	wide(d, h)
	known := d.Authenticate
	d.Authenticate = func(token string) (live.Principal, error) {
		if strings.HasPrefix(token, "fan") {
			return live.Principal{Subject: token, Role: live.RoleViewer, Merchant: "m1"}, nil
		}
		return known(token)
	}
}

func fans(t testing.TB, r *rig, n int) []*peer {
	t.Helper()
	out := make([]*peer, n)
	for i := range out {
		out[i], _ = r.enter(t, fmt.Sprint("fan-", i), "")
	}
	return out
}

// TestLikesOfManyGoTogether: no ack comes before the log has the fact, the log is
// not asked for each alone, and nothing is lost or out of order.
func TestLikesOfManyGoTogether(t *testing.T) {
	const viewers, each = 40, 30
	r := newRig(t, anybody)
	all := fans(t, r, viewers)
	for len(r.log.all(live.RoomEntered)) < viewers {
		time.Sleep(time.Millisecond)
	}
	hold := make(chan struct{})
	r.log.mu.Lock()
	r.log.hold = hold
	before := r.log.calls
	r.log.mu.Unlock()
	asked := r.store.onAirAsked()
	var released atomic.Bool
	var acks sync.WaitGroup
	for i, p := range all {
		for n := range each {
			kind := `"type":"liked","data":{"count":1}`
			if n%3 == 1 {
				kind = `"type":"watch_heartbeat","data":{"visible":true}`
			} else if n%3 == 2 {
				kind = `"type":"product_clicked","data":{"product_id":"p1","surface":"pin_card"}`
			}
			p.send(fmt.Sprintf(`{"id":"%d","event_id":"e%d-%d",%s}`, n, i, n, kind))
		}
		acks.Go(func() {
			for got := 0; got < each; {
				f, err := p.next()
				if err != nil {
					t.Error(err)
					return
				}
				if f.Type != "ack" {
					continue
				}
				if !f.OK || !released.Load() {
					t.Errorf("ack %+v, the log having answered: %t", f, released.Load())
				}
				got++
			}
		})
	}
	// Each fact asks what is on air, a heartbeat twice: then all of them are read.
	for r.store.onAirAsked()-asked < viewers*(each+each/3) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond) // An ack that does not wait would come now.
	released.Store(true)
	close(hold)
	acks.Wait()
	next := map[string]int{}
	for _, e := range r.log.all("") {
		if e.Kind == live.RoomEntered {
			continue
		}
		person := string(e.Person)
		if want := fmt.Sprintf("e%s-%d", strings.TrimPrefix(person, "fan-"), next[person]); string(e.ID) != want {
			t.Fatalf("%s of %s is in the log, want %s", e.ID, person, want)
		}
		next[person]++
	}
	for person, n := range next {
		if n != each {
			t.Errorf("%d facts of %s, want %d", n, person, each)
		}
	}
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if calls := r.log.calls - before; len(next) != viewers || calls > viewers*each/8 {
		t.Errorf("%d facts of %d viewers took %d calls of the log", viewers*each, len(next), calls)
	}
}

func (s *fakeStore) onAirAsked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// stuckTill does not answer orders before it is let go.
type stuckTill struct {
	*fakeStore
	placed atomic.Int64
	free   chan struct{}
}

func (s *stuckTill) PlaceOrder(ctx context.Context, o live.PlaceOrder) (live.PlacedOrder, error) {
	s.placed.Add(1)
	<-s.free
	return s.fakeStore.PlaceOrder(ctx, o)
}

// TestOrderInLikesClothing: an order that looks like a like waits for the database
// alone; likes that come together with it do not.
func TestOrderInLikesClothing(t *testing.T) {
	const viewers = 12
	till := &stuckTill{free: make(chan struct{})}
	r := newRig(t, func(d *ws.Deps, h *hub.Config) {
		anybody(d, h)
		till.fakeStore = d.Store.(*fakeStore)
		d.Store = till
	})
	all := fans(t, r, viewers)
	var orders sync.WaitGroup
	for i, p := range all[:viewers/2] {
		p.send(`{"id":"l","type":"liked","data":{"count":1}}`)
		p.send(fmt.Sprintf(`{"id":"o","type":"place_order","data":{"client_order_id":"liked","lines":[{"sku_id":"k%d","qty":1}]}}`, i))
		p.send(`{"id":"after","type":"liked","data":{"count":1}}`)
		orders.Go(func() {
			for _, id := range []string{"o", "after"} {
				if f := p.until(func(f frame) bool { return f.Type == "ack" && f.ID == id }); !f.OK {
					t.Errorf("%s was refused: %+v", id, f.Error)
				}
			}
		})
	}
	for n := range 20 {
		for _, p := range all[viewers/2:] {
			p.send(fmt.Sprintf(`{"id":"%d","type":"liked","data":{"count":1}}`, n))
		}
		for _, p := range all[viewers/2:] {
			p.until(func(f frame) bool { return f.Type == "ack" && f.ID == fmt.Sprint(n) })
		}
	}
	for till.placed.Load() < viewers/2 {
		time.Sleep(time.Millisecond)
	}
	close(till.free)
	orders.Wait()
}

// BenchmarkLikes is what a like costs, from the socket to its ack, when many
// viewers like at a time. The log costs nothing here.
func BenchmarkLikes(b *testing.B) {
	const viewers = 500
	was := path
	path = ws.PathAuto
	defer func() { path = was }()
	r := newRig(b, anybody)
	all := fans(b, r, viewers)
	b.ReportAllocs()
	for b.Loop() {
		for _, p := range all {
			p.send(`{"id":"1","type":"liked","data":{"count":1}}`)
		}
		for _, p := range all {
			p.until(func(f frame) bool { return f.Type == "ack" })
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/viewers, "ns/like")
}
