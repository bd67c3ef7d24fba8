package hub

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"showrunner/live"
)

// Who is left out is served and not counted, whether they are there or not, and
// counts again when they are let back in or another show begins.
func TestUncounted(t *testing.T) {
	h := New(Config{Epoch: "e", Framer: lines{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	for _, p := range []live.PersonID{"ann", "bot", "bot", "bob"} {
		if _, _, err := h.Join("r1", JoinOptions{Person: p, Wake: func() {}}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(n int) {
		t.Helper()
		c := h.Crowd("r1", 10)
		if got := h.Online("r1"); got != n || c.Persons != n || len(c.Names) != n || c.Sockets != 4 || len(h.Names("r1")) != n {
			t.Errorf("online %d, crowd %+v, want %d", got, c, n)
		}
	}
	want(3)
	h.Uncount("r1", "bot", true)
	h.Uncount("r1", "not there", true)
	h.Uncount("r2", "ann", true)
	want(2)
	if slices.Contains(h.Names("r1"), "bot") {
		t.Error("who is left out is named")
	}
	h.Uncount("r1", "bot", false)
	want(3)
	h.Uncount("r1", "bot", true)
	h.CountAll("r1")
	want(3)
}
