package care

import (
	"time"

	"showrunner/live"
)

// Settings are the rules by which a merchant serves.
type Settings struct {
	Hours         Hours
	FirstResponse time.Duration // of business, from the queue to the first word of a human
	Resolution    time.Duration // of business, from the queue to the close
	Bot           bool          // the bot answers first
	Human         []string      // words that lead to a human, beside [HumanWords]
	Silence       time.Duration // after which a session in which nobody speaks is closed
	Version       int64         // 0: nobody has set any
}

// Limits of settings.
const (
	MaxTarget    = 30 * 24 * time.Hour
	MaxHoliday   = 400
	MaxHuman     = 50
	MaxReopening = 24 * time.Hour // a closed session opens again if the person speaks within it
)

// DefaultSettings hold until a merchant sets their own: round the clock, three
// minutes to the first word, a day to the close, the bot first.
func DefaultSettings() Settings {
	return Settings{
		Hours: Hours{Zone: time.UTC}, FirstResponse: 3 * time.Minute, Resolution: 24 * time.Hour, Bot: true, Silence: 24 * time.Hour,
	}
}

// Check refuses settings that break a rule. Codes: "invalid_field".
func (s *Settings) Check() error {
	for field, d := range map[string]time.Duration{"first_response_s": s.FirstResponse, "resolution_s": s.Resolution, "silence_s": s.Silence} {
		if d < time.Second || d > MaxTarget {
			return live.Invalid("invalid_field", field, "must be 1 second to 30 days")
		}
	}
	if len(s.Hours.Holidays) > MaxHoliday {
		return tooMany("holidays", MaxHoliday)
	}
	if len(s.Human) > MaxHuman {
		return tooMany("human_words", MaxHuman)
	}
	for _, w := range s.Human {
		if err := CheckText("human_words", w, MaxKeywordRunes); err != nil {
			return err
		}
	}
	if err := s.Hours.Check(); err != nil {
		return err
	}
	if _, ok := s.Hours.Add(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), s.Resolution); !ok {
		return live.Invalid("invalid_field", "hours", "must be open often enough to reach the targets")
	}
	return nil
}

func badKind(field string) error {
	return live.Invalid("invalid_field", field, "must be share, qa, recommend, care, notice or chat")
}

func tooMany(field string, most int) error {
	return live.Invalid("invalid_field", field, "must be at most %d", most)
}
