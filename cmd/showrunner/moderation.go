package main

import (
	"context"
	"errors"
	"fmt"
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
	f := &eventlog.Follower{
		Name: "who follows whom", Reader: r, Log: s.eventlog, Taker: followers{s.store.KeepFollows}, Batch: followersBatch, Wait: followersWait, Now: s.now, Logger: s.log,
	}
	return errors.Join(f.Run(ctx), r.Close())
}

const (
	followersBatch = 1024
	followersWait  = time.Second
)

// followers keeps in the store what the log tells of follows, for rooms that
// take comments of followers only. Of several servers one does: another that is
// behind would state again what was taken back since.
type followers struct {
	keep func(context.Context, []store.Follow) error
}

// Checkpoint is none: taking follows in again from an earlier place on changes
// nothing in the end, so the log's own checkpoint is enough.
func (followers) Checkpoint(context.Context) (epoch string, next live.Position, err error) {
	return "", live.Position{}, nil
}

// Take keeps the follows among the entries.
func (f followers) Take(ctx context.Context, entries []live.Entry, _ live.Position, _ bool) error {
	var list []store.Follow
	for i := range entries {
		e := &entries[i].Event
		if (e.Kind == live.Followed || e.Kind == live.Unfollowed) && e.Person != "" && e.Actor.Role == live.RoleViewer {
			list = append(list, store.Follow{Merchant: e.Merchant, Person: e.Person, Follows: e.Kind == live.Followed, At: e.ReceivedAt})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return f.keep(ctx, list)
}
