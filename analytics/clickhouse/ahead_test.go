package clickhouse

import (
	"testing"
	"unsafe"

	"showrunner/live"
)

// TestAhead: facts are fetched wherever they lie, also where there is nothing, and
// the whole of them.
func TestAhead(t *testing.T) {
	if size := unsafe.Sizeof(live.Entry{}); size > 5*64 {
		t.Errorf("a fact is %d bytes, of which fetch has %d", size, 5*64)
	}
	fetch(nil, nil, nil)
	fetch(unsafe.Pointer(&struct{}{}), unsafe.Pointer(unsafe.StringData("")), unsafe.Pointer(unsafe.SliceData([]byte(nil))))
	entries := make([]live.Entry, factsAhead+1)
	for n := range len(entries) + 1 {
		for i := range n {
			ahead(entries[:n], i)
		}
	}
}
