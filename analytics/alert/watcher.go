package alert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// DefaultEvery is the time between two looks.
const DefaultEvery = 10 * time.Second

// Keeper keeps rules and alerts; [Book] is it.
type Keeper interface {
	Rules(ctx context.Context, m live.MerchantID) (KeptRules, error)
	Raise(ctx context.Context, a Alert) (string, error)
	Clear(ctx context.Context, m live.MerchantID, id, reason string) error
	Open(ctx context.Context) ([]Alert, error)
}

// Config is what [New] needs. All but Every and Logger is required.
type Config struct {
	Keeper Keeper
	// OnAir lists the shows that are on air, rehearsals too, with what rules look at.
	OnAir func(ctx context.Context) ([]Input, error)
	Now   func() time.Time

	Every  time.Duration // between two looks; zero means DefaultEvery
	Logger *slog.Logger  // nil means none
}

// Watcher looks at shows. See [New].
type Watcher struct {
	cfg    Config
	tracks map[trackKey]*Track
}

type trackKey struct {
	show          live.ShowID
	rule, subject string
}

// New makes a watcher; one at a time works on a database.
func New(cfg Config) (*Watcher, error) {
	if cfg.Keeper == nil || cfg.OnAir == nil || cfg.Now == nil {
		return nil, errors.New("alert: Keeper, OnAir and Now are required")
	}
	if cfg.Every <= 0 {
		cfg.Every = DefaultEvery
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &Watcher{cfg: cfg}, nil
}

// Run looks until ctx ends, and then returns nil. A look that fails is logged
// and made again; what was bad or good for a while then begins to be so anew.
func (w *Watcher) Run(ctx context.Context) error {
	tick := time.NewTicker(w.cfg.Every)
	defer tick.Stop()
	w.tracks = nil
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := w.Look(ctx); err != nil && ctx.Err() == nil {
			w.cfg.Logger.WarnContext(ctx, "alerts were not looked for", "error", err)
			w.tracks = nil // What is open is read again: it may have changed before the fault.
		}
	}
}

// Look looks once at every show that is on air, and ends the alerts of those
// that are not.
func (w *Watcher) Look(ctx context.Context) error {
	shows, err := w.cfg.OnAir(ctx)
	if err != nil {
		return fmt.Errorf("read the shows on air: %w", err)
	}
	open, err := w.cfg.Keeper.Open(ctx)
	if err != nil {
		return err
	}
	before := w.tracks
	w.tracks = map[trackKey]*Track{}
	ids := map[trackKey]Alert{}
	for _, a := range open {
		ids[trackKey{a.Show, a.Rule, a.Subject}] = a
	}
	on := map[live.ShowID]*Input{}
	rules := map[live.MerchantID]*KeptRules{}
	for i := range shows {
		in := &shows[i]
		if in.Show.Rehearsal || !in.Show.State.OnAir() {
			continue
		}
		on[in.Show.ID] = in
		r := rules[in.Show.Merchant]
		if r == nil {
			kept, err := w.cfg.Keeper.Rules(ctx, in.Show.Merchant)
			if err != nil {
				return err
			}
			r = &kept
			rules[in.Show.Merchant] = r
		}
		if err := w.show(ctx, in, r, before, ids); err != nil {
			return err
		}
	}
	for k, a := range ids {
		in := on[k.show]
		switch {
		case in == nil:
			err = w.cfg.Keeper.Clear(ctx, a.Merchant, a.ID, ShowEnded)
		case !rules[a.Merchant].has(a.Rule):
			err = w.cfg.Keeper.Clear(ctx, a.Merchant, a.ID, RuleRemoved)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (k *KeptRules) has(rule string) bool {
	for i := range k.Rules.Rules {
		if k.Rules.Rules[i].ID == rule {
			return true
		}
	}
	return false
}

func (w *Watcher) show(ctx context.Context, in *Input, kept *KeptRules, before map[trackKey]*Track, open map[trackKey]Alert) error {
	for i := range kept.Rules.Rules {
		r := &kept.Rules.Rules[i]
		for _, reading := range r.Measure(in) {
			key := trackKey{in.Show.ID, r.ID, reading.Subject}
			t := before[key]
			if t == nil {
				t = &Track{}
			}
			if t.Alert != open[key].ID {
				t = &Track{Alert: open[key].ID} // Another server, or this one before, opened or closed it.
			}
			w.tracks[key] = t
			switch t.Step(r, reading, w.cfg.Now()) {
			case Raise:
				evidence, err := json.Marshal(reading.Evidence)
				if err != nil {
					return fmt.Errorf("encode evidence: %w", err)
				}
				t.Alert, err = w.cfg.Keeper.Raise(ctx, Alert{
					Merchant: in.Show.Merchant, Show: in.Show.ID, Room: in.Show.Room, Rule: r.ID, Kind: r.Kind, Subject: reading.Subject,
					Severity: r.Severity, Rules: kept.Version, Evidence: evidence,
				})
				if err != nil {
					return err
				}
			case Clear:
				if err := w.cfg.Keeper.Clear(ctx, in.Show.Merchant, t.Alert, Recovered); err != nil {
					return err
				}
				t.Alert = ""
			case Stay:
			}
		}
	}
	return nil
}

// OrderedSince is from when units ordered are counted for a look at an instant.
func OrderedSince(now time.Time) time.Time { return now.Add(-analytics.RecentMinutes * time.Minute) }
