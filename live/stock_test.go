package live_test

import (
	"errors"
	"testing"

	"showrunner/live"
)

func TestReleaseAndHold(t *testing.T) {
	for name, tc := range map[string]struct {
		item live.Item
		act  func(*live.Item) error
		code string
		want live.Item
	}{
		"release what is withheld": {
			live.Item{Withheld: 5, Released: 3}, func(i *live.Item) error { return i.Release(5, false) }, "", live.Item{Released: 8},
		},
		"release more": {
			live.Item{Withheld: 5, Released: 3}, func(i *live.Item) error { return i.Release(6, false) }, "over_allotment", live.Item{Withheld: 5, Released: 3},
		},
		"release more and extend": {
			live.Item{Withheld: 5, Released: 3}, func(i *live.Item) error { return i.Release(6, true) }, "", live.Item{Released: 9},
		},
		"release too much": {
			live.Item{Released: 3}, func(i *live.Item) error { return i.Release(live.MaxStock, true) }, "stock_limit", live.Item{Released: 3},
		},
		"hold what is left": {
			live.Item{Released: 9, Reserved: 2, Sold: 3}, func(i *live.Item) error { return i.Hold(4) }, "", live.Item{Withheld: 4, Released: 5, Reserved: 2, Sold: 3},
		},
		"hold what is ordered": {
			live.Item{Released: 9, Reserved: 2, Sold: 3}, func(i *live.Item) error { return i.Hold(5) }, "stock_in_use", live.Item{Released: 9, Reserved: 2, Sold: 3},
		},
	} {
		it := tc.item
		err := tc.act(&it)
		if tc.code == "" && err != nil || tc.code != "" && !errors.Is(err, live.Conflict(tc.code, "")) {
			t.Errorf("%s: %v, want %q", name, err, tc.code)
		}
		if it != tc.want {
			t.Errorf("%s: %+v, want %+v", name, it, tc.want)
		}
	}
}

func TestStockEquation(t *testing.T) {
	it := live.Item{Withheld: 1, Released: 20, Reserved: 3, Sold: 6, Returned: 40}
	if it.Left() != 11 || it.Allotted() != 61 || it.Unsold() != 12 {
		t.Errorf("left %d, allotted %d, unsold %d", it.Left(), it.Allotted(), it.Unsold())
	}
}
