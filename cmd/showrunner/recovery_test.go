package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// TestRecovery lets a viewer come back with `since` after short absences and
// after the server was killed. It sees every comment once, in order, whether
// they come from the hub's memory or from the log.
func TestRecovery(t *testing.T) {
	data, addr := t.TempDir(), freeAddr(t)
	p := startProgram(t, data, addr)
	s := newStage(t, p.url, data, "m-back", "r-back", "UTC", good{"p1", "sku-1", 100, 10})
	ctx, cancel := context.WithCancel(deadline(t, 3*time.Minute))
	defer cancel()

	var sent atomic.Int64
	var over atomic.Bool
	var talking sync.WaitGroup
	talker := s.viewer("talker", "")
	talking.Go(func() {
		defer talker.close()
		for n := int64(1); !over.Load(); n++ {
			ack, err := talker.do(ctx, object{"type": "comment_sent", "event_id": fmt.Sprintf("t-%d", n), "data": object{"text": fmt.Sprint(n)}})
			if err != nil || ack["ok"] != true {
				t.Errorf("comment %d: %v %v", n, ack, err)
				return
			}
			sent.Store(n)
			sleep(ctx, 3*time.Millisecond)
		}
	})

	listener := s.viewer("listener", "")
	defer listener.close()
	base, heard, since := listener.url, int64(0), ""
	// listen hears comments until want, checking that none is missed or doubled.
	listen := func(want int64) {
		t.Helper()
		for heard < want {
			if listener.conn == nil {
				if since != "" {
					listener.url = base + "?since=" + since
				}
				if err := listener.connect(ctx); err != nil {
					sleep(ctx, 50*time.Millisecond)
					if ctx.Err() != nil {
						t.Fatal(err)
					}
					continue
				}
			}
			frame, err := listener.read(ctx)
			if err != nil {
				if ctx.Err() != nil {
					t.Fatalf("heard %d of %d: %v", heard, want, err)
				}
				continue
			}
			switch frame["type"] {
			case "welcome":
				if since != "" && frame["recovered"] != true {
					t.Fatalf("came back at %s with %d heard and was not recovered: %v", since, heard, frame)
				}
				if since == "" && sent.Load() > 0 {
					heard = -1 // The first arrival begins in the middle.
				}
			case "gap":
				t.Fatalf("a gap: %v", frame)
			case "events":
				for _, e := range frame["events"].([]any) {
					if e := e.(object); e["type"] == "comment_sent" {
						var n int64
						if _, err := fmt.Sscan(e["data"].(object)["text"].(string), &n); err != nil {
							t.Fatal(err)
						}
						if heard >= 0 && n != heard+1 {
							t.Fatalf("heard %d after %d", n, heard)
						}
						heard = n
					}
				}
				since = fmt.Sprintf("%v:%.0f", frame["epoch"], frame["offset"].(float64))
			}
		}
	}
	for sent.Load() < 20 {
		sleep(ctx, 10*time.Millisecond)
	}
	listen(sent.Load())
	for range 5 { // Short absences: the hub remembers.
		_ = listener.conn.Close(websocket.StatusNormalClosure, "") // It is gone either way.
		listener.conn = nil
		target := sent.Load() + 30
		for sent.Load() < target {
			sleep(ctx, 10*time.Millisecond)
		}
		listen(target)
	}
	for range 2 { // A killed server: the log remembers.
		p.kill()
		p = startProgram(t, data, addr)
		target := sent.Load() + 30
		for sent.Load() < target && ctx.Err() == nil {
			sleep(ctx, 10*time.Millisecond)
		}
		listen(target)
	}
	over.Store(true)
	talking.Wait()
	p.stop(10 * time.Second)
}
