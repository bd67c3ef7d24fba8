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

	// Audience splits the people of a show by who they were before it, as of now.
	Audience func(ctx context.Context, show live.Show) (analytics.Audience, error)

	Every  time.Duration // between two looks; zero means a minute
	Logger *slog.Logger  // nil means none
}

// Keeper keeps the past. See [New].
type Keeper struct {
	cfg Config

	mu    sync.Mutex
	known map[live.ShowID][]analytics.PastShow // by the show on air
	who   map[live.ShowID]*analytics.Audience  // likewise
}

// New makes a keeper that knows nothing yet.
func New(cfg Config) (*Keeper, error) {
	if cfg.OnAir == nil || cfg.Earlier == nil || cfg.Load == nil || cfg.Audience == nil {
		return nil, errors.New("past: OnAir, Earlier, Load and Audience are required")
	}
	if cfg.Every <= 0 {
		cfg.Every = time.Minute
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Keeper{cfg: cfg, known: map[live.ShowID][]analytics.PastShow{}, who: map[live.ShowID]*analytics.Audience{}}, nil
}

// Of gives the earlier shows, the newest first; nil while they are not known.
// The caller must not change them.
func (k *Keeper) Of(show live.Show) []analytics.PastShow {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[show.ID]
}

// AudienceOf gives who is there by who they were before, as of the last look; nil
// while it is not known. The caller must not change it.
func (k *Keeper) AudienceOf(show live.Show) *analytics.Audience {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.who[show.ID]
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
	for id := range k.who {
		if !slices.ContainsFunc(on, func(s live.Show) bool { return s.ID == id }) {
			delete(k.who, id)
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
	k.audiences(ctx, on)
}

// audiences asks once for each show on air.
func (k *Keeper) audiences(ctx context.Context, on []live.Show) {
	for _, s := range on {
		if s.Rehearsal {
			continue
		}
		a, err := k.cfg.Audience(ctx, s)
		if err != nil {
			if ctx.Err() == nil {
				k.cfg.Logger.WarnContext(ctx, "the audience of a show is as it was", "show_id", string(s.ID), "error", err)
			}
			continue
		}
		k.mu.Lock()
		k.who[s.ID] = &a
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
