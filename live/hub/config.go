package hub

import (
	"log/slog"
	"runtime"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
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
	// Forward, if set, is told of every tick with messages, also of rooms without
	// members, and may have it built for other processes. It is called outside
	// of every lock, in the order of the room, and must not block.
	Forward func(id live.RoomID, built func() Built)
	// Largest, if set, is how many sockets a room has on the machine with the most
	// of those that this process builds it for, itself with its sockets here among
	// them: the room ticks as slowly as that one can send. It is called under the
	// room's lock.
	Largest func(id live.RoomID, here int) int
	// Ring is how much a room remembers for those who return.
	Ring Ring
	// Comments is how many comments a room shows its viewers.
	Comments Comments
	// Queue is how many ticks a member may lag behind before it skips. Default 32.
	Queue int
	// Logger is where the hub logs. Required.
	Logger *slog.Logger
	// Registerer takes the hub's metrics. Nil: none.
	Registerer prometheus.Registerer
}

// Tick says when a room sends. While what all rooms of the process ask for is
// less than it can send, every message goes at once, and what comes while a frame
// is on its way is in the next one. Beyond, large rooms gather messages.
type Tick struct {
	// Least is the least time between two frames of a room. Default 10 ms.
	Least time.Duration
	// Gather is the least time between two frames of a room that gathers.
	// Default 80 ms, which nobody who reads comments notices.
	Gather time.Duration
	// Most is the interval of the largest room. Default 500 ms.
	Most time.Duration
	// FramesPerSecond is what the process sends with ease, all its rooms together.
	// Default 65,000 for each core, which leaves a quarter of what was measured to
	// everything else. A room that gathers uses half of what it could have.
	FramesPerSecond int
}

// Urgent is how long after a frame the next one may wait at most with something
// that is no talk, in a room with that many sockets.
func (t Tick) Urgent(sockets int) time.Duration {
	d := time.Duration(sockets) * time.Second / time.Duration(t.FramesPerSecond)
	return min(max(d, t.Least), t.Most)
}

// Comments bounds how many comments of viewers the others are shown, in rooms that
// are large enough for it. Nobody reads more, and each makes every frame longer.
type Comments struct {
	// PerSecond is how many are shown a second. Default 30.
	PerSecond int
	// Room is the number of sockets from which on a room is bounded. Default 1,000.
	Room int
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
	def(&c.Tick.Least, 10*time.Millisecond)
	def(&c.Tick.Gather, 80*time.Millisecond)
	def(&c.Tick.Most, 500*time.Millisecond)
	def(&c.Tick.FramesPerSecond, 65_000*runtime.GOMAXPROCS(0))
	def(&c.Comments.PerSecond, 30)
	def(&c.Comments.Room, 1000)
	def(&c.Ring.Messages, 2000)
	def(&c.Ring.Bytes, 4<<20)
	def(&c.Ring.Age, time.Minute)
	def(&c.Queue, 32)
	return c
}

func def[T ~int | ~int64](v *T, d T) {
	if *v <= 0 {
		*v = d
	}
}
