package ws

import (
	"time"

	"golang.org/x/time/rate"

	"showrunner/live"
)

// MaxFrame is the most bytes a client may send in one message.
const MaxFrame = 64 << 10

// Rate is a token bucket: so many a second, and so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits bound what one connection may send. Zero values mean the default.
type Limits struct {
	All      Rate // every frame; default 50/s, burst 100
	Comments Rate // comments and questions of viewers; default 2/s, burst 5
	Likes    Rate // default 10/s, burst 20
	Clicks   Rate // product clicks; default 20/s, burst 40
	Orders   Rate // place_order and cancel_order; default 2/s, burst 4
	// Flood ends the connection; it counts frames that All refused as well.
	// Default four times All.
	Flood Rate
}

func (l Limits) withDefaults() Limits {
	for _, r := range []struct {
		rate *Rate
		def  Rate
	}{
		{&l.All, Rate{50, 100}},
		{&l.Comments, Rate{2, 5}},
		{&l.Likes, Rate{10, 20}},
		{&l.Clicks, Rate{20, 40}},
		{&l.Orders, Rate{2, 4}},
	} {
		def(&r.rate.PerSecond, r.def.PerSecond)
		def(&r.rate.Burst, r.def.Burst)
	}
	def(&l.Flood.PerSecond, 4*l.All.PerSecond)
	def(&l.Flood.Burst, 4*l.All.Burst)
	return l
}

// bucketOf says which bucket a kind draws from beside the one for all.
func bucketOf(kind string, role live.Role) bucket {
	switch kind {
	case string(live.CommentSent), "question_asked":
		if role == live.RoleViewer {
			return bucketComments
		}
	case string(live.Liked):
		return bucketLikes
	case string(live.ProductClicked):
		return bucketClicks
	case typePlaceOrder, typeCancelOrder, typeJoinWaitlist:
		return bucketOrders
	}
	return bucketAll
}

type bucket uint8

const (
	bucketAll bucket = iota
	bucketFlood
	bucketComments
	bucketLikes
	bucketClicks
	bucketOrders
	buckets // their number
)

func (l *Limits) of(b bucket) Rate {
	return [buckets]Rate{l.All, l.Flood, l.Comments, l.Likes, l.Clicks, l.Orders}[b]
}

// limiter holds the buckets of one connection. It belongs to the reader.
type limiter struct {
	limits  *Limits
	buckets [buckets]*rate.Limiter // made when first drawn from
}

// take draws one token, or says how long to wait for one.
func (l *limiter) take(b bucket, now time.Time) (wait time.Duration, ok bool) {
	if l.buckets[b] == nil {
		r := l.limits.of(b)
		l.buckets[b] = rate.NewLimiter(rate.Limit(r.PerSecond), r.Burst)
	}
	r := l.buckets[b].ReserveN(now, 1)
	if wait = r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return wait, false
	}
	return 0, true
}
