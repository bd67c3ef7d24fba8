package live

// What becomes of groups of the private domain and of who is in them.
const (
	GroupCreated     Kind = "group_created"
	GroupArchived    Kind = "group_archived"
	GroupExposed     Kind = "group_exposed" // somebody was shown how to join
	GroupJoined      Kind = "group_joined"
	GroupLeft        Kind = "group_left"
	GroupMessageSent Kind = "group_message_sent"
	// GroupStatsReported is what the platform says of a group and a day. Its
	// to-date figures are cumulative: they can never fall, so nothing of ours is
	// made of them; they are shown beside our own.
	GroupStatsReported Kind = "group_stats_reported"
)

// Bounds of what a platform may say of a group: no platform has groups beyond.
const (
	maxCrowd    = 10_000_000
	maxMessages = 1_000_000_000
)

// Ways into a group and out of it, as WeCom has them.
const (
	JoinInvite  = "direct_invite"
	JoinLink    = "link"
	JoinQR      = "qr"
	QuitSelf    = "self"
	QuitRemoved = "removed"
)

// JoinScenes are the ways into a group.
var JoinScenes = []string{JoinInvite, JoinLink, JoinQR}

// QuitScenes are the ways out of a group.
var QuitScenes = []string{QuitSelf, QuitRemoved}

// What a message in a group is for.
const (
	MessageShare     = "share" // of experience
	MessageQA        = "qa"    // a question answered
	MessageRecommend = "recommend"
	MessageCare      = "care"
	MessageNotice    = "notice"
	MessageChat      = "chat"
)

// MessageKinds is what messages in groups are for.
var MessageKinds = []string{MessageShare, MessageQA, MessageRecommend, MessageCare, MessageNotice, MessageChat}

// Who speaks in a group.
const (
	SpeakerMember = "member"
	SpeakerAgent  = "agent"
	SpeakerBot    = "bot"
	SpeakerSystem = "system"
)

// SpeakerRoles is who speaks in groups: members, programs, and staff, who are all
// the others: an agent as such, or in one of the roles they play in a group.
var SpeakerRoles = []string{
	SpeakerMember, SpeakerBot, SpeakerSystem,
	SpeakerAgent, "expert", "account_manager", "product_manager", "after_sale", "host", "operator",
}

var groupKinds = []Spec{
	{GroupCreated, FromProducer | FromSystem, AudienceNone, []Field{must(id("group_id")), text("name", 128), text("platform", 32), id("agent_id"), id("host_id")}},
	{GroupArchived, FromProducer | FromSystem, AudienceNone, []Field{must(id("group_id"))}},
	{GroupExposed, FromProducer, AudienceNone, []Field{must(id("group_id")), text("surface", 32)}},
	{GroupJoined, FromProducer | FromSystem, AudienceNone, touched(must(id("group_id")), oneOf("join_scene", JoinScenes), id("inviter"))},
	{GroupLeft, FromProducer, AudienceNone, []Field{must(id("group_id")), oneOf("quit_scene", QuitScenes)}},
	{GroupMessageSent, FromProducer, AudienceNone, []Field{must(id("group_id")), oneOf("kind", MessageKinds), oneOf("by_role", SpeakerRoles), id("agent_id")}},
	{GroupStatsReported, FromProducer, AudienceNone, []Field{
		must(id("group_id")), must(text("day", 10)), integer("members", 0, maxCrowd), integer("joins", 0, maxCrowd), integer("leaves", 0, maxCrowd),
		integer("talkers_to_date", 0, maxCrowd), integer("messages_to_date", 0, maxMessages),
	}},
}
