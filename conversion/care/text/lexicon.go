package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:embed data/lexicon.txt
var lexiconFile string

// longestLike is how many characters a word of the lexicon has at most.
const longestLike = 6

// likes is a group of words that mean alike for a cause.
type likes struct {
	name  string
	cause Cause
}

// lexicon maps a word to the groups it is in. A broken line is a bug of this
// package, which TestLexicon finds.
var lexicon = sync.OnceValue(func() map[string][]*likes {
	groups := map[string][]*likes{}
	for line := range words(lexiconFile) {
		fields := strings.Split(line, "\t")
		if len(fields) != 3 || !Cause(fields[1]).Valid() {
			panic("BUG: lexicon " + line)
		}
		group := &likes{fields[0], Cause(fields[1])}
		for name := range strings.FieldsSeq(fields[2]) {
			groups[name] = append(groups[name], group)
		}
	}
	return groups
})

// eachLike calls visit with every word of the lexicon in a normalised text, once
// for each group it is in.
func eachLike(text string, visit func(group *likes, word string)) {
	groups := lexicon()
	for i := range text {
		end := i
		for range longestLike {
			if end == len(text) {
				break
			}
			_, size := utf8.DecodeRuneInString(text[end:])
			end += size
			for _, group := range groups[text[i:end]] {
				visit(group, text[i:end])
			}
		}
	}
}
