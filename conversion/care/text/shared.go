package text

import "sync"

// Shared are one segmenter and its classifier for the whole process, read when
// they are asked for first: reading them takes a tenth of a second, and neither ever
// changes.
var Shared = shared()

func shared() func() (*Segmenter, *Classifier, error) {
	type pair struct {
		segmenter  *Segmenter
		classifier *Classifier
	}
	once := sync.OnceValues(func() (p pair, err error) {
		if p.segmenter, err = New(); err != nil {
			return p, err
		}
		p.classifier, err = NewClassifier(p.segmenter)
		return p, err
	})
	return func() (*Segmenter, *Classifier, error) {
		p, err := once()
		return p.segmenter, p.classifier, err
	}
}
