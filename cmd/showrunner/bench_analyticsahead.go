package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
	"showrunner/live"
)

// aheadWithin is how long the server may take to count all shows that are asked
// about: it rests for as long as it works.
const aheadWithin = 15 * time.Minute

// forgetFigures empties what was counted of shows that are over.
func forgetFigures(ctx context.Context, dir string) error {
	return withEngine(ctx, dir, func(_ *engine.Engine, _ *clickhouse.DB, conn ch.Conn) error {
		if err := conn.Exec(ctx, "TRUNCATE TABLE figures_kept"); err != nil {
			return fmt.Errorf("forget figures: %w", err)
		}
		return nil
	})
}

// questionAhead waits until the server has counted every show, and asks for the pages
// of shows that nobody looked at before, each show for one page.
func (c *BenchAnalyticsCmd) questionAhead(ctx context.Context, a *figureAsker, shows []live.Show, large *drawnShow, out *benchAnalytics) error {
	began := time.Now()
	if err := a.countedAhead(ctx); err != nil {
		return err
	}
	out.goal(benchAnalytic{
		Target: "counting a show before anybody asks", Unit: "ms", Measured: float64(time.Since(began).Milliseconds()) / float64(len(shows)+1),
		Note: fmt.Sprintf("%d shows and the large room, half of the time resting", len(shows)),
	})
	paths := []string{"snapshot", "timeline", "products", "sources", "funnel"}
	for i, path := range paths {
		wait := newHistogram()
		for n := i; n < len(shows); n += len(paths) {
			if err := a.time(ctx, shows[n].ID, "/v1/shows/{id}/"+path, wait, nil); err != nil {
				return err
			}
		}
		out.wait(pageOf[path]+" of a show nobody looked at", 50, wait)
	}
	var funnel funnelAnswer
	for _, q := range []struct {
		target, path string
		goal         float64
		into         any
	}{
		{"funnel of the large room", "funnel", 100, &funnel},
		{"products of the large room", "products", 100, nil},
		{"report of the large room, JSON", "report?format=json", 2000, nil},
	} {
		wait := newHistogram()
		for range max(5, c.Rounds/3) {
			if err := a.time(ctx, large.show.ID, "/v1/shows/{id}/"+q.path, wait, q.into); err != nil {
				return err
			}
		}
		out.wait(q.target, q.goal, wait)
	}
	return out.sameFunnel(large, funnel)
}

// countedAhead waits until the server has nothing left to count.
func (a *figureAsker) countedAhead(ctx context.Context) error {
	const waiting, host = "showrunner_figures_ahead_waiting", "http://"
	for began := time.Now(); time.Since(began) < aheadWithin; {
		got, err := scrape(ctx, strings.TrimPrefix(a.api.base, host), waiting)
		if err != nil {
			return err
		}
		if n, ok := got[waiting]; ok && n == 0 {
			return nil
		}
		if err := sleepFor(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
	return errors.New("the figures of the shows were not counted ahead")
}
