package text

import (
	"slices"
	"testing"
	"unicode/utf8"
)

// TestSentences holds the data set to what docs/text.md says of it.
func TestSentences(t *testing.T) {
	seen := map[string]bool{}
	splits := map[Split]int{}
	labelled := map[Split]map[Cause]int{Train: {}, Dev: {}, Test: {}}
	sources := map[string]int{}
	marked := 0
	for _, s := range Sentences() {
		if seen[s.Text] {
			t.Errorf("%q stands there twice", s.Text)
		}
		seen[s.Text] = true
		if !s.Cause.Valid() || !slices.Contains([]string{"comment", "session", "refund", "review"}, s.Source) || !slices.Contains([]string{"1", "2", "3", "4"}, s.Round) {
			t.Errorf("%q is labelled %s, %s, round %q", s.Text, s.Source, s.Cause, s.Round)
		}
		if s.Text == "" || !utf8.ValidString(s.Text) {
			t.Errorf("%q is no text", s.Text)
		}
		splits[s.Split]++
		labelled[s.Split][s.Cause]++
		sources[s.Source]++
		if s.Key != nil {
			marked++
		}
	}
	t.Log(splits, labelled, sources, marked)
	if len(seen) < 1200 || splits[Test] < 300 || marked < 200 {
		t.Errorf("%d sentences, %d for testing, %d with key terms: too few", len(seen), splits[Test], marked)
	}
	for split, n := range labelled {
		for _, cause := range Causes() {
			if n[cause] < 20 {
				t.Errorf("%d sentences of %s in %s: too few to say anything", n[cause], cause, split)
			}
		}
	}
}

// TestNearDuplicates: nothing in one split is nearly the same as something in
// another, so the test does not ask what was learnt by heart. Nearly is a Jaccard
// similarity of the pairs of characters from 0.7; texts of one character or two
// have too few pairs to say.
func TestNearDuplicates(t *testing.T) {
	type text struct {
		Sentence
		pairs map[string]bool
	}
	var texts []text
	for _, s := range Sentences() {
		chars := []rune(Normalize(s.Text))
		pairs := map[string]bool{}
		for i := range len(chars) - 1 {
			pairs[string(chars[i:i+2])] = true
		}
		texts = append(texts, text{s, pairs})
	}
	closest := 0.0
	for i, a := range texts {
		for _, b := range texts[:i] {
			if a.Split == b.Split || len(a.pairs) < 2 || len(b.pairs) < 2 {
				continue
			}
			both := 0
			for pair := range a.pairs {
				if b.pairs[pair] {
					both++
				}
			}
			alike := float64(both) / float64(len(a.pairs)+len(b.pairs)-both)
			closest = max(closest, alike)
			if alike >= 0.7 {
				t.Errorf("%s %q and %s %q are alike by %.2f", a.Split, a.Text, b.Split, b.Text, alike)
			}
		}
	}
	t.Logf("the closest two of different splits are alike by %.2f", closest)
}
