package tracker

import (
	"context"
	"log/slog"
	"time"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

const (
	// readBatch is how many facts of the log are looked at at a time.
	readBatch = 512
	// settleBatch bounds what one transaction takes in, so that orders do not
	// wait for a crowd that has just come.
	settleBatch = 64
	readWait    = time.Second
	// gatherFor is the least time between two looks at the log, so that a busy
	// room costs a few transactions a second and not one for each message.
	gatherFor = 200 * time.Millisecond
)

// Store keeps the ladder; live/store is it.
type Store interface {
	LadderCheckpoint(ctx context.Context) (epoch string, next live.Position, err error)
	AdvanceLadder(ctx context.Context, epoch string, next live.Position, b store.LadderBatch, fold store.LadderFold) (int, error)
	RefoldLadder(ctx context.Context, limit int, fold store.LadderFold) (int, error)
}

// Config is what [New] needs; all of it is required.
type Config struct {
	Reader eventlog.Source
	Log    eventlog.Ranger
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Tracker keeps the ladder.
type Tracker struct {
	cfg     Config
	judged  time.Time // when nobody was found who was judged by old rules
	ladders map[live.MerchantID]*conversion.Ladder
}

// New starts nothing.
func New(cfg Config) *Tracker {
	return &Tracker{cfg: cfg, ladders: map[live.MerchantID]*conversion.Ladder{}}
}

// Run follows the log until ctx ends, then returns nil. What goes wrong is
// logged and tried again: a fact that was skipped would be missing for ever.
// Only "reader_lost" ends it: another tracker goes on from where the store stands.
func (t *Tracker) Run(ctx context.Context) error {
	return (&eventlog.Follower{
		Name: "the ladder", Reader: t.cfg.Reader, Log: t.cfg.Log, Taker: taker{t}, Batch: readBatch, Wait: readWait, Pace: gatherFor, Before: t.judge, Now: t.cfg.Now, Logger: t.cfg.Logger,
	}).Run(ctx)
}

// judge judges people anew who were judged by rules that are no more, some at a
// time, once a second.
func (t *Tracker) judge(ctx context.Context) (more bool, err error) {
	now := t.cfg.Now()
	if now.Sub(t.judged) < readWait {
		return false, nil
	}
	n, err := t.cfg.Store.RefoldLadder(ctx, settleBatch, t.fold)
	if err != nil {
		return false, err
	}
	if n == 0 {
		t.judged = now
	}
	return n > 0, nil
}

// taker brings the log into the store.
type taker struct{ *Tracker }

// Checkpoint is how far the ladder has come.
func (t taker) Checkpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return t.cfg.Store.LadderCheckpoint(ctx)
}

// Take brings what entries say into the store, a few people at a time.
func (t taker) Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error {
	g := newGathering()
	for i := range entries {
		if g.size() >= settleBatch {
			if err := t.advance(ctx, entries[i].Position, g); err != nil {
				return err
			}
			g = newGathering()
		}
		g.add(&entries[i].Event)
	}
	if g.size() == 0 && !settle {
		return nil // The checkpoint may wait: reading nothing again costs nothing.
	}
	return t.advance(ctx, next, g)
}

func (t taker) advance(ctx context.Context, next live.Position, g *gathering) error {
	_, err := t.cfg.Store.AdvanceLadder(ctx, t.cfg.Log.Epoch(), next, g.batch, t.fold)
	return err
}

// fold is the rules at work. It is called by one goroutine at a time, the
// store's writer.
func (t *Tracker) fold(rules live.LadderRules, r live.PersonRecord) (live.Standing, error) {
	l := t.ladders[rules.Merchant]
	if l == nil || l.Version != rules.Version {
		var err error
		if l, err = conversion.ReadLadder(rules); err != nil {
			return live.Standing{}, err
		}
		t.ladders[rules.Merchant] = l
	}
	return l.Stand(r), nil
}
