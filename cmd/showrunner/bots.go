package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"showrunner/live"
	"showrunner/live/bots"
	"showrunner/live/eventlog"
)

// readerBots is the name of the log's reader that looks for bots; it must never
// change.
const readerBots = "bots"

// dutyBots is the duty of looking for bots, which one server has at a time. It
// names a lock, so it must never change.
const dutyBots = "bots"

const (
	botsBatch  = 4096
	botsWait   = 500 * time.Millisecond
	botsCommit = 5 * time.Second
	// botsHold is how long a show is watched after its end: facts that were on
	// their way.
	botsHold = 10 * time.Minute
	// maxBotsIgnored bounds the memory for shows that are not watched.
	maxBotsIgnored = 10_000
)

// botWatch looks for bots: a reader of the log like any other, of which one
// server has one at a time. What it finds the store decides, so that reading the
// log again after a restart says nothing twice.
type botWatch struct {
	reader interface {
		Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
		Position() live.Position
		Commit(ctx context.Context, next live.Position, note []byte) error
	}
	shows interface {
		Show(ctx context.Context, id live.ShowID) (live.Show, error)
		FlagBots(ctx context.Context, verdicts []live.Bot) (int, error)
	}
	rules   bots.Settings
	on      bool // off: nobody is looked at, operators' words are told all the same
	correct *corrector
	now     func() time.Time
	logger  *slog.Logger

	held      map[live.ShowID]*watched
	ignored   map[live.ShowID]bool
	committed time.Time
}

// watched is a show on air.
type watched struct {
	detector *bots.Detector
	first    live.Position // of its first fact; a restart reads from here
	ended    time.Time
}

// openBots starts the watch for bots, and has those of shows on air left out of
// the crowds of rooms.
func (s *server) openBots(ctx context.Context) error {
	flagged, err := s.store.BotsOnAir(ctx)
	if err != nil {
		return err
	}
	for room, persons := range flagged {
		for _, p := range persons {
			s.hub.Uncount(room, p, true)
		}
	}
	s.duties.WithLabelValues(dutyBots).Set(0)
	s.life.start(part{name: "bots", run: s.duty(dutyBots, s.watchBots)})
	return nil
}

// watchBots is the duty of looking for bots.
func (s *server) watchBots(ctx context.Context) error {
	head, err := s.eventlog.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	r, err := s.eventlog.Reader(ctx, readerBots, head)
	if err != nil {
		return fmt.Errorf("open the reader of bots: %w", err)
	}
	_, note := r.Checkpoint()
	w := &botWatch{
		reader: r, shows: s.store, rules: s.cfg.botRules(), on: s.cfg.Bots == "on", now: s.now, logger: s.log,
		correct: newCorrector(correctorDeps{db: s.db, sink: s.carriage, shows: s.store, ingest: s.ingest, now: s.now}, note),
		held:    map[live.ShowID]*watched{}, ignored: map[live.ShowID]bool{},
	}
	return errors.Join(w.run(ctx), r.Close())
}

// run follows the log until ctx ends. A fault is waited out with the batch in
// hand; that this server has lost the duty ends it.
func (w *botWatch) run(ctx context.Context) error {
	for ctx.Err() == nil {
		entries, err := w.reader.Next(ctx, botsBatch, botsWait)
		if err == nil {
			err = w.take(ctx, entries)
		}
		if err == nil {
			err = w.correct.settle(ctx)
		}
		if err == nil {
			err = w.commit(ctx)
		}
		switch {
		case err == nil || ctx.Err() != nil:
		case errors.Is(err, eventlog.ErrReaderLost):
			return err
		default:
			w.logger.WarnContext(ctx, "the watch for bots waits", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

func (w *botWatch) take(ctx context.Context, entries []live.Entry) error {
	var said []live.Bot
	for i := range entries {
		e := &entries[i].Event
		if e.Kind == live.BotFlagged || e.Kind == live.BotUnflagged {
			w.correct.add(&entries[i])
		}
		h, err := w.find(ctx, &entries[i])
		if err != nil {
			return err // only when ctx has ended
		}
		if h == nil {
			continue
		}
		if e.Kind == live.ShowEnded {
			h.ended = e.ReceivedAt
		}
		for _, v := range h.detector.See(e) {
			rules, err := json.Marshal(v.Rules)
			if err != nil {
				return fmt.Errorf("encode rules: %w", err)
			}
			said = append(said, live.Bot{Show: e.Show, Person: v.Person, Flagged: v.Flagged, Score: v.Score, Rules: rules, At: v.At})
		}
	}
	for len(said) > 0 {
		n, err := w.shows.FlagBots(ctx, said)
		if err == nil {
			if n > 0 {
				w.logger.InfoContext(ctx, "bots", "words", n)
			}
			return nil
		}
		if ctx.Err() != nil {
			return nil
		}
		// Forgetting them would make the log and the store differ for good.
		w.logger.WarnContext(ctx, "bots wait for the store", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
	return nil
}

// find is the watch of a fact's show; nil if it has none.
func (w *botWatch) find(ctx context.Context, e *live.Entry) (*watched, error) {
	id := e.Event.Show
	if !w.on || id == "" || e.Event.Rehearsal || w.ignored[id] {
		return nil, nil //nolint:nilnil // Most facts of the log are of no show on air.
	}
	if h := w.held[id]; h != nil {
		return h, nil
	}
	for {
		show, err := w.shows.Show(ctx, id)
		var no *live.Error
		unknown := errors.As(err, &no) && no.Fault == live.FaultNotFound
		switch {
		case err != nil && !unknown:
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			w.logger.WarnContext(ctx, "the watch for bots waits for a show", "show_id", id, "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
			continue
		case unknown || show.State.Over() && w.now().Sub(show.EndedAt) > botsHold:
			if len(w.ignored) >= maxBotsIgnored {
				clear(w.ignored)
			}
			w.ignored[id] = true
			return nil, nil //nolint:nilnil // It is over, or nobody's.
		}
		h := &watched{detector: bots.New(w.rules), first: e.Position, ended: show.EndedAt}
		w.held[id] = h
		return h, nil
	}
}

// commit moves the checkpoint to the earliest fact that a show on air, or a
// correction to come, still needs.
func (w *botWatch) commit(ctx context.Context) error {
	now := w.now()
	if now.Sub(w.committed) < botsCommit {
		return nil
	}
	next := w.reader.Position()
	for id, h := range w.held {
		if !h.ended.IsZero() && now.Sub(h.ended) > botsHold {
			delete(w.held, id)
		} else if h.first.Less(next) {
			next = h.first
		}
	}
	if first, ok := w.correct.first(); ok && first.Less(next) {
		next = first
	}
	if err := w.reader.Commit(ctx, next, w.correct.note()); err != nil {
		return fmt.Errorf("commit the reader of bots: %w", err)
	}
	w.committed = now
	return nil
}
