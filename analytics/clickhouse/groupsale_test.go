package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// TestGroupSales: an order is of the group that touched its buyer last within the
// window, by any name of theirs; what is refunded in full or was touched too long
// ago or after is of none, and a part that is refunded is off.
func TestGroupSales(t *testing.T) {
	day := func(n float64) time.Time {
		return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n * 24 * float64(time.Hour)))
	}
	var entries []live.Entry
	add := func(e live.Event) {
		e.Merchant, e.ReceivedAt, e.ID = "m1", day(28), live.EventID(fmt.Sprint("e", len(entries)))
		entries = append(entries, live.Entry{Position: live.Position{Seq: 1, Index: uint32(len(entries))}, Event: e})
	}
	join := func(person live.PersonID, id string, at float64) {
		add(live.Event{Kind: live.GroupJoined, Source: "crm", Person: person, Actor: live.Actor{ID: "crm", Role: live.RoleIntegration}, OccurredAt: day(at), Data: mustJSON(map[string]any{"group_id": id})})
	}
	order := func(id live.OrderID, person live.PersonID, at float64, minor, back int64) {
		facts := []live.OrderFact{
			{Kind: live.OrderCreated, At: day(at), Source: "shop", Person: person, Currency: "CNY", Lines: []live.OrderLine{{ID: "l", Product: "p", SKU: "k", Qty: 1, Goods: minor}}},
			{Kind: live.OrderPaid, ID: "pay", At: day(at), Source: "shop", Currency: "CNY", PaidMinor: minor},
		}
		if back > 0 {
			facts = append(facts, live.OrderFact{Kind: live.RefundSucceeded, ID: "back", At: day(at + 1), Source: "shop", Currency: "CNY", Refunds: []live.RefundLine{{Line: "l", Goods: back}}})
		}
		var before live.Order
		for i := range facts {
			now := live.FoldOrder("m1", id, facts[:i+1])
			add(live.Event{
				Kind: facts[i].Kind, Source: "shop", Person: person, Actor: live.Actor{ID: "shop", Role: live.RoleSystem}, OccurredAt: facts[i].At,
				Data: mustJSON(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, now))}),
			})
			before = now
		}
	}
	join("p1", "g1", 1)
	join("p1", "g2", 3)
	order("o1", "p1", 4, 1000, 300) // of g2, less what came back
	order("o2", "p1", 2, 500, 0)    // of g1: g2 came after
	order("o3", "p1", 15, 700, 0)   // too long after
	join("p2", "g1", 5)
	order("o4", "p2", 6, 900, 900) // refunded in full
	order("o5", "p2", 4.9, 800, 0) // before the touch
	join("device", "g1", 7)
	order("o6", "login", 8, 60, 0) // of one person by two names
	add(live.Event{Kind: live.IdentityMerged, Source: "system", Person: "login", Actor: live.Actor{Role: live.RoleSystem}, OccurredAt: day(9), Data: mustJSON(map[string]any{
		"merge": 1, "from_person": "device", "to_person": "login", "persons": []string{"login", "device"},
	})})
	order("o7", "stranger", 8, 77, 0)
	db := migrated(t, server.URL())
	fill(t, db, entries, nil)
	q := group.SaleQuestion{
		Scope: conversion.Scope{Merchant: "m1", Zone: time.UTC, AsOf: day(29)}, From: conversion.DayOf(day(0), time.UTC), Until: conversion.DayOf(day(29), time.UTC), Window: group.SaleWindow,
	}
	ask := func(ids []string, want ...group.Sale) {
		t.Helper()
		q.Groups = ids
		got, err := db.GroupSales(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("of %v: -want +got\n%s", ids, d)
		}
	}
	g1, g2 := group.Sale{Group: "g1", Currency: "CNY", Orders: 2, Buyers: 2, Net: 560}, group.Sale{Group: "g2", Currency: "CNY", Orders: 1, Buyers: 1, Net: 700}
	ask(nil, g1, g2)
	ask([]string{"g2"}, g2)
	q.Merchant = "m2"
	if got, err := db.GroupSales(t.Context(), q); err != nil || len(got) != 0 {
		t.Errorf("another merchant has %v, %v", got, err)
	}
}
