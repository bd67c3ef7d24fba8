package text

import (
	"cmp"
	"math"
	"slices"
)

// Weight is a term and its part in a decision.
type Weight struct {
	Term   string
	Weight float64
}

// Likeness is how alike two texts are and by what.
type Likeness struct {
	// Score is the cosine of the two, 0 for nothing in common, 1 for the same
	// terms.
	Score float64
	// Shared are the terms both have, the weightiest first. Their weights add up
	// to the score.
	Shared []Weight
}

// Similar compares two texts by their terms: the cosine of their counts, each
// damped by 1 + ln and multiplied by how rare the term is in c.
func (c *Corpus) Similar(a, b []string) Likeness {
	return compare(c.vector(a), c.vector(b))
}

// vector is the terms of a text with weights of length one, sorted by term.
func (c *Corpus) vector(terms []string) []Weight {
	sorted := slices.Sorted(slices.Values(terms))
	var v []Weight
	var length float64
	for i := 0; i < len(sorted); {
		j := i + 1
		for j < len(sorted) && sorted[j] == sorted[i] {
			j++
		}
		weight := (1 + math.Log(float64(j-i))) * c.Rarity(sorted[i])
		v = append(v, Weight{sorted[i], weight})
		length += weight * weight
		i = j
	}
	for i := range v {
		v[i].Weight /= math.Sqrt(length)
	}
	return v
}

// compare walks two sorted vectors side by side.
func compare(a, b []Weight) Likeness {
	var l Likeness
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch cmp.Compare(a[i].Term, b[j].Term) {
		case -1:
			i++
		case 1:
			j++
		default:
			part := a[i].Weight * b[j].Weight
			l.Score += part
			l.Shared = append(l.Shared, Weight{a[i].Term, part})
			i++
			j++
		}
	}
	// Rounding must not make two texts more alike than one and the same.
	l.Score = min(l.Score, 1)
	sortWeights(l.Shared)
	return l
}

// sortWeights puts the weightiest first, ties by term.
func sortWeights(weights []Weight) {
	slices.SortFunc(weights, func(a, b Weight) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(a.Term, b.Term))
	})
}
