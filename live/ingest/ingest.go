package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
)

// Log is where facts become durable: eventlog.Log.
type Log interface {
	// Append returns once the events are durable, with their positions.
	Append(ctx context.Context, events []live.Event) ([]live.Position, error)
	// Head is the position the next message will have.
	Head(ctx context.Context) (live.Position, error)
}

// Seen is the saved memory of keys: live/store. It must be safe for many callers.
type Seen interface {
	// HasSeen answers for each key whether it was added, in the order of keys.
	HasSeen(ctx context.Context, keys [][16]byte) ([]bool, error)
	// AddSeen adds keys durably; one that is there already is no error.
	AddSeen(ctx context.Context, keys [][16]byte, at time.Time) error
	// TrimSeen forgets what was added before an instant.
	TrimSeen(ctx context.Context, before time.Time) error
}

// Reader is a named reader of the log: eventlog.Reader.
type Reader interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Config is what an [Ingest] works with. Logger and Registerer may be nil.
type Config struct {
	Log    Log
	Seen   Seen
	Reader Reader // with a checkpoint of its own, say "ingest"
	// Shared says that other processes write to the log too. A fact that a
	// producer offered there, got no answer for and offers here is a duplicate
	// then: before a fact with an ID is taken, the log is read to its end of
	// that moment.
	Shared     bool
	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

const (
	// Memory is how long a key is remembered at least; the contract promises
	// seven days. A repeat beyond that is caught when the log is read.
	Memory = 8 * 24 * time.Hour
	// MaxCall bounds the events of one call, as the contract does.
	MaxCall = 10_000
	// maxUnsaved bounds the keys that only memory knows, to some 100 MB: beyond
	// it the store is away for good and taking more would only hide that.
	maxUnsaved = 1 << 20
)

// Ingest takes facts in. Its methods may be called from many goroutines.
type Ingest struct {
	log     Log
	seen    Seen
	reader  Reader
	shared  bool
	now     func() time.Time
	logger  *slog.Logger
	metrics *metrics

	caughtUp chan struct{} // closed when the memory knows all of the log
	stopped  chan struct{} // closed when nothing is taken any more
	hurry    chan struct{} // holds one: somebody waits for what was read to be saved
	appends  sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	claims  map[Key]*claim
	unsaved map[Key]struct{}
	saved   live.Position // keys of all events below are saved
	read    live.Position // of a shared log: keys of all events below are saved or in unsaved
	reading chan struct{} // closed and made anew when read moves
}

// New makes an Ingest that takes nothing until [Ingest.Run] has caught up.
func New(cfg Config) *Ingest {
	logger := cfg.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Ingest{
		log: cfg.Log, seen: cfg.Seen, reader: cfg.Reader, shared: cfg.Shared, now: cfg.Now, logger: logger,
		metrics:  newMetrics(cfg.Registerer),
		caughtUp: make(chan struct{}),
		stopped:  make(chan struct{}),
		hurry:    make(chan struct{}, 1),
		claims:   map[Key]*claim{},
		unsaved:  map[Key]struct{}{},
		reading:  make(chan struct{}),
	}
}

// Ready reports whether facts are taken: the memory has caught up with the log.
func (i *Ingest) Ready(context.Context) error {
	select {
	case <-i.stopped:
		return errStopped
	default:
	}
	select {
	case <-i.caughtUp:
		return nil
	default:
		return live.Unavailable("ingest_catching_up", time.Second, "the log is still being read")
	}
}

var errStopped error = live.Unavailable("ingest_stopped", time.Second, "no more facts are taken")

// Ingest takes facts in through a door and answers one receipt each, in the
// order of events. Accepted means durable. A fact without an ID is given one
// and has no repeats. A rejected fact has its *live.Error in its receipt; the
// others are not touched by it.
//
// An error is one of an engine and answers the whole call: what became of each
// fact is then unknown, and offering all of them again is harmless as far as
// they have IDs. It waits for the first catch-up of [Ingest.Run].
func (i *Ingest) Ingest(ctx context.Context, door live.Origin, events []live.Event) ([]live.Receipt, error) {
	if len(events) > MaxCall {
		return nil, live.TooLarge("too_many_events", "events", "are %d, at most %d are allowed", len(events), MaxCall)
	}
	select {
	case <-i.caughtUp:
	case <-i.stopped:
		return nil, errStopped
	case <-ctx.Done():
		return nil, fmt.Errorf("ingest: the log is still being read: %w", ctx.Err())
	}
	at := i.now().UTC().Truncate(time.Millisecond)
	receipts := make([]live.Receipt, len(events))
	var open []*offer
	first := make(map[Key]bool, len(events))
	for n := range events {
		o, err := accept(events[n], door, at)
		receipts[n].EventID = o.event.ID
		switch {
		case err != nil:
			receipts[n].Status, receipts[n].Err = live.Rejected, err
		case o.named && first[o.key]:
			receipts[n].Status = live.Duplicate
		default:
			first[o.key] = o.named
			o.index = n
			open = append(open, o)
		}
	}
	if err := i.settle(ctx, open, receipts); err != nil {
		return nil, fmt.Errorf("ingest: %w", err)
	}
	i.metrics.count(receipts)
	return receipts, nil
}
