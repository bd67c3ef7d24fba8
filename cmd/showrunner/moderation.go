package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/moderation"
	"showrunner/live/store"
)

// readerFollowers is the name of the log's reader that keeps who follows whom,
// and of the duty; it must never change. Until 2026-11 each of several servers
// had one of its own, named after it.
const readerFollowers = "followers"

// openModeration puts the desk before ingest, and starts what carries the log
// to the rooms: the feed also tells the desk and the sockets whom it concerns.
func (s *server) openModeration(ctx context.Context) error {
	s.desk = moderation.New(moderation.Config{Ingest: s.ingest, Rules: s.store, Now: s.now, Logger: s.log, Registerer: s.reg})
	s.life.start(part{name: "moderation", run: s.desk.Run})
	feed := &feed{log: s.eventlog, hub: s.hub, desk: s.desk, store: s.store, start: s.fed, peers: s.rooms, served: s.service.Heard, logger: s.log}
	s.life.start(part{name: "feed", run: feed.run})
	if old := s.readerName(readerFollowers); old != readerFollowers {
		if at, err := s.eventlog.Checkpoint(ctx, old); err != nil {
			return fmt.Errorf("look for an old reader of follows: %w", err)
		} else if !at.IsZero() {
			if err := s.eventlog.DropReader(ctx, old); err != nil { // Nobody reads it: it would keep the log for ever.
				return fmt.Errorf("drop the old reader of follows: %w", err)
			}
		}
	}
	s.life.start(part{name: "followers", run: s.duty(readerFollowers, s.keepFollows)})
	return nil
}

// keepFollows is the duty of keeping who follows whom.
func (s *server) keepFollows(ctx context.Context) error {
	r, err := s.eventlog.Reader(ctx, readerFollowers, live.Position{})
	if err != nil {
		return fmt.Errorf("open the reader of follows: %w", err)
	}
	f := &followers{reader: r, keep: s.store.KeepFollows, now: s.now, logger: s.log}
	return errors.Join(f.run(ctx), r.Close())
}

// followers keeps in the store what the log tells of follows, for rooms that
// take comments of followers only. Of several servers one does: another that is
// behind would state again what was taken back since.
type followers struct {
	reader interface {
		Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
		Position() live.Position
		Commit(ctx context.Context, next live.Position, note []byte) error
	}
	keep      func(context.Context, []store.Follow) error
	now       func() time.Time
	logger    *slog.Logger
	committed time.Time
}

const (
	followersBatch  = 1024
	followersWait   = time.Second
	followersCommit = 5 * time.Second
)

// run follows the log until ctx ends, or another server has the reader. Any other
// fault is waited out with the batch in hand, so that no follow is skipped.
func (f *followers) run(ctx context.Context) error {
	var entries []live.Entry
	for ctx.Err() == nil {
		var err error
		if entries == nil {
			entries, err = f.reader.Next(ctx, followersBatch, followersWait)
		}
		if err == nil {
			err = f.take(ctx, entries)
		}
		if err == nil {
			entries = nil
			continue
		}
		if errors.Is(err, eventlog.ErrReaderLost) {
			return err
		}
		if ctx.Err() == nil {
			f.logger.WarnContext(ctx, "followers wait for the log or the store", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	}
	return nil
}

func (f *followers) take(ctx context.Context, entries []live.Entry) error {
	var list []store.Follow
	for i := range entries {
		e := &entries[i].Event
		if (e.Kind == live.Followed || e.Kind == live.Unfollowed) && e.Person != "" && e.Actor.Role == live.RoleViewer {
			list = append(list, store.Follow{Merchant: e.Merchant, Person: e.Person, Follows: e.Kind == live.Followed, At: e.ReceivedAt})
		}
	}
	if len(list) > 0 {
		if err := f.keep(ctx, list); err != nil {
			return err
		}
	}
	if now := f.now(); now.Sub(f.committed) >= followersCommit {
		if err := f.reader.Commit(ctx, f.reader.Position(), nil); err != nil {
			return fmt.Errorf("commit the reader: %w", err)
		}
		f.committed = now
	}
	return nil
}
