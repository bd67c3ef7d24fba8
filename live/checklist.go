package live

import (
	"time"
	"unicode/utf8"
)

// ChecklistItem is something that somebody must have done before a show goes on
// air, by the word of its merchant.
type ChecklistItem struct {
	ID       string
	Title    string
	Blocking bool // start_show is refused while it is open
}

// ChecklistTick is that somebody says an item is done.
type ChecklistTick struct {
	Item string
	By   Actor
	At   time.Time
	Note string
}

// Limits of a checklist.
const (
	MaxChecklist     = 50  // items of a merchant
	MaxChecklistNote = 200 // characters
)

// ValidateChecklist checks the items that a merchant declares. Codes:
// "invalid_field".
func ValidateChecklist(items []ChecklistItem) error {
	if len(items) > MaxChecklist {
		return Invalid("invalid_field", "items", "must be at most %d", MaxChecklist)
	}
	seen := map[string]bool{}
	for _, it := range items {
		n := utf8.RuneCountInString(it.Title)
		switch {
		case !ValidID(it.ID):
			return Invalid("invalid_field", "item_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
		case seen[it.ID]:
			return Invalid("invalid_field", "item_id", "stands twice")
		case !utf8.ValidString(it.Title) || n < 1 || n > MaxTitleRunes:
			return Invalid("invalid_field", "title", "must be 1 to %d characters", MaxTitleRunes)
		}
		seen[it.ID] = true
	}
	return nil
}
