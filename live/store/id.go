package store

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/google/uuid"
)

// ids makes version 7 UUIDs from the store's own clock: unique everywhere and
// ascending within the process, also when the clock stands still or goes back.
type ids struct {
	mu  sync.Mutex
	ms  int64
	seq uint16 // 12 bits
}

func (g *ids) next(now time.Time) string {
	g.mu.Lock()
	if t := now.UnixMilli(); t > g.ms {
		g.ms, g.seq = t, 0
	} else if g.seq++; g.seq > 0xfff {
		g.ms, g.seq = g.ms+1, 0
	}
	at, seq := g.ms, g.seq
	g.mu.Unlock()

	var u uuid.UUID
	// crypto/rand.Read never fails; it ends the process when the system has no
	// randomness to give.
	_, _ = rand.Read(u[8:])
	for i := range 6 {
		u[i] = byte(at >> (40 - 8*i))
	}
	u[6], u[7] = 0x70|byte(seq>>8), byte(seq)
	u[8] = u[8]&0x3f | 0x80
	return u.String()
}
