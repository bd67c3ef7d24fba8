package text

import (
	"slices"
	"testing"
)

// TestWeights trains the model again: what ships must be what comes out, byte
// for byte, in whatever order the sentences stand.
func TestWeights(t *testing.T) {
	sentences := Sentences()
	got, err := Learn(segmenter(t), sentences)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "data/weights.tsv", got)
	slices.Reverse(sentences)
	reversed, err := Learn(segmenter(t), sentences)
	if err != nil {
		t.Fatal(err)
	}
	if reversed != got {
		t.Error("the order of the sentences changes the weights")
	}
}
