package text

import "strings"

// By says what made a verdict.
type By string

// What makes a verdict.
const (
	// ByRule is a rule that is sure: a reason code, or a phrase that hardly ever
	// means anything else.
	ByRule By = "rule"
	// ByModel is the trained model.
	ByModel By = "model"
)

// Verdict is the cause of a complaint and why it is thought to be that.
type Verdict struct {
	Cause Cause
	// Confidence is how often such a verdict is right, 0 to 1.
	Confidence float64
	By         By
	// Because are the terms that spoke for the cause, the weightiest first: for a
	// rule its phrases, for the model what each added to the log-odds of the
	// cause against the runner-up. Empty when nothing in the text was known.
	Because []Weight
	// RunnerUp is the next likely cause and what the model gives it.
	RunnerUp           Cause
	RunnerUpConfidence float64
}

// Classifier finds the cause of a complaint. It is safe for concurrent use.
type Classifier struct {
	segmenter *Segmenter
	model     *model
}

// NewClassifier loads the embedded model. It cuts texts with segmenter.
func NewClassifier(segmenter *Segmenter) (*Classifier, error) {
	m, err := parseModel(weightsFile)
	if err != nil {
		return nil, err
	}
	return &Classifier{segmenter, m}, nil
}

// Classify says which cause text speaks of.
func (c *Classifier) Classify(text string) Verdict {
	text = Normalize(text)
	v := c.byModel(text)
	r := surely(text)
	if r == nil {
		return v
	}
	if v.Cause != r.cause {
		v.RunnerUp, v.RunnerUpConfidence = v.Cause, v.Confidence
	}
	v.Cause, v.By, v.Confidence = r.cause, ByRule, c.model.sureness
	// The sum of both must stay within what there is.
	v.RunnerUpConfidence = min(v.RunnerUpConfidence, 1-v.Confidence)
	v.Because = nil
	for _, phrase := range r.all {
		v.Because = append(v.Because, Weight{strings.TrimPrefix(phrase, "="), 1 / float64(len(r.all))})
	}
	return v
}

// ClassifyRefund says why a customer wants their money back: by the platform's
// reason code where that states a cause, and by what they wrote otherwise.
func (c *Classifier) ClassifyRefund(code, text string) Verdict {
	cause, ok := CauseOfRefund(code)
	if !ok {
		return c.Classify(text)
	}
	v := Verdict{Cause: cause, Confidence: 1, By: ByRule, Because: []Weight{{code, 1}}}
	if text != "" {
		said := c.Classify(text)
		v.RunnerUp = said.Cause
		if v.RunnerUp == cause {
			v.RunnerUp = said.RunnerUp
		}
	}
	return v
}

// byModel classifies a normalised text without any rule.
func (c *Classifier) byModel(text string) Verdict {
	features := c.model.features(c.segmenter.cut(text), text)
	likely := softmax(c.model.scores(features), c.model.temperature)
	first, second := 0, 1
	if likely[second] > likely[first] {
		first, second = second, first
	}
	for i := 2; i < causes; i++ {
		switch {
		case likely[i] > likely[first]:
			first, second = i, first
		case likely[i] > likely[second]:
			second = i
		}
	}
	order := Causes()
	return Verdict{
		Cause: order[first], Confidence: likely[first], By: ByModel,
		Because:  c.model.because(text, features, first, second),
		RunnerUp: order[second], RunnerUpConfidence: likely[second],
	}
}
