package hub

import (
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Config is what a hub needs. Zero values mean the default named on the field.
type Config struct {
	// Epoch names the incarnation of the log that offsets belong to.
	Epoch string
	// Start is the first offset that [Hub.Publish] will be given: everything
	// before it is unknown here. 0: everything will be given.
	Start uint64
	// Framer encodes frames. Required.
	Framer Framer
	// Now is the clock. Required.
	Now func() time.Time
	// Tick is how often a room sends.
	Tick Tick
	// Ring is how much a room remembers for those who return.
	Ring Ring
	// Queue is how many ticks a member may lag behind before it skips. Default 16.
	Queue int
	// Logger is where the hub logs. Required.
	Logger *slog.Logger
	// Registerer takes the hub's metrics. Nil: none.
	Registerer prometheus.Registerer
}

// Tick bounds the interval between two frames of a room.
type Tick struct {
	// Least is the interval of a small room. Default 20 ms.
	Least time.Duration
	// Most is the interval of the largest room. Default 500 ms.
	Most time.Duration
	// FramesPerSecond is what one room may cost: a room of n members ticks
	// every n/FramesPerSecond seconds, within the bounds. Default 100,000,
	// which is 100 ms for 10,000 members.
	FramesPerSecond int
}

// Interval is the time between two frames of a room with that many members.
func (t Tick) Interval(members int) time.Duration {
	d := time.Duration(members) * time.Second / time.Duration(t.FramesPerSecond)
	return min(max(d, t.Least), t.Most)
}

// Ring bounds what a room remembers; the first bound that is met counts.
type Ring struct {
	Messages int           // default 2,000
	Bytes    int           // default 4 MiB
	Age      time.Duration // default 60 s
}

func (c Config) withDefaults() Config {
	if c.Framer == nil || c.Now == nil || c.Logger == nil {
		panic("BUG: hub.Config needs Framer, Now and Logger")
	}
	def(&c.Tick.Least, 20*time.Millisecond)
	def(&c.Tick.Most, 500*time.Millisecond)
	def(&c.Tick.FramesPerSecond, 100_000)
	def(&c.Ring.Messages, 2000)
	def(&c.Ring.Bytes, 4<<20)
	def(&c.Ring.Age, time.Minute)
	def(&c.Queue, 16)
	return c
}

func def[T ~int | ~int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
