package group_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
)

func TestHealth(t *testing.T) {
	for name, tc := range map[string]struct {
		s    group.Stand
		want []group.Grade
	}{
		"lively": {
			group.Stand{Members: 100, Active7: 40, Before: 90, Joins: 12, Leaves: 2, Staff: 20, Care: 12, Sell: 6, FirstActive: 10, FirstMembers: 100, LastActive: 20, LastMembers: 100},
			[]group.Grade{group.Good, group.Good, group.Good, group.Good, group.Good},
		},
		"dying": {
			group.Stand{Members: 100, Active7: 5, Before: 130, Leaves: 30, Staff: 20, Care: 2, Sell: 10, FirstActive: 50, FirstMembers: 100, LastActive: 5, LastMembers: 100},
			[]group.Grade{group.Bad, group.Bad, group.Bad, group.Bad, group.Bad},
		},
		"young and unserved": {
			group.Stand{Members: 10, Active7: 2, Joins: 10},
			[]group.Grade{group.Watch, group.Unknown, group.Good, group.Unknown, group.Bad},
		},
		"unknown": {group.Stand{}, slices.Repeat([]group.Grade{group.Unknown}, 5)},
	} {
		var got []group.Grade
		for _, p := range group.HealthOf(&tc.s) {
			got = append(got, p.Grade)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

// TestAlarm walks the edges: of age, of how far activity fell, and of groups that
// have nothing to fall from.
func TestAlarm(t *testing.T) {
	fallen := group.Stand{FirstActive: 100, FirstMembers: 1000, LastActive: 7, LastMembers: 100}
	for name, tc := range map[string]struct {
		s     group.Stand
		age   int
		rings bool
		fall  int64
	}{
		"day 59":           {fallen, 59, false, 0},
		"day 60, 30 %":     {fallen, 60, true, 3000},
		"day 90":           {fallen, 90, true, 3000},
		"day 91":           {fallen, 91, false, 0},
		"29 %":             {group.Stand{FirstActive: 100, FirstMembers: 1000, LastActive: 71, LastMembers: 1000}, 70, false, 2900},
		"all left":         {group.Stand{FirstActive: 100, FirstMembers: 1000}, 70, true, 10000},
		"never was active": {group.Stand{FirstMembers: 1000, LastMembers: 1000}, 70, false, 0},
		"risen":            {group.Stand{FirstActive: 1, FirstMembers: 3, LastActive: 2, LastMembers: 3}, 70, false, -10000},
	} {
		a, rings := group.AlarmOf(&tc.s, 1000, 1000+conversion.Day(tc.age), group.DefaultFall)
		if rings != tc.rings || a.FallBP != tc.fall || a.Age != tc.age {
			t.Errorf("%s: %v %+v, want %v fallen by %d", name, rings, a, tc.rings, tc.fall)
		}
	}
}

func TestBoard(t *testing.T) {
	today := conversion.DayOf(start, time.UTC)
	groups := []group.Group{
		{ID: "well", Created: start}, {ID: "alarmed", Created: start.AddDate(0, 0, -70)}, {ID: "taken", Created: start.AddDate(0, 0, -70)}, {ID: "bad", Created: start},
	}
	fallen := group.Stand{Members: 9, Active7: 9, Before: 9, Care: 1, Staff: 1, FirstActive: 100, FirstMembers: 100, LastActive: 50, LastMembers: 100}
	stands := map[string]group.Stand{
		"well": {Members: 9, Active7: 9, Before: 9, Care: 1, Staff: 1}, "alarmed": fallen, "taken": fallen, "bad": {Members: 50, Before: 60},
	}
	var got []string
	for _, s := range group.Board(groups, stands, map[string]group.Action{"taken": {State: group.AlarmAcknowledged}}, time.UTC, today, group.DefaultFall) {
		got = append(got, s.ID)
	}
	if d := cmp.Diff([]string{"alarmed", "bad", "taken", "well"}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// TestSurvival: a month that is not over counts nobody, an archived group is dead,
// and one that came back is alive but not throughout.
func TestSurvival(t *testing.T) {
	born := start.AddDate(0, 0, -95)
	groups := []group.Group{
		{ID: "lives", Created: born},
		{ID: "died", Created: born},
		{ID: "back", Created: born},
		{ID: "archived", Created: born, Archived: born.AddDate(0, 0, 40)},
		{ID: "young", Created: start.AddDate(0, 0, -29)},
		{ID: "month", Created: start.AddDate(0, 0, -30)},
	}
	var ends []group.MonthEnd
	for m := 1; m <= 3; m++ {
		ends = append(ends, group.MonthEnd{Group: "lives", Month: m, Members: 10, Active14: 1}, group.MonthEnd{Group: "archived", Month: m, Members: 10, Active14: 9})
	}
	ends = append(ends, group.MonthEnd{Group: "died", Month: 1, Members: 10, Active14: 5}, group.MonthEnd{Group: "died", Month: 2, Members: 10},
		group.MonthEnd{Group: "back", Month: 1, Members: 11, Active14: 1}, group.MonthEnd{Group: "back", Month: 3, Members: 10, Active14: 5},
		group.MonthEnd{Group: "young", Month: 1, Members: 10, Active14: 10}, group.MonthEnd{Group: "month", Month: 1, Members: 1, Active14: 1}, group.MonthEnd{Group: "lives", Month: 9})
	curves, all := group.SurvivalOf(groups, ends, time.UTC, conversion.DayOf(start, time.UTC), conversion.PeriodMonth, 4, group.DefaultAlive)
	want := group.Curve{Key: "all", Size: 6, Months: []group.Month{{5, 4, 4}, {4, 1, 1}, {4, 2, 1}, {}}}
	if d := cmp.Diff(want, all); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if len(curves) != 2 || curves[0].Key != "2025-11" || curves[1].Key != "2026-01" || curves[0].Size != 4 {
		t.Errorf("%+v", curves)
	}
}
