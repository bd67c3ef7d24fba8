package ws

import (
	"math"
	"time"

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
	Comments Rate // comments, questions and words to the service desk of viewers; default 2/s, burst 5
	Likes    Rate // default 10/s, burst 20
	Clicks   Rate // product clicks; default 20/s, burst 40
	Orders   Rate // orders and their cancellation; default 2/s, burst 4
	Claims   Rate // places in waitlists, coupons, red packets and draws together; default 2/s, burst 4
	// Person, Address and Room bound all connections of one person, from one
	// public address, and in one room on this node.
	Person  Crowd // default 2/s, 20/s and 40/s, burst 5, 40 and 80
	Address Crowd // default 50/s, 500/s and 500/s, burst 200, 1000 and 1000
	Room    Crowd // default 500/s, 5000/s and 5000/s, twice that at once
	// RoomAll bounds the three together in one room; likes and clicks may fill
	// half of it, so that they are shed first. Default 5000/s, burst 10000.
	RoomAll Rate
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
		{&l.Claims, Rate{2, 4}},
		{&l.RoomAll, Rate{5000, 10_000}},
	} {
		def(&r.rate.PerSecond, r.def.PerSecond)
		def(&r.rate.Burst, r.def.Burst)
	}
	l.Person.withDefaults(Rate{2, 5}, Rate{20, 40}, Rate{40, 80})
	l.Address.withDefaults(Rate{50, 200}, Rate{500, 1000}, Rate{500, 1000})
	l.Room.withDefaults(Rate{500, 1000}, Rate{5000, 10_000}, Rate{5000, 10_000})
	def(&l.Flood.PerSecond, 4*l.All.PerSecond)
	def(&l.Flood.Burst, 4*l.All.Burst)
	return l
}

// class is what a frame is counted as, beside being a frame.
type class uint8

const (
	classAll class = iota
	classFlood
	classComments
	classLikes
	classClicks
	classOrders
	classClaims
	limitClasses // their number
)

// classOf says what a frame of a kind is counted as beside classAll.
func classOf(kind string, role live.Role) class {
	switch kind {
	case string(live.CommentSent), "question_asked", typeServiceOpen, typeServiceSay, typeServiceHuman, typeServiceRate:
		if role == live.RoleViewer {
			return classComments
		}
	case string(live.Liked):
		return classLikes
	case string(live.ProductClicked):
		return classClicks
	case typePlaceOrder, typeCancelOrder:
		return classOrders
	case typeJoinWaitlist, string(live.CouponClaimed), string(live.RedPacketClaimed), string(live.LuckyDrawEntered):
		return classClaims
	}
	return classAll
}

// pace is a [Rate] as the buckets reckon with it: nanoseconds between two
// tokens of an empty bucket, and how far ahead of the clock a full one may run.
type pace struct{ each, ahead int64 }

// paceOf turns a rate into its pace. A rate beyond one a nanosecond is none.
func paceOf(r Rate) pace {
	each := int64(float64(time.Second) / r.PerSecond)
	burst := float64(max(r.Burst, 1) - 1)
	return pace{each: each, ahead: int64(min(burst*float64(each), math.MaxInt64/4))}
}

// paces are the limits of a connection, shared by all.
type paces [limitClasses]pace

func (l *Limits) paces() *paces {
	return &paces{
		classAll: paceOf(l.All), classFlood: paceOf(l.Flood), classComments: paceOf(l.Comments),
		classLikes: paceOf(l.Likes), classClicks: paceOf(l.Clicks), classOrders: paceOf(l.Orders), classClaims: paceOf(l.Claims),
	}
}

// bucket is a token bucket in one number: the unix nanosecond at which it would
// be full again (the generic cell rate algorithm's theoretical arrival time,
// ITU-T I.371). The zero bucket is full.
type bucket int64

// take draws one token at an instant, or says how long to wait for one.
func (b *bucket) take(p pace, now int64) (ok bool, wait time.Duration) {
	full := max(int64(*b), now)
	if wait := full - now - p.ahead; wait > 0 {
		return false, time.Duration(wait)
	}
	*b = bucket(full + p.each)
	return true, 0
}

// limiter holds the buckets of one connection. It is a value of 56 bytes
// without a pointer, and belongs to whoever reads the connection.
type limiter [limitClasses]bucket

// take draws one token of a class, or says how long to wait for one.
func (l *limiter) take(p *paces, c class, now time.Time) (ok bool, retryAfter time.Duration) {
	return l[c].take(p[c], now.UnixNano())
}
