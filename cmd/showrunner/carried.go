package main

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// carried tells how much of the log is in ClickHouse: this node's sink, or what
// the sink of another node leaves as its checkpoint.
type carried interface {
	// Watermark is a position before which everything is in ClickHouse.
	Watermark() live.Position
	// Lag is how long ClickHouse is behind the log.
	Lag(now time.Time) time.Duration
}

// carriage is the sink that this server has, or what that of another left.
type carriage struct {
	other *otherSink
	sink  atomic.Pointer[clickhouse.Sink]
}

func (c *carriage) set(s *clickhouse.Sink) { c.sink.Store(s) }
func (c *carriage) own() *clickhouse.Sink  { return c.sink.Load() }

// ownSink is the sink that this server has, or nil. A server on its own always has
// one, from a moment after its start on.
func (s *server) ownSink(ctx context.Context) *clickhouse.Sink {
	for s.cfg.Node == "" && s.carriage.own() == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sinkAgain):
		}
	}
	return s.carriage.own()
}

// sinkAgain is how often is looked for a sink that is about to be there.
const sinkAgain = 10 * time.Millisecond

func (c *carriage) Watermark() live.Position {
	if s := c.own(); s != nil {
		return s.Watermark()
	}
	return c.other.Watermark()
}

func (c *carriage) Lag(now time.Time) time.Duration {
	if s := c.own(); s != nil {
		return s.Lag(now)
	}
	return c.other.Lag(now)
}

// otherSink follows the checkpoint of the sink on another node.
type otherSink struct {
	log    *eventlog.Log
	now    func() time.Time
	logger *slog.Logger

	mu        sync.Mutex
	watermark live.Position
	behind    bool
	covered   time.Time     // everything of the log at this time was in ClickHouse
	head      live.Position // of the log at asked, to be covered next
	asked     time.Time
}

// lookAtSink is how old the checkpoint may be that figures are judged by.
const lookAtSink = 250 * time.Millisecond

func (o *otherSink) run(ctx context.Context) error {
	for {
		if err := o.look(ctx); err != nil && ctx.Err() == nil {
			o.logger.WarnContext(ctx, "the checkpoint of the sink could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(lookAtSink):
		}
	}
}

func (o *otherSink) look(ctx context.Context) error {
	at := o.now()
	head, err := o.log.Head(ctx)
	if err != nil {
		return err
	}
	mark, err := o.log.Checkpoint(ctx, readerSink)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.watermark, o.behind = mark, mark.Less(head)
	if o.covered.IsZero() {
		o.covered, o.head, o.asked = at, head, at
	}
	if !mark.Less(o.head) {
		o.covered, o.head, o.asked = o.asked, head, at
	}
	return nil
}

func (o *otherSink) Watermark() live.Position {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.watermark
}

func (o *otherSink) Lag(now time.Time) time.Duration {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.behind {
		return 0
	}
	return max(now.Sub(o.covered), 0)
}
