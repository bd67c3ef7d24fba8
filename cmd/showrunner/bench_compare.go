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

// benchSide is one way of taking orders, measured once.
type benchSide struct {
	Name    string       `json:"name"`
	Does    string       `json:"does"`
	Round   int          `json:"round"`
	Clients int          `json:"clients"`
	Orders  int64        `json:"orders"`
	Seconds float64      `json:"seconds"`
	PerSec  float64      `json:"orders_per_second"`
	Latency benchLatency `json:"latency"`
	Skipped string       `json:"skipped,omitempty"`
}

type benchComparison struct {
	Rounds  int         `json:"rounds"`
	Summary []benchPace `json:"summary"`
	Sides   []benchSide `json:"sides"`
}

// Clients of the sides. The store and Redis both gather what many clients want
// into one write to disk, so they are asked by as many as each other; row locks
// make clients wait for each other, and more than these make PostgreSQL slower.
var (
	groupClients = []int{64, 512, 2048}
	lockClients  = []int{16, 64}
)

// compare measures all sides on the same disk, in turns: what else the machine
// does hits all of them.
func (c *BenchOrdersCmd) compare(ctx context.Context, stderr io.Writer) (out *benchComparison, err error) {
	if c.Duration < time.Second || c.Duration > time.Hour {
		return nil, fmt.Errorf("%w: --duration must be 1s to 1h", errUsage)
	}
	dir, err := os.MkdirTemp("", "showrunner-compare-")
	if err != nil {
		return nil, fmt.Errorf("make a folder: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	postgres, redis, err := c.rivals(ctx, dir)
	defer func() { err = errors.Join(err, postgres.stop(), redis.stop()) }()
	if err != nil {
		return nil, err
	}
	out = &benchComparison{Rounds: c.Rounds}
	for round := range c.Rounds {
		turn := func(side benchSide, err error) error {
			if err == nil {
				side.Round = round + 1
				out.Sides = append(out.Sides, side)
			}
			return err
		}
		for _, clients := range groupClients {
			if err := turn(c.inStore(ctx, filepath.Join(dir, fmt.Sprintf("store-%d-%d", round, clients)), clients)); err != nil {
				return nil, fmt.Errorf("measure the store: %w", err)
			}
			if err := turn(c.onRedis(ctx, redis, clients)); err != nil && !errors.Is(err, errNotAsked) {
				return nil, fmt.Errorf("measure Redis: %w", err)
			}
		}
		for _, clients := range lockClients {
			if err := turn(c.onPostgres(ctx, postgres, clients)); err != nil && !errors.Is(err, errNotAsked) {
				return nil, fmt.Errorf("measure PostgreSQL: %w", err)
			}
		}
		if err := turn(c.overSockets(ctx, filepath.Join(dir, fmt.Sprintf("server-%d", round)), stderr)); err != nil {
			return nil, fmt.Errorf("measure the server: %w", err)
		}
	}
	out.Summary = pacesOf(out.Sides)
	return out, nil
}

// errNotAsked says that a side is not part of the comparison.
var errNotAsked = errors.New("not asked for")

// rival is a server to be compared with, started once for all rounds.
type rival struct {
	asked    bool
	missing  error // why it cannot be compared with
	postgres *pgtest.Server
	redis    *redisServer
}

func (r rival) stop() error {
	switch {
	case r.postgres != nil:
		return r.postgres.Stop()
	case r.redis != nil:
		return r.redis.stop()
	}
	return nil
}

func (c *BenchOrdersCmd) rivals(ctx context.Context, dir string) (postgres, redis rival, err error) {
	if postgres.asked = slices.Contains(c.Compare, "postgres"); postgres.asked {
		if postgres.postgres, err = pgtest.Start(ctx); errors.Is(err, pgtest.ErrMissing) {
			postgres.missing, err = err, nil
		}
	}
	if redis.asked = slices.Contains(c.Compare, "redis"); redis.asked && err == nil {
		if redis.redis, err = startRedis(ctx, dir); errors.Is(err, errNoRedis) {
			redis.missing, err = err, nil
		}
	}
	return postgres, redis, err
}

// load runs one function per client until the time is over and counts what
// they did. n is unique among all.
func (c *BenchOrdersCmd) load(ctx context.Context, name, does string, clients int, one func(ctx context.Context, client int, n int64) error) (benchSide, error) {
	var n atomic.Int64
	var wg sync.WaitGroup
	// A histogram for each of thousands of clients would be most of the memory.
	type shard struct {
		mu sync.Mutex
		h  *hdrhistogram.Histogram
	}
	shards, errs := make([]shard, 8), make([]error, clients)
	for i := range shards {
		shards[i].h = newHistogram()
	}
	began := time.Now()
	for i := range clients {
		s := &shards[i%len(shards)]
		wg.Go(func() {
			for time.Since(began) < c.Duration && ctx.Err() == nil {
				at := time.Now()
				if errs[i] = one(ctx, i, n.Add(1)); errs[i] != nil {
					return
				}
				took := time.Since(at)
				s.mu.Lock()
				record(s.h, took)
				s.mu.Unlock()
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	all := newHistogram()
	for i := range shards {
		all.Merge(shards[i].h)
	}
	side := benchSide{
		Name: name, Does: does, Clients: clients, Orders: all.TotalCount(), Seconds: took.Seconds(),
		PerSec: perSecond(all.TotalCount(), took), Latency: latencyOf(all),
	}
	return side, errors.Join(append(errs, ctx.Err())...)
}

// inStore places orders in this process: what the database work alone costs.
func (c *BenchOrdersCmd) inStore(ctx context.Context, dir string, clients int) (side benchSide, err error) {
	s, err := store.Open(ctx, store.Config{Path: filepath.Join(dir, "store.db"), Now: clock})
	if err != nil {
		return side, err
	}
	defer func() { err = errors.Join(err, s.Close(), os.RemoveAll(dir)) }()
	owner := live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}
	if _, err := s.CreateRoom(ctx, live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		return side, err
	}
	if _, err := s.CreateShow(ctx, live.Show{ID: "s1", Room: "r1"}, owner); err != nil {
		return side, err
	}
	item := live.Item{Product: "p", SKU: "a", Title: "A", Price: 1900, Released: live.MaxStock}
	if _, err := s.PutShelf(ctx, "s1", []live.Item{item}, owner, clock()); err != nil {
		return side, err
	}
	if _, err := s.Execute(ctx, live.Command{ID: "start", Name: live.StartShow, Merchant: "m1", Room: "r1", By: owner, Args: json.RawMessage(`{}`)}); err != nil {
		return side, err
	}
	return c.load(ctx, "store", "stock, order, line, fact, postings and event in one synchronous transaction of SQLite, in process", clients,
		func(ctx context.Context, client int, n int64) error {
			_, err := s.PlaceOrder(ctx, live.PlaceOrder{
				ClientID: strconv.FormatInt(n, 10), Room: "r1",
				Buyer: live.Principal{Subject: "v" + strconv.Itoa(client), Role: live.RoleViewer, Merchant: "m1"},
				Lines: []live.WantedLine{{SKU: "a", Qty: 1}},
			})
			return err
		})
}

// onPostgres takes each order in a transaction of its own that locks the row of
// the stock: the way it is mostly done.
func (c *BenchOrdersCmd) onPostgres(ctx context.Context, r rival, clients int) (side benchSide, err error) {
	switch {
	case !r.asked:
		return side, errNotAsked
	case r.missing != nil:
		return benchSide{Name: "postgres", Clients: clients, Skipped: r.missing.Error()}, nil
	}
	address, err := r.postgres.Database(ctx)
	if err != nil {
		return side, err
	}
	shop, err := openRowLockShop(ctx, address, clients)
	if err != nil {
		return side, err
	}
	side, err = c.load(ctx, "postgres", "SELECT ... FOR UPDATE of the stock, UPDATE, INSERT of order and line, COMMIT; synchronous_commit=on", clients, shop.order)
	return side, errors.Join(err, shop.close(ctx))
}

// onRedis takes units off a counter, with nothing else written.
func (c *BenchOrdersCmd) onRedis(ctx context.Context, r rival, clients int) (side benchSide, err error) {
	switch {
	case !r.asked:
		return side, errNotAsked
	case r.missing != nil:
		return benchSide{Name: "redis", Clients: clients, Skipped: r.missing.Error()}, nil
	}
	conns := make([]*redisConn, clients)
	for i := range conns {
		if conns[i], err = r.redis.dial(ctx); err != nil {
			return side, err
		}
		defer conns[i].close()
	}
	if _, err := conns[0].do(redisCommand("SET", "stock", "1000000000")); err != nil {
		return side, err
	}
	const script = `local n = tonumber(redis.call('GET', KEYS[1])) if n < 1 then return -1 end return redis.call('DECR', KEYS[1])`
	take := redisCommand("EVAL", script, "1", "stock")
	return c.load(ctx, "redis", "a script that takes one off a counter, with no order written; appendonly yes, appendfsync always", clients,
		func(_ context.Context, client int, _ int64) error {
			left, err := conns[client].do(take)
			if err == nil && left < 0 {
				err = errors.New("the counter is empty")
			}
			return err
		})
}

// overSockets places orders the way viewers do, on a whole server.
func (c *BenchOrdersCmd) overSockets(ctx context.Context, dir string, stderr io.Writer) (side benchSide, err error) {
	server, err := startBenchServer(ctx, dir, "127.0.0.1:0", stderr, unlimited...)
	if err != nil {
		return side, err
	}
	defer func() { err = errors.Join(err, server.stop()) }()
	target := c.benchTarget
	target.URL, target.Data = server.url, server.data
	stage, err := target.openWith(ctx, 1, live.MaxStock)
	if err != nil {
		return side, err
	}
	conns, err := stage.dialAll(ctx)
	if err != nil {
		return side, err
	}
	load := stage.drive(ctx, conns, func(conn, n int, id string) []byte {
		raw, err := json.Marshal(c.frame(stage, conn, n, id))
		if err != nil {
			panic("BUG: a frame of ours cannot be encoded: " + err.Error())
		}
		return raw
	})
	side = benchSide{
		Name: "websocket", Does: fmt.Sprintf("place_order over websockets to a whole server, %d in flight on each; client and server share this machine", c.Inflight),
		Clients: c.Conns, Orders: load.accepted, Seconds: load.took.Seconds(), PerSec: perSecond(load.accepted, load.took), Latency: latencyOf(load.latency),
	}
	for code, n := range load.refused {
		load.faults = append(load.faults, fmt.Errorf("%d orders refused: %s", n, code))
	}
	return side, errors.Join(load.faults...)
}
