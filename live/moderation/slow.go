package moderation

import (
	"hash/maphash"
	"sync"
	"time"

	"showrunner/live"
)

// slow remembers when each person last commented in a room that is in slow
// mode. It forgets by generations: what is older than the slowest mode allows
// has no effect any more.
type slow struct {
	seed maphash.Seed

	mu       sync.Mutex
	turned   time.Time
	now, old map[uint64]word
}

// word is a person's last comment.
type word struct {
	at time.Time
	id uint64 // of the fact, 0: it has no name; a repeat is no second comment
}

func newSlow() *slow {
	return &slow{seed: maphash.MakeSeed(), now: map[uint64]word{}, old: map[uint64]word{}}
}

func (s *slow) hash(a, b string) uint64 {
	var h maphash.Hash
	h.SetSeed(s.seed)
	_, _ = h.WriteString(a) // It never fails.
	_ = h.WriteByte(0)
	_, _ = h.WriteString(b)
	return h.Sum64()
}

func (s *slow) get(k uint64) word {
	w, ok := s.now[k]
	if !ok {
		w = s.old[k]
	}
	return w
}

// take is a person's turn to comment, or says how long they have to wait. undo
// gives the turn back when the comment was not taken after all.
func (s *slow) take(room live.RoomID, person live.PersonID, id live.EventID, pause time.Duration, at time.Time) (undo func(), wait time.Duration) {
	k := s.hash(string(room), string(person))
	var name uint64
	if id != "" {
		name = s.hash(string(person), string(id)) | 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(at)
	was := s.get(k)
	if name != 0 && was.id == name {
		return func() {}, 0
	}
	if wait := pause - at.Sub(was.at); !was.at.IsZero() && wait > 0 {
		return nil, wait
	}
	s.now[k] = word{at, name}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.now[k] == (word{at, name}) {
			s.now[k] = was
		}
	}, 0
}

// saw notes a comment that another node took.
func (s *slow) saw(room live.RoomID, person live.PersonID, at time.Time) {
	k := s.hash(string(room), string(person))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.turn(at)
	if was := s.get(k); was.at.Before(at) {
		s.now[k] = word{at: at, id: was.id}
	}
}

// turn begins a new generation when the present one is over.
func (s *slow) turn(at time.Time) {
	if at.Sub(s.turned) > live.MaxSlowSeconds*time.Second {
		s.turned, s.old, s.now = at, s.now, map[uint64]word{}
	}
}
