package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"
)

// BenchOrdersCmd measures how many orders the server places: each one is a
// reservation of stock, the order and its event in one transaction.
type BenchOrdersCmd struct {
	benchTarget
	OneSKU  bool     `name:"one-sku" help:"All orders fight for the stock of one SKU, as in a flash sale."`
	Flash   bool     `help:"A flash sale on servers of the bench's own, each killed in the middle of it; then count every unit. Exits with an error when one is wrong."`
	Buyers  int      `default:"10000" help:"With --flash: buyers, 10 to 100000."`
	Stock   int      `default:"1000" help:"With --flash: units on sale, 10 to 100000."`
	Rounds  int      `default:"3" aliases:"runs" help:"Sales of --flash, and rounds of --compare, 1 to 100."`
	Compare []string `placeholder:"postgres,redis" enum:"postgres,redis" help:"Measure the store beside a transaction per order on PostgreSQL, and beside a counter in Redis, in turns; both are started by the bench. States which goals are met."`
}

// Execute runs the measurement.
func (c *BenchOrdersCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	if c.Flash || len(c.Compare) > 0 {
		return c.accept(ctx, stdout, stderr)
	}
	return c.acks(ctx, stdout, "orders", c.frame)
}

// benchAcceptance is what --flash and --compare found, and whether it is good.
type benchAcceptance struct {
	benchHost
	Flash      *benchFlash      `json:"flash,omitempty"`
	Comparison *benchComparison `json:"comparison,omitempty"`
	Verdict    benchVerdict     `json:"verdict"`
}

// benchVerdict says what must not be and was, and which goals of speed are met.
// Only violations make the bench fail: how fast a machine is, is no fault.
type benchVerdict struct {
	OK         bool        `json:"ok"`
	Violations []string    `json:"violations"`
	Goals      []benchGoal `json:"goals,omitempty"`
}

func (c *BenchOrdersCmd) accept(ctx context.Context, stdout, stderr io.Writer) error {
	if c.Rounds < 1 || c.Rounds > 100 || c.Conns < 1 || c.Conns > 20_000 || c.Inflight < 1 || c.Inflight > 256 {
		return fmt.Errorf("%w: --rounds must be 1 to 100, --conns 1 to 20000, --inflight 1 to 256", errUsage)
	}
	began := time.Now()
	out := benchAcceptance{Verdict: benchVerdict{Violations: []string{}}}
	var faults error
	if c.Flash {
		var err error
		if out.Flash, err = c.flash(ctx, stderr); err != nil {
			return err
		}
		for i, s := range out.Flash.Sales {
			if err := s.Audit.fault(c.Stock); err != nil {
				err = fmt.Errorf("sale %d: %w", i+1, err)
				out.Verdict.Violations = append(out.Verdict.Violations, err.Error())
				faults = errors.Join(faults, err)
			}
		}
	}
	if len(c.Compare) > 0 {
		var err error
		if out.Comparison, err = c.compare(ctx, stderr); err != nil {
			return err
		}
		out.Verdict.Goals = goalsOf(out.Comparison.Sides)
	}
	out.Verdict.OK = faults == nil
	out.benchHost = (&benchStage{target: c.benchTarget}).host("orders", time.Since(began))
	return errors.Join(writeFigures(stdout, out), faults)
}

func (c *BenchOrdersCmd) frame(s *benchStage, conn, n int, id string) any {
	sku := s.skus[0]
	if !c.OneSKU {
		sku = s.skus[(conn+n)%len(s.skus)]
	}
	return simFrame{ID: id, Type: "place_order", Data: map[string]any{
		"client_order_id": s.name + "." + strconv.Itoa(conn) + "." + id,
		"lines":           []any{map[string]any{"sku_id": sku, "qty": 1}},
	}}
}
