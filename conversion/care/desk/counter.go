package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/live"
	"showrunner/live/store"
)

// counterName names the one reader of the log that counts for entries.
const counterName = "entries"

const (
	countBatch = 4096
	countWait  = time.Second
	// commitEvery is how often the log learns how far its facts are not needed any
	// more; what makes counts exactly once is in the store.
	commitEvery = 5 * time.Second
)

// LogReader is the named reader of the log that [Counter] follows.
type LogReader interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// CounterConfig is what [NewCounter] needs; all of it is required.
type CounterConfig struct {
	Reader LogReader
	Epoch  string // of the log
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Counter follows the log and counts how often service entries are shown and
// opened. Counts and the place up to which they count are one transaction, so each
// fact counts once, however often the log is read.
type Counter struct {
	cfg       CounterConfig
	committed time.Time
}

// NewCounter starts nothing.
func NewCounter(cfg CounterConfig) *Counter { return &Counter{cfg: cfg} }

// errReaderLost is how the log says that another reader has taken over.
var errReaderLost error = live.Conflict("reader_lost", "")

// Run follows the log until ctx ends, then returns nil. What goes wrong is logged
// and tried again; only "reader_lost" ends it.
func (n *Counter) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, 5*time.Second
	var entries []live.Entry
	read := false
	for ctx.Err() == nil {
		var err error
		if !read {
			entries, err = n.cfg.Reader.Next(ctx, countBatch, countWait)
			read = err == nil
		}
		if err == nil {
			err = n.take(ctx, entries, n.cfg.Reader.Position())
		}
		if err == nil && n.cfg.Now().Sub(n.committed) >= commitEvery {
			err = n.cfg.Reader.Commit(ctx, n.cfg.Reader.Position(), nil)
			n.committed = n.cfg.Now()
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errReaderLost):
			return fmt.Errorf("count for entries: %w", err)
		case err != nil:
			n.cfg.Logger.WarnContext(ctx, "the figures of service entries wait for the log or the store", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(pause.NextBackOff()):
			}
		default:
			read = false
			pause.Reset()
		}
	}
	return nil
}

// shownAt is an entry and how often it was shown and opened.
type shownAt struct {
	merchant        live.MerchantID
	entry           string
	exposed, opened int64
}

// take counts what entries of the log say, unless they were counted before.
func (n *Counter) take(ctx context.Context, entries []live.Entry, next live.Position) error {
	counts, some := []*shownAt{}, false
	for i := range entries {
		e := &entries[i].Event
		some = some || e.Kind == live.ServiceEntryExposed || e.Kind == live.ServiceEntryOpened
	}
	if !some {
		return nil
	}
	return n.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		var epoch string
		var done int64
		err := tx.Row(`SELECT epoch, offs FROM service_checkpoint WHERE reader = ?`, counterName).Scan(&epoch, &done)
		if err != nil && !none(err) {
			return fmt.Errorf("read how far entries were counted: %w", err)
		}
		if epoch != n.cfg.Epoch {
			done = -1
		}
		counts = counts[:0]
		byName := map[[2]string]*shownAt{}
		for i := range entries {
			if int64(entries[i].Position.Offset()) >= done {
				counts = count(counts, byName, &entries[i].Event)
			}
		}
		for _, x := range counts {
			if _, err := tx.Exec(`UPDATE service_entries SET exposed = exposed + ?, opened = opened + ? WHERE merchant_id = ? AND entry_id = ?`,
				x.exposed, x.opened, string(x.merchant), x.entry); err != nil {
				return fmt.Errorf("count for an entry: %w", err)
			}
		}
		if offset := int64(next.Offset()); offset > done {
			if _, err := tx.Exec(`INSERT INTO service_checkpoint (reader, epoch, offs) VALUES (?, ?, ?)
				ON CONFLICT (reader) DO UPDATE SET epoch = excluded.epoch, offs = excluded.offs`, counterName, n.cfg.Epoch, offset); err != nil {
				return fmt.Errorf("write how far entries were counted: %w", err)
			}
		}
		return nil
	})
}

// count adds what a fact says of an entry. Rehearsals and what staff does do not
// count.
func count(counts []*shownAt, byName map[[2]string]*shownAt, e *live.Event) []*shownAt {
	if e.Kind != live.ServiceEntryExposed && e.Kind != live.ServiceEntryOpened || e.Rehearsal || e.Actor.Role != live.RoleViewer && e.Actor.Role != live.RoleIntegration {
		return counts
	}
	var d struct {
		Entry string `json:"entry_id"`
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return counts // Accepted facts were checked on their way in.
	}
	name := [2]string{string(e.Merchant), d.Entry}
	x := byName[name]
	if x == nil {
		x = &shownAt{merchant: e.Merchant, entry: d.Entry}
		byName[name] = x
		counts = append(counts, x)
	}
	if e.Kind == live.ServiceEntryExposed {
		x.exposed++
	} else {
		x.opened++
	}
	return counts
}
