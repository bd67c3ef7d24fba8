package analytics

import (
	"encoding/json"
	"maps"

	"showrunner/live"
)

// Dropped is how much of what viewers sent in a show was not taken, by reason:
// by a limit, such as "likes_by_room", or by a rule, such as "muted". It is
// nobody's behaviour and in no figure; it says what the figures do not hold.
type Dropped map[string]int64

// Dropped is what the facts folded so far tell. It is the caller's.
func (f *Fold) Dropped() Dropped {
	if f.dropped == nil {
		return Dropped{}
	}
	return maps.Clone(f.dropped)
}

// addDropped adds up what each server tells of itself.
func (f *Fold) addDropped(e *live.Event) {
	var d struct {
		Reasons map[string]int64 `json:"reasons"`
	}
	if e.Kind != live.EventsDropped || json.Unmarshal(e.Data, &d) != nil { // What cannot be read is as good as absent.
		return
	}
	if f.dropped == nil {
		f.dropped = Dropped{}
	}
	for reason, n := range d.Reasons {
		f.dropped[reason] += max(n, 0)
	}
}
