package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/cmd/showrunner/crowd"
)

// BenchRoomsCmd measures rooms at full size, in alternation with servers that
// do nothing else, and says which targets are met. The targets and their
// numbers are those of docs/performance.md.
type BenchRoomsCmd struct {
	Rounds  int             `default:"3" help:"Rounds; servers alternate within each."`
	Length  time.Duration   `default:"10s" help:"How long each rate is measured."`
	Against []string        `default:"centrifuge,centrifugo" enum:"centrifuge,centrifugo,none" help:"Servers to compare with, built by the go command."`
	Only    []string        `enum:"T2,T3,T4,T5,T7,T8,T9,T10" help:"Targets to measure; all without it."`
	Delays  []time.Duration `default:"50ms,250ms" name:"write-delay" help:"Write delays of the centrifuge server; each target takes the better one."`
	Viewers int             `default:"10000" help:"Viewers of the large room, 100 to 18000."`
	Huge    time.Duration   `help:"Measure one room over three servers for so long instead, with three times 18000 viewers; 10m is the target's."`
	Herd    int             `help:"Let so many viewers of two servers lose their connection and come back at once instead, 200 to 36000; 20000 is the target's."`
	Each    int             `default:"18000" help:"Viewers of each server with --huge."`
}

// trial is one load that servers are put under.
type trial struct {
	Name    string
	Viewers int
	Rate    float64 // messages a second; 0: the viewers are only let in
	Pad     int     // bytes a message is longer than usual
}

// round is what one server did under one load, once.
type round struct {
	Server     string  `json:"server"`
	Trial      string  `json:"trial"`
	Viewers    int     `json:"viewers"`
	Rate       float64 `json:"rate"`
	Messages   int64   `json:"messages"`
	Deliveries int64   `json:"deliveries"`
	Delivered  float64 `json:"delivered"` // share of what was due
	PerSecond  float64 `json:"deliveries_per_second"`
	Frames     float64 `json:"frames_per_second"`
	PerFrame   float64 `json:"messages_per_frame"`
	CPU        float64 `json:"cpu_us_per_delivery"`
	Cores      float64 `json:"cores"`
	Others     float64 `json:"other_cores"` // what neighbours of server and load took
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	Closed     int     `json:"closed"`
	Gaps       int64   `json:"gaps"`
}

// entry is what it costs a server to let viewers in and hold them.
type entry struct {
	Server  string  `json:"server"`
	Viewers int     `json:"viewers"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu_us_per_viewer"`
	KB      float64 `json:"kb_per_viewer"`
}

type benchRooms struct {
	benchHost
	Entries []entry    `json:"entries"`
	Rounds  []round    `json:"rounds"`
	Returns []comeback `json:"returns"`
	Huge    *huge      `json:"huge,omitempty"`
	Herd    *herd      `json:"herd,omitempty"`
	Targets []verdict  `json:"targets"`
}

var errTargets = errors.New("targets are missed")

// Execute measures and fails when a target is missed.
func (c *BenchRoomsCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Rounds < 1 || c.Viewers < 100 || c.Viewers > 18_000 || c.Each < 100 || c.Each > 18_000 || c.Length < time.Second {
		return fmt.Errorf("%w: --rounds at least 1, --viewers and --each 100 to 18000, --length at least 1s", errUsage)
	}
	if c.Herd != 0 && (c.Herd < 200 || c.Herd > 36_000) {
		return fmt.Errorf("%w: --herd must be 200 to 36000", errUsage)
	}
	dir, err := os.MkdirTemp("", "showrunner-rooms-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	b := &roomsBench{cmd: c, stderr: stderr}
	measure := b.alternate
	switch {
	case c.Herd > 0:
		measure = b.herd
	case c.Huge > 0:
		measure = b.huge
	}
	// Servers that do not stop in time do not undo what a long run has measured.
	fault := measure(ctx, dir)
	if fault != nil && b.out.Huge == nil {
		return fault
	}
	out := b.out
	out.benchHost = (&benchStage{}).host("rooms", time.Since(began))
	out.Targets = judge(&out)
	if err := writeFigures(stdout, out); err != nil {
		return errors.Join(fault, err)
	}
	for _, v := range out.Targets {
		if !v.Met {
			return errors.Join(fault, errTargets)
		}
	}
	return fault
}

// alternate measures all servers in turn, round after round.
func (b *roomsBench) alternate(ctx context.Context, dir string) error {
	c := b.cmd
	starts, err := c.servers(ctx, dir, b.stderr)
	if err != nil {
		return err
	}
	verifying, done, err := c.verifying(ctx, dir, b.stderr)
	if err != nil {
		return err
	}
	defer done()
	for n := range c.Rounds {
		for _, start := range starts {
			if err := b.round(ctx, n, start); err != nil {
				return err
			}
		}
		for _, start := range verifying {
			if err := b.under(ctx, n, start, c.Viewers, nil, 0); err != nil {
				return err
			}
		}
		if c.wants(slowTrial) {
			if err := b.slow(ctx, n, starts[0]); err != nil {
				return err
			}
		}
		if c.wants("T10") {
			if err := b.comeback(ctx, filepath.Join(dir, "return-"+strconv.Itoa(n))); err != nil {
				return err
			}
		}
	}
	return nil
}

// wants reports whether a trial, which is named after its target, is to be measured.
func (c *BenchRoomsCmd) wants(trial string) bool {
	target, _, _ := strings.Cut(trial, " ")
	return len(c.Only) == 0 || slices.Contains(c.Only, target)
}

// arenaStart starts a fresh server.
type arenaStart func(ctx context.Context, n int) (*arena, error)

func (c *BenchRoomsCmd) servers(ctx context.Context, dir string, stderr io.Writer) ([]arenaStart, error) {
	seq := 0
	starts := []arenaStart{func(ctx context.Context, _ int) (*arena, error) {
		seq++
		return ours(ctx, filepath.Join(dir, "ours-"+strconv.Itoa(seq)), stderr)
	}}
	if slices.Contains(c.Against, "centrifuge") {
		bin, err := buildAnchor(ctx, dir, "centrifuge", stderr)
		if err != nil {
			return nil, err
		}
		for _, delay := range c.Delays {
			starts = append(starts, func(ctx context.Context, _ int) (*arena, error) {
				s, err := startCentrifuge(ctx, bin, delay, stderr)
				if err != nil {
					return nil, err
				}
				return anchored("centrifuge "+delay.String(), []*anchorServer{s}), nil
			})
		}
	}
	if slices.Contains(c.Against, "centrifugo") {
		bin, err := buildAnchor(ctx, dir, "centrifugo", stderr)
		if err != nil {
			return nil, err
		}
		starts = append(starts, func(ctx context.Context, _ int) (*arena, error) {
			s, err := startCentrifugo(ctx, bin, dir, "", stderr)
			if err != nil {
				return nil, err
			}
			return anchored("centrifugo", []*anchorServer{s}), nil
		})
	}
	return starts, nil
}

// roomsBench collects what is measured.
type roomsBench struct {
	cmd    *BenchRoomsCmd
	stderr io.Writer
	out    benchRooms
}

// Rates that are tried for the most deliveries a second, by kind of server: the
// first that is not carried ends the search.
func mostRates(server string) []float64 {
	if server == "showrunner" {
		return []float64{500, 1000, 1500, 1750, 2000}
	}
	return []float64{12, 35, 50, 80, 120}
}

// round puts a fresh server under all loads.
func (b *roomsBench) round(ctx context.Context, n int, start arenaStart) error {
	big, small := b.cmd.Viewers, 1000
	for _, trials := range [][]trial{
		{{"T8", big, 0, 0}, {"T2", big, 5, 0}, {"T7 large", big, 12, 0}, {"T4", big, 20, 0}, {"T5", big, -1, 0}},
		{{"T7 small", small, 50, 0}, {"T3", small, 200, 0}},
	} {
		trials = slices.DeleteFunc(trials, func(t trial) bool { return !b.cmd.wants(t.Name) })
		if len(trials) == 0 {
			continue
		}
		viewers := trials[0].Viewers
		trials = slices.DeleteFunc(trials, func(t trial) bool { return t.Rate == 0 })
		if err := b.under(ctx, n, start, viewers, trials, 0); err != nil {
			return err
		}
	}
	return nil
}

// under puts a fresh server under loads, or only lets the viewers in.
func (b *roomsBench) under(ctx context.Context, n int, start arenaStart, viewers int, trials []trial, deaf int) error {
	a, err := start(ctx, n)
	if err != nil {
		return err
	}
	err = b.trials(ctx, a, viewers, trials, deaf)
	if err = errors.Join(err, a.after()); err != nil {
		return fmt.Errorf("%s: %w", a.name, err)
	}
	return nil
}

// trials lets the viewers in once and puts the server under each load in turn.
func (b *roomsBench) trials(ctx context.Context, a *arena, viewers int, trials []trial, deaf int) error {
	time.Sleep(2 * time.Second) // What starting left behind is not the room's.
	job, err := a.speech(viewers, 0)
	if err != nil {
		return err
	}
	job.Deaf, job.Within = deaf, 120
	before, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	p, err := startCrowd(ctx, &job, b.stderr)
	if err != nil {
		return err
	}
	defer func() { _ = p.close() }() // It ends with this process at the latest.
	time.Sleep(2 * time.Second)
	after, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	e := entry{
		Server: a.name, Viewers: viewers, Seconds: p.took,
		CPU: float64((after.CPU - before.CPU).Microseconds()) / float64(viewers),
		KB:  float64(after.RSS-before.RSS) / 1024 / float64(viewers),
	}
	b.out.Entries = append(b.out.Entries, e)
	b.say("%-18s %6d viewers joined in %.1f s, %.0f us CPU and %.2f KB each", a.name, viewers, e.Seconds, e.CPU, e.KB)
	for _, t := range trials {
		rates := []float64{t.Rate}
		if t.Rate < 0 {
			rates = mostRates(a.name)
		}
		for _, rate := range rates {
			t.Rate = rate
			r, err := b.measure(ctx, a, []*crowdProcess{p}, t, b.cmd.Length)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
			b.out.Rounds = append(b.out.Rounds, r)
			if !r.carried() {
				break
			}
		}
	}
	return nil
}

// carried reports whether the load reached everybody within a second.
func (r *round) carried() bool { return r.Delivered >= 0.99 && r.P99 < 1000 && r.Closed == 0 }

func (b *roomsBench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.stderr, format+"\n", args...) // Progress for a person; the figures go elsewhere.
}

// measure puts a server under one load. The crowd counts from nothing, and what
// is under way when the publisher stops is waited for: no message is counted in
// part.
func (b *roomsBench) measure(ctx context.Context, a *arena, crowds []*crowdProcess, t trial, took time.Duration) (round, error) {
	r := round{Server: a.name, Trial: t.Name, Rate: t.Rate}
	p, err := a.publisher(ctx, t.Rate)
	if err != nil {
		return r, err
	}
	defer func() { _ = p.close() }()
	if _, err := p.speak(ctx, t.Rate, t.Pad, time.Second); err != nil { // to warm up
		return r, err
	}
	time.Sleep(time.Second)
	for _, c := range crowds {
		if _, err := c.ask(crowdReset); err != nil {
			return r, err
		}
	}
	before, machine, err := snapshotUsage(a)
	if err != nil {
		return r, err
	}
	began := time.Now()
	if r.Messages, err = p.speak(ctx, t.Rate, t.Pad, took); err != nil {
		return r, err
	}
	var all crowd.Tally
	for end := time.Now().Add(8 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		all = crowd.Tally{}
		for _, c := range crowds {
			answer, err := c.ask(crowdTally)
			if err != nil {
				return r, err
			}
			all.Add(*answer.Tally)
		}
		if all.Deliveries >= r.Messages*int64(all.Clients) || time.Now().After(end) {
			break
		}
	}
	spent := time.Since(began)
	after, machineAfter, err := snapshotUsage(a)
	if err != nil {
		return r, err
	}
	cpu := after.CPU - before.CPU
	r.Viewers, r.Closed, r.Gaps, r.Deliveries = all.Clients, all.Closed, all.Gaps, all.Deliveries
	r.Delivered = float64(all.Deliveries) / max(1, float64(r.Messages*int64(all.Clients)))
	r.PerSecond, r.Frames = perSecond(all.Deliveries, took), perSecond(all.Frames, took)
	r.PerFrame = float64(all.Deliveries) / max(1, float64(all.Frames))
	r.CPU = float64(cpu.Microseconds()) / max(1, float64(all.Deliveries))
	r.Cores, r.Others = cpu.Seconds()/spent.Seconds(), max(0, (machineAfter-machine-cpu).Seconds()/spent.Seconds())
	ms := func(q float64) float64 { return float64(all.Quantile(q).Microseconds()) / 1000 }
	r.P50, r.P99 = ms(0.5), ms(0.99)
	b.say("%-18s %-9s %6d viewers %6.0f msg/s: %9.0f deliveries/s (%.1f%%) in %7.0f frames/s of %.1f, %.2f us each, %.2f cores, p50 %.0f p99 %.0f ms",
		r.Server, r.Trial, r.Viewers, r.Rate, r.PerSecond, 100*r.Delivered, r.Frames, r.PerFrame, r.CPU, r.Cores, r.P50, r.P99)
	return r, nil
}

func snapshotUsage(a *arena) (usage, time.Duration, error) {
	u, err := usageOf(a.pids...)
	if err != nil {
		return u, 0, err
	}
	m, err := machineCPU()
	return u, m, err
}
