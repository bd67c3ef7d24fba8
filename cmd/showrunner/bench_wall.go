package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// BenchWallCmd measures how long it takes until everybody who watches the wall
// sees what happened in one of many rooms: from the durable acceptance of somebody
// entering until the frame that counts them is read, at every watcher.
type BenchWallCmd struct {
	Rooms    int           `default:"1000" help:"Rooms on air, 1 to 5000."`
	Watchers int           `default:"50" help:"Who watches the wall, 1 to 1000."`
	Duration time.Duration `default:"20s" help:"How long to measure, 5s to 1h."`
	Strict   bool          `help:"Fail when p99 is over a second."`
}

type benchWall struct {
	Bench    string       `json:"bench"`
	CPUs     int          `json:"cpus"`
	Go       string       `json:"go"`
	Rooms    int          `json:"rooms"`
	Watchers int          `json:"watchers"`
	Stated   int          `json:"entries_stated"`
	Frames   int64        `json:"frames_read"`
	Bytes    int64        `json:"bytes_of_a_frame"` // the mean
	CPU      float64      `json:"server_cpu_ms_of_a_second"`
	Passes   int64        `json:"passes_over_the_rooms"`
	Seconds  float64      `json:"seconds"`
	Wait     benchLatency `json:"from_acceptance_to_the_watcher"`
	Met      bool         `json:"met"`
}

// wallGoal is what people may wait for the wall, in milliseconds.
const wallGoal = 1000

// wallPasses is the server's counter of passes over the rooms of a merchant.
const wallPasses = "showrunner_wall_passes_total"

// Execute runs the measurement.
func (c *BenchWallCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Rooms < 1 || c.Rooms > 5000 || c.Watchers < 1 || c.Watchers > 1000 || c.Duration < 5*time.Second || c.Duration > time.Hour {
		return fmt.Errorf("%w: --rooms must be 1 to 5000, --watchers 1 to 1000, --duration 5s to 1h", errUsage)
	}
	dir, err := os.MkdirTemp("", "showrunner-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	server, err := startBenchServer(ctx, dir, "127.0.0.1:0", stderr, unlimited...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	target := benchTarget{URL: server.url, Data: dir, Conns: 1, Inflight: 1, Duration: c.Duration, Merchant: "bench-wall"}
	s, err := target.openWith(ctx, 1, live.MaxStock)
	if err != nil {
		return err
	}
	w := &wallBench{stage: s, stated: make([]wallStated, c.Rooms), wait: newHistogram()}
	if w.owner, err = s.token(live.RoleMerchant, "owner"); err != nil {
		return err
	}
	if w.producer, err = s.token(live.RoleIntegration, "producer"); err != nil {
		return err
	}
	if err := w.open(ctx, c.Rooms); err != nil {
		return err
	}
	out := benchWall{Bench: "wall", CPUs: runtime.GOMAXPROCS(0), Go: runtime.Version(), Rooms: c.Rooms, Watchers: c.Watchers}
	before, err := s.counter(ctx, wallPasses)
	if err != nil {
		return err
	}
	used, err := usageOf(server.process.Process.Pid)
	if err != nil {
		return err
	}
	began := time.Now()
	if err := w.run(ctx, c.Watchers, c.Duration); err != nil {
		return err
	}
	now, err := usageOf(server.process.Process.Pid)
	if err != nil {
		return err
	}
	after, err := s.counter(ctx, wallPasses)
	if err != nil {
		return err
	}
	out.Seconds, out.Passes = time.Since(began).Seconds(), after-before
	out.CPU = float64((now.CPU - used.CPU).Milliseconds()) / out.Seconds
	out.Stated, out.Frames, out.Bytes, out.Wait = w.count, w.frames, w.bytes/max(1, w.frames), latencyOf(w.wait)
	out.Met = out.Wait.P99 <= wallGoal
	if err := writeFigures(stdout, out); err != nil {
		return err
	}
	if want := int64(w.count) * int64(c.Watchers); out.Wait.Count != want {
		return fmt.Errorf("%d entries were seen by watchers, want %d", out.Wait.Count, want)
	}
	if c.Strict && !out.Met {
		return fmt.Errorf("p99 is %.0f ms, the goal %d", out.Wait.P99, wallGoal)
	}
	return nil
}

// wallBench is the rooms, what was stated in each, and who saw it.
type wallBench struct {
	stage           *benchStage
	owner, producer string

	mu     sync.Mutex
	stated []wallStated
	count  int
	over   bool // nothing more is stated
	frames int64
	bytes  int64
	wait   *hdrhistogram.Histogram
}

// wallStated are the instants at which entries into a room were accepted.
type wallStated struct{ at []time.Time }

func wallRoom(n int) string { return "wall-" + strconv.Itoa(n) }

// open makes the rooms and starts a show in each.
func (w *wallBench) open(ctx context.Context, rooms int) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for n := range rooms {
		g.Go(func() error {
			id := wallRoom(n)
			for _, c := range []simCall{
				{Path: "/v1/rooms", Body: map[string]any{"room_id": id, "merchant_id": w.stage.target.Merchant, "title": "Wall " + id, "currency": "CNY", "time_zone": "UTC"}},
				{Path: "/v1/rooms/" + id + "/shows", Body: map[string]any{"show_id": id, "title": "Show " + id}},
				{Path: "/v1/shows/" + id + "/start", Body: map[string]any{"command_id": id + ".start"}},
			} {
				c.Method, c.Token, c.Key = http.MethodPost, w.owner, id
				if err := w.stage.api.do(ctx, c, nil); err != nil {
					return fmt.Errorf("open the rooms: %w", err)
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// run states entries, one after the other in all rooms, while everybody watches.
func (w *wallBench) run(ctx context.Context, watchers int, length time.Duration) error {
	g, ctx := errgroup.WithContext(ctx)
	for range watchers {
		g.Go(func() error { return w.watch(ctx) })
	}
	g.Go(func() error {
		end := time.Now().Add(length)
		for n := 0; time.Now().Before(end); n++ {
			room := n % len(w.stated)
			event := map[string]any{
				"event_id": "wall." + strconv.Itoa(n), "type": live.RoomEntered, "source": "bench", "show_id": wallRoom(room), "room_id": wallRoom(room), "anonymous_id": "v" + strconv.Itoa(n),
			}
			var answer struct {
				Accepted int `json:"accepted"`
			}
			if err := w.stage.api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/events", Token: w.producer, Body: []any{event}}, &answer); err != nil {
				return err
			}
			if answer.Accepted != 1 {
				return errors.New("an entry was not accepted")
			}
			w.mu.Lock()
			w.stated[room].at = append(w.stated[room].at, time.Now())
			w.count++
			w.mu.Unlock()
			if err := sleepFor(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
		w.mu.Lock()
		w.over = true
		w.mu.Unlock()
		return nil
	})
	return g.Wait()
}

// watch reads frame after frame until it has seen all that was stated.
func (w *wallBench) watch(ctx context.Context) error {
	// A connection of their own: those of one client are bounded.
	api := newSimAPI(w.stage.api.base, w.stage.api.retries)
	seen := make([]int, len(w.stated))
	// What frames said so far and since when: a frame may be here before the answer
	// to who stated the entry, and a room that stays as it is is not told again.
	said := make([]struct {
		watch int
		at    time.Time
	}, len(w.stated))
	total, after := 0, int64(0)
	for end := time.Now().Add(time.Hour); time.Now().Before(end); {
		var frame struct {
			Tick  int64
			Rooms []struct {
				Room    string `json:"room_id"`
				Metrics struct {
					Watch int `json:"watch_uv"`
				}
			}
		}
		var text string
		path := "/v1/wall?changes=true&wait_ms=10000&after=" + strconv.FormatInt(after, 10)
		if err := api.do(ctx, simCall{Method: http.MethodGet, Path: path, Token: w.owner}, &text); err != nil {
			return err
		}
		got := time.Now()
		if err := json.Unmarshal([]byte(text), &frame); err != nil {
			return fmt.Errorf("read a frame of the wall: %w", err)
		}
		after = frame.Tick
		w.mu.Lock()
		w.frames++
		w.bytes += int64(len(text))
		for _, r := range frame.Rooms {
			n, err := strconv.Atoi(strings.TrimPrefix(r.Room, "wall-"))
			if err != nil || n >= len(seen) {
				continue // The room that the bench opens anyway.
			}
			if r.Metrics.Watch > said[n].watch {
				said[n].watch, said[n].at = r.Metrics.Watch, got
			}
		}
		for n := range said {
			for seen[n] < min(said[n].watch, len(w.stated[n].at)) {
				record(w.wait, max(0, said[n].at.Sub(w.stated[n].at[seen[n]])))
				seen[n]++
				total++
			}
		}
		done := w.over && total == w.count
		w.mu.Unlock()
		if done {
			return nil
		}
	}
	return errors.New("a watcher did not see everything within an hour")
}
