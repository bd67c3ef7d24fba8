package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/live"
	"showrunner/live/store"
)

const (
	// followBatch is how many facts are read at a time: with twenty
	// subscriptions it bounds a transaction to ten thousand rows.
	followBatch = 512
	followWait  = time.Second
	// commitEvery is how often the log learns how far its facts are not needed
	// any more; what makes deliveries exactly once is in the store.
	commitEvery = 5 * time.Second
)

// FollowerConfig is what [NewFollower] needs; all of it is required.
type FollowerConfig struct {
	Reader Reader
	Log    Log
	Queue  Queue
	Now    func() time.Time
	Logger *slog.Logger
}

// Follower turns the log into deliveries.
type Follower struct {
	cfg       FollowerConfig
	committed live.Position
	at        time.Time // of the last commit
}

// NewFollower starts nothing.
func NewFollower(cfg FollowerConfig) *Follower { return &Follower{cfg: cfg} }

// errReaderLost is how the log says that another follower has taken over.
var errReaderLost error = live.Conflict("reader_lost", "")

// Run follows the log until ctx ends, then returns nil. What goes wrong is
// logged and tried again: a fact that was skipped would be lost outside. Only
// "reader_lost" ends it: another follower goes on from where the store stands.
func (f *Follower) Run(ctx context.Context) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 100*time.Millisecond, 5*time.Second
	caught := false
	var entries []live.Entry // read and not enqueued so far
	for ctx.Err() == nil {
		var err error
		if !caught {
			err = f.catchUp(ctx)
			caught = err == nil
		}
		if err == nil && len(entries) == 0 {
			entries, err = f.cfg.Reader.Next(ctx, followBatch, followWait)
		}
		if err == nil {
			err = f.take(ctx, entries)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errReaderLost):
			return fmt.Errorf("outgoing webhooks: %w", err)
		case err != nil:
			f.cfg.Logger.WarnContext(ctx, "outgoing webhooks wait for the log or the store", "error", err)
			wait(ctx, pause.NextBackOff())
		default:
			entries = nil
			pause.Reset()
		}
	}
	return nil
}

// catchUp reads again what the log's own checkpoint says is done and the store
// does not know of: the store was restored from an older backup.
func (f *Follower) catchUp(ctx context.Context) error {
	epoch, next, err := f.cfg.Queue.WebhookCheckpoint(ctx)
	if err != nil {
		return err
	}
	from, until := next, f.cfg.Reader.Position()
	if epoch != f.cfg.Log.Epoch() || !from.Less(until) {
		return nil
	}
	f.cfg.Logger.WarnContext(ctx, "outgoing webhooks read a range of the log again", "from", from.Offset(), "until", until.Offset())
	var batch []live.Entry
	flush := func(next live.Position) error {
		_, err := f.cfg.Queue.EnqueueWebhooks(ctx, f.cfg.Log.Epoch(), next, batch, f.render)
		batch = nil
		return err
	}
	err = f.cfg.Log.Range(ctx, from, until, func(e live.Entry) error {
		if len(batch) == followBatch {
			if err := flush(e.Position); err != nil {
				return err
			}
		}
		batch = append(batch, e)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the log again: %w", err)
	}
	return flush(until)
}

// take makes the deliveries of a batch, and from time to time tells the log.
func (f *Follower) take(ctx context.Context, entries []live.Entry) error {
	next := f.cfg.Reader.Position()
	due := f.committed.Less(next) && f.cfg.Now().Sub(f.at) >= commitEvery
	if leaves(entries) || due {
		if _, err := f.cfg.Queue.EnqueueWebhooks(ctx, f.cfg.Log.Epoch(), next, entries, f.render); err != nil {
			return err
		}
	}
	if !due {
		return nil
	}
	if err := f.cfg.Reader.Commit(ctx, next, nil); err != nil {
		return fmt.Errorf("commit the reader: %w", err)
	}
	f.committed, f.at = next, f.cfg.Now()
	return nil
}

// render is [render] that does not stop the log at a fact nobody can read.
func (f *Follower) render(e *live.Event) (store.Rendered, error) {
	r, err := render(e)
	if err != nil {
		f.cfg.Logger.Error("a fact leaves without its data", "event_id", string(e.ID), "type", string(e.Kind), "error", err)
		return store.Rendered{Body: bare(e), Chain: ""}, nil
	}
	return r, nil
}

func leaves(entries []live.Entry) bool {
	for i := range entries {
		if entries[i].Event.Kind.MayLeave() {
			return true
		}
	}
	return false
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
