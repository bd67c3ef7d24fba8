package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/live"
	"showrunner/live/store"
	"showrunner/live/store/pgtest"
)

// benchSide is one way of taking orders, measured.
type benchSide struct {
	Name    string       `json:"name"`
	Does    string       `json:"does"`
	Clients int          `json:"clients"`
	Orders  int64        `json:"orders"`
	Seconds float64      `json:"seconds"`
	PerSec  float64      `json:"orders_per_second"`
	Latency benchLatency `json:"latency"`
	Skipped string       `json:"skipped,omitempty"`
}

type benchComparison struct {
	benchHost
	Sides  []benchSide        `json:"sides"`
	Ratios map[string]float64 `json:"ratios"` // of orders a second, the best of each side
}

// compare measures all sides one after the other, on the same disk.
func (c *BenchOrdersCmd) compare(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Duration < time.Second || c.Duration > time.Hour || c.Conns < 1 || c.Conns > 20_000 || c.Inflight < 1 || c.Inflight > 256 {
		return fmt.Errorf("%w: --conns must be 1 to 20000, --inflight 1 to 256, --duration 1s to 1h", errUsage)
	}
	dir, err := os.MkdirTemp("", "showrunner-compare-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	out := benchComparison{Ratios: map[string]float64{}}
	add := func(sides []benchSide, err error) error {
		out.Sides = append(out.Sides, sides...)
		return err
	}
	if err := add(c.inStore(ctx, dir)); err != nil {
		return fmt.Errorf("measure the store: %w", err)
	}
	if slices.Contains(c.Compare, "postgres") {
		if err := add(c.onPostgres(ctx)); err != nil {
			return fmt.Errorf("measure PostgreSQL: %w", err)
		}
	}
	if slices.Contains(c.Compare, "redis") {
		if err := add(c.onRedis(ctx, dir)); err != nil {
			return fmt.Errorf("measure Redis: %w", err)
		}
	}
	if err := add(c.overSockets(ctx, dir, stderr)); err != nil {
		return fmt.Errorf("measure the server: %w", err)
	}
	best := map[string]float64{}
	for _, s := range out.Sides {
		best[s.Name] = max(best[s.Name], s.PerSec)
	}
	for _, other := range c.Compare {
		if best[other] > 0 {
			out.Ratios["store_over_"+other] = best["store"] / best[other]
			out.Ratios["websocket_over_"+other] = best["websocket"] / best[other]
		}
	}
	out.benchHost = (&benchStage{target: c.benchTarget}).host("orders --compare", time.Since(began))
	return writeFigures(stdout, out)
}

// load runs one function per client until the time is over and counts what
// they did. n is unique among all.
func (c *BenchOrdersCmd) load(ctx context.Context, name, does string, clients int, one func(ctx context.Context, client int, n int64) error) (benchSide, error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	histograms, errs := make([]*hdrhistogram.Histogram, clients), make([]error, clients)
	began := time.Now()
	for i := range clients {
		histograms[i] = newHistogram()
		wg.Go(func() {
			for time.Since(began) < c.Duration && ctx.Err() == nil {
				at := time.Now()
				if errs[i] = one(ctx, i, n.Add(1)); errs[i] != nil {
					return
				}
				record(histograms[i], time.Since(at))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	all := newHistogram()
	for _, h := range histograms {
		all.Merge(h)
	}
	side := benchSide{
		Name: name, Does: does, Clients: clients, Orders: all.TotalCount(), Seconds: took.Seconds(),
		PerSec: perSecond(all.TotalCount(), took), Latency: latencyOf(all),
	}
	return side, errors.Join(append(errs, ctx.Err())...)
}

// inStore places orders in this process: what the database work alone costs.
func (c *BenchOrdersCmd) inStore(ctx context.Context, dir string) (sides []benchSide, err error) {
	s, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "store.db"), Now: clock})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	owner := live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}
	if _, err := s.CreateRoom(ctx, live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		return nil, err
	}
	if _, err := s.CreateShow(ctx, live.Show{ID: "s1", Room: "r1"}, owner); err != nil {
		return nil, err
	}
	item := live.Item{Product: "p", SKU: "a", Title: "A", Price: 1900, Released: live.MaxStock}
	if _, err := s.PutShelf(ctx, "s1", []live.Item{item}, owner, clock()); err != nil {
		return nil, err
	}
	if _, err := s.Execute(ctx, live.Command{ID: "start", Name: live.StartShow, Merchant: "m1", Room: "r1", By: owner, Args: json.RawMessage(`{}`)}); err != nil {
		return nil, err
	}
	for _, clients := range []int{16, 64, 512} {
		side, err := c.load(ctx, "store", "stock, order, line, fact and event in one synchronous transaction of SQLite, in process", clients,
			func(ctx context.Context, client int, n int64) error {
				_, err := s.PlaceOrder(ctx, live.PlaceOrder{
					ClientID: strconv.Itoa(clients) + "." + strconv.FormatInt(n, 10), Room: "r1",
					Buyer: live.Principal{Subject: "v" + strconv.Itoa(client), Role: live.RoleViewer, Merchant: "m1"},
					Lines: []live.WantedLine{{SKU: "a", Qty: 1}},
				})
				return err
			})
		if err != nil {
			return nil, err
		}
		sides = append(sides, side)
	}
	return sides, nil
}

// onPostgres takes each order in a transaction of its own that locks the row of
// the stock: the way it is mostly done.
func (c *BenchOrdersCmd) onPostgres(ctx context.Context) (sides []benchSide, err error) {
	server, err := pgtest.Start(ctx)
	if errors.Is(err, pgtest.ErrMissing) {
		return []benchSide{{Name: "postgres", Skipped: err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.Stop()) }()
	address, err := server.Database(ctx)
	if err != nil {
		return nil, err
	}
	for _, clients := range []int{16, 64} {
		shop, err := openRowLockShop(ctx, address, clients)
		if err != nil {
			return nil, err
		}
		side, err := c.load(ctx, "postgres", "SELECT ... FOR UPDATE of the stock, UPDATE, INSERT of order and line, COMMIT; synchronous_commit=on", clients, shop.order)
		if err = errors.Join(err, shop.close(ctx)); err != nil {
			return nil, err
		}
		sides = append(sides, side)
	}
	return sides, nil
}

// onRedis takes units off a counter, with nothing else written.
func (c *BenchOrdersCmd) onRedis(ctx context.Context, dir string) (sides []benchSide, err error) {
	const clients = 64
	server, err := startRedis(ctx, dir)
	if errors.Is(err, errNoRedis) {
		return []benchSide{{Name: "redis", Skipped: err.Error()}}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	conns := make([]*redisConn, clients)
	for i := range conns {
		if conns[i], err = server.dial(ctx); err != nil {
			return nil, err
		}
		defer conns[i].close()
	}
	if _, err := conns[0].do("SET", "stock", "1000000000"); err != nil {
		return nil, err
	}
	const script = `local n = tonumber(redis.call('GET', KEYS[1])) if n < 1 then return -1 end return redis.call('DECR', KEYS[1])`
	side, err := c.load(ctx, "redis", "a script that takes one off a counter, with no order written; appendonly yes, appendfsync always", clients,
		func(_ context.Context, client int, _ int64) error {
			left, err := conns[client].do("EVAL", script, "1", "stock")
			if err == nil && left < 0 {
				err = errors.New("the counter is empty")
			}
			return err
		})
	return []benchSide{side}, err
}

// overSockets places orders the way viewers do, on a whole server.
func (c *BenchOrdersCmd) overSockets(ctx context.Context, dir string, stderr io.Writer) (sides []benchSide, err error) {
	server, err := startBenchServer(ctx, filepath.Join(dir, "server"), "127.0.0.1:0", stderr)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	target := c.benchTarget
	target.URL, target.Data = server.url, server.data
	stage, err := target.openWith(ctx, 1, live.MaxStock)
	if err != nil {
		return nil, err
	}
	conns, err := stage.dialAll(ctx)
	if err != nil {
		return nil, err
	}
	load := stage.drive(ctx, conns, func(conn, n int, id string) []byte {
		raw, err := json.Marshal(c.frame(stage, conn, n, id))
		if err != nil {
			panic("BUG: a frame of ours cannot be encoded: " + err.Error())
		}
		return raw
	})
	side := benchSide{
		Name: "websocket", Does: fmt.Sprintf("place_order over websockets to a whole server, %d in flight on each; client and server share this machine", c.Inflight),
		Clients: c.Conns, Orders: load.accepted, Seconds: load.took.Seconds(), PerSec: perSecond(load.accepted, load.took), Latency: latencyOf(load.latency),
	}
	for code, n := range load.refused {
		load.faults = append(load.faults, fmt.Errorf("%d orders refused: %s", n, code))
	}
	return []benchSide{side}, errors.Join(load.faults...)
}
