package store

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// cache answers what is asked for every fact of a room. It changes only after
// a commit, by the writer alone: after one of its own, or when it finds that
// another store on the same database has changed something.
type cache struct {
	changes atomic.Int64 // of the database that are in here

	mu    sync.RWMutex
	onAir map[live.RoomID]live.Show
	mutes map[muteKey]mute
	kicks map[muteKey]live.ShowID
	rules map[live.RoomID]*live.RoomRules // rooms that have any
}

type muteKey struct {
	room   live.RoomID
	person live.PersonID
}

// mute ends at an instant, or with a show.
type mute struct {
	until time.Time
	show  live.ShowID // empty: until says when
}

func newCache() *cache {
	c := &cache{onAir: map[live.RoomID]live.Show{}, mutes: map[muteKey]mute{}, kicks: map[muteKey]live.ShowID{}, rules: map[live.RoomID]*live.RoomRules{}}
	c.changes.Store(-1) // The first transaction fills it.
	return c
}

// show takes in a committed state of a show.
func (c *cache) show(sh live.Show) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if sh.State.OnAir() {
		c.onAir[sh.Room] = sh
	} else if c.onAir[sh.Room].ID == sh.ID {
		delete(c.onAir, sh.Room)
	}
}

// mute takes in a committed mute; the zero one ends it.
func (c *cache) mute(k muteKey, m mute) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if m == (mute{}) {
		delete(c.mutes, k)
	} else {
		c.mutes[k] = m
	}
}

func (c *cache) kick(k muteKey, show live.ShowID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kicks[k] = show
}

// pardon forgets what lasted until a show ended.
func (c *cache) pardon(show live.ShowID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.mutes, func(_ muteKey, m mute) bool { return m.show == show })
	maps.DeleteFunc(c.kicks, func(_ muteKey, s live.ShowID) bool { return s == show })
}

func (c *cache) rule(room live.RoomID, r *live.RoomRules) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rules[room] = r
}

// forget drops the mutes that have ended.
func (c *cache) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.mutes, func(_ muteKey, m mute) bool { return m.show == "" && !m.until.After(now) })
}

// fill reads everything anew, inside a transaction that has changed nothing so
// far.
func (c *cache) fill(q querier, now time.Time) error {
	rows, err := q.query(`SELECT ` + showColumns + ` FROM shows WHERE state IN ('live', 'paused')`)
	shows, err := collect(rows, err, scanShow)
	if err != nil {
		return fmt.Errorf("fill caches: shows: %w", err)
	}
	mutes, kicks, err := punished(q, now)
	if err != nil {
		return fmt.Errorf("fill caches: %w", err)
	}
	rules, err := allRules(q)
	if err != nil {
		return fmt.Errorf("fill caches: %w", err)
	}
	onAir := make(map[live.RoomID]live.Show, len(shows))
	for _, sh := range shows {
		onAir[sh.Room] = sh
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for room, r := range rules {
		// What did not change stays the same value: others keep what they made of it.
		if old := c.rules[room]; old != nil && sameRules(old, r) {
			rules[room] = old
		}
	}
	c.onAir, c.mutes, c.kicks, c.rules = onAir, mutes, kicks, rules
	return nil
}

// remember changes the cache once the transaction is on disk, and makes other
// stores on the same database look.
func (t *tx) remember(fn func(*cache)) {
	t.changes++
	t.onCommit(func() { fn(t.w.store.cache) })
}

// OnAir is the show that is live or paused in a room, if there is one. It is
// answered from memory: exact after every commit of this store, and a moment
// behind those of another one on the same database. What decides about money
// or state asks the database inside its transaction.
func (s *Store) OnAir(room live.RoomID) (live.Show, bool) {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	sh, ok := s.cache.onAir[room]
	return sh, ok
}
