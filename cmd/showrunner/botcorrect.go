package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/ingest"
	"showrunner/live/store"
)

// correctAfter is how long flags of one show are gathered before is told what
// they changed: bots come by the dozen.
const correctAfter = 2 * time.Second

// corrector tells, as metric_corrected, what flags made of figures that were told
// before. Both counts are of the same facts; only the flags differ.
type corrector struct {
	correctorDeps
	told live.Position // flags before it are told; kept beside the checkpoint

	pending map[live.ShowID]*flags
}

// correctorDeps is what a corrector works with.
type correctorDeps struct {
	db     *clickhouse.DB
	sink   carried
	shows  *store.Store
	ingest *ingest.Ingest
	now    func() time.Time
}

// flags are those of one show that are not told yet.
type flags struct {
	first, last live.Position
	at          time.Time // when the newest was received
	since       time.Time // when the first of them was read
}

func newCorrector(d correctorDeps, note []byte) *corrector {
	c := &corrector{correctorDeps: d, pending: map[live.ShowID]*flags{}}
	if n, err := strconv.ParseUint(string(note), 10, 64); err == nil {
		c.told = live.PositionOf(n)
	}
	return c
}

// note is what is kept beside the checkpoint.
func (c *corrector) note() []byte { return strconv.AppendUint(nil, c.told.Offset(), 10) }

// first is the earliest flag that is not told yet.
func (c *corrector) first() (first live.Position, ok bool) {
	for _, f := range c.pending {
		if !ok || f.first.Less(first) {
			first, ok = f.first, true
		}
	}
	return first, ok
}

// add takes a flag from the log.
func (c *corrector) add(e *live.Entry) {
	if e.Event.Rehearsal || e.Event.Show == "" || e.Position.Less(c.told) {
		return
	}
	f := c.pending[e.Event.Show]
	if f == nil {
		f = &flags{first: e.Position, since: c.now()}
		c.pending[e.Event.Show] = f
	}
	f.last, f.at = e.Position, e.Event.ReceivedAt
}

// settle tells what is ripe: gathered long enough, and in ClickHouse.
func (c *corrector) settle(ctx context.Context) error {
	for _, id := range slices.Sorted(maps.Keys(c.pending)) {
		f := c.pending[id]
		if c.now().Sub(f.since) < correctAfter || !f.last.Less(c.sink.Watermark()) {
			continue
		}
		if err := c.tell(ctx, id, f); err != nil {
			return fmt.Errorf("tell what the flags of show %s changed: %w", id, err)
		}
		delete(c.pending, id)
		if first, more := c.first(); more {
			c.told = first
		} else if c.told.Less(f.last) {
			c.told = live.PositionOf(f.last.Offset() + 1)
		}
	}
	return nil
}

func (c *corrector) tell(ctx context.Context, id live.ShowID, f *flags) error {
	show, err := c.shows.Show(ctx, id)
	if err != nil {
		return err
	}
	before, err := c.db.FiguresBefore(ctx, show.Merchant, show, f.at, f.first)
	if err != nil {
		return err
	}
	after, err := c.db.FiguresBefore(ctx, show.Merchant, show, f.at, live.PositionOf(f.last.Offset()+1))
	if err != nil {
		return err
	}
	reason := string(live.BotFlagged)
	if after.Bots < before.Bots {
		reason = string(live.BotUnflagged)
	}
	var said []live.Event
	for _, x := range analytics.BotCorrections(&before, &after) {
		data, err := json.Marshal(map[string]any{"metric": x.Metric.Key, "old": x.Old, "new": x.New, "reason": reason})
		if err != nil {
			return fmt.Errorf("encode a correction: %w", err)
		}
		said = append(said, live.Event{
			ID:   live.EventID(fmt.Sprintf("bots:%d:%s", f.last.Offset(), x.Metric.Key)),
			Kind: live.MetricCorrected, Source: live.SourceSystem, Merchant: show.Merchant, Room: show.Room, Show: id,
			Actor: live.Actor{ID: "bots", Role: live.RoleSystem}, OccurredAt: f.at, Data: data,
		})
	}
	if len(said) == 0 {
		return nil
	}
	_, err = c.ingest.Ingest(ctx, live.FromSystem, said)
	return err
}
