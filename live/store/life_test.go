package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"showrunner/live"
)

// kinds lists what was said after the first n events.
func kinds(evs []live.Event) (out []live.Kind) {
	for _, e := range evs {
		out = append(out, e.Kind)
	}
	return out
}

func member(t *testing.T, e live.Event, name string) any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(e.Data, &d); err != nil {
		t.Fatalf("%s: %s", e.Kind, e.Data)
	}
	return d[name]
}

// A rehearsal is a show of its own: everything in it is marked, its stock is a
// copy, and the show to come stays as it was planned.
func TestRehearsal(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	do(t, s, live.EndShow, "end", ``)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1", Title: "Friday"}, operator); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutShelf(t.Context(), "s2", []live.Item{{Product: "pa", SKU: "a", Title: "A", Price: 1990, Released: 2, Withheld: 5}}, operator, c.now()); err != nil {
		t.Fatal(err)
	}
	before, err := s.Show(t.Context(), "s2")
	if err != nil {
		t.Fatal(err)
	}
	n := len(events(t, s))
	res := do(t, s, live.Rehearse, "r", ``)
	if res.Show == "s2" || res.State != live.ShowStateLive {
		t.Fatalf("rehearse: %+v", res)
	}
	evs := events(t, s)[n:]
	if want := []live.Kind{live.ShowScheduled, live.ProductListed, live.ShowStarted, live.RehearsalStarted}; !slices.Equal(kinds(evs), want) || evs[3].ID != res.Event {
		t.Errorf("said %v, want %v", kinds(evs), want)
	}
	if sh, ok := s.OnAir("r1"); !ok || sh.ID != res.Show || !sh.Rehearsal {
		t.Errorf("on air: %+v", sh)
	}
	_, err = s.Execute(t.Context(), command(live.StartShow, "st", `{"show_id":"s2"}`))
	_ = wantCode(t, err, "room_busy")
	_, err = s.Execute(t.Context(), command(live.Rehearse, "r2", `{"show_id":"s2"}`))
	_ = wantCode(t, err, "room_busy")
	_, err = s.Execute(t.Context(), command(live.Rehearse, "r3", ``))
	_ = wantCode(t, err, "wrong_state")
	mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 2})
	_, err = buy(s, t.Context(), "v1", "c2", live.WantedLine{SKU: "a", Qty: 1})
	_ = wantCode(t, err, "out_of_stock")
	do(t, s, live.HideComment, "hc", `{"comment_id":"k"}`)
	do(t, s, live.EndShow, "e2", ``)
	evs = events(t, s)[n:]
	for _, e := range evs {
		if !e.Rehearsal || e.Show != res.Show {
			t.Errorf("%s of show %q is not marked", e.Kind, e.Show)
		}
	}
	if !slices.Contains(kinds(evs), live.RehearsalEnded) {
		t.Errorf("said %v", kinds(evs))
	}
	if after, err := s.Show(t.Context(), "s2"); err != nil || after != before {
		t.Errorf("the show to come is %+v, want %+v (%v)", after, before, err)
	}
	items, err := s.Shelf(t.Context(), "s2")
	if err != nil || items[0].Left() != 2 || items[0].Withheld != 5 || items[0].Reserved != 0 {
		t.Errorf("its shelf is %+v, %v", items, err)
	}
	// A payment that comes after the rehearsal is still one of it.
	n = len(events(t, s))
	orders, _, err := s.Orders(t.Context(), OrderFilter{Merchant: "m1"})
	if err != nil || len(orders) != 1 {
		t.Fatal(orders, err)
	}
	o := orders[0]
	_, err = s.ApplyFacts(t.Context(), "m1", []Fact{{Order: o.ID, OrderFact: live.OrderFact{Kind: live.OrderPaid, Source: "shop", ID: "p1", PaidMinor: 3980, Currency: "CNY", At: c.now()}}}, c.now())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events(t, s)[n:] {
		if !e.Rehearsal {
			t.Errorf("%s after the rehearsal counts", e.Kind)
		}
	}
	do(t, s, live.StartShow, "st2", ``)
	if sh, ok := s.OnAir("r1"); !ok || sh.ID != "s2" || sh.Rehearsal {
		t.Errorf("on air: %+v", sh)
	}
}

func TestHandover(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	do(t, s, live.EndShow, "end", ``)
	hosts := []string{"h1", "h2"}
	if _, err := s.UpdateRoom(t.Context(), "r1", RoomPatch{Hosts: &hosts}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, operator); err != nil {
		t.Fatal(err)
	}
	_, err := s.Execute(t.Context(), command(live.HandoverHost, "x", `{"host_id":"h1"}`))
	_ = wantCode(t, err, "wrong_state")
	n := len(events(t, s))
	start := command(live.StartShow, "st", ``)
	start.By = live.Principal{Subject: "h1", Role: live.RoleHost, Merchant: "m1"}
	if _, err := s.Execute(t.Context(), start); err != nil {
		t.Fatal(err)
	}
	_, err = s.Execute(t.Context(), command(live.HandoverHost, "x1", `{"host_id":"h1"}`))
	_ = wantCode(t, err, "already_on")
	_, err = s.Execute(t.Context(), command(live.HandoverHost, "x2", `{"host_id":"h3"}`))
	_ = wantCode(t, err, "not_a_host")
	c.add(time.Minute)
	res := do(t, s, live.HandoverHost, "x3", `{"host_id":"h2"}`)
	if state, err := s.RoomState(t.Context(), "r1"); err != nil || state.Host != "h2" || state.Show.Version != res.Version {
		t.Errorf("state %+v, %v", state, err)
	}
	c.add(time.Minute)
	do(t, s, live.EndShow, "end2", ``)
	evs := events(t, s)[n:]
	if want := []live.Kind{live.ShowStarted, live.HostShiftStarted, live.HostShiftEnded, live.HostShiftStarted, live.ShowEnded, live.HostShiftEnded}; !slices.Equal(kinds(evs), want) {
		t.Fatalf("said %v, want %v", kinds(evs), want)
	}
	if evs[3].ID != res.Event || member(t, evs[1], "host_id") != "h1" || member(t, evs[2], "duration_ms") != 60_000.0 || member(t, evs[3], "host_id") != "h2" || member(t, evs[5], "host_id") != "h2" {
		t.Errorf("shifts: %s", evs[1].Data)
	}
}

func TestExplain(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	wantState := func(want map[live.ProductID]string) {
		t.Helper()
		state, err := s.RoomState(t.Context(), "r1")
		if err != nil {
			t.Fatal(err)
		}
		got := map[live.ProductID]string{}
		for p, e := range state.Explains {
			got[p] = fmt.Sprint(e.State(), e.Count)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("state %v, want %v", got, want)
		}
	}
	wantState(map[live.ProductID]string{})
	for name, code := range map[string]string{`{"product_id":"pz"}`: "product_not_listed", `{}`: "invalid_field"} {
		_, err := s.Execute(t.Context(), command(live.StartExplain, "x-"+code, name))
		_ = wantCode(t, err, code)
	}
	_, err := s.Execute(t.Context(), command(live.EndExplain, "none", ``))
	_ = wantCode(t, err, "not_explaining")
	n := len(events(t, s))
	first := do(t, s, live.StartExplain, "1", `{"product_id":"pa"}`)
	wantState(map[live.ProductID]string{"pa": "being_explained1"})
	_, err = s.Execute(t.Context(), command(live.StartExplain, "2", `{"product_id":"pa"}`))
	_ = wantCode(t, err, "already_explaining")
	_, err = s.Execute(t.Context(), command(live.EndExplain, "3", `{"product_id":"pb"}`))
	_ = wantCode(t, err, "not_explaining")
	c.add(30 * time.Second)
	second := do(t, s, live.StartExplain, "4", `{"product_id":"pb"}`)
	wantState(map[live.ProductID]string{"pa": "explained1", "pb": "being_explained1"})
	ended := do(t, s, live.EndExplain, "5", `{}`)
	do(t, s, live.StartExplain, "6", `{"product_id":"pa"}`)
	wantState(map[live.ProductID]string{"pa": "being_explained2", "pb": "explained1"})
	do(t, s, live.EndShow, "end", ``)
	evs := events(t, s)[n:]
	want := []live.Kind{live.ExplainStarted, live.ExplainEnded, live.ExplainStarted, live.ExplainEnded, live.ExplainStarted, live.ShowEnded, live.ExplainEnded}
	if got := kinds(evs); len(got) < len(want) || !slices.Equal(got[:len(want)], want) {
		t.Fatalf("said %v, want %v", got, want)
	}
	if evs[0].ID != first.Event || evs[2].ID != second.Event || evs[3].ID != ended.Event {
		t.Error("the answers name other events")
	}
	if member(t, evs[0], "explain_id") != member(t, evs[1], "explain_id") || member(t, evs[1], "duration_ms") != 30_000.0 || member(t, evs[4], "count") != 2.0 {
		t.Errorf("explanations: %s %s %s", evs[0].Data, evs[1].Data, evs[4].Data)
	}
}

func TestSortProducts(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	do(t, s, live.AddProduct, "c", `{"product_id":"pc","sku_id":"c","title":"C","price_minor":1,"rank":9}`)
	do(t, s, live.AddProduct, "a2", `{"product_id":"pa","sku_id":"a2","title":"A2","price_minor":1,"rank":8}`)
	order := func() (out []live.SKUID) {
		items, err := s.Shelf(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		for i, it := range items {
			if out = append(out, it.SKU); i > 0 && it.Rank <= items[i-1].Rank {
				t.Errorf("ranks do not ascend: %+v", items)
			}
		}
		return out
	}
	for i, tc := range []struct{ args, code string }{
		{`{}`, "invalid_field"},
		{`{"product_ids":[]}`, "invalid_field"},
		{`{"product_ids":["pa","pa"]}`, "invalid_field"},
		{`{"product_ids":[1]}`, "invalid_field"},
		{`{"product_ids":["pz"]}`, "product_not_listed"},
	} {
		_, err := s.Execute(t.Context(), command(live.SortProducts, fmt.Sprint("x", i), tc.args))
		_ = wantCode(t, err, tc.code)
	}
	do(t, s, live.SortProducts, "s1", `{"product_ids":["pc","pa"]}`)
	if got := order(); !slices.Equal(got, []live.SKUID{"c", "a", "a2", "b"}) {
		t.Errorf("order %v", got)
	}
	evs := events(t, s)
	last := evs[len(evs)-1]
	if list, ok := member(t, last, "items").([]any); !ok || last.Kind != live.ProductSorted || len(list) != 4 || list[0].(map[string]any)["sku_id"] != "c" {
		t.Errorf("said %s %s", last.Kind, last.Data)
	}
}
