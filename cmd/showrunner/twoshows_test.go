package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

// startServer runs the server in this process, on its own clock.
func startServer(t *testing.T, c *ServeCmd) (url string) {
	t.Helper()
	if c.now != nil {
		c.BehaviourDays = 0 // ClickHouse goes by the machine's clock, for which all of it may be long ago.
	}
	server, err := c.background(context.Background(), io.Discard, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.stop(); err != nil {
			t.Errorf("server: %v", err)
		}
	})
	return server.url
}

// TestTwoShows runs two merchants' shows at once, one of them across midnight
// in its merchant's time zone. Nothing of one is in the other, and the report
// splits the first by the merchant's days.
func TestTwoShows(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	// The server's clock starts 25 s before a Shanghai midnight and runs on.
	local := time.Now().In(shanghai)
	midnight := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, shanghai)
	var shift atomic.Int64 // nanoseconds
	begin := func(before time.Duration) { shift.Store(int64(time.Until(midnight.Add(-before)))) }
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	begin(25 * time.Second)

	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.RateLimits, c.now = t.TempDir(), "127.0.0.1:0", "warn", "off", now
	url := startServer(t, c)
	// However long the start took, the shows begin 4 s before midnight.
	begin(4 * time.Second)

	a := newStageAt(t, now, url, c.Data, "m-a", "r-a", "Asia/Shanghai", good{"pa", "sku-a", 1000, 50})
	b := newStageAt(t, now, url, c.Data, "m-b", "r-b", "UTC", good{"pb", "sku-b", 777, 50})

	ctx := deadline(t, 3*time.Minute)
	buy := func(s *stage, who, sku string, n int, price int64) {
		t.Helper()
		v := s.viewer(who, "channel=search")
		defer v.close()
		for i := range n {
			if ack, err := v.do(ctx, object{"type": "comment_sent", "data": object{"text": "hi"}}); err != nil || ack["ok"] != true {
				t.Fatalf("comment: %v %v", ack, err)
			}
			ack, err := v.do(ctx, object{"type": "place_order", "data": object{
				"client_order_id": fmt.Sprintf("%s-%d", who, i), "lines": []object{{"sku_id": sku, "qty": 1}},
			}})
			if err != nil || ack["ok"] != true {
				t.Fatalf("order: %v %v", ack, err)
			}
			order := ack["data"].(object)["order_id"].(string)
			s.hook("w-"+order, s.paidFact(order, "p-"+order, price))
		}
	}
	buy(a, "ann", "sku-a", 3, 1000)
	buy(b, "bob", "sku-b", 2, 777)
	if !now().Before(midnight) {
		t.Skipf("the machine was too slow: midnight passed before the first orders were in")
	}
	for now().Before(midnight.Add(time.Second)) {
		sleep(ctx, 100*time.Millisecond)
	}
	buy(a, "ann2", "sku-a", 4, 1000)
	buy(b, "bob2", "sku-b", 5, 777)
	a.command("end_show", object{})
	b.command("end_show", object{})
	a.reconciled(time.Minute)
	b.reconciled(time.Minute)

	for _, want := range []struct {
		s                          *stage
		comments, orders, paid, uv int64
	}{{a, 7, 7, 7000, 2}, {b, 7, 7, 7 * 777, 2}} {
		for key, n := range map[string]int64{
			"comment_pv": want.comments, "orders": want.orders, "gmv_paid_minor": want.paid, "watch_uv": want.uv,
		} {
			if got := want.s.count(key); got != n {
				t.Errorf("%s: %s is %d, want %d", want.s.merchant, key, got, n)
			}
		}
	}

	var report struct {
		Days []struct {
			Day    string `json:"day"`
			Orders int64  `json:"orders"`
			Paid   int64  `json:"gmv_paid_minor"`
		} `json:"days"`
	}
	a.report(&report)
	first, second := midnight.Add(-time.Minute).Format(time.DateOnly), midnight.Format(time.DateOnly)
	if len(report.Days) != 2 || report.Days[0].Day != first || report.Days[0].Paid != 3000 ||
		report.Days[1].Day != second || report.Days[1].Paid != 4000 {
		t.Errorf("days of the show across midnight: %+v", report.Days)
	}
	b.report(&report)
	if len(report.Days) != 1 {
		t.Errorf("days of the show in UTC: %+v", report.Days)
	}

	// Nobody of one merchant sees the other's show.
	for _, path := range []string{"", "/shelf", "/snapshot", "/timeline", "/funnel", "/products", "/sources", "/report?format=json", "/reconciliation"} {
		status, body, err := call(ctx, http.MethodGet, b.path(path), a.merch, nil)
		if err != nil {
			t.Fatal(err)
		}
		if status != http.StatusNotFound {
			t.Errorf("GET %s with another merchant's token: %d %s", path, status, body)
		}
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	must(t, "GET", url+"/v1/shows", a.merch, nil, &list)
	if len(list.Items) != 1 {
		t.Errorf("merchant a lists %d shows", len(list.Items))
	}
	stranger := newSocket(url, b.room, a.tokens.sign(live.RoleViewer, "ann", a.merchant), "")
	defer stranger.close()
	if _, err := stranger.do(ctx, object{"type": "followed"}); err == nil {
		t.Error("a viewer of one merchant entered another's room")
	}
}
