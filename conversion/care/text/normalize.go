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

// The block of common Han characters.
const firstHan, lastHan = 0x4E00, 0x9FFF

// simplified is, for each Han character, the simplified one; 0 for one that is.
// It is made of data/simplified.txt when first needed.
var simplified = sync.OnceValue(func() *[lastHan + 1 - firstHan]uint16 {
	var chars [lastHan + 1 - firstHan]uint16
	for pair := range words(simplifiedFile) {
		from, size := utf8.DecodeRuneInString(pair)
		to, _ := utf8.DecodeRuneInString(pair[size:])
		chars[from-firstHan] = uint16(to)
	}
	return &chars
})

// longestRun is how often in a row a character may stand: 好好好好好 says no more
// than 好好好.
const longestRun = 3

// Normalize folds what makes two writings of one text differ: full and half
// width, letter case, traditional characters (one by one), white space, signs
// nobody sees, and characters repeated more than three times. Bytes that are no
// UTF-8 become white space.
func Normalize(text string) string {
	if strings.ContainsFunc(text, folds) {
		text = norm.NFKC.String(text)
	}
	chars := simplified()
	var b strings.Builder
	b.Grow(len(text))
	var last rune
	run, space := 0, true
	for _, r := range text {
		switch {
		case firstHan <= r && r <= lastHan:
			if to := chars[r-firstHan]; to != 0 {
				r = rune(to)
			}
		case 'A' <= r && r <= 'Z':
			r += 'a' - 'A'
		case '!' <= r && r <= '~':
		case firstWide <= r && r <= lastWide:
			r = unicode.ToLower(r - firstWide + '!')
		case unicode.IsSpace(r) || r == utf8.RuneError:
			r = ' '
			if space {
				continue
			}
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r):
			continue // joiners and variation selectors of emoji, soft hyphens
		default:
			r = unicode.ToLower(r)
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

// The wide forms of the signs and letters from ! to ~.
const firstWide, lastWide = '！', '～'

// folds reports whether r may be another character after compatibility folding.
// Han, ASCII, wide ASCII, common punctuation and emoji, of which nearly all texts
// are made, need none or are folded without it.
func folds(r rune) bool {
	switch {
	case r < utf8.RuneSelf, firstHan <= r && r <= lastHan, firstWide <= r && r <= lastWide:
	case 0x3000 <= r && r <= 0x3011, 0x2018 <= r && r <= 0x201D, 0x1F300 <= r && r <= 0x1FAFF:
	default:
		return true
	}
	return false
}
