package text

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// texts draws documents of a few terms, so that they have some in common.
func texts() *rapid.Generator[[][]string] {
	term := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g"})
	return rapid.SliceOfN(rapid.SliceOfN(term, 1, 6), 1, 12)
}

func shuffled[T any](t *rapid.T, all []T) []T {
	mixed := slices.Clone(all)
	rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0)).Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

// TestKeywordsUsual: what is said as often as usual stands out by nothing.
func TestKeywordsUsual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs := texts().Draw(t, "docs")
		background := NewCorpus()
		for range rapid.IntRange(1, 20).Draw(t, "times") {
			for _, doc := range docs {
				background.Add(doc)
			}
		}
		for _, k := range Keywords(docs, background) {
			if math.Abs(k.Score) > 1e-9 {
				t.Errorf("%s scores %g, want 0", k.Term, k.Score)
			}
			if math.Abs(k.Expected-float64(k.Count)) > 1e-6 {
				t.Errorf("%s is expected %g times, want %d", k.Term, k.Expected, k.Count)
			}
		}
	})
}

func TestKeywordsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		docs, background := texts().Draw(t, "docs"), texts().Draw(t, "background")
		want := Keywords(docs, NewCorpus(background...))
		got := Keywords(shuffled(t, docs), NewCorpus(shuffled(t, background)...))
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("the order of documents changes the keywords:\n%s", diff)
		}
		for _, k := range want {
			if math.IsNaN(k.Score) || math.IsInf(k.Score, 0) || k.Docs > k.Count || k.Docs < 1 {
				t.Errorf("impossible keyword %+v", k)
			}
		}
	})
}

// TestKeywordsMore: saying a term once more, and nothing else, never lowers it.
func TestKeywordsMore(t *testing.T) {
	score := func(docs [][]string, background *Corpus) float64 {
		all := Keywords(docs, background)
		return all[slices.IndexFunc(all, func(k Keyword) bool { return k.Term == "a" })].Score
	}
	rapid.Check(t, func(t *rapid.T) {
		docs := append(texts().Draw(t, "docs"), []string{"a"})
		background := NewCorpus(texts().Draw(t, "background")...)
		before, after := score(docs, background), score(append(docs, []string{"a"}), background)
		if after < before-1e-9 {
			t.Errorf("one more a lowers its score from %g to %g", before, after)
		}
	})
}

// TestKeywordsByHand holds the arithmetic against one worked out by hand: 10 of
// 100 terms against 10 of 1,000, so a prior of 500*20/1100.
func TestKeywordsByHand(t *testing.T) {
	docs := [][]string{slices.Repeat([]string{"色差"}, 10), slices.Repeat([]string{"好"}, 90)}
	background := NewCorpus(slices.Repeat([]string{"色差"}, 10), slices.Repeat([]string{"好"}, 990))
	k := Keywords(docs, background)[0]
	alpha := 500.0 * 20 / 1100
	odds := math.Log((10+alpha)/(600-10-alpha)) - math.Log((10+alpha)/(1500-10-alpha))
	want := Keyword{Term: "色差", Count: 10, Docs: 1, Expected: 100 * (10 + alpha) / 1500, Score: odds / math.Sqrt(2/(10+alpha))}
	if diff := gocmp.Diff(want, k); diff != "" {
		t.Error(diff)
	}
	if k.Score < 2.890 || k.Score > 2.892 {
		t.Errorf("the score is %g, worked out as 2.891", k.Score)
	}
}

// ExampleKeywords finds what one show's complaints are about.
func ExampleKeywords() {
	s, err := New()
	if err != nil {
		panic(err)
	}
	var docs [][]string
	for _, text := range []string{"羽绒服跑绒，穿一次里面全是毛", "跑绒太严重了，黑毛衣上全是毛", "收到就跑绒，针脚缝里往外钻", "发货挺快"} {
		docs = append(docs, s.Terms(text))
	}
	top := slices.MaxFunc(Keywords(docs, Background(s)), func(a, b Keyword) int { return cmp.Compare(a.Score, b.Score) })
	fmt.Println(top.Term, top.Count)
	// Output: 跑绒 3
}
