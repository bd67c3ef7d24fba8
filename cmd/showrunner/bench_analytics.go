package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"text/tabwriter"
	"time"

	"showrunner/live"
)

// BenchAnalyticsCmd measures how long people wait for figures when ClickHouse
// holds a merchant's year: it draws a show by the simulator's model, brings it in
// through the sink, multiplies it to many shows of many merchants, adds one large
// room, starts a server on the folder and asks its routes.
type BenchAnalyticsCmd struct {
	Events    int64  `default:"2000000" help:"Events in ClickHouse, 100,000 to 1,000,000,000."`
	Shows     int    `default:"100" help:"Shows they are of, 20 to 100,000."`
	Merchants int    `default:"10" help:"Merchants whose shows they are, 1 to 1,000."`
	Large     int64  `default:"500000" help:"Events of the large room, 10,000 to 1,500,000."`
	Journeys  int64  `default:"26000" help:"Paid orders that are attributed, of a merchant of their own, 1,000 to 90,000."`
	Rounds    int    `default:"30" help:"How often each question is asked, 5 to 100,000."`
	Strict    bool   `help:"Fail when a goal is missed."`
	Data      string `type:"path" help:"Folder for the data, removed afterwards; a temporary one without it."`
}

type benchAnalytics struct {
	Bench     string             `json:"bench"`
	CPUs      int                `json:"cpus"`
	Go        string             `json:"go"`
	Events    int64              `json:"events"`
	Deltas    int64              `json:"order_deltas"`
	Shows     int                `json:"shows"`
	Merchants int                `json:"merchants"`
	Large     int64              `json:"events_of_the_large_room"`
	Journeys  int64              `json:"paid_orders_attributed"`
	Copied    float64            `json:"multiplied_rows_per_second"`
	Disk      map[string]float64 `json:"bytes_of_a_row_on_disk"`
	Wrong     []string           `json:"not_as_drawn,omitempty"`
	Goals     []benchAnalytic    `json:"goals"`
}

// benchAnalytic is one goal, and what was measured.
type benchAnalytic struct {
	Target   string  `json:"target"`
	Goal     float64 `json:"goal,omitempty"`     // 0: none, what was measured is told
	AtLeast  bool    `json:"at_least,omitempty"` // else at most
	Unit     string  `json:"unit"`
	Measured float64 `json:"measured"`
	Median   float64 `json:"median,omitempty"`
	Met      bool    `json:"met"`
	Note     string  `json:"note,omitempty"`
}

func (b *benchAnalytics) goal(g benchAnalytic) {
	switch {
	case g.Goal == 0:
		g.Met = true
	case g.AtLeast:
		g.Met = g.Measured >= g.Goal
	default:
		g.Met = g.Measured <= g.Goal
	}
	b.Goals = append(b.Goals, g)
}

func (c *BenchAnalyticsCmd) validate() error {
	if c.Events < 100_000 || c.Events > 1_000_000_000 || c.Shows < 20 || c.Shows > 100_000 || c.Merchants < 1 || c.Merchants > 1000 || c.Shows/c.Merchants < 5 ||
		c.Large < 10_000 || c.Large > 1_500_000 || c.Large*2 > c.Events || c.Journeys < 1000 || c.Journeys > 90_000 || c.Rounds < 5 || c.Rounds > 100_000 {
		return fmt.Errorf("%w: --events must be 100000 to 1000000000 and twice --large, which is 10000 to 1500000; --journeys 1000 to 90000; --shows 20 to 100000, five of each of --merchants; --rounds 5 to 100000", errUsage)
	}
	return nil
}

// showLength is how long every drawn show lasts, in minutes.
const showLength = 90

// Execute runs the measurement. It fails when a figure is not what was drawn, and
// with --strict when a goal is missed.
func (c *BenchAnalyticsCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if err := c.validate(); err != nil {
		return err
	}
	dir := c.Data
	if dir == "" {
		if dir, err = os.MkdirTemp("", "showrunner-bench-"); err != nil {
			return fmt.Errorf("make a folder: %w", err)
		}
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	out := &benchAnalytics{Bench: "analytics", CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(), Shows: c.Shows, Merchants: c.Merchants}
	each := (c.Events - c.Large) / int64(c.Shows+1) // The model is one more.
	// The shows lie in the 60 days that end yesterday; the large room was on air last.
	base := clock().Truncate(24*time.Hour).AddDate(0, 0, -61)
	model, err := drawSized(5, each, live.Show{
		ID: modelShow, Room: "model", Merchant: "model", Currency: "CNY", State: live.ShowStateEnded, StartedAt: base,
	}, 1_000_000_000)
	if err != nil {
		return err
	}
	large, err := drawSized(6, c.Large, live.Show{
		ID: "large", Room: "large", Merchant: merchantOf(0), Currency: "CNY", State: live.ShowStateEnded, StartedAt: base.AddDate(0, 0, 60).Add(12 * time.Hour),
	}, 1_100_000_000)
	if err != nil {
		return err
	}
	out.Large = int64(len(large.all))
	if err := c.load(ctx, dir, model, large, out, stderr); err != nil {
		return err
	}
	if err := c.question(ctx, dir, model, large, out, stderr); err != nil {
		return err
	}
	if err := errors.Join(writeFigures(stdout, out), out.table(stderr)); err != nil {
		return err
	}
	if len(out.Wrong) > 0 {
		return fmt.Errorf("%d figures are not what was drawn: %v", len(out.Wrong), out.Wrong)
	}
	missed := 0
	for _, g := range out.Goals {
		if !g.Met {
			missed++
		}
	}
	if c.Strict && missed > 0 {
		return fmt.Errorf("%d of %d goals are missed", missed, len(out.Goals))
	}
	return nil
}

// table writes the goals for people.
func (b *benchAnalytics) table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var err error
	line := func(format string, args ...any) {
		_, werr := fmt.Fprintf(t, format, args...)
		err = errors.Join(err, werr)
	}
	line("what\tgoal\tmeasured\t\t\n")
	for _, g := range b.Goals {
		sign, word := "≤", "met"
		if g.AtLeast {
			sign = "≥"
		}
		if !g.Met {
			word = "missed"
		}
		goal := fmt.Sprintf("%s %.4g %s", sign, g.Goal, g.Unit)
		if g.Goal == 0 {
			goal, word = g.Unit, ""
		}
		line("%s\t%s\t%.4g\t%s\t%s\n", g.Target, goal, g.Measured, word, g.Note)
	}
	if err := errors.Join(err, t.Flush()); err != nil {
		return fmt.Errorf("write the goals: %w", err)
	}
	return nil
}
