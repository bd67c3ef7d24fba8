package ws

import "sync"

// crew does pieces of work that may wait for a database or a disk, a bounded
// number at a time. Its goroutines live only while there is work.
type crew struct {
	most int

	mu      sync.Mutex
	queue   []func()
	working int
}

// crews are those of all shards together. Openings and gaps, which come by the
// thousand when a server was started again, do not hold up orders.
type crews struct{ openings, requests crew }

// How many may wait for an engine at a time. Readers of the state of a room
// share one read, so few need to wait for it; orders are joined by the store, so
// many should be there at once.
var (
	openingsAtOnce = 64
	requestsAtOnce = 512
)

func newCrews() *crews {
	return &crews{openings: crew{most: openingsAtOnce}, requests: crew{most: requestsAtOnce}}
}

// add has f done soon. It never waits.
func (c *crew) add(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, f)
	if c.working < c.most {
		c.working++
		go c.work()
	}
}

func (c *crew) work() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 {
			c.queue = nil
			c.working--
			c.mu.Unlock()
			return
		}
		f := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.mu.Unlock()
		f()
	}
}
