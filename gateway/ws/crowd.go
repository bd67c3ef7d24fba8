package ws

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"

	"showrunner/live"
)

// Crowd bounds what many connections may send together. Zero values mean the
// default of whose connections they are; orders and commands are never counted.
type Crowd struct{ Comments, Likes, Clicks Rate }

func (c *Crowd) withDefaults(comments, likes, clicks Rate) {
	for _, r := range []struct {
		rate *Rate
		def  Rate
	}{{&c.Comments, comments}, {&c.Likes, likes}, {&c.Clicks, clicks}} {
		def(&r.rate.PerSecond, r.def.PerSecond)
		def(&r.rate.Burst, r.def.Burst)
	}
}

// Open is limits that hold nothing back.
func Open(r Rate) Limits {
	all := Crowd{r, r, r}
	return Limits{All: r, Comments: r, Likes: r, Clicks: r, Orders: r, Claims: r, Flood: r, Person: all, Address: all, Room: all, RoomAll: r}
}

// scope is whose connections are counted together.
type scope uint8

const (
	byPerson scope = iota
	byAddress
	byRoom
	byRoomAll // a room's classes together
	scopes
)

var scopeNames = [scopes]string{"person", "address", "room", "room"}

var classNames = [limitClasses]string{"frames", "flood", "comments", "likes", "clicks", "orders", "claims"}

// crowd holds the buckets that connections share, by the hash of who they are.
type crowd struct {
	seed   maphash.Seed
	paces  [scopes][limitClasses]pace
	shards [64]crowdShard
}

type crowdShard struct {
	mu      sync.Mutex
	buckets map[uint64]bucket
	sweepAt int
}

// leastSweep is how many buckets a shard holds before it looks for full ones,
// which say nothing.
const leastSweep = 1024

func newCrowd(l *Limits) *crowd {
	c := &crowd{seed: maphash.MakeSeed()}
	for s, of := range map[scope]Crowd{byPerson: l.Person, byAddress: l.Address, byRoom: l.Room} {
		c.paces[s][classComments], c.paces[s][classLikes], c.paces[s][classClicks] = paceOf(of.Comments), paceOf(of.Likes), paceOf(of.Clicks)
	}
	all := paceOf(l.RoomAll)
	c.paces[byRoomAll][classComments] = all
	// What is told in totals is shed first: it may use half of the room's bucket.
	all.ahead /= 2
	c.paces[byRoomAll][classLikes], c.paces[byRoomAll][classClicks] = all, all
	for i := range c.shards {
		c.shards[i] = crowdShard{buckets: map[uint64]bucket{}, sweepAt: leastSweep}
	}
	return c
}

func (c *crowd) key(s scope, k class, parts ...string) uint64 {
	var h maphash.Hash
	h.SetSeed(c.seed)
	_, _ = h.Write([]byte{byte(s), byte(k)}) // It never fails.
	for _, p := range parts {
		_, _ = h.WriteString(p)
		_ = h.WriteByte(0)
	}
	return h.Sum64()
}

// take draws a token of a class for one of those a connection belongs to.
func (c *crowd) take(s scope, k class, key uint64, now time.Time) (ok bool, retryAfter time.Duration) {
	shard := &c.shards[key%uint64(len(c.shards))]
	at := now.UnixNano()
	shard.mu.Lock()
	defer shard.mu.Unlock()
	b := shard.buckets[key]
	if ok, retryAfter = b.take(c.paces[s][k], at); !ok {
		return false, retryAfter
	}
	shard.buckets[key] = b
	if len(shard.buckets) >= shard.sweepAt {
		for k, b := range shard.buckets {
			if int64(b) <= at {
				delete(shard.buckets, k)
			}
		}
		shard.sweepAt = max(leastSweep, 2*len(shard.buckets))
	}
	return true, 0
}

// takeAll draws a token from everybody the arrival is counted with, and tells
// who had none left. What was drawn before is not given back: whoever is over
// one limit comes closer to the others.
func (c *crowd) takeAll(a *arrival, k class, now time.Time) (over scope, ok bool, retryAfter time.Duration) {
	m, person := string(a.room.Merchant), a.who.Subject
	if ok, retryAfter = c.take(byPerson, k, c.key(byPerson, k, m, person), now); !ok {
		return byPerson, false, retryAfter
	}
	if a.address != 0 {
		if ok, retryAfter = c.take(byAddress, k, a.address^c.key(byAddress, k), now); !ok {
			return byAddress, false, retryAfter
		}
	}
	if ok, retryAfter = c.take(byRoom, k, c.key(byRoom, k, string(a.room.ID)), now); !ok {
		return byRoom, false, retryAfter
	}
	ok, retryAfter = c.take(byRoomAll, k, c.key(byRoomAll, 0, string(a.room.ID)), now)
	return byRoomAll, ok, retryAfter
}

// address is the hash of where a client is, 0 for those in networks of our own:
// a proxy there stands for all who come through it.
func (c *crowd) address(ip string) uint64 {
	at, err := netip.ParseAddr(ip)
	if err != nil || !at.IsGlobalUnicast() || at.IsPrivate() {
		return 0
	}
	at = at.Unmap()
	if at.Is6() { // A household has a /64 of its own.
		if p, err := at.Prefix(64); err == nil {
			at = p.Addr()
		}
	}
	return c.key(byAddress, 0, at.String()) | 1
}

// decided reports whether what the frame asks for is decided one by one: it is
// held to its connection's pace and never shed for what else is sent.
func (k class) decided() bool { return k == classOrders || k == classClaims }

// limited refuses a frame that is one too many of its class, and counts it.
// Staff are exempt from all but the flood: who is to calm a storm must get
// through it, and neither orders nor commands are shed for what others send.
func (c *conn) limited(q *request, over bool, wait time.Duration, now time.Time) error {
	if !c.counted() {
		return nil
	}
	k := classOf(q.Type, c.who.Role)
	switch {
	case over && !k.decided() && !live.CommandName(q.Type).Known():
		return c.shed("frames_by_connection", q, wait)
	case k == classAll:
		return nil
	}
	if ok, wait := c.limits.take(c.srv.paces, k, now); !ok {
		return c.shed(classNames[k]+"_by_connection", q, wait)
	}
	if k.decided() {
		return nil
	}
	if s, ok, wait := c.srv.crowd.takeAll(c.arrival, k, now); !ok {
		return c.shed(classNames[k]+"_by_"+scopeNames[s], q, wait)
	}
	return nil
}

func (c *conn) shed(reason string, q *request, wait time.Duration) error {
	if d := c.srv.deps.Dropped; d != nil {
		d(c.room, reason)
	}
	return live.RateLimited(wait, "too many of %s", label(q.Type))
}
