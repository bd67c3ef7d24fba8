package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// A touch keeps whom and what it was of, the host on air is found, and the
// touches of every name of a buyer are theirs.
func TestTouchesOfOnePerson(t *testing.T) {
	db := migrated(t, server.URL())
	known := map[live.PersonID][]live.PersonID{"p1": {"p1", "device'1"}}
	var asked time.Time
	db.cfg.Names = func(_ context.Context, m live.MerchantID, persons []live.PersonID, asOf time.Time) (map[live.PersonID][]live.PersonID, error) {
		asked = asOf
		if m != "m1" || len(persons) != 1 || persons[0] != "p1" {
			t.Errorf("asked who %v of %s are", persons, m)
		}
		return known, nil
	}
	w := newWorld(1)
	shift := func(kind live.Kind, host string) {
		w.append(live.Event{
			Kind: kind, Source: "system", Merchant: "m1", Show: "s1", Actor: live.Actor{ID: "boss", Role: live.RoleHost},
			OccurredAt: w.now, Data: mustJSON(map[string]any{"host_id": host, "shift_id": "x"}),
		})
		w.now = w.now.Add(time.Minute)
	}
	touch := func(kind live.Kind, person live.PersonID, by live.Actor, data map[string]any) {
		e := live.Event{Kind: kind, Source: "ws", Merchant: "m1", Show: "s1", Person: person, Actor: by, OccurredAt: w.now, Data: mustJSON(data)}
		if e.Kind == "touch_sent" {
			e.Show = ""
		}
		w.append(e)
		w.now = w.now.Add(time.Minute)
	}
	viewer := live.Actor{ID: "p1", Role: live.RoleViewer}
	touch(live.RoomEntered, "p1", viewer, nil) // before any host
	shift(live.HostShiftStarted, "h1")
	touch("group_joined", "device'1", live.Actor{ID: "li", Name: "Li", Role: live.RoleAgent}, map[string]any{"group_id": "g3", "group_name": "育儿群 3"})
	shift(live.HostShiftEnded, "h1")
	shift(live.HostShiftStarted, "h2")
	touch(live.ProductClicked, "p1", viewer, map[string]any{"product_id": "x", "host_id": "guest"})
	touch(live.CartItemAdded, "p1", viewer, nil)
	shift(live.HostShiftEnded, "h2")
	touch("service_session_started", "p1", viewer, map[string]any{"entry_id": "desk", "cost_minor": 30, "cost_currency": "CNY", "agent_id": "wu"})
	touch("touch_sent", "p2", live.Actor{ID: "li", Role: live.RoleAgent}, nil) // somebody else
	order := live.FoldOrder("m1", "o1", []live.OrderFact{
		{Kind: live.OrderCreated, At: w.now, Currency: "CNY", Show: "s1", Person: "p1", Lines: []live.OrderLine{{ID: "l", Product: "x", Qty: 1, Goods: 100}}},
		{Kind: live.OrderPaid, ID: "pay", At: w.now, Currency: "CNY", PaidMinor: 100},
	})
	w.append(live.Event{
		Kind: live.OrderPaid, Source: "shop", Merchant: "m1", Show: "s1", Person: "p1", OccurredAt: w.now,
		Data: mustJSON(map[string]any{"order_id": "o1", "deltas": live.EncodeDeltas(live.Deltas(live.Order{}, order))}),
	})
	fill(t, db, w.entries, nil)

	got, err := db.Journeys(t.Context(), "m1", "s1", w.now, conversion.DefaultWindow)
	if err != nil || len(got) != 1 {
		t.Fatalf("%d journeys, %v", len(got), err)
	}
	if !asked.Equal(w.now) {
		t.Errorf("asked who is who as of %v, not %v", asked, w.now)
	}
	var lines []string
	for _, x := range got[0].Touches {
		lines = append(lines, fmt.Sprint(x.Kind, " host=", x.Host, " agent=", x.Agent, x.AgentName, " group=", x.Group, x.GroupName, " entry=", x.Entry, " cost=", x.Cost, x.CostCurrency, " ", x.Rule))
	}
	want := strings.Join([]string{
		"room_entered host= agent= group= entry= cost=0 built-in-2",
		"group_joined host=h1 agent=liLi group=g3育儿群 3 entry= cost=0 built-in-2",
		"product_clicked host=guest agent= group= entry= cost=0 built-in-2",
		"cart_item_added host=h2 agent= group= entry= cost=0 built-in-2",
		"service_session_started host= agent=wu group= entry=desk cost=30CNY built-in-2",
	}, "\n")
	if d := cmp.Diff(want, strings.Join(lines, "\n")); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if d := cmp.Diff(got[0].Touches, got[0].Within(conversion.DefaultWindow)); d != "" {
		t.Errorf("not ascending:\n%s", d)
	}
}

// TestTouchList: everybody gets theirs in the order in which they came, of more than
// one page of them, of none, and of exactly one page.
func TestTouchList(t *testing.T) {
	persons := []live.PersonID{"a", "b", "nobody", "c"}
	for _, n := range []int{0, 1, pageTouches, 3*pageTouches + 7} {
		list, want := touchList{place: map[live.PersonID]int32{}}, map[live.PersonID][]conversion.Touchpoint{}
		for i, p := range persons {
			list.place[p] = int32(i)
		}
		for i := range n {
			p, touch := persons[[]int{0, 1, 3, 0}[i%4]], conversion.Touchpoint{Cost: int64(i)}
			list.add(p, touch)
			want[p] = append(want[p], touch)
		}
		got := map[live.PersonID][]conversion.Touchpoint{}
		list.into(got, persons)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d touches: -want +got\n%s", n, d)
		}
	}
}
