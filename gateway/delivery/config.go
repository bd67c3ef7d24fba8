package delivery

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
	"showrunner/live/store"
)

// Queue is where deliveries are made; live/store is it.
type Queue interface {
	WebhookCheckpoint(ctx context.Context) (epoch string, next live.Position, err error)
	EnqueueWebhooks(ctx context.Context, epoch string, next live.Position, entries []live.Entry, render func(*live.Event) (store.Rendered, error)) (int, error)
}

// Store is where deliveries wait; live/store is it.
type Store interface {
	ClaimWebhooks(ctx context.Context, rule store.ClaimRule) ([]store.Claim, error)
	NextWebhook(ctx context.Context) (next time.Time, ok bool, err error)
	FinishWebhook(ctx context.Context, c *store.Claim, o store.Outcome) error
	ReleaseWebhook(ctx context.Context, c *store.Claim) error
	WebhookStats(ctx context.Context) (store.WebhookStats, error)
	TrimWebhooks(ctx context.Context) error
	WebhookWake() <-chan struct{}
}

// Config is what [New] needs. Store, Now and Logger are required.
type Config struct {
	Store Store
	Now   func() time.Time
	// Insecure lets webhooks go to loopback and private addresses, and over
	// plain HTTP to loopback. It is for development.
	Insecure bool
	// Each is how many deliveries of one subscription are under way at a time.
	// Zero means 8.
	Each int
	// Timeout ends one attempt. Zero means 15 seconds.
	Timeout time.Duration

	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil means none
}

// Validate reports everything that is missing at once.
func (c *Config) Validate() error {
	var errs []error
	if c.Store == nil {
		errs = append(errs, errors.New("delivery: Store is required"))
	}
	if c.Now == nil {
		errs = append(errs, errors.New("delivery: Now is required"))
	}
	if c.Logger == nil {
		errs = append(errs, errors.New("delivery: Logger is required"))
	}
	if c.Each < 0 || c.Timeout < 0 {
		errs = append(errs, errors.New("delivery: Each and Timeout must not be negative"))
	}
	return errors.Join(errs...)
}
