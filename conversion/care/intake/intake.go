package intake

import (
	"context"
	"log/slog"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// reader is the row of the intake among the checkpoints in the store; it must
// never change.
const reader = "care"

const (
	// readBatch is how many facts of the log are looked at at a time.
	readBatch = 1024
	// readWait is the patience of one look at the log.
	readWait = 500 * time.Millisecond
)

// Hearer makes something of what facts say. A fact that it took in before changes
// nothing.
type Hearer interface {
	Take(ctx context.Context, entries []live.Entry) error
}

// Store keeps how far the log was heard, beside what came of it; live/store is it.
type Store interface {
	LogCheckpoint(ctx context.Context, reader string) (epoch string, next live.Position, err error)
	Change(ctx context.Context, fn func(*store.Tx) error) error
}

// Config is what [New] needs; all of it is required.
type Config struct {
	Reader eventlog.Source
	Log    eventlog.Ranger
	Store  Store
	// Hearers are told of every fact, in this order.
	Hearers []Hearer
	Now     func() time.Time
	Logger  *slog.Logger
}

// Intake listens to the log. Make it with [New].
type Intake struct{ cfg Config }

// New starts nothing.
func New(cfg Config) *Intake {
	if cfg.Reader == nil || cfg.Log == nil || cfg.Store == nil || len(cfg.Hearers) == 0 || cfg.Now == nil || cfg.Logger == nil {
		panic("BUG: intake.Config is not complete")
	}
	return &Intake{cfg}
}

// Run follows the log until ctx ends, then returns nil. What goes wrong is logged
// and tried again: a complaint that was skipped would be missing for ever. Only
// "reader_lost" ends it: another server goes on.
func (i *Intake) Run(ctx context.Context) error {
	return (&eventlog.Follower{
		Name: "complaints and needs", Reader: i.cfg.Reader, Log: i.cfg.Log, Taker: taker{i.cfg}, Batch: readBatch, Wait: readWait, Now: i.cfg.Now, Logger: i.cfg.Logger,
	}).Run(ctx)
}

// taker gives the log to the hearers.
type taker struct{ Config }

// Checkpoint is how far the log was heard.
func (t taker) Checkpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return t.Store.LogCheckpoint(ctx, reader)
}

// Take tells the hearers of the entries that they were not told of for sure. The
// checkpoint moves only when the log is told: to hear a few seconds again costs
// little, a checkpoint for every batch of a busy room a transaction each.
func (t taker) Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error {
	if len(entries) == 0 && !settle {
		return nil
	}
	epoch, at, err := t.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if epoch == t.Log.Epoch() {
		if !at.Less(next) {
			return nil
		}
		for len(entries) > 0 && entries[0].Position.Less(at) {
			entries = entries[1:]
		}
	}
	for _, h := range t.Hearers {
		if err := h.Take(ctx, entries); err != nil {
			return err
		}
	}
	if !settle {
		return nil
	}
	return t.Store.Change(ctx, func(tx *store.Tx) error { return tx.MoveLogCheckpoint(reader, t.Log.Epoch(), next) })
}
