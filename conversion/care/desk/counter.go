package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// counterName names the one reader of the log that counts for entries.
const counterName = "entries"

const (
	countBatch = 4096
	countWait  = time.Second
)

// CounterConfig is what [NewCounter] needs; all of it is required.
type CounterConfig struct {
	Reader eventlog.Source
	Log    eventlog.Ranger
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Counter follows the log and counts how often service entries are shown and
// opened. Counts and the place up to which they count are one transaction, so each
// fact counts once, however often the log is read.
type Counter struct{ cfg CounterConfig }

// NewCounter starts nothing.
func NewCounter(cfg CounterConfig) *Counter { return &Counter{cfg: cfg} }

// Run follows the log until ctx ends, then returns nil. What goes wrong is logged
// and tried again; only "reader_lost" ends it.
func (n *Counter) Run(ctx context.Context) error {
	return (&eventlog.Follower{
		Name: "the figures of service entries", Reader: n.cfg.Reader, Log: n.cfg.Log, Taker: n, Batch: countBatch, Wait: countWait, Now: n.cfg.Now, Logger: n.cfg.Logger,
	}).Run(ctx)
}

// Checkpoint is up to where which log is counted; an empty epoch is of none.
func (n *Counter) Checkpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return counted(n.cfg.Store.View(ctx))
}

func counted(q store.Querier) (epoch string, next live.Position, err error) {
	var done int64
	err = q.Row(`SELECT epoch, offs FROM service_checkpoint WHERE reader = ?`, counterName).Scan(&epoch, &done)
	if err != nil && !none(err) {
		return "", live.Position{}, fmt.Errorf("read how far entries were counted: %w", err)
	}
	return epoch, live.PositionOf(uint64(done)), nil //nolint:gosec // written from an offset, see Take
}

// shownAt is an entry and how often it was shown and opened.
type shownAt struct {
	merchant        live.MerchantID
	entry           string
	exposed, opened int64
}

// Take counts what entries of the log say, unless they were counted before.
func (n *Counter) Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error {
	counts, some := []*shownAt{}, settle
	for i := range entries {
		e := &entries[i].Event
		some = some || e.Kind == live.ServiceEntryExposed || e.Kind == live.ServiceEntryOpened
	}
	if !some {
		return nil
	}
	return n.cfg.Store.Change(ctx, func(tx *store.Tx) error {
		epoch, done, err := counted(tx.Querier)
		if err != nil {
			return err
		}
		if epoch != n.cfg.Log.Epoch() {
			done = live.Position{}
		}
		counts = counts[:0]
		byName := map[[2]string]*shownAt{}
		for i := range entries {
			if !entries[i].Position.Less(done) {
				counts = count(counts, byName, &entries[i].Event)
			}
		}
		for _, x := range counts {
			if _, err := tx.Exec(`UPDATE service_entries SET exposed = exposed + ?, opened = opened + ? WHERE merchant_id = ? AND entry_id = ?`,
				x.exposed, x.opened, string(x.merchant), x.entry); err != nil {
				return fmt.Errorf("count for an entry: %w", err)
			}
		}
		if done.Less(next) {
			if _, err := tx.Exec(`INSERT INTO service_checkpoint (reader, epoch, offs) VALUES (?, ?, ?)
				ON CONFLICT (reader) DO UPDATE SET epoch = excluded.epoch, offs = excluded.offs`, counterName, n.cfg.Log.Epoch(), int64(next.Offset())); err != nil { //nolint:gosec // an offset has 53 bits
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
