package live

// What becomes of touches of people who did not ask, and of their wishes.
const (
	TouchPlanned         Kind = "touch_planned"
	TouchSent            Kind = "touch_sent"
	TouchSuppressed      Kind = "touch_suppressed"
	TouchRejected        Kind = "touch_rejected" // the person's side refused it
	TouchFailed          Kind = "touch_failed"   // it reached nobody
	ContactPreferenceSet Kind = "contact_preference_set"
	TouchesPaused        Kind = "touches_paused"
	TouchesResumed       Kind = "touches_resumed"
	FollowupAssigned     Kind = "followup_assigned"
)

// What is exchanged between a merchant and a person, as far as no other fact says
// it.
const (
	ValueGiven    Kind = "value_given"    // to the person
	ValueReceived Kind = "value_received" // from the person
)

// contactKinds are rows of [Kinds]. Who sends by themselves states touch_sent and
// touch_rejected; the rest is the guard's.
var contactKinds = []Spec{
	{TouchSent, FromProducer | FromSystem, AudienceNone, touched(id("agent_id"), text("template", 64), text("text", MaxTouchRunes))},
	{TouchRejected, FromProducer | FromSystem, AudienceNone, []Field{id("agent_id"), id("group_id"), text("channel", 64), text("reason", 200)}},
	{TouchPlanned, FromSystem, AudienceNone, nil},
	{TouchSuppressed, FromSystem, AudienceNone, nil},
	{TouchFailed, FromSystem, AudienceNone, nil},
	{ContactPreferenceSet, FromSystem, AudienceNone, nil},
	{TouchesPaused, FromSystem, AudienceNone, nil},
	{TouchesResumed, FromSystem, AudienceNone, nil},
	{FollowupAssigned, FromSystem, AudienceNone, nil},
	{ValueGiven, FromProducer, AudienceNone, valued()},
	{ValueReceived, FromProducer, AudienceNone, valued()},
}

// valued are the fields of what was exchanged: what it was, and its worth where
// it is money.
func valued() []Field {
	return []Field{must(text("kind", 64)), integer("amount_minor", 0, MaxMinor), {Name: "currency", Type: TypeCurrency}, text("note", 200)}
}
