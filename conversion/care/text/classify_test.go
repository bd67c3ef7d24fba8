package text

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

func classifier(t testing.TB) *Classifier {
	t.Helper()
	c, err := NewClassifier(segmenter(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// check fails when a verdict cannot be.
func check(t *testing.T, text string, v Verdict) {
	t.Helper()
	switch {
	case !v.Cause.Valid() || !v.RunnerUp.Valid() || v.Cause == v.RunnerUp:
		t.Errorf("Classify(%q) is %q before %q", text, v.Cause, v.RunnerUp)
	case !(v.Confidence > 0 && v.Confidence <= 1) || v.RunnerUpConfidence < 0 || v.Confidence+v.RunnerUpConfidence > 1+1e-9:
		t.Errorf("Classify(%q) has confidence %g before %g", text, v.Confidence, v.RunnerUpConfidence)
	case v.By != ByRule && v.By != ByModel:
		t.Errorf("Classify(%q) is by %q", text, v.By)
	}
	for i, w := range v.Because {
		if w.Term == "" || !(w.Weight > 0) || i > 0 && w.Weight > v.Because[i-1].Weight {
			t.Errorf("Classify(%q) because of %v", text, v.Because)
		}
	}
}

func TestClassifyRule(t *testing.T) {
	for _, test := range []struct {
		text, because string
		want          Cause
	}{
		{"裙子拉链那里一坐下就开线", "开线", Quality},
		{"快遞一直未送到", "快递一直未送到", Logistics},
		{"虛假宣傳！", "虚假宣传", PromotionMismatch},
		{"多拍/错拍/不喜欢", "多拍/错拍/不喜欢", Other},
	} {
		v := classifier(t).Classify(test.text)
		check(t, test.text, v)
		if v.Cause != test.want || v.By != ByRule || len(v.Because) != 1 || v.Because[0].Term != test.because {
			t.Errorf("%q is %+v, want %s", test.text, v, test.want)
		}
	}
	for _, text := range []string{"没有开线", "会不会开胶呀", "虚假宣传我没见过，可是物流不更新"} {
		if v := classifier(t).Classify(text); v.By != ByModel {
			t.Errorf("%q is decided by a rule: %+v", text, v)
		}
	}
}

// TestRulesAreSure: on the sentences that may be looked at the rules are right in
// 19 of 20 cases, or they are none.
func TestRulesAreSure(t *testing.T) {
	right, spoke := 0, 0
	for _, s := range Sentences() {
		if r := surely(Normalize(s.Text)); r != nil && s.Split != Test {
			spoke++
			if r.cause == s.Cause {
				right++
			} else {
				t.Logf("%v speaks for %s in %q, which is %s", r.all, r.cause, s.Text, s.Cause)
			}
		}
	}
	if spoke == 0 || right*20 < spoke*19 {
		t.Errorf("the rules are right in %d of %d sentences", right, spoke)
	}
}

func TestClassifyRefund(t *testing.T) {
	c := classifier(t)
	for _, test := range []struct {
		code string
		want Cause
	}{
		{"INCORRECT_SELECTION", Other},
		{"NO_LONGER_WANT", Other},
		{"NO_EXPRESS_INFO", Logistics},
		{"EMPTY_PACKAGE", Logistics},
		{"NOT_DELIVERED_TOO_LONG", Logistics},
		{"SEND_WRONG_GOODS", Logistics},
		{"NOT_MATCH_PRODUCT_DESC", PromotionMismatch},
		{"QUALITY_ISSUE", Quality},
		{"THREE_NO_PRODUCT", Quality},
		{"FAKE_PRODUCT", Quality},
	} {
		v := c.ClassifyRefund(test.code, "")
		if v.Cause != test.want || v.By != ByRule || v.Confidence != 1 {
			t.Errorf("%s is %+v, want %s", test.code, v, test.want)
		}
	}
	for _, code := range []string{"OTHERS", "REJECT_RECEIVE_PACKAGE", "", "UNHEARD_OF"} {
		text := "发霉了"
		if v, said := c.ClassifyRefund(code, text), c.Classify(text); v.Cause != said.Cause {
			t.Errorf("%s is %s, want what the text says, %s", code, v.Cause, said.Cause)
		}
	}
}

// TestBecause: a verdict stands on what the text says, numbers aside, which are
// written # there.
func TestBecause(t *testing.T) {
	c := classifier(t)
	for _, s := range Sentences() {
		v := c.Classify(s.Text)
		check(t, s.Text, v)
		for _, w := range v.Because {
			plain := Normalize(s.Text)
			plain += " " + strings.ReplaceAll(fold(plain), " ", "")
			for piece := range strings.SplitSeq(w.Term, "#") {
				if !strings.Contains(plain, piece) {
					t.Errorf("%q because of %q, which is not in it", s.Text, w.Term)
				}
			}
		}
	}
}

func TestClassifyNothing(t *testing.T) {
	v := classifier(t).Classify("")
	check(t, "", v)
	if v.Because != nil || math.IsNaN(v.Confidence) {
		t.Errorf("of nothing: %+v", v)
	}
}

func TestRules(t *testing.T) {
	for _, r := range rules() {
		for _, phrase := range append(r.all, r.not...) {
			if phrase == "" || Normalize(phrase) != phrase {
				t.Errorf("rule for %s has the phrase %q", r.cause, phrase)
			}
		}
	}
}

func TestLexicon(t *testing.T) {
	for name, groups := range lexicon() {
		if Normalize(name) != name || utf8.RuneCountInString(name) > longestLike {
			t.Errorf("no text has %q of %s", name, groups[0].name)
		}
	}
}

func FuzzClassify(f *testing.F) {
	for _, sentence := range Sentences()[:50] {
		f.Add(sentence.Text)
	}
	c := classifier(f)
	f.Fuzz(func(t *testing.T, text string) {
		check(t, text, c.Classify(text))
	})
}

// ExampleClassifier says what a customer complains of and why it thinks so.
func ExampleClassifier() {
	s, err := New()
	if err != nil {
		panic(err)
	}
	c, err := NewClassifier(s)
	if err != nil {
		panic(err)
	}
	v := c.Classify("快递放驿站也不说一声，等了六天")
	fmt.Println(v.Cause, v.By, v.Because[0].Term)
	// Output: logistics model 放驿站
}
