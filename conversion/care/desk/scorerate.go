package desk

// ScoreRate is a rate of a card with what it was made of. Times are milliseconds.
type ScoreRate struct {
	Key      string
	Num, Den int64
}

// Rates are the rates of a card that the desk knows by itself, in the order of the
// card.
func (s *Score) Rates() []ScoreRate {
	return []ScoreRate{
		{"first_response_time", s.ReplyMS, s.Replied},
		{"first_response_kept", s.Kept, s.Judged},
		{"reply_rate", s.Replied, s.Asked},
		{"resolution_time", s.ResolveMS, s.Closed},
		{"resolved_rate", s.Resolved, s.Closed},
		{"csat", s.Good, s.Rated},
		{"csat_participation", s.Rated, s.RateAsked},
		{"reopen_rate", s.Reopened, s.Ended},
		{"transfer_rate", s.Passed, s.Given},
	}
}
