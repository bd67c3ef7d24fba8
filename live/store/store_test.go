package store

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

// clock is a clock that tests move by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func open(t testing.TB, path string, c *clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), config(t, path, c.now))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

func fresh(t testing.TB) (*Store, *clock) {
	t.Helper()
	c := newClock()
	return open(t, filepath.Join(t.TempDir(), "state.db"), c), c
}

var (
	operator = live.Principal{Subject: "op1", Role: live.RoleOperator, Merchant: "m1"}
	host     = live.Principal{Subject: "h1", Role: live.RoleHost, Merchant: "m1"}
)

func viewer(id string) live.Principal {
	return live.Principal{Subject: id, Name: "Viewer " + id, Role: live.RoleViewer, Merchant: "m1"}
}

// stage sets up room r1, show s1 and a shelf: sku a at 1990 and sku b at 500,
// with the stock given, and starts the show.
func stage(t testing.TB, s *Store, stock int64) {
	t.Helper()
	ctx := t.Context()
	if _, err := s.CreateRoom(ctx, live.Room{ID: "r1", Merchant: "m1", Title: "Room", Currency: "CNY", TimeZone: "Asia/Shanghai"}); err != nil {
		t.Fatalf("create room: %v", err)
	}
	if _, err := s.CreateShow(ctx, live.Show{ID: "s1", Room: "r1", Title: "Show"}, operator); err != nil {
		t.Fatalf("create show: %v", err)
	}
	items := []live.Item{
		{Product: "pa", SKU: "a", Title: "A", Price: 1990, Rank: 1, Released: stock},
		{Product: "pb", SKU: "b", Title: "B", Price: 500, Rank: 2, Released: stock},
	}
	if _, err := s.PutShelf(ctx, "s1", items, operator, s.now()); err != nil {
		t.Fatalf("put shelf: %v", err)
	}
	do(t, s, live.StartShow, "start", `{}`)
}

// do executes a command of the operator that must succeed.
func do(t testing.TB, s *Store, name live.CommandName, id, args string) live.CommandResult {
	t.Helper()
	res, err := s.Execute(t.Context(), command(name, id, args))
	if err != nil {
		t.Fatalf("%s %s: %v", name, args, err)
	}
	return res
}

func command(name live.CommandName, id, args string) live.Command {
	return live.Command{ID: id, Name: name, Merchant: "m1", Room: "r1", By: operator, Args: json.RawMessage(args)}
}

func buy(s *Store, ctx context.Context, who, client string, lines ...live.WantedLine) (live.PlacedOrder, error) {
	return s.PlaceOrder(ctx, live.PlaceOrder{ClientID: client, Room: "r1", Buyer: viewer(who), Channel: "group", Lines: lines})
}

func mustBuy(t testing.TB, s *Store, who, client string, lines ...live.WantedLine) live.PlacedOrder {
	t.Helper()
	p, err := buy(s, t.Context(), who, client, lines...)
	if err != nil {
		t.Fatalf("buy %v: %v", lines, err)
	}
	return p
}

func item(t testing.TB, s *Store, sku live.SKUID) live.Item {
	t.Helper()
	items, err := s.AllItems(t.Context(), "s1")
	if err != nil {
		t.Fatalf("shelf: %v", err)
	}
	for _, it := range items {
		if it.SKU == sku {
			return it
		}
	}
	t.Fatalf("no item %s", sku)
	return live.Item{}
}

// wantStock checks released, reserved and sold of a SKU.
func wantStock(t testing.TB, s *Store, sku live.SKUID, released, reserved, sold int64) {
	t.Helper()
	it := item(t, s, sku)
	if it.Released != released || it.Reserved != reserved || it.Sold != sold {
		t.Errorf("stock of %s = released %d reserved %d sold %d, want %d %d %d", sku, it.Released, it.Reserved, it.Sold, released, reserved, sold)
	}
}

// wantCode checks the code of a refusal.
func wantCode(t testing.TB, err error, code string) *live.Error {
	t.Helper()
	var e *live.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("error = %v, want code %s", err, code)
	}
	return e
}

// events reads the whole outbox.
func events(t testing.TB, s *Store) []live.Event {
	t.Helper()
	rows, err := s.Outbox(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatalf("outbox: %v", err)
	}
	out := make([]live.Event, len(rows))
	for i := range rows {
		out[i] = rows[i].Event
	}
	return out
}

func TestFilesArePrivate(t *testing.T) {
	onlySQLite(t)
	c := newClock()
	dir := t.TempDir()
	path := filepath.Join(dir, "state.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s := open(t, path, c)
	stage(t, s, 1)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 2 {
		t.Errorf("%d files, want the database and its log", len(files))
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o, want 600", f.Name(), mode)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	now := newClock().now
	for name, cfg := range map[string]Config{
		"no clock":      {Path: filepath.Join(t.TempDir(), "x.db")},
		"no path":       {Now: now},
		"no PostgreSQL": {URL: "postgres://x:secret@127.0.0.1:1/x", Now: now},
		"no URL":        {URL: "postgres://x:secret@:x", Now: now},
	} {
		if s, err := Open(t.Context(), cfg); err == nil {
			t.Errorf("%s: opened", name)
			_ = s.Close()
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: the error tells the password: %v", name, err)
		}
	}
}

func TestEngineSettings(t *testing.T) {
	onlySQLite(t)
	s, _ := fresh(t)
	for _, db := range []querier{reader{t.Context(), s.reads, s.dialect}, &tx{w: s.writer}} {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
			var got string
			if err := db.row("PRAGMA " + pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%T: %s = %q, %v; want %q", db, pragma, got, err, want)
			}
		}
	}
}

func TestReopenKeepsStateAndCaches(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	first := open(t, path, c)
	stage(t, first, 5)
	do(t, first, live.MuteViewer, "mute", `{"viewer_id":"v9","duration_s":60}`)
	want, ok := first.OnAir("r1")
	if !ok {
		t.Fatal("no show on air after start")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := open(t, path, c)
	if got, ok := second.OnAir("r1"); !ok || got != want {
		t.Errorf("on air after reopening = %+v, want %+v", got, want)
	}
	if _, muted := second.Muted("r1", "v9", c.now()); !muted {
		t.Error("the mute did not survive reopening")
	}
	if _, muted := second.Muted("r1", "v9", c.now().Add(time.Minute)); muted {
		t.Error("the mute did not end")
	}
}

func TestClosedStoreRefuses(t *testing.T) {
	c := newClock()
	s, err := Open(t.Context(), config(t, filepath.Join(t.TempDir(), "x.db"), c.now))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil {
		t.Errorf("ready: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	err = s.TrimOutbox(t.Context(), 1)
	_ = wantCode(t, err, "store_closed")
}
