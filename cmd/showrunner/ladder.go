package main

import (
	"context"
	"errors"
	"fmt"

	"showrunner/conversion/tracker"
	"showrunner/live"
)

// readerLadder is the name of the log's reader that keeps the ladder; it must
// never change.
const readerLadder = "ladder"

// openLadder starts what follows people up the ladder, and what renames those who
// were forgotten: one server at a time.
func (s *server) openLadder(context.Context) error {
	s.life.start(part{name: "ladder", run: s.duty(dutyLadder, s.climb)})
	s.life.start(part{name: "erasing", run: s.duty(dutyErasing, s.erasing)})
	return nil
}

// climb is the duty of keeping the ladder.
func (s *server) climb(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerLadder, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of the ladder: %w", err)
	}
	t := tracker.New(tracker.Config{Reader: r, Log: s.eventlog, Store: s.store, Now: s.now, Logger: s.log})
	return errors.Join(t.Run(ctx), r.Close())
}
