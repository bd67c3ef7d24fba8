package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"golang.org/x/sync/errgroup"

	"showrunner/live"
)

// flashSale is what became of one sale.
type flashSale struct {
	Acknowledged int              `json:"orders_acknowledged"`
	Cancelled    int              `json:"orders_cancelled_by_buyers"`
	SoldOut      int64            `json:"buyers_told_sold_out"`
	Refused      map[string]int64 `json:"refused_otherwise"`
	Retries      int64            `json:"requests_sent_again"`
	KilledAfter  int64            `json:"killed_after_orders"`
	DownMS       float64          `json:"down_ms"` // from the kill until the new process listens
	Seconds      float64          `json:"seconds"`
	OrdersSec    float64          `json:"orders_per_second_until_sold_out"` // with the time the server was down
	AnswersSec   float64          `json:"answers_per_second"`
	Answer       benchLatency     `json:"answer"`  // a buyer's wait for the final answer, over the kill and all retries
	Request      benchLatency     `json:"request"` // the request alone that brought it
	Audit        flashAudit       `json:"audit"`
}

type benchFlash struct {
	Transport string      `json:"transport"`
	Buyers    int         `json:"buyers"`
	Stock     int         `json:"stock"`
	Sales     []flashSale `json:"sales"`
}

// flashCrowd is the buyers of a sale and what they were promised.
type flashCrowd struct {
	stage   *benchStage
	client  *http.Client
	slots   chan struct{} // as many buyers as connections ask at a time
	kill    int64         // acknowledged orders after which the server is killed
	due     chan struct{} // closed when it is
	acked   atomic.Int64
	retries atomic.Int64
	soldOut atomic.Int64

	mu        sync.Mutex
	orders    map[live.OrderID]live.PersonID
	cancelled map[live.OrderID]bool
	refused   map[string]int64
	latency   *hdrhistogram.Histogram
	request   *hdrhistogram.Histogram
	last      time.Time // the last acknowledgement of an order
}

func (c *BenchOrdersCmd) flash(ctx context.Context, stderr io.Writer) (*benchFlash, error) {
	if c.Buyers < 10 || c.Buyers > 100_000 || c.Stock < 10 || c.Stock > 100_000 {
		return nil, fmt.Errorf("%w: --buyers and --stock must be 10 to 100000", errUsage)
	}
	out := &benchFlash{Transport: "http", Buyers: c.Buyers, Stock: c.Stock}
	for range c.Rounds {
		sale, err := c.sell(ctx, stderr)
		if err != nil {
			return nil, err
		}
		out.Sales = append(out.Sales, sale)
	}
	return out, nil
}

// sell holds one sale on a server of its own.
func (c *BenchOrdersCmd) sell(ctx context.Context, stderr io.Writer) (sale flashSale, err error) {
	data, err := os.MkdirTemp("", "showrunner-flash-")
	if err != nil {
		return sale, fmt.Errorf("make a data folder: %w", err)
	}
	server, err := startBenchServer(ctx, data, "127.0.0.1:0", stderr, unlimited...)
	if err != nil {
		return sale, errors.Join(err, os.RemoveAll(data))
	}
	defer func() { err = errors.Join(err, server.stop(), os.RemoveAll(data)) }()
	target := c.benchTarget
	target.URL, target.Data = server.url, data
	stage, err := target.openWith(ctx, 1, int64(c.Stock))
	if err != nil {
		return sale, err
	}
	crowd := &flashCrowd{
		stage: stage, kill: int64(c.Stock/4 + rand.IntN(c.Stock/2)), due: make(chan struct{}),
		orders: map[live.OrderID]live.PersonID{}, cancelled: map[live.OrderID]bool{}, refused: map[string]int64{}, latency: newHistogram(), request: newHistogram(),
		slots: make(chan struct{}, c.Conns),
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: time.Second}).DialContext, MaxConnsPerHost: c.Conns, MaxIdleConnsPerHost: c.Conns,
		}},
	}
	tokens := make([]string, c.Buyers)
	for i := range tokens {
		if tokens[i], err = stage.token(live.RoleViewer, "b"+strconv.Itoa(i+1)); err != nil {
			return sale, err
		}
	}
	began := time.Now()
	g, gctx := errgroup.WithContext(ctx)
	for i, token := range tokens {
		g.Go(func() error { return crowd.buyer(gctx, i, token) })
	}
	g.Go(func() error {
		select {
		case <-crowd.due:
		case <-gctx.Done():
			return gctx.Err()
		}
		killed := time.Now()
		server.kill()
		next, err := startBenchServer(gctx, data, strings.TrimPrefix(server.url, "http://"), stderr, unlimited...)
		if err != nil {
			return err
		}
		server = next
		sale.DownMS = float64(time.Since(killed).Microseconds()) / 1000
		return nil
	})
	if err := g.Wait(); err != nil {
		return sale, err
	}
	took := time.Since(began)
	sale.Acknowledged, sale.Cancelled, sale.SoldOut, sale.Refused = len(crowd.orders), len(crowd.cancelled), crowd.soldOut.Load(), crowd.refused
	sale.Retries, sale.KilledAfter, sale.Seconds = crowd.retries.Load(), crowd.kill, took.Seconds()
	sale.OrdersSec = perSecond(int64(len(crowd.orders)), crowd.last.Sub(began))
	sale.AnswersSec, sale.Answer = perSecond(int64(c.Buyers), took), latencyOf(crowd.latency)
	sale.Request = latencyOf(crowd.request)
	if err := crowd.askAPI(ctx, &sale.Audit); err != nil {
		return sale, err
	}
	if err := server.stop(); err != nil {
		return sale, err
	}
	return sale, crowd.readBooks(ctx, data, &sale.Audit)
}

// buyer wants one unit and asks until the answer is final. Every tenth who gets
// one gives it back, which puts it on sale again.
func (f *flashCrowd) buyer(ctx context.Context, i int, token string) error {
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	name := "b" + strconv.Itoa(i+1)
	began := time.Now()
	var placed struct {
		OrderID live.OrderID `json:"order_id"`
	}
	code, err := f.ask(ctx, simCall{
		Method: http.MethodPost, Path: "/v1/shows/" + string(f.stage.show) + "/orders", Token: token,
		Body: map[string]any{"client_order_id": "flash-" + name, "lines": []any{map[string]any{"sku_id": f.stage.skus[0], "qty": 1}}},
	}, &placed)
	if err != nil {
		return err
	}
	now := time.Now()
	f.mu.Lock()
	record(f.latency, now.Sub(began))
	if code == "" {
		f.orders[placed.OrderID], f.last = live.PersonID(f.stage.name+"-"+name), now
	} else if code != "out_of_stock" {
		f.refused[code]++
	}
	f.mu.Unlock()
	if code != "" {
		f.soldOut.Add(map[bool]int64{true: 1}[code == "out_of_stock"])
		return nil
	}
	if f.acked.Add(1) == f.kill {
		close(f.due)
	}
	if i%10 != 0 {
		return nil
	}
	code, err = f.ask(ctx, simCall{Method: http.MethodPost, Path: "/v1/orders/" + string(placed.OrderID) + "/cancel", Token: token}, nil)
	if err != nil {
		return err
	}
	if code != "" && code != "wrong_state" { // wrong_state: our first try did it
		return fmt.Errorf("cancel %s: %s", placed.OrderID, code)
	}
	f.mu.Lock()
	f.cancelled[placed.OrderID] = true
	f.mu.Unlock()
	return nil
}

// ask sends a call until its answer is final; code is that of a refusal.
func (f *flashCrowd) ask(ctx context.Context, call simCall, out any) (code string, err error) {
	body, err := simBody(call.Body)
	if err != nil {
		return "", err
	}
	api := &simAPI{base: f.stage.api.base, client: f.client}
	for until := time.Now().Add(2 * time.Minute); ; f.retries.Add(1) {
		sent := time.Now()
		answer, err := api.once(ctx, call, body)
		took := time.Since(sent)
		if err == nil && out != nil {
			err = json.Unmarshal(answer, out)
		}
		p, refused := errors.AsType[*simProblem](err)
		if err == nil || refused && p.Status < 500 && p.Status != http.StatusTooManyRequests {
			f.mu.Lock()
			record(f.request, took)
			f.mu.Unlock()
			if refused {
				return p.Code, nil
			}
			return "", nil
		}
		if time.Now().After(until) {
			return "", fmt.Errorf("%s %s: given up: %w", call.Method, call.Path, err)
		}
		if err := sleepFor(ctx, 20*time.Millisecond); err != nil {
			return "", err
		}
	}
}
