package attribution

import (
	"slices"
	"strings"

	"showrunner/conversion"
	"showrunner/live"
)

// Model says what each touch of a journey is worth.
type Model interface {
	// Name is the stable name of the model, as users give it.
	Name() string
	// Weights gives one weight, zero or more, for each touch: the touches that
	// were inside the window, ascending, at least one. Only their proportion
	// matters, but a model must give whole numbers so that equal shares are
	// exactly equal.
	Weights(j *conversion.Journey, touches []conversion.Touchpoint) []int64
}

// first gives everything to the first touch.
type first struct{}

func (first) Name() string { return "first" }

func (first) Weights(_ *conversion.Journey, touches []conversion.Touchpoint) []int64 {
	w := make([]int64, len(touches))
	w[0] = 1
	return w
}

// last gives everything to the last touch.
type last struct{}

func (last) Name() string { return "last" }

func (last) Weights(_ *conversion.Journey, touches []conversion.Touchpoint) []int64 {
	w := make([]int64, len(touches))
	w[len(w)-1] = 1
	return w
}

// linear gives the same to every touch; a channel touched twice counts twice.
type linear struct{}

func (linear) Name() string { return "linear" }

func (linear) Weights(_ *conversion.Journey, touches []conversion.Touchpoint) []int64 {
	w := make([]int64, len(touches))
	for i := range w {
		w[i] = 1
	}
	return w
}

// models is the registry, in the order reports show them.
var models = []Model{first{}, last{}, linear{}}

// Models lists every model, in the order reports show them.
func Models() []Model { return slices.Clone(models) }

// Named finds a model. An unknown name is a [live.Error] with code
// "unknown_model" that lists the known ones.
func Named(name string) (Model, error) {
	names := make([]string, len(models))
	for i, m := range models {
		if m.Name() == name {
			return m, nil
		}
		names[i] = m.Name()
	}
	return nil, live.Invalid("unknown_model", "model", "must be one of %s", strings.Join(names, ", "))
}
