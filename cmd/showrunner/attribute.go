package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// AttributeCmd divides the money of journeys in a file over what led to it.
// Rule models, participation and shapley hold nothing but their sums, however
// long the file is; markov holds the distinct steps of the journeys.
type AttributeCmd struct {
	Model  string `required:"" help:"first, last, last_non_direct, linear, position, time_decay, participation, markov or shapley."`
	In     string `default:"-" help:"CSV or NDJSON file; - is standard input."`
	Format string `default:"json" enum:"json,csv" help:"Of the output: json or csv."`
	Output string `short:"o" default:"-" help:"File to write; - is standard output."`

	Window     time.Duration `default:"168h" help:"How far back from the conversion a touch counts, both ends included; 0 is without bound. NDJSON only: CSV paths have no times."`
	ViewWindow time.Duration `default:"0" help:"The window of views; 0 is as --window."`
	ClickFirst bool          `default:"true" negatable:"" help:"A click in its window beats any view."`
	Direct     []string      `default:"direct" help:"Channels of those who came by themselves, for last_non_direct."`
	Internal   []string      `help:"Channels of our own, which never earn anything."`
	Transform  []string      `help:"Rewrite paths first, in this order: exposure, first, frequency, remove_if_not_all:CHANNEL, remove_if_last_and_not_all:CHANNEL."`
	LastSteps  int           `help:"Keep the newest N touches; 0 keeps all."`
	By         string        `default:"channel" enum:"channel,stage,campaign,show" help:"What earns: channel, stage, campaign or show. CSV has only channels."`

	Weights  string        `default:"40,20,40" help:"position: of the first touch, of all between, of the last."`
	TwoTouch string        `default:"half_middle" enum:"half_middle,renormalise" help:"position of two touches: half of the middle to each end, or the middle left out."`
	HalfLife time.Duration `default:"168h" help:"time_decay: after this long a touch is worth half."`

	Order       int    `default:"1" help:"markov: how many touches a state remembers, 1 to 4."`
	Worth       string `default:"conversions" enum:"conversions,rate" help:"shapley: a set of channels is worth the conversions, or the conversion rate, of the journeys inside it."`
	Ordered     bool   `help:"shapley: tell the credits by position too."`
	MaxChannels int    `default:"20" help:"shapley of rates: up to how many channels it is exact, at most 24; beyond it is sampled, with its error."`
	Samples     int    `default:"4000" help:"shapley of rates: pairs of permutations to sample."`
	Seed        uint64 `default:"1" help:"shapley of rates: seed of the samples."`

	Currency string `help:"Take only conversions in this currency; needed if there are several."`
	Workers  int    `default:"0" help:"Threads; 0 is one for each processor. The result is the same for any number."`
}

// plan is a command line that was understood.
type attributePlan struct {
	*AttributeCmd
	policy     conversion.Policy
	transforms []attribution.Transform
	tally      func() attribution.Tally
	params     map[string]string
}

// Execute reads the whole input and writes the credits. It fails on the first
// line that cannot be read, naming line and column, and writes nothing then.
func (c *AttributeCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	p, err := c.plan()
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	in := io.Reader(os.Stdin)
	if c.In != "-" {
		f, err := os.Open(c.In)
		if err != nil {
			return fmt.Errorf("open input: %w", err)
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		in = f
	}
	run, err := p.read(ctx, bufio.NewReaderSize(in, 1<<16))
	if err != nil {
		return err
	}
	for _, note := range run.notes {
		fmt.Fprintln(stderr, "showrunner: note:", note)
	}
	credits, err := run.tally.Credits()
	if err != nil {
		return fmt.Errorf("attribute: %w", err)
	}
	var out bytes.Buffer
	if err := p.write(&out, &credits, run); err != nil {
		return fmt.Errorf("write credits: %w", err)
	}
	if c.Output == "-" {
		_, err = stdout.Write(out.Bytes())
	} else {
		err = os.WriteFile(c.Output, out.Bytes(), 0o644)
	}
	if err != nil {
		return fmt.Errorf("write credits: %w", err)
	}
	return nil
}

func (c *AttributeCmd) plan() (*attributePlan, error) {
	p := &attributePlan{AttributeCmd: c, policy: conversion.Policy{
		Window: c.Window, ViewWindow: c.ViewWindow, ClickFirst: c.ClickFirst, Internal: c.Internal,
	}}
	switch {
	case c.Window < 0 || c.ViewWindow < 0:
		return nil, errors.New("--window and --view-window must not be negative")
	case c.HalfLife <= 0:
		return nil, errors.New("--half-life must be positive")
	case c.Workers < 0 || c.Workers > 1024:
		return nil, errors.New("--workers must be 0 to 1024")
	case c.LastSteps < 0:
		return nil, errors.New("--last-steps must not be negative")
	case c.Currency != "" && !live.Currency(c.Currency).Valid():
		return nil, fmt.Errorf("--currency: %q is not an ISO 4217 code that is known", c.Currency)
	}
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	for _, t := range c.Transform {
		name, channel, _ := strings.Cut(t, ":")
		transform, err := attribution.TransformNamed(name, channel)
		if err != nil {
			return nil, fmt.Errorf("--transform: %w", err)
		}
		p.transforms = append(p.transforms, transform)
	}
	if c.LastSteps > 0 {
		p.transforms = append(p.transforms, attribution.LastSteps(c.LastSteps))
	}
	weights, err := parseWeights(c.Weights)
	if err != nil {
		return nil, fmt.Errorf("--weights: %w", err)
	}
	o := attribution.Options{
		Model: c.Model, Weights: weights, TwoTouch: attribution.TwoTouch(c.TwoTouch), HalfLife: c.HalfLife, Direct: c.Direct,
		Order: c.Order, Worth: attribution.Worth(c.Worth), Ordered: c.Ordered, MaxChannels: c.MaxChannels, Samples: c.Samples, Seed: c.Seed,
	}
	if c.Order < 1 {
		return nil, errors.New("--order must be 1 to 4")
	}
	if p.tally, err = attribution.NewTally(o, keys[c.By]); err != nil {
		return nil, fmt.Errorf("--model: %w", err)
	}
	p.params = o.Params()
	return p, nil
}

// keys are the values of --by.
var keys = map[string]attribution.Key{
	"channel":  attribution.ByChannel,
	"stage":    func(t *conversion.Touchpoint) string { return cmp.Or(string(t.Stage), noKey) },
	"campaign": func(t *conversion.Touchpoint) string { return cmp.Or(t.Campaign, noKey) },
	"show":     func(t *conversion.Touchpoint) string { return cmp.Or(string(t.Show), noKey) },
}

// noKey is what touches outside of every stage, campaign or show earn.
const noKey = "(none)"

// parseWeights reads three decimals in any unit, such as 40,20,40 or 0.4,0.2,0.4,
// as whole numbers of the same proportion.
func parseWeights(s string) (w [3]int64, err error) {
	parts := strings.Split(s, ",")
	if len(parts) != 3 {
		return w, fmt.Errorf("%q must be three numbers: of the first touch, of all between, of the last", s)
	}
	digits := 0
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
		if _, fraction, ok := strings.Cut(parts[i], "."); ok {
			digits = max(digits, len(fraction))
		}
	}
	var sum int64
	for i, part := range parts {
		whole, fraction, _ := strings.Cut(part, ".")
		w[i], err = strconv.ParseInt(cmp.Or(whole, "0")+fraction+strings.Repeat("0", digits-len(fraction)), 10, 64)
		if err != nil || w[i] < 0 || part == "" || part == "." || strings.ContainsAny(part, "+-") {
			return w, fmt.Errorf("%q is not a number of zero or more with at most nine digits", part)
		}
		sum += w[i]
	}
	if sum == 0 {
		return w, errors.New("at least one must be more than zero")
	}
	return w, nil
}

// prepared is a journey's touches as the model sees them.
func (p *attributePlan) prepared(touches []conversion.Touchpoint) []conversion.Touchpoint {
	for _, t := range p.transforms {
		touches = t(touches)
	}
	return touches
}

// admitted is a path of a journey with times.
func (p *attributePlan) admitted(buf []conversion.Touchpoint, j *conversion.Journey) []conversion.Touchpoint {
	return p.prepared(p.policy.AppendAdmitted(buf[:0], j))
}

// internal drops the channels that never earn from a path without times.
func (p *attributePlan) internal(touches []conversion.Touchpoint) []conversion.Touchpoint {
	if len(p.Internal) == 0 {
		return touches
	}
	return slices.DeleteFunc(touches, func(t conversion.Touchpoint) bool {
		return slices.ContainsFunc(p.Internal, func(c string) bool { return strings.EqualFold(c, t.Channel) })
	})
}
