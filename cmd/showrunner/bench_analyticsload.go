package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"

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

// load fills the ClickHouse of a data folder: the two drawn shows through the
// sink, whose cost is measured, the others as copies made by the engine.
func (c *BenchAnalyticsCmd) load(ctx context.Context, dir string, model, large *drawnShow, out *benchAnalytics) (err error) {
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
	if err := db.Migrate(ctx); err != nil {
		return err
	}
	if err := bring(ctx, db, server.Pid(), large, "large", out); err != nil {
		return err
	}
	if err := bring(ctx, db, server.Pid(), model, "model", nil); err != nil {
		return err
	}
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
	began := time.Now()
	if err := c.multiply(ctx, conn, len(model.all)); err != nil {
		return err
	}
	if out.Events, out.Deltas, err = db.Count(ctx); err != nil {
		return err
	}
	out.Copied = float64(out.Events) / time.Since(began).Seconds()
	if want := int64(len(model.all))*int64(c.Shows+1) + int64(len(large.all)); out.Events != want {
		out.Wrong = append(out.Wrong, fmt.Sprintf("%d events in ClickHouse, want %d", out.Events, want))
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
	out.goal(benchAnalytic{Target: "an event on disk", Goal: 8.5, Unit: "bytes", Measured: out.Disk["events"], Note: "with the props as sent and an id of 128 bits"})
	return nil
}

// lastRange is how long the sink waits for a range that is not full.
const lastRange = 5 * time.Second

// bring moves a drawn show through the sink and measures what it costs both sides.
func bring(ctx context.Context, db *clickhouse.DB, pid int, s *drawnShow, epoch string, out *benchAnalytics) error {
	running, stop := context.WithCancel(ctx)
	defer stop()
	sink := clickhouse.NewSink(clickhouse.SinkConfig{DB: db, Epoch: epoch, Reader: s, MaxRows: 50_000, MaxAge: lastRange, Now: clock})
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
		Target: "rows the sink makes and sends, of a CPU second", Goal: 5_000_000, AtLeast: true, Unit: "rows", Measured: rows / (used[0][1].CPU - used[0][0].CPU).Seconds(),
		Note: fmt.Sprintf("from facts in JSON; %.1f allocations a row", float64(after.Mallocs-before.Mallocs)/rows),
	})
	out.goal(benchAnalytic{
		Target: "rows the engine takes into facts and rollups, of a CPU second", Goal: 190_000, AtLeast: true, Unit: "rows", Measured: rows / (used[1][1].CPU - used[1][0].CPU).Seconds(), Note: "ranges of 50,000, merges among it",
	})
	return nil
}

// multiply copies the model to all shows, some at a time, into facts and, by their
// views, all rollups. A person of the model is another in every show of a
// merchant, drawn from so many that some come back.
func (c *BenchAnalyticsCmd) multiply(ctx context.Context, conn driver.Conn, rows int) error {
	some := max(1, 500_000/rows)
	who := func(column string) string {
		return fmt.Sprintf(`if(%[1]s = '' OR %[1]s = 'host', %[1]s, concat('p', toString(cityHash64(%[1]s, copy) %% %[2]d)))`, column, max(1000, 8*rows*c.Shows/c.Merchants/perViewer/10))
	}
	shift := fmt.Sprintf(`toIntervalMillisecond(copy * %d)`, c.step().Milliseconds())
	names := fmt.Sprintf(`concat('m', toString(copy %% %d)) AS merchant_id, concat('show-', toString(copy)) AS show_id, concat('room-', toString(copy %% %d)) AS room_id, `, c.Merchants, c.Merchants) +
		who("person_id") + ` AS person_id, seq + (copy + 1) * 1000000 AS seq, `
	uuid7 := `concat(lower(leftPad(hex(toUInt64(toUnixTimestamp64Milli(ts))), 12, '0')), '-7', substring(lower(hex(cityHash64(event_id, copy))), 1, 15), '-', substring(lower(hex(cityHash64(copy, event_id))), 1, 4))`
	for from := 0; from < c.Shows; from += some {
		to := min(some, c.Shows-from)
		for table, more := range map[string]string{
			"events": `ts + ` + shift + ` AS ts, occurred_at + ` + shift + ` AS occurred_at, ` + who("actor_id") + ` AS actor_id, ` +
				uuid7 + ` AS event_id, if(startsWith(source, 'ws:'), concat('ws:', ` + who("person_id") + `), toString(source)) AS source`,
			"order_deltas": `at + ` + shift + ` AS at, fact_at + ` + shift + ` AS fact_at, paid_at + ` + shift + ` AS paid_at, concat(order_id, '-', toString(copy)) AS order_id`,
		} {
			sql := fmt.Sprintf(`INSERT INTO %[1]s SELECT * EXCEPT (copy) REPLACE (%[2]s%[3]s) FROM (SELECT * FROM %[1]s WHERE merchant_id = 'model') AS m
				CROSS JOIN (SELECT number + %[4]d AS copy FROM numbers(%[5]d)) AS s
				SETTINGS prefer_column_name_to_alias = 1, max_partitions_per_insert_block = 12, insert_deduplicate = 0, deduplicate_blocks_in_dependent_materialized_views = 0, max_execution_time = 600`,
				table, names, more, from, to)
			if err := conn.Exec(ctx, sql); err != nil {
				return fmt.Errorf("copy the model: %w", err)
			}
		}
	}
	return nil
}
