package hub_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// A simulated machine sends a frame in this time; several shards share a pass.
const (
	frameTime = 7 * time.Microsecond
	shards    = 2
)

// machine is a sink that takes as long for a pass as its seats cost, and notes
// how long the messages have waited.
type machine struct {
	seats int

	mu     sync.Mutex
	frames int
	passes int
	offset time.Duration   // of the newest message
	waits  []time.Duration // of the oldest message of each frame, whose offset is when it was published
}

func (m *machine) Pass(p *hub.Pass) {
	raw, events := p.Wire(func(frames [][]byte) []byte { return frames[0] })
	var f frame
	if events > 0 {
		if err := json.Unmarshal(raw, &f); err != nil {
			panic(err)
		}
	}
	took := time.Duration(m.seats) * frameTime / shards
	time.AfterFunc(took, func() {
		m.mu.Lock()
		m.frames += m.seats
		m.passes++
		m.offset = time.Duration(p.Offset()) //nolint:gosec // see below.
		if events > 0 {
			m.waits = append(m.waits, time.Since(epoch)-time.Duration(f.Events[0])) //nolint:gosec // nanoseconds of a test.
		}
		m.mu.Unlock()
		p.Done(m.seats, 0)
	})
}

func (m *machine) Bye()                        {}
func (m *machine) Expel(live.PersonID, string) {}

// begin is where a simulation's counting starts: what was before does not count.
func (m *machine) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.frames, m.passes, m.waits = 0, 0, nil
}

// sent is how many frames went out, in how many passes.
func (m *machine) sent() (frames, passes int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.frames, m.passes
}

// standing is the offset up to which all is delivered.
func (m *machine) standing() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.offset
}

// longest is the longest time from a message to its last delivery.
func (m *machine) longest() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Max(m.waits)
}

// epoch is just before the start of every bubble's clock: the offset of the
// first message is 1, as in every log. Nobody is ever sent a message at 0.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(-1)

func sit(t *testing.T, h *hub.Hub, room live.RoomID, seats int) *machine {
	t.Helper()
	m := &machine{seats: seats}
	f := h.NewFan(room, hub.ClassViewer, m)
	for range seats {
		if _, err := f.Sit(hub.JoinOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// talk is a comment, and price is none; both are made now.
func talk() hub.Message {
	m := price()
	m.Effect = hub.Says
	return m
}

func price() hub.Message { return roomMsg(uint64(time.Since(epoch))) } //nolint:gosec // nanoseconds of a test.

// chatter publishes at a rate for a while.
func chatter(h *hub.Hub, room live.RoomID, rate float64, length time.Duration) {
	every := time.Duration(float64(time.Second) / rate)
	for end := time.Now().Add(length); time.Now().Before(end); time.Sleep(every) {
		h.Publish(room, []hub.Message{talk()})
	}
}

func twoCores(c *hub.Config) { c.Tick.FramesPerSecond = 130_000 }

// TestFramesOfRooms simulates rooms on two cores; with -v it prints what they cost.
func TestFramesOfRooms(t *testing.T) {
	for _, c := range []struct {
		viewers int
		rate    float64
		frames  int           // most frames a second
		wait    time.Duration // longest time that a message waits beside passes
	}{
		{1, 5, 5, 0},
		{1_000, 5, 5_000, 0},
		{1_000, 50, 50_000, 0},
		{1_000, 200, 12_500, 80 * time.Millisecond},
		{1_000, 1600, 12_500, 80 * time.Millisecond},
		{10_000, 5, 50_000, 0},
		{10_000, 12, 120_000, 0},
		{10_000, 20, 66_000, 155 * time.Millisecond},
		{10_000, 1500, 66_000, 155 * time.Millisecond},
		{54_000, 1, 54_000, 0},
		{54_000, 2, 108_000, 0},
		{54_000, 20, 108_000, 500 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("%d viewers, %.0f messages a second", c.viewers, c.rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub(t, twoCores)
				m := sit(t, h, "r1", c.viewers)
				chatter(h, "r1", c.rate, 10*time.Second)
				m.begin()
				const length = 20 * time.Second
				chatter(h, "r1", c.rate, length)
				time.Sleep(5 * time.Second)
				pass := time.Duration(c.viewers) * frameTime / shards
				second := int(length / time.Second)
				frames, passes := m.sent()
				t.Logf("%6d viewers %5.0f messages/s: %7d frames/s of %5.1f messages, each delivered within %s, a pass being %s",
					c.viewers, c.rate, frames/second, c.rate*float64(second)/float64(passes), m.longest(), pass)
				if got := frames / second; got > c.frames+2*c.viewers/second {
					t.Errorf("%d frames a second, want at most %d", got, c.frames)
				}
				// A message that comes during a pass waits for its end.
				if got := m.longest() - 2*pass; got > c.wait {
					t.Errorf("a message waited for %s, want at most %s", got, c.wait)
				}
			})
		})
	}
}

// TestUrgentWaitsAsBefore: what is no talk is not gathered with it.
func TestUrgentWaitsAsBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, twoCores)
		m := sit(t, h, "r1", 10_000)
		go chatter(h, "r1", 100, 20*time.Second)
		time.Sleep(8 * time.Second)
		for range 50 {
			time.Sleep(rand.N(200 * time.Millisecond))
			at := time.Now()
			h.Publish("r1", []hub.Message{price()})
			for m.standing() < at.Sub(epoch) {
				time.Sleep(time.Millisecond)
			}
			// A pass that began before may be under way, and its own takes as long.
			if took, most := time.Since(at), 100*time.Millisecond+2*35*time.Millisecond; took > most {
				t.Errorf("a price waited %s, want at most %s", took, most)
			}
		}
		time.Sleep(20 * time.Second)
	})
}

// TestPersonalWordsInALargeRoom: what only one person is told makes no more ticks
// than the room can bear, and comes at once in a small one.
func TestPersonalWordsInALargeRoom(t *testing.T) {
	for _, c := range []struct{ viewers, most int }{{100, 100}, {10_000, 14}} {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t, twoCores)
			m := sit(t, h, "r1", c.viewers)
			for range 10 * 200 {
				msg := price()
				msg.Audience, msg.Person = live.AudiencePerson, "ann"
				h.Publish("r1", []hub.Message{msg})
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(time.Second)
			if _, passes := m.sent(); passes > 10*c.most+1 || passes < 10*c.most*9/10 {
				t.Errorf("%d viewers: %d passes in ten seconds", c.viewers, passes)
			}
		})
	}
}

// TestNoFlapping: a room whose demand is at the limit, by chance above and below,
// does not change its mind with every message.
func TestNoFlapping(t *testing.T) {
	for _, viewers := range []int{1_000, 10_000} {
		synctest.Test(t, func(t *testing.T) {
			var changes int
			last := time.Duration(-1)
			h := newHub(t, func(c *hub.Config) {
				twoCores(c)
				c.Forward = func(_ live.RoomID, built func() hub.Built) {
					if every := built().Interval; every != last {
						changes, last = changes+1, every
					}
				}
			})
			sit(t, h, "r1", viewers)
			random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same test every time.
			rate := 130_000 / float64(viewers)
			for end := time.Now().Add(10 * time.Minute); time.Now().Before(end); {
				h.Publish("r1", []hub.Message{talk()})
				time.Sleep(time.Duration(random.ExpFloat64() * float64(time.Second) / rate))
			}
			time.Sleep(time.Second)
			if t.Logf("%d viewers: %d changes", viewers, changes); changes < 2 || changes > 60 {
				t.Errorf("the interval of %d viewers changed %d times in ten minutes", viewers, changes)
			}
		})
	}
}

// TestRoomsShareTheBudget: together rooms stay within what the process can send,
// and a small one does not pay for the large ones.
func TestRoomsShareTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, twoCores)
		var large []*machine
		for i := range 8 {
			room := live.RoomID(fmt.Sprint("large", i))
			large = append(large, sit(t, h, room, 2_000))
			go chatter(h, room, 15, 30*time.Second) // 30,000 frames a second each
		}
		small := sit(t, h, "small", 20)
		go chatter(h, "small", 7, 30*time.Second)
		time.Sleep(10 * time.Second)
		small.begin()
		for _, m := range large {
			m.begin()
		}
		time.Sleep(10 * time.Second)
		sum := 0
		for _, m := range large {
			frames, _ := m.sent()
			sum += frames / 10
		}
		if sum > 130_000 {
			t.Errorf("all send %d frames a second", sum)
		}
		if got := small.longest(); got > time.Millisecond {
			t.Errorf("in a small room a message waited %s", got)
		}
		time.Sleep(15 * time.Second)
		// The others are silent now: one alone is served at once.
		large[0].begin()
		chatter(h, "large0", 15, 10*time.Second)
		if frames, _ := large[0].sent(); frames/10 < 29_000 {
			t.Errorf("alone it is sent %d frames a second of 30,000", frames/10)
		}
		time.Sleep(time.Second)
	})
}

// TestTotalsTravelWithMessages: totals make no frame of their own while there are
// messages, come soon if there are none, and come once.
func TestTotalsTravelWithMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, twoCores)
		m := sit(t, h, "r1", 100)
		go chatter(h, "r1", 5, 10*time.Second)
		time.Sleep(50 * time.Millisecond) // Or chance says whether the first totals are before the first message.
		for i := range 10 {
			h.Stats("r1", fmt.Appendf(nil, "%d", i))
			time.Sleep(time.Second)
		}
		time.Sleep(time.Second)
		if _, passes := m.sent(); passes != 50 {
			t.Errorf("%d frames for 50 messages", passes)
		}
		m.begin()
		for range 10 {
			h.Stats("r1", []byte("10"))
			time.Sleep(time.Second)
		}
		if _, passes := m.sent(); passes != 1 {
			t.Errorf("the same totals were sent %d times", passes)
		}
		sit(t, h, "r1", 1)
		h.Stats("r1", []byte("10"))
		time.Sleep(time.Second)
		if _, passes := m.sent(); passes != 2 {
			t.Error("who joins a silent room is not told the totals")
		}
	})
}

// TestTickOfAnotherGoesOnAtOnce: what another process has gathered does not wait
// a second time.
func TestTickOfAnotherGoesOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, twoCores)
		m := sit(t, h, "r1", 10_000)
		for range 100 {
			h.Take("r1", hub.Built{Offset: uint64(time.Since(epoch)), Messages: []hub.Message{talk()}})
			time.Sleep(40 * time.Millisecond)
		}
		if got := m.longest(); got > 35*time.Millisecond {
			t.Errorf("a tick waited %s", got-35*time.Millisecond)
		}
	})
}
