package main

import (
	"context"
	"fmt"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/conversion/care/guard"
	"showrunner/live"
	"showrunner/live/store"
)

// dutyErasing names a lock, so it must never change.
const dutyErasing = "erasing"

// eraseEvery is how often is looked for people who are to be forgotten.
const eraseEvery = 2 * time.Second

// erasing is the duty of giving the facts in ClickHouse the names that people who
// were forgotten have in the store.
func (s *server) erasing(ctx context.Context) error {
	tick := time.NewTicker(eraseEvery)
	defer tick.Stop()
	heads := map[string]live.Position{} // of the log when an erasure was first seen
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.eraseOpen(ctx, heads); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "facts of people who were forgotten wait for ClickHouse", "error", err)
		}
	}
}

// eraseOpen does what is open, once everything that the log had when it was first
// seen is in ClickHouse and was read by all who bring facts into the store: a
// name that they met later would stay.
func (s *server) eraseOpen(ctx context.Context, heads map[string]live.Position) error {
	open, names, err := s.store.OpenErasures(ctx, 20)
	if err != nil || len(open) == 0 {
		return err
	}
	head, err := s.eventlog.Head(ctx)
	if err != nil {
		return fmt.Errorf("find the head of the log: %w", err)
	}
	read, err := s.readByAll(ctx)
	if err != nil {
		return err
	}
	for i := range open {
		e := &open[i]
		until, seen := heads[e.ID]
		if !seen {
			until = head
			heads[e.ID] = head
		}
		if s.carriage.Watermark().Less(until) || read.Less(until) {
			continue
		}
		if err := s.eraseFacts(ctx, e, names[e.ID]); err != nil {
			return err
		}
		delete(heads, e.ID)
	}
	return nil
}

// readByAll is up to where the log was read by everybody who brings facts about
// people into the store.
func (s *server) readByAll(ctx context.Context) (live.Position, error) {
	_, least, err := s.store.LadderCheckpoint(ctx)
	if err != nil {
		return live.Position{}, err
	}
	for _, checkpoint := range []func() (string, live.Position, error){
		func() (string, live.Position, error) { return guard.Checkpoint(ctx, s.store) },
		func() (string, live.Position, error) { return s.store.LogCheckpoint(ctx, readerCare) },
	} {
		_, read, err := checkpoint()
		if err != nil {
			return live.Position{}, err
		}
		if read.Less(least) {
			least = read
		}
	}
	return least, nil
}

func (s *server) eraseFacts(ctx context.Context, e *store.Erasure, names []store.Renaming) error {
	if !s.backing.TryLock() {
		return nil // A backup is made: the next look does it.
	}
	defer s.backing.Unlock()
	for _, n := range names {
		copied := func() error { return s.store.NoteCopied(ctx, e.ID, n.Old) }
		if err := s.db.Rename(ctx, clickhouse.Renaming{Merchant: e.Merchant, Old: n.Old, New: n.New, Copied: n.Copied}, copied); err != nil {
			return err
		}
	}
	if err := s.store.FinishErasure(ctx, e.ID); err != nil {
		return err
	}
	// What was counted while names were changed is never given again, and is not left.
	erased, err := s.store.ErasuresInFacts(ctx, e.Merchant)
	if err != nil {
		return err
	}
	return s.db.DropFigures(ctx, e.Merchant, erased)
}
