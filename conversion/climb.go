package conversion

import (
	"encoding/json"

	"showrunner/live"
)

// climb is one row of climbs.
type climb struct {
	kind  live.Kind
	about string // the member of data that says what it is about; see ref
	class live.TouchClass
	// own marks kinds that are no touches of [Rules]: the platform itself states
	// them, or the viewer does.
	own bool
}

// What a fact is about, where no member of its data says so.
const (
	aboutShow  = "show"  // the show: only the first time in each counts
	aboutEvent = "event" // itself: each counts
	aboutHour  = "hour"  // the hour: who follows and unfollows all day is not kept each time
)

// climbs is every fact that the ladder keeps of a person.
var climbs = []climb{
	{live.RoomEntered, aboutShow, live.TouchShow, false},
	{"show_reserved", aboutShow, live.TouchShow, false},
	{live.Followed, aboutHour, "", false},
	{live.Unfollowed, aboutHour, "", true},
	{"ad_clicked", aboutEvent, "", false},
	{"lead_captured", "form_id", "", false},
	{"group_joined", "group_id", live.TouchGroup, false},
	{"group_left", "group_id", "", true},
	{"group_message_clicked", aboutEvent, live.TouchGroup, false},
	{"contact_added", "agent_id", live.TouchService, false},
	{"contact_lost", aboutEvent, "", true},
	{"service_entry_opened", "entry_id", live.TouchService, false},
	{"service_session_started", "session_id", live.TouchService, false},
	{"service_session_closed", "session_id", live.TouchService, false},
	{"touch_sent", aboutEvent, live.TouchService, false},
	{"followup_done", aboutEvent, live.TouchService, false},
	{"review_posted", aboutEvent, "", false},
	{live.RoomShared, aboutShow, "", true},
	{live.ProductClicked, aboutShow, "", false},
	{live.CartItemAdded, aboutShow, "", false},
	{live.CheckoutStarted, aboutShow, "", false},
	{live.QuestionAsked, aboutShow, "", false},
	{live.CouponClaimed, "batch_id", live.TouchOffer, false},
	{live.RedPacketClaimed, "packet_id", live.TouchOffer, true},
	{live.LuckyDrawEntered, "draw_id", live.TouchOffer, false},
	{"referral_clicked", "referrer", live.TouchReferral, false},
	{live.ReferralBound, "referrer", live.TouchReferral, true},
	{live.PartnerApplied, aboutEvent, "", true},
	{live.PartnerApproved, aboutEvent, "", true},
	{live.PartnerSuspended, aboutEvent, "", true},
}

var climbOf = func() map[live.Kind]*climb {
	m := make(map[live.Kind]*climb, len(climbs))
	for i := range climbs {
		m[climbs[i].kind] = &climbs[i]
	}
	return m
}()

// Climbs reports whether the ladder keeps facts of a kind.
func Climbs(k live.Kind) bool { return climbOf[k] != nil }

// climbData is what a fact of a person takes from the data of its event.
type climbData struct {
	Form     string        `json:"form_id"`
	Group    string        `json:"group_id"`
	Agent    string        `json:"agent_id"`
	Entry    string        `json:"entry_id"`
	Session  string        `json:"session_id"`
	Batch    string        `json:"batch_id"`
	Packet   string        `json:"packet_id"`
	Draw     string        `json:"draw_id"`
	Referrer live.PersonID `json:"referrer"`
	Scene    string        `json:"join_scene"`
}

func (d *climbData) member(name string) string {
	switch name {
	case "form_id":
		return d.Form
	case "group_id":
		return d.Group
	case "agent_id":
		return d.Agent
	case "entry_id":
		return d.Entry
	case "session_id":
		return d.Session
	case "batch_id":
		return d.Batch
	case "packet_id":
		return d.Packet
	case "draw_id":
		return d.Draw
	case "referrer":
		return string(d.Referrer)
	}
	return ""
}

// maxScene is the longest scene of joining that is kept, in bytes.
const maxScene = 32

// FactOf makes a fact of a person of an event, or reports false if the ladder
// keeps none of it: its kind is not among them, it is about nobody, it belongs to
// a rehearsal, or staff did it themselves.
func FactOf(e *live.Event) (live.PersonFact, bool) {
	c := climbOf[e.Kind]
	if c == nil || e.Rehearsal || e.Person == "" {
		return live.PersonFact{}, false
	}
	f := live.PersonFact{
		Merchant: e.Merchant, Person: e.Person, Kind: e.Kind, At: e.OccurredAt, Event: e.ID, Show: e.Show, Class: c.class,
	}
	if c.own {
		if !c.admits(e) {
			return live.PersonFact{}, false
		}
	} else {
		touch, ok := TouchOf(*e)
		if !ok {
			return live.PersonFact{}, false
		}
		f.Channel, f.Stage, f.Agent = touch.Channel, touch.Stage, touch.Agent
	}
	f.ByAgent = f.Agent != "" && e.Actor.Role == live.RoleAgent && e.Actor.ID == f.Agent
	var d climbData
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		d = climbData{} // It was checked when it was accepted; what cannot be read names nothing.
	}
	if f.Agent != "" {
		d.Agent = f.Agent // Who states it need not be named.
	}
	f.Ref, f.Referrer, f.Scene = c.ref(e, &d), d.Referrer, d.Scene[:min(len(d.Scene), maxScene)]
	return f, true
}

// admits reports whether who stated a fact that is no touch may state it.
func (c *climb) admits(e *live.Event) bool {
	switch e.Actor.Role {
	case live.RoleViewer, live.RoleSystem:
		return true
	case live.RoleAgent, live.RoleIntegration, live.RoleOperator:
		return e.Actor.ID != string(e.Person)
	}
	return false
}

// ref is what a fact is about, at most live.MaxIDLen bytes.
func (c *climb) ref(e *live.Event, d *climbData) string {
	switch c.about {
	case aboutShow:
		if e.Show != "" {
			return string(e.Show)
		}
		return string(e.Room)
	case aboutHour:
		return e.OccurredAt.UTC().Format("2006-01-02T15")
	case aboutEvent:
		return string(e.ID)
	}
	if about := d.member(c.about); about != "" {
		return about[:min(len(about), live.MaxIDLen)]
	}
	return string(e.ID)
}
