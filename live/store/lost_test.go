package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/live"
)

func onlyPostgres(t *testing.T) {
	t.Helper()
	if !onPostgres() {
		t.Skip("SQLite has no connection to lose")
	}
}

// Errors of the moment, raised by the database itself in the middle of a
// group, run the whole group again: nobody is refused, nothing is done twice.
func TestGroupIsRunAgain(t *testing.T) {
	onlyPostgres(t)
	for _, code := range []string{"40001", "40P01", "57P01"} {
		s, _ := fresh(t)
		release := block(t, s)
		var runs atomic.Int64
		var wg sync.WaitGroup
		for i := range 10 {
			wg.Go(func() {
				err := s.write(t.Context(), func(t *tx) error {
					if i == 5 && runs.Add(1) == 1 {
						_, err := t.once(`DO $$ BEGIN RAISE EXCEPTION 'try again' USING ERRCODE = '` + code + `'; END $$`)
						return err
					}
					return t.emit(live.Event{ID: live.EventID(fmt.Sprint(i)), Kind: live.Followed})
				})
				if err != nil {
					t.Errorf("%s: change %d: %v", code, i, err)
				}
			})
		}
		queued(s, 10)
		release()
		wg.Wait()
		if n := len(events(t, s)); n != 10 || runs.Load() != 2 {
			t.Errorf("%s: %d events after %d runs, want 10 after 2", code, n, runs.Load())
		}
	}
}

// The writer's session is ended again and again: every order is taken once.
func TestLostConnections(t *testing.T) {
	onlyPostgres(t)
	s, _ := fresh(t)
	stage(t, s, live.MaxStock)
	// The next cut waits for orders after the last one: a slow machine is cut
	// as often in the middle, and gets on all the same.
	stop := make(chan struct{})
	var placed atomic.Int64
	var killer, buyers sync.WaitGroup
	killer.Go(func() {
		for mark := int64(0); ; {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				if n := placed.Load(); n >= mark+5 {
					mark = n
					terminate(t, s, `query LIKE '%'`)
				}
			}
		}
	})
	const each = 40
	for w := range 4 {
		buyers.Go(func() {
			for i := range each {
				if _, err := buy(s, t.Context(), fmt.Sprint("v", w), fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: 1}); err != nil {
					t.Errorf("buy: %v", err)
				}
				placed.Add(1)
			}
		})
	}
	buyers.Wait()
	close(stop)
	killer.Wait()
	wantStock(t, s, "a", live.MaxStock, 4*each, 0)
	wantStockHeld(t, s)
}

// The answer to a COMMIT is lost on the way: the store finds out that it was
// stored and does not store it again.
func TestLostAnswerToCommit(t *testing.T) {
	onlyPostgres(t)
	c := newClock()
	path := filepath.Join(t.TempDir(), "x")
	direct := open(t, path, c)
	stage(t, direct, live.MaxStock)
	proxy := newProxy(t, direct.pg.Host, int(direct.pg.Port))
	cfg := config(t, path, c.now)
	cfg.URL = strings.Replace(cfg.URL, fmt.Sprint(":", direct.pg.Port), fmt.Sprint(":", proxy.port), 1)
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // Its last connection may be cut.
	for i := range 10 {
		proxy.cut.Store(true)
		mustBuy(t, s, "v1", fmt.Sprint(i), live.WantedLine{SKU: "a", Qty: 1})
		if proxy.cut.Load() {
			t.Fatal("no answer was cut")
		}
	}
	wantStock(t, direct, "a", live.MaxStock, 10, 0)
	wantStockHeld(t, direct)
}

// proxy is a connection that can lose the answer to a COMMIT.
type proxy struct {
	port int
	cut  atomic.Bool // the next answer to a COMMIT is lost, and its connection
}

func newProxy(t *testing.T, host string, port int) *proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{port: l.Addr().(*net.TCPAddr).Port}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
			if err != nil {
				_ = near.Close()
				return
			}
			go func() {
				_, _ = io.Copy(far, near)
				_ = far.Close()
			}()
			go p.answers(near, far)
		}
	}()
	return p
}

func (p *proxy) answers(near, far net.Conn) {
	defer func() { _, _ = near.Close(), far.Close() }()
	buf := make([]byte, 64<<10)
	for {
		n, err := far.Read(buf)
		if err != nil || bytes.Contains(buf[:n], []byte("COMMIT\x00")) && p.cut.CompareAndSwap(true, false) {
			return
		}
		if _, err := near.Write(buf[:n]); err != nil {
			return
		}
	}
}

// The whole server is killed and comes back while orders are placed. Callers
// who insist, as clients do, get each order once.
func TestServerComesBack(t *testing.T) {
	onlyPostgres(t)
	s, _ := fresh(t)
	stage(t, s, live.MaxStock)
	var wg sync.WaitGroup
	var placed sync.Map
	var count atomic.Int64
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				for {
					p, err := buy(s, t.Context(), fmt.Sprint("v", w), fmt.Sprint("c", i), live.WantedLine{SKU: "a", Qty: 1})
					if err == nil {
						placed.Store(p.ID, true)
						count.Add(1)
						break
					}
					if t.Context().Err() != nil {
						return
					}
				}
			}
		})
	}
	for range 2 {
		mark := count.Load()
		await(t, "some orders", func() bool { return count.Load() >= mark+20 })
		if err := postgresServer.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := postgresServer.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	wantStock(t, s, "a", live.MaxStock, 200, 0)
	wantStockHeld(t, s)
	placed.Range(func(id, _ any) bool {
		_ = order(t, s, id.(live.OrderID))
		return true
	})
}

// PostgreSQL keeps no U+0000 in a text: a refusal, not a failure.
func TestTextThatPostgresCannotKeep(t *testing.T) {
	onlyPostgres(t)
	s, _ := fresh(t)
	_, err := s.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "nul \x00", Currency: "CNY", TimeZone: "UTC"})
	_ = wantCode(t, err, "invalid_field")
}

// The constraint refuses oversell, whatever a program tries.
func TestConstraintRefusesOversell(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 5)
	err := s.write(t.Context(), func(t *tx) error {
		_, err := t.exec(`UPDATE items SET sold = released + 1 WHERE sku_id = 'a'`)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "no_oversell") {
		t.Errorf("error = %v, want that of no_oversell", err)
	}
	wantStock(t, s, "a", 5, 0, 0)
}
