package live

import (
	"hash/maphash"
	"math"
)

// Roster numbers persons in the order in which they are first named, from 0. It
// is for those who remember a little of everybody in a crowd: what they remember
// stands in a list by these numbers, and the garbage collector has nothing to
// look at. A person takes their name and some ten bytes. The name is copied, so
// that a person does not keep alive the fact they were named in.
//
// The zero Roster is empty. It forgets nobody, is not safe for concurrent use,
// and holds at most 2^31 - 1 persons and 4 GiB of names.
type Roster struct {
	seed   maphash.Seed
	chunks [][]byte // of names, one after the other; a name lies in one of them
	ends   []uint32 // where the name of each person ends, in all chunks
	starts []uint32 // where each chunk starts
	slots  []int32  // by hash: number + 1, or 0; a power of two of them
}

const (
	// rosterChunk is how many bytes of names are allocated at a time.
	rosterChunk = 16 << 10
	rosterFirst = 8 // slots
)

// Len is how many persons there are.
func (r *Roster) Len() int { return len(r.ends) }

// Find is the number of a person; ok is false if they were not named so far.
func (r *Roster) Find(p PersonID) (n int32, ok bool) {
	if len(r.slots) == 0 {
		return 0, false
	}
	n = r.slots[r.slot(p)] - 1
	return n, n >= 0
}

// Add is the number of a person, who has one from now on.
func (r *Roster) Add(p PersonID) int32 {
	if 4*(len(r.ends)+1) > 3*len(r.slots) {
		r.grow()
	}
	at := r.slot(p)
	if n := r.slots[at]; n > 0 {
		return n - 1
	}
	if len(r.ends) == math.MaxInt32 {
		panic("BUG: a roster of more than 2^31 persons")
	}
	r.keep(p)
	n := int32(len(r.ends)) //nolint:gosec // see above.
	r.slots[at] = n
	return n - 1
}

// Name is the person of a number that Find or Add has returned.
func (r *Roster) Name(n int32) PersonID { return PersonID(r.text(n)) }

// keep writes the name of the next person down.
func (r *Roster) keep(p PersonID) {
	last := len(r.chunks) - 1
	if last < 0 || cap(r.chunks[last])-len(r.chunks[last]) < len(p) {
		r.starts = append(r.starts, r.size())
		// The first are small: most rosters are of few.
		r.chunks = append(r.chunks, make([]byte, 0, max(len(p), min(rosterChunk, 256<<len(r.chunks)))))
		last++
	}
	r.chunks[last] = append(r.chunks[last], p...)
	r.ends = append(r.ends, r.size())
}

// size is where the next name starts.
func (r *Roster) size() uint32 {
	last := len(r.chunks) - 1
	if last < 0 {
		return 0
	}
	size := uint64(r.starts[last]) + uint64(len(r.chunks[last]))
	if size > math.MaxUint32 {
		panic("BUG: a roster of more than 4 GiB of names")
	}
	return uint32(size)
}

// text is the name of a person, as it is kept.
func (r *Roster) text(n int32) []byte {
	from, until := uint32(0), r.ends[n]
	if n > 0 {
		from = r.ends[n-1]
	}
	chunk, high := 0, len(r.starts)
	for high-chunk > 1 { // The last chunk that starts at or before from.
		if mid := (chunk + high) / 2; r.starts[mid] <= from {
			chunk = mid
		} else {
			high = mid
		}
	}
	start := r.starts[chunk]
	return r.chunks[chunk][from-start : until-start]
}

// slot is where a person stands in slots, or would.
func (r *Roster) slot(p PersonID) int {
	mask := len(r.slots) - 1
	at := int(maphash.String(r.seed, string(p))) & mask //nolint:gosec // any bits do.
	for {
		n := r.slots[at]
		if n == 0 || string(r.text(n-1)) == string(p) {
			return at
		}
		at = (at + 1) & mask
	}
}

// grow doubles the slots.
func (r *Roster) grow() {
	if len(r.slots) == 0 {
		r.seed = maphash.MakeSeed()
	}
	r.slots = make([]int32, max(rosterFirst, 2*len(r.slots)))
	mask := len(r.slots) - 1
	for n := range r.ends {
		at := int(maphash.Bytes(r.seed, r.text(int32(n)))) & mask //nolint:gosec // any bits do; see Add.
		for r.slots[at] != 0 {
			at = (at + 1) & mask
		}
		r.slots[at] = int32(n) + 1 //nolint:gosec // see Add.
	}
}
