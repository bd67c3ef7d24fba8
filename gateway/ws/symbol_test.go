package ws

import (
	"testing"

	"pgregory.net/rapid"
)

// TestSymbols holds the table against a plain map of counts.
func TestSymbols(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s symbols
		users := map[symbol]int{}
		names := map[symbol]string{}
		word := rapid.SampledFrom([]string{"", "a", "b", "c", "ann", "bob"})
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			text := word.Draw(t, "text")
			if rapid.Bool().Draw(t, "use") {
				y := s.use(text)
				if old, ok := names[y]; ok && old != text {
					t.Fatalf("symbol %d is %q and %q", y, old, text)
				}
				names[y] = text
				users[y]++
			} else if y, ok := s.index[text]; ok {
				s.drop(y)
				if users[y]--; users[y] == 0 {
					delete(users, y)
					delete(names, y)
				}
			}
			for y, text := range names {
				if s.text(y) != text {
					t.Fatalf("symbol %d is %q, want %q", y, s.text(y), text)
				}
			}
		}
		for y, n := range users {
			for range n {
				s.drop(y)
			}
		}
		if len(s.index) != 0 || len(s.free) != len(s.list) {
			t.Fatalf("%d strings are kept that nobody uses", len(s.index))
		}
	})
}
