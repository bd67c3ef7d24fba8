package care

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"showrunner/live"
)

// State is where a session stands.
type State string

// The states of a session. A person who asks for a human is queued or assigned,
// never with the bot.
const (
	StateBot      State = "bot"
	StateQueued   State = "queued"
	StateAssigned State = "assigned"
	StateClosed   State = "closed"
)

// States lists them in the order of a session's way.
var States = []State{StateBot, StateQueued, StateAssigned, StateClosed}

// next are the turns a session may take.
var next = map[State][]State{
	StateBot:      {StateQueued, StateAssigned, StateClosed},
	StateQueued:   {StateAssigned, StateClosed},
	StateAssigned: {StateQueued, StateAssigned, StateClosed},
	StateClosed:   {StateQueued, StateAssigned}, // reopened
}

// May reports whether a session may go from s to another state. From the queue or
// from an agent no way leads back to the bot.
func (s State) May(to State) bool { return slices.Contains(next[s], to) }

// Valid reports whether s is a state.
func (s State) Valid() bool { return slices.Contains(States, s) }

// Persona is the part an agent plays: one agent may play several.
type Persona string

// The personas.
const (
	PersonaExpert    Persona = "expert"
	PersonaAccount   Persona = "account_manager"
	PersonaProduct   Persona = "product"
	PersonaAfterSale Persona = "after_sale"
)

// Personas lists them.
var Personas = []Persona{PersonaExpert, PersonaAccount, PersonaProduct, PersonaAfterSale}

// Valid reports whether p is a persona; the empty one asks for any.
func (p Persona) Valid() bool { return p == "" || slices.Contains(Personas, p) }

// By is who says a message.
type By string

// Who may say something.
const (
	ByViewer By = "viewer"
	ByBot    By = "bot"
	ByAgent  By = "agent"
)

// MessageKind is what a message does.
type MessageKind string

// The kinds of messages: sharing experience, answering, recommending, caring,
// telling something, and talk.
const (
	KindShare     MessageKind = "share"
	KindQA        MessageKind = "qa"
	KindRecommend MessageKind = "recommend"
	KindCare      MessageKind = "care"
	KindNotice    MessageKind = "notice"
	KindChat      MessageKind = "chat"
)

// MessageKinds lists them.
var MessageKinds = []MessageKind{KindShare, KindQA, KindRecommend, KindCare, KindNotice, KindChat}

// Valid reports whether k is one of the kinds.
func (k MessageKind) Valid() bool { return slices.Contains(MessageKinds, k) }

// Resolution is how a session ended.
type Resolution string

// How a session may end. Silent is the desk's own word for a session in which
// nobody says anything any more.
const (
	Resolved   Resolution = "resolved"
	Unresolved Resolution = "unresolved"
	Silent     Resolution = "silent"
)

// Limits of what is said.
const (
	// MaxMessageRunes is about a page: longer things are documents.
	MaxMessageRunes = 2000
	// MaxTags is what a person can take in at a glance.
	MaxTags = 20
	// MaxTagRunes bounds one tag.
	MaxTagRunes = 40
	// MaxReasonRunes bounds a reason that an agent gives.
	MaxReasonRunes = 200
	// MinScore is the worst rating.
	MinScore = 1
	// MaxScore is the best rating.
	MaxScore = 5
	// GoodScore is from where a rating counts as good in csat.
	GoodScore = 4
)

// The names of the clocks of a session.
const (
	ClockFirstResponse = "first_response"
	ClockResolution    = "resolution"
)

// CheckText refuses words that are empty or too long. Codes: "invalid_field".
func CheckText(field, text string, most int) error {
	n := utf8.RuneCountInString(text)
	if !utf8.ValidString(text) || strings.TrimSpace(text) == "" || n > most {
		return live.Invalid("invalid_field", field, "must be 1 to %d characters of UTF-8", most)
	}
	if strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && r != '\t' && unicode.IsControl(r) }) {
		return live.Invalid("invalid_field", field, "must have no control characters but line ends and tabs")
	}
	return nil
}

// CheckTags brings tags into order, each once. Codes: "invalid_field".
func CheckTags(tags []string) ([]string, error) {
	out := make([]string, 0, len(tags))
	for _, t := range tags {
		t = strings.TrimSpace(t)
		if err := CheckText("tags", t, MaxTagRunes); err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if len(out) > MaxTags {
		return nil, live.Invalid("invalid_field", "tags", "must be at most %d", MaxTags)
	}
	return out, nil
}
