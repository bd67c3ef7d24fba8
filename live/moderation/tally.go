package moderation

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"showrunner/live"
)

// Place is where something was left out.
type Place struct {
	Merchant live.MerchantID
	Room     live.RoomID
}

// tally counts what was left out, by place and reason, since it was last told.
type tally struct {
	mu     sync.Mutex
	counts map[Place]map[string]int64
	since  time.Time
}

func (t *tally) add(p Place, reason string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[Place]map[string]int64{}
	}
	if t.counts[p] == nil {
		t.counts[p] = map[string]int64{}
	}
	t.counts[p][reason] += n
}

// take hands out what was counted, one fact for each place, and begins anew.
func (t *tally) take(now time.Time, show func(live.RoomID) (live.Show, bool)) []live.Event {
	t.mu.Lock()
	counts, since := t.counts, t.since
	t.counts, t.since = nil, now
	t.mu.Unlock()
	var out []live.Event
	for p, reasons := range counts {
		data, err := json.Marshal(map[string]any{"window_ms": now.Sub(since).Milliseconds(), "reasons": reasons})
		if err != nil {
			panic(fmt.Sprintf("BUG: encoding counts: %v", err))
		}
		e := live.Event{
			Kind: live.EventsDropped, Source: sourceSystem, Merchant: p.Merchant, Room: p.Room,
			Actor: live.Actor{ID: sourceSystem, Role: live.RoleSystem}, OccurredAt: now, Data: data,
		}
		if s, ok := show(p.Room); ok {
			e.Show, e.Rehearsal = s.ID, s.Rehearsal
		}
		out = append(out, e)
	}
	return out
}
