package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"sync"
	"time"

	"showrunner/live"
)

// TicketLife is how long a ticket may wait to be redeemed: long enough for a
// slow handshake, too short to be worth stealing from a log.
const TicketLife = 30 * time.Second

// maxTickets bounds memory. It is 30 seconds of 6,000 arrivals a second, far
// over what one gateway upgrades.
const maxTickets = 200_000

// TicketStore keeps the tickets that were issued and not redeemed so far, in
// memory. It keeps their hashes, so that a dump of the memory holds no ticket.
// It is safe for concurrent use.
type TicketStore struct {
	now func() time.Time

	mu    sync.Mutex
	kept  map[[sha256.Size]byte]ticket
	queue []queued // by expiry, oldest first
	head  int      // of queue: what is before it has expired
}

type ticket struct {
	principal live.Principal
	expires   time.Time
}

type queued struct {
	hash    [sha256.Size]byte
	expires time.Time
}

// NewTicketStore makes an empty store that goes by the given clock.
func NewTicketStore(now func() time.Time) *TicketStore {
	return &TicketStore{now: now, kept: map[[sha256.Size]byte]ticket{}}
}

// Issue makes a ticket that stands for p once, until the returned time. The
// connection it opens ends with p.Expires like one opened with the token. It
// refuses with live.FaultUnavailable while too many tickets are waiting.
func (s *TicketStore) Issue(p live.Principal) (string, time.Time, error) {
	var secret [32]byte
	// crypto/rand.Read never fails; it ends the program when the system has no entropy.
	_, _ = rand.Read(secret[:])
	text := base64.RawURLEncoding.EncodeToString(secret[:])
	hash := sha256.Sum256([]byte(text))
	now := s.now()
	expires := now.Add(TicketLife)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.expire(now)
	if len(s.kept) >= maxTickets {
		return "", time.Time{}, live.Unavailable("tickets_exhausted", time.Second, "too many tickets are waiting to be redeemed")
	}
	s.kept[hash] = ticket{principal: p, expires: expires}
	s.queue = append(s.queue, queued{hash: hash, expires: expires})
	return text, expires, nil
}

// Redeem uses a ticket up. A ticket that is unknown, used or too old is refused
// with code ticket_invalid; the three look alike on purpose.
func (s *TicketStore) Redeem(text string) (live.Principal, error) {
	hash := sha256.Sum256([]byte(text))
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.kept[hash]
	delete(s.kept, hash)
	s.expire(now)
	if !ok || !now.Before(t.expires) {
		return live.Principal{}, live.Unauthenticated("ticket_invalid", "the ticket is unknown, used or older than %s", TicketLife)
	}
	return t.principal, nil
}

func (s *TicketStore) expire(now time.Time) {
	for s.head < len(s.queue) && !now.Before(s.queue[s.head].expires) {
		delete(s.kept, s.queue[s.head].hash)
		s.head++
	}
	// Moving the rest down only when half is spent keeps the cost of a ticket constant.
	if s.head > len(s.queue)/2 {
		s.queue = append(s.queue[:0], s.queue[s.head:]...)
		s.head = 0
	}
}
