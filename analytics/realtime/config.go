package realtime

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/live"
)

// Reader is the named reader of the log that the realtime figures follow.
type Reader interface {
	Next(ctx context.Context, max int, wait time.Duration) ([]live.Entry, error)
	Position() live.Position
	Commit(ctx context.Context, next live.Position, note []byte) error
}

// Shows finds shows. An unknown one is a [live.Error] of fault not found.
type Shows interface {
	Show(ctx context.Context, id live.ShowID) (live.Show, error)
}

// Config is what [New] needs. Reader, Shows and Now are required.
type Config struct {
	Reader Reader
	Shows  Shows
	Now    func() time.Time

	// Publish gets every snapshot. It is called from Run's goroutine and must
	// not block. Nil: snapshots are only asked for.
	Publish func(analytics.Snapshot)
	// Tick gets all snapshots of a second at once, before they are published, with
	// their instant; none is a tick too. It must not block or change them. Nil: nobody asks.
	Tick func(at time.Time, all []analytics.Snapshot)
	// Change gets, half way between two ticks, the snapshots of shows about which
	// something was said since the last, as long as Watched says that somebody
	// looks. It must not block or change them. Nil: ticks are enough.
	Change  func(at time.Time, some []analytics.Snapshot)
	Watched func() bool
	// StoreLag is how far ClickHouse is behind the log. Nil: not considered.
	StoreLag func() time.Duration

	// Past gives the earlier shows of a show's room, at once: what it does not know
	// yet is nil. Nil: no show is held against others.
	Past func(live.Show) []analytics.PastShow

	// Audience gives who is there by who they were before, at once; nil: it is not
	// known. Nil: it is not told.
	Audience func(live.Show) *analytics.Audience

	Every  time.Duration // between snapshots; zero means a second
	Hold   time.Duration // how long a show is kept after its end; zero means an hour
	Forget time.Duration // how long a show without any fact keeps the log from being trimmed; zero means a day

	Logger     *slog.Logger          // nil means none
	Registerer prometheus.Registerer // nil means none
}

// Validate reports everything that is missing at once.
func (c *Config) Validate() error {
	var errs []error
	if c.Reader == nil {
		errs = append(errs, errors.New("realtime: Reader is required"))
	}
	if c.Shows == nil {
		errs = append(errs, errors.New("realtime: Shows is required"))
	}
	if c.Now == nil {
		errs = append(errs, errors.New("realtime: Now is required"))
	}
	if c.Every < 0 || c.Hold < 0 || c.Forget < 0 {
		errs = append(errs, errors.New("realtime: Every, Hold and Forget must not be negative"))
	}
	return errors.Join(errs...)
}

func (c *Config) fill() {
	if c.Publish == nil {
		c.Publish = func(analytics.Snapshot) {}
	}
	if c.Tick == nil {
		c.Tick = func(time.Time, []analytics.Snapshot) {}
	}
	if c.Watched == nil || c.Change == nil {
		c.Watched = func() bool { return false }
	}
	if c.Past == nil {
		c.Past = func(live.Show) []analytics.PastShow { return nil }
	}
	if c.Audience == nil {
		c.Audience = func(live.Show) *analytics.Audience { return nil }
	}
	if c.StoreLag == nil {
		c.StoreLag = func() time.Duration { return 0 }
	}
	if c.Every == 0 {
		c.Every = time.Second
	}
	if c.Hold == 0 {
		c.Hold = time.Hour
	}
	if c.Forget == 0 {
		c.Forget = 24 * time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
