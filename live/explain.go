package live

import "time"

// Explain is where a product stands in being presented. One that has none has
// not been explained; at most one product of a show is at a time.
type Explain struct {
	ID        string // of the running one, else of the newest
	Product   ProductID
	Count     int64 // how often it was begun in the show
	StartedAt time.Time
	EndedAt   time.Time // zero: it is being explained now
}

// State is the second and third of the three states: not yet, being, done.
func (e *Explain) State() string {
	if e.EndedAt.IsZero() {
		return "being_explained"
	}
	return "explained"
}
