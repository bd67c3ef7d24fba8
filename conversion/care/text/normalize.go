package text

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed data/simplified.txt
var simplifiedFile string

// simplified maps a traditional character to the simplified one, for those that
// have one. It is made of data/simplified.txt when first needed.
var simplified = sync.OnceValue(func() map[rune]rune {
	chars := map[rune]rune{}
	for pair := range words(simplifiedFile) {
		from, size := utf8.DecodeRuneInString(pair)
		to, _ := utf8.DecodeRuneInString(pair[size:])
		chars[from] = to
	}
	return chars
})

// longestRun is how often in a row a character may stand: 好好好好好 says no more
// than 好好好.
const longestRun = 3

// Normalize folds what makes two writings of one text differ: full and half
// width, letter case, traditional characters (one by one), white space, signs
// nobody sees, and characters repeated more than three times. Bytes that are no
// UTF-8 become white space.
func Normalize(text string) string {
	text = norm.NFKC.String(text)
	chars := simplified()
	var b strings.Builder
	b.Grow(len(text))
	var last rune
	run, space := 0, true
	for _, r := range text {
		if to, ok := chars[r]; ok {
			r = to
		} else if r < utf8.RuneSelf && 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		} else if r >= utf8.RuneSelf && unicode.IsUpper(r) {
			r = unicode.ToLower(r)
		}
		switch {
		case unicode.IsSpace(r) || r == utf8.RuneError:
			r = ' '
			if space {
				continue
			}
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
			continue // joiners and variation selectors of emoji, soft hyphens
		}
		if r == last {
			run++
		} else {
			last, run = r, 1
		}
		if run > longestRun && !unicode.IsDigit(r) {
			continue
		}
		space = r == ' '
		b.WriteRune(r)
	}
	return strings.TrimSuffix(b.String(), " ")
}
