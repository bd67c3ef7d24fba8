package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/conversion"
	"showrunner/live"
)

// Reader follows the log with a durable checkpoint.
type Reader interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Checkpoint() (next live.Position, note []byte)
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Defaults of [SinkConfig] and fixed limits of one range.
const (
	defaultMaxRows = 50_000
	defaultMaxAge  = time.Second
	// maxBytes is what the facts of a range may take in memory, by an estimate that is
	// above what they do take. It is there for facts with long data: what viewers do, and
	// orders of a dozen lines, must come to MaxRows before it, for what an insert costs
	// is mostly the same for half as many rows.
	maxBytes = 32 << 20
)

// errReaderLost is how the log says that another sink has taken over.
var errReaderLost error = live.Conflict("reader_lost", "")

// SinkConfig joins a log and a database.
type SinkConfig struct {
	DB *DB
	// Epoch names the incarnation of the log; positions mean nothing without it.
	Epoch  string
	Reader Reader // named: its checkpoint is the sink's memory
	// MaxRows and MaxAge say when a range is cut: so many events, or so old.
	MaxRows int
	MaxAge  time.Duration
	// Rules say which events are touches, as they come in. Nil: those built in.
	Rules *conversion.RuleSet

	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer

	// send replaces the insert in tests, to lose acknowledgements.
	send func(ctx context.Context, b *block, token string) error
}

// Sink moves the log into ClickHouse, every event exactly once.
type Sink struct {
	cfg     SinkConfig
	metrics *sinkMetrics
	rests   chan rest

	mu        sync.Mutex
	watermark live.Position
	oldest    time.Time // receipt of the oldest event read and not in; zero: none
}

// NewSink makes a sink. It panics if DB, Log, Reader or Now is missing.
func NewSink(cfg SinkConfig) *Sink {
	if cfg.DB == nil || cfg.Epoch == "" || cfg.Reader == nil || cfg.Now == nil {
		panic("clickhouse: a sink needs a database, a log, a reader and a clock")
	}
	if cfg.MaxRows <= 0 {
		cfg.MaxRows = defaultMaxRows
	}
	if cfg.MaxAge <= 0 {
		cfg.MaxAge = defaultMaxAge
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.send == nil {
		cfg.send = cfg.DB.insert
	}
	s := &Sink{cfg: cfg, rests: make(chan rest)}
	s.watermark, _ = cfg.Reader.Checkpoint()
	s.metrics = newSinkMetrics(cfg.Registerer, s)
	return s
}

// Close takes the metrics of a sink that has run off its registerer, so that
// another one of the same process can have theirs there.
func (s *Sink) Close() { s.metrics.unregister(s.cfg.Registerer) }

// Watermark is a position before which everything is in ClickHouse.
func (s *Sink) Watermark() live.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.watermark
}

// Lag is how long the oldest event that was read and is not in ClickHouse has
// waited since its receipt; zero if there is none.
func (s *Sink) Lag(now time.Time) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.oldest.IsZero() {
		return 0
	}
	return max(now.Sub(s.oldest), 0)
}

func (s *Sink) waiting(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oldest = since
}

// Run follows the log until ctx ends, and then returns nil; a range on its way
// is sent again by the next Run. ClickHouse being away is waited for, for ever.
// So is the log when it does not take a checkpoint. An error means that the log
// cannot be read, or, as "reader_lost", that another sink has taken over.
func (s *Sink) Run(ctx context.Context) error {
	err := s.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Sink) run(ctx context.Context) error {
	if _, note := s.cfg.Reader.Checkpoint(); len(note) > 0 {
		i, err := decodeIntent(note)
		if err != nil {
			return fmt.Errorf("clickhouse sink: %w", err)
		}
		pending, err := reload(ctx, s.cfg.Reader, i, s.cfg.Rules)
		if err != nil {
			return fmt.Errorf("clickhouse sink: %w", err)
		}
		s.cfg.Logger.InfoContext(ctx, "clickhouse sink goes on with a range on its way", "from", i.From, "until", i.Until, "events", i.N)
		if err := s.deliver(ctx, pending); err != nil {
			return err
		}
	}
	return s.follow(ctx)
}

// follow cuts the log into ranges and delivers them one after the other.
func (s *Sink) follow(ctx context.Context) error {
	open, opened := newSpan(s.cfg.Rules), time.Time{}
	cut := func(until live.Position) error {
		if open.N == 0 {
			return nil
		}
		open.Until = until.Offset()
		if err := s.begin(ctx, open); err != nil {
			return err
		}
		open.reset()
		return nil
	}
	for {
		select {
		case r := <-s.rests:
			if err := cut(s.cfg.Reader.Position()); err != nil {
				r.done <- err
				return err
			}
			r.done <- r.run(ctx, s.Watermark())
		default:
		}
		wait := s.cfg.MaxAge
		if open.N > 0 {
			wait = max(s.cfg.MaxAge-s.cfg.Now().Sub(opened), 0)
		}
		entries, err := s.cfg.Reader.Next(ctx, s.cfg.MaxRows, wait)
		if err != nil {
			return fmt.Errorf("clickhouse sink: %w", err)
		}
		for i := range entries {
			ahead(entries, i)
			e := &entries[i]
			if open.N > 0 && (open.N >= s.cfg.MaxRows || open.bytes >= maxBytes || !open.month.has(e.Event.ReceivedAt)) {
				if err := cut(e.Position); err != nil {
					return err
				}
			}
			if open.N == 0 {
				opened = s.cfg.Now()
				s.waiting(e.Event.ReceivedAt)
			}
			open.add(e)
		}
		if open.N >= s.cfg.MaxRows || open.bytes >= maxBytes || open.N > 0 && s.cfg.Now().Sub(opened) >= s.cfg.MaxAge {
			if err := cut(s.cfg.Reader.Position()); err != nil {
				return err
			}
		}
	}
}

// begin writes the range down, then delivers it.
func (s *Sink) begin(ctx context.Context, r *span) error {
	next, _ := s.cfg.Reader.Checkpoint()
	if err := s.commit(ctx, next, r.encode()); err != nil {
		return err
	}
	return s.deliver(ctx, r)
}

// deliver sends a range that was written down until it is in, then moves the
// checkpoint past it.
func (s *Sink) deliver(ctx context.Context, r *span) error {
	s.waiting(r.oldest)
	if r.bad > 0 {
		s.metrics.unreadable.Add(float64(r.bad))
		s.cfg.Logger.ErrorContext(ctx, "order events could not be read", "range", r.String(), "events", r.bad)
	}
	for _, b := range r.blocks() {
		if err := s.persist(ctx, b, r.intent); err != nil {
			return err
		}
	}
	until := live.PositionOf(r.Until)
	if err := s.commit(ctx, until, nil); err != nil {
		return err
	}
	s.mu.Lock()
	s.watermark, s.oldest = until, time.Time{}
	s.mu.Unlock()
	s.metrics.batches.Inc()
	return nil
}

// persist sends one block again and again, the same rows with the same token,
// until it is in or ctx ends.
func (s *Sink) persist(ctx context.Context, b *block, i intent) error {
	token := "v1:" + s.cfg.Epoch + ":" + b.table + ":" + i.String()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval, pause.RandomizationFactor = 50*time.Millisecond, 10*time.Second, 0.5
	for try := 1; ; try++ {
		err := s.cfg.send(ctx, b, token)
		if err == nil {
			s.metrics.failing.Set(0)
			s.metrics.rows.WithLabelValues(b.table).Add(float64(b.rows))
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b.failed = true
		s.metrics.failing.Set(1)
		s.metrics.retries.Inc()
		wait := pause.NextBackOff()
		s.cfg.Logger.WarnContext(ctx, "clickhouse insert failed, sending it again", "error", err, "table", b.table,
			"range", i.String(), "try", try, "wait_ms", wait.Milliseconds())
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (s *Sink) commit(ctx context.Context, next live.Position, note []byte) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 50*time.Millisecond, 5*time.Second
	for try := 1; ; try++ {
		err := s.cfg.Reader.Commit(ctx, next, note)
		if err == nil || ctx.Err() != nil {
			return ctx.Err()
		}
		if errors.Is(err, errReaderLost) {
			return fmt.Errorf("clickhouse sink: write the checkpoint: %w", err)
		}
		s.cfg.Logger.WarnContext(ctx, "the log does not take the sink's checkpoint, trying again", "error", err, "try", try)
		if err := sleep(ctx, pause.NextBackOff()); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
