package main

import (
	"context"
	"errors"
	"time"

	"showrunner/conversion/care/group"
)

// dutyGroups names a lock, so it must never change.
const dutyGroups = "groups"

// Pace of making the days of groups: soon after a fact, and never more than a small
// part of the time, however many groups there are.
const (
	groupsEvery = 10 * time.Second
	groupsShare = 10 // it rests this many times as long as it took
)

// openGroups starts what makes the days of groups: one server at a time.
func (s *server) openGroups(context.Context) error {
	s.groups = group.NewRegistry(s.store)
	s.duties.WithLabelValues(dutyGroups).Set(0)
	s.life.start(part{name: "groups", run: s.duty(dutyGroups, s.makeGroupDays)})
	return nil
}

// makeGroupDays keeps the days of groups up to the facts, and registers groups that
// facts tell of. What fails is tried again: nothing is skipped, because how far the
// facts are in is written last.
func (s *server) makeGroupDays(ctx context.Context) error {
	for {
		began := s.now()
		if s.migrated.Load() || s.cfg.Sink == "off" || s.cfg.Node != "" {
			if err := s.refreshGroups(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the days of groups wait for the database", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(max(groupsEvery, groupsShare*s.now().Sub(began))):
		}
	}
}

// refreshGroups makes what new facts of all merchants ask for.
func (s *server) refreshGroups(ctx context.Context) error {
	merchants, err := s.db.GroupMerchants(ctx)
	if err != nil {
		return err
	}
	for _, m := range merchants {
		zone, zoneErr := s.groups.Zone(ctx, m)
		if zoneErr != nil {
			err = errors.Join(err, zoneErr)
			continue
		}
		err = errors.Join(err, s.db.RefreshGroups(ctx, m, zone, s.now(), func(seen []group.Sighting) error {
			_, err := s.groups.Adopt(ctx, seen)
			return err
		}))
	}
	return err
}
