package delivery

import (
	"context"
	"log/slog"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

const (
	// followBatch is how many facts are read at a time: with twenty
	// subscriptions it bounds a transaction to ten thousand rows.
	followBatch = 512
	followWait  = time.Second
)

// FollowerConfig is what [NewFollower] needs; all of it is required.
type FollowerConfig struct {
	Reader eventlog.Source
	Log    eventlog.Ranger
	Queue  Queue
	Now    func() time.Time
	Logger *slog.Logger
}

// Follower turns the log into deliveries.
type Follower struct{ cfg FollowerConfig }

// NewFollower starts nothing.
func NewFollower(cfg FollowerConfig) *Follower { return &Follower{cfg: cfg} }

// Run follows the log until ctx ends, then returns nil. What goes wrong is
// logged and tried again: a fact that was skipped would be lost outside. Only
// "reader_lost" ends it: another follower goes on from where the store stands.
func (f *Follower) Run(ctx context.Context) error {
	return (&eventlog.Follower{
		Name: "outgoing webhooks", Reader: f.cfg.Reader, Log: f.cfg.Log, Taker: enqueuer{f.cfg}, Batch: followBatch, Wait: followWait, Now: f.cfg.Now, Logger: f.cfg.Logger,
	}).Run(ctx)
}

// enqueuer makes the deliveries of a batch.
type enqueuer struct{ cfg FollowerConfig }

// Checkpoint is how far deliveries were made.
func (q enqueuer) Checkpoint(ctx context.Context) (epoch string, next live.Position, err error) {
	return q.cfg.Queue.WebhookCheckpoint(ctx)
}

// Take makes the deliveries.
func (q enqueuer) Take(ctx context.Context, entries []live.Entry, next live.Position, settle bool) error {
	if !settle && !leaves(entries) {
		return nil
	}
	_, err := q.cfg.Queue.EnqueueWebhooks(ctx, q.cfg.Log.Epoch(), next, entries, q.render)
	return err
}

// render is [render] that does not stop the log at a fact nobody can read.
func (q enqueuer) render(e *live.Event) (store.Rendered, error) {
	r, err := render(e)
	if err != nil {
		q.cfg.Logger.Error("a fact leaves without its data", "event_id", string(e.ID), "type", string(e.Kind), "error", err)
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
