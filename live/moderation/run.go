package moderation

import (
	"context"
	"errors"
	"strings"
	"time"

	"showrunner/live"
)

// Dropped counts n things that were left out at a place for a reason: by the
// rules of the room, by a limit, or to shed load.
func (d *Desk) Dropped(at Place, reason string, n int64) {
	d.dropped.WithLabelValues(reason).Add(float64(n))
	d.tally.add(at, reason, n)
}

// Saw takes note of what reached the log through other nodes, so that slow
// mode holds for a person whichever node they write through, and of bans, for
// [Desk.Late].
func (d *Desk) Saw(e *live.Event) {
	d.bans.saw(e)
	if e.Kind != live.CommentSent || e.Actor.Role != live.RoleViewer || e.Person == "" || e.Stale() {
		return
	}
	if d.cfg.Rules.Rules(e.Room).Modes.SlowSeconds > 0 {
		d.slow.saw(e.Room, e.Person, e.ReceivedAt)
	}
}

// Run states what rooms answer, and every few seconds what was left out. It
// returns nil when ctx ends, after it has told the rest.
func (d *Desk) Run(ctx context.Context) error {
	tell := time.NewTicker(tellEvery)
	defer tell.Stop()
	for {
		var events []live.Event
		select {
		case <-ctx.Done():
			ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			d.state(ending, d.tally.take(d.cfg.Now(), d.cfg.Rules.OnAir))
			return nil
		case reply := <-d.replies:
			events = append(events, reply)
		case <-tell.C:
			events = d.tally.take(d.cfg.Now(), d.cfg.Rules.OnAir)
			d.forget()
		}
		d.state(ctx, events)
	}
}

// state hands facts of our own to ingest. One that is not taken is not tried
// again: an answer that comes late helps nobody, and the counters of /metrics
// hold what the panel was not told.
func (d *Desk) state(ctx context.Context, events []live.Event) {
	if len(events) == 0 {
		return
	}
	receipts, err := d.cfg.Ingest.Ingest(ctx, live.FromSystem, events)
	for _, r := range receipts {
		if r.Err != nil {
			err = errors.Join(err, r.Err)
		}
	}
	if err != nil && ctx.Err() == nil {
		d.cfg.Logger.WarnContext(ctx, "a fact of the moderation desk was not taken", "error", err)
	}
}

// forget drops the answers that hold nothing back any more.
func (d *Desk) forget() {
	now := d.cfg.Now()
	d.bans.forget(now)
	d.mu.Lock()
	defer d.mu.Unlock()
	for a, at := range d.answered {
		if now.Sub(at) >= replyEvery {
			delete(d.answered, a)
		}
	}
}

// refusal is the error as a refusal of the person, if it is one.
func refusal(err error) (*live.Error, bool) {
	e, ok := errors.AsType[*live.Error](err)
	return e, ok && e.Fault != live.FaultUnavailable && e.Fault != live.FaultInternal
}

// ownSource reports whether a fact came in through a room's websocket.
func ownSource(source string) bool { return source == "ws" || strings.HasPrefix(source, "ws:") }
