package analytics

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
)

// TestFedTable adds groups up: a group whose day is not over is in no rate of it.
func TestFedTable(t *testing.T) {
	over := func(alive bool) conversion.FedEnd { return conversion.FedEnd{Over: true, Alive: alive} }
	got := FedTable([]conversion.FedGroup{
		{Group: "g1", Joined: 4, Ends: [3]conversion.FedEnd{over(true), over(true)}},
		{Group: "g2", Name: "Tea", Joined: 3, Ends: [3]conversion.FedEnd{over(true), over(false)}},
	})
	want := [][]Cell{
		{{}, {}, {Num: 2}, {Num: 7}, {Num: 2, Den: 2}, {Num: 1, Den: 2}, {}},
		{{Text: "g1"}, {}, {Num: 1}, {Num: 4}, {Num: 1, Den: 1}, {Num: 1, Den: 1}, {}},
		{{Text: "g2"}, {Text: "Tea"}, {Num: 1}, {Num: 3}, {Num: 1, Den: 1}, {Num: 0, Den: 1}, {}},
	}
	if d := cmp.Diff(want, got.Rows); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	if none := FedTable(nil); len(none.Rows) != 0 || len(none.Columns) != len(got.Columns) {
		t.Errorf("without groups: %+v", none)
	}
}
