package ws

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

func newArrival(room, person, ip string, c *crowd) *arrival {
	return &arrival{
		who:  live.Principal{Subject: person, Role: live.RoleViewer, Merchant: "m1"},
		room: live.Room{ID: live.RoomID(room), Merchant: "m1"}, address: c.address(ip),
	}
}

func drawn(c *crowd, k class, n int, of func(i int) *arrival) (taken int, over scope, wait time.Duration) {
	now := time.Unix(1_700_000_000, 0)
	for i := range n {
		s, ok, w := c.takeAll(of(i), k, now)
		if !ok {
			return taken, s, w
		}
		taken++
	}
	return taken, scopes, 0
}

func TestConnectionsAreCountedTogether(t *testing.T) {
	l := Limits{
		Person:  Crowd{Comments: Rate{1, 3}, Likes: Rate{1, 100}},
		Address: Crowd{Comments: Rate{1, 5}, Likes: Rate{1, 1000}},
		Room:    Crowd{Comments: Rate{1, 7}, Likes: Rate{1, 1000}},
		RoomAll: Rate{1, 101},
	}.withDefaults()
	for name, tc := range map[string]struct {
		class class
		of    func(c *crowd) func(i int) *arrival
		taken int
		over  scope
	}{
		"one person, many sockets and addresses": {classComments, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival { return newArrival("r1", "v1", fmt.Sprintf("8.8.8.%d", i), c) }
		}, 3, byPerson},
		"many persons, one address": {classComments, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival { return newArrival(fmt.Sprint("r", i), fmt.Sprint("v", i), "8.8.8.8", c) }
		}, 5, byAddress},
		"many persons, one household": {classComments, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival {
				return newArrival(fmt.Sprint("r", i), fmt.Sprint("v", i), fmt.Sprintf("2001:db8:1:2::%d", i), c)
			}
		}, 5, byAddress},
		"many persons behind our own proxy": {classComments, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival { return newArrival(fmt.Sprint("r", i), fmt.Sprint("v", i), "10.0.0.1", c) }
		}, 50, scopes},
		"one room": {classComments, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival { return newArrival("r1", fmt.Sprint("v", i), fmt.Sprintf("8.8.8.%d", i), c) }
		}, 7, byRoom},
		"likes fill half of the room": {classLikes, func(c *crowd) func(int) *arrival {
			return func(i int) *arrival { return newArrival("r1", fmt.Sprint("v", i), "", c) }
		}, 51, byRoomAll},
	} {
		c := newCrowd(&l)
		if taken, over, wait := drawn(c, tc.class, 60, tc.of(c)); taken != min(tc.taken, 60) && tc.over != scopes || over != tc.over || over != scopes && wait <= 0 {
			t.Errorf("%s: %d taken, then over by %d with a wait of %v; want %d and %d", name, taken, over, wait, tc.taken, tc.over)
		}
	}
	// With the likes at their half, comments still come through.
	c := newCrowd(&l)
	person := func(i int) *arrival { return newArrival("r1", fmt.Sprint("v", i), "", c) }
	drawn(c, classLikes, 60, person)
	if taken, _, _ := drawn(c, classComments, 5, person); taken != 5 {
		t.Errorf("%d of 5 comments taken while likes are shed", taken)
	}
}

// The table does not grow with everybody who was ever here.
func TestCrowdForgets(t *testing.T) {
	l := Limits{}.withDefaults()
	c := newCrowd(&l)
	now := time.Unix(1_700_000_000, 0)
	for i := range 300_000 {
		c.take(byPerson, classLikes, c.key(byPerson, classLikes, fmt.Sprint(i)), now.Add(time.Duration(i)*time.Millisecond))
	}
	n := 0
	for i := range c.shards {
		n += len(c.shards[i].buckets)
	}
	if n > 2*leastSweep*len(c.shards) {
		t.Errorf("%d buckets are kept", n)
	}
}

func TestCrowdServesManyAtOnce(t *testing.T) {
	l := Limits{Person: Crowd{Comments: Rate{0.001, 10}}}.withDefaults()
	c := newCrowd(&l)
	now := time.Unix(1_700_000_000, 0)
	var all sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for range 8 {
		all.Go(func() {
			for range 100 {
				if _, ok, _ := c.takeAll(newArrival("r1", "v1", "", c), classComments, now); ok {
					mu.Lock()
					taken++
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	if taken != 10 {
		t.Errorf("%d taken of a burst of 10", taken)
	}
}
