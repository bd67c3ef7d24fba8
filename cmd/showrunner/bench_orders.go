package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
)

// BenchOrdersCmd measures how many orders the server places: each one is a
// reservation of stock, the order and its event in one transaction.
type BenchOrdersCmd struct {
	benchTarget
	OneSKU  bool     `name:"one-sku" help:"All orders fight for the stock of one SKU, as in a flash sale."`
	Flash   bool     `help:"A flash sale on servers of the bench's own, each killed in the middle of it; then count every unit."`
	Buyers  int      `default:"10000" help:"With --flash: buyers, 10 to 100000."`
	Stock   int      `default:"1000" help:"With --flash: units on sale, 10 to 100000."`
	Runs    int      `default:"3" help:"With --flash: sales, 1 to 100."`
	Compare []string `placeholder:"postgres,redis" enum:"postgres,redis" help:"Measure the store beside a transaction per order on PostgreSQL, and beside a counter in Redis; both are started by the bench."`
}

// Execute runs the measurement.
func (c *BenchOrdersCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	switch {
	case c.Flash && len(c.Compare) > 0:
		return fmt.Errorf("%w: --flash and --compare are two measurements", errUsage)
	case c.Flash:
		return c.flash(ctx, stdout, stderr)
	case len(c.Compare) > 0:
		return c.compare(ctx, stdout, stderr)
	}
	return c.acks(ctx, stdout, "orders", c.frame)
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
