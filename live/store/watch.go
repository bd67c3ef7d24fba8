package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// channel is where stores that share a database tell each other of commits.
const channel = "showrunner_store"

const (
	// lookEvery is how long a store goes on without looking when nobody
	// notifies it. A notification only says "look": a lost one costs no more.
	lookEvery = 500 * time.Millisecond
	// watchAgain is the wait before a lost connection is opened again.
	watchAgain = 500 * time.Millisecond
	// leaseEvery is how often a lease is asked for, and then held up.
	leaseEvery = 500 * time.Millisecond
)

// startWatching follows what other stores do to the shared database, until
// the store closes.
func (s *Store) startWatching() {
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() {
		for ctx.Err() == nil {
			if err := s.watch(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the other stores are not heard, connecting again", "error", err)
				pause(ctx, watchAgain)
			}
		}
	})
	s.close = func() {
		cancel()
		watching.Wait()
	}
}

// watch listens on a connection of its own and looks whenever it is told to.
func (s *Store) watch(ctx context.Context) error {
	conn, err := pgx.ConnectConfig(ctx, s.pg.Copy())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // It has no state worth an error.
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	var outbox int64
	for {
		if outbox, err = s.look(ctx, outbox); err != nil {
			return err
		}
		if err := s.hear(ctx, conn); err != nil {
			return err
		}
	}
}

// hear waits for another store's notification, or until it is time to look anyway.
func (s *Store) hear(ctx context.Context, conn *pgx.Conn) error {
	waiting, cancel := context.WithTimeout(ctx, lookEvery)
	defer cancel()
	for {
		n, err := conn.WaitForNotification(waiting)
		if err != nil {
			if waiting.Err() != nil && !conn.IsClosed() {
				return ctx.Err()
			}
			return fmt.Errorf("wait for notifications: %w", err)
		}
		if n.Payload != s.name {
			return nil
		}
	}
}

// look compares the counters with what this store knows.
func (s *Store) look(ctx context.Context, outbox int64) (int64, error) {
	var c counters
	if err := readCounters(s.reader(ctx), &c); err != nil {
		return outbox, err
	}
	if c.outbox > outbox {
		s.wakeRelay()
	}
	if c.changes > s.cache.changes.Load() {
		// Every transaction begins by catching up.
		if err := s.write(ctx, func(*tx) error { return nil }); err != nil {
			return outbox, fmt.Errorf("catch up with the other stores: %w", err)
		}
	}
	return c.outbox, nil
}

// Lead runs fn while this store is the one, of all on the same database, that
// does so: an advisory lock of PostgreSQL, which ends with its connection. The
// others wait for it. fn's context ends when the lock is lost; Lead then waits
// for the lock again, and returns when ctx ends or fn ends by itself. A store
// that has its database for itself runs fn at once.
//
// The lock is a promise of the network, not of the clock: a store that stands
// still may go on for a moment after another has taken over. What fn writes
// must be refused by its target then, as the log does with the relay's batches
// and with the checkpoint of a reader that has another owner.
func (s *Store) Lead(ctx context.Context, what string, fn func(context.Context)) {
	if s.pg == nil {
		fn(ctx)
		return
	}
	for ctx.Err() == nil {
		done, err := s.leadOnce(ctx, what, fn)
		if done {
			return
		}
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "the lease is lost, asking again", "of", what, "error", err)
			pause(ctx, leaseEvery)
		}
	}
}

func (s *Store) leadOnce(ctx context.Context, what string, fn func(context.Context)) (done bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, s.pg.Copy())
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // Its end frees the lock.
	for mine := false; !mine; {
		// The schema is part of the name: a database may hold several stores.
		if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock(hashtextextended('showrunner ' || $1 || ' ' || current_schema(), 0))`, what).Scan(&mine); err != nil {
			return false, fmt.Errorf("ask for the lock: %w", err)
		}
		if !mine && !pause(ctx, leaseEvery) {
			return true, nil
		}
	}
	leading, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		fn(leading)
	}()
	for {
		select {
		case <-ended:
			return ctx.Err() != nil || leading.Err() == nil, nil
		case <-time.After(leaseEvery):
		}
		asking, stop := context.WithTimeout(ctx, 4*leaseEvery)
		err := conn.Ping(asking)
		stop()
		if err != nil {
			cancel()
			<-ended
			return ctx.Err() != nil, errors.Join(errors.New("the connection is gone"), err)
		}
	}
}

// pause waits; false means that ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
