package sim

import (
	"slices"
	"time"

	"showrunner/live"
)

// Met is the first time that somebody met one thing in one way.
type Met struct {
	At       time.Time
	Kind     live.Kind
	Ref      string
	Show     live.ShowID
	Class    live.TouchClass // empty: no help on the way up
	Stage    live.Stage      // empty: no touch of the chain
	Channel  string
	Agent    string
	Referrer live.PersonID
	Scene    string
	Event    string
}

// Step is one move on the ladder with its cause and the last help of each class
// within a week before it, latest first.
type Step struct {
	At       time.Time
	From, To live.Rung
	Kind     live.Kind
	Ref      string
	Show     live.ShowID
	Touches  []Met
}

// Climb is a person's way up and down, and where they came from.
type Climb struct {
	Steps     []Step
	Met       []Met // each thing once, ascending
	FirstAt   time.Time
	Channel   string
	Show      live.ShowID
	Agent     string
	Incentive bool
	Reached   [5]time.Time // when first on the rung of each level or above
}

// seasonKinds is what each fact of a season means: its class, its stage and the
// channel of one that names none.
var seasonKinds = map[live.Kind]struct {
	class   live.TouchClass
	stage   live.Stage
	channel string
}{
	live.RoomEntered: {live.TouchShow, live.StageConvert, "direct"}, "show_reserved": {live.TouchShow, live.StageNurture, "live_room"},
	live.Followed: {"", live.StageNurture, "live_room"}, "ad_clicked": {"", live.StageLead, "ads"}, "lead_captured": {"", live.StageLead, "form"},
	"group_joined": {live.TouchGroup, live.StageNurture, "group"}, "group_message_clicked": {live.TouchGroup, live.StageNurture, "group"},
	"contact_added": {live.TouchService, live.StageNurture, "contact"}, "service_session_started": {live.TouchService, live.StageNurture, "service"},
	"touch_sent": {live.TouchService, live.StageNurture, "contact"}, "referral_clicked": {live.TouchReferral, live.StageLead, "share"},
	live.ReferralBound: {class: live.TouchReferral}, live.Unfollowed: {}, "group_left": {}, "contact_lost": {},
	live.PartnerApplied: {}, live.PartnerApproved: {}, live.PartnerSuspended: {},
}

// Login is the name that stands for a person when all is known.
func (s *Season) Login(who int) live.PersonID { return live.PersonID(s.Persons[who].Names[0].Value) }

// met are the facts that a deed makes about its person. Following a link makes
// two: that it was followed, and that it bound.
func (s *Season) met(d *Deed) []Met {
	k, ok := seasonKinds[d.Kind]
	if !ok {
		return nil
	}
	m := Met{At: d.At, Kind: d.Kind, Ref: d.Ref, Show: d.Show, Class: k.class, Stage: k.stage, Channel: d.Channel, Agent: d.Agent, Scene: d.Scene, Event: d.ID}
	if m.Channel == "" {
		m.Channel = k.channel
	}
	switch d.Kind {
	case live.Followed, live.Unfollowed:
		m.Ref = d.At.UTC().Format("2006-01-02T15")
	case "ad_clicked", "touch_sent", "contact_lost", "group_message_clicked":
		m.Ref = d.ID
	}
	if d.Act != ActFollow {
		return []Met{m}
	}
	m.Referrer, m.Ref = s.Login(d.Other), string(s.Login(d.Other))
	bound := m
	bound.Kind, bound.Stage, bound.Channel = live.ReferralBound, "", ""
	return []Met{m, bound}
}

// Climb is how a person came on. It goes over their deeds once, in order, with a
// notebook of what holds.
func (s *Season) Climb(who int) Climb {
	var c Climb
	var fan, came, partner bool
	valid := map[string]string{} // orders, each with its day
	worth := map[string]int64{}
	holder := -1
	seen := map[[2]string]bool{}
	rung := live.RungNone
	for i := range s.Deeds {
		d := &s.Deeds[i]
		if d.Who != who || d.Kind == live.HoldoutAssigned {
			continue
		}
		changed := false
		ref := d.Ref
		for _, m := range s.met(d) {
			if m.Kind == live.ReferralBound {
				if holder == d.Other {
					continue // They belong to them already.
				}
				holder = d.Other
			}
			name := [2]string{string(m.Kind), m.Ref}
			switch m.Kind {
			case live.PartnerApplied, live.PartnerApproved, live.PartnerSuspended:
				name[1], m.Ref = d.ID, ""
			}
			if seen[name] {
				continue
			}
			seen[name], changed, ref = true, true, m.Ref
			c.Met = append(c.Met, m)
		}
		switch d.Act {
		case ActOrder:
			worth[d.Order] = d.Minor
		case ActPay:
			zone := time.UTC
			if d.Show != "" {
				zone = s.Zone
			}
			valid[d.Order], changed, ref = d.At.In(zone).Format(time.DateOnly), true, d.Order
		case ActRefund:
			if worth[d.Order] -= d.Minor; worth[d.Order] == 0 {
				delete(valid, d.Order)
				changed, ref = true, d.Order
			}
		case ActCancel:
			delete(valid, d.Order)
			changed, ref = true, d.Order
		case ActFact, ActEnter, ActFollow, ActApply, ActApprove, ActSuspend: // No order.
		}
		if !changed {
			continue
		}
		if c.FirstAt.IsZero() {
			c.FirstAt = d.At
		}
		switch d.Kind {
		case live.RoomEntered:
			came = true
		case live.Followed, "group_joined", "lead_captured", "show_reserved":
			fan = true
		case live.PartnerApproved:
			partner = true
		case live.PartnerSuspended:
			partner = false
		}
		days := map[string]bool{}
		for _, day := range valid {
			days[day] = true
		}
		to := live.RungNone
		switch {
		case partner:
			to = live.RungPartner
		case len(days) >= 2:
			to = live.RungMember
		case len(valid) >= 1:
			to = live.RungCustomer
		case fan:
			to = live.RungFan
		case came:
			to = live.RungPasserby
		}
		if to == rung {
			continue
		}
		c.Steps = append(c.Steps, Step{At: d.At, From: rung, To: to, Kind: d.Kind, Ref: ref, Show: d.Show, Touches: c.helped(d)})
		rung = to
		for level := range c.Reached {
			if c.Reached[level].IsZero() && level < to.Level() {
				c.Reached[level] = d.At
			}
		}
	}
	c.origin()
	return c
}

// helped are the last things of each class in the week before a deed.
func (c *Climb) helped(d *Deed) (out []Met) {
	for _, m := range slices.Backward(c.Met) {
		if m.Class == "" || m.At.Equal(d.At) || d.At.Sub(m.At) > 7*24*time.Hour {
			continue
		}
		if !slices.ContainsFunc(out, func(o Met) bool { return o.Class == m.Class }) {
			out = append(out, m)
		}
	}
	return out
}

// origin is what came first.
func (c *Climb) origin() {
	served := time.Time{}
	for _, m := range c.Met {
		if c.Channel == "" {
			c.Channel = m.Channel
		}
		if c.Show == "" && m.Kind == live.RoomEntered {
			c.Show = m.Show
		}
		if c.Agent == "" {
			c.Agent = m.Agent
		}
		if m.Class == live.TouchService && served.IsZero() {
			served = m.At
		}
	}
	for _, step := range c.Steps {
		if step.To.Level() < live.RungFan.Level() {
			continue
		}
		if step.To == live.RungFan && (served.IsZero() || served.After(step.At)) {
			c.Incentive = slices.ContainsFunc(c.Met, func(m Met) bool { return m.At.Equal(step.At) && m.Scene == "qr" })
		}
		break
	}
}
