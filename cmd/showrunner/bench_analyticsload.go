package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
	"showrunner/live"
)

// modelShow is the show that all others are made of.
const modelShow live.ShowID = "model"

func merchantOf(n int) live.MerchantID { return live.MerchantID("m" + strconv.Itoa(n)) }

// startOf is when the n-th copy of a show began: they are spread over 60 days.
func (c *BenchAnalyticsCmd) startOf(model *drawnShow, n int) time.Time {
	return model.show.StartedAt.Add(time.Duration(n) * c.step())
}

func (c *BenchAnalyticsCmd) step() time.Duration {
	return (60 * 24 * time.Hour / time.Duration(c.Shows)).Truncate(time.Millisecond)
}

// withEngine runs the ClickHouse of a data folder alone.
func withEngine(ctx context.Context, dir string, do func(*engine.Engine, *clickhouse.DB, ch.Conn) error) (err error) {
	exe, err := ownPath()
	if err != nil {
		return err
	}
	server, err := engine.Start(ctx, engine.Config{
		Dir: filepath.Join(dir, "clickhouse"), Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return fmt.Errorf("start ClickHouse: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
		defer cancel()
		err = errors.Join(err, server.Close(closing))
	}()
	db, err := clickhouse.Open(ctx, clickhouse.Config{URL: server.URL(), Now: clock})
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	options, err := ch.ParseDSN(server.URL())
	if err != nil {
		return fmt.Errorf("read the address of ClickHouse: %w", err)
	}
	options.ReadTimeout = 10 * time.Minute
	conn, err := ch.Open(options)
	if err != nil {
		return fmt.Errorf("open ClickHouse: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	return do(server, db, conn)
}

// load fills the ClickHouse of a data folder: the two drawn shows through the
// sink, whose cost is measured, the others as copies made by the engine.
func (c *BenchAnalyticsCmd) load(ctx context.Context, dir string, model, large *drawnShow, out *benchAnalytics, stderr io.Writer) error {
	return withEngine(ctx, dir, func(server *engine.Engine, db *clickhouse.DB, conn ch.Conn) error {
		return c.fill(ctx, server.Pid(), db, conn, model, large, out, stderr)
	})
}

func (c *BenchAnalyticsCmd) fill(ctx context.Context, pid int, db *clickhouse.DB, conn ch.Conn, model, large *drawnShow, out *benchAnalytics, stderr io.Writer) error {
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := encodeAlone(ctx, large, out); err != nil {
		return err
	}
	if err := bring(ctx, db, pid, large, "large", out); err != nil {
		return err
	}
	if err := bring(ctx, db, pid, model, "model", nil); err != nil {
		return err
	}
	began := time.Now()
	if err := c.multiply(ctx, conn, model, stderr); err != nil {
		return err
	}
	var err error
	if out.Events, out.Deltas, err = db.Count(ctx); err != nil {
		return err
	}
	out.Copied = float64(out.Events) / time.Since(began).Seconds()
	if want := int64(len(model.all))*int64(c.Shows+1) + int64(len(large.all)); out.Events != want {
		out.Wrong = append(out.Wrong, fmt.Sprintf("%d events in ClickHouse, want %d", out.Events, want))
	}
	if err := c.sell(ctx, conn, large, out); err != nil {
		return err
	}
	tables, err := db.Tables(ctx)
	if err != nil {
		return err
	}
	out.Disk = map[string]float64{}
	for _, t := range tables {
		if t.Rows > 0 {
			out.Disk[t.Name] = float64(t.Bytes) / float64(t.Rows)
		}
	}
	out.goal(benchAnalytic{Target: "an event on disk", Goal: 8.5, Unit: "bytes", Measured: out.Disk["events"], Note: "with the props as sent; of what viewers do all the time the place in the log and no id"})
	return nil
}

// rangeRows is how many facts travel in one insert.
const rangeRows = 50_000

// lastRange is how long the sink waits for a range that is not full.
const lastRange = 5 * time.Second

// bring moves a drawn show through the sink and measures what it costs both sides.
func bring(ctx context.Context, db *clickhouse.DB, pid int, s *drawnShow, epoch string, out *benchAnalytics) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	sink := clickhouse.NewSink(clickhouse.SinkConfig{DB: db, Epoch: epoch, Reader: s, MaxRows: rangeRows, MaxAge: lastRange, Now: clock})
	defer sink.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var used [2][2]usage // us and the engine, before and after
	look := func(i int) (err error) {
		for k, p := range []int{os.Getpid(), pid} {
			used[k][i], err = usageOf(p)
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := look(0); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- sink.Run(running) }()
	for sink.Watermark().Less(s.end()) {
		select {
		case err := <-ended:
			return errors.Join(errors.New("the sink ended before the facts"), err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	runtime.ReadMemStats(&after)
	if err := look(1); err != nil {
		return err
	}
	stop()
	if err := <-ended; err != nil {
		return err
	}
	if out == nil {
		return nil
	}
	rows := float64(len(s.all))
	out.goal(benchAnalytic{
		Target: "rows the sink makes and sends, of a CPU second", Unit: "rows", Measured: rows / (used[0][1].CPU - used[0][0].CPU).Seconds(),
		Note: fmt.Sprintf("from the log to the answer of the engine, intents among it; %.1f allocations a row", float64(after.Mallocs-before.Mallocs)/rows),
	})
	out.goal(benchAnalytic{
		Target: "rows the engine takes into facts and rollups, of a CPU second", Goal: 190_000, AtLeast: true, Unit: "rows", Measured: rows / (used[1][1].CPU - used[1][0].CPU).Seconds(), Note: fmt.Sprintf("%d ranges of %.0f facts, merges among it", s.ranges, rows/float64(s.ranges)),
	})
	return nil
}
