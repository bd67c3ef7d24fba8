package text

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/go-ego/gse"
	"pgregory.net/rapid"
)

// oracle is the library that cuts texts as ours does, in twenty times the memory.
var oracle = sync.OnceValues(func() (*gse.Segmenter, error) {
	s := &gse.Segmenter{Dict: gse.NewDict()}
	for word := range words(wordsFile) {
		if err := s.AddToken(word, wordFrequency); err != nil {
			return nil, err
		}
	}
	for line := range words(dictionaryFile) {
		word, number, _ := strings.Cut(line, " ")
		count, err := strconv.ParseFloat(number, 64)
		if err != nil {
			return nil, err
		}
		if err := s.AddToken(word, count); err != nil {
			return nil, err
		}
	}
	s.CalcToken()
	return s, nil
})

// sameCut fails unless a text is cut as the library cuts it.
func sameCut(t interface {
	Helper()
	Fatal(args ...any)
	Errorf(format string, args ...any)
}, text string,
) {
	t.Helper()
	o, err := oracle()
	if err != nil {
		t.Fatal(err)
	}
	s, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	var want []int32
	for _, segment := range o.Segment([]byte(text)) {
		want = append(want, int32(segment.End()))
	}
	if got := s.dictionary.cut(text); !slices.Equal(got, want) {
		t.Errorf("%q is cut behind the bytes %v, by the library behind %v", text, got, want)
	}
}

// TestCut cuts as the library does: all labelled sentences, every word of the
// dictionary, also behind the one before it, and all sentences as one text.
func TestCut(t *testing.T) {
	var all strings.Builder
	for _, s := range Sentences() {
		sameCut(t, Normalize(s.Text))
		sameCut(t, s.Text[min(len(s.Text), 1):]) // which begins amid a character
		all.WriteString(Normalize(s.Text))
	}
	sameCut(t, all.String())
	last := ""
	for line := range words(wordsFile + "\n" + dictionaryFile) {
		word, _, _ := strings.Cut(strings.ToLower(line), " ")
		sameCut(t, word)
		sameCut(t, last+word)
		last = word
	}
}

// TestCutAnything cuts as the library does what nobody ever said: characters and
// words of the dictionary in any order, with signs, emoji, other scripts and bytes
// that are no characters.
func TestCutAnything(t *testing.T) {
	var list []string
	for line := range words(wordsFile + "\n" + dictionaryFile) {
		word, _, _ := strings.Cut(strings.ToLower(line), " ")
		list = append(list, word)
	}
	common := []rune("的一是不了我有这个大小人来上到说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进好")
	piece := rapid.OneOf(
		rapid.SampledFrom(list),
		rapid.Map(rapid.SampledFrom(common), func(r rune) string { return string(r) }),
		rapid.Map(rapid.RuneFrom(nil, unicode.Han), func(r rune) string { return string(r) }),
		rapid.SampledFrom([]string{"3", "50ml", "yyds", "yy", "ds", "q", "阿q", "é", "я", "½", "²", "٣", " ", "！", "，", "👨‍👩‍👧", "㊙️", "𫘧", "\xe5", "\xff", "a3", "é3я"}),
		rapid.String(),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(piece, 0, 90).Draw(t, "pieces"), "")
		if rapid.Bool().Draw(t, "cut off") {
			text = text[:rapid.IntRange(0, len(text)).Draw(t, "bytes")]
		}
		sameCut(t, strings.ToLower(text))
		sameCut(t, Normalize(text))
	})
}

func FuzzCut(f *testing.F) {
	for _, s := range Sentences()[:50] {
		f.Add(s.Text)
	}
	f.Add("阿Qyyds a\xff\xfe７㊙️½²")
	f.Fuzz(func(t *testing.T, text string) {
		sameCut(t, strings.ToLower(text))
		normal := Normalize(text)
		sameCut(t, normal)
		if ends := segmenter(t).dictionary.cut(normal); len(normal) > 0 && ends[len(ends)-1] != int32(len(normal)) || !utf8.ValidString(normal) {
			t.Errorf("%q is not cut to its end: %v", normal, ends)
		}
	})
}
