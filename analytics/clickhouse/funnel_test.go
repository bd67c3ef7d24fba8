package clickhouse

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// TestFunnels holds the funnels of the database against every chain tried in
// memory, with many facts in the same millisecond and steps that stand twice.
func TestFunnels(t *testing.T) {
	n := cases(t, 16)
	db, by := villages(t, server.URL(), n)
	rng := rand.New(rand.NewPCG(6, uint64(n)))
	kinds := []live.Kind{
		live.RoomEntered, live.ProductClicked, live.CartItemAdded, live.CommentSent, live.Followed, live.OrderCreated, live.OrderPaid, "contact_added", "group_joined",
	}
	reached := map[conversion.FunnelOrder]int64{}
	for _, m := range slices.Sorted(maps.Keys(by)) {
		s := scopes(t, rng, m, by[m])
		h := historyOf(t, s, by[m])
		for i := range 12 {
			q := conversion.FunnelQuestion{Scope: s, Order: []conversion.FunnelOrder{conversion.FunnelLoose, conversion.FunnelStrictOrder, conversion.FunnelStrictIncrease}[i%3]}
			for range 2 + rng.IntN(4) {
				q.Steps = append(q.Steps, kinds[rng.IntN(3+rng.IntN(len(kinds)-2))])
			}
			q.From = by[m][rng.IntN(len(by[m]))].Event.OccurredAt.Truncate(time.Millisecond)
			q.Until = q.From.Add(time.Duration(rng.IntN(40*24)) * time.Hour)
			if rng.IntN(5) > 0 {
				q.Window = time.Duration(1+rng.IntN(20*24*3600)) * time.Second
				if rng.IntN(3) == 0 { // exactly as long as two facts are apart
					q.Window = max(by[m][rng.IntN(len(by[m]))].Event.OccurredAt.Truncate(time.Millisecond).Sub(q.From), time.Millisecond)
				}
			}
			if rng.IntN(6) == 0 {
				q.Show = by[m][rng.IntN(len(by[m]))].Event.Show
			}
			if q.Check() != nil { // a step stands twice where it may not
				continue
			}
			got, err := db.Funnel(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(h.Funnel(q), got); d != "" {
				t.Errorf("%+v: -chains +clickhouse\n%s", q, d)
			}
			for _, step := range got[1:] {
				reached[q.Order] += step.UV
			}
		}
	}
	for order, n := range reached {
		if n == 0 {
			t.Errorf("no second step was ever reached with %s", order)
		}
	}
}

// TestFunnelOfOneMillisecond: of a click and an entry at once, the log says
// which was first.
func TestFunnelOfOneMillisecond(t *testing.T) {
	db := migrated(t, server.URL())
	at := time.Date(2026, 3, 29, 0, 59, 59, 0, time.UTC)
	var entries []live.Entry
	fact := func(p live.PersonID, k live.Kind, at time.Time) {
		n := uint64(len(entries))
		entries = append(entries, live.Entry{Position: live.Position{Seq: 1 + n/3, Index: uint32(n % 3)}, Event: live.Event{
			ID: live.EventID(string(rune('a' + n))), Kind: k, Source: "ws", Merchant: "m", Person: p, Actor: live.Actor{ID: string(p), Role: live.RoleViewer},
			OccurredAt: at, ReceivedAt: at.Add(time.Hour),
		}})
	}
	fact("forward", live.RoomEntered, at)
	fact("forward", live.ProductClicked, at)
	fact("back", live.ProductClicked, at)
	fact("back", live.RoomEntered, at)
	fact("edge", live.RoomEntered, at)
	fact("edge", live.ProductClicked, at.Add(time.Hour)) // over the change of the clocks: an hour is an hour
	fact("late", live.RoomEntered, at)
	fact("late", live.ProductClicked, at.Add(time.Hour+time.Millisecond))
	fact("between", live.RoomEntered, at)
	fact("between", live.CommentSent, at.Add(time.Second))
	fact("between", live.ProductClicked, at.Add(2*time.Second))
	for len(entries)%3 != 0 {
		fact("", live.CommentSent, at)
	}
	fill(t, db, entries, nil)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for order, want := range map[conversion.FunnelOrder][]int64{
		conversion.FunnelLoose: {5, 3}, conversion.FunnelStrictOrder: {5, 3}, conversion.FunnelStrictIncrease: {5, 2},
	} {
		q := conversion.FunnelQuestion{
			Scope: conversion.Scope{Merchant: "m", Zone: berlin, AsOf: at.Add(48 * time.Hour)}, Steps: []live.Kind{live.RoomEntered, live.ProductClicked},
			From: at, Until: at.Add(time.Millisecond), Window: time.Hour, Order: order,
		}
		got, err := db.Funnel(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if uv := []int64{got[0].UV, got[1].UV}; !slices.Equal(uv, want) || got[0].PV != 5 || got[1].PV != 2 {
			t.Errorf("%s: %+v, want persons %v", order, got, want)
		}
		if h := historyOf(t, q.Scope, entries).Funnel(q); !cmp.Equal(h, got) {
			t.Errorf("%s: in memory %+v", order, h)
		}
	}
}
