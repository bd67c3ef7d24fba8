package group

import (
	"slices"

	"showrunner/live"
)

// Side is who speaks in a group, seen from the members.
type Side string

// Sides.
const (
	SideMember Side = "member"
	SideStaff  Side = "staff"
	SideBot    Side = "bot" // programs and the platform itself
)

// SideOf is the side of a role of live.SpeakerRoles.
func SideOf(role string) Side {
	switch role {
	case live.SpeakerMember:
		return SideMember
	case live.SpeakerBot, live.SpeakerSystem:
		return SideBot
	}
	return SideStaff
}

func staffRole(role string) bool {
	return slices.Contains(live.SpeakerRoles, role) && SideOf(role) == SideStaff
}

// SpeakerOf is the role of who sent a message: what the fact says, else what the
// role of who stated it says. A message that names nobody's role and was stated
// by a system about a person is that person's.
func SpeakerOf(said string, actor live.Role) string {
	switch {
	case said != "":
		return said
	case actor == live.RoleAgent || actor == live.RoleHost || actor == live.RoleOperator:
		return string(actor)
	}
	return live.SpeakerMember
}

// CareKinds are the messages of staff that care, SellKinds those that sell. The
// ratio of care to sell is the one over the other; notices and chat are neither.
var (
	CareKinds = []string{live.MessageShare, live.MessageQA, live.MessageCare}
	SellKinds = []string{live.MessageRecommend}
)
