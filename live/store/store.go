package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// Config is what a [Store] needs.
type Config struct {
	// Path is the database file. It is made with mode 0600, because it holds
	// the secrets of integrations; its folder is made if it is missing.
	Path string
	// URL is that of a PostgreSQL, postgres://USER:PASSWORD@HOST:PORT/DATABASE,
	// which several stores may share. Empty means SQLite at Path.
	URL string
	// Now is the clock. Required.
	Now func() time.Time
	// OrderTTL is how long an unpaid order holds its stock. Zero means 15 minutes.
	OrderTTL time.Duration
	// OfferTTL is how long units are held for the next of a waitlist. Zero
	// means 5 minutes.
	OfferTTL time.Duration
	// Logger receives what nobody else is told. Nil means none.
	Logger *slog.Logger
	// Registerer receives the metrics. Nil means none.
	Registerer prometheus.Registerer
}

// Store is the state of every room. It is safe for concurrent use.
type Store struct {
	now      func() time.Time
	ttl      time.Duration
	offerTTL time.Duration
	log      *slog.Logger
	writes   *sql.DB
	reads    *sql.DB
	dialect  dialect
	writer   *writer
	cache    *cache
	ids      *ids
	stock    *dirtyStock
	watching *watching
	wake     chan struct{}
	due      chan struct{} // see WebhookWake

	// Of a store on a shared database.
	name  string // tells its own notifications from those of others
	pg    *pgx.ConnConfig
	close func() // ends the watching
}

// Open opens the database, brings its schema up to date, fills the caches and
// starts the writer. Writes are accepted from here until [Store.Close]; only
// the clean-up jobs wait for [Store.Run].
func Open(ctx context.Context, cfg Config) (_ *Store, err error) {
	switch {
	case cfg.URL == "" && cfg.Path == "":
		return nil, errors.New("open store: no path given")
	case cfg.Now == nil:
		return nil, errors.New("open store: no clock given")
	}
	s := &Store{
		now: cfg.Now, ttl: cfg.OrderTTL, offerTTL: cfg.OfferTTL, log: cfg.Logger, dialect: sqlite,
		name: uuid.NewString(), cache: newCache(), ids: &ids{}, stock: newDirtyStock(), watching: newWatching(), wake: make(chan struct{}, 1),
		due: make(chan struct{}, 1),
	}
	if s.offerTTL <= 0 {
		s.offerTTL = 5 * time.Minute
	}
	if s.ttl <= 0 {
		s.ttl = 15 * time.Minute
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if cfg.URL != "" {
		err = s.openPostgres(ctx, cfg.URL)
	} else {
		err = s.openSQLite(cfg.Path)
	}
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if err := s.migrate(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	conn, err := s.writes.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("open store for writing: %w", err)
	}
	s.writer = startWriter(conn, s, newMetrics(cfg.Registerer))
	// The first transaction also fills the caches.
	if err := s.write(ctx, func(t *tx) error {
		if s.pg != nil {
			return nil // Another store's requests are in there too: they end by age.
		}
		// A request that was in flight when the process ended has no outcome.
		_, err := t.exec(`DELETE FROM idempotency WHERE status = 0`)
		return err
	}); err != nil {
		return nil, fmt.Errorf("open store: clear requests in flight: %w", err)
	}
	if s.pg != nil {
		s.startWatching()
	}
	return s, nil
}

// Ready reports whether the database answers, both for writing and for reading.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.reads.PingContext(ctx); err != nil {
		return fmt.Errorf("store does not read: %w", err)
	}
	if err := s.write(ctx, func(*tx) error { return nil }); err != nil {
		return fmt.Errorf("store does not write: %w", err)
	}
	return nil
}

// Close finishes the writes that were handed in and closes the database.
func (s *Store) Close() error {
	var errs []error
	if s.close != nil {
		s.close()
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	for _, db := range []*sql.DB{s.reads, s.writes} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

// write runs fn inside the next group commit and returns once it is on disk.
// An error of fn undoes what fn did and is returned as it is. When ctx ends
// before fn's turn, fn never runs; after that the outcome is waited for. fn
// may run more than once, when the database was lost: what it leaves outside
// the transaction must be set, not added to.
func (s *Store) write(ctx context.Context, fn func(*tx) error) error {
	return s.writer.do(ctx, &op{fn: fn})
}

// reader reads committed state outside the writer.
func (s *Store) reader(ctx context.Context) querier { return reader{ctx, s.reads, s.dialect} }

// snapshot gives fn a reader whose queries all see the same instant.
func (s *Store) snapshot(ctx context.Context, fn func(querier) error) error {
	t, err := s.reads.BeginTx(ctx, s.dialect.snapshot)
	if err != nil {
		return fmt.Errorf("begin snapshot: %w", err)
	}
	return errors.Join(fn(reader{ctx, t, s.dialect}), t.Rollback())
}

// OutboxWake is signalled after every commit that wrote events, also that of
// another store on the same database.
func (s *Store) OutboxWake() <-chan struct{} { return s.wake }

func (s *Store) wakeRelay() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// zoneKnown reports whether name is an IANA time zone.
func zoneKnown(name string) bool {
	if name == "" || name == "Local" {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// mayWrite checks that a caller has the right and reaches the room. Showrunner
// itself may do everything.
func mayWrite(by live.Principal, a live.Action, m live.MerchantID, r live.RoomID) error {
	if by.Role == live.RoleSystem {
		return nil
	}
	if !by.May(a) {
		return live.Forbidden("forbidden", "the role %s may not do %s", by.Role, a)
	}
	if !by.Sees(m, r) {
		return live.Forbidden("forbidden", "the room is outside your scope")
	}
	return nil
}
