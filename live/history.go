package live

import "time"

// Bounds of history that comes in by import.
const (
	// MaxHistoryAge is how far back imported facts may lie: longer than books
	// have to be kept in most places, short enough to catch a wrong century.
	MaxHistoryAge = 5 * 366 * 24 * time.Hour
	// LiveAge is how long after it occurred a fact is news to a room. Older
	// ones are kept and counted, and nobody is interrupted by them.
	LiveAge = time.Hour
)

// Stale reports whether the event was already history when it was taken in.
func (e *Event) Stale() bool { return e.ReceivedAt.Sub(e.OccurredAt) > LiveAge }
