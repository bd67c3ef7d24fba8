package live

// Repeated remembers what was read of texts that come again and again in the same
// bytes: that somebody has watched for thirty seconds, or clicked a product. Such a
// text is compared, not read.
type Repeated[T any] struct {
	slots [256]struct {
		text []byte
		of   T
	}
}

// longestRepeated is of texts that may come again as they are. What people write is
// longer, or another each time.
const longestRepeated = 96

// Find is what was noted of a text, or where to note it: then met is false, is is
// the zero value, and what is noted may lie in kept, which are the same bytes. A nil
// is stands for a text that is not remembered.
func (r *Repeated[T]) Find(text []byte) (is *T, kept []byte, met bool) {
	if r == nil || len(text) == 0 || len(text) > longestRepeated {
		return nil, text, false
	}
	slot := &r.slots[Hash(text)%uint32(len(r.slots))]
	if string(slot.text) == string(text) {
		return &slot.of, slot.text, true
	}
	slot.text = append(slot.text[:0], text...)
	var nothing T
	slot.of = nothing
	return &slot.of, slot.text, false
}

// Hash is a cheap number of some bytes of a text, for caches in which what has the
// same number only takes the place of each other.
func Hash[T ~string | ~[]byte](s T) uint32 {
	n := len(s)
	if n < 4 {
		return uint32(n)
	}
	h := uint32(n) * 0x9e3779b1
	h = (h ^ uint32(s[n-1]) ^ uint32(s[n-2])<<8 ^ uint32(s[n/2])<<16 ^ uint32(s[n/4])<<24) * 0x85ebca6b
	h = (h ^ uint32(s[n-3]) ^ uint32(s[n-4])<<8 ^ uint32(s[3*n/4])<<16) * 0xc2b2ae35
	return h ^ h>>15
}
