package credit

import (
	"showrunner/conversion"
	"showrunner/live"
)

// who is a person of a merchant.
type who struct {
	merchant live.MerchantID
	person   live.PersonID
}

// tail is the touches that may not be in the history yet, at most as many as
// [Config] allows.
type tail struct {
	touches map[who][]conversion.Touchpoint // ascending by position
	order   []tailed                        // all of them, ascending
}

type tailed struct {
	at live.Position
	who
}

func newTail() *tail { return &tail{touches: map[who][]conversion.Touchpoint{}} }

func (t *tail) add(w who, touch conversion.Touchpoint) {
	t.touches[w] = append(t.touches[w], touch)
	t.order = append(t.order, tailed{touch.Position, w})
}

// trim forgets what is below a position: the history has it.
func (t *tail) trim(below live.Position) {
	n := 0
	for n < len(t.order) && t.order[n].at.Less(below) {
		w := t.order[n].who
		if rest := t.touches[w][1:]; len(rest) > 0 {
			t.touches[w] = rest
		} else {
			delete(t.touches, w)
		}
		n++
	}
	if n > 0 {
		t.order = append(t.order[:0], t.order[n:]...)
	}
}

func (t *tail) size() int { return len(t.order) }

// join adds a person's touches here to those of the history, each once.
func (t *tail) join(w who, known []conversion.Touchpoint) []conversion.Touchpoint {
	here := t.touches[w]
	if len(here) == 0 {
		return known
	}
	have := make(map[live.Position]bool, len(known))
	for i := range known {
		have[known[i].Position] = true
	}
	for _, x := range here {
		if !have[x.Position] {
			known = append(known, x)
		}
	}
	return known
}
