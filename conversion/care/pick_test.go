package care

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPick(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	hands := []Hand{
		{Agent: "busy", Capacity: 2, Open: 2, Idle: early},
		{Agent: "one", Capacity: 5, Open: 1, Idle: early},
		{Agent: "lately", Capacity: 5, Idle: late, Personas: []Persona{PersonaExpert}},
		{Agent: "long", Capacity: 5, Idle: early, Personas: []Persona{PersonaExpert}},
		{Agent: "z", Capacity: 5, Idle: early, Personas: []Persona{PersonaExpert}},
	}
	f := func(name string, persona Persona, want string, first ...string) {
		t.Helper()
		if got, _ := Pick(hands, persona, first...); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	f("least loaded, then idle for longest, then by name", "", "long")
	f("by persona", PersonaAfterSale, "one")
	f("whose person it is", "", "lately", "lately")
	f("who is full is no choice", "", "long", "busy")
	f("the first of the choices", "", "z", "z", "one")
	if got, ok := Pick(hands[:1], ""); ok {
		t.Errorf("nobody has room, but %q got it", got)
	}
}

// TestDeal: everything is dealt, and nobody ends with two more than another unless
// they began with more.
func TestDeal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		load := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 8).Draw(t, "load")
		hands := make([]string, len(load))
		for i := range hands {
			hands[i] = string(rune('a' + i))
		}
		n := rapid.IntRange(0, 100).Draw(t, "things")
		got := Deal(n, hands, load)
		if len(got) != n {
			t.Fatalf("%d of %d dealt", len(got), n)
		}
		end := slices.Clone(load)
		for _, h := range got {
			end[slices.Index(hands, h)]++
		}
		for i := range end {
			for j := range end {
				if end[i] > end[j]+1 && end[i] > load[i] {
					t.Errorf("%v dealt over %v leaves %v", n, load, end)
				}
			}
		}
	})
	if Deal(3, nil, nil) != nil {
		t.Error("dealt to nobody")
	}
}
