package need

import (
	"context"
	"time"

	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// alikeFrom is how alike two needs are at least to be one need of two people, as a
// cosine of their terms: half of what they say they say both.
const alikeFrom = 0.5

// NewEntry is the entry that a common need becomes.
type NewEntry struct {
	Merchant live.MerchantID
	Type     string // as the desk has them
	Title    string
	Scope    string
	FromNeed string // the cluster
}

// Usage is what became of an entry.
type Usage struct {
	Exposed  int64 `json:"exposed"`
	Opened   int64 `json:"opened"`
	Resolved int64 `json:"resolved"`
	Retired  bool  `json:"retired"`
}

// Entries are the fixed entries of service; the service desk has them.
type Entries interface {
	// Ship makes an entry, or tells of the one that was made of the same need.
	Ship(ctx context.Context, e NewEntry, by live.Principal) (id string, err error)
	Usage(ctx context.Context, m live.MerchantID, entry string, by live.Principal) (Usage, error)
	Retire(ctx context.Context, m live.MerchantID, entry string, by live.Principal) error
}

// Store is what the loop is kept in; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
}

// Config is what [New] needs; all of it is required.
type Config struct {
	Store Store
	// Words reads texts. It is asked for when the first text comes.
	Words func() (*text.Segmenter, *text.Classifier, error)
	// Entries ships what is promoted.
	Entries Entries
	// NewID makes identifiers that are never used twice.
	NewID func() string
	Now   func() time.Time
}

// Loop keeps needs. Make it with [New].
type Loop struct {
	store   Store
	words   func() (*text.Segmenter, *text.Classifier, error)
	entries Entries
	newID   func() string
	now     func() time.Time
}

// New starts nothing.
func New(c Config) *Loop {
	if c.Store == nil || c.Words == nil || c.Entries == nil || c.NewID == nil || c.Now == nil {
		panic("BUG: need.Config is not complete")
	}
	return &Loop{c.Store, c.Words, c.Entries, c.NewID, c.Now}
}
