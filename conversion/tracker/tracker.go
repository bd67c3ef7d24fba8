package tracker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/conversion"
	"showrunner/live"
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
	// commitEvery is how often the log learns how far its facts are not needed
	// any more; what makes moves exactly once is in the store.
	commitEvery = 5 * time.Second
)

// Reader is the named reader of the log that [Tracker] follows.
type Reader interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Log is the log beside its reader.
type Log interface {
	Epoch() string
	Range(ctx context.Context, from, until live.Position, fn func(live.Entry) error) error
}

// Store keeps the ladder; live/store is it.
type Store interface {
	LadderCheckpoint(ctx context.Context) (epoch string, next live.Position, err error)
	AdvanceLadder(ctx context.Context, epoch string, next live.Position, b store.LadderBatch, fold store.LadderFold) (int, error)
	RefoldLadder(ctx context.Context, limit int, fold store.LadderFold) (int, error)
}

// Config is what [New] needs; all of it is required.
type Config struct {
	Reader Reader
	Log    Log
	Store  Store
	Now    func() time.Time
	Logger *slog.Logger
}

// Tracker keeps the ladder.
type Tracker struct {
	cfg       Config
	committed live.Position
	at        time.Time // of the last commit
	read      time.Time // when the log was looked at last
	judged    time.Time // when nobody was found who was judged by old rules
	ladders   map[live.MerchantID]*conversion.Ladder
}

// New starts nothing.
func New(cfg Config) *Tracker {
	return &Tracker{cfg: cfg, ladders: map[live.MerchantID]*conversion.Ladder{}}
}

// errReaderLost is how the log says that another tracker has taken over.
var errReaderLost error = live.Conflict("reader_lost", "")

// Run follows the log until ctx ends, then returns nil. What goes wrong is
// logged and tried again: a fact that was skipped would be missing for ever.
// Only "reader_lost" ends it: another tracker goes on from where the store stands.
func (t *Tracker) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, 5*time.Second
	caught := false
	var entries []live.Entry // read and not taken in so far
	for ctx.Err() == nil {
		var err error
		if !caught {
			err = t.catchUp(ctx)
			caught = err == nil
		}
		if err == nil && len(entries) == 0 {
			entries, err = t.next(ctx)
		}
		if err == nil {
			err = t.take(ctx, entries, t.cfg.Reader.Position())
		}
		if err == nil {
			err = t.commit(ctx)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errReaderLost):
			return fmt.Errorf("ladder: %w", err)
		case err != nil:
			t.cfg.Logger.WarnContext(ctx, "the ladder waits for the log or the store", "error", err)
			wait(ctx, pause.NextBackOff())
		default:
			entries = nil
			pause.Reset()
		}
	}
	return nil
}

// next reads on. While the log has nothing new, people who were judged by rules
// that are no more are judged anew.
func (t *Tracker) next(ctx context.Context) ([]live.Entry, error) {
	patience := readWait
	if now := t.cfg.Now(); now.Sub(t.judged) >= readWait {
		n, err := t.cfg.Store.RefoldLadder(ctx, settleBatch, t.fold)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			patience = 0
		} else {
			t.judged = now
		}
	}
	if patience > 0 {
		wait(ctx, gatherFor-t.cfg.Now().Sub(t.read))
	}
	entries, err := t.cfg.Reader.Next(ctx, readBatch, patience)
	if len(entries) < readBatch { // Who is behind does not wait.
		t.read = t.cfg.Now()
	}
	return entries, err
}

// catchUp reads again what the log's own checkpoint says is done and the store
// does not know of: the store was restored from an older backup, or its ladder
// is new.
func (t *Tracker) catchUp(ctx context.Context) error {
	epoch, from, err := t.cfg.Store.LadderCheckpoint(ctx)
	if err != nil {
		return err
	}
	until := t.cfg.Reader.Position()
	if epoch != t.cfg.Log.Epoch() {
		return nil // Of another log, or none: the reader begins at its own checkpoint.
	}
	if !from.Less(until) {
		return nil
	}
	t.cfg.Logger.WarnContext(ctx, "the ladder reads a range of the log again", "from", from.Offset(), "until", until.Offset())
	var batch []live.Entry
	err = t.cfg.Log.Range(ctx, from, until, func(e live.Entry) error {
		if len(batch) == readBatch {
			if err := t.take(ctx, batch, e.Position); err != nil {
				return err
			}
			batch = nil
		}
		batch = append(batch, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the log again: %w", err)
	}
	return t.take(ctx, batch, until)
}

// take brings what entries say into the store, a few people at a time. The
// entries end before next.
func (t *Tracker) take(ctx context.Context, entries []live.Entry, next live.Position) error {
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
	if g.size() == 0 {
		return nil // The checkpoint may wait: reading nothing again costs nothing.
	}
	return t.advance(ctx, next, g)
}

func (t *Tracker) advance(ctx context.Context, next live.Position, g *gathering) error {
	_, err := t.cfg.Store.AdvanceLadder(ctx, t.cfg.Log.Epoch(), next, g.batch, t.fold)
	return err
}

// commit tells the log from time to time. The store's checkpoint goes first: the
// log must never forget what the store has not taken in.
func (t *Tracker) commit(ctx context.Context) error {
	next := t.cfg.Reader.Position()
	if !t.committed.Less(next) || t.cfg.Now().Sub(t.at) < commitEvery {
		return nil
	}
	if err := t.advance(ctx, next, newGathering()); err != nil {
		return err
	}
	if err := t.cfg.Reader.Commit(ctx, next, nil); err != nil {
		return fmt.Errorf("commit the reader: %w", err)
	}
	t.committed, t.at = next, t.cfg.Now()
	return nil
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

// wait waits, or returns when ctx ends.
func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
