package clickhouse

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// TestFedGroups tells two groups by hand: one that goes on talking after a show,
// and one that falls silent after a month; a merge, an archiving, and a fact that
// came in after the instant asked about.
func TestFedGroups(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	w := newWorld(3)
	state := func(after int, kind live.Kind, person live.PersonID, show live.ShowID, data map[string]any) {
		w.now = start.AddDate(0, 0, after)
		w.append(live.Event{Kind: kind, Source: "crm", Merchant: "m1", Show: show, Person: person, OccurredAt: w.now, Actor: live.Actor{ID: "crm", Role: live.RoleIntegration}, Data: mustJSON(data)})
	}
	say := func(after int, person live.PersonID, id string) {
		state(after, live.GroupMessageSent, person, "", map[string]any{"group_id": id, "by_role": "member"})
	}
	state(-9, live.GroupJoined, "old", "", map[string]any{"group_id": "g1", "group_name": "Tea"})
	state(0, live.GroupJoined, "a", "s1", map[string]any{"group_id": "g1"})
	state(0, live.GroupJoined, "a-phone", "s1", map[string]any{"group_id": "g1"})
	state(0, live.IdentityMerged, "a", "", map[string]any{"merge": 1, "from_person": "a-phone", "to_person": "a", "persons": []string{"a", "a-phone"}})
	state(0, live.GroupJoined, "b", "s1", map[string]any{"group_id": "g2"})
	state(0, live.GroupJoined, "c", "s2", map[string]any{"group_id": "g3"}) // another show's
	say(20, "b", "g2")
	say(29, "a-phone", "g1")
	say(50, "a", "g1")
	say(61, "b", "g2") // after day 60, and too early for day 90
	say(85, "old", "g1")
	state(88, live.GroupArchived, "", "", map[string]any{"group_id": "g1"})
	db := migrated(t, server.HTTPURL())
	fill(t, db, w.entries, nil)
	ask := func(after int) []conversion.FedGroup {
		t.Helper()
		got, err := db.FedGroups(t.Context(), conversion.FedQuestion{
			Scope: conversion.Scope{Merchant: "m1", Zone: time.UTC, AsOf: start.AddDate(0, 0, after).Add(time.Hour)}, Show: "s1", From: conversion.DayOf(start, time.UTC),
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	no, dead, alive := conversion.FedEnd{}, conversion.FedEnd{Over: true}, conversion.FedEnd{Over: true, Alive: true}
	for _, tc := range []struct {
		after    int
		one, two [3]conversion.FedEnd
	}{
		{30, [3]conversion.FedEnd{no, no, no}, [3]conversion.FedEnd{no, no, no}},
		{31, [3]conversion.FedEnd{alive, no, no}, [3]conversion.FedEnd{alive, no, no}},
		{62, [3]conversion.FedEnd{alive, alive, no}, [3]conversion.FedEnd{alive, dead, no}},
		{87, [3]conversion.FedEnd{alive, alive, no}, [3]conversion.FedEnd{alive, dead, no}},
		{100, [3]conversion.FedEnd{alive, alive, dead}, [3]conversion.FedEnd{alive, dead, dead}},
	} {
		want := []conversion.FedGroup{{Group: "g1", Name: "Tea", Joined: 1, Ends: tc.one}, {Group: "g2", Joined: 1, Ends: tc.two}}
		if d := cmp.Diff(want, ask(tc.after)); d != "" {
			t.Errorf("%d days after (-want +got):\n%s", tc.after, d)
		}
	}
}
