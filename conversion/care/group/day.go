package group

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// Windows of activity, in days: a member is active who has said something in
// them, today included.
const (
	ActiveDays = 7
	AliveDays  = 14
)

// Day is a group at the end of a calendar day: our own snapshot of it, made from
// facts. Members of a day are those of the day before and joins less leaves.
type Day struct {
	Day     conversion.Day
	Members int64
	Joins   int64 // times somebody who was not in came in; JoinInvite, JoinLink and JoinQR of them by that way
	Leaves  int64 // times somebody who was in went out; Removed of them by another's hand

	JoinInvite, JoinLink, JoinQR, Removed int64

	Active7  int64 // members with a message of their own in the last ActiveDays
	Active14 int64 // likewise in the last AliveDays
	Exposed  int64 // times somebody was shown how to join

	MemberMessages, StaffMessages int64
	Care, Sell                    int64 // of StaffMessages, by CareKinds and SellKinds
	// Said counts all messages by side or role and kind, as "expert/qa"; a message
	// of no kind is of kind "chat".
	Said map[string]int64
}

// Fact is what a day is made of. Person is the one name of who it is about.
type Fact struct {
	Kind     live.Kind
	At       time.Time // when it occurred
	Position live.Position
	Person   live.PersonID
	Scene    string // of joining and leaving
	Speaker  string // role of who sent the message, see SpeakerOf
	Message  string // what it is for
}

// DaysOf makes the days of one group from its facts, from the day of the first to
// today. Facts may come in any order and more than once: what counts is when they
// occurred, and among those of one millisecond their place in the log. Joining
// while in and leaving while out change nothing.
//
// It is the definition, written to be read; analytics/clickhouse makes the same
// days for thousands of groups at once.
func DaysOf(facts []Fact, zone *time.Location, today conversion.Day) (days []Day) {
	facts = slices.Clone(facts)
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Position.Offset(), b.Position.Offset()))
	})
	in, spoke := map[live.PersonID]bool{}, map[live.PersonID]conversion.Day{}
	if len(facts) == 0 {
		return nil
	}
	next := 0
	for d := conversion.DayOf(facts[0].At, zone); d <= today; d++ {
		day := Day{Day: d, Said: map[string]int64{}}
		for ; next < len(facts) && conversion.DayOf(facts[next].At, zone) == d; next++ {
			day.add(&facts[next], in, spoke)
		}
		for p := range in {
			day.Members++
			last, ever := spoke[p]
			if ever && last > d-ActiveDays {
				day.Active7++
			}
			if ever && last > d-AliveDays {
				day.Active14++
			}
		}
		days = append(days, day)
	}
	return days
}

// add takes in the next fact of the day.
func (y *Day) add(f *Fact, in map[live.PersonID]bool, spoke map[live.PersonID]conversion.Day) {
	switch f.Kind {
	case live.GroupExposed:
		y.Exposed++
	case live.GroupJoined:
		if f.Person == "" || in[f.Person] {
			return
		}
		in[f.Person] = true
		y.Joins++
		switch f.Scene {
		case live.JoinInvite:
			y.JoinInvite++
		case live.JoinLink:
			y.JoinLink++
		case live.JoinQR:
			y.JoinQR++
		}
	case live.GroupLeft:
		if !in[f.Person] {
			return
		}
		delete(in, f.Person)
		y.Leaves++
		if f.Scene == live.QuitRemoved {
			y.Removed++
		}
	case live.GroupMessageSent:
		kind := cmp.Or(f.Message, live.MessageChat)
		y.Said[f.Speaker+"/"+kind]++
		switch SideOf(f.Speaker) {
		case SideMember:
			y.MemberMessages++
			if f.Person != "" {
				spoke[f.Person] = y.Day
			}
		case SideStaff:
			y.StaffMessages++
			if slices.Contains(CareKinds, kind) {
				y.Care++
			}
			if slices.Contains(SellKinds, kind) {
				y.Sell++
			}
		case SideBot:
		}
	}
}
