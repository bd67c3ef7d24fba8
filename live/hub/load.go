package hub

import (
	"math"
	"sync"
	"time"
)

const (
	// smoothOver is over how many messages, of a room at its limit, its rate is
	// averaged: as many as make chance count for a seventh of it, which the
	// distance of relief bears. A room that has few of them takes longer to be
	// sure, up to smoothMost; one that has many is not slower than smoothLeast.
	smoothOver  = 24
	smoothLeast = 500 * time.Millisecond
	smoothMost  = 2 * time.Second
	// relief is the share of its limit below which a room that gathers stops to.
	// Without a distance it would change its mind with every message.
	relief = 0.75
	// thrift is the share of its limit that a room which gathers uses. What
	// gathering saves is CPU, so it has to be clearly less than not gathering.
	thrift = 0.5
	// passFrames is what a tick costs beside its frames, in frames.
	passFrames = 10
	// levelEvery is how often rooms are held against each other.
	levelEvery = 100 * time.Millisecond
	// quiet is the rate, in messages a second, below which a room asks nothing.
	quiet = 0.01
)

// load shares among the rooms what the process can send. A room is sent every
// message at once while what that takes, the frames a second of its demand, is
// below a limit: the budget, as far as other rooms leave it. Beyond, it gathers.
// When all ask for more than there is, the limit is the same for all (max-min
// fairness): small rooms are served at once and the large ones gather.
type load struct {
	tick Tick

	mu    sync.Mutex
	rooms map[*demand]struct{}
	limit float64
	at    time.Time // when limit was found
}

// demand is what a room asks for. It is guarded by load.mu.
type demand struct {
	rate    float64 // messages for viewers a second, smoothed
	at      time.Time
	sockets int
	gathers bool
}

func newLoad(t Tick) *load {
	return &load{tick: t, rooms: map[*demand]struct{}{}, limit: float64(t.FramesPerSecond)}
}

// frames is how many frames a second the room would take without gathering.
func (d *demand) frames() float64 { return d.rate * float64(d.sockets+passFrames) }

// smooth is the time over which the rate of a room is averaged, in seconds: an
// exponential decay, so that after this long 63 % of a change is seen.
func (l *load) smooth(d *demand) float64 {
	seconds := smoothOver * float64(d.sockets+passFrames) / float64(l.tick.FramesPerSecond)
	return min(max(seconds, smoothLeast.Seconds()), smoothMost.Seconds())
}

// decay brings the rate of a room to an instant.
func (l *load) decay(d *demand, now time.Time) {
	if past := now.Sub(d.at); past > 0 {
		d.rate *= math.Exp(-past.Seconds() / l.smooth(d))
		d.at = now
	}
}

// arrived counts messages for the viewers of a room.
func (l *load) arrived(d *demand, messages, sockets int, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decay(d, now)
	d.at, d.sockets = now, sockets
	d.rate += float64(messages) / l.smooth(d)
	l.rooms[d] = struct{}{}
}

// forget drops a room that is gone.
func (l *load) forget(d *demand) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.rooms, d)
}

// interval is the time from a tick of the room at this instant to the next one.
func (l *load) interval(d *demand, sockets int, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decay(d, now)
	d.sockets = sockets
	if now.Sub(l.at) >= levelEvery {
		l.level(now)
	}
	asks := d.frames()
	switch {
	case asks > l.limit:
		d.gathers = true
	case asks < relief*l.limit:
		d.gathers = false
	}
	if !d.gathers {
		return l.tick.Least
	}
	each := time.Duration(float64(sockets) / (thrift * l.limit) * float64(time.Second))
	return min(max(each, l.tick.Gather, l.tick.Least), max(l.tick.Most, l.tick.Least))
}

// level finds the limit. The caller holds the lock.
func (l *load) level(now time.Time) {
	l.at = now
	total, most := 0.0, 0.0
	for d := range l.rooms {
		if l.decay(d, now); d.rate < quiet {
			delete(l.rooms, d)
			continue
		}
		total += d.frames()
		most = max(most, d.frames())
	}
	budget := float64(l.tick.FramesPerSecond)
	if total <= budget {
		l.limit = budget - total + most // What the room that asks most may still ask.
		return
	}
	// Whoever asks less than an equal share leaves the rest to the others, whose
	// share grows by it; that is repeated until nobody else asks less.
	l.limit = budget / float64(len(l.rooms))
	for {
		left, large := budget, 0
		for d := range l.rooms {
			if asks := d.frames(); asks <= l.limit {
				left -= asks
			} else {
				large++
			}
		}
		share := left / float64(large) // The total is over the budget: somebody is.
		if share <= l.limit*(1+1e-9) {
			return
		}
		l.limit = share
	}
}
