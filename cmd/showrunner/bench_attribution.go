package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
)

// BenchAttributionCmd measures the division of generated journeys. It needs no
// server.
type BenchAttributionCmd struct {
	Journeys int    `default:"1000000" help:"Journeys over 9 channels, 1000 to 20000000."`
	Few      int    `default:"60000" help:"Journeys over 300 and over 2000 channels."`
	Rounds   int    `default:"5" help:"Rounds, 3 to 100."`
	Seed     uint64 `default:"1" help:"Of the journeys."`
	Workers  int    `default:"0" help:"Threads; 0 is one for each processor."`
}

// attributionFigure is how long one piece of work took.
type attributionFigure struct {
	Name     string `json:"name"`
	Journeys int    `json:"journeys"`
	Touches  int    `json:"touches"`
	Channels int    `json:"channels"`
	Millis   spread `json:"ms"`
	// Goal is of the median; a figure without one is told beside the others.
	Goal    float64 `json:"goal_ms,omitempty"`
	Verdict string  `json:"verdict,omitempty"`
}

type attributionFigures struct {
	Bench   string              `json:"bench"`
	Seed    uint64              `json:"seed"`
	Rounds  int                 `json:"rounds"`
	Workers int                 `json:"workers"`
	CPUs    int                 `json:"cpus"`
	Go      string              `json:"go"`
	Figures []attributionFigure `json:"figures"`
}

// attributionWork is what is measured, with its goal in milliseconds.
type attributionWork struct {
	name  string
	goal  float64
	over  *benchJourneys
	once  func() error
	times int // done so often in a row, and the time divided
}

// ruleNames are the models that divide path by path.
var ruleNames = []string{"first", "last", "last_non_direct", "linear", "position", "time_decay"}

// Execute measures every piece of work once a round and writes the figures.
func (c *BenchAttributionCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Journeys < 1000 || c.Journeys > 20_000_000 || c.Few < 1000 || c.Few > c.Journeys || c.Rounds < 3 || c.Rounds > 100 || c.Workers < 0 || c.Workers > 1024 {
		return fmt.Errorf("%w: --journeys must be 1000 to 20000000, --few 1000 to that, --rounds 3 to 100, --workers 0 to 1024", errUsage)
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	dir, err := os.MkdirTemp("", "showrunner-bench-")
	if err != nil {
		return fmt.Errorf("make folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "journeys.csv")
	many := newBenchJourneys(c.Seed, c.Journeys, 9)
	if err := many.write(file); err != nil {
		return err
	}
	works, err := c.works(ctx, file, many)
	if err != nil {
		return err
	}
	out := attributionFigures{Bench: "attribution", Seed: c.Seed, Rounds: c.Rounds, Workers: c.Workers, CPUs: runtime.NumCPU(), Go: runtime.Version()}
	took := make([][]float64, len(works))
	for n := range c.Rounds {
		for i, w := range works {
			if err := ctx.Err(); err != nil {
				return err
			}
			runtime.GC() // the garbage of others is not its own
			start := time.Now()
			for range w.times {
				if err := w.once(); err != nil {
					return fmt.Errorf("%s: %w", w.name, err)
				}
			}
			took[i] = append(took[i], time.Since(start).Seconds()*1000/float64(w.times))
		}
		fmt.Fprintf(stderr, "showrunner: round %d of %d\n", n+1, c.Rounds)
	}
	for i, w := range works {
		f := attributionFigure{
			Name: w.name, Journeys: len(w.over.batch.Ends), Touches: len(w.over.batch.IDs), Channels: len(w.over.batch.Keys),
			Millis: spreadOf(took[i]), Goal: w.goal,
		}
		if w.goal > 0 {
			f.Verdict = "missed"
			if f.Millis.Median < w.goal {
				f.Verdict = "met"
			}
		}
		out.Figures = append(out.Figures, f)
	}
	return writeFigures(stdout, out)
}

func (c *BenchAttributionCmd) works(ctx context.Context, file string, many *benchJourneys) ([]attributionWork, error) {
	some, most := newBenchJourneys(c.Seed, c.Few, 300), newBenchJourneys(c.Seed, c.Few, 2000)
	works := []attributionWork{
		{"rule models together, with times", 60, many, func() error { return many.divide(c.Workers, ruleNames...) }, 1},
		{"participation", 0, many, func() error { return many.divide(c.Workers, "participation") }, 1},
		{"shapley", 0, many, func() error { return many.divide(c.Workers, "shapley") }, 1},
		{"markov order 1", 60, many, func() error { return many.walk(c.Workers, 1) }, 1},
		{"markov order 2", 2000, many, func() error { return many.walk(c.Workers, 2) }, 1},
		{"markov order 3", 2000, many, func() error { return many.walk(c.Workers, 3) }, 1},
		{"markov order 1, 300 channels", 200, some, func() error { return some.walk(c.Workers, 1) }, 1},
		{"markov order 1, 2000 channels", 10_000, most, func() error { return most.walk(c.Workers, 1) }, 1},
	}
	for _, model := range []string{"linear", "markov"} {
		works = append(works, attributionWork{"from CSV file to result, " + model, 1500, many, func() error {
			return c.fromFile(ctx, file, model)
		}, 1})
	}
	for _, model := range []string{"linear", "shapley", "markov"} {
		tally, err := attribution.Gather(mustTally(model, 1), many.batches(), c.Workers)
		if err != nil {
			return nil, err
		}
		path := attribution.Path{Conversions: 1, Value: 19.99, Minor: 1999}
		for _, key := range many.batch.Keys[:3] {
			path.Touches = append(path.Touches, conversion.Touchpoint{Channel: key})
		}
		works = append(works, attributionWork{"one more order and all credits anew, " + model, 1, many, func() error {
			if err := tally.Add(&path); err != nil {
				return err
			}
			_, err := tally.Credits()
			return err
		}, 100})
	}
	return works, nil
}

// fromFile is showrunner attribute of a file.
func (c *BenchAttributionCmd) fromFile(ctx context.Context, file, model string) error {
	cmd := AttributeCmd{
		Model: model, In: file, Format: "json", Output: "-", Window: conversion.DefaultWindow, By: "channel", Weights: "40,20,40",
		TwoTouch: "half_middle", HalfLife: attribution.DefaultHalfLife, Order: 1, Worth: "conversions", Workers: c.Workers,
	}
	var out bytes.Buffer
	return cmd.Execute(ctx, &out, io.Discard)
}

// benchJourneys are journeys in memory.
type benchJourneys struct{ batch *attribution.Batch }

// newBenchJourneys makes journeys of 1 to 12 touches, 2.9 on average, of which a
// fifth converts. Few channels are frequent and many are rare.
func newBenchJourneys(seed uint64, journeys, channels int) *benchJourneys {
	rng := rand.New(rand.NewPCG(seed, uint64(channels)))
	names := make([][]byte, channels)
	for i := range names {
		names[i] = []byte("channel_" + strconv.Itoa(i))
	}
	names[0] = []byte(conversion.ChannelDirect)
	b := attribution.NewBatchBuilder(journeys)
	at := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for range journeys {
		when := at + rng.Int64N(int64(24*time.Hour))
		for n := 1; ; n++ {
			u := rng.Float64()
			b.Touch(names[int(u*u*float64(channels))])
			b.Batch.At = append(b.Batch.At, when)
			when += rng.Int64N(int64(48 * time.Hour))
			if n == 12 || rng.Float64() > 0.66 {
				break
			}
		}
		if rng.Float64() < 0.19 {
			minor := 100 + rng.Int64N(50_000)
			b.End(1, 0, minor, float64(minor)/100)
		} else {
			b.End(0, 1, 0, 0)
		}
	}
	return &benchJourneys{b.Batch}
}

// benchBatch is the paths of one batch.
const benchBatch = 1 << 15

// batches are new ones each time, which nobody has added up yet.
func (j *benchJourneys) batches() (out []*attribution.Batch) {
	n := len(j.batch.Ends)
	for from := 0; from < n; from += benchBatch {
		out = append(out, j.batch.Slice(from, min(from+benchBatch, n)))
	}
	return out
}

func mustTally(model string, order int) func() attribution.Tally {
	t, err := attribution.NewTally(attribution.Options{Model: model, Order: order}, attribution.ByChannel)
	if err != nil {
		panic("BUG: the bench names a model that is not: " + err.Error())
	}
	return t
}

func (j *benchJourneys) divide(workers int, models ...string) error {
	batches := j.batches()
	for _, model := range models {
		if err := credits(mustTally(model, 1), batches, workers); err != nil {
			return err
		}
	}
	return nil
}

func (j *benchJourneys) walk(workers, order int) error {
	return credits(mustTally("markov", order), j.batches(), workers)
}

func credits(tally func() attribution.Tally, batches []*attribution.Batch, workers int) error {
	t, err := attribution.Gather(tally, batches, workers)
	if err != nil {
		return err
	}
	_, err = t.Credits()
	return err
}

// write writes the journeys one a row.
func (j *benchJourneys) write(file string) (err error) {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make journeys: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriterSize(f, 1<<20)
	b := j.batch
	row := append([]byte(nil), "path,conversions,value,nulls\n"...)
	from := int32(0)
	for i, to := range b.Ends {
		for n, id := range b.IDs[from:to] {
			if n > 0 {
				row = append(row, " > "...)
			}
			row = append(row, b.Keys[id]...)
		}
		from = to
		row = append(strconv.AppendInt(append(row, ','), b.Conversions[i], 10), ',')
		row = strconv.AppendFloat(row, b.Value[i], 'f', 2, 64)
		row = append(strconv.AppendInt(append(row, ','), b.Nulls[i], 10), '\n')
		if _, err := w.Write(row); err != nil {
			return fmt.Errorf("write journeys: %w", err)
		}
		row = row[:0]
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write journeys: %w", err)
	}
	return nil
}
