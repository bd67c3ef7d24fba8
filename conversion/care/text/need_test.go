package text

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestNeeds finds what the customers of the data set need: the keywords of each
// cause against all of them, and the largest groups of alike texts.
func TestNeeds(t *testing.T) {
	s := segmenter(t)
	background := Background(s)
	docs := map[Cause][][]string{}
	var all []Doc
	for _, sentence := range Sentences() {
		terms := s.Terms(sentence.Text)
		docs[sentence.Cause] = append(docs[sentence.Cause], terms)
		all = append(all, Doc{sentence.Text, terms})
	}
	var b strings.Builder
	for _, cause := range Causes() {
		keywords := Keywords(docs[cause], background)[:12]
		fmt.Fprintf(&b, "%s:", cause)
		for _, k := range keywords {
			fmt.Fprintf(&b, " %s %d/%.1f (%.1f)", k.Term, k.Count, k.Expected, k.Score)
		}
		b.WriteByte('\n')
		obvious := map[Cause]string{
			PoorExperience: "客服", PromotionMismatch: "主播", UnclearPolicy: "规则", Quality: "质量", Logistics: "快递", Other: "请问",
		}[cause]
		if !slices.ContainsFunc(keywords, func(k Keyword) bool { return k.Term == obvious }) {
			t.Errorf("the keywords of %s lack %s: %v", cause, obvious, keywords)
		}
	}
	groups := Cluster(all, background, 0.3)
	for _, g := range groups[:12] {
		b.WriteString("\n")
		for i, w := range g.Terms {
			if i < 3 {
				fmt.Fprintf(&b, "%s %.2f  ", w.Term, w.Weight)
			}
		}
		fmt.Fprintf(&b, "(%d texts, the farthest alike by %.2f)\n", len(g.IDs), g.Cohesion)
		for _, id := range g.IDs {
			b.WriteString("  " + id + "\n")
		}
	}
	same(t, "testdata/needs.txt", b.String())
}
