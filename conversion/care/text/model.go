package text

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

//go:embed data/weights.tsv
var weightsFile string

// weightUnit is what the whole numbers of the weights file count: thousandths.
// It makes the file short, readable in review, and the same on every machine
// whatever the last bits of its arithmetic.
const weightUnit = 1000

// model is a multinomial logistic regression over the features of a text.
type model struct {
	index   map[featureKind]map[string]int32
	names   []string // of features, as a person reads them
	kinds   []featureKind
	weights [][causes]float32
	bias    [causes]float32
	// temperature divides the scores so that a confidence of 0.8 is right in
	// eight of ten cases.
	temperature float64
	// sureness is how often the sure rules were right where they spoke.
	sureness float64
}

var errWeights = errors.New("not a weights file")

// parseModel reads a weights file: lines of tab-separated fields, of which the
// first two are the kind and the name of a feature and the others its weight for
// each cause, in thousandths.
func parseModel(file string) (*model, error) {
	m := &model{index: map[featureKind]map[string]int32{wordFeature: {}, pairFeature: {}, gramFeature: {}}}
	for line := range words(file) {
		kind, rest, _ := strings.Cut(line, "\t")
		name, rest, _ := strings.Cut(rest, "\t")
		var numbers []int
		for field := range strings.SplitSeq(rest, "\t") {
			n, err := strconv.Atoi(field)
			if err != nil {
				return nil, fmt.Errorf("%w: line %q: %w", errWeights, line, err)
			}
			numbers = append(numbers, n)
		}
		switch {
		case kind == "m" && name == "temperature" && len(numbers) == 1 && numbers[0] > 0:
			m.temperature = float64(numbers[0]) / weightUnit
		case kind == "m" && name == "sureness" && len(numbers) == 1:
			m.sureness = float64(numbers[0]) / weightUnit
		case kind == "m" && name == "bias" && len(numbers) == causes:
			m.bias = thousandths(numbers)
		case len(kind) == 1 && m.index[featureKind(kind[0])] != nil && len(numbers) == causes:
			m.index[featureKind(kind[0])][name] = int32(len(m.names))
			m.names = append(m.names, name)
			m.kinds = append(m.kinds, featureKind(kind[0]))
			m.weights = append(m.weights, thousandths(numbers))
		default:
			return nil, fmt.Errorf("%w: line %q", errWeights, line)
		}
	}
	if m.temperature == 0 {
		return nil, fmt.Errorf("%w: no temperature", errWeights)
	}
	return m, nil
}

func thousandths(numbers []int) (weights [causes]float32) {
	for i, n := range numbers {
		weights[i] = float32(n) / weightUnit
	}
	return weights
}

// features returns the known features of a text, sorted, each once.
func (m *model) features(tokens []token, text string) []int32 {
	found := make([]int32, 0, 64)
	eachFeature(tokens, text, func(kind featureKind, name string) {
		if id, ok := m.index[kind][name]; ok {
			found = append(found, id)
		}
	})
	slices.Sort(found)
	return slices.Compact(found)
}

// share is what each of n features counts for: long texts must not look surer
// than short ones.
func share(n int) float64 { return 1 / math.Sqrt(float64(max(n, 1))) }

// scores are the logits of a text with these features.
func (m *model) scores(features []int32) [causes]float64 {
	var scores [causes]float64
	for _, f := range features {
		for c, w := range &m.weights[f] {
			scores[c] += float64(w)
		}
	}
	by := share(len(features))
	for c := range scores {
		scores[c] = scores[c]*by + float64(m.bias[c])
	}
	return scores
}

// softmax turns logits into probabilities at a temperature.
func softmax(scores [causes]float64, temperature float64) [causes]float64 {
	top := slices.Max(scores[:])
	var sum float64
	for c := range scores {
		scores[c] = math.Exp((scores[c] - top) / temperature)
		sum += scores[c]
	}
	for c := range scores {
		scores[c] /= sum
	}
	return scores
}

// because returns the features that spoke most for winner against second, the
// weightiest first. A piece of a longer one that is named already only adds its
// weight to that: 没发 says nothing beside 没发货.
func (m *model) because(features []int32, winner, second int) []Weight {
	by := share(len(features))
	var parts []Weight
	for _, f := range features {
		if w := float64(m.weights[f][winner]-m.weights[f][second]) * by; w > 0 {
			parts = append(parts, Weight{m.names[f], w})
		}
	}
	sortWeights(parts)
	var named []Weight
next:
	for _, part := range parts {
		plain := strings.ReplaceAll(part.Term, " ", "")
		for i := range named {
			switch {
			case strings.Contains(named[i].Term, plain):
				named[i].Weight += part.Weight
				continue next
			case strings.Contains(plain, named[i].Term):
				named[i] = Weight{plain, named[i].Weight + part.Weight}
				continue next
			}
		}
		if len(named) < reasons {
			named = append(named, Weight{plain, part.Weight})
		}
	}
	sortWeights(named)
	return named
}

// reasons is how many terms a verdict gives at most: as many as a person reads.
const reasons = 5
