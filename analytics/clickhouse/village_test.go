package clickhouse

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// village invents merchants whose few people come, go, buy, send back, and turn
// out to be one another, over weeks in which the clocks change.
type village struct {
	rng     *rand.Rand
	now     time.Time
	entries []live.Entry
	seq     uint64
	idx     uint32
	ids     int
	service bool // agents serve people, and speak in groups
}

// cases is how many random merchants a property test walks;
// SHOWRUNNER_TEST_CASES makes it more.
func cases(t *testing.T, least int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("SHOWRUNNER_TEST_CASES")); err == nil && n > 0 {
		return n
	}
	return least
}

func (v *village) state(e live.Event) {
	v.ids++
	if e.ID == "" {
		e.ID = live.EventID(fmt.Sprintf("v%d", v.ids))
	}
	e.ReceivedAt = v.now
	if e.OccurredAt.IsZero() {
		e.OccurredAt = v.now
		switch v.rng.IntN(6) {
		case 0: // a late fact, sometimes of another day
			e.OccurredAt = v.now.Add(-time.Duration(v.rng.IntN(40*3600)) * time.Second)
		case 1: // the same millisecond as others
			e.OccurredAt = v.now.Truncate(time.Minute)
		}
	}
	v.entries = append(v.entries, live.Entry{Position: live.Position{Seq: v.seq, Index: v.idx}, Event: e})
	if v.idx++; v.rng.IntN(4) == 0 {
		v.seq, v.idx = v.seq+1, 0
	}
}

// settle invents one merchant with n facts and at most people persons.
func (v *village) settle(m live.MerchantID, n, people int) {
	// Three weeks before the clocks of Berlin and New York change, in 2026.
	v.now = time.Date(2026, 2, 14, 11, 0, 0, 0, time.UTC)
	orders := map[live.OrderID]*bookOrder{}
	var names []live.OrderID
	var merges []live.Merge
	person := func() live.PersonID { return live.PersonID(fmt.Sprintf("p%d", v.rng.IntN(people))) }
	for i := range n {
		if v.rng.IntN(3) > 0 {
			v.now = v.now.Add(time.Duration(v.rng.IntN(86_400_000*50/n)) * time.Millisecond)
		}
		show := live.ShowID(fmt.Sprintf("%s-s%d", m, i*8/n+v.rng.IntN(2)))
		e := live.Event{
			Source: "ws", Merchant: m, Show: show, Room: live.RoomID(fmt.Sprintf("%s-r%d", m, v.rng.IntN(2))), Person: person(),
			Channel: []string{"", "", "group", "ads/feed"}[v.rng.IntN(4)], Rehearsal: v.rng.IntN(25) == 0,
		}
		e.Actor = live.Actor{ID: string(e.Person), Role: live.RoleViewer}
		data := map[string]any{}
		if v.service && v.rng.IntN(3) == 0 {
			v.serve(e)
			continue
		}
		switch v.rng.IntN(20) {
		case 0, 1, 2, 3, 4, 5:
			e.Kind = live.RoomEntered
			if v.rng.IntN(9) == 0 {
				e.Show = ""
			}
		case 6, 7, 8:
			e.Kind = []live.Kind{live.ProductClicked, live.CartItemAdded, live.CommentSent}[v.rng.IntN(3)]
			data["product_id"], data["sku_id"], data["qty"], data["text"], data["surface"] = "g1", "k1", 1, "x", "card"
		case 9, 10:
			e.Kind = []live.Kind{live.Followed, live.Unfollowed}[v.rng.IntN(2)]
		case 11, 12:
			e.Kind = []live.Kind{"contact_added", "contact_lost", "group_joined", "group_left"}[v.rng.IntN(4)]
			data["group_id"] = fmt.Sprintf("q%d", v.rng.IntN(2))
			e.Actor = live.Actor{ID: fmt.Sprintf("agent%d", v.rng.IntN(2)), Role: []live.Role{live.RoleAgent, live.RoleIntegration}[v.rng.IntN(2)]}
			if v.rng.IntN(3) == 0 {
				data["agent_id"] = "agent'\\x"
			}
		case 13:
			if v.rng.IntN(2) == 0 { // a bot, or not
				e.Kind, e.Actor = []live.Kind{live.BotFlagged, live.BotUnflagged}[v.rng.IntN(2)], live.Actor{Role: live.RoleSystem}
				break
			}
			k := live.Merge{N: int64(len(merges) + 1), A: person(), B: person()}
			e.Kind, e.Source, e.Actor, e.Rehearsal = live.IdentityMerged, "system", live.Actor{Role: live.RoleSystem}, false
			if len(merges) > 0 && v.rng.IntN(3) == 0 {
				k = merges[v.rng.IntN(len(merges))]
				k.N, k.Undoes = int64(len(merges)+1), k.N
				e.Kind = live.IdentityUnmerged
				data["undoes"] = k.Undoes
			}
			merges = append(merges, k)
			data["merge"], data["from_person"], data["to_person"], data["persons"] = k.N, k.B, min(k.A, k.B), []live.PersonID{k.A, k.B}
			e.Person = min(k.A, k.B)
		default:
			v.order(m, e, orders, &names)
			continue
		}
		e.Data = mustJSON(data)
		v.state(e)
	}
}

// serve states what agents did, and what others said beside them.
func (v *village) serve(e live.Event) {
	pick := func(words ...string) string { return words[v.rng.IntN(len(words))] }
	e.Kind = live.Kind(pick("group_joined", "group_left", "group_message_sent", "group_message_sent", "touch_sent", "service_session_started", "service_message_sent", "followup_done", "service_session_closed"))
	e.Actor = live.Actor{ID: pick("a1", "a2", "a'\\3"), Role: []live.Role{live.RoleAgent, live.RoleIntegration, live.RoleViewer}[v.rng.IntN(3)]}
	data := map[string]any{"group_id": pick("q0", "q1", "q2")}
	if w := pick("", "", "a1", "a4"); w != "" {
		data["agent_id"] = w
	}
	if w := pick("", "e1", "e2"); w != "" {
		data["entry_id"] = w
	}
	switch e.Kind {
	case live.ServiceMessageSent:
		data["by"] = pick("agent", "agent", "viewer", "bot")
	case live.TouchSent:
		if w := v.rng.IntN(5); w < 4 {
			data["transactional"] = []any{true, false, "true", 1}[w]
		}
	case live.GroupMessageSent:
		data["by_role"] = pick("agent", "expert", "member", "bot")
		if v.rng.IntN(2) == 0 {
			e.Person = ""
		}
	}
	e.Data = mustJSON(data)
	v.state(e)
}

// order states a fact of a new or an old order, as the order book does.
func (v *village) order(m live.MerchantID, e live.Event, orders map[live.OrderID]*bookOrder, names *[]live.OrderID) {
	var b *bookOrder
	var id live.OrderID
	fact := live.OrderFact{At: v.now.Add(-time.Duration(v.rng.IntN(30*3600)) * time.Second).Truncate(time.Millisecond), Source: "shop"}
	if v.rng.IntN(4) == 0 {
		fact.At = v.now.Truncate(time.Hour)
	}
	if len(*names) == 0 || v.rng.IntN(5) < 2 {
		id = live.OrderID(fmt.Sprintf("%s-o%d", m, len(*names)))
		b = &bookOrder{merchant: m}
		orders[id], *names = b, append(*names, id)
		fact.Kind, fact.Show, fact.Room, fact.Person = live.OrderCreated, e.Show, e.Room, e.Person
		fact.Lines = []live.OrderLine{{ID: "l0", Product: "g1", SKU: "k1", Qty: 1, Goods: int64(v.rng.IntN(6) * 500), Shipping: 100}}
		if v.rng.IntN(8) == 0 {
			fact.Person = ""
		}
	} else {
		id = (*names)[v.rng.IntN(len(*names))]
		b = orders[id]
		switch v.rng.IntN(9) {
		case 0:
			fact.Kind, fact.CancelType = live.OrderCancelled, live.CancelUser
		case 1, 2:
			fact.Kind, fact.ID = live.RefundSucceeded, fmt.Sprintf("rf%d", v.rng.IntN(2))
			fact.Refunds = []live.RefundLine{{Line: "l0", Goods: int64(v.rng.IntN(6) * 500), Shipping: int64(v.rng.IntN(2) * 100)}}
		default:
			fact.Kind, fact.ID, fact.PaidMinor = live.OrderPaid, "pay1", b.order.Due()
		}
	}
	fact.Currency = []live.Currency{"CNY", "EUR"}[len(id)%2]
	if slices.ContainsFunc(b.facts, func(f live.OrderFact) bool { return f.Kind == fact.Kind && f.ID == fact.ID }) {
		return
	}
	b.facts = append(b.facts, fact)
	before := b.order
	b.order = live.FoldOrder(m, id, b.facts)
	v.state(live.Event{
		Kind: fact.Kind, Source: "shop", ID: live.EventID(fmt.Sprintf("%s:%s:%s", id, fact.Kind, fact.ID)), Merchant: m, Show: b.order.Show, Room: b.order.Room,
		Person: b.order.Person, Actor: live.Actor{ID: "shop", Role: []live.Role{live.RoleSystem, live.RoleIntegration}[v.rng.IntN(2)]}, OccurredAt: fact.At, Rehearsal: e.Rehearsal && fact.Kind == live.OrderCreated,
		Data: mustJSON(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, b.order))}),
	})
}

// villages settles n merchants and puts them into a database.
func villages(t *testing.T, address string, n int) (*DB, map[live.MerchantID][]live.Entry) {
	t.Helper()
	v := &village{rng: rand.New(rand.NewPCG(20260329, uint64(n))), seq: 1}
	by := map[live.MerchantID][]live.Entry{}
	for i := range n {
		m := live.MerchantID(fmt.Sprintf("m%d", i))
		from := len(v.entries)
		v.settle(m, 60+v.rng.IntN(240), 3+v.rng.IntN(12))
		v.seq, v.idx = v.seq+1, 0
		by[m] = slices.Clone(v.entries[from:])
	}
	db := migrated(t, address)
	fill(t, db, v.entries, nil)
	return db, by
}

var zones = []string{"Asia/Shanghai", "Europe/Berlin", "America/New_York", "UTC", "Asia/Kathmandu"}

// scopes asks about a merchant in a zone as of an instant, sometimes of one room.
func scopes(t *testing.T, rng *rand.Rand, m live.MerchantID, entries []live.Entry) conversion.Scope {
	t.Helper()
	zone, err := time.LoadLocation(zones[rng.IntN(len(zones))])
	if err != nil {
		t.Fatal(err)
	}
	s := conversion.Scope{Merchant: m, Zone: zone, AsOf: entries[rng.IntN(len(entries))].Event.ReceivedAt}
	if rng.IntN(3) > 0 {
		s.AsOf = entries[len(entries)-1].Event.ReceivedAt.Add(time.Duration(rng.IntN(20*24)) * time.Hour)
	}
	if rng.IntN(4) == 0 {
		s.Room = live.RoomID(string(m) + "-r0")
	}
	return s
}

func historyOf(t *testing.T, s conversion.Scope, entries []live.Entry) *conversion.History {
	t.Helper()
	h := conversion.NewHistory(s)
	for _, e := range entries {
		if err := h.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	return h
}
