package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// pastFigures are figures of past shows by where they came from.
func pastFigures(t *testing.T, url, how string) float64 {
	t.Helper()
	return series(t, url, `showrunner_figures_of_past_shows_total{how="`+how+`"}`)
}

var pageAsOf = regexp.MustCompile(`"as_of":"[^"]*"`)

// series is what one series of /metrics stands at.
func series(t *testing.T, url, name string) float64 {
	t.Helper()
	res, err := http.Get(url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if value, ok := strings.CutPrefix(string(line), name+" "); ok {
			x, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
	}
	t.Fatalf("/metrics has no %s", name)
	return 0
}

// TestFiguresAfterRestart: pages and the report of a show that is over are the same
// bytes when they are counted, from memory, after a restart, and when they were
// counted before anybody asked; a refund is in all of them.
func TestFiguresAfterRestart(t *testing.T) {
	var shift atomic.Int64 // nanoseconds
	now := func() time.Time { return clock().Add(time.Duration(shift.Load())).Truncate(time.Millisecond) }
	data := t.TempDir()
	var s *stage
	var running *background
	start := func(ahead int) {
		t.Helper()
		c := newServe()
		c.Data, c.Addr, c.LogLevel, c.RateLimits, c.BehaviourDays, c.CountAheadDays, c.now = data, "127.0.0.1:0", "warn", "off", 0, ahead, now
		var err error
		if running, err = c.background(context.Background(), io.Discard, t.Output()); err != nil {
			t.Fatal(err)
		}
		if s != nil {
			s.url = running.url
		}
	}
	stop := func() {
		t.Helper()
		if err := running.stop(); err != nil {
			t.Error(err)
		}
	}
	start(0)
	defer func() { stop() }()
	s = newStageAt(t, now, running.url, data, "m-past", "r-past", "Asia/Shanghai", good{"shirt", "sku-1", 9900, 50}, good{"cup", "sku-2", 2500, 50})
	ctx := deadline(t, 3*time.Minute)
	var first string
	for i := range 6 {
		v := s.viewer(fmt.Sprint("viewer-", i), "channel=search")
		if ack, err := v.do(ctx, object{"type": "comment_sent", "data": object{"text": "hi"}}); err != nil || ack["ok"] != true {
			t.Fatalf("comment: %v %v", ack, err)
		}
		ack, err := v.do(ctx, object{"type": "place_order", "data": object{"client_order_id": fmt.Sprint("o", i), "lines": []object{{"sku_id": "sku-1", "qty": 1}}}})
		if err != nil || ack["ok"] != true {
			t.Fatalf("order: %v %v", ack, err)
		}
		order := ack["data"].(object)["order_id"].(string)
		s.hook("w-"+order, s.paidFact(order, "p-"+order, 9900))
		if first == "" {
			first = order
		}
		v.close()
	}
	s.command("end_show", object{})
	s.reconciled(time.Minute)
	stand := func(after time.Duration) {
		shift.Store(int64(after))
		s.merch, s.operator = s.tokens.sign(live.RoleMerchant, "boss", s.merchant), s.tokens.sign(live.RoleOperator, "op", s.merchant)
	}
	stand(5 * time.Hour) // Nothing is answered from memory any more.
	sleep(ctx, 3*time.Second)
	asOf := url.QueryEscape(now().UTC().Format(time.RFC3339Nano))
	pages := func(report string) map[string]string {
		t.Helper()
		sleep(ctx, answersFor+100*time.Millisecond)
		out := map[string]string{}
		for _, path := range []string{"/timeline", "/funnel", "/products", "/sources", "/report?format=json&as_of=" + report, "/report?format=html&as_of=" + report} {
			status, body, err := call(ctx, http.MethodGet, s.path(path), s.merch, nil)
			if err != nil || status != http.StatusOK {
				t.Fatalf("%s: %d, %v: %.200s", path, status, err, body)
			}
			if !strings.HasPrefix(path, "/report") { // A page is as of when it was asked for.
				body = pageAsOf.ReplaceAll(body, nil)
			}
			out[path] = string(body)
		}
		return out
	}
	counted := pages(asOf)
	if n := pastFigures(t, s.url, "counted"); n == 0 {
		t.Error("nothing was counted")
	}
	same := func(what string, want, got map[string]string) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -counted +got\n%s", what, d)
		}
	}
	same("from memory", counted, pages(asOf))
	stop()
	start(0)
	same("after a restart", counted, pages(asOf))
	if n, stored := pastFigures(t, s.url, "counted"), pastFigures(t, s.url, "stored"); n != 0 || stored == 0 {
		t.Errorf("%v were counted again, %v were stored", n, stored)
	}

	// Days later a refund comes. The next start counts before anybody asks.
	stand(53 * time.Hour)
	s.hook("refund", s.refundFact(first, "r1", "sku-1", 9900))
	s.reconciled(time.Minute)
	stop()
	start(31)
	for pastFigures(t, s.url, "ahead") == 0 || series(t, s.url, "showrunner_figures_ahead_waiting") != 0 {
		sleep(ctx, 100*time.Millisecond)
	}
	later := url.QueryEscape(now().UTC().Format(time.RFC3339Nano))
	refunded := pages(later)
	if n := pastFigures(t, s.url, "counted"); n != 0 {
		t.Errorf("%v were counted when somebody asked", n)
	}
	if d := cmp.Diff(counted["/products"], refunded["/products"]); d == "" {
		t.Error("the refund is not in the products")
	}
	// As of before it, the figures are those of before it.
	for path, body := range pages(asOf) {
		if strings.HasPrefix(path, "/report") && body != counted[path] {
			t.Errorf("%s is another: %s", path, cmp.Diff(counted[path], body))
		}
	}
	stop()
	start(0)
	same("counted ahead, after a restart", refunded, pages(later))
}
