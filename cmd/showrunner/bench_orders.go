package main

import (
	"context"
	"io"
	"strconv"
)

// BenchOrdersCmd measures how many orders the server places: each one is a
// reservation of stock, the order and its event in one transaction.
type BenchOrdersCmd struct {
	benchTarget
	OneSKU bool `name:"one-sku" help:"All orders fight for the stock of one SKU, as in a flash sale."`
}

// Execute runs the measurement.
func (c *BenchOrdersCmd) Execute(ctx context.Context, stdout, _ io.Writer) error {
	return c.acks(ctx, stdout, "orders", func(s *benchStage, conn, n int, id string) any {
		sku := s.skus[0]
		if !c.OneSKU {
			sku = s.skus[(conn+n)%len(s.skus)]
		}
		return simFrame{ID: id, Type: "place_order", Data: map[string]any{
			"client_order_id": s.name + "." + strconv.Itoa(conn) + "." + id,
			"lines":           []any{map[string]any{"sku_id": sku, "qty": 1}},
		}}
	})
}
