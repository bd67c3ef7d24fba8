package conversion

import (
	"cmp"
	"encoding/json"

	"showrunner/live"
)

// Channels that touches get when the fact itself names none.
const (
	ChannelDirect   = "direct"          // came by themselves
	ChannelLiveRoom = "live_room"       // an act inside the room
	ChannelFeed     = "other_recommend" // the platform showed the room, we do not know where
	ChannelAds      = "ads"
	ChannelForm     = "form"
	ChannelShare    = "share" // sent by another person
	ChannelContact  = "contact"
	ChannelGroup    = "group"
	ChannelService  = "service"
	ChannelShop     = "shop"
)

// Rule says that facts of a kind are touches, and of which stage and channel.
type Rule struct {
	Kind    live.Kind
	Stage   live.Stage
	Channel string // when the event has none
	// Told marks facts that others state about a person: an agent, an operator
	// or an integration. Without it only the viewer's own acts are touches.
	Told bool
	// Proactive leaves out facts that say they are transactional: a notice of a
	// parcel sells nothing, however many of them there are.
	Proactive bool
}

// Rules are the built-in ones: they say which facts are touches. Facts that repeat by the second (likes,
// heartbeats, comments, exposures of products) are not: they would drown every
// other touch of a linear split. Nor are partings (left, unfollowed, lost).
var Rules = []Rule{
	{live.RoomExposed, live.StageLead, ChannelFeed, true, false},
	{"ad_clicked", live.StageLead, ChannelAds, true, false},
	{"lead_captured", live.StageLead, ChannelForm, true, false},
	{"referral_clicked", live.StageLead, ChannelShare, true, false},

	{"show_reserved", live.StageNurture, ChannelLiveRoom, true, false},
	{"contact_added", live.StageNurture, ChannelContact, true, false},
	{"group_joined", live.StageNurture, ChannelGroup, true, false},
	{"group_message_clicked", live.StageNurture, ChannelGroup, true, false},
	{live.Followed, live.StageNurture, ChannelLiveRoom, false, false},
	{"service_entry_opened", live.StageNurture, ChannelService, true, false},
	{"service_session_started", live.StageNurture, ChannelService, true, false},
	{live.TouchSent, live.StageNurture, ChannelContact, true, true},

	{live.RoomEntered, live.StageConvert, ChannelDirect, false, false},
	{live.ProductClicked, live.StageConvert, ChannelLiveRoom, false, false},
	{live.CartItemAdded, live.StageConvert, ChannelLiveRoom, false, false},
	{live.CheckoutStarted, live.StageConvert, ChannelLiveRoom, false, false},
	{live.CouponClaimed, live.StageConvert, ChannelLiveRoom, false, false},
	{live.LuckyDrawEntered, live.StageConvert, ChannelLiveRoom, false, false},
	{"question_asked", live.StageConvert, ChannelLiveRoom, false, false},

	{"service_session_closed", live.StageRetain, ChannelService, true, false},
	{"followup_done", live.StageRetain, ChannelService, true, false},
	{"review_posted", live.StageRetain, ChannelShop, true, false},
}

// TouchOf is [RuleSet.TouchOf] of the rules that are built in.
func TouchOf(e live.Event) (Touchpoint, bool) { return builtIn.TouchOf(e) }

// TouchOf makes a touch of an event, or reports false if the event is none: no
// rule names its kind, it is about nobody, it belongs to a rehearsal, staff did
// it themselves, it is transactional where the rule wants what is proactive, or
// somebody followed a link of their own. The event's own stage
// and channel go before the rule's. Position is left to the caller, who knows
// the log.
func (s *RuleSet) TouchOf(e live.Event) (t Touchpoint, ok bool) {
	r := s.Rule(e.Kind)
	if !r.admits(&e) {
		return Touchpoint{}, false
	}
	d := ReadTouch(e.Data, nil)
	ok = s.touch(&t, r, &e, &d)
	return t, ok
}

// Rule is that of facts of a kind; nil if none of them is a touch.
func (s *RuleSet) Rule(k live.Kind) *Rule { return s.byKind[k] }

// Touch is [RuleSet.TouchOf] for those who look at millions of facts, and know the
// rule of each kind and what its data say. It leaves to alone if the event is no
// touch.
func (s *RuleSet) Touch(to *Touchpoint, r *Rule, e *live.Event, d *TouchData) bool {
	return r.admits(e) && s.touch(to, r, e, d)
}

// touch is [RuleSet.Touch] of an event that the rule admits.
func (s *RuleSet) touch(to *Touchpoint, r *Rule, e *live.Event, d *TouchData) bool {
	if r.Proactive && bool(d.Transactional) {
		return false
	}
	if d.Referrer != "" && live.PersonID(d.Referrer) == e.Person {
		return false
	}
	*to = Touchpoint{
		At: e.OccurredAt, Kind: e.Kind, Stage: r.Stage, Channel: r.Channel, Campaign: e.Campaign,
		Show: e.Show, Product: live.ProductID(d.Product), Referrer: live.PersonID(d.Referrer), Rule: s.Version,
		Host: string(d.Host), Agent: string(d.Agent), Group: string(d.Group), Entry: string(d.Entry),
		AgentName: string(d.AgentName), GroupName: string(d.GroupName),
	}
	if e.Stage.Valid() {
		to.Stage = e.Stage
	}
	if e.Channel != "" {
		to.Channel = e.Channel
	}
	if e.Actor.Role == live.RoleAgent && (to.Agent == "" || to.Agent == e.Actor.ID) {
		to.Agent, to.AgentName = e.Actor.ID, cmp.Or(to.AgentName, e.Actor.Name)
	}
	if d.Cost > 0 {
		to.Cost = int64(d.Cost)
		if c := live.Currency(d.CostCurrency); c.Valid() {
			to.CostCurrency = c
		}
	}
	return true
}

// admits reports whether the event is about somebody and who stated it may state
// this touch: the viewer, or, for told facts, someone who serves another person. No
// rule admits nothing.
func (r *Rule) admits(e *live.Event) bool {
	if r == nil || e.Rehearsal || e.Person == "" {
		return false
	}
	switch e.Actor.Role {
	case live.RoleViewer:
		return true
	case live.RoleAgent, live.RoleIntegration, live.RoleOperator:
		return r.Told && e.Actor.ID != string(e.Person)
	}
	return false
}

// TouchData is what a touch takes from the data of its fact.
type TouchData struct {
	Product      name   `json:"product_id"`
	Referrer     name   `json:"referrer"`
	Host         name   `json:"host_id"`
	Agent        name   `json:"agent_id"`
	AgentName    title  `json:"agent_name"`
	Group        name   `json:"group_id"`
	GroupName    title  `json:"group_name"`
	Entry        name   `json:"entry_id"`
	Cost         amount `json:"cost_minor"`
	CostCurrency name   `json:"cost_currency"`

	Transactional Flag `json:"transactional"`
}

// name is an identifier, or nothing.
type name string

// UnmarshalJSON never fails: what is no identifier names nothing.
func (n *name) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil && live.ValidID(s) {
		*n = name(s)
	}
	return nil
}

// Flag is a member of data that is true, or is not.
type Flag bool

// UnmarshalJSON never fails: what is not true is false.
func (f *Flag) UnmarshalJSON(raw []byte) error {
	*f = string(raw) == "true"
	return nil
}

// title is what people call something, or nothing.
type title string

// maxTitle bounds a title in bytes.
const maxTitle = 128

// UnmarshalJSON never fails: what is too long is left out.
func (n *title) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil && len(s) <= maxTitle {
		*n = title(s)
	}
	return nil
}

// amount is money in minor units, or nothing.
type amount int64

// UnmarshalJSON never fails: what is no amount costs nothing.
func (n *amount) UnmarshalJSON(raw []byte) error {
	var v int64
	if json.Unmarshal(raw, &v) == nil && v > 0 && v <= live.MaxMinor {
		*n = amount(v)
	}
	return nil
}
