package moderation

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

func finds(w *words, text string) (found []string) {
	p := plainOf(text)
	w.in(&p, func(i int) bool {
		found = append(found, w.given[i])
		return false
	})
	return found
}

func TestKeywordsAreFoundInDisguise(t *testing.T) {
	w := compile([]string{"scam", "加微信", "free money", "qq群", "спам", "Ass", "1688"})
	for _, text := range []string{
		"scam", "SCAM!", "what a scam.", "ＳＣＡＭ", "s c a m", "s.c.a.m", "s\u200bc\u200da\u00adm", "ѕсаm", "scаm", "𝓼𝓬𝓪𝓶", "ⓢⓒⓐⓜ", "ścäm", "s\u0301cam",
		"加微信", "加 微 信", "加-微·信", "请加微信abc", "加\u200b微\ufeff信", "加𝗩微信加微信", "free money", "FREE   MONEY", "f r e e m o n e y", "freemoney",
		"QQ群", "ｑｑ群", "进qq 群吧", "спам", "с п а м", "SPAM is cnam", "you ass", "a s s", "1688", "①⑥⑧⑧", "１６８８",
		"\u202escam", "sca\u3164m",
	} {
		if len(finds(w, text)) == 0 {
			t.Errorf("%q passes, plain %q", text, plainOf(text).text)
		}
	}
	for _, text := range []string{
		"", "scampi is fine", "miscam", "class", "passing", "加了微信", "微信", "free the money", "sca", "m", "16888", "216 88", "the mass is", "💥✨", "assurely", "has sam",
	} {
		if got := finds(w, text); len(got) > 0 {
			t.Errorf("%q is refused for %q", text, got)
		}
	}
	if compile([]string{"!!", "💥"}) != nil {
		t.Error("keywords without letters are compiled")
	}
}

// The automaton finds what a naive search finds, whatever the words are.
func TestWordsAgainstNaiveSearch(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	letters := []rune("abсa加微b ")
	make := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	for range 3000 {
		var given []string
		for range 1 + random.IntN(6) {
			given = append(given, make(1+random.IntN(4)))
		}
		w, text := compile(given), make(random.IntN(20))
		want := map[string]bool{}
		p := plainOf(text)
		for _, g := range given {
			plain := plainOf(g).text
			for i := 0; plain != "" && i+len(plain) <= len(p.text); i++ {
				if p.text[i:i+len(plain)] == plain && p.whole(i, i+len(plain)) {
					want[plain] = true
				}
			}
		}
		got := map[string]bool{}
		for _, g := range finds(w, text) {
			got[plainOf(g).text] = true
		}
		if len(got) != len(want) {
			t.Fatalf("keywords %q in %q: found %v, want %v", given, text, got, want)
		}
	}
}

// One automaton serves every comment of a room at once.
func TestWordsServeManyAtOnce(t *testing.T) {
	w := compile([]string{"scam", "加微信"})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				if got := len(finds(w, "this s c a m")); got != 1 {
					t.Errorf("%d: %d found", i, got)
					return
				}
			}
		})
	}
	all.Wait()
}

func FuzzPlain(f *testing.F) {
	for _, s := range []string{"ｓ\u200bｃ a.m", "가나다 각", "\u0301\u0301", "e\u0301", "क्षि", "\xff\xfe", "ﷺ", "ǅ", "İı"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := plainOf(s)
		if len(p.gap) != len(p.text)+1 || !p.gap[len(p.text)] || p.text != "" && !p.gap[0] {
			t.Fatalf("%q: %d gaps for %d bytes", s, len(p.gap), len(p.text))
		}
		if !utf8.ValidString(p.text) {
			t.Fatalf("%q: plain form %q is no UTF-8", s, p.text)
		}
		if again := plainOf(p.text).text; again != p.text && plainOf(again).text != again {
			t.Fatalf("%q: plain form %q does not settle: %q", s, p.text, again)
		}
		if w := compile([]string{s}); w != nil && utf8.ValidString(s) && len(finds(w, "x "+s+" x")) == 0 && len(finds(w, s)) == 0 {
			t.Fatalf("%q is not found in itself, plain %q", s, p.text)
		}
	})
}

func BenchmarkWords(b *testing.B) {
	var given []string
	random := rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		var w strings.Builder
		for range 4 {
			w.WriteRune(rune('a' + random.IntN(26)))
		}
		given = append(given, w.String())
	}
	w := compile(given)
	text := "主播这个杯子多大？what size is the blue cup, 有没有优惠券"
	b.ReportAllocs()
	for b.Loop() {
		p := plainOf(text)
		w.in(&p, func(int) bool { return true })
	}
}
