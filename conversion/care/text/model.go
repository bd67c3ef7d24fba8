package text

import (
	_ "embed"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

//go:embed data/weights.tsv
var weightsFile string

// weightUnit is what the whole numbers of the weights file count: thousandths.
// It makes the file short, readable in review, and the same on every machine
// whatever the last bits of its arithmetic.
const weightUnit = 1000

// model is a multinomial logistic regression over the features of a text.
type model struct {
	index   [256]map[string]int32 // by kind
	names   []string              // of features, as a person reads them
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
	m := &model{index: [256]map[string]int32{wordFeature: {}, pairFeature: {}, gramFeature: {}, likeFeature: {}}}
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

// because returns what in a text spoke most for winner against second, the
// weightiest first: words, and words of the lexicon for their group. Characters
// in a row only add their weight to the word they are a piece of or that is a
// piece of them, and stand alone when no word does; one character never does.
func (m *model) because(text string, features []int32, winner, second int) []Weight {
	by := share(len(features))
	var spoke, pieces []Weight
	said := map[string][]string{}
	for _, f := range features {
		w := float64(m.weights[f][winner]-m.weights[f][second]) * by
		name := strings.ReplaceAll(m.names[f], " ", "")
		switch {
		case w <= 0:
		case m.kinds[f] == gramFeature || utf8.RuneCountInString(name) == 1:
			pieces = append(pieces, Weight{name, w})
		case m.kinds[f] == likeFeature:
			if len(said) == 0 {
				eachLike(text, func(group *likes, word string) {
					if !slices.Contains(said[group.name], word) {
						said[group.name] = append(said[group.name], word)
					}
				})
			}
			for _, word := range said[m.names[f]] {
				spoke = append(spoke, Weight{word, w / float64(len(said[m.names[f]]))})
			}
		default:
			spoke = append(spoke, Weight{name, w})
		}
	}
	sortWeights(spoke)
	sortWeights(pieces)
	named := name(nil, spoke, 1)
	return name(named, pieces, 2)
}

// name adds parts to those named: a part of a longer term, or the longer term of
// a part, joins it; others of at least so many characters are named as long as
// there is room.
func name(named, parts []Weight, least int) []Weight {
next:
	for _, part := range parts {
		for i := range named {
			switch {
			case strings.Contains(named[i].Term, part.Term):
				named[i].Weight += part.Weight
				continue next
			case strings.Contains(part.Term, named[i].Term) && utf8.RuneCountInString(named[i].Term) >= least:
				named[i] = Weight{part.Term, named[i].Weight + part.Weight}
				continue next
			}
		}
		if len(named) < reasons && utf8.RuneCountInString(part.Term) >= least {
			named = append(named, part)
		}
	}
	sortWeights(named)
	return named
}

// reasons is how many terms a verdict gives at most: as many as a person reads.
const reasons = 5
