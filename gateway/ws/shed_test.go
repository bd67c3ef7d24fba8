package ws_test

import (
	"fmt"
	"maps"
	"math"
	"sync"
	"testing"
	"time"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

// TestEveryLimit fills one bucket after the other, over real sockets: the ack of
// what is one too many says when to come again, and then it is taken; the panel
// is told whose bucket of what it was; and meanwhile orders, and whatever staff
// do, come through.
func TestEveryLimit(t *testing.T) {
	const (
		comment = `"type":"comment_sent","data":{"text":"x"}`
		like    = `"type":"liked","data":{"count":1}`
		click   = `"type":"product_clicked","data":{"product_id":"p1","surface":"card"}`
		order   = `"type":"place_order","data":{"client_order_id":"a","lines":[{"sku_id":"k1","qty":1}]}`
		claim   = `"type":"waitlist_joined","data":{"sku_id":"k1","qty":1}`
	)
	three := ws.Rate{PerSecond: 0.1, Burst: 3}
	type from struct{ address, token string }
	same := []from{{"8.8.8.1", "viewer"}, {"8.8.8.2", "viewer"}}
	near := []from{{"8.8.8.8", "viewer"}, {"8.8.8.8", "viewer2"}}
	apart := []from{{"8.8.8.1", "viewer"}, {"8.8.8.2", "viewer2"}}
	for _, tc := range []struct {
		reason  string
		tighten func(l *ws.Limits)
		body    string
		from    []from // sockets that take turns
	}{
		{"frames_by_connection", func(l *ws.Limits) { l.All = three }, `"type":"followed"`, same[:1]},
		{"comments_by_connection", func(l *ws.Limits) { l.Comments = three }, comment, same[:1]},
		{"likes_by_connection", func(l *ws.Limits) { l.Likes = three }, like, same[:1]},
		{"clicks_by_connection", func(l *ws.Limits) { l.Clicks = three }, click, same[:1]},
		{"orders_by_connection", func(l *ws.Limits) { l.Orders = three }, order, same[:1]},
		{"claims_by_connection", func(l *ws.Limits) { l.Claims = three }, claim, same[:1]},
		{"comments_by_person", func(l *ws.Limits) { l.Person.Comments = three }, comment, same},
		{"likes_by_person", func(l *ws.Limits) { l.Person.Likes = three }, like, same},
		{"clicks_by_person", func(l *ws.Limits) { l.Person.Clicks = three }, click, same},
		{"comments_by_address", func(l *ws.Limits) { l.Address.Comments = three }, comment, near},
		{"likes_by_address", func(l *ws.Limits) { l.Address.Likes = three }, like, near},
		{"clicks_by_address", func(l *ws.Limits) { l.Address.Clicks = three }, click, near},
		{"comments_by_room", func(l *ws.Limits) { l.Room.Comments = three }, comment, apart},
		{"likes_by_room", func(l *ws.Limits) { l.Room.Likes = three }, like, apart},
		{"clicks_by_room", func(l *ws.Limits) { l.Room.Clicks = three }, click, apart},
		// Comments may use all that a room's classes have together, likes half.
		{"comments_by_room", func(l *ws.Limits) { l.RoomAll = three }, comment, apart},
		{"likes_by_room", func(l *ws.Limits) { l.RoomAll = ws.Rate{PerSecond: 0.1, Burst: 5} }, like, apart},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			var mu sync.Mutex
			dropped := map[string]int{}
			stands := time.Now()
			r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
				d.Limits = ws.Open(ws.Rate{PerSecond: math.MaxFloat32, Burst: math.MaxInt32})
				tc.tighten(&d.Limits)
				d.Dropped = func(room live.Room, reason string) {
					mu.Lock()
					defer mu.Unlock()
					if room.ID != "r1" || room.Merchant != "m1" {
						t.Errorf("dropped in %+v", room)
					}
					dropped[reason]++
				}
			})
			r.stand(stands)
			var sockets []*peer
			for _, f := range tc.from {
				p := r.dialFrom(t, f.address, f.token, "")
				p.until(func(f frame) bool { return f.Type == "welcome" })
				sockets = append(sockets, p)
			}
			var refused frame
			for i := range 5 {
				a := sockets[i%len(sockets)].ask(fmt.Sprint("a", i), tc.body)
				if taken := i < 3; a.OK != taken {
					t.Fatalf("frame %d: %+v %+v", i, a.OK, a.Error)
				}
				refused = a
			}
			if refused.Error.Code != "rate_limited" || refused.Error.RetryAfterMS < 1 || refused.Error.RetryAfterMS > 10_000 {
				t.Fatalf("refused with %+v", refused.Error)
			}
			mu.Lock()
			if want := map[string]int{tc.reason: 2}; !maps.Equal(dropped, want) {
				t.Errorf("dropped %v, want %v", dropped, want)
			}
			mu.Unlock()
			if tc.reason != "orders_by_connection" {
				for i := range 10 {
					if a := sockets[0].ask(fmt.Sprint("o", i), order); !a.OK {
						t.Fatalf("order %d: %+v", i, a.Error)
					}
				}
			}
			staff := r.dialFrom(t, tc.from[0].address, "moderator", "panel=1")
			for i := range 10 {
				for _, body := range []string{comment, like, fmt.Sprintf(`"type":"hide_comment","data":{"command_id":"h%d","comment_id":"k1"}`, i)} {
					if a := staff.ask(fmt.Sprint("m", i), body); !a.OK {
						t.Fatalf("%s of a moderator: %+v", body, a.Error)
					}
				}
			}
			r.stand(stands.Add(time.Duration(refused.Error.RetryAfterMS) * time.Millisecond))
			if a := sockets[4%len(sockets)].ask("again", tc.body); !a.OK {
				t.Errorf("after the wait it asked for: %+v", a.Error)
			}
		})
	}
}

// TestShortWaitsAreTold: a bucket that is filled five thousand times a second
// asks for less than a millisecond, which is told as one and not as none.
func TestShortWaitsAreTold(t *testing.T) {
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
		d.Limits = ws.Open(ws.Rate{PerSecond: math.MaxFloat32, Burst: math.MaxInt32})
		d.Limits.Room.Likes = ws.Rate{PerSecond: 5000, Burst: 1}
	})
	r.stand(time.Now())
	p, _ := r.enter(t, "viewer", "")
	for i := range 2 {
		a := p.ask(fmt.Sprint(i), `"type":"liked","data":{"count":1}`)
		if i == 1 && (a.OK || a.Error.RetryAfterMS != 1) {
			t.Errorf("%v %+v", a.OK, a.Error)
		}
	}
}
