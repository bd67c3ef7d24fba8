package hub

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestRing compares the ring with a plain list: what between returns is exactly
// what is newer than the floor, and the floor never claims too much.
func TestRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		bounds := Ring{
			Messages: rapid.IntRange(1, 20).Draw(t, "messages"),
			Bytes:    rapid.IntRange(10, 500).Draw(t, "bytes"),
			Age:      time.Duration(rapid.IntRange(1, 50).Draw(t, "age")) * time.Second,
		}
		var r ring
		var all []uint64
		now := time.Unix(0, 0)
		offset := uint64(0)
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "pass")) * time.Second)
			if rapid.IntRange(0, 9).Draw(t, "what") == 0 {
				r.expire(now, bounds)
			} else {
				offset += uint64(rapid.IntRange(1, 4).Draw(t, "step"))
				r.add(Message{Offset: offset, JSON: make([]byte, rapid.IntRange(0, 30).Draw(t, "size"))}, now, bounds)
				all = append(all, offset)
			}
			if r.len() > bounds.Messages || r.bytes > bounds.Bytes || r.bytes < 0 {
				t.Fatalf("%d messages, %d bytes over %+v", r.len(), r.bytes, bounds)
			}
			after := uint64(rapid.IntRange(int(r.floor), int(offset)).Draw(t, "after"))
			until := uint64(rapid.IntRange(int(after), int(offset)).Draw(t, "until"))
			var want []uint64
			for _, o := range all {
				if o > after && o <= until {
					want = append(want, o)
				}
			}
			got := r.between(after, until)
			if len(got) != len(want) {
				t.Fatalf("between(%d, %d) = %d messages, want %v", after, until, len(got), want)
			}
			for i := range got {
				if got[i].Offset != want[i] {
					t.Fatalf("between(%d, %d)[%d] = %d, want %d", after, until, i, got[i].Offset, want[i])
				}
			}
		}
	})
}
