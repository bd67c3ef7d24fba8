package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
)

// chain states facts outside of shows: touches with costs, and groups of
// experiments.
func (w *world) chain() {
	for n := range 400 {
		if n%3 == 0 {
			w.now = w.now.Add(time.Duration(w.rng.IntN(60)) * time.Second)
		}
		e := live.Event{
			Kind: pick(w, []live.Kind{"ad_clicked", "touch_sent", "group_joined", live.HoldoutAssigned, live.RoomEntered}), Source: "crm", Merchant: "m1",
			Person: live.PersonID(fmt.Sprint("p", w.rng.IntN(40))), Channel: pick(w, channels), Actor: live.Actor{ID: "a1", Role: live.RoleAgent},
		}
		if e.Kind == live.RoomEntered {
			e.Actor.Role = live.RoleViewer
		}
		data := map[string]any{"group_id": fmt.Sprint("g", w.rng.IntN(3)), "experiment": fmt.Sprint("x", w.rng.IntN(2)), "control": w.rng.IntN(3) == 0}
		if w.rng.IntN(2) == 0 {
			data["cost_minor"] = w.rng.IntN(500)
			data["cost_currency"] = pick(w, []string{"CNY", "USD", ""})
		}
		e.Data = mustJSON(data)
		w.append(e)
	}
}

func TestPaidJourneys(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(13, 5000)
	w.chain()
	w.append(live.Event{ // An order nobody can pay late.
		Kind: live.Liked, Source: "ws", Merchant: "m1", Show: "s1", Person: "p1", Actor: live.Actor{Role: live.RoleViewer}, Data: mustJSON(map[string]any{"count": 1}),
	})
	fill(t, db, w.entries, nil)
	touchOf := func(e *live.Entry) (conversion.Touchpoint, bool) {
		x, ok := conversion.TouchOf(e.Event)
		x.Position, x.At = e.Position, x.At.Truncate(time.Millisecond)
		return x, ok
	}
	var paid []time.Time
	for _, show := range w.shows[:2] {
		for _, j := range journeys(t, w, show, w.now, conversion.DefaultWindow) {
			paid = append(paid, j.At)
		}
	}
	slices.SortFunc(paid, time.Time.Compare)
	share := func(percent int) time.Time { return paid[len(paid)*percent/100] }
	for _, span := range []Span{
		{From: start, Until: w.now.Add(time.Second), AsOf: w.now},
		{From: share(25), Until: share(75), AsOf: w.now},
		{From: start, Until: share(60), AsOf: share(50)},
	} {
		span.Merchant, span.Window, span.MaxOrders, span.MaxTouches = "m1", conversion.DefaultWindow, 10_000, 1_000_000
		within := func(at time.Time) bool { return !at.Before(span.From) && at.Before(span.Until) }
		got, err := db.PaidJourneys(t.Context(), span)
		if err != nil {
			t.Fatal(err)
		}
		have := map[live.OrderID]conversion.Journey{}
		for _, j := range got {
			have[j.Order] = j
		}
		if len(have) != len(got) || !slices.IsSortedFunc(got, func(a, b conversion.Journey) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Order, b.Order))
		}) {
			t.Errorf("orders stand twice or are not by payment")
		}
		// The same orders as show by show, and those outside.
		want := map[live.OrderID]conversion.Journey{}
		first := map[live.PersonID]conversion.Journey{}
		for _, show := range []live.Show{w.shows[0], w.shows[1], {Merchant: "m1"}} {
			for id, j := range journeys(t, w, show, span.AsOf, span.Window) {
				if f, ok := first[j.Person]; !ok || cmp.Or(j.At.Compare(f.At), cmp.Compare(j.Order, f.Order)) < 0 {
					first[j.Person] = j
				}
				if within(j.At) {
					want[id] = j
				}
			}
		}
		arms := w.arms(span.AsOf)
		bought := map[live.PersonID]bool{}
		for id, j := range want {
			j.First = j.Person != "" && first[j.Person].Order == id
			j.Control = arms[j.Person] == conversion.ArmControl
			bought[j.Person] = true
			want[id] = j
		}
		if d := gocmp.Diff(want, have); d != "" {
			t.Errorf("span from %s: -want +got\n%s", span.From, d)
		}
		if len(want) < 2 {
			t.Errorf("the span from %s has %d orders", span.From, len(want))
		}
		told, err := db.Holdouts(t.Context(), span)
		if err != nil {
			t.Fatal(err)
		}
		if d := gocmp.Diff(arms, told); d != "" || len(arms) == 0 && span.AsOf.Equal(w.now) {
			t.Errorf("holdouts: -want +got\n%s", d)
		}
		for _, dimension := range conversion.Dimensions {
			costs, lost := map[string]int64{}, map[string]int64{}
			paths := map[live.PersonID][]conversion.Touchpoint{}
			for i := range w.entries {
				e := &w.entries[i]
				x, ok := touchOf(e)
				if !ok || e.Event.Merchant != "m1" || e.Event.ReceivedAt.After(span.AsOf) || !within(x.At) {
					continue
				}
				if dimension.Name == "host" && x.Host == "" {
					x.Host = w.host("m1", &x, span.AsOf)
				}
				if x.Cost > 0 {
					costs[dimension.Of(&x)+"|"+string(x.CostCurrency)] += x.Cost
				}
				if !bought[e.Event.Person] {
					paths[e.Event.Person] = append(paths[e.Event.Person], x)
				}
			}
			for _, path := range paths {
				conversion.SortTouches(path)
				var keys []string
				for i := range path {
					keys = append(keys, dimension.Of(&path[i]))
				}
				lost[strings.Join(keys, ">")]++
			}
			list, err := db.Costs(t.Context(), span, dimension)
			if err != nil {
				t.Fatal(err)
			}
			haveCosts := map[string]int64{}
			for _, c := range list {
				haveCosts[c.Key+"|"+string(c.Currency)] = c.Minor
			}
			if d := gocmp.Diff(costs, haveCosts); d != "" {
				t.Errorf("costs by %s: -want +got\n%s", dimension.Name, d)
			}
			found, err := db.LostPaths(t.Context(), span, dimension)
			if err != nil {
				t.Fatal(err)
			}
			haveLost := map[string]int64{}
			for _, l := range found {
				haveLost[strings.Join(l.Keys, ">")] += l.Persons
			}
			if d := gocmp.Diff(lost, haveLost); d != "" {
				t.Errorf("lost by %s: -want +got\n%s", dimension.Name, d)
			}
		}
		// Too much is refused, and says so.
		for name, ask := range map[string]func(Span) error{
			"orders":  func(s Span) error { s.MaxOrders = 2; _, err := db.PaidJourneys(t.Context(), s); return err },
			"touches": func(s Span) error { s.MaxTouches = 2; _, err := db.PaidJourneys(t.Context(), s); return err },
			"lost": func(s Span) error {
				s.MaxTouches = 2
				_, err := db.LostPaths(t.Context(), s, conversion.Dimensions[0])
				return err
			},
		} {
			refusal, ok := errors.AsType[*live.Error](ask(span))
			if len(got) > 2 && (!ok || refusal.Code != "too_many_journeys") && (name != "lost" || span.AsOf.Equal(w.now)) {
				t.Errorf("too many %s: %v", name, refusal)
			}
		}
	}
	clean(t, db)
}

// arms is who is in which group, by the newest word on each experiment.
func (w *world) arms(asOf time.Time) map[live.PersonID]conversion.Arm {
	type assigned struct {
		person     live.PersonID
		experiment string
	}
	newest := map[assigned]bool{}
	for _, e := range w.entries {
		if e.Event.Kind != live.HoldoutAssigned || e.Event.Merchant != "m1" || e.Event.ReceivedAt.After(asOf) {
			continue
		}
		data := string(e.Event.Data)
		x := "x0"
		if strings.Contains(data, `"x1"`) {
			x = "x1"
		}
		newest[assigned{e.Event.Person, x}] = strings.Contains(data, `"control":true`)
	}
	out := map[live.PersonID]conversion.Arm{}
	for a, control := range newest {
		out[a.person] = max(out[a.person], conversion.ArmTreated)
		if control {
			out[a.person] = conversion.ArmControl
		}
	}
	return out
}

// A person of several names is one, and the newest word about any of them stands.
func TestHoldoutsOfOnePerson(t *testing.T) {
	db := migrated(t, server.URL())
	db.cfg.Names = func(_ context.Context, _ live.MerchantID, persons []live.PersonID, _ time.Time) (map[live.PersonID][]live.PersonID, error) {
		out := map[live.PersonID][]live.PersonID{}
		for _, p := range persons {
			if p == "device" || p == "login" {
				out[p] = []live.PersonID{"login", "device"}
			}
		}
		return out, nil
	}
	w := newWorld(1)
	assign := func(person live.PersonID, control bool) {
		w.append(live.Event{Kind: live.HoldoutAssigned, Source: "crm", Merchant: "m1", Person: person, Actor: live.Actor{Role: live.RoleIntegration}, Data: mustJSON(map[string]any{"experiment": "x", "control": control})})
	}
	assign("device", true)
	assign("p1", true)
	assign("login", false)
	fill(t, db, w.entries, nil)
	got, err := db.Holdouts(t.Context(), Span{Merchant: "m1", From: start, Until: start.Add(time.Hour), AsOf: w.now})
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff(map[live.PersonID]conversion.Arm{"login": conversion.ArmTreated, "p1": conversion.ArmControl}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// A person of several names walked one way, earns nothing by a link of their own,
// and is lost only if nothing was bought under any name.
func TestLostPathsOfOnePerson(t *testing.T) {
	db := migrated(t, server.URL())
	groups := [][]live.PersonID{{"login", "device"}, {"sender", "sender-phone"}}
	db.cfg.Names = func(_ context.Context, _ live.MerchantID, persons []live.PersonID, _ time.Time) (map[live.PersonID][]live.PersonID, error) {
		out := map[live.PersonID][]live.PersonID{}
		for _, g := range groups {
			for _, p := range g {
				if persons == nil || slices.Contains(persons, p) {
					out[p] = g
				}
			}
		}
		return out, nil
	}
	w := newWorld(1)
	crm := live.Actor{Role: live.RoleIntegration, ID: "crm"}
	click := func(person live.PersonID, referrer live.PersonID) {
		w.now = w.now.Add(time.Minute)
		w.append(live.Event{Kind: "referral_clicked", Source: "crm", Merchant: "m1", Person: person, Actor: crm, Data: mustJSON(map[string]any{"referrer": referrer, "cost_minor": 7, "cost_currency": "CNY"})})
	}
	click("device", "sender")
	click("p1", "sender-phone")
	click("sender", "sender-phone") // their own link
	click("login", "p1")
	fill(t, db, w.entries, nil)
	s := Span{Merchant: "m1", From: start, Until: w.now.Add(time.Hour), AsOf: w.now, MaxOrders: 10, MaxTouches: 100}
	referrer, _ := conversion.DimensionOf("referrer")
	lost, err := db.LostPaths(t.Context(), s, referrer)
	if err != nil {
		t.Fatal(err)
	}
	want := []attribution.LostPath{{Keys: []string{"sender"}, Persons: 1}, {Keys: []string{"sender", "p1"}, Persons: 1}}
	if d := gocmp.Diff(want, lost); d != "" {
		t.Errorf("lost: -want +got\n%s", d)
	}
	costs, err := db.Costs(t.Context(), s, referrer)
	if err != nil {
		t.Fatal(err)
	}
	if d := gocmp.Diff([]conversion.Cost{{Key: "p1", Currency: "CNY", Minor: 7, Touches: 1}, {Key: "sender", Currency: "CNY", Minor: 14, Touches: 2}}, costs); d != "" {
		t.Errorf("costs: -want +got\n%s", d)
	}
}
