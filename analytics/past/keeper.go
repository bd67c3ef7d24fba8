package past

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// Config is what [New] needs. All but Every and Logger is required.
type Config struct {
	// OnAir lists the shows that need their past.
	OnAir func() []live.Show
	// Earlier lists the newest shows of a show's room that were over before it
	// began, no rehearsals among them.
	Earlier func(ctx context.Context, show live.Show, most int) ([]live.Show, error)
	// Load reads one of them.
	Load func(ctx context.Context, show live.Show) (analytics.PastShow, error)

	Every  time.Duration // between two looks for shows that lack their past; zero means a minute
	Logger *slog.Logger  // nil means none
}

// Keeper keeps the past. See [New].
type Keeper struct {
	cfg Config

	mu    sync.Mutex
	known map[live.ShowID][]analytics.PastShow // by the show on air
}

// New makes a keeper that knows nothing yet.
func New(cfg Config) (*Keeper, error) {
	if cfg.OnAir == nil || cfg.Earlier == nil || cfg.Load == nil {
		return nil, errors.New("past: OnAir, Earlier and Load are required")
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keeper{cfg: cfg, known: map[live.ShowID][]analytics.PastShow{}}, nil
}

// Of gives the earlier shows, the newest first; nil while they are not known.
// The caller must not change them.
func (k *Keeper) Of(show live.Show) []analytics.PastShow {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[show.ID]
}

// Run looks for shows that lack their past until ctx ends, and then returns nil.
func (k *Keeper) Run(ctx context.Context) error {
	tick := time.NewTicker(k.cfg.Every)
	defer tick.Stop()
	for {
		k.Refresh(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Refresh reads what the shows on air lack and forgets the rest. What cannot be
// read is logged and asked for the next time.
func (k *Keeper) Refresh(ctx context.Context) {
	on := k.cfg.OnAir()
	k.mu.Lock()
	loaded := map[live.ShowID]analytics.PastShow{} // shows of one room have most of their past in common
	for id, past := range k.known {
		for _, p := range past {
			loaded[p.Show.ID] = p
		}
		if !slices.ContainsFunc(on, func(s live.Show) bool { return s.ID == id }) {
			delete(k.known, id)
		}
	}
	var lacking []live.Show
	for _, s := range on {
		if _, ok := k.known[s.ID]; !ok && !s.Rehearsal {
			lacking = append(lacking, s)
		}
	}
	k.mu.Unlock()
	for _, s := range lacking {
		past, err := k.read(ctx, s, loaded)
		if err != nil {
			if ctx.Err() == nil {
				k.cfg.Logger.WarnContext(ctx, "a show waits for its past", "show_id", string(s.ID), "error", err)
			}
			continue
		}
		k.mu.Lock()
		k.known[s.ID] = past
		k.mu.Unlock()
	}
}

func (k *Keeper) read(ctx context.Context, show live.Show, loaded map[live.ShowID]analytics.PastShow) ([]analytics.PastShow, error) {
	earlier, err := k.cfg.Earlier(ctx, show, analytics.StandingShows)
	if err != nil {
		return nil, err
	}
	past := make([]analytics.PastShow, 0, len(earlier))
	for _, e := range earlier {
		p, ok := loaded[e.ID]
		if !ok {
			if p, err = k.cfg.Load(ctx, e); err != nil {
				return nil, err
			}
			loaded[e.ID] = p
		}
		past = append(past, p)
	}
	return past, nil
}
