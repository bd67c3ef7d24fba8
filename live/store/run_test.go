package store

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// A burst of orders is told to the room as one number per SKU, and the last
// one told is the true one.
func TestRunTellsStock(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 50)
	n := len(events(t, s))
	for i := range 20 {
		mustBuy(t, s, "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	told := func() (list []int64) {
		for _, e := range events(t, s)[n:] {
			var data struct {
				SKU  live.SKUID `json:"sku_id"`
				Left int64      `json:"left"`
			}
			if e.Kind != live.StockChanged {
				continue
			}
			if err := json.Unmarshal(e.Data, &data); err != nil || data.SKU != "a" {
				t.Errorf("data = %s, %v", e.Data, err)
			}
			list = append(list, data.Left)
		}
		return list
	}
	await(t, "the stock to be told", func() bool { return len(told()) > 0 })
	mustBuy(t, s, "v1", "last", live.WantedLine{SKU: "a", Qty: 1})
	await(t, "the last order to be told", func() bool { l := told(); return l[len(l)-1] == 29 })
	if l := told(); len(l) != 2 || l[0] != 30 {
		t.Errorf("told %v, want [30 29]", l)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}

func TestRunExpires(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	p := mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	c.add(20 * time.Minute)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	await(t, "the order to expire", func() bool { return order(t, s, p.ID).Cancel == live.CancelTimeout })
	wantStock(t, s, "a", 5, 0, 0)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("run: %v", err)
	}
}
