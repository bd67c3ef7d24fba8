package complaint

import (
	"context"
	"time"

	"showrunner/conversion/care/text"
	"showrunner/live"
	"showrunner/live/store"
)

// Store is what the book is kept in; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
	Snapshot(ctx context.Context, fn func(store.Querier) error) error
}

// Desk tells whose a customer is; the service desk is it.
type Desk interface {
	// AgentOf is the agent of a session, or else of a person; empty: nobody.
	AgentOf(q store.Querier, m live.MerchantID, session string, person live.PersonID) (string, error)
}

// Config is what [New] needs.
type Config struct {
	Store Store
	// Words reads texts. It is asked for when the first text comes: the dictionary
	// is large, and a server that nobody writes to does without.
	Words func() (*text.Segmenter, *text.Classifier, error)
	// Desk gives complaints to the agents of their sessions and people. Nil: a
	// complaint is of who opens it.
	Desk Desk
	// Questions are what viewers ask, for briefs. Nil: briefs have none.
	Questions Questions
	// NewID makes identifiers that are never used twice.
	NewID func() string
	Now   func() time.Time
}

// Book keeps complaints, findings and briefs. Make it with [New].
type Book struct {
	store     Store
	words     func() (*text.Segmenter, *text.Classifier, error)
	desk      Desk
	questions Questions
	newID     func() string
	now       func() time.Time
}

// New starts nothing.
func New(c Config) *Book {
	if c.Store == nil || c.Words == nil || c.NewID == nil || c.Now == nil {
		panic("BUG: complaint.Config is not complete")
	}
	return &Book{c.Store, c.Words, c.Desk, c.Questions, c.NewID, c.Now}
}
