package moderation

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// plain is a text without its disguises: compatibility forms (full width,
// circled, mathematical) and case folded, accents and invisible characters
// dropped, letters that look like Latin ones made Latin, and everything that is
// neither letter nor digit taken out. gap tells where something was taken out,
// so that a keyword in letters is still found as a word and not inside another.
type plain struct {
	text string
	gap  []bool // by byte of text, and its end: a word may begin or end here
}

// plainOf is the plain form of a text. It takes time in proportion to it.
func plainOf(s string) plain {
	p := plain{}
	out := make([]byte, 0, len(s))
	open := true
	var last rune
	for _, r := range norm.NFKC.String(s) {
		switch {
		case unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == '\u115f' || r == '\u1160' || r == '\u3164':
			continue // Joiners, marks of direction, fillers: nobody sees a gap there.
		case unicode.In(r, unicode.Mn, unicode.Me) && spaced(last):
			continue // Accents on letters that have their own meaning without.
		case !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r):
			open = true
			continue
		}
		r = looks(unicode.ToLower(bare(r)))
		// A script without blanks needs no gap: every character may begin a word.
		open = open || !spaced(last) || !spaced(r)
		at := len(out)
		out = utf8.AppendRune(out, r)
		for range len(out) - at {
			p.gap = append(p.gap, open)
			open = false
		}
		last = r
	}
	p.text, p.gap = string(out), append(p.gap, true)
	return p
}

// bare is a letter of an alphabet without its accent.
func bare(r rune) rune {
	if r < 0xc0 || !spaced(r) {
		return r
	}
	if parts := norm.NFD.PropertiesString(string(r)).Decomposition(); len(parts) > 0 {
		r, _ = utf8.DecodeRune(parts)
	}
	return r
}

// whole reports whether text[from:to] stands by itself.
func (p *plain) whole(from, to int) bool { return p.gap[from] && p.gap[to] }

// spaced reports whether words of the character's script are set apart by blanks.
func spaced(r rune) bool {
	return r < 0x80 || unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Armenian, unicode.Hebrew, unicode.Arabic)
}

// looks makes a letter that is taken for a Latin one that one: the pairs of
// Unicode's confusables (UTS 39) among Cyrillic, Greek and Armenian small
// letters, and small letters of Latin that compatibility does not fold.
func looks(r rune) rune {
	if l, ok := lookalikes[r]; ok {
		return l
	}
	return r
}

var lookalikes = func() map[rune]rune {
	m := map[rune]rune{}
	for latin, others := range map[rune]string{
		'a': "аαɑ", 'b': "ьв", 'c': "сϲ", 'd': "ԁ", 'e': "еєҽ", 'f': "ẝ", 'g': "ɡց", 'h': "һհ", 'i': "іıιɩ",
		'j': "јϳ", 'k': "кκ", 'l': "ӏ", 'm': "м", 'n': "пոη", 'o': "оοօσ", 'p': "рρ", 'q': "ԛզ", 'r': "гᴦ", 's': "ѕꜱ",
		't': "тτ", 'u': "υսʋ", 'v': "ѵν", 'w': "ѡԝω", 'x': "хχ", 'y': "уүγ", 'z': "ᴢ",
	} {
		for _, r := range others {
			m[r] = latin
		}
	}
	return m
}()
