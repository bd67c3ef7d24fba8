package conversion

import (
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// Policy says which touches of a journey may earn credit. It comes before any
// model: models divide what it admits. The zero policy admits every touch up to
// the conversion but those of a person on themselves.
type Policy struct {
	// Window is how far back from the conversion a touch counts, both ends
	// included. Zero or less is without bound.
	Window time.Duration
	// ViewWindow is the window of views, see [Touchpoint.View]. Zero is Window.
	ViewWindow time.Duration
	// ClickFirst lets views count only where no click does: a click in its
	// window beats any view.
	ClickFirst bool
	// Internal are channels of our own, such as a payment provider's page on
	// the way back to the shop. They never earn anything.
	Internal []string
}

// Admit returns the touches that may earn credit, ascending by time and, for
// equal times, by position: those with At - window <= t <= At. A touch that the
// buyer made on themselves, as the referrer of their own order, earns nothing.
// The journey is not changed; where all of its touches may earn and are in order,
// what is returned is its own memory and not to be changed either.
//
// Source: PostHog and the WICG look-back are inclusive; calendar-day windows
// let touches after the conversion through. Airbridge, OpenAttribution: a valid
// click beats any view.
func (p *Policy) Admit(j *Journey) []Touchpoint {
	if p.admitsAll(j) {
		return slices.Clip(j.Touches)
	}
	return p.AppendAdmitted(nil, j)
}

// admitsAll reports whether the touches of a journey are, as they are, those that
// may earn credit.
func (p *Policy) admitsAll(j *Journey) bool {
	clicked, viewed := false, false
	for i := range j.Touches {
		t := &j.Touches[i]
		if !p.admits(j, t) || i > 0 && inOrder(t, &j.Touches[i-1]) < 0 {
			return false
		}
		if p.ClickFirst {
			view := t.View()
			clicked, viewed = clicked || !view, viewed || view
		}
	}
	return !clicked || !viewed
}

// AppendAdmitted is [Policy.Admit] into memory of the caller, which must hold
// nothing.
func (p *Policy) AppendAdmitted(kept []Touchpoint, j *Journey) []Touchpoint {
	clicked := false
	for i := range j.Touches {
		t := &j.Touches[i]
		if !p.admits(j, t) {
			continue
		}
		clicked = clicked || !t.View()
		kept = append(kept, *t)
	}
	if p.ClickFirst && clicked {
		kept = slices.DeleteFunc(kept, func(t Touchpoint) bool { return t.View() })
	}
	SortTouches(kept)
	return kept
}

func (p *Policy) admits(j *Journey, t *Touchpoint) bool {
	window := p.Window
	if p.ViewWindow != 0 && t.View() {
		window = p.ViewWindow
	}
	switch {
	case t.At.After(j.At), window > 0 && t.At.Before(j.At.Add(-window)):
		return false
	case t.Referrer != "" && t.Referrer == j.Person:
		return false
	}
	return !slices.ContainsFunc(p.Internal, func(c string) bool { return strings.EqualFold(c, t.Channel) })
}

// Within is [Policy.Admit] of a policy of nothing but a window.
func (j *Journey) Within(window time.Duration) []Touchpoint {
	p := Policy{Window: window}
	return p.Admit(j)
}

// viewKinds are the kinds of touch in which a person only saw something.
var viewKinds = []live.Kind{live.RoomExposed, "view", "impression", "exposure"}

// View reports whether the person only saw something. Every other touch is an
// act, such as a click.
func (t *Touchpoint) View() bool { return slices.Contains(viewKinds, t.Kind) }
