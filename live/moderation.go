package live

import (
	"strings"
	"time"
	"unicode"
)

// Modes are a room's rules for who may write. They stay until they are changed.
type Modes struct {
	// MuteAll refuses comments and questions of viewers.
	MuteAll bool
	// CommentsOff closes the comments for everybody, staff too; questions,
	// which only panels see, stay open.
	CommentsOff bool
	// FollowersOnly lets only those write whose last word was to follow.
	FollowersOnly bool
	// SlowSeconds is the least time between two comments of one viewer; 0 is none.
	SlowSeconds int64
}

// PinnedComment is the comment that stands above the others.
type PinnedComment struct {
	ID     string
	Text   string
	Person PersonID // who wrote it; empty when it was not said
	Name   string
}

// AutoReply is what the room answers to a comment with the keyword in it.
type AutoReply struct{ Keyword, Text string }

// RoomRules is everything that decides whether a viewer's words are taken in a
// room. It is immutable.
type RoomRules struct {
	Modes   Modes
	Words   []string // blocked keywords as they were given, sorted
	Replies []AutoReply
}

// Bounds of moderation.
const (
	MaxKeywordRunes = 64
	MaxKeywords     = 1000 // of one room
	MaxAutoReplies  = 100  // of one room
	MaxSlowSeconds  = 3600
	MaxMute         = 24 * time.Hour // a longer one lasts for the show, or is a block
)

// Keyword brings a keyword into the form in which rooms keep it: without blanks
// around it and in lower case. ok is false if it holds no letter and no digit,
// and so could never be told from punctuation.
func Keyword(given string) (word string, ok bool) {
	word = strings.ToLower(strings.TrimSpace(given))
	return word, strings.ContainsFunc(word, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsNumber(r) })
}

// Speech reports whether facts of the kind are words of a person, which the
// rules of a room concern.
func (k Kind) Speech() bool { return k == CommentSent || k == QuestionAsked }

// Silences reports whether the kind takes the earlier comments of the person
// it is about out of the room's sight. They were sent and count as sent.
func (k Kind) Silences() bool { return k == ViewerMuted || k == ViewerKicked || k == ViewerBlocked }
