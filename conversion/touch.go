package conversion

import (
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

// Rule is one row of [Rules].
type Rule struct {
	Kind    live.Kind
	Stage   live.Stage
	Channel string // when the event has none
	// Told marks facts that others state about a person: an agent, an operator
	// or an integration. Without it only the viewer's own acts are touches.
	Told bool
}

// Rules says which facts are touches. Facts that repeat by the second (likes,
// heartbeats, comments, exposures of products) are not: they would drown every
// other touch of a linear split. Nor are partings (left, unfollowed, lost).
var Rules = []Rule{
	{live.RoomExposed, live.StageLead, ChannelFeed, true},
	{"ad_clicked", live.StageLead, ChannelAds, true},
	{"lead_captured", live.StageLead, ChannelForm, true},
	{"referral_clicked", live.StageLead, ChannelShare, true},

	{"show_reserved", live.StageNurture, ChannelLiveRoom, true},
	{"contact_added", live.StageNurture, ChannelContact, true},
	{"group_joined", live.StageNurture, ChannelGroup, true},
	{"group_message_clicked", live.StageNurture, ChannelGroup, true},
	{live.Followed, live.StageNurture, ChannelLiveRoom, false},
	{"service_entry_opened", live.StageNurture, ChannelService, true},
	{"service_session_started", live.StageNurture, ChannelService, true},
	{"touch_sent", live.StageNurture, ChannelContact, true},

	{live.RoomEntered, live.StageConvert, ChannelDirect, false},
	{live.ProductClicked, live.StageConvert, ChannelLiveRoom, false},
	{live.CartItemAdded, live.StageConvert, ChannelLiveRoom, false},
	{live.CheckoutStarted, live.StageConvert, ChannelLiveRoom, false},
	{live.CouponClaimed, live.StageConvert, ChannelLiveRoom, false},
	{live.LuckyDrawEntered, live.StageConvert, ChannelLiveRoom, false},
	{"question_asked", live.StageConvert, ChannelLiveRoom, false},

	{"service_session_closed", live.StageRetain, ChannelService, true},
	{"followup_done", live.StageRetain, ChannelService, true},
	{"review_posted", live.StageRetain, ChannelShop, true},
}

var rules = func() map[live.Kind]*Rule {
	m := make(map[live.Kind]*Rule, len(Rules))
	for i := range Rules {
		m[Rules[i].Kind] = &Rules[i]
	}
	return m
}()

// TouchOf makes a touch of an event, or reports false if the event is none:
// its kind is not in [Rules], it is about nobody, it belongs to a rehearsal,
// staff did it themselves, or somebody followed a link of their own. The event's own stage and channel go before the
// table's. Position is left to the caller, who knows the log.
func TouchOf(e live.Event) (Touchpoint, bool) {
	r := rules[e.Kind]
	if r == nil || e.Rehearsal || e.Person == "" || !r.admits(&e) {
		return Touchpoint{}, false
	}
	d := read(e.Data)
	if d.Referrer != "" && d.Referrer == e.Person {
		return Touchpoint{}, false
	}
	t := Touchpoint{
		At: e.OccurredAt, Kind: e.Kind, Stage: r.Stage, Channel: r.Channel, Campaign: e.Campaign,
		Show: e.Show, Product: d.Product, Referrer: d.Referrer,
	}
	if e.Stage.Valid() {
		t.Stage = e.Stage
	}
	if e.Channel != "" {
		t.Channel = e.Channel
	}
	return t, true
}

// admits reports whether who stated the event may state this touch: the viewer,
// or, for told facts, someone who serves another person.
func (r *Rule) admits(e *live.Event) bool {
	switch e.Actor.Role {
	case live.RoleViewer:
		return true
	case live.RoleAgent, live.RoleIntegration, live.RoleOperator:
		return r.Told && e.Actor.ID != string(e.Person)
	}
	return false
}

// touchData is what a touch takes from the data of its fact.
type touchData struct {
	Product  live.ProductID `json:"product_id"`
	Referrer live.PersonID  `json:"referrer"`
}

// read takes what it can from data, which was checked when the event was
// accepted; what cannot be read names nothing.
func read(data json.RawMessage) (d touchData) {
	if len(data) == 0 || json.Unmarshal(data, &d) != nil {
		return touchData{}
	}
	return d
}
