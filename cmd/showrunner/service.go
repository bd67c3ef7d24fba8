package main

import (
	"context"
	"errors"
	"fmt"

	"showrunner/conversion/care/complaint"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// readerService is the reader of the log that counts for service entries, and
// dutyService the duty of it. They name a checkpoint and a lock, so they must never
// change.
const (
	readerService = "service"
	dutyService   = "service"
)

// openService starts the service desk.
func (s *server) openService(context.Context) error {
	s.service = desk.New(desk.Config{Store: s.store, Groups: groupsOf{group.NewRegistry(s.store)}, Complaints: complaint.Handover{}, Now: s.now, Logger: s.log})
	s.life.start(part{name: "service", run: s.service.Run})
	s.life.start(part{name: "entries", run: s.duty(dutyService, s.countEntries)})
	return nil
}

// groupsOf hands over groups at the word of the desk.
type groupsOf struct{ *group.Registry }

// ReassignGroups gives the groups of an agent who leaves to others.
func (g groupsOf) ReassignGroups(ctx context.Context, m live.MerchantID, from string, to []string, by live.Principal) (int, error) {
	handed, err := g.Reassign(ctx, m, from, to, "agent_left", by)
	return len(handed), err //nolint:wrapcheck // the desk says what it was doing.
}

// countEntries is the duty of counting how often service entries are shown.
func (s *server) countEntries(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerService, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of service entries: %w", err)
	}
	n := desk.NewCounter(desk.CounterConfig{Reader: r, Log: s.eventlog, Store: s.store, Now: s.now, Logger: s.log})
	return errors.Join(n.Run(ctx), r.Close())
}
