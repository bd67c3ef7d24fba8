package text

import (
	_ "embed"
	"hash/fnv"
	"strings"
)

//go:embed data/sentences.tsv
var sentencesFile string

// Split says what a labelled sentence is for.
type Split string

// The splits.
const (
	Train Split = "train" // the model learns from it
	Dev   Split = "dev"   // settings are chosen and the temperature is fitted on it
	Test  Split = "test"  // measures, and is looked at for nothing else
)

// Sentence is a labelled sentence of the data set that ships with the package.
type Sentence struct {
	Text string
	// Source is what kind of text it is: comment, session, refund or review.
	Source string
	Cause  Cause
	Split  Split
	// Round is when it was written: 1 before the lexicon, 2 after the lexicon was
	// closed and to be hard, 3 after it and to be plain, 4 to tell praise from
	// complaints in the same words.
	Round string
	// Key are terms that a good segmentation has; nil where nobody wrote them.
	Key []string
}

// Sentences returns the data set, in the order of the file. A sentence's split
// follows from its text, so that nobody chooses what the model is tested on.
func Sentences() []Sentence {
	var all []Sentence
	for line := range words(sentencesFile) {
		fields := strings.Split(line, "\t")
		s := Sentence{Source: fields[0], Cause: Cause(fields[1]), Round: fields[2], Text: fields[3], Split: splitOf(fields[3])}
		if len(fields) > 4 {
			s.Key = strings.Fields(fields[4])
		}
		all = append(all, s)
	}
	return all
}

// splitOf puts 58 of 100 texts into train, 12 into dev and 30 into test.
func splitOf(text string) Split {
	h := fnv.New64a()
	h.Write([]byte(text))
	switch part := h.Sum64() % 100; {
	case part < 58:
		return Train
	case part < 70:
		return Dev
	}
	return Test
}

// Background counts the terms of the sentences that ship with the package: what
// customers speak of in general, for a merchant who has no history yet.
func Background(s *Segmenter) *Corpus {
	c := NewCorpus()
	for _, sentence := range Sentences() {
		c.Add(s.Terms(sentence.Text))
	}
	return c
}
