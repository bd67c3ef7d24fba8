package care

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Answer is a canned answer. One with keywords is also the bot's.
type Answer struct {
	ID       string
	Title    string
	Text     string
	Kind     MessageKind
	Keywords []string // any of them brings the answer; empty: agents only
}

// Answers are the canned answers of a merchant and the words that ask for a human.
type Answers struct {
	List []Answer
	// Human are words that lead to an agent, beside [HumanWords].
	Human []string
}

// HumanWords lead to a human whatever the merchant declares.
var HumanWords = []string{"转人工", "人工客服", "人工服务", "找人工", "真人", "human", "real person", "agent please"}

// MaxBotReplies is how often the bot may try in one session: a person who asks a
// third time has not been helped.
const MaxBotReplies = 2

// HandOver says why the bot hands a session to a human.
type HandOver string

// Why the bot hands over.
const (
	HandOverAsked    HandOver = "asked"     // the person wants a human
	HandOverNoAnswer HandOver = "no_answer" // no keyword fits
	HandOverRepeated HandOver = "repeated"  // the same answer again would be a loop
	HandOverLimit    HandOver = "limit"     // it has tried often enough
	HandOverAgent    HandOver = "agent"     // an agent took the session
)

// HandOvers lists them.
var HandOvers = []HandOver{HandOverAsked, HandOverNoAnswer, HandOverRepeated, HandOverLimit, HandOverAgent}

// WantsHuman reports whether words ask for a human.
func (a *Answers) WantsHuman(text string) bool {
	plain := fold(text)
	has := func(w string) bool { return w != "" && strings.Contains(plain, fold(w)) }
	return slices.ContainsFunc(HumanWords, has) || slices.ContainsFunc(a.Human, has)
}

// Reply is what the bot says to words, or why it hands over instead, which is
// what the empty reason tells apart. Given are the answers it gave in the session
// before: none is given twice, so a session can never go round in circles. Of
// several that fit, the longest keyword wins, then the order of the list.
func (a *Answers) Reply(text string, given []string) (Answer, HandOver) {
	if a.WantsHuman(text) {
		return Answer{}, HandOverAsked
	}
	best, length := -1, 0
	plain := fold(text)
	for i := range a.List {
		for _, k := range a.List[i].Keywords {
			if k = fold(k); len(k) > length && strings.Contains(plain, k) {
				best, length = i, len(k)
			}
		}
	}
	switch {
	case best < 0:
		return Answer{}, HandOverNoAnswer
	case slices.Contains(given, a.List[best].ID):
		return Answer{}, HandOverRepeated
	case len(given) >= MaxBotReplies:
		return Answer{}, HandOverLimit
	}
	return a.List[best], ""
}

// fold brings words into the form in which they are compared: lower case,
// full-width letters and digits as plain ones, no spaces.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～':
			r -= '！' - '!'
		case unicode.IsSpace(r):
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Limits of canned answers.
const (
	MaxAnswers      = 500 // of a merchant; more is a manual
	MaxKeywords     = 50  // of one answer
	MaxKeywordRunes = 40
)

// Check refuses an answer that breaks a rule. Codes: "invalid_field".
func (a *Answer) Check() error {
	if err := cmp.Or(CheckText("title", a.Title, MaxTitleRunes), CheckText("text", a.Text, MaxMessageRunes)); err != nil {
		return err
	}
	if !a.Kind.Valid() {
		return badKind("kind")
	}
	if len(a.Keywords) > MaxKeywords {
		return tooMany("keywords", MaxKeywords)
	}
	for _, k := range a.Keywords {
		if err := CheckText("keywords", k, MaxKeywordRunes); err != nil {
			return err
		}
	}
	return nil
}
