package bus

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"showrunner/live"
)

// people are persons from..until-1 of a numbered crowd.
func people(from, until int) []live.PersonID {
	out := make([]live.PersonID, 0, until-from)
	for i := from; i < until; i++ {
		out = append(out, live.PersonID(fmt.Sprintf("viewer-%06d", i)))
	}
	return out
}

// crowdOf is what a server says of persons.
func crowdOf(persons []live.PersonID) Crowd {
	c := Crowd{Room: "r", Sockets: len(persons), Persons: len(persons)}
	if len(persons) > FewPersons {
		c.Sketch = SketchOf(persons)
		return c
	}
	for _, p := range persons {
		c.Hashes = append(c.Hashes, HashOf(p))
	}
	return c
}

// near is within four standard errors, 1.04/√2^14 each.
func near(got, want int) bool {
	off := got - want
	return off*off*16384 <= 16*108*want*want/100
}

// Three large crowds that overlap count, together, each person about once.
func TestSketchesCountTogether(t *testing.T) {
	for _, n := range []int{201, 1_000, 5_000, 50_000} {
		a, b, c := crowdOf(people(0, n)), crowdOf(people(n/2, n+n/2)), crowdOf(people(n, n+100))
		want := n + n/2
		if got := together([]Crowd{a, b, c}); !near(got, want) {
			t.Errorf("%d persons on three servers are %d, want about %d", n, got, want)
		}
		if got := together([]Crowd{a, a}); got < n || !near(got, n) {
			t.Errorf("the same %d persons on two servers are %d", n, got)
		}
	}
}

// The count is never below the largest crowd and never above the sum, whatever
// crowds they are, and a server of before sketches counts with all of its own.
func TestTogetherIsBounded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var crowds []Crowd
		most, sum := 0, 0
		for range rapid.IntRange(1, 4).Draw(t, "servers") {
			from := rapid.IntRange(0, 400).Draw(t, "from")
			n := rapid.IntRange(0, 600).Draw(t, "persons")
			c := crowdOf(people(from, from+n))
			if n > FewPersons && rapid.IntRange(0, 4).Draw(t, "old") == 0 {
				c.Sketch = Sketch{}
			}
			crowds, most, sum = append(crowds, c), max(most, n), sum+n
		}
		if got := together(crowds); got < most || got > sum {
			t.Fatalf("%d persons, the largest crowd has %d, all together %d", got, most, sum)
		}
	})
}

func TestSketchTravels(t *testing.T) {
	for _, n := range []int{201, 3_000, 200_000} {
		c := crowdOf(people(0, n))
		raw, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var got Crowd
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if len(raw) > sketchBytes*4/3+64 || got.Sketch.s.Estimate() != c.Sketch.s.Estimate() {
			t.Errorf("%d persons travel in %d bytes as %d", n, len(raw), got.Sketch.s.Estimate())
		}
	}
	for _, bad := range []string{`"AAAA"`, `5`, `"` + string(slices.Repeat([]byte("A"), 4*sketchBytes)) + `"`} {
		var s Sketch
		if s.UnmarshalJSON([]byte(bad)) == nil {
			t.Errorf("%.20s is taken for a sketch", bad)
		}
	}
}

// Over real NATS: beyond what is named one by one, somebody on two servers counts
// about once; on one server alone the count is exact.
func TestOnlineOfLargeCrowds(t *testing.T) {
	url := external(t)
	a, b := join(t, url, "a"), join(t, url, "b")
	own := crowdOf(people(0, 4_000))
	a.set(own)
	if got := a.Online(own); got != 4_000 {
		t.Errorf("alone: %d online, want exactly 4000", got)
	}
	b.set(crowdOf(people(2_000, 6_000)))
	// A beat that is late on a busy machine takes the other away for a moment.
	eventually(t, "about 6000 are online, and not 8000", func() bool { return near(a.Online(own), 6_000) })
}

func FuzzSketch(f *testing.F) {
	for _, n := range []int{1, 300, 20_000} {
		raw, err := SketchOf(people(0, n)).MarshalJSON()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add([]byte(`"AgAOAQ=="`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s Sketch
		if s.UnmarshalJSON(raw) != nil || s.IsZero() {
			return
		}
		together([]Crowd{{Persons: 300, Sketch: s}, crowdOf(people(0, 300))})
		if again, err := s.MarshalJSON(); err != nil || len(again) == 0 {
			t.Errorf("a sketch that was read cannot be written: %v", err)
		}
	})
}
