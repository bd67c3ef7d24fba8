package bus

import (
	"slices"
	"testing"
)

// TestAlive: who listens hears everybody who lives, nobody who has gone, and is
// not taken for a server itself.
func TestAlive(t *testing.T) {
	url := external(t)
	a, b := join(t, url, "a"), join(t, url, "b")
	eventually(t, "both know each other", func() bool { return len(a.Nodes()) == 2 && len(b.Nodes()) == 2 })
	got, err := Alive(t.Context(), url, "")
	if err != nil || !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("alive: %v, %v", got, err)
	}
	if n := a.Nodes(); len(n) != 2 {
		t.Errorf("the listener is a node: %v", n)
	}
	b.stop()
	if got, err := Alive(t.Context(), url, ""); err != nil || !slices.Equal(got, []string{"a"}) {
		t.Errorf("alive after one has gone: %v, %v", got, err)
	}
	if got, err := Alive(t.Context(), url, "another"); err != nil || len(got) != 0 {
		t.Errorf("alive at another log: %v, %v", got, err)
	}
}
