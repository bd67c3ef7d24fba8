package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// BenchStoreCmd measures how fast events come from the log into ClickHouse:
// it states events by HTTP in large batches and watches the sink's counters.
type BenchStoreCmd struct {
	benchTarget
	Batch int `default:"5000" help:"Events in one request, 1 to 10000."`
}

type benchStored struct {
	benchHost
	Batch        int     `json:"batch"`
	Stated       int64   `json:"events_stated"`
	StatedSec    float64 `json:"stated_per_second"`
	Stored       int64   `json:"events_stored"`
	StoredSec    float64 `json:"stored_per_second"` // from the first event stated to the last stored
	Backlog      int64   `json:"backlog_at_the_end_of_stating"`
	DrainSeconds float64 `json:"drain_seconds"` // from the last event stated to the last stored
}

// sinkRows is the sink's counter of events in ClickHouse.
const sinkRows = `showrunner_clickhouse_sink_rows_total{table="events"}`

// Execute runs the measurement.
func (c *BenchStoreCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	if c.Batch < 1 || c.Batch > 10_000 {
		return fmt.Errorf("%w: --batch must be 1 to 10000", errUsage)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	token, err := s.token(live.RoleIntegration, "producer")
	if err != nil {
		return err
	}
	before, err := s.counter(ctx, sinkRows)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	began := time.Now()
	stated, err := c.state(ctx, s, token)
	out := benchStored{benchHost: s.host("store", time.Since(began)), Batch: c.Batch, Stated: stated, StatedSec: perSecond(stated, time.Since(began))}
	if err == nil {
		err = c.drain(ctx, s, before, began, &out)
	}
	return errors.Join(err, writeFigures(stdout, out), s.close(ctx))
}

// state posts batches over a few connections at a time until the time is over.
func (c *BenchStoreCmd) state(ctx context.Context, s *benchStage, token string) (int64, error) {
	workers := min(c.Conns, 4)
	counts := make([]int64, workers)
	end := time.Now().Add(c.Duration)
	g, ctx := errgroup.WithContext(ctx)
	for w := range workers {
		g.Go(func() error {
			for n := 0; time.Now().Before(end); n++ {
				events := make([]map[string]any, c.Batch)
				for i := range events {
					id := strconv.Itoa(w) + "." + strconv.Itoa(n) + "." + strconv.Itoa(i)
					events[i] = map[string]any{
						"event_id": s.name + "." + id, "type": live.RoomExposed, "source": "bench", "show_id": s.show,
						"anonymous_id": "b" + strconv.Itoa((n*c.Batch+i)%100_000), "channel": "bench", "data": map[string]any{"surface": "feed"},
					}
				}
				var answer struct {
					Accepted int64 `json:"accepted"`
				}
				if err := s.api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/events", Token: token, Body: events}, &answer); err != nil {
					return err
				}
				counts[w] += answer.Accepted
			}
			return nil
		})
	}
	err := g.Wait()
	var sum int64
	for _, n := range counts {
		sum += n
	}
	return sum, err
}

// drain waits until the sink has stored what was stated.
func (c *BenchStoreCmd) drain(ctx context.Context, s *benchStage, before int64, began time.Time, out *benchStored) error {
	stopped := time.Now()
	for first := true; ; first = false {
		now, err := s.counter(ctx, sinkRows)
		if err != nil {
			return err
		}
		out.Stored = now - before
		if first {
			out.Backlog = max(0, out.Stated-out.Stored)
		}
		if out.Stored >= out.Stated {
			out.StoredSec, out.DrainSeconds = perSecond(out.Stated, time.Since(began)), time.Since(stopped).Seconds()
			return nil
		}
		if time.Since(stopped) > 5*time.Minute {
			return fmt.Errorf("after five minutes %d of %d events are in ClickHouse", out.Stored, out.Stated)
		}
		if err := sleepFor(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

// counter reads one series of /metrics; a series that has not begun is zero.
func (s *benchStage) counter(ctx context.Context, series string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api.base+"/metrics", nil)
	if err != nil {
		return 0, fmt.Errorf("make request: %w", err)
	}
	res, err := s.api.client.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	var value int64
	lines := bufio.NewScanner(res.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		text, ok := strings.CutPrefix(lines.Text(), series+" ")
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return 0, errors.Join(fmt.Errorf("read metric %s: %w", series, err), res.Body.Close())
		}
		value = int64(x)
	}
	if err := errors.Join(lines.Err(), res.Body.Close()); err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("read metrics: answered %d", res.StatusCode)
	}
	return value, nil
}
