package store

import (
	"context"
	"fmt"
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
	mutes map[muteKey]time.Time
}

type muteKey struct {
	room   live.RoomID
	person live.PersonID
}

func newCache() *cache {
	c := &cache{onAir: map[live.RoomID]live.Show{}, mutes: map[muteKey]time.Time{}}
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

func (c *cache) mute(k muteKey, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mutes[k] = until
}

// forget drops the mutes that have ended.
func (c *cache) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, until := range c.mutes {
		if !until.After(now) {
			delete(c.mutes, k)
		}
	}
}

// fill reads everything anew, inside a transaction that has changed nothing so
// far.
func (c *cache) fill(q querier, now time.Time) error {
	rows, err := q.query(`SELECT ` + showColumns + ` FROM shows WHERE state IN ('live', 'paused')`)
	shows, err := collect(rows, err, scanShow)
	if err != nil {
		return fmt.Errorf("fill caches: shows: %w", err)
	}
	mutes := map[muteKey]time.Time{}
	rows, err = q.query(`SELECT room_id, person_id, until FROM mutes WHERE until > ?`, ms(now))
	_, err = collect(rows, err, func(r scanner) (k muteKey, err error) {
		var until int64
		err = r.Scan(&k.room, &k.person, &until)
		mutes[k] = at(until)
		return k, err
	})
	if err != nil {
		return fmt.Errorf("fill caches: mutes: %w", err)
	}
	onAir := make(map[live.RoomID]live.Show, len(shows))
	for _, sh := range shows {
		onAir[sh.Room] = sh
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onAir, c.mutes = onAir, mutes
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

// Muted reports whether a person may not comment in a room at an instant, and
// until when. It is answered from memory like [Store.OnAir]; the error is
// always nil today.
func (s *Store) Muted(_ context.Context, room live.RoomID, person live.PersonID, at time.Time) (until time.Time, muted bool, err error) {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	until, ok := s.cache.mutes[muteKey{room, person}]
	if !ok || !until.After(at) {
		return time.Time{}, false, nil
	}
	return until, true, nil
}
