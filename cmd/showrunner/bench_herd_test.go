package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"showrunner/cmd/showrunner/crowd"
	"showrunner/live/store/pgtest"
)

// TestHerd is the bench of a herd, small: two servers, of whose viewers most
// lose their connection and come back at once while others stay. Nothing is
// lost, had twice or out of order, and nobody is counted as a new view. How fast
// it goes is for the bench itself to judge.
func TestHerd(t *testing.T) {
	pg, err := pgtest.Start(t.Context())
	if errors.Is(err, pgtest.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := pg.Stop(); err != nil { // The bench starts its own.
		t.Fatal(err)
	}
	t.Setenv(asProgram, "1") // What the bench starts is this binary as the program.
	var out bytes.Buffer
	c := BenchRoomsCmd{Rounds: 1, Viewers: 100, Each: 100, Length: time.Second, Herd: 400}
	err = c.Execute(deadline(t, 5*time.Minute), &out, t.Output())
	var got struct {
		Herd herd `json:"herd"`
	}
	if json.Unmarshal(out.Bytes(), &got) != nil {
		t.Fatalf("%v: %s", err, &out)
	}
	h := got.Herd
	if err != nil && !errors.Is(err, errTargets) {
		t.Fatal(err)
	}
	if h.Viewers != 400 || h.Stayed != 100 || h.Missed != 100 || h.Words == 0 {
		t.Errorf("not what was asked for: %+v", h)
	}
	if h.Lost != 0 || h.Twice != 0 || h.InOrder != 500 || h.PinOrders != 1 {
		t.Errorf("not every event exactly once, in the order of the log: %+v", h)
	}
	if h.ViewsBefore != 500 || h.ViewsAfter != 500 {
		t.Errorf("%d views before, %d after", h.ViewsBefore, h.ViewsAfter)
	}
	if h.Closed != 0 || h.Gaps != 0 {
		t.Errorf("who stayed was cut off or told of a gap: %+v", h)
	}
}

// TestHerdIsJudged: each fault misses a target.
func TestHerdIsJudged(t *testing.T) {
	const heard, want = 7, 12
	good := func() (herd, crowd.Tally, crowd.Tally) {
		return herd{Viewers: 40, Stayed: 10, Missed: 10, Words: 2, Seconds: 3, ViewsBefore: 50, ViewsAfter: 50},
			crowd.Tally{Clients: 40, Must: map[uint64]int{1: 40}, Marks: map[int64]int{want: 40}, Heard: map[uint64]int{heard: 40}},
			crowd.Tally{Clients: 10, Must: map[uint64]int{1: 10}, Marks: map[int64]int{want: 10}, Heard: map[uint64]int{heard: 10}, Late: map[int]int64{40: 20}}
	}
	for name, tc := range map[string]struct {
		change func(h *herd, returned, stayed *crowd.Tally)
		missed []int // targets
	}{
		"all is well": {func(*herd, *crowd.Tally, *crowd.Tally) {}, nil},
		"too slow":    {func(h *herd, _, _ *crowd.Tally) { h.Seconds = 10.1 }, []int{0}},
		"one lost one, another had one twice": {func(_ *herd, r, _ *crowd.Tally) {
			r.Marks = map[int64]int{want: 38, want - 1: 1, want + 1: 1}
			r.Heard = map[uint64]int{heard: 38, 8: 1, 9: 1}
		}, []int{1, 2}},
		"one has another order": {func(_ *herd, r, _ *crowd.Tally) { r.Heard = map[uint64]int{heard: 39, 8: 1} }, []int{2}},
		"all have another order": {func(_ *herd, r, s *crowd.Tally) {
			r.Heard, s.Heard = map[uint64]int{8: 40}, map[uint64]int{8: 10}
		}, []int{2}},
		"one did not come back":  {func(_ *herd, r, _ *crowd.Tally) { r.Marks[want], r.Heard[heard] = 39, 39 }, []int{1, 2}},
		"a pin was missed":       {func(_ *herd, _, s *crowd.Tally) { s.Must = map[uint64]int{1: 9, 2: 1} }, []int{2}},
		"a view more":            {func(h *herd, _, _ *crowd.Tally) { h.ViewsAfter++ }, []int{3}},
		"views were not counted": {func(h *herd, _, _ *crowd.Tally) { h.ViewsBefore, h.ViewsAfter = 49, 49 }, []int{3}},
		"the room stood":         {func(_ *herd, _, s *crowd.Tally) { s.Late = map[int]int64{5000: 20} }, []int{4}},
		"nothing was said":       {func(h *herd, _, _ *crowd.Tally) { h.Words = 0 }, []int{4}},
		"who stayed was cut off": {func(_ *herd, _, s *crowd.Tally) { s.Closed = 1 }, []int{4}},
		"somebody had a gap":     {func(_ *herd, r, _ *crowd.Tally) { r.Gaps = 1 }, []int{4}},
	} {
		h, returned, stayed := good()
		tc.change(&h, &returned, &stayed)
		h.take(&returned, &stayed, heard, want)
		missed := map[int]bool{}
		for _, n := range tc.missed {
			missed[n] = true
		}
		for i, v := range h.judge() {
			if v.Met == missed[i] {
				t.Errorf("%s: %s: met = %v", name, v.Target, v.Met)
			}
		}
	}
}
