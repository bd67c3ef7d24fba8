package group_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

func at(day int) time.Time { return start.AddDate(0, 0, day) }

func TestDaysOf(t *testing.T) {
	first := conversion.DayOf(start, time.UTC)
	facts := []group.Fact{
		{Kind: live.GroupLeft, At: at(2), Person: "p1", Scene: live.QuitRemoved},
		{Kind: live.GroupJoined, At: at(0), Person: "p1", Scene: live.JoinQR},
		{Kind: live.GroupJoined, At: at(0).Add(time.Hour), Person: "p1", Scene: live.JoinLink}, // is in
		{Kind: live.GroupJoined, At: at(1), Person: "p2", Scene: live.JoinInvite},
		{Kind: live.GroupLeft, At: at(1), Person: "stranger"},
		{Kind: live.GroupMessageSent, At: at(1), Person: "p1", Speaker: "member", Message: "chat"},
		{Kind: live.GroupMessageSent, At: at(1), Person: "p1", Speaker: "expert", Message: "qa"},
		{Kind: live.GroupMessageSent, At: at(1), Speaker: "agent", Message: "recommend"},
		{Kind: live.GroupMessageSent, At: at(1), Speaker: "bot"},
		{Kind: live.GroupMessageSent, At: at(2), Person: "p2", Speaker: "member"},
		{Kind: live.GroupExposed, At: at(2)},
	}
	days := group.DaysOf(facts, time.UTC, first+20)
	if len(days) != 21 {
		t.Fatalf("%d days", len(days))
	}
	want := []group.Day{
		{Day: first, Members: 1, Joins: 1, JoinQR: 1, Said: map[string]int64{}},
		{
			Day: first + 1, Members: 2, Joins: 1, JoinInvite: 1, Active7: 1, Active14: 1, MemberMessages: 1, StaffMessages: 2, Care: 1, Sell: 1,
			Said: map[string]int64{"member/chat": 1, "expert/qa": 1, "agent/recommend": 1, "bot/chat": 1},
		},
		{Day: first + 2, Members: 1, Leaves: 1, Removed: 1, Active7: 1, Active14: 1, Exposed: 1, MemberMessages: 1, Said: map[string]int64{"member/chat": 1}},
	}
	if d := cmp.Diff(want, days[:3]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	for i, want := range map[int][2]int64{8: {1, 1}, 9: {0, 1}, 15: {0, 1}, 16: {0, 0}} {
		if got := [2]int64{days[i].Active7, days[i].Active14}; got != want {
			t.Errorf("day %d: active %v, want %v", i, got, want)
		}
	}
}

// TestDaysByZone: a day is the merchant's, also one of 23 hours.
func TestDaysByZone(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// 2026-03-29 has 23 hours; 22:30 UTC of it is the 30th in Berlin.
	last := time.Date(2026, 3, 29, 22, 30, 0, 0, time.UTC)
	days := group.DaysOf([]group.Fact{{Kind: live.GroupJoined, At: last, Person: "p"}}, berlin, conversion.DayOf(last, berlin))
	if len(days) != 1 || days[0].Day.String() != "2026-03-30" {
		t.Errorf("%v", days)
	}
}

// TestDaysProperties: order and repeats change nothing, members are what came in
// less what went out, and the active are members.
func TestDaysProperties(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var facts []group.Fact
		for i := range rapid.IntRange(1, 60).Draw(r, "facts") {
			facts = append(facts, group.Fact{
				Kind:     rapid.SampledFrom([]live.Kind{live.GroupJoined, live.GroupLeft, live.GroupMessageSent}).Draw(r, "kind"),
				At:       start.Add(time.Duration(rapid.IntRange(0, 40*24).Draw(r, "hour")) * time.Hour),
				Position: live.Position{Seq: uint64(i)}, Person: live.PersonID(fmt.Sprint("p", rapid.IntRange(0, 4).Draw(r, "person"))),
				Speaker: rapid.SampledFrom([]string{"member", "agent"}).Draw(r, "speaker"),
			})
		}
		today := conversion.DayOf(start, time.UTC) + 45
		days := group.DaysOf(facts, time.UTC, today)
		rng := rand.New(rand.NewPCG(1, uint64(len(facts))))
		other := slices.Clone(facts)
		for _, f := range facts { // Joins and leaves may be told twice; messages are told once by the log.
			if f.Kind != live.GroupMessageSent && rng.IntN(2) == 0 {
				other = append(other, f)
			}
		}
		rng.Shuffle(len(other), func(i, j int) { other[i], other[j] = other[j], other[i] })
		if d := cmp.Diff(days, group.DaysOf(other, time.UTC, today)); d != "" {
			r.Fatalf("-once +shuffled and repeated\n%s", d)
		}
		var members int64
		for _, d := range days {
			members += d.Joins - d.Leaves
			if d.Members != members || d.Active7 > d.Active14 || d.Active14 > d.Members || d.Members < 0 {
				r.Fatalf("%+v, members by joins and leaves %d", d, members)
			}
		}
	})
}
