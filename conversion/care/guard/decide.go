package guard

import (
	"slices"
	"time"
)

// Rules that a touch may be suppressed by.
const (
	RuleOptOut           = "opt_out"
	RuleOptOutChannel    = "opt_out_channel"
	RuleConsent          = "consent"
	RulePaused           = "paused"
	RuleQuietHours       = "quiet_hours"
	RuleCoolDown         = "cool_down"
	RuleCapPerson        = "cap_person"
	RuleCapPersonChannel = "cap_person_channel"
	RuleCapGroup         = "cap_group"
	RuleCapMerchant      = "cap_merchant"
)

// capRules are the rules' names by what the cap counts for.
var capRules = map[string]string{
	PerPerson: RuleCapPerson, PerPersonChannel: RuleCapPersonChannel, PerGroup: RuleCapGroup, PerMerchant: RuleCapMerchant,
}

// Hold is a rule that keeps a touch back.
type Hold struct {
	Rule  string
	Until time.Time // when the rule alone would let it pass; zero: not by itself
	Hours int       // of a cap's window
	Most  int       // of a cap
}

// Case is one proactive touch before the rules, with all that they look at.
type Case struct {
	Now     time.Time
	Channel string
	Group   bool // to a group: what is a person's is empty

	Wishes      Wishes
	PausedUntil time.Time
	// Newest is when the last touch was, Answered when the person last answered.
	Newest, Answered time.Time
	// Unanswered is when the touch was sent that is CoolDown.After back from the
	// newest, itself included; zero: there are fewer.
	Unanswered time.Time
	// Nth is, for each cap, when the touch was sent that is AtMost back from the
	// newest, itself included; zero: there are fewer.
	Nth []time.Time
}

// Applies reports whether a cap counts touches of such a case.
func (c *Cap) Applies(group bool, channel string) bool {
	switch c.Per {
	case PerMerchant:
		return true
	case PerGroup:
		return group
	case PerPersonChannel:
		return !group && (c.Channel == "" || c.Channel == channel)
	}
	return !group
}

// Holds are the rules that keep the touch back, the weightiest first: what a
// person wishes goes before what a clock says. None: it is allowed.
func (r *TouchRules) Holds(c *Case) []Hold {
	var holds []Hold
	hold := func(rule string, until time.Time) { holds = append(holds, Hold{Rule: rule, Until: until}) }
	if !c.Group {
		w := c.Wishes.Channels[c.Channel]
		switch {
		case c.Wishes.OptOut:
			hold(RuleOptOut, time.Time{})
		case w.OptOut:
			hold(RuleOptOutChannel, time.Time{})
		case w.Consent == ConsentRefused, slices.Contains(r.Consent, c.Channel) && w.Consent != ConsentGiven:
			hold(RuleConsent, time.Time{})
		}
	}
	if c.PausedUntil.After(c.Now) {
		hold(RulePaused, c.PausedUntil)
	}
	if until := r.QuietUntil(c.Wishes, c.Now); until.After(c.Now) {
		hold(RuleQuietHours, until)
	}
	if d := r.CoolDown; d != nil && !c.Group && !c.Unanswered.IsZero() && c.Unanswered.After(c.Answered) {
		if until := c.Newest.Add(time.Duration(d.Hours) * time.Hour); until.After(c.Now) {
			hold(RuleCoolDown, until)
		}
	}
	for i := range r.Caps {
		k := &r.Caps[i]
		if !k.Applies(c.Group, c.Channel) {
			continue
		}
		h := Hold{Rule: capRules[k.Per], Hours: k.Hours, Most: k.AtMost}
		length := time.Duration(k.Hours) * time.Hour
		switch {
		case k.AtMost == 0:
			holds = append(holds, h)
		case !c.Nth[i].IsZero() && c.Nth[i].After(c.Now.Add(-length)):
			h.Until = c.Nth[i].Add(length)
			holds = append(holds, h)
		}
	}
	return holds
}

// QuietUntil is when the quiet hours of somebody end; now itself when it is not
// quiet. A person's own hours go before those of the document.
func (r *TouchRules) QuietUntil(w Wishes, now time.Time) time.Time {
	hours := r.Quiet
	if w.Quiet != nil {
		hours = w.Quiet
	}
	if hours == nil {
		return now
	}
	quiet, err := hours.window()
	if err != nil {
		return now // What is kept was checked when it was set.
	}
	return quiet.end(now, zoneOf(w.TimeZone, r.TimeZone))
}

// zoneOf is the first of these zones that this machine knows; UTC when none is.
func zoneOf(names ...string) *time.Location {
	for _, name := range names {
		if name == "" {
			continue
		}
		if z, err := time.LoadLocation(name); err == nil {
			return z
		}
	}
	return time.UTC
}
