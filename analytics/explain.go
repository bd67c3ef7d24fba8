package analytics

import (
	"time"

	"showrunner/live"
)

// ExplainTail is how long after the end of its explanation what is paid for a
// product still counts as sold by it: who decided then needs a moment to pay.
const ExplainTail = time.Minute

// explaining is what was last said of a product's explanation, by the order of
// the log.
type explaining struct {
	on    bool
	until time.Time // when the server learned of the end; zero: there was none yet
}

// sells reports whether a payment that the server learned of at an instant was
// made by the explanation.
func (x *explaining) sells(at time.Time) bool {
	return x.on || !x.until.IsZero() && !at.After(x.until.Add(ExplainTail))
}

// addExplain follows which product is being explained.
func (f *Fold) addExplain(e *live.Event) {
	if e.Kind != live.ExplainStarted && e.Kind != live.ExplainEnded {
		return
	}
	id := read(e.Data).Product
	if id == "" {
		return
	}
	p := f.product(id)
	if e.Kind == live.ExplainStarted {
		p.Explains++
		p.explaining = explaining{on: true}
		return
	}
	p.explaining = explaining{until: e.ReceivedAt}
}
