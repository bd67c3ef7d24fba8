package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

// TestDemoShopFlag holds where a demo shop may be open.
func TestDemoShopFlag(t *testing.T) {
	if got := newServe().DemoShop; got != "off" {
		t.Errorf("without the flag it is %s", got)
	}
	for name, tc := range map[string]struct {
		change func(*ServeCmd)
		fault  string // part of it; empty: none
	}{
		"on this machine":         {func(c *ServeCmd) { c.DemoShop = "on" }, ""},
		"on this machine by name": {func(c *ServeCmd) { c.DemoShop, c.Addr = "on", "localhost:8080" }, ""},
		"on this machine by IPv6": {func(c *ServeCmd) { c.DemoShop, c.Addr = "on", "[::1]:8080" }, ""},
		"on every address":        {func(c *ServeCmd) { c.DemoShop, c.Addr = "on", ":8080" }, "or say public"},
		"on every IPv4 address":   {func(c *ServeCmd) { c.DemoShop, c.Addr = "on", "0.0.0.0:8080" }, "or say public"},
		"on a name":               {func(c *ServeCmd) { c.DemoShop, c.Addr = "on", "live.example.com:80" }, "or say public"},
		"behind a public address": {func(c *ServeCmd) { c.DemoShop, c.PublicURL = "on", "https://live.example.com" }, "or say public"},
		"behind a proxy":          {func(c *ServeCmd) { c.DemoShop, c.TrustedProxy = "on", []string{"10.0.0.0/8"} }, "or say public"},
		"stated":                  {func(c *ServeCmd) { c.DemoShop, c.Addr = "public", "0.0.0.0:8080" }, ""},
		"of several servers": {func(c *ServeCmd) {
			c.DemoShop, c.Database, c.NATS, c.ClickHouse, c.Node = "public", "postgres://h/d", "nats://h:4222", "clickhouse://h:9000/d", "a"
		}, "--node"},
	} {
		c := newServe()
		tc.change(c)
		err := c.validate()
		switch {
		case tc.fault == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tc.fault != "" && (err == nil || !strings.Contains(err.Error(), "--demo-shop: ") || !strings.Contains(err.Error(), tc.fault)):
			t.Errorf("%s: error = %v, want one of --demo-shop with %q", name, err, tc.fault)
		}
	}
}

// TestDemoShopTells buys at a real server and pays there, the first payments of
// two merchants at once: each is stated by a signed webhook that came in by the
// public door, the books agree, and the report has the money.
func TestDemoShopTells(t *testing.T) {
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.DemoShop = t.TempDir(), "127.0.0.1:0", "error", "on"
	url := startServer(t, c)
	for range 2 { // A second start finds the show that is on air.
		if err := stageTry(t.Context(), url, c.Data, "m-try"); err != nil {
			t.Fatal(err)
		}
	}
	var on struct {
		Items []struct{ State string }
	}
	must(t, http.MethodGet, url+"/v1/shows?room_id="+tryRoom, tokens{t, c.Data, clock}.sign(live.RoleMerchant, "boss", "m-try"), nil, &on)
	if len(on.Items) != 1 || on.Items[0].State != "live" {
		t.Errorf("to try there is %+v, want one show on air", on.Items)
	}
	const buyers, price = 4, 19900
	type turn struct{ token, order string }
	var stages []*stage
	var turns []turn
	for _, m := range []string{"m-a", "m-b"} {
		s := newStage(t, url, c.Data, m, "r-"+m, "Asia/Shanghai", good{"knife", "knife-20", price, 50})
		stages = append(stages, s)
		for i := range buyers {
			token := s.tokens.sign(live.RoleViewer, fmt.Sprint("buyer-", i), m)
			var order struct {
				ID string `json:"order_id"`
			}
			must(t, http.MethodPost, s.path("/orders"), token, object{"client_order_id": "c1", "lines": []object{{"sku_id": "knife-20", "qty": 1}}}, &order)
			turns = append(turns, turn{token, order.ID})
		}
	}
	ctx := deadline(t, time.Minute)
	var all sync.WaitGroup
	for _, x := range turns {
		for range 2 { // The button is pressed twice.
			all.Go(func() {
				status, raw, err := call(ctx, http.MethodPost, url+"/v1/demo-shop/orders/"+x.order+"/payment", x.token, object{"outcome": "paid"})
				var paid struct {
					State string   `json:"state"`
					Paid  int64    `json:"paid_minor"`
					Flags []string `json:"flags"`
				}
				if err = errors.Join(err, json.Unmarshal(raw, &paid)); err != nil || status != http.StatusOK || paid.State != "paid" || paid.Paid != price || len(paid.Flags) > 0 {
					t.Errorf("%s: %d %v %s", x.order, status, err, raw)
				}
			})
		}
	}
	all.Wait()
	for _, s := range stages {
		s.command("end_show", object{})
		eventually(t, 30*time.Second, "the books agree on the money of "+s.merchant, func() bool {
			var r reconciliation
			must(t, http.MethodGet, s.path("/reconciliation"), s.merch, nil, &r)
			for _, row := range r.Rows {
				if row.Figure == "gmv_paid_minor" {
					return r.Agree && row.Ledger == buyers*price && row.Report == buyers*price
				}
			}
			return false
		})
	}
}
