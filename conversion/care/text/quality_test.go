package text

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
)

// byKeywords is the baseline: the cause that most words of the lexicon speak for,
// ties to the earlier cause, Other without any.
func byKeywords(text string) Cause {
	var votes [causes]int
	seen := map[string]bool{}
	eachLike(text, func(group *likes, word string) {
		if key := group.name + " " + word; !seen[key] {
			seen[key] = true
			votes[group.cause.index()]++
		}
	})
	best := Other.index()
	for i, n := range votes {
		if n > votes[best] {
			best = i
		}
	}
	return Causes()[best]
}

// confusion counts what was said (column) of what is true (row).
type confusion [causes][causes]int

func (c *confusion) add(truth, said Cause) { c[truth.index()][said.index()]++ }

// of returns precision, recall and F1 of a cause; 0 where there is nothing to
// divide by.
func (c *confusion) of(cause int) (precision, recall, f1 float64) {
	var said, truth int
	for i := range causes {
		said += c[i][cause]
		truth += c[cause][i]
	}
	right := float64(c[cause][cause])
	return right / max(float64(said), 1), right / max(float64(truth), 1), 2 * right / max(float64(said+truth), 1)
}

// macro is the mean F1 of the causes.
func (c *confusion) macro() (sum float64) {
	for i := range causes {
		_, _, f1 := c.of(i)
		sum += f1 / causes
	}
	return sum
}

func (c *confusion) accuracy() float64 {
	right, all := 0, 0
	for i := range causes {
		right += c[i][i]
		for j := range causes {
			all += c[i][j]
		}
	}
	return float64(right) / float64(all)
}

// judged is a sentence with what each way of classifying says of it.
type judged struct {
	truth, keywords, bayes Cause
	round                  string
	verdict                Verdict
}

// interval is where the macro-F1 lies in 95 of 100 samples of as many sentences,
// drawn from these with replacement.
func interval(all []judged, said func(judged) Cause) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2))
	figures := make([]float64, 2000)
	for i := range figures {
		var c confusion
		for range all {
			j := all[random.IntN(len(all))]
			c.add(j.truth, said(j))
		}
		figures[i] = c.macro()
	}
	slices.Sort(figures)
	return figures[len(figures)*25/1000], figures[len(figures)*975/1000]
}

// bins is in how many equal parts confidence is divided to see whether it is
// kept.
const bins = 10

// calibration is the expected calibration error: how far confidence is from the
// share that was right, in the mean over all verdicts.
func calibration(all []judged) (sum float64) {
	var n, right [bins]int
	var confidence [bins]float64
	for _, j := range all {
		b := min(int(j.verdict.Confidence*bins), bins-1)
		n[b]++
		confidence[b] += j.verdict.Confidence
		if j.verdict.Cause == j.truth {
			right[b]++
		}
	}
	for b := range bins {
		sum += math.Abs(confidence[b]-float64(right[b])) / float64(len(all))
	}
	return sum
}

// bayes is the model that was not chosen: complement naive Bayes (Rennie and
// others, 2003) over the same features.
type bayes struct {
	model   *model
	weights [][causes]float64
}

func newBayes(s *Segmenter, train []Sentence) *bayes {
	b := &bayes{model: vocabulary(s, train)}
	n := len(b.model.names)
	counts := make([][causes]float64, n)
	for _, t := range train {
		e := b.model.example(s, t)
		for _, f := range e.features {
			counts[f][e.cause] += e.share
		}
	}
	b.weights = make([][causes]float64, n)
	for c := range causes {
		var total float64
		for f := range counts {
			for other := range causes {
				if other != c {
					total += counts[f][other]
				}
			}
		}
		var length float64
		for f := range counts {
			var elsewhere float64
			for other := range causes {
				if other != c {
					elsewhere += counts[f][other]
				}
			}
			b.weights[f][c] = -math.Log((elsewhere + 1) / (total + float64(n)))
			length += math.Abs(b.weights[f][c])
		}
		for f := range counts {
			b.weights[f][c] /= length
		}
	}
	return b
}

func (b *bayes) classify(s *Segmenter, t Sentence) Cause {
	var scores [causes]float64
	for _, f := range b.model.example(s, t).features {
		for c, w := range b.weights[f] {
			scores[c] += w
		}
	}
	best := 0
	for c := range scores {
		if scores[c] > scores[best] {
			best = c
		}
	}
	return Causes()[best]
}

// judge classifies the sentences of a split every way there is.
func judge(t *testing.T, split Split) []judged {
	t.Helper()
	var all []judged
	c, b := classifier(t), newBayes(segmenter(t), pick(Sentences(), Train))
	for _, s := range pick(Sentences(), split) {
		all = append(all, judged{s.Cause, byKeywords(Normalize(s.Text)), b.classify(c.segmenter, s), s.Round, c.Classify(s.Text)})
	}
	return all
}

// most is the commonest cause of the training sentences, ties to the earlier.
func most() Cause {
	var n [causes]int
	for _, s := range pick(Sentences(), Train) {
		n[s.Cause.index()]++
	}
	best := 0
	for c := range n {
		if n[c] > n[best] {
			best = c
		}
	}
	return Causes()[best]
}

// row writes one way's figures.
func row(b *strings.Builder, name string, all []judged, said func(judged) Cause) {
	var c confusion
	for _, j := range all {
		c.add(j.truth, said(j))
	}
	low, high := interval(all, said)
	fmt.Fprintf(b, "%-22s macro-F1 %.3f (95%% %.3f to %.3f)  accuracy %.3f\n", name, c.macro(), low, high, c.accuracy())
}

// figures measures everything on the sentences of a split.
func figures(name string, all []judged) string {
	commonest := most()
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d sentences\n", name, len(all))
	row(&b, "commonest cause", all, func(judged) Cause { return commonest })
	row(&b, "keywords alone", all, func(j judged) Cause { return j.keywords })
	row(&b, "complement naive Bayes", all, func(j judged) Cause { return j.bayes })
	row(&b, "shipped", all, func(j judged) Cause { return j.verdict.Cause })
	var c confusion
	ruled, right := 0, 0
	for _, j := range all {
		c.add(j.truth, j.verdict.Cause)
		if j.verdict.By == ByRule {
			ruled++
			if j.verdict.Cause == j.truth {
				right++
			}
		}
	}
	fmt.Fprintf(&b, "decided by a rule %d, right of those %d; expected calibration error %.3f\n", ruled, right, calibration(all))
	for i, cause := range Causes() {
		precision, recall, f1 := c.of(i)
		fmt.Fprintf(&b, "%-18s  precision %.3f  recall %.3f  F1 %.3f  said:", cause, precision, recall, f1)
		for j := range causes {
			fmt.Fprintf(&b, " %3d", c[i][j])
		}
		b.WriteByte('\n')
	}
	for _, least := range []float64{0.5, 0.7, 0.9} {
		sure, right := 0, 0
		for _, j := range all {
			if j.verdict.Confidence >= least {
				sure++
				if j.verdict.Cause == j.truth {
					right++
				}
			}
		}
		fmt.Fprintf(&b, "confidence from %.1f: %3d verdicts, right %.3f\n", least, sure, float64(right)/float64(max(sure, 1)))
	}
	return b.String()
}

// TestFigures measures the classifier anew: the figures that docs/text.md quotes
// are these, and a change of data, features or settings that moves them shows.
func TestFigures(t *testing.T) {
	var b strings.Builder
	for _, split := range []Split{Train, Dev, Test} {
		fmt.Fprintf(&b, "%s: %d of %d sentences\n", split, len(pick(Sentences(), split)), len(Sentences()))
	}
	b.WriteByte('\n')
	for _, split := range []Split{Dev, Test} {
		all := judge(t, split)
		rounds := map[string][]judged{}
		for _, j := range all {
			rounds[j.round] = append(rounds[j.round], j)
		}
		b.WriteString(figures(string(split), all) + "\n")
		if split == Test {
			b.WriteString(figures("test, round 1 (before the lexicon)", rounds["1"]) + "\n")
			b.WriteString(figures("test, round 2 (after the lexicon, hard)", rounds["2"]) + "\n")
			b.WriteString(figures("test, round 3 (after the lexicon, plain)", rounds["3"]) + "\n")
			b.WriteString(figures("test, round 4 (praise and complaints in the same words)", rounds["4"]))
		}
		var ours, keywords confusion
		for _, j := range all {
			ours.add(j.truth, j.verdict.Cause)
			keywords.add(j.truth, j.keywords)
		}
		if ours.macro() < keywords.macro()+0.05 {
			t.Errorf("%s: macro-F1 %.3f, keywords alone have %.3f: the model is not worth its weight", split, ours.macro(), keywords.macro())
		}
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	same(t, "testdata/quality.txt", b.String())
	t.Log("\n" + b.String())

	// The page quotes them between two marks.
	const page = "../../../docs/text.md"
	doc, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const open, end = "<!-- figures -->\n```\n", "```\n<!-- end -->"
	before, rest, ok := strings.Cut(string(doc), open)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s has no place for the figures", page)
	}
	same(t, page, before+open+b.String()+end+after)
}
