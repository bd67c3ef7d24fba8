package text

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/gonum/optimize"
)

const (
	// seldom is in how many training sentences a feature must stand to be learnt,
	// unless it is a word: what those mean holds elsewhere too.
	seldom = 2
	// penalty is the weight of the squares of the weights against the mean loss
	// of a sentence. Chosen by cross-validation over train and dev.
	penalty = 2e-4
	// leniency divides the penalty of the groups of the lexicon: what was written
	// down as knowledge is trusted sooner than what was seen a few times. Chosen
	// in the same way.
	leniency = 4
)

// example is a training sentence in features.
type example struct {
	features []int32
	share    float64
	cause    int
}

// Learn makes a model of the training sentences, fits its temperature on the
// dev sentences and returns it as a weights file. The order of sentences does not
// matter. Test sentences are not looked at.
func Learn(s *Segmenter, sentences []Sentence) (string, error) {
	train, dev := pick(sentences, Train), pick(sentences, Dev)
	m := vocabulary(s, train)
	examples := make([]example, 0, len(train))
	for _, t := range train {
		examples = append(examples, m.example(s, t))
	}
	if err := m.fit(examples); err != nil {
		return "", err
	}
	// The temperature belongs to the weights as they are read back.
	m.temperature, m.sureness = 1, 0
	rounded, err := parseModel(m.String())
	if err != nil {
		return "", err
	}
	rounded.calibrate(s, dev)
	right, spoke := 0, 0
	for _, t := range append(train, dev...) {
		if r := surely(Normalize(t.Text)); r != nil {
			spoke++
			if r.cause == t.Cause {
				right++
			}
		}
	}
	// Laplace's rule of succession: no rule is right for ever.
	rounded.sureness = float64(right+1) / float64(spoke+2)
	return rounded.String(), nil
}

// pick returns the sentences of a split, sorted by text.
func pick(sentences []Sentence, split Split) []Sentence {
	var picked []Sentence
	for _, t := range sentences {
		if t.Split == split {
			picked = append(picked, t)
		}
	}
	slices.SortFunc(picked, func(a, b Sentence) int { return strings.Compare(a.Text, b.Text) })
	return picked
}

// vocabulary returns a model with the features that are not too seldom and no
// weights yet.
func vocabulary(s *Segmenter, train []Sentence) *model {
	type feature struct {
		kind featureKind
		name string
	}
	count := map[feature]int{}
	for _, t := range train {
		seen := map[feature]bool{}
		text := Normalize(t.Text)
		eachFeature(s.cut(text), text, func(kind featureKind, name string) {
			if f := (feature{kind, name}); !seen[f] {
				seen[f] = true
				count[f]++
			}
		})
	}
	m := &model{index: [256]map[string]int32{wordFeature: {}, pairFeature: {}, gramFeature: {}, likeFeature: {}}}
	for f, n := range count {
		if n >= seldom || f.kind == wordFeature {
			m.names = append(m.names, string(f.kind)+f.name)
		}
	}
	slices.Sort(m.names)
	for i, name := range m.names {
		kind := featureKind(name[0])
		m.kinds = append(m.kinds, kind)
		m.names[i] = name[1:]
		m.index[kind][name[1:]] = int32(i)
	}
	m.weights = make([][causes]float32, len(m.names))
	return m
}

func (m *model) example(s *Segmenter, t Sentence) example {
	text := Normalize(t.Text)
	features := m.features(s.cut(text), text)
	return example{features, share(len(features)), t.Cause.index()}
}

// fit finds the weights with the least loss: the mean negative log-likelihood
// plus the penalty. It is convex, so there is one answer.
func (m *model) fit(examples []example) error {
	n := len(m.names)
	penalties := make([]float64, n)
	for f, kind := range m.kinds {
		penalties[f] = penalty
		if kind == likeFeature {
			penalties[f] = penalty / leniency
		}
	}
	problem := optimize.Problem{
		Func: func(x []float64) float64 { return loss(x, nil, examples, penalties) },
		Grad: func(gradient, x []float64) { loss(x, gradient, examples, penalties) },
	}
	settings := &optimize.Settings{GradientThreshold: 1e-7, MajorIterations: 2000, Converger: optimize.NeverTerminate{}}
	result, err := optimize.Minimize(problem, make([]float64, (n+1)*causes), settings, &optimize.LBFGS{Store: 20})
	if err != nil {
		return fmt.Errorf("fit the weights: %w", err)
	}
	for f := range m.weights {
		for c := range causes {
			m.weights[f][c] = float32(result.X[f*causes+c])
		}
	}
	for c := range causes {
		m.bias[c] = float32(result.X[n*causes+c])
	}
	return nil
}

// loss is the objective at x, weights first and biases last; it writes its
// gradient unless that is nil.
func loss(x, gradient []float64, examples []example, penalties []float64) float64 {
	n := len(penalties)
	for i := range gradient {
		gradient[i] = 0
	}
	var sum float64
	each := 1 / float64(len(examples))
	for _, e := range examples {
		var scores [causes]float64
		for _, f := range e.features {
			for c := range causes {
				scores[c] += x[int(f)*causes+c]
			}
		}
		for c := range causes {
			scores[c] = float64(scores[c]*e.share) + x[n*causes+c]
		}
		likely := softmax(scores, 1)
		sum -= math.Log(max(likely[e.cause], 1e-300)) * each
		if gradient == nil {
			continue
		}
		likely[e.cause]--
		for c := range causes {
			gradient[n*causes+c] += likely[c] * each
		}
		for _, f := range e.features {
			for c := range causes {
				gradient[int(f)*causes+c] += likely[c] * each * e.share
			}
		}
	}
	for i := range n * causes {
		sum += penalties[i/causes] / 2 * x[i] * x[i]
		if gradient != nil {
			gradient[i] += penalties[i/causes] * x[i]
		}
	}
	return sum
}

// calibrate sets the temperature with which the dev sentences are likeliest, by
// golden section: the likelihood has one peak.
func (m *model) calibrate(s *Segmenter, dev []Sentence) {
	scores := make([][causes]float64, len(dev))
	truth := make([]int, len(dev))
	for i, t := range dev {
		e := m.example(s, t)
		scores[i], truth[i] = m.scores(e.features), e.cause
	}
	cost := func(temperature float64) (sum float64) {
		for i := range scores {
			sum -= math.Log(max(softmax(scores[i], temperature)[truth[i]], 1e-300))
		}
		return sum
	}
	const golden = 0.6180339887498949
	low, high := 0.1, 5.0
	for high-low > 1e-5 {
		a, b := high-golden*(high-low), low+golden*(high-low)
		if cost(a) <= cost(b) {
			high = b
		} else {
			low = a
		}
	}
	m.temperature = (low + high) / 2
}

// String writes m as a weights file.
func (m *model) String() string {
	var b strings.Builder
	b.WriteString("# Made by go test ./conversion/care/text -run Weights -update. Thousandths, columns:")
	for _, c := range Causes() {
		b.WriteString(" " + string(c))
	}
	fmt.Fprintf(&b, "\nm\ttemperature\t%.0f\nm\tsureness\t%.0f\n", m.temperature*weightUnit, m.sureness*weightUnit)
	row := func(kind, name string, weights [causes]float32) {
		b.WriteString(kind + "\t" + name)
		for _, w := range weights {
			fmt.Fprintf(&b, "\t%d", int(math.Round(float64(w)*weightUnit)))
		}
		b.WriteByte('\n')
	}
	row("m", "bias", m.bias)
	for f, name := range m.names {
		row(string(m.kinds[f]), name, m.weights[f])
	}
	return b.String()
}
