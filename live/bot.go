package live

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
