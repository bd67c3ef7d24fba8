package store

import (
	"context"
	"sync"
	"time"

	"showrunner/live"
)

// cache answers what is asked for every fact of a room. It changes only after
// a commit and is rebuilt when the store opens.
type cache struct {
	mu    sync.RWMutex
	onAir map[live.RoomID]live.Show
	mutes map[muteKey]time.Time
}

type muteKey struct {
	room   live.RoomID
	person live.PersonID
}

func newCache() *cache {
	return &cache{onAir: map[live.RoomID]live.Show{}, mutes: map[muteKey]time.Time{}}
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

// OnAir is the show that is live or paused in a room, if there is one. It is
// answered from memory and exact after every commit.
func (s *Store) OnAir(room live.RoomID) (live.Show, bool) {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	sh, ok := s.cache.onAir[room]
	return sh, ok
}

// Muted reports whether a person may not comment in a room at an instant, and
// until when. It is answered from memory; the error is always nil today.
func (s *Store) Muted(_ context.Context, room live.RoomID, person live.PersonID, at time.Time) (until time.Time, muted bool, err error) {
	s.cache.mu.RLock()
	defer s.cache.mu.RUnlock()
	until, ok := s.cache.mutes[muteKey{room, person}]
	if !ok || !until.After(at) {
		return time.Time{}, false, nil
	}
	return until, true, nil
}

func (s *Store) fillCache(ctx context.Context) error {
	shows, err := s.showsWhere(s.reader(ctx), ` WHERE state IN ('live', 'paused')`)
	if err != nil {
		return err
	}
	for _, sh := range shows {
		s.cache.show(sh)
	}
	rows, err := s.reader(ctx).query(`SELECT room_id, person_id, until FROM mutes WHERE until > ?`, ms(s.now()))
	_, err = collect(rows, err, func(r scanner) (muteKey, error) {
		var k muteKey
		var until int64
		if err := r.Scan(&k.room, &k.person, &until); err != nil {
			return k, err
		}
		s.cache.mute(k, at(until))
		return k, nil
	})
	return err
}
