package credit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/cenkalti/backoff/v5"

	"showrunner/live"
	"showrunner/live/store"
)

const (
	// batch is how many facts are taken at a time.
	batch = 16_384
	// poll is how long to wait for facts.
	poll = 100 * time.Millisecond
	// commitEvery bounds how much is read again after a restart.
	commitEvery = 5 * time.Second

	defaultTail = 250_000
	defaultPace = 150 * time.Millisecond
)

// errOvertaken is the store's word for a checkpoint that another process moved.
var errOvertaken error = live.Conflict("credit_overtaken", "")

// errReaderLost is the log's.
var errReaderLost error = live.Conflict("reader_lost", "")

// Tracker follows the log. See [New].
type Tracker struct {
	cfg     Config
	metrics *metrics

	tail   *tail
	titles map[live.ShowID]live.Show
	saved  live.Position // where the database says that we stand
	done   live.Position // everything below is dealt with
	// newest is the newest payment that was attributed: only a touch that is not
	// younger can be late.
	newest  map[live.MerchantID]time.Time
	started time.Time
	asked   time.Time // when the history was asked last
}

// New checks the configuration and starts nothing.
func New(cfg Config) (*Tracker, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.MaxTail == 0 {
		cfg.MaxTail = defaultTail
	}
	if cfg.Pace == 0 {
		cfg.Pace = defaultPace
	}
	m, err := newMetrics(cfg.Registerer)
	if err != nil {
		return nil, err
	}
	return &Tracker{cfg: cfg, metrics: m, tail: newTail(), titles: map[live.ShowID]live.Show{}, newest: map[live.MerchantID]time.Time{}, started: cfg.Now()}, nil
}

// Close takes the metrics of a tracker that has run off its registerer.
func (t *Tracker) Close() { t.metrics.unregister(t.cfg.Registerer) }

// Run follows the log until ctx ends, and then returns nil. The database or
// ClickHouse being away is waited for, for ever. An error means that the log
// cannot be read, or that another process has taken over.
func (t *Tracker) Run(ctx context.Context) error {
	err := t.run(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (t *Tracker) run(ctx context.Context) error {
	if err := t.begin(ctx); err != nil {
		return err
	}
	committed := t.cfg.Now()
	waiting := false
	for {
		t.tail.trim(t.cfg.Watermark())
		t.metrics.tail.Set(float64(t.tail.size()))
		if t.tail.size() >= t.cfg.MaxTail {
			if !waiting {
				waiting = true
				t.cfg.Logger.WarnContext(ctx, "the credit of orders waits for ClickHouse", "touches", t.tail.size())
			}
			if err := sleep(ctx, poll); err != nil {
				return err
			}
			continue
		}
		waiting = false
		entries, err := t.read(ctx)
		if err != nil {
			return fmt.Errorf("credit tracker: %w", err)
		}
		w := t.gather(ctx, entries)
		next := t.cfg.Reader.Position()
		if err := t.insist(ctx, "attribute orders", func() error { return t.attribute(ctx, w, next) }); err != nil {
			return err
		}
		if now := t.cfg.Now(); now.Sub(committed) >= commitEvery {
			if err := t.commit(ctx); err != nil {
				return err
			}
			committed = now
		}
	}
}

// read takes what the log has. With orders among it the history will be asked,
// which is not done more often than the pace: until then reading goes on, and
// what is paid meanwhile is asked for together.
func (t *Tracker) read(ctx context.Context) ([]live.Entry, error) {
	entries, err := t.cfg.Reader.Next(ctx, batch, poll)
	if err != nil || !slices.ContainsFunc(entries, func(e live.Entry) bool { return live.OrderFactKind(e.Event.Kind) }) {
		return entries, err
	}
	for len(entries) < batch {
		wait := t.cfg.Pace - t.cfg.Now().Sub(t.asked)
		if wait <= 0 || wait > t.cfg.Pace {
			break
		}
		more, err := t.cfg.Reader.Next(ctx, batch-len(entries), wait)
		if err != nil {
			return nil, err
		}
		entries = append(entries, more...)
	}
	return entries, nil
}

// begin finds out where the database stands. The log is read from where touches
// may be missing in the history, which is not after that.
func (t *Tracker) begin(ctx context.Context) error {
	return t.insist(ctx, "read the checkpoint", func() error {
		epoch, at, err := t.cfg.Book.LogCheckpoint(ctx, t.cfg.Name)
		if err != nil {
			return err
		}
		start := t.cfg.Reader.Position()
		t.saved, t.done = at, at
		if epoch != t.cfg.Epoch {
			t.saved, t.done = start, start
		}
		if epoch == t.cfg.Epoch && at.Less(start) {
			t.cfg.Logger.WarnContext(ctx, "the log begins after the credit of orders ends, was the database restored from a backup?", "offset", at.Offset(), "log", start.Offset())
		}
		return nil
	})
}

// commit lets go of the log below what neither the credits nor a restart needs.
func (t *Tracker) commit(ctx context.Context) error {
	if t.saved.Less(t.done) {
		err := t.insist(ctx, "keep the checkpoint", func() error { return t.keep(ctx, nil, t.done) })
		if err != nil {
			return err
		}
	}
	next := t.saved
	if w := t.cfg.Watermark(); w.Less(next) {
		next = w
	}
	err := t.cfg.Reader.Commit(ctx, next, nil)
	switch {
	case err == nil || ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errReaderLost):
		return fmt.Errorf("credit tracker: %w", err)
	}
	t.cfg.Logger.DebugContext(ctx, "the log does not take the tracker's checkpoint yet", "error", err)
	return nil
}

// keep writes what was decided and moves the checkpoint.
func (t *Tracker) keep(ctx context.Context, writes []store.CreditWrite, next live.Position) error {
	_, err := t.cfg.Book.KeepCredits(ctx, store.CreditBatch{Reader: t.cfg.Name, Epoch: t.cfg.Epoch, From: t.saved, Next: next, Orders: writes})
	if errors.Is(err, errOvertaken) {
		// It may have been this very write, whose answer was lost.
		if epoch, at, again := t.cfg.Book.LogCheckpoint(ctx, t.cfg.Name); again == nil && epoch == t.cfg.Epoch && at == next && next != t.saved {
			err = nil
		}
	}
	if err == nil {
		t.saved = next
	}
	return err
}

// insist tries until it works; an error is that ctx ended, or that another
// process has taken over.
func (t *Tracker) insist(ctx context.Context, what string, try func() error) error {
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = 50*time.Millisecond, 5*time.Second
	for {
		err := try()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(err, errOvertaken):
			return fmt.Errorf("credit tracker: %w", err)
		}
		t.cfg.Logger.WarnContext(ctx, "the credit of orders waits, trying again", "step", what, "error", err)
		if err := sleep(ctx, pause.NextBackOff()); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// orderSaid is what the tracker reads of an order event.
type orderSaid struct {
	Order live.OrderID      `json:"order_id"`
	State live.OrderState   `json:"order_state"`
	Flags []json.RawMessage `json:"flags"`
}
