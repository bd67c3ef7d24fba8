package eventlog

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/live"
)

// Follower carries the log, fact by fact and none of them skipped, into a place
// that keeps its own checkpoint beside what it made of the facts: a [Taker].
// What makes that happen exactly once is the taker's transaction. The log's own
// checkpoint is only told now and then, after the taker's, how far its facts are
// not needed any more. All fields but Pace and Before are required.
type Follower struct {
	Name   string // what is followed for, in log lines and errors
	Reader Source
	Log    Ranger
	Taker  Taker
	Batch  int           // facts taken at a time, at most
	Wait   time.Duration // for facts
	// Pace is the least time between two looks at the log, each of which then takes
	// all there is, so that a busy log is not taken in by a transaction for every
	// few facts. Who is behind does not wait; zero: a look follows the other.
	Pace time.Duration
	// Before is done before each look, if it is set. More says that there is more of
	// it to do: then the look does not wait for facts.
	Before func(ctx context.Context) (more bool, err error)
	Now    func() time.Time
	Logger *slog.Logger
}

// Source is the named reader of the log that is followed: a [Reader], or one in
// front of it that has more to do than to read.
type Source interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Ranger is the log beside its reader: a [Log].
type Ranger interface {
	Epoch() string
	Range(ctx context.Context, from, until live.Position, fn func(live.Entry) error) error
}

// Taker is where the facts go.
type Taker interface {
	// Checkpoint is how far which incarnation of the log was taken in; an empty
	// epoch means that none was so far.
	Checkpoint(ctx context.Context) (epoch string, next live.Position, err error)
	// Take takes in entries, which end before next. What it makes of them and
	// the checkpoint are one transaction. It may be told the same again, after an
	// error and after a restart. Unless settle is set it may leave the checkpoint
	// where it is when the entries hold nothing of interest.
	Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error
}

// CommitEvery is how often the log learns how far its facts are not needed by
// who follows it.
const CommitEvery = 5 * time.Second

// How long a follower waits before it tries again.
const (
	followAgain = 100 * time.Millisecond
	followMost  = 5 * time.Second
)

// Run follows the log until ctx ends, then returns nil. What goes wrong is logged
// and tried again with the same facts: one that was skipped would be missing for
// ever. Only [ErrReaderLost] ends it: another follower has taken over and goes on
// from where the taker stands.
func (f *Follower) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = followAgain, followMost
	run := &following{Follower: f}
	for ctx.Err() == nil {
		err := run.step(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrReaderLost):
			return fmt.Errorf("%s: %w", f.Name, err)
		case err != nil:
			f.Logger.WarnContext(ctx, "following the log waits", slog.String("for", f.Name), slog.Any("error", err))
			again := time.NewTimer(pause.NextBackOff())
			select {
			case <-ctx.Done():
			case <-again.C:
			}
			again.Stop()
		default:
			pause.Reset()
		}
	}
	return nil
}

// following is one run of a [Follower].
type following struct {
	*Follower
	caught    bool         // up with what the log's checkpoint says is done
	held      []live.Entry // read and not taken in so far
	committed live.Position
	at        time.Time // of the last commit
	looked    time.Time // at the log, with nothing left there
}

// step takes what there is next. After an error it may be called again.
func (f *following) step(ctx context.Context) (err error) {
	if !f.caught {
		if err := f.catchUp(ctx); err != nil {
			return err
		}
		f.caught = true
	}
	if len(f.held) == 0 {
		if f.held, err = f.look(ctx); err != nil {
			return err
		}
	}
	next := f.Reader.Position()
	due := f.committed.Less(next) && f.Now().Sub(f.at) >= CommitEvery
	if err := f.Taker.Take(ctx, f.held, next, due); err != nil {
		return err
	}
	f.held = nil
	if !due {
		return nil
	}
	// The taker's checkpoint stands at next by now: the log must never forget what
	// the taker has not taken in.
	if err := f.Reader.Commit(ctx, next, nil); err != nil {
		return fmt.Errorf("commit the reader: %w", err)
	}
	f.committed, f.at = next, f.Now()
	return nil
}

// catchUp reads again what the log's own checkpoint says is done and the taker
// does not know of: its store was restored from an older backup, or is new. A
// checkpoint of another log, or none, leaves the reader where it is.
func (f *following) catchUp(ctx context.Context) error {
	epoch, from, err := f.Taker.Checkpoint(ctx)
	if err != nil {
		return err
	}
	until := f.Reader.Position()
	if epoch != f.Log.Epoch() || !from.Less(until) {
		return nil
	}
	f.Logger.WarnContext(ctx, "a range of the log is read again", slog.String("for", f.Name), slog.Uint64("from", from.Offset()), slog.Uint64("until", until.Offset()))
	var batch []live.Entry
	err = f.Log.Range(ctx, from, until, func(e live.Entry) error {
		if len(batch) == f.Batch {
			if err := f.Taker.Take(ctx, batch, e.Position, false); err != nil {
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
	return f.Taker.Take(ctx, batch, until, true)
}
