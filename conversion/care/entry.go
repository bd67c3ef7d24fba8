package care

import (
	"slices"

	"showrunner/live"
)

// EntryType is where people find a service entry.
type EntryType string

// The types of entries. A personal entry is made on the fly by an agent, for one
// person's need.
const (
	EntryShop        EntryType = "shop"
	EntryGroup       EntryType = "group"
	EntryLiveRoom    EntryType = "live_room"
	EntryMiniProgram EntryType = "mini_program"
	EntryCustom      EntryType = "custom"
	EntryPersonal    EntryType = "personal"
)

// EntryTypes lists them.
var EntryTypes = []EntryType{EntryShop, EntryGroup, EntryLiveRoom, EntryMiniProgram, EntryCustom, EntryPersonal}

// Limits of an entry's words.
const (
	MaxTitleRunes = 80
	MaxScopeRunes = 128
)

// CheckEntry refuses an entry that breaks a rule. A scope names the shop, group,
// room or page where it stands. Codes: "invalid_field".
func CheckEntry(kind EntryType, title, scope string, persona Persona, need string, person live.PersonID) error {
	switch {
	case !slices.Contains(EntryTypes, kind):
		return live.Invalid("invalid_field", "type", "must be shop, group, live_room, mini_program, custom or personal")
	case !persona.Valid():
		return live.Invalid("invalid_field", "persona", "must be expert, account_manager, product or after_sale")
	case need != "" && !live.ValidID(need):
		return live.Invalid("invalid_field", "from_need_id", "must be an identifier")
	case kind == EntryPersonal && !live.ValidID(string(person)):
		return live.Invalid("invalid_field", "person_id", "is required of a personal entry")
	case kind != EntryPersonal && person != "":
		return live.Invalid("invalid_field", "person_id", "is for personal entries only")
	}
	if scope != "" {
		if err := CheckText("scope", scope, MaxScopeRunes); err != nil {
			return err
		}
	}
	return CheckText("title", title, MaxTitleRunes)
}
