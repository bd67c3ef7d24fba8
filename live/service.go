package live

// What is told of service: its entries, and sessions from their start over the
// bot, the queue and agents to their close and rating.
const (
	ServiceEntryCreated  Kind = "service_entry_created"
	ServiceEntryUpdated  Kind = "service_entry_updated"
	ServiceEntryRetired  Kind = "service_entry_retired"
	ServiceEntryExposed  Kind = "service_entry_exposed"
	ServiceEntryOpened   Kind = "service_entry_opened"
	ServiceStarted       Kind = "service_session_started"
	ServiceBotReplied    Kind = "service_bot_replied"
	ServiceHandedOver    Kind = "service_handed_over" // by the bot to the queue
	ServiceAssigned      Kind = "service_session_assigned"
	ServiceFirstReplied  Kind = "service_first_replied" // by a human
	ServiceMessageSent   Kind = "service_message_sent"
	ServiceTransferred   Kind = "service_session_transferred"
	ServiceClosed        Kind = "service_session_closed"
	ServiceReopened      Kind = "service_session_reopened"
	ServiceRated         Kind = "service_rated"
	ServiceSLABreached   Kind = "service_sla_breached"
	ServiceAgentLeft     Kind = "service_agent_left"
	ServiceOwnerAssigned Kind = "service_owner_assigned" // whose person somebody is
)

// serviceKinds are rows of [Kinds]. Connectors of other desks may state what a
// session is made of; the rest the desk states alone.
var serviceKinds = []Spec{
	{ServiceEntryExposed, anyone, AudienceNone, []Field{must(id("entry_id"))}},
	{ServiceEntryOpened, anyone, AudienceNone, []Field{must(id("entry_id"))}},
	{ServiceStarted, FromProducer, AudienceNone, touched(must(id("session_id")), id("entry_id"), id("agent_id"))},
	{ServiceMessageSent, FromProducer, AudiencePerson, []Field{must(id("session_id")), text("by", 32), text("kind", 32)}},
	{ServiceClosed, FromProducer, AudiencePerson, touched(must(id("session_id")), text("resolution", 64))},

	{ServiceEntryCreated, FromSystem, AudienceNone, nil},
	{ServiceEntryUpdated, FromSystem, AudienceNone, nil},
	{ServiceEntryRetired, FromSystem, AudienceNone, nil},
	{ServiceBotReplied, FromSystem, AudienceNone, nil},
	{ServiceHandedOver, FromSystem, AudiencePerson, nil},
	{ServiceAssigned, FromSystem, AudiencePerson, nil},
	{ServiceFirstReplied, FromSystem, AudienceNone, nil},
	{ServiceTransferred, FromSystem, AudiencePerson, nil},
	{ServiceReopened, FromSystem, AudiencePerson, nil},
	{ServiceRated, FromSystem, AudienceNone, nil},
	{ServiceSLABreached, FromSystem, AudienceNone, nil},
	{ServiceAgentLeft, FromSystem, AudienceNone, nil},
	{ServiceOwnerAssigned, FromSystem, AudienceNone, nil},
}
