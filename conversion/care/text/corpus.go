package text

import "math"

// Corpus counts the terms of texts: what is usual, against which a keyword
// stands out and a rare term weighs more than a common one. It is not safe for
// concurrent use while it is added to.
type Corpus struct {
	terms map[string]usage
	total int // of terms
	docs  int
}

// usage is how often a term was used and in how many documents.
type usage struct{ count, docs int }

// NewCorpus counts docs, each the terms of a text.
func NewCorpus(docs ...[]string) *Corpus {
	c := &Corpus{terms: map[string]usage{}}
	for _, doc := range docs {
		c.Add(doc)
	}
	return c
}

// Add counts one more document.
func (c *Corpus) Add(doc []string) {
	seen := make(map[string]bool, len(doc))
	for _, term := range doc {
		u := c.terms[term]
		u.count++
		if !seen[term] {
			seen[term] = true
			u.docs++
		}
		c.terms[term] = u
	}
	c.total += len(doc)
	c.docs++
}

// Docs is the number of documents counted.
func (c *Corpus) Docs() int { return c.docs }

// Terms is the number of terms counted, repeated ones as often as they stand.
func (c *Corpus) Terms() int { return c.total }

// Count is how often term was counted.
func (c *Corpus) Count(term string) int { return c.terms[term].count }

// Rarity is the inverse document frequency of term, smoothed so that a term
// nobody used is finite: 1 + ln((1 + documents) / (1 + documents with it)).
func (c *Corpus) Rarity(term string) float64 {
	return 1 + math.Log(float64(1+c.docs)/float64(1+c.terms[term].docs))
}
