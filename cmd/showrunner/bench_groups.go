package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/gateway/auth"
	"showrunner/live"
	"showrunner/live/sim"
)

// BenchGroupsCmd measures how long a merchant with many groups waits for how they
// stand, live and fare. It draws a town of groups, of which the truth is known from
// its drawing, brings its facts through the sink into the ClickHouse of a data
// folder, starts a server on it, waits until that has made the days, and asks.
type BenchGroupsCmd struct {
	Groups  int `default:"2000" help:"Groups, 1 to 20000."`
	Members int `default:"200" help:"Members of each, 5 to 1000."`
	Days    int `default:"120" help:"Days they have lived at most, 31 to 366."`
	Rounds  int `default:"100" help:"How often each question is asked, 5 to 100000."`
}

type benchGroups struct {
	Bench   string            `json:"bench"`
	CPUs    int               `json:"cpus"`
	Go      string            `json:"go"`
	Groups  int               `json:"groups"`
	Members int               `json:"members_of_each"`
	Days    int               `json:"days"`
	Facts   int64             `json:"facts"`
	Loaded  float64           `json:"facts_in_seconds"`
	Made    float64           `json:"days_made_seconds"` // from the start of the server until the board has all groups
	Checked int               `json:"group_days_checked"`
	Wrong   int               `json:"figures_not_as_drawn"`
	Queries []benchGroupQuery `json:"queries"`
}

// benchGroupQuery is one question: milliseconds from the request until all of the
// answer is read.
type benchGroupQuery struct {
	Query string  `json:"query"`
	Count int64   `json:"count"`
	Bytes int     `json:"answer_bytes"`
	P50   float64 `json:"p50_ms"`
	P95   float64 `json:"p95_ms"`
	Max   float64 `json:"max_ms"`
	Goal  verdict `json:"goal"`

	wait *hdrhistogram.Histogram
}

// groupsGoal is what people may wait for a question about groups, in milliseconds.
const groupsGoal = 100

// benchTown is the merchant of the bench.
const benchTown live.MerchantID = "bench-town"

// Execute runs the measurement and fails when a figure is not what was drawn;
// slowness is told and no fault.
func (c *BenchGroupsCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Groups < 1 || c.Groups > 20_000 || c.Members < 5 || c.Members > 1000 || c.Days < 31 || c.Days > 366 || c.Rounds < 5 || c.Rounds > 100_000 {
		return fmt.Errorf("%w: --groups must be 1 to 20000, --members 5 to 1000, --days 31 to 366, --rounds 5 to 100000", errUsage)
	}
	dir, err := os.MkdirTemp("", "showrunner-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	out := &benchGroups{Bench: "groups", CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(), Groups: c.Groups, Members: c.Members, Days: c.Days}
	// The last day of the town is yesterday, so that every day drawn is over.
	town := sim.NewTown(benchTown, 7, c.Groups, c.Members, c.Days, clock().Truncate(24*time.Hour).AddDate(0, 0, -c.Days))
	began := time.Now()
	if out.Facts, err = loadTown(ctx, dir, town); err != nil {
		return err
	}
	out.Loaded = time.Since(began).Seconds()
	began = time.Now()
	server, err := startBenchServer(ctx, dir, "127.0.0.1:0", stderr, unlimited...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	a, err := c.sign(server)
	if err != nil {
		return err
	}
	if err := a.await(ctx, c.Groups); err != nil {
		return err
	}
	out.Made = time.Since(began).Seconds()
	if err := a.check(ctx, town, out); err != nil {
		return err
	}
	if err := c.ask(ctx, a, town, out); err != nil {
		return err
	}
	if out.Wrong > 0 {
		err = fmt.Errorf("%d figures of groups are not what was drawn", out.Wrong)
	}
	return errors.Join(writeFigures(stdout, out), err)
}

// groupAsker asks a server as the merchant of the town.
type groupAsker struct {
	api   *simAPI
	token string
}

func (c *BenchGroupsCmd) sign(server *benchServer) (*groupAsker, error) {
	tokens, err := auth.Open(auth.Config{Dir: server.data, Now: clock})
	if err != nil {
		return nil, fmt.Errorf("open keys: %w", err)
	}
	token, err := tokens.Issue(live.Principal{Subject: "bench", Role: live.RoleMerchant, Merchant: benchTown}, benchTTL)
	if err != nil {
		return nil, fmt.Errorf("sign token: %w", err)
	}
	return &groupAsker{newSimAPI(server.url, &atomic.Int64{}), token}, nil
}

func (a *groupAsker) get(ctx context.Context, path string, out any) error {
	return a.api.do(ctx, simCall{Method: http.MethodGet, Path: path, Token: a.token}, out)
}

// daysWithin is how long the days of all groups may take to be made.
const daysWithin = 15 * time.Minute

// await returns when the server knows all groups and has made their days.
func (a *groupAsker) await(ctx context.Context, groups int) error {
	for end := time.Now().Add(daysWithin); ; {
		var board struct {
			All  int        `json:"groups"`
			Made *time.Time `json:"made_at"`
		}
		if err := a.get(ctx, "/v1/groups/board?limit=1", &board); err != nil {
			return err
		}
		if board.All == groups && board.Made != nil {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("after %v the board has %d of %d groups", daysWithin, board.All, groups)
		}
		if err := sleepFor(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

// ask puts the questions in turn, none beside another.
func (c *BenchGroupsCmd) ask(ctx context.Context, a *groupAsker, town *sim.Town, out *benchGroups) error {
	for _, q := range []string{"/v1/groups/board", "/v1/groups/survival", "/v1/groups/alarms", "/v1/groups/{id}/days"} {
		out.Queries = append(out.Queries, benchGroupQuery{Query: q, wait: newHistogram()})
	}
	for n := range c.Rounds {
		for i := range out.Queries {
			q := &out.Queries[i]
			var answer string
			began := time.Now()
			if err := a.get(ctx, strings.Replace(q.Query, "{id}", town.Groups[n%len(town.Groups)].ID, 1), &answer); err != nil {
				return err
			}
			record(q.wait, time.Since(began))
			q.Bytes = max(q.Bytes, len(answer))
		}
	}
	for i := range out.Queries {
		q := &out.Queries[i]
		ms := func(p float64) float64 { return float64(q.wait.ValueAtQuantile(p)) / 1000 }
		q.Count, q.P50, q.P95, q.Max = q.wait.TotalCount(), ms(50), ms(95), float64(q.wait.Max())/1000
		q.Goal = verdict{Target: "p95 of " + q.Query + ", ms", Goal: fmt.Sprintf("at most %d", groupsGoal), Ours: spread{q.P95, q.P50, q.Max}, Met: q.P95 <= groupsGoal}
	}
	return nil
}
