package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
	"showrunner/live"
)

// TestAssisted holds what service earns against the fold in memory, on random
// merchants whose people are served, join and leave groups, turn out to be one
// another, order and send back.
func TestAssisted(t *testing.T) {
	n := cases(t, 15)
	v := &village{rng: rand.New(rand.NewPCG(37, uint64(n))), seq: 1, service: true}
	by := map[live.MerchantID][]live.Entry{}
	var merchants []live.MerchantID
	for i := range n {
		m := live.MerchantID(fmt.Sprintf("m%d", i))
		from := len(v.entries)
		v.settle(m, 150+v.rng.IntN(300), 3+v.rng.IntN(10))
		v.seq, v.idx = v.seq+1, 0
		by[m], merchants = slices.Clone(v.entries[from:]), append(merchants, m)
	}
	db := migrated(t, server.URL())
	fill(t, db, v.entries, nil)
	seen := map[conversion.AssistBy]int{}
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	for _, m := range merchants {
		for k := range 3 {
			s := scopes(t, rng, m, by[m])
			from := s.Today() - conversion.Day(20+rng.IntN(60))
			q := conversion.AssistQuestion{
				Scope: s, From: from, Until: from + conversion.Day(20+rng.IntN(80)), Window: conversion.AssistWindows[k%3],
			}
			switch rng.IntN(4) {
			case 0:
				q.Agent = []string{"a1", "a2", "a'\\3", "a4"}[rng.IntN(4)]
			case 1:
				q.Show = live.ShowID(fmt.Sprintf("%s-s%d", m, rng.IntN(8)))
			}
			x := conversion.NewAssists(s)
			for _, e := range by[m] {
				if err := x.Add(e); err != nil {
					t.Fatal(err)
				}
			}
			want := x.Answer(q)
			got, err := db.Assisted(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%s %+v: -fold +clickhouse\n%s", m, q, d)
			}
			for _, total := range got {
				if total.Assisted.Orders > total.Orders {
					t.Errorf("%s: %d of %d orders are assisted", m, total.Assisted.Orders, total.Orders)
				}
				for _, r := range total.Rows {
					seen[r.By]++
					if r.Orders > total.Assisted.Orders || q.Agent != "" && r.By == conversion.AssistByAgent && r.Key != q.Agent {
						t.Errorf("%s: row %+v of %+v", m, r, total)
					}
				}
			}
		}
	}
	for _, what := range []conversion.AssistBy{conversion.AssistByAgent, conversion.AssistByGroup, conversion.AssistByEntry} {
		if seen[what] < n {
			t.Errorf("%d assists by %s: the test sees nothing", seen[what], what)
		}
	}
}

// TestAssistedUnwinds tells one order by hand: who had served its buyer, within
// which window, and what a refund leaves of it.
func TestAssistedUnwinds(t *testing.T) {
	start := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	w := newWorld(3)
	say := func(ago time.Duration, kind live.Kind, person live.PersonID, data map[string]any) {
		w.now = start.Add(-ago)
		w.append(live.Event{Kind: kind, Source: "crm", Merchant: "m1", Person: person, OccurredAt: w.now, Actor: live.Actor{ID: "crm", Role: live.RoleIntegration}, Data: mustJSON(data)})
	}
	say(100*time.Hour, "group_joined", "p", map[string]any{"group_id": "g1"})
	say(90*time.Hour, "group_joined", "p", map[string]any{"group_id": "g2"})
	say(80*time.Hour, "group_message_sent", "", map[string]any{"group_id": "g1", "agent_id": "ann", "by_role": "agent"})
	say(50*time.Hour, "group_left", "p", map[string]any{"group_id": "g2"})
	say(40*time.Hour, "group_message_sent", "", map[string]any{"group_id": "g2", "agent_id": "bob", "by_role": "agent"}) // to others
	say(24*time.Hour, "touch_sent", "p", map[string]any{"agent_id": "cat", "entry_id": "e1"})
	say(23*time.Hour, "touch_sent", "p", map[string]any{"agent_id": "dan", "entry_id": "e2", "transactional": true}) // the parcel is on its way
	say(time.Hour, "service_message_sent", "p", map[string]any{"session_id": "s", "by": "bot", "agent_id": "robot"})
	var before live.Order
	state := func(at time.Time, facts ...live.OrderFact) {
		after := live.FoldOrder("m1", "o1", facts)
		w.now = at
		w.append(live.Event{
			Kind: facts[len(facts)-1].Kind, Source: "shop", Merchant: "m1", Person: "p", Actor: live.Actor{Role: live.RoleSystem}, OccurredAt: at,
			Data: mustJSON(map[string]any{"order_id": "o1", "deltas": live.EncodeDeltas(live.Deltas(before, after))}),
		})
		before = after
	}
	made := live.OrderFact{Kind: live.OrderCreated, Source: "shop", At: start, Currency: "CNY", Person: "p", Lines: []live.OrderLine{{ID: "l1", SKU: "k", Qty: 1, Goods: 1000}}}
	paid := live.OrderFact{Kind: live.OrderPaid, ID: "y", Source: "shop", At: start, Currency: "CNY", PaidMinor: 1000}
	back := live.OrderFact{Kind: live.RefundSucceeded, ID: "r", Source: "shop", At: start.Add(time.Hour), Currency: "CNY", Refunds: []live.RefundLine{{Line: "l1", Goods: 300}}}
	state(start, made)
	state(start, made, paid)
	asOf := w.now
	state(start.Add(time.Hour), made, paid, back)
	db := migrated(t, server.HTTPURL())
	fill(t, db, w.entries, nil)
	row := func(by conversion.AssistBy, key string, net int64) conversion.Assist {
		return conversion.Assist{By: by, Key: key, Orders: 1, Net: net}
	}
	for _, c := range []struct {
		window time.Duration
		asOf   time.Time
		net    int64
		rows   []conversion.Assist
	}{
		{24 * time.Hour, asOf, 1000, []conversion.Assist{row("agent", "cat", 1000), row("entry", "e1", 1000)}},
		{24*time.Hour - time.Millisecond, asOf, 1000, nil},
		{72 * time.Hour, w.now, 700, []conversion.Assist{row("agent", "cat", 700), row("entry", "e1", 700)}},
		{168 * time.Hour, w.now, 700, []conversion.Assist{row("agent", "ann", 700), row("agent", "cat", 700), row("entry", "e1", 700), row("group", "g1", 700)}},
	} {
		s := conversion.Scope{Merchant: "m1", Zone: time.UTC, AsOf: c.asOf}
		want := conversion.AssistTotal{Currency: "CNY", Orders: 1, Net: c.net, Rows: c.rows}
		if c.rows != nil {
			want.Assisted = row("", "", c.net)
		}
		q := conversion.AssistQuestion{Scope: s, From: 0, Until: s.Today() + 1, Window: c.window}
		got, err := db.Assisted(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff([]conversion.AssistTotal{want}, got, cmpopts.EquateEmpty()); d != "" {
			t.Errorf("within %s as of %s (-want +got):\n%s", c.window, c.asOf, d)
		}
	}
}
