package text

import (
	"fmt"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestSimilar(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := texts().Draw(t, "docs")
		c := NewCorpus(docs...)
		a, b := docs[0], docs[len(docs)-1]
		there, back := c.Similar(a, b), c.Similar(b, a)
		if diff := gocmp.Diff(there, back); diff != "" {
			t.Errorf("likeness depends on the direction:\n%s", diff)
		}
		if self := c.Similar(a, a).Score; math.Abs(self-1) > 1e-9 {
			t.Errorf("a text is like itself by %g", self)
		}
		var sum float64
		for _, w := range there.Shared {
			if !slices.Contains(a, w.Term) || !slices.Contains(b, w.Term) {
				t.Errorf("%s is not in both", w.Term)
			}
			sum += w.Weight
		}
		if math.Abs(sum-there.Score) > 1e-9 || there.Score < 0 || there.Score > 1 {
			t.Errorf("score %g, its terms add up to %g", there.Score, sum)
		}
	})
}

func TestSimilarNothing(t *testing.T) {
	c := NewCorpus()
	for _, test := range [][2][]string{{nil, nil}, {nil, {"a"}}, {{"b"}, {"a"}}} {
		if l := c.Similar(test[0], test[1]); l.Score != 0 || l.Shared != nil {
			t.Errorf("Similar(%q, %q) = %+v, want nothing", test[0], test[1], l)
		}
	}
}

func TestCluster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var docs []Doc
		corpus := NewCorpus()
		for i, terms := range texts().Draw(t, "docs") {
			docs = append(docs, Doc{fmt.Sprintf("doc%02d", i), terms})
			corpus.Add(terms)
		}
		threshold := rapid.Float64Range(0.05, 1).Draw(t, "threshold")
		groups := Cluster(docs, nil, threshold)
		if diff := gocmp.Diff(groups, Cluster(shuffled(t, docs), nil, threshold)); diff != "" {
			t.Fatalf("the order of docs changes the groups:\n%s", diff)
		}
		terms := map[string][]string{}
		for _, d := range docs {
			terms[d.ID] = d.Terms
		}
		least := func(a, b []string) float64 {
			score := 1.0
			for _, x := range a {
				for _, y := range b {
					if x != y {
						score = min(score, corpus.Similar(terms[x], terms[y]).Score)
					}
				}
			}
			return score
		}
		seen := 0
		for i, g := range groups {
			seen += len(g.IDs)
			if !slices.Contains(g.IDs, g.Centre) || !slices.IsSorted(g.IDs) {
				t.Errorf("group %+v", g)
			}
			if got := least(g.IDs, g.IDs); math.Abs(got-g.Cohesion) > 1e-9 || got < threshold-1e-9 {
				t.Errorf("group %v hangs together by %g, says %g, threshold %g", g.IDs, got, g.Cohesion, threshold)
			}
			// What could be joined was joined.
			for _, other := range groups[:i] {
				if got := least(g.IDs, other.IDs); got >= threshold+1e-9 {
					t.Errorf("groups %v and %v are alike by %g and stayed apart at %g", g.IDs, other.IDs, got, threshold)
				}
			}
		}
		if seen != len(docs) {
			t.Errorf("%d docs in groups, want %d", seen, len(docs))
		}
	})
}

// TestClusterTerms: the weights of the terms that hold a group together add up
// to the mean likeness of its pairs.
func TestClusterTerms(t *testing.T) {
	docs := []Doc{{"1", []string{"运费险", "怎么", "退"}}, {"2", []string{"运费险", "退", "多少"}}, {"3", []string{"运费险", "退"}}, {"4", []string{"链接"}}}
	groups := Cluster(docs, nil, 0.3)
	if len(groups) != 2 || !slices.Equal(groups[0].IDs, []string{"1", "2", "3"}) || groups[0].Centre != "3" {
		t.Fatalf("groups %+v", groups)
	}
	c := NewCorpus(docs[0].Terms, docs[1].Terms, docs[2].Terms, docs[3].Terms)
	mean := (c.Similar(docs[0].Terms, docs[1].Terms).Score + c.Similar(docs[0].Terms, docs[2].Terms).Score + c.Similar(docs[1].Terms, docs[2].Terms).Score) / 3
	var sum float64
	for _, w := range groups[0].Terms {
		sum += w.Weight
	}
	if math.Abs(sum-mean) > 1e-9 || len(groups[0].Terms) != 2 {
		t.Errorf("terms %v add up to %g, want %g", groups[0].Terms, sum, mean)
	}
	if len(groups[1].Terms) != 0 || groups[1].Cohesion != 1 {
		t.Errorf("one alone is held together by %+v", groups[1])
	}
}
