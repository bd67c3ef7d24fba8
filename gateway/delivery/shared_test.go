package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
	"showrunner/live/store/pgtest"
)

// two opens two stores, of two servers, on one new PostgreSQL database.
func two(t *testing.T, now func() time.Time) (a, b *store.Store, url string) {
	t.Helper()
	if postgresServer == nil {
		t.Skip("a SQLite file has one store")
	}
	url, err := postgresServer.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	open := func() *store.Store {
		s, err := store.Open(t.Context(), store.Config{URL: url, Now: now})
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
	return open(), open(), url
}

func names(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("o%d", i))
	}
	return out
}

// TestTwoNodesDeliverOnce: both servers read the whole log and both send; each
// fact makes one delivery, and each arrives once.
func TestTwoNodesDeliverOnce(t *testing.T) {
	a, b, _ := two(t, time.Now)
	rec := newReceiver(t, ok)
	sub := subscribe(t, a, rec.URL)
	var followers sync.WaitGroup
	for _, s := range []*store.Store{a, b} {
		run(t, s)
		followers.Go(func() {
			for i, o := range names(60) {
				enqueue(t, s, uint64(i+1), o)
			}
		})
	}
	followers.Wait()
	until(t, "all are delivered", func() bool { return all(store.WebhookDelivered, deliveries(t, b, sub.ID), 60) })
	times := map[string]int{}
	for _, h := range rec.got() {
		times[h.id]++
	}
	if len(times) != 60 || len(rec.got()) != 60 {
		t.Errorf("%d webhooks of %d ids arrived, want 60 of 60", len(rec.got()), len(times))
	}
	for _, d := range deliveries(t, a, sub.ID) {
		if d.Attempts != 1 {
			t.Errorf("%s took %d attempts", d.ID, d.Attempts)
		}
	}
}

// TestClaimsAreOneNodes: of two servers that claim at once, each delivery is
// one's; what the other finishes after its lease ended changes nothing.
func TestClaimsAreOneNodes(t *testing.T) {
	var clock shifted
	a, b, _ := two(t, clock.now)
	sub := subscribe(t, a, "https://shop.example/hooks")
	enqueue(t, a, 1, names(40)...)
	rule := store.ClaimRule{Lease: 30 * time.Second, Each: 40, All: 25, Probing: 5}
	var mu sync.Mutex
	owner := map[string]*store.Store{}
	held := map[*store.Store][]store.Claim{}
	var racing sync.WaitGroup
	for _, s := range []*store.Store{a, b} {
		racing.Go(func() {
			claims, err := s.ClaimWebhooks(t.Context(), rule)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			for _, c := range claims {
				if owner[c.ID] != nil {
					t.Errorf("%s is claimed twice", c.ID)
				}
				owner[c.ID] = s
			}
			held[s] = claims
		})
	}
	racing.Wait()
	if len(owner) != 40 {
		t.Fatalf("%d of 40 are claimed", len(owner))
	}
	// The lease of a ends; b takes over, and a comes too late.
	clock.shift(time.Minute)
	again, err := b.ClaimWebhooks(t.Context(), store.ClaimRule{Lease: 30 * time.Second, Each: 40, All: 40, Probing: 5})
	if err != nil || len(again) != 40 {
		t.Fatalf("after the lease %d are claimed, %v", len(again), err)
	}
	late := held[a][0]
	if err := a.FinishWebhook(t.Context(), &late, store.Outcome{State: store.WebhookDead, Error: "status"}); err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if err := b.FinishWebhook(t.Context(), &again[i], store.Outcome{State: store.WebhookDelivered, Status: http.StatusNoContent}); err != nil {
			t.Fatal(err)
		}
	}
	if list := deliveries(t, a, sub.ID); !all(store.WebhookDelivered, list, 40) {
		t.Errorf("a lost claim was recorded: %+v", list)
	}
}

// TestImportThroughEitherNode: history that comes through both servers at once
// is taken in once.
func TestImportThroughEitherNode(t *testing.T) {
	a, b, _ := two(t, time.Now)
	when := time.Now().Add(-time.Hour).Truncate(time.Millisecond)
	var facts []store.Fact
	for i := range 300 {
		id := live.OrderID(fmt.Sprintf("o%d", i))
		created := store.Fact{Order: id, OrderFact: live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: when, Currency: "CNY", Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 1, Goods: 100}}}}
		paid := store.Fact{Order: id, OrderFact: live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: when, Currency: "CNY", PaidMinor: 100}}
		facts = append(facts, created, paid)
	}
	var mu sync.Mutex
	accepted, told := 0, 0
	var racing sync.WaitGroup
	for _, s := range []*store.Store{a, b} {
		racing.Go(func() {
			for at := 0; at < len(facts); at += 50 {
				got, err := s.ApplyFacts(t.Context(), "m1", facts[at:at+50], time.Now())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				for _, status := range got {
					told++
					if status == store.FactAccepted {
						accepted++
					}
				}
				mu.Unlock()
			}
		})
	}
	racing.Wait()
	if accepted != 600 || told != 1200 {
		t.Errorf("%d of %d accepted, want 600 of 1200", accepted, told)
	}
	rows, err := b.Outbox(t.Context(), 0, 2000)
	if err != nil || len(rows) != 600 {
		t.Errorf("%d facts in the outbox, %v; want 600", len(rows), err)
	}
	for _, id := range []live.OrderID{"o0", "o299"} {
		if o, _, err := a.Order(t.Context(), "m1", id); err != nil || o.State != live.OrderStatePaid || len(o.Flags) != 0 || o.Ver != 2 {
			t.Errorf("%s = %+v, %v", id, o, err)
		}
	}
}

// TestExpiryAndRetention: what has been due for three days is dead, delivered
// ones are kept a week and dead ones a month.
func TestExpiryAndRetention(t *testing.T) {
	var clock shifted
	s, err := store.Open(t.Context(), config(t, t.TempDir(), clock.now))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	sub := subscribe(t, s, "https://shop.example/hooks")
	enqueue(t, s, 1, "delivered", "waiting", "claimed")
	rule := store.ClaimRule{Lease: 100 * time.Hour, Each: 2, All: 1, Probing: 5}
	var claims []store.Claim
	for range 2 {
		got, err := s.ClaimWebhooks(t.Context(), rule)
		if err != nil || len(got) != 1 {
			t.Fatalf("claimed %d, %v", len(got), err)
		}
		claims = append(claims, got...)
		if len(claims) == 1 {
			if err := s.FinishWebhook(t.Context(), &claims[0], store.Outcome{State: store.WebhookDelivered, Status: 200}); err != nil {
				t.Fatal(err)
			}
		}
	}
	trimmed := func(after time.Duration) map[store.WebhookState]int {
		t.Helper()
		clock.shift(after)
		if err := s.TrimWebhooks(t.Context()); err != nil {
			t.Fatal(err)
		}
		states := map[store.WebhookState]int{}
		for _, d := range deliveries(t, s, sub.ID) {
			states[d.State]++
			if d.State == store.WebhookDead && d.LastError != "expired" {
				t.Errorf("%s is dead by %q", d.ID, d.LastError)
			}
		}
		return states
	}
	day := 24 * time.Hour
	for _, step := range []struct {
		after                    time.Duration
		pending, dead, delivered int
	}{
		{71 * time.Hour, 2, 0, 1},
		{2 * time.Hour, 1, 1, 1}, // the claimed one is under way
		{2 * day, 0, 2, 1},       // its lease ended
		{3 * day, 0, 2, 0},       // eight days after the delivery
		{20 * day, 0, 2, 0},
		{9 * day, 0, 0, 0},
	} {
		got := trimmed(step.after)
		if got[store.WebhookPending] != step.pending || got[store.WebhookDead] != step.dead || got[store.WebhookDelivered] != step.delivered {
			t.Errorf("after %v more: %v, want %+v", step.after, got, step)
		}
	}
}

// childDatabase makes the test binary a server that only sends, to be killed.
const childDatabase = "SHOWRUNNER_TEST_SENDER"

// sendForEver is that server: it claims and posts until it is killed.
func sendForEver(url string) error {
	s, err := store.Open(context.Background(), store.Config{URL: url, Now: time.Now})
	if err != nil {
		return err
	}
	sender, err := New(Config{Store: s, Now: time.Now, Insecure: true, Timeout: time.Minute, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return sender.Run(context.Background())
}

// TestKilledNode: a server that is killed in the middle of its deliveries
// leaves them to the other one, when its lease is over and not before.
func TestKilledNode(t *testing.T) {
	var clock shifted
	a, _, url := two(t, clock.now)
	hang := make(chan struct{})
	defer close(hang)
	rec := newReceiver(t, func(w http.ResponseWriter, r *http.Request, n int) {
		if n <= 8 {
			waitFor(r.Context(), hang)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	sub := subscribe(t, a, rec.URL)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(exe)
	child.Env = append(os.Environ(), childDatabase+"="+url)
	child.Stderr = os.Stderr
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	enqueue(t, a, 1, names(8)...)
	until(t, "eight are under way", func() bool { return len(rec.got()) == 8 })
	if err := errors.Join(child.Process.Kill(), ignoreKilled(child.Wait())); err != nil {
		t.Fatal(err)
	}
	rule := store.ClaimRule{Lease: 30 * time.Second, Each: 8, All: 8, Probing: 5}
	if claims, err := a.ClaimWebhooks(t.Context(), rule); err != nil || len(claims) != 0 {
		t.Errorf("before the lease ends %d are claimed, %v", len(claims), err)
	}
	next, due, err := a.NextWebhook(t.Context())
	if err != nil || !due || next.Before(time.Now()) {
		t.Errorf("next at %v, %v, %v; want the end of the lease", next, due, err)
	}
	clock.shift(5 * time.Minute)
	run(t, a, func(c *Config) { c.Now = clock.now })
	until(t, "the other server delivers all", func() bool { return all(store.WebhookDelivered, deliveries(t, a, sub.ID), 8) })
	times := map[string]int{}
	for _, h := range rec.got() {
		times[h.id]++
	}
	for id, n := range times {
		if n != 2 {
			t.Errorf("%s came %d times, want once from each", id, n)
		}
	}
}

// ignoreKilled is nil for a process that was killed.
func ignoreKilled(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil
	}
	return err
}

// shifted is the machine's clock, put forward.
type shifted struct {
	mu sync.Mutex
	by time.Duration
}

func (c *shifted) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.by)
}

func (c *shifted) shift(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.by += by
}

// databases are the PostgreSQL databases that stand for folders.
var databases = map[string]string{}

// config is that of a store on the database under test.
func config(t testing.TB, dir string, now func() time.Time) store.Config {
	t.Helper()
	if postgresServer == nil {
		return store.Config{Path: filepath.Join(dir, "state.db"), Now: now}
	}
	if databases[dir] == "" {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		databases[dir] = url
	}
	return store.Config{URL: databases[dir], Now: now}
}

// postgresServer is set while the tests run on PostgreSQL.
var postgresServer *pgtest.Server
