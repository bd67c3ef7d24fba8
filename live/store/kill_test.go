package store

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"showrunner/live"
)

// childPath names the environment variable that makes the test binary a child
// which places orders until it is killed.
const childPath = "SHOWRUNNER_STORE_TEST_CHILD"

// placeForEver places orders from several goroutines, pays every third, and
// prints each id once it was acknowledged.
func placeForEver(database string) error {
	ctx := context.Background()
	cfg := Config{Path: database, Now: time.Now}
	if strings.HasPrefix(database, "postgres://") {
		cfg = Config{URL: database, Now: time.Now}
	}
	s, err := Open(ctx, cfg)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	say := func(what string, id live.OrderID) {
		mu.Lock()
		defer mu.Unlock()
		_, _ = fmt.Println(what, id) // A parent that is gone kills us anyway.
	}
	failed := make(chan error)
	for w := range 8 {
		go func() {
			for i := 0; ; i++ {
				p, err := buy(s, ctx, fmt.Sprint("v", w), fmt.Sprint(os.Getpid(), "-", i), live.WantedLine{SKU: "a", Qty: 1}, live.WantedLine{SKU: "b", Qty: 2})
				if err != nil {
					failed <- err
					return
				}
				say("placed", p.ID)
				if i%3 > 0 {
					continue
				}
				fact := Fact{p.ID, live.OrderFact{Kind: live.OrderPaid, ID: "p", Source: "shop", At: time.Now(), Currency: "CNY", PaidMinor: p.Total}}
				if _, err := s.ApplyFacts(ctx, "m1", []Fact{fact}, time.Now()); err != nil {
					failed <- err
					return
				}
				say("paid", p.ID)
			}
		}()
	}
	return <-failed
}

// A process killed at any moment loses no order that it acknowledged, sells
// nothing twice, and leaves each order with its event.
func TestKilledAtAnyMoment(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, c)
	stage(t, s, live.MaxStock)
	before := len(events(t, s))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	placed, paid := map[live.OrderID]bool{}, map[live.OrderID]bool{}
	for round := range 5 {
		child := exec.Command(os.Args[0], "-test.run=^$")
		child.Env = append(os.Environ(), childPath+"="+cmp.Or(config(t, path, c.now).URL, path))
		child.Stderr = os.Stderr
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		// The moment is counted in answers, not in time: a slow machine kills
		// as surely in the middle as a fast one.
		after := 10 + rand.IntN(120)
		for n := 0; lines.Scan(); n++ {
			what, id, ok := strings.Cut(lines.Text(), " ")
			if !ok {
				continue
			}
			if what == "placed" {
				placed[live.OrderID(id)] = true
			} else {
				paid[live.OrderID(id)] = true
			}
			if n == after {
				if err := child.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := child.Wait(); err == nil || child.ProcessState.ExitCode() != -1 {
			t.Fatalf("round %d: the child was not killed but ended: %v", round, err)
		}

		s := open(t, path, c)
		wantStockHeld(t, s)
		var orders, ordersPaid, facts, check int64
		q := s.reader(t.Context())
		for dest, query := range map[*int64]string{
			&orders:     `SELECT COUNT(*) FROM orders`,
			&ordersPaid: `SELECT COUNT(*) FROM orders WHERE state = 'paid'`,
			&facts:      `SELECT COUNT(*) FROM order_facts`,
			&check:      `SELECT reserved + sold FROM items WHERE sku_id = 'b'`,
		} {
			if err := q.row(query).Scan(dest); err != nil {
				t.Fatal(err)
			}
		}
		for id := range placed {
			if _, ok, err := findOrder(q, "m1", id); err != nil || !ok {
				t.Fatalf("round %d: acknowledged order %s is gone: %v", round, id, err)
			}
		}
		for id := range paid {
			if o, ok, err := findOrder(q, "m1", id); err != nil || !ok || o.State != live.OrderStatePaid {
				t.Fatalf("round %d: acknowledged payment of %s is gone: %v", round, id, err)
			}
		}
		if len(placed) == 0 || orders < int64(len(placed)) || check != 2*orders {
			t.Errorf("round %d: %d orders hold %d units, %d orders were acknowledged", round, orders, check, len(placed))
		}
		if n := int64(len(events(t, s)) - before); n != facts || facts != orders+ordersPaid {
			t.Errorf("round %d: %d events and %d facts for %d orders, %d of them paid", round, n, facts, orders, ordersPaid)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Log("acknowledged orders: " + strconv.Itoa(len(placed)))
}
