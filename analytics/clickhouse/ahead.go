package clickhouse

import (
	"unsafe"

	"showrunner/live"
)

// Facts that are looked at soon are fetched from memory meanwhile: a reader's other
// goroutine has written them on another core, each in three places, and to wait for
// these was a tenth of encoding and more. Eight facts are far enough ahead.
const (
	textsAhead = 8
	factsAhead = 2 * textsAhead // Where its texts are stands in a fact, which must have come.
)

// ahead is called before the i-th of some facts is looked at.
func ahead(entries []live.Entry, i int) {
	if i < len(entries)-factsAhead {
		e := &entries[i+textsAhead].Event
		// The texts of a fact that was read lie behind each other; ID is the first.
		fetch(unsafe.Pointer(&entries[i+factsAhead]), unsafe.Pointer(unsafe.StringData(string(e.ID))), unsafe.Pointer(unsafe.SliceData(e.Data)))
	}
}
