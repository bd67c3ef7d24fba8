package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"showrunner/analytics/engine"
	"showrunner/cmd/showrunner/crowd"
	"showrunner/live"
	"showrunner/live/store/pgtest"
)

// hugeTrial is one room on three servers.
const hugeTrial = "T6"

const (
	hugeServers = 3
	hugeRate    = 20 // comments a second
	hugePin     = 10 * time.Second
	hugeLikers  = 12
)

// huge measures one room over three servers that share PostgreSQL, NATS and
// ClickHouse, then three of each other server with the same stream.
func (b *roomsBench) huge(ctx context.Context, dir string) (err error) {
	a, end, err := b.hugeServers(ctx, dir, hugeServers)
	if err != nil {
		return err
	}
	err = b.hugeRun(ctx, a)
	if err = errors.Join(err, end()); err != nil {
		return err
	}
	return b.hugeAnchors(ctx, dir)
}

// hugeServers starts the engines and so many servers on them.
func (b *roomsBench) hugeServers(ctx context.Context, dir string, count int) (_ *arena, end func() error, err error) {
	var ends []func() error
	stopAll := func() error {
		var errs []error
		for _, stop := range slices.Backward(ends) {
			errs = append(errs, stop())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stopAll())
		}
	}()
	pg, err := pgtest.Start(ctx)
	if err != nil {
		return nil, nil, err
	}
	ends = append(ends, pg.Stop)
	database, err := pg.Database(ctx)
	if err != nil {
		return nil, nil, err
	}
	ns, err := natsserver.NewServer(&natsserver.Options{
		Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(dir, "nats"), SyncAlways: true, MaxPayload: 4 << 20, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, nil, fmt.Errorf("start NATS: %w", err)
	}
	ns.Start()
	ends = append(ends, func() error { ns.Shutdown(); ns.WaitForShutdown(); return nil })
	if !ns.ReadyForConnections(20 * time.Second) {
		return nil, nil, errors.New("NATS does not start")
	}
	lib, err := engine.FindLibrary()
	if err != nil {
		return nil, nil, err
	}
	exe, err := ownPath()
	if err != nil {
		return nil, nil, err
	}
	ch, err := engine.Start(ctx, engine.Config{
		Dir: filepath.Join(dir, "clickhouse"), LibraryPath: lib, Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, nil, err
	}
	ends = append(ends, func() error {
		closing, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		return ch.Close(closing)
	})
	var servers []*benchServer
	for i := range count {
		s, err := startBenchServer(ctx, filepath.Join(dir, "node-"+strconv.Itoa(i)), "127.0.0.1:0", b.stderr,
			"--node", "n"+strconv.Itoa(i), "--nats", ns.ClientURL(), "--database", database, "--clickhouse", ch.URL(), "--keys", filepath.Join(dir, "keys"))
		if err != nil {
			return nil, nil, err
		}
		servers = append(servers, s)
		ends = append(ends, s.stop)
	}
	servers[0].data = dir // where the keys are
	a, err := stageArena(ctx, servers)
	return a, stopAll, err
}

// hugeRun lets the viewers in and measures until the time is over.
func (b *roomsBench) hugeRun(ctx context.Context, a *arena) error {
	time.Sleep(5 * time.Second)
	start, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	crowds, err := b.hugeCrowds(ctx, a)
	if err != nil {
		return err
	}
	defer closeCrowds(crowds)
	r, err := b.measure(ctx, a, crowds, trial{"T7 huge", 0, 1, 0}, b.cmd.Length)
	if err != nil {
		return err
	}
	b.out.Rounds = append(b.out.Rounds, r)
	h := &huge{Viewers: len(crowds) * b.cmd.Each, StartMB: float64(start.RSS) / (1 << 20)}
	running, stop := context.WithCancel(ctx)
	defer stop()
	var work sync.WaitGroup
	defer work.Wait()
	defer stop()
	p, err := a.publisher(running, hugeRate)
	if err != nil {
		return err
	}
	defer func() { _ = p.close() }()
	var said int64
	var speaking error
	for _, c := range crowds {
		if _, err := c.ask(crowdReset); err != nil {
			return err
		}
	}
	work.Go(func() { said, speaking = p.speak(running, hugeRate, 0, b.cmd.Huge) })
	work.Go(func() { h.Pins = a.pin(running, b.cmd.Huge) })
	work.Go(func() { h.Likes = a.like(running, b.cmd.Huge) })
	if err := b.hugeWatch(ctx, a, crowds, h, start); err != nil {
		return err
	}
	work.Wait()
	if speaking != nil {
		return speaking
	}
	time.Sleep(3 * time.Second)
	all, err := tallyOf(crowds)
	if err != nil {
		return err
	}
	h.Closed, h.Gaps, h.Orders = all.Closed, all.Gaps, len(all.Must)
	for _, n := range all.Must {
		h.KeptUp += n
	}
	h.Seconds = b.cmd.Huge.Seconds()
	h.Share = float64(all.Deliveries) / max(1, float64(said*int64(all.Clients)))
	b.out.Huge = h
	return nil
}

// hugeCrowds lets the viewers in, one crowd for each server, from addresses of
// their own: a pair of addresses has but 28,000 ports.
func (b *roomsBench) hugeCrowds(ctx context.Context, a *arena) (crowds []*crowdProcess, err error) {
	for i := range a.hosts {
		job, err := a.speech(b.cmd.Each, i)
		if err != nil {
			return crowds, err
		}
		job.Source, job.Within = "127.0.0."+strconv.Itoa(10+i), 300
		c, err := startCrowd(ctx, &job, b.stderr)
		if err != nil {
			return crowds, err
		}
		crowds = append(crowds, c)
		b.say("%-18s %6d viewers joined server %d in %.1f s", a.name, b.cmd.Each, i+1, c.took)
	}
	return crowds, nil
}

// closeCrowds ends crowds; they end with this process at the latest.
func closeCrowds(crowds []*crowdProcess) {
	for _, c := range crowds {
		_ = c.close()
	}
}

// hugeWatch takes a sample in each twentieth of the time.
func (b *roomsBench) hugeWatch(ctx context.Context, a *arena, crowds []*crowdProcess, h *huge, start usage) error {
	began := time.Now()
	var before crowd.Tally
	used, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	every := max(b.cmd.Huge/20, 2*time.Second)
	for last := began; time.Since(began) < b.cmd.Huge-every/2; {
		select {
		case <-time.After(every):
		case <-ctx.Done():
			return ctx.Err()
		}
		t, err := tallyOf(crowds)
		if err != nil {
			return err
		}
		now, err := usageOf(a.pids...)
		if err != nil {
			return err
		}
		took := time.Since(last)
		last = time.Now()
		part := crowd.Tally{Late: map[int]int64{}}
		for k, n := range t.Late {
			part.Late[k] = n - before.Late[k]
		}
		s := sample{
			At: time.Since(began).Seconds(), PerSecond: perSecond(t.Deliveries-before.Deliveries, took), Frames: perSecond(t.Frames-before.Frames, took),
			P50: milli(part.Quantile(0.5)), P99: milli(part.Quantile(0.99)), Cores: (now.CPU - used.CPU).Seconds() / took.Seconds(), MB: float64(now.RSS-start.RSS) / (1 << 20),
		}
		for _, host := range a.hosts {
			m, err := scrape(ctx, host, "go_goroutines", "process_open_fds")
			if err != nil {
				return err
			}
			s.Goroutines += m["go_goroutines"]
			s.Files += m["process_open_fds"]
		}
		b.say("%-18s %4.0f s: %9.0f deliveries/s in %7.0f frames/s, p50 %.0f p99 %.0f ms, %.2f cores, %.0f MB beyond start, %.0f goroutines, %.0f files",
			a.name, s.At, s.PerSecond, s.Frames, s.P50, s.P99, s.Cores, s.MB, s.Goroutines, s.Files)
		h.Samples = append(h.Samples, s)
		before, used = t, now
	}
	return nil
}

func milli(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func tallyOf(crowds []*crowdProcess) (all crowd.Tally, err error) {
	for _, c := range crowds {
		a, err := c.ask(crowdTally)
		if err != nil {
			return all, err
		}
		all.Add(*a.Tally)
	}
	return all, nil
}

// pin pins a product every ten seconds, each time on another server.
func (a *arena) pin(ctx context.Context, took time.Duration) (n int) {
	token, err := a.stage.token(live.RoleHost, "host")
	if err != nil {
		return 0
	}
	for end := time.Now().Add(took - hugePin); time.Now().Before(end); n++ {
		api := newSimAPI("http://"+a.hosts[n%len(a.hosts)], a.stage.api.retries)
		err := api.do(ctx, simCall{
			Method: http.MethodPost, Path: "/v1/shows/" + string(a.stage.show) + "/commands", Token: token, Key: a.stage.name + "-pin-" + strconv.Itoa(n),
			Body: map[string]any{"command_id": a.stage.name + "-pin-" + strconv.Itoa(n), "type": live.PinProduct, "data": map[string]any{"product_id": "product-" + strconv.Itoa(n%2+1)}},
		}, nil)
		if err != nil {
			return n
		}
		select {
		case <-time.After(hugePin):
		case <-ctx.Done():
			return n
		}
	}
	return n
}

// like lets a few viewers like all the time.
func (a *arena) like(ctx context.Context, took time.Duration) (n int64) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range hugeLikers {
		wg.Go(func() {
			token, err := a.stage.token(live.RoleViewer, "liker-"+strconv.Itoa(i))
			if err != nil {
				return
			}
			ws, _, err := websocket.Dial(ctx, "ws://"+a.hosts[i%len(a.hosts)]+"/v1/rooms/"+a.room+"/ws", &websocket.DialOptions{Subprotocols: []string{"showrunner.v1", "bearer." + token}})
			if err != nil {
				return
			}
			defer func() { _ = ws.CloseNow() }() // It has said what it had to.
			ws.SetReadLimit(simFrameLimit)
			wg.Go(func() {
				for {
					if _, _, err := ws.Read(ctx); err != nil {
						return
					}
				}
			})
			for end := time.Now().Add(took); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(rand.N(400 * time.Millisecond)) {
				if ws.Write(ctx, websocket.MessageText, []byte(`{"type":"liked","data":{"count":3}}`)) != nil {
					return
				}
				mu.Lock()
				n += 3
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return n
}

// scrape reads numbers off the metrics of a server.
func scrape(ctx context.Context, host string, names ...string) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/metrics", nil)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _, _ = io.Copy(io.Discard, res.Body); _ = res.Body.Close() }() // It was read to the end.
	out := map[string]float64{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		for _, name := range names {
			if v, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
				if out[name], err = strconv.ParseFloat(v, 64); err != nil {
					return nil, fmt.Errorf("read metrics: %w", err)
				}
			}
		}
	}
	return out, nil
}

// hugeAnchors puts three of each other server under what they may carry.
func (b *roomsBench) hugeAnchors(ctx context.Context, dir string) error {
	for _, name := range b.cmd.Against {
		if name == "none" {
			continue
		}
		bin, err := buildAnchor(ctx, dir, name, b.stderr)
		if err != nil {
			return err
		}
		var servers []*anchorServer
		for range hugeServers {
			var s *anchorServer
			if name == "centrifugo" {
				s, err = startCentrifugo(ctx, bin, dir, "", b.stderr)
			} else {
				s, err = startCentrifuge(ctx, bin, b.cmd.Delays[0], b.stderr)
			}
			if err != nil {
				return err
			}
			servers = append(servers, s)
		}
		a := anchored(name, servers)
		if err := errors.Join(b.hugeAnchor(ctx, a), a.after()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (b *roomsBench) hugeAnchor(ctx context.Context, a *arena) error {
	start, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	crowds, err := b.hugeCrowds(ctx, a)
	if err != nil {
		return err
	}
	defer closeCrowds(crowds)
	now, err := usageOf(a.pids...)
	if err != nil {
		return err
	}
	viewers := len(crowds) * b.cmd.Each
	b.out.Entries = append(b.out.Entries, entry{Server: a.name, Viewers: viewers, KB: float64(now.RSS-start.RSS) / 1024 / float64(viewers)})
	for _, t := range []trial{{"T7 huge", viewers, 1, 0}, {hugeTrial, viewers, 2, 0}, {hugeTrial, viewers, 4, 0}} {
		r, err := b.measure(ctx, a, crowds, t, b.cmd.Length)
		if err != nil {
			return err
		}
		b.out.Rounds = append(b.out.Rounds, r)
		if !r.carried() {
			break
		}
	}
	return nil
}
