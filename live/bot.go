package live

import (
	"encoding/json"
	"time"
)

// Who is left out of the published figures of a show, and who is not any more:
// stated of a person by the rules over the log, or by an operator. What they
// ordered and paid counts all the same.
const (
	BotFlagged   Kind = "bot_flagged"
	BotUnflagged Kind = "bot_unflagged"
)

// GiftSent is a gift as a platform tells it. A streak of them is told again and
// again while it grows; only the fact with streak_end counts.
const GiftSent Kind = "gift_sent"

// Commands of an operator about who is a bot in a show, on air or over.
const (
	FlagBot   CommandName = "flag_bot"
	UnflagBot CommandName = "unflag_bot"
)

// Bot is the last word on one person in one show.
type Bot struct {
	Show       ShowID
	Person     PersonID
	Flagged    bool
	ByOperator bool // by a person's word, which the rules do not speak against
	Score      int
	Rules      json.RawMessage // a list of what weighed, see live/bots
	Reason     string          // an operator's
	At         time.Time
}
