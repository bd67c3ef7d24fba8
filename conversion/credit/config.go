package credit

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/conversion"
	"showrunner/live"
	"showrunner/live/store"
)

// Reader is the named reader of the log.
type Reader interface {
	Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Book is the order book with the credits beside it: live/store.
type Book interface {
	CreditedOrders(ctx context.Context, m live.MerchantID, orders []live.OrderID) (map[live.OrderID]live.CreditedOrder, error)
	CreditedOf(ctx context.Context, m live.MerchantID, persons []live.PersonID, since time.Time) ([]live.OrderID, error)
	KeepCredits(ctx context.Context, b store.CreditBatch) (told int, err error)
	LogCheckpoint(ctx context.Context, reader string) (epoch string, next live.Position, err error)
	NamesAsOf(ctx context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error)
	HostShifts(ctx context.Context, shows []live.ShowID) ([]store.HostShift, error)
	Show(ctx context.Context, id live.ShowID) (live.Show, error)
}

// History has the touches of persons, but for the newest of the log:
// analytics/clickhouse.
type History interface {
	Touches(ctx context.Context, m live.MerchantID, persons []live.PersonID, from, until, asOf time.Time) (map[live.PersonID][]conversion.Touchpoint, error)
}

// Weigher says which touches of an order may earn, ascending, and gives each a
// whole-number weight, at least one of them positive.
type Weigher interface {
	Weigh(j *conversion.Journey) ([]conversion.Touchpoint, []int64)
}

// Config is what [New] needs. All but Logger, Registerer and the last are required.
type Config struct {
	Reader  Reader
	Name    string // of the reader
	Epoch   string // of the log
	Book    Book
	History History
	// Watermark is a position before which History has everything.
	Watermark func() live.Position

	Rules *conversion.RuleSet
	Model Weigher
	// ModelName, ModelVersion and Window name what Model does.
	ModelName    string
	ModelVersion int
	Window       time.Duration

	Now        func() time.Time
	Logger     *slog.Logger
	Registerer prometheus.Registerer

	// MaxTail bounds the touches kept in memory: beyond it the log waits for
	// ClickHouse. Zero means 250,000, some 100 MB.
	MaxTail int
	// Pace is the least time between two questions to History. Zero means 150 ms.
	Pace time.Duration
}

func (c *Config) validate() error {
	var faults []error
	need := func(ok bool, what string) {
		if !ok {
			faults = append(faults, errors.New("the tracker needs "+what))
		}
	}
	need(c.Reader != nil && c.Name != "", "a named reader")
	need(c.Epoch != "", "the epoch of the log")
	need(c.Book != nil, "a book")
	need(c.History != nil && c.Watermark != nil, "a history and how far it goes")
	need(c.Rules != nil, "rules")
	need(c.Model != nil && c.ModelName != "" && c.Window > 0, "a model and its window")
	need(c.Now != nil, "a clock")
	return errors.Join(faults...)
}
