package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"showrunner/conversion/care/guard"
	"showrunner/live"
)

// readerGuard is the name of the log's reader that tells the guard who answered
// and who wants no more; dutyGuard of the lock that lets one server do it. They
// must never change.
const (
	readerGuard = "guard"
	dutyGuard   = "guard"
)

// openGuard starts what follows the log for the guard: one server at a time.
func (s *server) openGuard(context.Context) error {
	s.life.start(part{name: "guard", run: s.duty(dutyGuard, s.followForGuard)})
	return nil
}

func (s *server) followForGuard(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerGuard, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of the guard: %w", err)
	}
	f := guard.NewFollower(guard.FollowerConfig{Reader: r, Log: s.eventlog, Store: s.store, Now: s.now, Logger: s.log})
	return errors.Join(f.Run(ctx), r.Close())
}

// newGuard makes the guard of touches. It keeps everything in the store, so every
// server may have its own.
func (s *server) newGuard() *guard.Guard {
	// NewV7 fails only without randomness, and then the program has ended already.
	return guard.New(s.store, func() string { return uuid.Must(uuid.NewV7()).String() })
}
