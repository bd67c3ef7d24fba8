package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"showrunner/live"
)

// BenchCreditCmd measures how long it takes until the panel is told who earned
// an order: from the moment a platform begins to post the payment until the
// frame with its credit has arrived, over the whole server: webhook, order book,
// log, ClickHouse, credit, log, room. Without --url it starts a server.
type BenchCreditCmd struct {
	benchTarget
	Rate    float64 `default:"50" help:"Orders paid a second, 1 to 2000."`
	Buyers  int     `default:"1000" help:"Persons who buy, 1 to 100000."`
	Touches int     `default:"8" help:"Touches of each before, 0 to 100."`
	Load    float64 `default:"1" help:"Clicks a second of each connection meanwhile, which are touches too, 0 to 8."`
}

type benchCredit struct {
	benchHost
	Rate     float64      `json:"orders_per_second"`
	Buyers   int          `json:"buyers"`
	Touches  int          `json:"touches_of_each"`
	Load     float64      `json:"clicks_per_second_of_each"`
	Paid     int64        `json:"orders_paid"`
	Credited int64        `json:"orders_credited"`
	Twice    int64        `json:"orders_told_twice"`
	Money    int64        `json:"paid_minor"`
	Earned   int64        `json:"credited_minor"` // credits and unattributed of all frames
	Wait     benchLatency `json:"payment_to_panel"`
	Goal     verdict      `json:"goal"`
}

// creditGoal is what the panel may wait, in milliseconds.
const creditGoal = 2000

// Execute runs the measurement and fails when an order is not told, told twice,
// or its credits are not its money; slowness is told and no fault.
func (c *BenchCreditCmd) Execute(ctx context.Context, stdout, stderr io.Writer) (err error) {
	if c.Rate < 1 || c.Rate > 2000 || c.Buyers < 1 || c.Buyers > 100_000 || c.Touches < 0 || c.Touches > 100 || c.Load < 0 || c.Load > 8 {
		return fmt.Errorf("%w: --rate must be 1 to 2000, --buyers 1 to 100000, --touches 0 to 100, --load 0 to 8", errUsage)
	}
	if c.URL == "" {
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
		c.URL, c.Data = server.url, server.data
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	out, err := c.measure(ctx, s)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	if out.Credited != out.Paid || out.Twice > 0 || out.Earned != out.Money {
		err = fmt.Errorf("%d orders of %d minor units were paid, %d of %d credited, %d told twice", out.Paid, out.Money, out.Credited, out.Earned, out.Twice)
	}
	return errors.Join(writeFigures(stdout, out), err, s.close(ctx))
}

// creditWatch is what the panel has been told.
type creditWatch struct {
	mu     sync.Mutex
	sent   map[live.OrderID]time.Time
	told   map[live.OrderID]bool
	wait   *hdrhistogram.Histogram
	twice  int64
	earned int64
}

func (c *BenchCreditCmd) measure(ctx context.Context, s *benchStage) (*benchCredit, error) {
	hook, err := c.platform(ctx, s)
	if err != nil {
		return nil, err
	}
	if err := c.touch(ctx, s); err != nil {
		return nil, err
	}
	loading, stop := context.WithCancel(ctx)
	defer stop()
	conns, err := s.dialAll(loading)
	if err != nil {
		return nil, err
	}
	var background sync.WaitGroup
	for _, conn := range conns {
		background.Go(func() { conn.receive(loading) })
		if c.Load > 0 {
			background.Go(func() { c.click(loading, conn) })
		}
	}
	panel, err := s.dial(ctx, live.RoleOperator, "panel", url.Values{"panel": {"1"}})
	if err != nil {
		return nil, err
	}
	w := &creditWatch{sent: map[live.OrderID]time.Time{}, told: map[live.OrderID]bool{}, wait: newHistogram()}
	background.Go(func() { w.follow(loading, panel) })

	out := &benchCredit{Rate: c.Rate, Buyers: c.Buyers, Touches: c.Touches, Load: c.Load}
	began := time.Now()
	var posts sync.WaitGroup
	var fault error
	var mu sync.Mutex
	gate := make(chan struct{}, 64)
	for due := began; due.Sub(began) < c.Duration && ctx.Err() == nil; due = due.Add(time.Duration(float64(time.Second) / c.Rate)) {
		if err := sleepFor(ctx, time.Until(due)); err != nil {
			break
		}
		id := live.OrderID(s.name + "-" + strconv.FormatInt(out.Paid, 10))
		minor := 1 + rand.Int64N(50_000)
		out.Paid++
		out.Money += minor
		gate <- struct{}{}
		posts.Go(func() {
			defer func() { <-gate }()
			w.begin(id)
			if err := hook(ctx, id, s.name+"-b"+strconv.Itoa(rand.IntN(c.Buyers)), minor); err != nil {
				mu.Lock()
				fault = errors.Join(fault, err)
				mu.Unlock()
			}
		})
	}
	posts.Wait()
	for end := time.Now().Add(30 * time.Second); w.count() < out.Paid && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(10 * time.Millisecond)
	}
	took := time.Since(began)
	stop()
	closeAll(append(conns, panel))
	background.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	out.benchHost = s.host("credit", took)
	out.Credited, out.Twice, out.Earned, out.Wait = int64(len(w.told)), w.twice, w.earned, latencyOf(w.wait)
	out.Goal = verdict{Target: "p99 from the payment until the panel is told who earned the order, ms", Goal: "below 2000", Ours: spread{out.Wait.P99, out.Wait.P50, out.Wait.Max}, Met: out.Wait.P99 < creditGoal}
	return out, fault
}

// platform integrates a shop and returns how it posts an order with its payment.
func (c *BenchCreditCmd) platform(ctx context.Context, s *benchStage) (func(ctx context.Context, id live.OrderID, buyer string, minor int64) error, error) {
	token, err := s.token(live.RoleMerchant, "owner")
	if err != nil {
		return nil, err
	}
	secret := make([]byte, 24)
	for i := range secret {
		secret[i] = byte(rand.Uint32())
	}
	source := "shop-" + s.name
	err = s.api.do(ctx, simCall{
		Method: http.MethodPut, Path: "/v1/integrations/" + source, Token: token, Key: source,
		Body: map[string]any{"connector": "standard", "secret": "whsec_" + base64.StdEncoding.EncodeToString(secret)},
	}, nil)
	if err != nil {
		return nil, fmt.Errorf("integrate the shop: %w", err)
	}
	return func(ctx context.Context, id live.OrderID, buyer string, minor int64) error {
		at := webhookNow()
		body, err := json.Marshal([]simFact{
			{Type: string(live.OrderCreated), At: at, Data: map[string]any{
				"order_id": id, "show_id": s.show, "user_id": buyer, "currency": "CNY",
				"lines": []any{map[string]any{"line_id": "1", "sku_id": s.skus[0], "qty": 1, "goods_minor": minor}},
			}},
			{Type: string(live.OrderPaid), At: at, Data: map[string]any{"order_id": id, "payment_id": "p", "paid_minor": minor, "currency": "CNY"}},
		})
		if err != nil {
			return fmt.Errorf("encode webhook: %w", err)
		}
		return s.api.do(ctx, simCall{
			Method: http.MethodPost, Path: "/v1/webhooks/" + source + "/orders", Body: body,
			Sign: func(now time.Time, body []byte) http.Header { return simSign(secret, "msg-"+string(id), now, body) },
		}, nil)
	}, nil
}

// touch states the touches of all buyers before the sale.
func (c *BenchCreditCmd) touch(ctx context.Context, s *benchStage) error {
	token, err := s.token(live.RoleIntegration, "crm")
	if err != nil {
		return err
	}
	var list []any
	post := func() error {
		if len(list) == 0 {
			return nil
		}
		err := s.api.do(ctx, simCall{Method: http.MethodPost, Path: "/v1/events", Token: token, Body: list}, nil)
		list = nil
		if err != nil {
			return fmt.Errorf("state touches: %w", err)
		}
		return nil
	}
	for b := range c.Buyers {
		for n := range c.Touches {
			list = append(list, map[string]any{
				"event_id": fmt.Sprintf("%s-%d-%d", s.name, b, n), "type": []string{"ad_clicked", "group_joined", "touch_sent", "service_session_started"}[n%4],
				"user_id": s.name + "-b" + strconv.Itoa(b), "occurred_at": time.Now().Add(-time.Duration(n) * time.Hour).UTC().Format(time.RFC3339Nano),
				"data": map[string]any{"group_id": "g" + strconv.Itoa(b%839), "agent_id": "a" + strconv.Itoa(b%20), "session_id": "x"},
			})
		}
		if len(list) > 4000 {
			if err := post(); err != nil {
				return err
			}
		}
	}
	return post()
}

// click is the background load of one connection.
func (c *BenchCreditCmd) click(ctx context.Context, conn *benchConn) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / c.Load))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		id := strconv.Itoa(n)
		if conn.send(ctx, id, []byte(`{"id":"`+id+`","type":"product_clicked","data":{"product_id":"p0","surface":"list"}}`)) != nil {
			return
		}
	}
}

func (w *creditWatch) begin(id live.OrderID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent[id] = time.Now()
}

func (w *creditWatch) count() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return int64(len(w.told))
}

// follow reads the panel's frames until the connection ends.
func (w *creditWatch) follow(ctx context.Context, panel *benchConn) {
	for {
		_, raw, err := panel.ws.Read(ctx)
		if err != nil {
			return
		}
		var f struct {
			Type   string `json:"type"`
			Events []struct {
				Type live.Kind `json:"type"`
				Data struct {
					Order        live.OrderID `json:"order_id"`
					Unattributed int64        `json:"unattributed_minor"`
					More         int64        `json:"more_credits_minor"`
					Credits      []struct {
						Minor int64 `json:"value_minor"`
					} `json:"credits"`
				} `json:"data"`
			} `json:"events"`
		}
		now := time.Now()
		if json.Unmarshal(raw, &f) != nil || f.Type != "events" {
			continue
		}
		w.mu.Lock()
		for i := range f.Events {
			d := &f.Events[i].Data
			sent, ours := w.sent[d.Order]
			if f.Events[i].Type != live.OrderAttributed || !ours {
				continue
			}
			if w.told[d.Order] {
				w.twice++
				continue
			}
			w.told[d.Order] = true
			record(w.wait, now.Sub(sent))
			w.earned += d.Unattributed + d.More
			for _, c := range d.Credits {
				w.earned += c.Minor
			}
		}
		w.mu.Unlock()
	}
}
