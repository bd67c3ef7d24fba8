package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"showrunner/live"
)

// Log is where the events go; live/eventlog implements it.
type Log interface {
	// AppendOutbox stores a batch durably and once: a batch whose through is
	// not above the mark is answered without effect.
	AppendOutbox(ctx context.Context, through int64, events []live.Event) ([]live.Position, error)
	// OutboxMark is the highest through in the log, 0 if there is none.
	OutboxMark(ctx context.Context) (int64, error)
}

// RelayConfig is what a [Relay] needs.
type RelayConfig struct {
	Store *Store
	Log   Log
	// Logger receives failures, which are all retried. Nil means none.
	Logger *slog.Logger
}

// Relay moves the outbox into the log: in order, each event once. A crash
// between writing to the log and trimming the outbox is healed by the mark,
// which is in the log itself.
type Relay struct {
	store *Store
	log   *slog.Logger
	to    Log
}

// Limits of one batch: one log message.
const (
	relayRows  = 500
	relayBytes = 512 << 10
)

// Waits between attempts. The first failure is mostly a leader election.
const (
	retryFirst = 50 * time.Millisecond
	retryMost  = 5 * time.Second
)

// NewRelay builds a relay.
func NewRelay(cfg RelayConfig) *Relay {
	r := &Relay{store: cfg.Store, log: cfg.Logger, to: cfg.Log}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	return r
}

// Run relays until ctx ends, then returns nil. It waits for commits, not for a
// timer, and tries for ever what fails. Of relays whose stores share a
// database one works and the others wait for their turn; should one go on
// after it lost its turn, the log refuses its batch.
func (r *Relay) Run(ctx context.Context) error {
	r.store.Lead(ctx, "relay", r.run)
	return nil
}

// errMoved is the log's word for a mark that another relay moved.
var errMoved = live.Conflict("outbox_moved", "")

func (r *Relay) run(ctx context.Context) {
	for r.follow(ctx) {
		r.log.WarnContext(ctx, "another relay wrote to the log, reading its mark again")
	}
}

// follow relays until ctx ends; true means that the mark was moved by another
// relay and must be read again.
func (r *Relay) follow(ctx context.Context) (moved bool) {
	var mark int64
	if !r.insist(ctx, "read the log's outbox mark", func() (err error) {
		mark, err = r.to.OutboxMark(ctx)
		return err
	}) {
		return false
	}
	if !r.insist(ctx, "raise the outbox counter", func() error {
		raised, err := r.store.raiseOutbox(ctx, mark)
		if raised {
			r.log.WarnContext(ctx, "the log is ahead of the database, was it restored from a backup?", "outbox_mark", mark)
		}
		return err
	}) {
		return false
	}
	trimmed := false
	for {
		if mark > 0 && !trimmed {
			if !r.insist(ctx, "trim the outbox", func() error { return r.store.TrimOutbox(ctx, mark) }) {
				return false
			}
			trimmed = true
		}
		var rows []OutboxRow
		if !r.insist(ctx, "read the outbox", func() (err error) {
			rows, err = r.store.Outbox(ctx, mark, relayRows)
			return err
		}) {
			return false
		}
		if len(rows) == 0 {
			select {
			case <-ctx.Done():
				return false
			case <-r.store.OutboxWake():
			}
			continue
		}
		events := batch(rows)
		through := rows[len(events)-1].ID
		if !r.insist(ctx, "write to the log", func() error {
			_, err := r.to.AppendOutbox(ctx, through, events)
			if moved = errors.Is(err, errMoved); moved {
				return nil
			}
			return err
		}) || moved {
			return moved
		}
		mark, trimmed = through, false
	}
}

// batch is the events of the first rows that fit one message; at least one.
func batch(rows []OutboxRow) []live.Event {
	var events []live.Event
	size := 0
	for _, row := range rows {
		if size += row.size; len(events) > 0 && size > relayBytes {
			break
		}
		events = append(events, row.Event)
	}
	return events
}

// insist tries fn until it succeeds; false means that ctx ended first.
func (r *Relay) insist(ctx context.Context, what string, fn func() error) bool {
	for wait := retryFirst; ; wait = min(2*wait, retryMost) {
		err := fn()
		if err == nil {
			return true
		}
		if ctx.Err() != nil || errors.Is(err, errClosed) {
			return false
		}
		r.log.ErrorContext(ctx, "relay failed, will try again", "step", what, "error", err, "wait", wait)
		select {
		case <-ctx.Done():
			return false
		case <-time.After(wait):
		}
	}
}
