package group

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// Group is one group of a merchant's private domain.
type Group struct {
	Merchant live.MerchantID
	ID       string
	Name     string
	Platform string // where it lives: "wecom", "wechat", "qq", whatever the merchant calls it
	Agent    string // who owns it; empty: nobody
	Host     string // whose viewers it gathers
	Personas []Persona
	Tags     []string // ascending
	// Found tells that nobody registered it: facts told of it.
	Found    bool
	Created  time.Time // when it began, by which its age is counted
	Archived time.Time // zero: it lives
	Changed  time.Time
}

// Persona is an agent in a role they play in a group.
type Persona struct {
	Agent string `json:"agent_id"`
	Role  string `json:"role"` // one of live.SpeakerRoles
}

// Limits of a group: what a list of thousands can carry for each.
const (
	maxName     = 128
	maxPlatform = 32
	maxPersonas = 20
	maxTags     = 20
	maxTag      = 64
	maxReason   = 500
)

// reserved are ids that stand for something else in addresses.
var reserved = []string{"board", "alarms", "survival", "agents", "sales", "reassign"}

// Check refuses a group that could not be kept, as "invalid_field".
func (g *Group) Check() error {
	for _, f := range []struct {
		field, value string
		needed       bool
	}{{"group_id", g.ID, true}, {"agent_id", g.Agent, false}, {"host_id", g.Host, false}} {
		if f.value == "" && !f.needed {
			continue
		}
		if !live.ValidID(f.value) {
			return live.Invalid("invalid_field", f.field, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
		}
	}
	switch {
	case slices.Contains(reserved, g.ID):
		return live.Invalid("invalid_field", "group_id", "%s is the name of a page about groups", g.ID)
	case utf8.RuneCountInString(g.Name) > maxName || !utf8.ValidString(g.Name):
		return live.Invalid("invalid_field", "name", "must be at most %d characters", maxName)
	case utf8.RuneCountInString(g.Platform) > maxPlatform || !utf8.ValidString(g.Platform):
		return live.Invalid("invalid_field", "platform", "must be at most %d characters", maxPlatform)
	case len(g.Personas) > maxPersonas:
		return live.Invalid("invalid_field", "personas", "must be at most %d", maxPersonas)
	case len(g.Tags) > maxTags:
		return live.Invalid("invalid_field", "tags", "must be at most %d", maxTags)
	case !g.Archived.IsZero() && g.Archived.Before(g.Created):
		return live.Invalid("invalid_field", "created_at", "must not be after the group was archived")
	}
	for _, p := range g.Personas {
		if !live.ValidID(p.Agent) || !staffRole(p.Role) {
			return live.Invalid("invalid_field", "personas", "must be agents in one of the roles agent, expert, account_manager, product_manager, after_sale, host, operator")
		}
	}
	for _, t := range g.Tags {
		if strings.TrimSpace(t) == "" || utf8.RuneCountInString(t) > maxTag || !utf8.ValidString(t) {
			return live.Invalid("invalid_field", "tags", "must each be 1 to %d characters", maxTag)
		}
	}
	return nil
}

// Owner is who had a group from a time on.
type Owner struct {
	Agent  string // empty: nobody
	From   time.Time
	Reason string
	By     string // who decided it
}

// OwnerAt is who owned a group at an instant, by its owners in the order of
// their time; empty: nobody.
func OwnerAt(owners []Owner, at time.Time) string {
	agent := ""
	for _, o := range owners {
		if o.From.After(at) {
			break
		}
		agent = o.Agent
	}
	return agent
}
