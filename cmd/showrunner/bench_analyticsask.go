package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/analytics"
	"showrunner/gateway/auth"
	"showrunner/live"
)

// figureAsker asks a server whose clock it moves.
type figureAsker struct {
	api    *simAPI
	tokens *auth.Auth
	shift  *atomic.Int64
	asked  map[live.ShowID]time.Time
	rooms  map[live.RoomID]bool
}

func (a *figureAsker) do(ctx context.Context, method, path string, body, out any) error {
	merchant := merchantOf(0)
	if strings.HasPrefix(path, "/v1/attribution") {
		merchant = sellers
	}
	token, err := a.tokens.Issue(live.Principal{Subject: "bench", Role: live.RoleMerchant, Merchant: merchant}, benchTTL)
	if err != nil {
		return fmt.Errorf("sign token: %w", err)
	}
	return a.api.do(ctx, simCall{Method: method, Path: path, Token: token, Body: body}, out)
}

// now is the clock of the server.
func (a *figureAsker) now() time.Time { return clock().Add(time.Duration(a.shift.Load())) }

// stand puts the clock of the server to an instant; it runs on from there.
func (a *figureAsker) stand(at time.Time) { a.shift.Store(int64(at.Sub(clock()))) }

// askedShows is how many shows of the first merchant are asked about, beside the
// large room.
const askedShows = 100

// question asks servers on the folder about some of the shows: first one that counts
// nothing ahead, because what counting takes is measured too, and whose answers are
// forgotten; then one as people have it.
func (c *BenchAnalyticsCmd) question(ctx context.Context, dir string, model, large *drawnShow, out *benchAnalytics, stderr io.Writer) error {
	a := &figureAsker{shift: &atomic.Int64{}, asked: map[live.ShowID]time.Time{}, rooms: map[live.RoomID]bool{}}
	var shows []live.Show
	every := max(1, c.Shows/c.Merchants/askedShows) * c.Merchants // They lie all over the 60 days.
	for n := 0; n < c.Shows && len(shows) < askedShows; n += every {
		s := model.show
		s.ID, s.Room, s.Merchant = live.ShowID(fmt.Sprint("show-", n)), "room-0", merchantOf(0)
		s.StartedAt = c.startOf(model, n)
		s.EndedAt = s.StartedAt.Add(showLength * time.Minute)
		shows = append(shows, s)
	}
	a.stand(shows[0].StartedAt.Add(-time.Hour))
	err := a.serving(ctx, dir, false, stderr, func() error {
		for _, s := range append(slices.Clip(shows), large.show) {
			if err := a.hold(ctx, s); err != nil {
				return err
			}
		}
		// Long enough for no show to be answered from memory.
		a.stand(large.show.EndedAt.Add(3 * time.Hour))
		if err := sleepFor(ctx, 3*time.Second); err != nil {
			return err
		}
		if err := c.questionPages(ctx, a, shows, out); err != nil {
			return err
		}
		return c.questionLarge(ctx, a, large, out)
	})
	if err != nil {
		return err
	}
	if err := forgetFigures(ctx, dir); err != nil {
		return err
	}
	return a.serving(ctx, dir, true, stderr, func() error { return c.questionAhead(ctx, a, shows, large, out) })
}

// serving runs a server on the folder, whose clock is the asker's.
func (a *figureAsker) serving(ctx context.Context, dir string, ahead bool, stderr io.Writer, do func() error) (err error) {
	serve := newServe()
	serve.Data, serve.Addr, serve.LogLevel, serve.RateLimits, serve.now = dir, "127.0.0.1:0", "error", "off", a.now
	serve.AuditEvery = 0 // It reads everything, and is not what is measured.
	if !ahead {
		serve.CountAheadDays = 0
	}
	server, err := serve.background(ctx, io.Discard, stderr)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	a.api = newSimAPI(server.url, &atomic.Int64{})
	if a.tokens, err = auth.Open(auth.Config{Dir: dir, Now: a.now}); err != nil {
		return fmt.Errorf("open keys: %w", err)
	}
	return do()
}

// questionPages asks for the pages of shows, and again. A header is asked last of
// those that are counted anew: it counts everything, and what it counted serves the
// others.
func (c *BenchAnalyticsCmd) questionPages(ctx context.Context, a *figureAsker, shows []live.Show, out *benchAnalytics) error {
	for _, round := range []struct {
		how   string
		paths []string
	}{
		{"counted anew", []string{"timeline", "products", "sources", "funnel", "snapshot"}},
		{"kept", []string{"snapshot", "timeline", "products", "sources", "funnel"}},
	} {
		for _, path := range round.paths {
			wait := newHistogram()
			for n := range min(c.Rounds, len(shows)) {
				if err := a.time(ctx, shows[n].ID, "/v1/shows/{id}/"+path, wait, nil); err != nil {
					return err
				}
			}
			out.wait(pageOf[path]+" of a show, "+round.how, 50, wait)
		}
	}
	return nil
}

// pageOf is what people call the answer of a route.
var pageOf = map[string]string{"snapshot": "header", "timeline": "curves", "products": "products", "sources": "sources", "funnel": "funnel"}

// questionLarge asks about the large room and the whole merchant.
func (c *BenchAnalyticsCmd) questionLarge(ctx context.Context, a *figureAsker, large *drawnShow, out *benchAnalytics) error {
	few := max(5, c.Rounds/3)
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	last := large.show.StartedAt
	span := url.Values{"from": {day(last.AddDate(0, 0, -29))}, "to": {day(last)}, "time_zone": {"UTC"}}
	var funnel funnelAnswer
	var credit struct {
		Totals []struct{ Orders int64 }
	}
	paid := url.Values{"from": {analytics.Stamp(last.AddDate(0, 0, -29))}, "to": {analytics.Stamp(large.show.EndedAt)}, "model": {"linear"}}
	for _, q := range []struct {
		target, path string
		goal         float64
		rounds       int
		into         any
	}{
		{"funnel of the large room, counted anew", "/v1/shows/large/funnel", 100, few, &funnel},
		{"products of the large room, counted anew", "/v1/shows/large/products", 100, few, nil},
		{"report of the large room, JSON, counted anew and then kept", "/v1/shows/large/report?format=json", 2000, 5, nil},
		{"funnel of a merchant over 30 days", "/v1/funnel?" + span.Encode(), 1500, 5, nil},
		{"attribution of a merchant over 30 days", "/v1/attribution?" + paid.Encode(), 1000, 5, &credit},
	} {
		wait := newHistogram()
		for range q.rounds {
			if err := a.time(ctx, large.show.ID, q.path, wait, q.into); err != nil {
				return err
			}
		}
		out.wait(q.target, q.goal, wait)
	}
	for _, t := range credit.Totals {
		out.Goals[len(out.Goals)-1].Note += fmt.Sprintf(", %d orders", t.Orders)
		if t.Orders != out.Journeys {
			out.Wrong = append(out.Wrong, fmt.Sprintf("%d orders attributed, want %d", t.Orders, out.Journeys))
		}
	}
	if len(credit.Totals) != 1 {
		out.Wrong = append(out.Wrong, fmt.Sprintf("orders of %d currencies attributed, want one", len(credit.Totals)))
	}
	return out.sameFunnel(large, funnel)
}

// funnelAnswer is what the route of a show's funnel says of its steps.
type funnelAnswer struct {
	Steps []struct {
		Key    string
		PV, UV int64
	}
}

// sameFunnel holds a funnel against the fold of the facts in Go.
func (b *benchAnalytics) sameFunnel(show *drawnShow, got funnelAnswer) error {
	fold := analytics.NewFold(show.show)
	for _, e := range show.all {
		if err := fold.Add(e); err != nil {
			return fmt.Errorf("fold the large room: %w", err)
		}
	}
	want := fold.Figures(show.show.EndedAt).Funnel.Steps
	if len(got.Steps) != len(want) {
		b.Wrong = append(b.Wrong, fmt.Sprintf("%d steps of the funnel, want %d", len(got.Steps), len(want)))
		return nil
	}
	for i, s := range want {
		if got := got.Steps[i]; got.Key != s.Key || got.PV != s.PV || got.UV != s.UV {
			b.Wrong = append(b.Wrong, fmt.Sprintf("funnel: %+v, want %s %d %d", got, s.Key, s.PV, s.UV))
		}
	}
	return nil
}

// wait is a goal in milliseconds for the slowest twentieth.
func (b *benchAnalytics) wait(target string, goal float64, h *hdrhistogram.Histogram) {
	ms := func(q float64) float64 { return float64(h.ValueAtQuantile(q)) / 1000 }
	b.goal(benchAnalytic{Target: target + ", p95", Goal: goal, Unit: "ms", Measured: ms(95), Median: ms(50), Note: fmt.Sprintf("median %.4g, %d times", ms(50), h.TotalCount())})
}

// time asks once and notes how long the whole answer took. What was asked about a
// show a moment ago is not asked again, so that no answer is one that was kept.
func (a *figureAsker) time(ctx context.Context, show live.ShowID, path string, into *hdrhistogram.Histogram, answer any) error {
	if ago := time.Since(a.asked[show]); ago < answersFor+100*time.Millisecond {
		if err := sleepFor(ctx, answersFor+100*time.Millisecond-ago); err != nil {
			return err
		}
	}
	var text string
	if answer == nil {
		answer = &text
	}
	began := time.Now()
	if err := a.do(ctx, http.MethodGet, strings.Replace(path, "{id}", string(show), 1), nil, answer); err != nil {
		return fmt.Errorf("ask %s: %w", path, err)
	}
	record(into, time.Since(began))
	a.asked[show] = time.Now()
	return nil
}

// hold makes a show of the store that was on air when it was drawn.
func (a *figureAsker) hold(ctx context.Context, s live.Show) error {
	if !a.rooms[s.Room] {
		room := map[string]any{"room_id": s.Room, "merchant_id": s.Merchant, "title": "Bench", "currency": s.Currency, "time_zone": "UTC"}
		if err := a.do(ctx, http.MethodPost, "/v1/rooms", room, nil); err != nil {
			return err
		}
		a.rooms[s.Room] = true
	}
	if err := a.do(ctx, http.MethodPost, "/v1/rooms/"+string(s.Room)+"/shows", map[string]any{"show_id": s.ID, "title": "Bench show"}, nil); err != nil {
		return err
	}
	for _, step := range []struct {
		at      time.Time
		command string
	}{{s.StartedAt, "start"}, {s.EndedAt, "end"}} {
		a.stand(step.at)
		if err := a.do(ctx, http.MethodPost, "/v1/shows/"+string(s.ID)+"/"+step.command, map[string]any{"command_id": string(s.ID) + step.command}, nil); err != nil {
			return err
		}
	}
	return nil
}
