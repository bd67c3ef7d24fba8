package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"time"

	"showrunner/live"
)

// BenchFreshnessCmd measures how old the figures of a panel are: from the ack of
// a comment or an order until a snapshot frame counts it.
type BenchFreshnessCmd struct {
	benchTarget
	Load float64 `default:"1" help:"Likes a second of each connection meanwhile, 0 to 8."`
}

type benchFreshness struct {
	benchHost
	Load    float64      `json:"likes_per_second_of_each"`
	Comment benchLatency `json:"comment"`
	Order   benchLatency `json:"order"`
}

// Execute runs the measurement: one comment and one order after the other, so
// that each frame's count can be put to one cause.
func (c *BenchFreshnessCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	if c.Load < 0 || c.Load > 8 {
		return fmt.Errorf("%w: --load must be 0 to 8", errUsage)
	}
	s, err := c.open(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conns, err := s.dialAll(ctx)
	if err != nil {
		return errors.Join(err, s.close(ctx))
	}
	var background sync.WaitGroup
	for _, conn := range conns {
		background.Go(func() { conn.receive(ctx) })
		if c.Load > 0 {
			background.Go(func() { c.like(ctx, conn) })
		}
	}
	comments, orders := newHistogram(), newHistogram()
	began := time.Now()
	err = c.measure(ctx, s, func(order bool, d time.Duration) {
		if order {
			record(orders, d)
		} else {
			record(comments, d)
		}
	})
	took := time.Since(began)
	cancel()
	closeAll(conns)
	background.Wait()
	out := benchFreshness{benchHost: s.host("freshness", took), Load: c.Load, Comment: latencyOf(comments), Order: latencyOf(orders)}
	return errors.Join(writeFigures(stdout, out), err, s.close(ctx))
}

// like is the background load of one connection.
func (c *BenchFreshnessCmd) like(ctx context.Context, conn *benchConn) {
	tick := time.NewTicker(time.Duration(float64(time.Second) / c.Load))
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		id := strconv.Itoa(n)
		if conn.send(ctx, id, []byte(`{"id":"`+id+`","type":"liked","data":{"count":1}}`)) != nil {
			return
		}
	}
}

// measure states facts one by one and waits until the panel shows each.
func (c *BenchFreshnessCmd) measure(ctx context.Context, s *benchStage, note func(order bool, d time.Duration)) error {
	panel, err := s.dial(ctx, live.RoleOperator, "panel", url.Values{"panel": {"1"}})
	if err != nil {
		return err
	}
	defer closeAll([]*benchConn{panel})
	viewer, err := s.dial(ctx, live.RoleViewer, "measured", url.Values{"channel": {"bench"}})
	if err != nil {
		return err
	}
	defer closeAll([]*benchConn{viewer})
	type counts struct {
		Comments int64 `json:"comment_pv"`
		Orders   int64 `json:"orders"`
	}
	frames := make(chan counts, 256)
	go func() {
		defer close(frames)
		for {
			_, raw, err := panel.ws.Read(ctx)
			if err != nil {
				return
			}
			var f struct {
				Type    string `json:"type"`
				Metrics counts `json:"metrics"`
			}
			if json.Unmarshal(raw, &f) == nil && f.Type == "snapshot" {
				select {
				case frames <- f.Metrics:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	go viewer.receive(ctx)
	var stated counts
	for end, n := time.Now().Add(c.Duration), 0; time.Now().Before(end); n++ {
		order := n%2 == 1
		f := simFrame{ID: strconv.Itoa(n), Type: string(live.CommentSent), Data: map[string]any{"text": "how fresh is this?"}}
		if order {
			f.Type, f.Data = "place_order", map[string]any{
				"client_order_id": s.name + "." + f.ID, "lines": []any{map[string]any{"sku_id": s.skus[n/2%len(s.skus)], "qty": 1}},
			}
			stated.Orders++
		} else {
			stated.Comments++
		}
		raw, err := json.Marshal(f)
		if err != nil {
			return fmt.Errorf("encode frame: %w", err)
		}
		if err := viewer.send(ctx, f.ID, raw); err != nil {
			return err
		}
		for waiting([]*benchConn{viewer}) > 0 && ctx.Err() == nil {
			time.Sleep(100 * time.Microsecond)
		}
		acked := time.Now()
		late := time.After(30 * time.Second)
		for shown := (counts{}); shown.Comments < stated.Comments || shown.Orders < stated.Orders; {
			var open bool
			select {
			case shown, open = <-frames:
				if !open {
					return errors.New("the panel's connection ended")
				}
			case <-late:
				return fmt.Errorf("no snapshot showed %+v within 30 s; was the frame refused? start the server with --rate-limits off", stated)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		note(order, time.Since(acked))
		// Two a second is what a person may write, with limits on. The rest of
		// the pause is drawn over the second between two snapshots: a fact
		// stated right behind one would always wait the whole second.
		if err := sleepFor(ctx, 300*time.Millisecond+rand.N(time.Second)); err != nil {
			return err
		}
	}
	return nil
}
