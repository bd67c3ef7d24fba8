package live

// Words are texts that were met, so that bytes which come again and again become
// a string once: identifiers, of which a log of millions of facts has thousands.
// A nil Words makes a new string each time.
type Words map[string]string

// maxWords bounds what is remembered: then it begins anew.
const maxWords = 16_384

// Of is the text as a string.
func (w Words) Of(text []byte) string {
	if s, ok := w[string(text)]; ok {
		return s
	}
	s := string(text)
	if w == nil {
		return s
	}
	if len(w) >= maxWords {
		clear(w)
	}
	w[s] = s
	return s
}
