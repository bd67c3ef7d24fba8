package main

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/coder/websocket"

	"showrunner/cmd/showrunner/crowd"
)

// herd is how a return of very many at once went.
type herd struct {
	Viewers     int     `json:"viewers"` // who lost their connection
	Stayed      int     `json:"stayed"`
	Missed      int     `json:"missed"`  // comments each of them missed
	Words       int     `json:"words"`   // announcements, each behind a pin, while they returned
	Seconds     float64 `json:"seconds"` // until the last was back
	Lost        int64   `json:"lost"`
	Twice       int64   `json:"twice"`
	InOrder     int     `json:"in_order"`       // who heard all of it once, in the order of the log
	PinOrders   int     `json:"orders_of_pins"` // in how many different sequences pins were seen; 1 is right
	Closed      int     `json:"closed"`         // of those who stayed
	Gaps        int64   `json:"gaps"`           // told to either
	ViewsBefore int64   `json:"views_before"`   // watch_pv
	ViewsAfter  int64   `json:"views_after"`
	P50         float64 `json:"p50_ms"` // how late words were at those who stayed, from when they were due
	P99         float64 `json:"p99_ms"`
	Most        float64 `json:"most_ms"`
}

// take compares what everybody heard with what the witness did: heard is the
// name of that sequence, want its length.
func (h *herd) take(returned, stayed *crowd.Tally, heard uint64, want int64) {
	all := crowd.Tally{}
	all.Add(*returned)
	all.Add(*stayed)
	seen := 0
	for n, clients := range all.Marks {
		h.Lost += max(0, want-n) * int64(clients)
		h.Twice += max(0, n-want) * int64(clients)
		seen += clients
	}
	h.Lost += want * int64(h.Viewers+h.Stayed-seen) // Who is not there, or was told of a gap, has nothing.
	h.InOrder, h.PinOrders, h.Closed, h.Gaps = all.Heard[heard], len(all.Must), all.Closed, all.Gaps
	h.P50, h.P99, h.Most = milli(stayed.Quantile(0.5)), milli(stayed.Quantile(0.99)), milli(stayed.Quantile(1))
}

// judge holds the run against the targets.
func (h *herd) judge() []verdict {
	n := strconv.Itoa(h.Viewers)
	one := func(v float64) spread { return spread{v, v, v} }
	return []verdict{
		{Target: "H1 seconds until " + n + " viewers are back", Goal: "at most 10", Ours: one(h.Seconds), Met: h.Seconds <= 10},
		{Target: "H2 events that those who returned or stayed lost or had twice", Goal: "none", Ours: one(float64(h.Lost + h.Twice)), Met: h.Lost+h.Twice == 0},
		{Target: "H3 viewers who had another order than the log", Goal: "none", Ours: one(float64(h.Viewers + h.Stayed - h.InOrder)), Met: h.InOrder == h.Viewers+h.Stayed && h.PinOrders == 1},
		{Target: "H4 views that the return made", Goal: "none", Ours: one(float64(h.ViewsAfter - h.ViewsBefore)), Met: h.ViewsAfter == h.ViewsBefore && h.ViewsBefore >= int64(h.Viewers+h.Stayed)},
		{Target: "H5 p99 in ms of what was said meanwhile, at those who stayed", Goal: "below 1000, nobody cut off or told of a gap", Ours: one(h.P99), Met: h.P99 < 1000 && h.Words > 0 && h.Closed == 0 && h.Gaps == 0},
	}
}

// witness is a client that sees everything and forgets nothing.
type witness struct {
	ws    *websocket.Conn
	since string // where it began
	done  sync.WaitGroup

	mu    sync.Mutex
	heard crowd.Chain
	n     int64
	fault error
}

// witness joins as the room is now.
func (a *arena) witness(ctx context.Context) (*witness, error) {
	ws, err := a.dial(ctx, 0)
	if err != nil {
		return nil, err
	}
	w := &witness{ws: ws}
	if w.since, err = standing(ctx, ws); err != nil {
		_ = ws.CloseNow() // It is of no use.
		return nil, err
	}
	speech := &crowd.Showrunner{}
	w.done.Go(func() {
		for {
			_, raw, err := ws.Read(ctx)
			w.mu.Lock()
			if err != nil {
				w.fault = err
				w.mu.Unlock()
				return
			}
			c := speech.Read(raw)
			w.heard, w.n = w.heard.Then(crowd.ChainOf(c.Due)), w.n+int64(len(c.Due))
			w.mu.Unlock()
		}
	})
	return w, nil
}

// until waits until it has heard so many.
func (w *witness) until(ctx context.Context, want int64) error {
	for end := time.Now().Add(herdWithin); ; time.Sleep(20 * time.Millisecond) {
		w.mu.Lock()
		n, fault := w.n, w.fault
		w.mu.Unlock()
		switch {
		case n >= want:
			return nil
		case fault != nil:
			return fmt.Errorf("the witness lost its connection: %w", fault)
		case ctx.Err() != nil || time.Now().After(end):
			return fmt.Errorf("the witness heard %d of %d", n, want)
		}
	}
}

func (w *witness) chain() crowd.Chain {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.heard
}

func (w *witness) close() {
	_ = w.ws.CloseNow() // It has seen what it was to see.
	w.done.Wait()
}
