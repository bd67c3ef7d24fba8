package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"showrunner/live"
	"showrunner/live/store"
)

var owner = live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}

// openStore opens a store of its own: a file in a folder, or a database for it.
func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), config(t, dir, time.Now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func subscribe(t testing.TB, s *store.Store, url string, types ...live.Kind) store.Subscription {
	t.Helper()
	if len(types) == 0 {
		types = []live.Kind{live.OrderPaid, live.OrderCreated}
	}
	sub, err := s.CreateSubscription(t.Context(), store.Subscription{Merchant: "m1", URL: url, Types: types, Active: true}, owner)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// entry is a paid order at a place of the log.
func entry(seq uint64, order string) live.Entry {
	return live.Entry{Position: live.Position{Seq: seq}, Event: live.Event{
		ID: live.EventID(fmt.Sprintf("e%d", seq)), Kind: live.OrderPaid, Source: "shop", Merchant: "m1", Room: "r1", Show: "s1",
		OccurredAt: time.Now(), ReceivedAt: time.Now(),
		Data: json.RawMessage(`{"order_id":"` + order + `","order_state":"paid","ver":2,"fact_id":"pay1","paid_minor":1990,"currency":"CNY","deltas":[{"ver":2}],"flags":["late"]}`),
	}}
}

// enqueue makes the deliveries of paid orders, one for each name.
func enqueue(t testing.TB, s *store.Store, first uint64, orders ...string) {
	t.Helper()
	var entries []live.Entry
	for i, o := range orders {
		entries = append(entries, entry(first+uint64(i), o))
	}
	if _, err := s.EnqueueWebhooks(t.Context(), "epoch", live.Position{Seq: first + uint64(len(orders))}, entries, render); err != nil {
		t.Fatal(err)
	}
}

// run starts a sender that may call loopback and returns what ends it.
func run(t testing.TB, s *store.Store, change ...func(*Config)) (*Sender, func()) {
	t.Helper()
	cfg := Config{Store: s, Now: time.Now, Insecure: true, Timeout: 2 * time.Second, Logger: slog.New(slog.NewTextHandler(t.Output(), nil)), Registerer: prometheus.NewRegistry()}
	for _, f := range change {
		f(&cfg)
	}
	sender, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- sender.Run(ctx) }()
	var once sync.Once
	stop := func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(stop)
	return sender, stop
}

// metric is the sum of a metric over its labels, as a scrape would have it.
func metric(t testing.TB, s *Sender, name string) (sum float64) {
	t.Helper()
	families, err := s.cfg.Registerer.(*prometheus.Registry).Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// hook is one webhook as a receiver got it.
type hook struct {
	id, stamp, signature, contentType string
	body                              []byte
}

// verified checks the signature from the text of the standard alone.
func (h hook) verified(secret string, now time.Time) bool {
	at, err := strconv.ParseInt(h.stamp, 10, 64)
	if err != nil || now.Sub(time.Unix(at, 0)).Abs() > 5*time.Minute {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%s.%s", h.id, h.stamp, h.body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	return slices.Contains(strings.Split(h.signature, " "), want)
}

// receiver is a merchant's endpoint.
type receiver struct {
	*httptest.Server
	mu    sync.Mutex
	hooks []hook
}

// newReceiver answers the n-th request, from 1, with answer.
func newReceiver(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, n int)) *receiver {
	t.Helper()
	rec := &receiver{}
	rec.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		rec.mu.Lock()
		rec.hooks = append(rec.hooks, hook{
			id: r.Header.Get("webhook-id"), stamp: r.Header.Get("webhook-timestamp"), signature: r.Header.Get("webhook-signature"),
			contentType: r.Header.Get("Content-Type"), body: body,
		})
		n := len(rec.hooks)
		rec.mu.Unlock()
		answer(w, r, n)
	}))
	t.Cleanup(rec.Close)
	return rec
}

func (r *receiver) got() []hook {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.hooks)
}

func ok(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(http.StatusNoContent) }

// deliveries lists all of a subscription, oldest first.
func deliveries(t testing.TB, s *store.Store, sub string) []store.Webhook {
	t.Helper()
	list, _, err := s.Webhooks(t.Context(), store.WebhookFilter{Subscription: sub, Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(list, func(a, b store.Webhook) int { return int(a.Position.Seq) - int(b.Position.Seq) })
	return list
}

// until waits for a condition of the real engines.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

func all(state store.WebhookState, list []store.Webhook, n int) bool {
	return len(list) == n && !slices.ContainsFunc(list, func(d store.Webhook) bool { return d.State != state })
}

// TestDelivered: what arrives is signed, typed and free of internals, and
// while a secret is rotated both sign.
func TestDelivered(t *testing.T) {
	s, rec := openStore(t, t.TempDir()), newReceiver(t, ok)
	sub := subscribe(t, s, rec.URL+"/in?token=x")
	sender, _ := run(t, s)
	enqueue(t, s, 1, "o1")
	until(t, "the first webhook is recorded", func() bool { return all(store.WebhookDelivered, deliveries(t, s, sub.ID), 1) })
	h := rec.got()[0]
	if !h.verified(sub.Secret, time.Now()) || h.contentType != "application/json" || h.id != deliveries(t, s, sub.ID)[0].ID {
		t.Errorf("the webhook does not verify: %+v", h)
	}
	if h.verified("whsec_"+base64.StdEncoding.EncodeToString(make([]byte, 32)), time.Now()) {
		t.Error("the webhook verifies with another secret")
	}
	var body struct {
		Type, Timestamp string
		Data            map[string]any
	}
	if err := json.Unmarshal(h.body, &body); err != nil {
		t.Fatal(err)
	}
	if body.Type != "order_paid" || body.Data["order_id"] != "o1" || body.Data["payment_id"] != "pay1" || body.Data["paid_minor"] != 1990.0 || body.Data["event_id"] != "e1" {
		t.Errorf("body %s", h.body)
	}
	if _, err := time.Parse(time.RFC3339, body.Timestamp); err != nil {
		t.Errorf("timestamp: %v", err)
	}
	for _, inner := range []string{"deltas", "ver", "flags", "fact_id"} {
		if _, there := body.Data[inner]; there {
			t.Errorf("%s left: %s", inner, h.body)
		}
	}
	if n := metric(t, sender, "showrunner_delivery_attempts_total"); n != 1 {
		t.Errorf("delivered attempts counted: %v", n)
	}

	rotated, err := s.RotateSecret(t.Context(), sub.ID, time.Hour, owner)
	if err != nil {
		t.Fatal(err)
	}
	enqueue(t, s, 2, "o2")
	until(t, "the second webhook", func() bool { return len(rec.got()) == 2 })
	if h := rec.got()[1]; !h.verified(sub.Secret, time.Now()) || !h.verified(rotated.Secret, time.Now()) {
		t.Errorf("within the overlap both secrets sign: %s", h.signature)
	}
	if _, err := s.RotateSecret(t.Context(), sub.ID, 0, owner); err != nil {
		t.Fatal(err)
	}
	enqueue(t, s, 3, "o3")
	until(t, "the third webhook", func() bool { return len(rec.got()) == 3 })
	if h := rec.got()[2]; h.verified(sub.Secret, time.Now()) || h.verified(rotated.Secret, time.Now()) {
		t.Error("an old secret signs after its overlap")
	}
}

// TestAnswers: every way an endpoint can fail, its word, and what follows.
func TestAnswers(t *testing.T) {
	elsewhere := newReceiver(t, ok)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for name, tc := range map[string]struct {
		answer func(w http.ResponseWriter, r *http.Request, n int)
		state  store.WebhookState
		status int
		fail   string
		wait   time.Duration // of the next try, at least
	}{
		"created":      {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(201) }, store.WebhookDelivered, 201, "", 0},
		"server error": {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(500) }, store.WebhookPending, 500, "status", 5 * time.Second},
		"not found":    {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(404) }, store.WebhookPending, 404, "status", 5 * time.Second},
		"busy": {func(w http.ResponseWriter, _ *http.Request, _ int) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(429)
		}, store.WebhookPending, 429, "status", 2 * time.Minute},
		"redirect": {func(w http.ResponseWriter, r *http.Request, _ int) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, store.WebhookPending, 307, "redirect", 5 * time.Second},
		"gone":     {func(w http.ResponseWriter, _ *http.Request, _ int) { w.WriteHeader(410) }, store.WebhookDead, 410, "gone", 0},
		"hanging":  {func(_ http.ResponseWriter, r *http.Request, _ int) { waitFor(r.Context(), hang) }, store.WebhookPending, 0, "timeout", 5 * time.Second},
		"cut off":  {func(http.ResponseWriter, *http.Request, int) { panic(http.ErrAbortHandler) }, store.WebhookPending, 0, "connection", 5 * time.Second},
		"big body": {func(w http.ResponseWriter, r *http.Request, _ int) { pour(w, r) }, store.WebhookDelivered, 200, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, rec := openStore(t, t.TempDir()), newReceiver(t, tc.answer)
			sub := subscribe(t, s, rec.URL)
			run(t, s, func(c *Config) { c.Timeout = 500 * time.Millisecond })
			began := time.Now()
			enqueue(t, s, 1, "o1")
			until(t, "one attempt is recorded", func() bool { return deliveries(t, s, sub.ID)[0].Attempts == 1 })
			d := deliveries(t, s, sub.ID)[0]
			if d.State != tc.state || d.LastStatus != tc.status || d.LastError != tc.fail {
				t.Errorf("got %s %d %q, want %s %d %q", d.State, d.LastStatus, d.LastError, tc.state, tc.status, tc.fail)
			}
			if tc.wait > 0 && (d.NextAt.Before(began.Add(tc.wait)) || d.NextAt.After(began.Add(2*tc.wait+5*time.Second))) {
				t.Errorf("next try after %s, want about %s", d.NextAt.Sub(began), tc.wait)
			}
			after, err := s.Subscription(t.Context(), sub.ID)
			if err != nil {
				t.Fatal(err)
			}
			if gone := tc.status == 410; after.Active == gone || (after.Stopped == store.StoppedGone) != gone {
				t.Errorf("active %v stopped %q", after.Active, after.Stopped)
			}
		})
	}
	if n := len(elsewhere.got()); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

func waitFor(ctx context.Context, c <-chan struct{}) {
	select {
	case <-c:
	case <-ctx.Done():
	}
}

// pour writes for as long as somebody reads.
func pour(w http.ResponseWriter, r *http.Request) {
	chunk := make([]byte, 64<<10)
	for r.Context().Err() == nil {
		if _, err := w.Write(chunk); err != nil {
			return
		}
	}
}

// TestRestart ends the sender while receivers hang and carries on with another
// on the same file: every fact arrives, under one webhook-id however often.
func TestRestart(t *testing.T) {
	dir := t.TempDir()
	s := openStore(t, dir)
	hang := make(chan struct{})
	rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n <= 8 {
			waitFor(r.Context(), hang)
		}
		w.WriteHeader(200)
	})
	sub := subscribe(t, s, rec.URL)
	var orders []string
	for i := range 30 {
		orders = append(orders, fmt.Sprintf("o%d", i))
	}
	_, stop := run(t, s, func(c *Config) { c.Timeout = time.Minute })
	enqueue(t, s, 1, orders...)
	until(t, "eight are under way", func() bool { return len(rec.got()) == 8 })
	time.Sleep(50 * time.Millisecond)
	if n := len(rec.got()); n != 8 {
		t.Errorf("%d are under way at a time, want 8", n)
	}
	stop()
	close(hang)
	for _, d := range deliveries(t, s, sub.ID) {
		if d.State != store.WebhookPending || d.Attempts != 0 {
			t.Errorf("%s after the end: %s, %d attempts", d.ID, d.State, d.Attempts)
		}
	}
	// The log is read again from before, as after a kill: nothing is made twice.
	enqueue(t, s, 1, orders...)
	run(t, s)
	until(t, "all are delivered", func() bool { return all(store.WebhookDelivered, deliveries(t, s, sub.ID), 30) })
	times := map[string]int{}
	for _, h := range rec.got() {
		times[h.id]++
		if !h.verified(sub.Secret, time.Now()) {
			t.Errorf("%s does not verify", h.id)
		}
	}
	twice := 0
	for _, d := range deliveries(t, s, sub.ID) {
		if times[d.ID] == 0 {
			t.Errorf("%s never arrived", d.ID)
		}
		if times[d.ID] > 1 {
			twice++
		}
	}
	if len(times) != 30 || twice != 8 {
		t.Errorf("%d webhook-ids, %d of them twice; want 30 and the 8 that were cut off", len(times), twice)
	}
}

// TestOrder: the facts of one order arrive in their order, each after the one
// before was taken, whatever the endpoint does.
func TestOrder(t *testing.T) {
	s := openStore(t, t.TempDir())
	taken := map[string][]string{}
	rec := newReceiver(t, func(w http.ResponseWriter, _ *http.Request, n int) {
		time.Sleep(time.Duration(n%3) * time.Millisecond) // so that later ones could overtake
		w.WriteHeader(200)
	})
	sub := subscribe(t, s, rec.URL)
	var orders []string
	for range 10 {
		orders = append(orders, "a", "b", "c")
	}
	enqueue(t, s, 1, orders...)
	run(t, s)
	until(t, "all are delivered", func() bool { return all(store.WebhookDelivered, deliveries(t, s, sub.ID), 30) })
	for _, h := range rec.got() {
		var body struct {
			Data struct {
				Order string `json:"order_id"`
				Event string `json:"event_id"`
			}
		}
		if err := json.Unmarshal(h.body, &body); err != nil {
			t.Fatal(err)
		}
		taken[body.Data.Order] = append(taken[body.Data.Order], body.Data.Event)
	}
	for i, o := range []string{"a", "b", "c"} {
		var want []string
		for n := range 10 {
			want = append(want, fmt.Sprintf("e%d", 1+i+3*n))
		}
		if !slices.Equal(taken[o], want) {
			t.Errorf("order %s: %v, want %v", o, taken[o], want)
		}
	}
}

// TestFailingDoesNotDelay: an endpoint that hangs with a backlog keeps nobody
// else waiting, and is left alone after some failures.
func TestFailingDoesNotDelay(t *testing.T) {
	s := openStore(t, t.TempDir())
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	bad := newReceiver(t, func(_ http.ResponseWriter, r *http.Request, _ int) { waitFor(r.Context(), hang) })
	good := newReceiver(t, ok)
	badSub := subscribe(t, s, bad.URL)
	var orders []string
	for i := range 60 {
		orders = append(orders, fmt.Sprintf("o%d", i))
	}
	enqueue(t, s, 1, orders...)
	sender, _ := run(t, s, func(c *Config) { c.Timeout = 300 * time.Millisecond })
	until(t, "the circuit is open", func() bool {
		sub, err := s.Subscription(t.Context(), badSub.ID)
		return err == nil && sub.Failures >= breakAfter && sub.PausedUntil.After(time.Now().Add(20*time.Second))
	})
	tried := len(bad.got())
	if tried > 16 {
		t.Errorf("%d were tried before the endpoint was left alone", tried)
	}
	goodSub := subscribe(t, s, good.URL)
	enqueue(t, s, 100, orders...)
	until(t, "the good endpoint has all", func() bool { return all(store.WebhookDelivered, deliveries(t, s, goodSub.ID), 60) })
	if n := len(bad.got()); n != tried {
		t.Errorf("a paused endpoint was tried %d times", n-tried)
	}
	sender.watch(t.Context())
	if p := metric(t, sender, "showrunner_delivery_pending"); p != 120 {
		t.Errorf("pending %v, want the 120 of the bad endpoint", p)
	}
	if age := metric(t, sender, "showrunner_delivery_oldest_pending_seconds"); age <= 0 {
		t.Errorf("oldest pending %v s", age)
	}
}

// TestGuard: without --insecure-webhooks the sender does not even connect.
func TestGuard(t *testing.T) {
	s, rec := openStore(t, t.TempDir()), newReceiver(t, ok)
	plain, named := subscribe(t, s, rec.URL), subscribe(t, s, strings.Replace(rec.URL, "http://127.0.0.1", "https://localhost", 1))
	run(t, s, func(c *Config) { c.Insecure = false })
	enqueue(t, s, 1, "o1")
	for _, sub := range []store.Subscription{plain, named} {
		until(t, "an attempt is recorded", func() bool { return deliveries(t, s, sub.ID)[0].Attempts == 1 })
		if d := deliveries(t, s, sub.ID)[0]; d.LastError != failAddress || d.State != store.WebhookPending {
			t.Errorf("%s: %s %q", sub.URL, d.State, d.LastError)
		}
	}
	if n := len(rec.got()); n != 0 {
		t.Errorf("%d webhooks reached loopback", n)
	}
}
