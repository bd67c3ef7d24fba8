package live

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A roster is a map and a list, whatever the names.
func TestRosterIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r Roster
		numbers, names := map[PersonID]int32{}, []PersonID{}
		name := rapid.OneOf(
			rapid.StringMatching(`[ab]{0,3}`), rapid.StringMatching(`v[0-9]{1,4}`),
			rapid.Map(rapid.IntRange(1, 40_000), func(n int) string { return strings.Repeat("x", n) }),
		)
		for _, text := range rapid.SliceOfN(name, 0, 200).Draw(t, "names") {
			p := PersonID(text)
			want, known := numbers[p]
			if n, ok := r.Find(p); ok != known || ok && n != want {
				t.Fatalf("find %.10q: %d, %t, want %d, %t", p, n, ok, want, known)
			}
			if !known {
				want = int32(len(names))
				numbers[p], names = want, append(names, p)
			}
			if n := r.Add(p); n != want {
				t.Fatalf("add %.10q: %d, want %d", p, n, want)
			}
		}
		if r.Len() != len(names) {
			t.Fatalf("%d persons, want %d", r.Len(), len(names))
		}
		for i, p := range names {
			if got := r.Name(int32(i)); got != p {
				t.Fatalf("%d is %.10q, want %.10q", i, got, p)
			}
		}
	})
}

// A person of a crowd costs their name and little more, and does not keep alive
// what their name was cut out of.
func TestRosterIsSmall(t *testing.T) {
	const many = 50_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	var r Roster
	for i := range many {
		fact := fmt.Sprintf("%400dviewer-%06d", 0, i)
		r.Add(PersonID(fact[400:]))
	}
	each := float64(heap()-before) / many
	if each > 13+20 {
		t.Errorf("%.1f bytes for each of %d persons with names of 13, want at most 33", each, many)
	}
	if n, ok := r.Find("viewer-031415"); !ok || n != 31415 {
		t.Errorf("found %d, %t", n, ok)
	}
	t.Logf("%.1f bytes each", each)
}

func BenchmarkRoster(b *testing.B) {
	names := make([]PersonID, 20_000)
	for i := range names {
		names[i] = PersonID(fmt.Sprintf("viewer-%06d", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		var r Roster
		for _, p := range names {
			r.Add(p)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(names)), "ns/person")
}
