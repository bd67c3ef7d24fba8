package conversion

import (
	"slices"
	"time"

	"showrunner/live"
)

// FunnelOrder is what may stand between two steps, and how they may meet in time.
type FunnelOrder string

// Orders of the steps. In all of them one fact is one step: a step that stands
// twice needs two facts.
const (
	// FunnelLoose lets other steps stand between; in the same millisecond the
	// place in the log decides which was first.
	FunnelLoose FunnelOrder = "loose"
	// FunnelStrictOrder ends a person's funnel at the first fact of a step whose
	// turn has not come: the step before it was not reached until then. Facts
	// before the first step, and of no step, do not matter.
	FunnelStrictOrder FunnelOrder = "strict_order"
	// FunnelStrictIncrease wants every step in a later millisecond than the one before.
	FunnelStrictIncrease FunnelOrder = "strict_increase"
)

// MaxFunnelSteps bounds the steps of a funnel.
const MaxFunnelSteps = 16

// FunnelQuestion asks how far persons come.
type FunnelQuestion struct {
	Scope
	Show  live.ShowID // empty: every show, and outside of shows
	Steps []live.Kind
	// From and Until hold the first step, [From, Until). Later steps may follow
	// until the window is over.
	From, Until time.Time
	// Window is how long after the first step the last may come, that long
	// included. Zero means the first-touch funnel: the first fact of each step,
	// all of them in [From, Until), one not before the other.
	Window time.Duration
	Order  FunnelOrder // of a windowed funnel
}

// Check refuses a question without an answer, as "invalid_field".
func (q *FunnelQuestion) Check() error {
	if len(q.Steps) < 2 || len(q.Steps) > MaxFunnelSteps {
		return live.Invalid("invalid_field", "steps", "must be 2 to %d kinds of facts", MaxFunnelSteps)
	}
	twice := false
	for i, k := range q.Steps {
		if _, ok := live.SpecOf(k); !ok {
			return live.Invalid("invalid_field", "steps", "%q is not a kind of fact", k)
		}
		twice = twice || slices.Contains(q.Steps[:i], k)
	}
	if twice && (q.Window == 0 || q.Order == FunnelStrictOrder) {
		return live.Invalid("invalid_field", "steps", "a step may stand twice only in a windowed funnel that is not %s", FunnelStrictOrder)
	}
	return nil
}

// FunnelStep is a step of a funnel with who reached it.
type FunnelStep struct {
	Kind live.Kind
	PV   int64 // facts of the step in [From, Until), by whomever
	UV   int64 // persons who reached the step
}

// Funnel answers the question by trying every chain there is.
func (h *History) Funnel(q FunnelQuestion) []FunnelStep {
	out := make([]FunnelStep, len(q.Steps))
	for i, k := range q.Steps {
		out[i].Kind = k
	}
	in := func(a *act) bool { return !a.at.Before(q.From) && a.at.Before(q.Until) }
	by := map[live.PersonID][]act{}
	for _, a := range h.counted() {
		if !a.step || q.Show != "" && a.show != q.Show || !slices.Contains(q.Steps, a.kind) {
			continue
		}
		for i, k := range q.Steps {
			if k == a.kind && in(&a) {
				out[i].PV++
			}
		}
		by[a.person] = append(by[a.person], a)
	}
	for _, acts := range by {
		level := 0
		switch {
		case q.Window == 0:
			level = firstTouches(acts, &q, in)
		case q.Order == FunnelStrictOrder:
			level = longest(acts[:turns(acts, &q, in)], &q, in)
		default:
			level = longest(acts, &q, in)
		}
		for i := range level {
			out[i].UV++
		}
	}
	return out
}

// firstTouches is how many steps have their first facts one not before the other.
func firstTouches(acts []act, q *FunnelQuestion, in func(*act) bool) int {
	last := -1
	for i, k := range q.Steps {
		first := slices.IndexFunc(acts, func(a act) bool { return a.kind == k && in(&a) })
		if first < 0 || first < last {
			return i
		}
		last = first
	}
	return len(q.Steps)
}

// turns is how many facts there are before the first whose turn has not come.
func turns(acts []act, q *FunnelQuestion, in func(*act) bool) int {
	for i := range acts {
		step := slices.Index(q.Steps, acts[i].kind)
		if level := longest(acts[:i], q, in); level > 0 && step > level {
			return i
		}
	}
	return len(acts)
}

// longest is the length of the longest chain.
func longest(acts []act, q *FunnelQuestion, in func(*act) bool) (level int) {
	for i := range acts {
		if acts[i].kind == q.Steps[0] && in(&acts[i]) {
			level = max(level, chain(acts, i, 1, acts[i].at.Add(q.Window), q))
		}
	}
	return level
}

// chain is the length of the longest chain that goes on after the fact at, which
// is the step before.
func chain(acts []act, at, step int, end time.Time, q *FunnelQuestion) int {
	best := step
	if step == len(q.Steps) {
		return best
	}
	for i := at + 1; i < len(acts) && !acts[i].at.After(end); i++ {
		if acts[i].kind != q.Steps[step] || q.Order == FunnelStrictIncrease && !acts[i].at.After(acts[at].at) {
			continue
		}
		if best = max(best, chain(acts, i, step+1, end, q)); best == len(q.Steps) {
			break
		}
	}
	return best
}
