package text

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed data/stop.txt
var stopFile string

// numerals are what a count may be written in besides digits.
const numerals = "一二两三四五六七八九十百千万几半"

// units are the counters and measures that a number is folded with, so that
// 等了3天 and 等了五天 have the term #天 in common.
const units = "天日号月年周小时分钟秒元块毛角分件个次斤克两条双包盒瓶袋箱支片张码折倍楼层层人位岁寸米"

// Segmenter cuts texts into terms. It is safe for concurrent use.
type Segmenter struct {
	dictionary *dictionary
	stop       map[string]bool
	units      map[string]bool
}

// New loads the embedded dictionary.
func New() (*Segmenter, error) {
	d, err := readDictionary()
	if err != nil {
		return nil, err
	}
	s := &Segmenter{d, map[string]bool{}, map[string]bool{"小时": true, "分钟": true, "天": true}}
	for word := range words(stopFile) {
		s.stop[word] = true
	}
	for _, unit := range units {
		s.units[string(unit)] = true
	}
	return s, nil
}

// Terms cuts text into the terms that carry meaning, in their order: width,
// case and traditional characters folded, stop words, signs and emoji left out,
// numbers written # together with their unit, and a negation joined to what it
// denies, so that 没收到 is not 收到.
func (s *Segmenter) Terms(text string) []string {
	return s.terms(Normalize(text))
}

// terms is Terms for a text that was normalised before.
func (s *Segmenter) terms(text string) []string {
	tokens := s.cut(text)
	terms := make([]string, 0, len(tokens))
	for i := 0; i < len(tokens); i++ {
		token := tokens[i]
		switch {
		case token.kind == sign:
		case token.kind == number:
			if i+1 < len(tokens) && tokens[i+1].kind == word && s.units[tokens[i+1].text] {
				i++
				terms = append(terms, "#"+tokens[i].text)
			}
		case negations[token.text] && i+1 < len(tokens) && tokens[i+1].kind == word && !s.stop[tokens[i+1].text] && !negations[tokens[i+1].text]:
			i++
			terms = append(terms, token.text+tokens[i].text)
		case s.stop[token.text] || negations[token.text]:
		case token.kind == word:
			terms = append(terms, token.text)
		}
	}
	return terms
}

// negations are the words that turn the next one around. They are stop words
// when nothing follows that they could deny.
var negations = map[string]bool{"不": true, "没": true, "没有": true, "无": true, "未": true, "别": true, "不是": true, "不能": true, "不会": true, "不给": true}

// kind says what a token is made of.
type kind uint8

const (
	sign   kind = iota // punctuation, emoji, white space
	word               // Han or Latin
	number             // digits, or Han numerals
)

type token struct {
	text string
	kind kind
}

// cut is the plain segmentation of a normalised text: every token, with numbers
// folded into #. A token's text lies in text where it can, to spare memory.
func (s *Segmenter) cut(text string) []token {
	ends := s.dictionary.cut(text)
	tokens := make([]token, 0, len(ends))
	start := 0
	for _, end := range ends {
		piece := text[start:end]
		start = int(end)
		first, _ := utf8.DecodeRuneInString(piece)
		switch {
		case first < utf8.RuneSelf && (unicode.IsLetter(first) || unicode.IsDigit(first)):
			tokens = latin(tokens, piece)
		case strings.ContainsRune(numerals, first):
			if rest := strings.TrimLeft(piece, numerals); rest == "" {
				tokens = append(tokens, token{"#", number})
			} else if s.units[rest] {
				tokens = append(tokens, token{"#", number}, token{rest, word})
			} else {
				tokens = append(tokens, token{piece, word})
			}
		case unicode.IsLetter(first):
			tokens = append(tokens, token{piece, word})
		case unicode.IsDigit(first) || unicode.IsNumber(first):
			tokens = append(tokens, token{"#", number})
		default:
			tokens = append(tokens, token{piece, sign})
		}
	}
	return tokens
}

// latin appends a run of Latin letters and digits: 3 is a number, 50ml one with
// its unit, iphone15 and a3纸 stay the names they are.
func latin(tokens []token, run string) []token {
	letters := strings.TrimLeft(run, "0123456789")
	switch {
	case letters == "":
		return append(tokens, token{"#", number})
	case len(letters) < len(run) && len(letters) <= 3 && !strings.ContainsAny(letters, "0123456789"):
		return append(tokens, token{"#" + letters, word})
	}
	return append(tokens, token{run, word})
}

// words yields the lines of an embedded list that are neither empty nor a
// comment.
func words(file string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for line := range strings.Lines(file) {
			line = strings.TrimSpace(line)
			if line != "" && !strings.HasPrefix(line, "# ") && !yield(line) {
				return
			}
		}
	}
}
