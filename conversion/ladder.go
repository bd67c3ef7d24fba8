package conversion

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"showrunner/live"
)

// Ladder is the rules by which a merchant's people stand on a rung. Who
// satisfies several rungs stands on the highest.
type Ladder struct {
	Version int64 `json:"-"`
	// Zone is the IANA name of the time zone in which days of orders outside a
	// show are told apart. Orders of a show go by the show's zone.
	Zone string `json:"time_zone"`
	// TouchWindowHours is how long before a move a touch may be to stand beside it.
	TouchWindowHours int        `json:"touch_window_hours"`
	Rungs            []RungRule `json:"rungs"`

	zones sync.Map // IANA names, each with its *time.Location
}

// RungRule is the rule of one rung: one condition suffices.
type RungRule struct {
	Rung live.Rung   `json:"rung"`
	Any  []Condition `json:"any"`
}

// Condition is either of facts or of orders.
type Condition struct {
	// Fact holds when there are AtLeast such facts about different things. With
	// Until it ceases when a fact of that kind is the later.
	Fact    live.Kind `json:"fact,omitempty"`
	Until   live.Kind `json:"until,omitempty"`
	AtLeast int       `json:"at_least,omitempty"`
	// Orders holds while so many orders are valid; with DifferentDays they must
	// have become so on as many different days.
	Orders        int  `json:"orders,omitempty"`
	DifferentDays bool `json:"different_days,omitempty"`
}

// Bounds of rules.
const (
	maxConditions  = 10
	maxAtLeast     = 1000
	maxTouchWindow = 365 * 24
	maxLadderText  = 32 << 10
)

//go:embed ladder_default.json
var defaultLadder []byte

// DefaultLadder is the rules of who has set none: a passerby entered a room; a
// fan follows, joined a group, left a lead or reserved a show; a customer has a
// valid order; a member has two, of different days; a partner was approved and
// not suspended since.
func DefaultLadder() *Ladder {
	l, err := ParseLadder(defaultLadder)
	if err != nil {
		panic("BUG: the default ladder: " + err.Error())
	}
	return l
}

// ReadLadder is the rules as they were kept.
func ReadLadder(r live.LadderRules) (*Ladder, error) {
	if r.Version == 0 {
		return DefaultLadder(), nil
	}
	l, err := ParseLadder([]byte(r.Text))
	if err != nil {
		return nil, fmt.Errorf("read ladder rules, version %d: %w", r.Version, err)
	}
	l.Version = r.Version
	return l, nil
}

// ParseLadder reads rules from JSON. What is wrong is refused as
// "invalid_ladder", with the line and the place in the field.
func ParseLadder(text []byte) (*Ladder, error) {
	if len(text) > maxLadderText {
		return nil, live.TooLarge("ladder_too_large", "", "the rules are %d bytes, at most %d are allowed", len(text), maxLadderText)
	}
	var l Ladder
	dec := json.NewDecoder(strings.NewReader(string(text)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&l); err != nil {
		return nil, live.Invalid("invalid_ladder", "", "line %d: %s", lineAt(text, faultOffset(err, dec, text)), jsonReason(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, live.Invalid("invalid_ladder", "", "line %d: something follows the rules", lineAt(text, dec.InputOffset()))
	}
	if err := l.check(text); err != nil {
		return nil, err
	}
	return &l, nil
}

// check refuses rules that say nothing, and fills in what may be left out.
func (l *Ladder) check(text []byte) error {
	bad := func(path []any, format string, args ...any) error {
		return live.Invalid("invalid_ladder", pathText(path), "line %d: %s", lineAt(text, offsetOf(text, path)), fmt.Sprintf(format, args...))
	}
	if l.Zone == "" {
		l.Zone = "UTC"
	}
	if zone := loadZone(l.Zone); zone == nil {
		return bad([]any{"time_zone"}, "must be an IANA time zone")
	}
	if l.TouchWindowHours == 0 {
		l.TouchWindowHours = int(DefaultWindow / time.Hour)
	}
	if l.TouchWindowHours < 1 || l.TouchWindowHours > maxTouchWindow {
		return bad([]any{"touch_window_hours"}, "must be 1 to %d", maxTouchWindow)
	}
	if len(l.Rungs) != len(live.Rungs) {
		return bad([]any{"rungs"}, "must be the %d rungs from %s to %s", len(live.Rungs), live.Rungs[0], live.Rungs[len(live.Rungs)-1])
	}
	for i := range l.Rungs {
		r, path := &l.Rungs[i], []any{"rungs", i}
		if r.Rung != live.Rungs[i] {
			return bad(append(path, "rung"), "must be %s: the rungs stand from below", live.Rungs[i])
		}
		if len(r.Any) < 1 || len(r.Any) > maxConditions {
			return bad(append(path, "any"), "must be 1 to %d conditions", maxConditions)
		}
		for j := range r.Any {
			if field, why := r.Any[j].check(); why != "" {
				return bad(append(path, "any", j, field), "%s", why)
			}
		}
	}
	return nil
}

// check names the field that is wrong and the rule, or returns empty strings.
func (c *Condition) check() (field, why string) {
	switch {
	case (c.Fact == "") == (c.Orders == 0):
		return "fact", "either fact or orders must be given, and not both"
	case c.Fact != "" && !Climbs(c.Fact):
		return "fact", "must be one of " + climbNames("")
	case c.Until != "" && !Climbs(c.Until):
		return "until", "must be one of " + climbNames("")
	case c.Until != "" && (c.Fact == "" || c.Until == c.Fact || c.AtLeast > 1):
		return "until", "goes with another fact, without at_least"
	case c.Until != "" && (climbOf[c.Until].about != aboutEvent || climbOf[c.Fact].about != aboutEvent):
		return "until", "goes with facts of which every one is kept: " + climbNames(aboutEvent)
	case c.AtLeast < 0 || c.AtLeast > maxAtLeast || c.AtLeast != 0 && c.Fact == "":
		return "at_least", fmt.Sprintf("must be 1 to %d, and goes with fact", maxAtLeast)
	case c.Orders < 0 || c.Orders > maxAtLeast:
		return "orders", fmt.Sprintf("must be 1 to %d", maxAtLeast)
	case c.DifferentDays && c.Orders < 2:
		return "different_days", "goes with two orders or more"
	}
	return "", ""
}

// climbNames lists the kinds that conditions may name, or those of them that
// are about one thing.
func climbNames(about string) string {
	var names []string
	for i := range climbs {
		if about == "" || climbs[i].about == about {
			names = append(names, string(climbs[i].kind))
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// loadZone finds a time zone by its IANA name; nil if there is none. "Local" is
// a machine's own and means nothing.
func loadZone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}
