package text

import (
	"cmp"
	"math"
	"slices"
)

// Keyword is a term and how much more often it is used than usual.
type Keyword struct {
	Term string
	// Count is how often the documents use the term, Docs in how many of them.
	Count, Docs int
	// Expected is how often they would if they were like the background.
	Expected float64
	// Score is the z-score of the log-odds ratio: above 1.96 the term is used
	// more often than chance explains in 19 of 20 cases, below -1.96 less often.
	Score float64
}

// prior is the weight, in terms, of what documents and background have in common
// when a term is judged. It keeps a term that was used twice from looking like a
// discovery.
const prior = 500

// Keywords ranks the terms of docs by how much more often they use them than
// background does: the log-odds ratio with an informative Dirichlet prior of
// Monroe, Colaresi and Quinn, "Fightin' Words" (2008), equations 16 to 22, with
// the frequencies of docs and background together as the prior. Highest score
// first, ties by term. Without a background every term is compared with silence
// and the order is that of frequency.
func Keywords(docs [][]string, background *Corpus) []Keyword {
	if background == nil {
		background = NewCorpus()
	}
	own := NewCorpus(docs...)
	keywords := make([]Keyword, 0, len(own.terms))
	for term, used := range own.terms {
		k := Keyword{Term: term, Count: used.count, Docs: used.docs}
		k.Score, k.Expected = weigh(float64(used.count), float64(own.total), float64(background.Count(term)), float64(background.total))
		keywords = append(keywords, k)
	}
	slices.SortFunc(keywords, func(a, b Keyword) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Term, b.Term))
	})
	return keywords
}

// weigh compares y uses among n terms with those of the background, yb among nb.
func weigh(y, n, yb, nb float64) (score, expected float64) {
	alpha := prior * (y + yb) / (n + nb)
	odds := func(y, n float64) float64 {
		// A text that says one word only has no other to compare it with: as if
		// one in a thousand were another.
		return math.Log((y + alpha) / max(n+prior-y-alpha, (n+prior)/1000))
	}
	score = (odds(y, n) - odds(yb, nb)) / math.Sqrt(1/(y+alpha)+1/(yb+alpha))
	return score, n * (yb + alpha) / (nb + prior)
}
