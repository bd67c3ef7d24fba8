package text

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

var loaded = sync.OnceValues(New)

// segmenter is one for all tests: loading takes a tenth of a second.
func segmenter(t testing.TB) *Segmenter {
	t.Helper()
	s, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestTerms(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", ""},
		{"！！！😡", ""},
		{"主播说是纯棉的，洗一次就起球了", "主播 纯棉 洗 #次 起球"},
		{"我没收到货，快递单号查不到", "没收到 货 快递 单号 查不到"},
		{"客服不退差价", "客服 不退差价"},
		{"種草很久了，直播間秒殺價99元", "种草 久 直播间 秒杀 价 #元"},
		{"ＡＰＰ閃退３次", "app 闪退 #次"},
		{"等了五天", "#天"},
		{"等了5天", "#天"},
		{"50ml的小样", "#ml 小样"},
		{"iPhone15壳", "iphone15 壳"},
		{"好好好好好好", "好好"},
	} {
		if got := strings.Join(segmenter(t).Terms(test.text), " "); got != test.want {
			t.Errorf("Terms(%q) = %q, want %q", test.text, got, test.want)
		}
	}
}

// TestKeyTerms holds the segmentation against the terms people marked by hand.
// A negated term counts as found with its negation.
func TestKeyTerms(t *testing.T) {
	marked, found := 0, 0
	missed := map[string]int{}
	for _, sentence := range Sentences() {
		terms := segmenter(t).Terms(sentence.Text)
		for _, key := range sentence.Key {
			marked++
			if slices.ContainsFunc(terms, func(term string) bool {
				rest, ok := strings.CutSuffix(term, key)
				return ok && (rest == "" || negations[rest])
			}) {
				found++
			} else {
				missed[key+" in "+strings.Join(terms, "/")]++
			}
		}
	}
	t.Logf("%d of %d key terms found, %.3f", found, marked, float64(found)/float64(marked))
	for key := range missed {
		t.Log("missed", key)
	}
	if marked < 300 || found*100 < marked*95 {
		t.Errorf("%d of %d key terms found, want 95 of 100", found, marked)
	}
}

func FuzzTerms(f *testing.F) {
	for _, sentence := range Sentences()[:50] {
		f.Add(sentence.Text)
	}
	f.Add("a\xff\xfé ７㊙️👨‍👩‍👧 ﷺ")
	s := segmenter(f)
	f.Fuzz(func(t *testing.T, text string) {
		normal := Normalize(text)
		if !utf8.ValidString(normal) {
			t.Errorf("Normalize(%q) = %q is no UTF-8", text, normal)
		}
		for _, term := range s.Terms(text) {
			if term == "" || !utf8.ValidString(term) || strings.ContainsAny(term, " \t\n") {
				t.Errorf("Terms(%q) has %q", text, term)
			}
		}
	})
}
