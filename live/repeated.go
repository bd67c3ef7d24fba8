package live

// Repeated remembers what was read of texts that come again and again in the same
// bytes: that somebody has watched for thirty seconds, or clicked a product. Such a
// text is compared, not read.
type Repeated[T any] struct {
	slots [1024]Noted[T]
}

// Noted is what was noted of a text, until another takes its place.
type Noted[T any] struct {
	text []byte
	Of   T
}

// Is reports whether it is what was noted of a text: for who has a guess, which is
// cheaper to compare than to look for.
func (n *Noted[T]) Is(text []byte) bool { return n != nil && string(n.text) == string(text) }

// Text are the bytes of the text. They are not to be changed, and good for as long
// as the text has its place.
func (n *Noted[T]) Text() []byte { return n.text }

// longestRepeated is of texts that may come again as they are. What people write is
// longer, or another each time.
const longestRepeated = 96

// Find is what was noted of a text, or where to note it: then met is false, Of is
// the zero value, and what is noted may lie in its Text. A nil is stands for a text
// that is not remembered.
func (r *Repeated[T]) Find(text []byte) (is *Noted[T], met bool) {
	if r == nil || len(text) == 0 || len(text) > longestRepeated {
		return nil, false
	}
	is = &r.slots[Hash(text)%uint32(len(r.slots))]
	if string(is.text) == string(text) {
		return is, true
	}
	is.text = append(is.text[:0], text...)
	var nothing T
	is.Of = nothing
	return is, false
}

// Hash is a cheap number of a text, for caches in which what has the same number
// only takes the place of each other. Every byte counts: texts of one shape differ
// in few of them.
func Hash[T ~string | ~[]byte](s T) uint32 {
	const odd = 0x9e3779b97f4a7c15
	n := len(s)
	h := uint64(n) * odd
	switch {
	case n >= 8:
		for i := 0; i < n-8; i += 8 {
			h = (h ^ eight(s, i)) * odd
		}
		h = (h ^ eight(s, n-8)) * odd
	case n >= 4:
		h = (h ^ four(s, 0) ^ four(s, n-4)<<32) * odd
	case n > 0:
		h = (h ^ uint64(s[0]) ^ uint64(s[n/2])<<8 ^ uint64(s[n-1])<<16) * odd
	}
	return uint32((h ^ h>>32) * odd >> 32)
}

// eight are the eight bytes of a text that begin at a place, four the four.
func eight[T ~string | ~[]byte](s T, at int) uint64 {
	_ = s[at+7]
	return uint64(s[at]) | uint64(s[at+1])<<8 | uint64(s[at+2])<<16 | uint64(s[at+3])<<24 |
		uint64(s[at+4])<<32 | uint64(s[at+5])<<40 | uint64(s[at+6])<<48 | uint64(s[at+7])<<56
}

func four[T ~string | ~[]byte](s T, at int) uint64 {
	_ = s[at+3]
	return uint64(s[at]) | uint64(s[at+1])<<8 | uint64(s[at+2])<<16 | uint64(s[at+3])<<24
}
