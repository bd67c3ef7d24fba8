package main

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"showrunner/analytics"
	"showrunner/analytics/alert"
	"showrunner/analytics/past"
	"showrunner/analytics/realtime"
	"showrunner/live"
	"showrunner/live/store"
)

// dutyAlerts names the lock that lets one server look for alerts. It must never change.
const dutyAlerts = "alerts"

// errBehind is that alerts are not looked for in figures that are not of now.
var errBehind = errors.New("the live figures are behind the log")

// openPast starts what keeps the earlier shows of the rooms on air.
func (s *server) openPast(context.Context) (err error) {
	s.past, err = past.New(past.Config{OnAir: func() []live.Show { return s.realtime.OnAir() }, Earlier: s.earlier, Load: s.db.PastShow, Audience: s.audience, Logger: s.log})
	return err
}

// audience splits the people of a show as of now.
func (s *server) audience(ctx context.Context, show live.Show) (analytics.Audience, error) {
	return s.db.Audience(ctx, show, s.now())
}

// earlier lists the newest shows of a room that were over before a show began.
func (s *server) earlier(ctx context.Context, show live.Show, most int) (out []live.Show, err error) {
	for cursor := ""; len(out) < most; {
		var page []live.Show
		if page, cursor, err = s.store.Shows(ctx, store.ShowFilter{Merchant: show.Merchant, Room: show.Room, Cursor: cursor, Limit: 100}); err != nil {
			return nil, err
		}
		for _, e := range page {
			if len(out) < most && e.ID != show.ID && e.State.Over() && !e.Rehearsal && !e.StartedAt.IsZero() && e.StartedAt.Before(show.StartedAt) {
				out = append(out, e)
			}
		}
		if cursor == "" {
			break
		}
	}
	return out, nil
}

// openAlerts starts what looks for alerts: one server at a time.
func (s *server) openAlerts(context.Context) error {
	// NewV7 fails only without randomness, and then the program has ended already.
	s.alerts = alert.NewBook(s.store, func() string { return uuid.Must(uuid.NewV7()).String() })
	w, err := alert.New(alert.Config{Keeper: s.alerts, OnAir: s.lookedAt, Now: s.now, Every: s.cfg.AlertEvery, Logger: s.log})
	if err != nil {
		return err
	}
	s.life.start(part{name: "past", run: s.past.Run})
	s.life.start(part{name: "alerts", run: s.duty(dutyAlerts, w.Run)})
	return nil
}

// lookedAt is what the rules of alerts look at: the live figures, which are in
// memory, and what is left on the shelves. It asks ClickHouse nothing.
func (s *server) lookedAt(ctx context.Context) ([]alert.Input, error) {
	if s.realtime.Lag() > realtime.Fresh {
		return nil, errBehind
	}
	var out []alert.Input
	for _, show := range s.realtime.OnAir() {
		figures, ok := s.realtime.Figures(show.ID)
		if !ok {
			continue
		}
		in := alert.Input{Show: show, Figures: &figures, Past: s.past.Of(show)}
		var err error
		if in.Items, err = s.store.Shelf(ctx, show.ID); err != nil {
			return nil, err
		}
		if in.Ordered, err = s.alerts.Ordered(ctx, show.Merchant, show.ID, alert.OrderedSince(figures.AsOf)); err != nil {
			return nil, err
		}
		out = append(out, in)
	}
	return out, nil
}
