package clickhouse

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// tend invents the service of one merchant: touches of people and groups, what
// they answer and what hurts them, sessions and who replies, and people who turn
// out to be one another.
func (v *village) tend(m live.MerchantID, n, people int) {
	v.now = time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	var merges []live.Merge
	person := func() live.PersonID { return live.PersonID(fmt.Sprintf("p%d", v.rng.IntN(people))) }
	for range n {
		if v.rng.IntN(4) > 0 {
			v.now = v.now.Add(time.Duration(v.rng.IntN(86_400_000*20/n)) * time.Millisecond)
		}
		one := person()
		e := live.Event{
			Source: "ws", Merchant: m, Show: live.ShowID(fmt.Sprintf("%s-s%d", m, v.rng.IntN(2))), Person: one, Channel: []string{"", "sms", "contact"}[v.rng.IntN(3)],
			Rehearsal: v.rng.IntN(30) == 0, Actor: live.Actor{ID: string(one), Role: live.RoleViewer},
		}
		data := map[string]any{}
		staff := live.Actor{ID: fmt.Sprintf("agent%d", v.rng.IntN(2)), Role: []live.Role{live.RoleAgent, live.RoleOperator}[v.rng.IntN(2)]}
		if v.rng.IntN(2) == 0 {
			data["agent_id"] = fmt.Sprintf("agent%d", v.rng.IntN(3))
		}
		switch v.rng.IntN(14) {
		case 0, 1, 2, 3:
			e.Kind, e.Actor = live.TouchSent, staff
			if v.rng.IntN(6) == 0 {
				data["transactional"] = true
			}
			if v.rng.IntN(3) == 0 {
				e.Person, data["group_id"] = "", fmt.Sprintf("g%d", v.rng.IntN(3))
			}
		case 4, 5:
			e.Kind = []live.Kind{live.CommentSent, live.ProductClicked, live.RoomEntered, "group_message_clicked"}[v.rng.IntN(4)]
			data["text"], data["product_id"], data["group_id"] = "x", "g1", fmt.Sprintf("g%d", v.rng.IntN(3))
		case 6:
			e.Kind, e.Actor = []live.Kind{live.TouchRejected, "contact_lost", live.ContactPreferenceSet, live.GroupLeft}[v.rng.IntN(4)], staff
			data["blocked"], data["lost_by"], data["opt_out"] = v.rng.IntN(2) == 0, []string{"customer", "agent"}[v.rng.IntN(2)], v.rng.IntN(2) == 0
			data["group_id"], data["quit_scene"] = fmt.Sprintf("g%d", v.rng.IntN(3)), []string{"self", "removed", ""}[v.rng.IntN(3)]
		case 7, 8, 9:
			e.Kind = live.ServiceStarted
			data["session_id"] = fmt.Sprintf("%s-c%d", m, v.rng.IntN(n/8+1))
			data["initiated_by"] = []string{"", "viewer", "agent"}[v.rng.IntN(3)]
			if v.rng.IntN(3) == 0 {
				data["group_id"] = fmt.Sprintf("g%d", v.rng.IntN(3))
			}
		case 10, 11:
			e.Kind = []live.Kind{live.ServiceMessageSent, live.ServiceFirstReplied, live.ServiceBotReplied, live.ServiceAssigned}[v.rng.IntN(4)]
			data["session_id"] = fmt.Sprintf("%s-c%d", m, v.rng.IntN(n/8+1))
			data["by"] = []string{"", "viewer", "agent", "bot"}[v.rng.IntN(4)]
			if v.rng.IntN(2) == 0 {
				e.Actor = staff
			}
		case 12:
			e.Kind = live.GroupMessageSent
			data["group_id"], data["by_role"] = fmt.Sprintf("g%d", v.rng.IntN(3)), []string{"member", "agent"}[v.rng.IntN(2)]
		default:
			if v.rng.IntN(3) == 0 {
				e.Kind, e.Actor = []live.Kind{live.BotFlagged, live.BotUnflagged}[v.rng.IntN(2)], live.Actor{Role: live.RoleSystem}
				break
			}
			k := live.Merge{N: int64(len(merges) + 1), A: person(), B: person()}
			e.Kind, e.Source, e.Actor, e.Rehearsal = live.IdentityMerged, "system", live.Actor{Role: live.RoleSystem}, false
			merges = append(merges, k)
			data["merge"], data["from_person"], data["to_person"], data["persons"] = k.N, k.B, min(k.A, k.B), []live.PersonID{k.A, k.B}
			e.Person = min(k.A, k.B)
		}
		e.Data = mustJSON(data)
		v.state(e)
		if e.Kind == live.ServiceStarted && v.rng.IntN(2) == 0 {
			v.now = v.now.Add(time.Duration(v.rng.IntN(90)) * time.Minute)
			e.ID, e.Kind, e.Actor, e.OccurredAt = "", live.ServiceFirstReplied, staff, v.now
			v.state(e)
		}
	}
}

// TestTemperatures holds the rows of the database against those counted by hand
// over the same facts, on random merchants.
func TestTemperatures(t *testing.T) {
	n := cases(t, 12)
	v := &village{rng: rand.New(rand.NewPCG(37, uint64(n))), seq: 1}
	by := map[live.MerchantID][]live.Entry{}
	for i := range n {
		m := live.MerchantID(fmt.Sprintf("t%d", i))
		from := len(v.entries)
		v.tend(m, 100+v.rng.IntN(300), 3+v.rng.IntN(12))
		v.seq, v.idx = v.seq+1, 0
		by[m] = slices.Clone(v.entries[from:])
	}
	db := migrated(t, server.URL())
	fill(t, db, v.entries, nil)
	rng := rand.New(rand.NewPCG(41, uint64(n)))
	var all temperature.Row
	for _, m := range slices.Sorted(maps.Keys(by)) {
		s := conversion.Scope{Merchant: m, Zone: time.UTC, AsOf: by[m][rng.IntN(len(by[m]))].Event.ReceivedAt}
		if rng.IntN(3) > 0 {
			s.AsOf = by[m][len(by[m])-1].Event.ReceivedAt.Add(time.Duration(rng.IntN(200)) * time.Hour)
		}
		h := temperature.NewHistory(s)
		for _, e := range by[m] {
			if err := h.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		for _, whose := range []temperature.By{temperature.ByPerson, temperature.ByAgent, temperature.ByGroup, temperature.ByMerchant} {
			start := by[m][0].Event.ReceivedAt.Add(time.Duration(rng.IntN(10*24)-24) * time.Hour)
			q := temperature.Question{
				Scope: s, By: whose, From: start, Until: start.Add(time.Duration(24+rng.IntN(20*24)) * time.Hour), Answer: time.Duration(1+rng.IntN(72)) * time.Hour,
				SLA: time.Duration(5+rng.IntN(600)) * time.Minute, Order: []temperature.Order{temperature.ByBoth, temperature.ByOver, temperature.ByUnmet}[rng.IntN(3)], Limit: rng.IntN(6),
			}
			for range rng.IntN(4) {
				q.Caps = append(q.Caps, temperature.Cap{
					Window: time.Duration(1+rng.IntN(72)) * time.Hour, AtMost: int64(rng.IntN(3)), Each: rng.IntN(2) == 0, Channel: []string{"", "sms"}[rng.IntN(2)],
				})
			}
			if rng.IntN(5) == 0 {
				q.Key = "p1"
			}
			got, err := db.Temperatures(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			want := h.Rows(q)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("%+v: -counted +clickhouse\n%s", q, d)
			}
			for _, r := range got {
				all.Touches, all.Unanswered, all.Negative, all.Above, all.Over = all.Touches+r.Touches, all.Unanswered+r.Unanswered, all.Negative+r.Negative, all.Above+r.Above, all.Over+r.Over
				all.Needs, all.Unmet, all.Late = all.Needs+r.Needs, all.Unmet+r.Unmet, all.Late+r.Late
			}
		}
	}
	// The random merchants must reach what is counted.
	for name, c := range map[string][2]int64{
		"unanswered": {all.Unanswered, all.Touches}, "negative": {all.Negative, all.Touches}, "above": {all.Above, all.Touches}, "over": {all.Over, all.Unanswered},
		"unmet": {all.Unmet, all.Needs}, "late": {all.Late, all.Unmet},
	} {
		if c[0] < 3 || c[0] >= c[1] {
			t.Errorf("%s: %d of %d, the test sees nothing", name, c[0], c[1])
		}
	}
}
