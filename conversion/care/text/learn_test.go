package text

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestWeights trains the model again: what ships must be what comes out, byte
// for byte.
func TestWeights(t *testing.T) {
	sentences := Sentences()
	got, err := Learn(segmenter(t), sentences)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "data/weights.tsv", got)
}

// TestPick: sentences are learnt in one order, whatever they stand in.
func TestPick(t *testing.T) {
	sentences := Sentences()
	want := pick(sentences, Train)
	slices.Reverse(sentences)
	if diff := cmp.Diff(want, pick(sentences, Train)); diff != "" {
		t.Error(diff)
	}
}
