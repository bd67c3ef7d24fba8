package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/eventlog"
)

// encodeAlone measures what making the bytes of ranges takes: of facts in memory, and
// of facts that a reader has just handed out, whose memory another core has written.
// They are of the middle of a show, and went through a log.
func encodeAlone(ctx context.Context, s *drawnShow, out *benchAnalytics) (err error) {
	part := s.all[len(s.all)/2:]
	part = part[:min(rangeRows, len(part))]
	dir, err := os.MkdirTemp("", "showrunner-bench-log-")
	if err != nil {
		return fmt.Errorf("make a folder for the log: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	return withLog(ctx, dir, part, func(log *eventlog.Log) error {
		runtime.LockOSThread() // Its time is read.
		defer runtime.UnlockOSThread()
		e := clickhouse.NewEncoder(nil)
		facts, _, err := encodeRead(ctx, log, e, len(part)) // What is kept for all ranges is made once.
		if err != nil {
			return err
		}
		inMemory, allocated, err := encodeAgain(e, facts)
		if err != nil {
			return err
		}
		var handed rates
		for handed.used < time.Second/2 {
			_, used, err := encodeRead(ctx, log, e, len(part))
			if err != nil {
				return err
			}
			handed.add(len(part), used)
		}
		out.goal(benchAnalytic{
			Target: "rows encoded, of a CPU second", Goal: 5_000_000, AtLeast: true, Unit: "rows", Measured: spreadOf(inMemory.each).Median,
			Note: fmt.Sprintf("a range of facts in memory, their data in JSON, to the bytes of its blocks: the median of %d; %.1f allocations a row; %.2f million of facts that a reader of the log has just handed out", len(inMemory.each), allocated, spreadOf(handed.each).Median/1e6),
		})
		return nil
	})
}

// withLog lends a log of facts in messages as the server makes them.
func withLog(ctx context.Context, dir string, facts []live.Entry, do func(*eventlog.Log) error) (err error) {
	log, err := eventlog.Open(ctx, eventlog.Config{Dir: dir, Now: clock})
	if err != nil {
		return fmt.Errorf("open a log: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- log.Run(running) }()
	defer func() {
		stop()
		err = errors.Join(err, <-ended, log.Close())
	}()
	events := make([]live.Event, 0, len(facts))
	for i := range facts {
		events = append(events, facts[i].Event)
	}
	if _, err := log.Append(ctx, events); err != nil {
		return fmt.Errorf("write the facts: %w", err)
	}
	return do(log)
}

// encodeRead makes a range of all facts of a log as they are read, and tells what the
// thread used for it beside the reading.
func encodeRead(ctx context.Context, log *eventlog.Log, e *clickhouse.Encoder, facts int) (all []live.Entry, used time.Duration, err error) {
	reader, err := log.Reader(ctx, "", live.Position{})
	if err != nil {
		return nil, 0, fmt.Errorf("read the facts: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	for len(all) < facts {
		entries, err := reader.Next(ctx, facts-len(all), lastRange)
		if err != nil {
			return nil, 0, fmt.Errorf("read the facts: %w", err)
		}
		took, err := threadTime(func() { e.Add(entries) })
		if err != nil {
			return nil, 0, err
		}
		used += took
		all = append(all, entries...)
	}
	took, err := threadTime(func() { e.Cut() })
	return all, used + took, err
}

// encodeAgain makes the same range again and again, and tells what is allocated for a
// row of it.
func encodeAgain(e *clickhouse.Encoder, facts []live.Entry) (r rates, allocated float64, err error) {
	e.Encode(facts)
	r.each = make([]float64, 0, 1000) // Nothing of it is counted below.
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for r.used < time.Second {
		took, err := threadTime(func() { e.Encode(facts) })
		if err != nil {
			return r, 0, err
		}
		r.add(len(facts), took)
	}
	runtime.ReadMemStats(&after)
	return r, float64(after.Mallocs-before.Mallocs) / float64(len(r.each)*len(facts)), nil
}

// rates are how many rows a CPU second ranges were made at.
type rates struct {
	each []float64
	used time.Duration
}

func (r *rates) add(rows int, took time.Duration) {
	r.used += took
	r.each = append(r.each, float64(rows)/took.Seconds())
}

// threadTime is what the calling thread, which must be locked, uses of a CPU.
func threadTime(do func()) (time.Duration, error) {
	var before, after unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &before); err != nil {
		return 0, fmt.Errorf("read the CPU time of a thread: %w", err)
	}
	do()
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &after); err != nil {
		return 0, fmt.Errorf("read the CPU time of a thread: %w", err)
	}
	return time.Duration(after.Nano() - before.Nano()), nil
}
