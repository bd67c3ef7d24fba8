package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// featureKind says what a feature of the model is made of. A word and a pair of
// characters may be written alike and are two features.
type featureKind byte

const (
	wordFeature featureKind = 'w' // a token of the segmenter, stop words too
	pairFeature featureKind = 'p' // two tokens in a row
	gramFeature featureKind = 'g' // one to three characters in a row
	likeFeature featureKind = 'l' // a group of data/lexicon.txt
)

// eachFeature calls visit with every feature of a normalised text, one as often
// as it stands there. The strings lie in text or in fold's result.
func eachFeature(tokens []token, text string, visit func(featureKind, string)) {
	var last string
	for _, t := range tokens {
		if t.kind == sign {
			last = ""
			continue
		}
		if t.kind == word {
			visit(wordFeature, t.text)
		}
		if last != "" {
			visit(pairFeature, last+" "+t.text)
		}
		last = t.text
	}
	eachLike(text, func(g *likes, _ string) { visit(likeFeature, g.name) })
	folded := fold(text)
	// Where the last three characters began.
	var a, b int
	for i := 0; i < len(folded); {
		r, size := utf8.DecodeRuneInString(folded[i:])
		end := i + size
		if r == ' ' {
			a, b, i = end, end, end
			continue
		}
		visit(gramFeature, folded[i:end])
		if b < i {
			visit(gramFeature, folded[b:end])
		}
		if a < b {
			visit(gramFeature, folded[a:end])
		}
		a, b, i = b, i, end
	}
}

// fold writes numbers as # and signs as a space, over which no characters are
// joined; questions, exclamations and emoji stay, for they say something.
func fold(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	var last rune = ' '
	for _, r := range text {
		switch {
		case unicode.IsNumber(r):
			r = '#'
		case unicode.IsLetter(r), r == '?', r == '!', unicode.Is(unicode.So, r):
		default:
			r = ' '
		}
		if r == last && (r == ' ' || r == '#') {
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}
