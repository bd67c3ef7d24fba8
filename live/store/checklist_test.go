package store

import (
	"testing"

	"showrunner/live"
)

// TestChecklist: while an item that blocks is open no command starts the show, and
// the same command goes through when it was given again under another id.
func TestChecklist(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	boss := live.Principal{Subject: "boss", Name: "Boss", Role: live.RoleMerchant, Merchant: "m1"}
	host := live.Actor{ID: "h1", Name: "Host", Role: live.RoleHost}
	if _, err := s.CreateRoom(ctx, live.Room{ID: "r9", Merchant: "m1", Title: "R", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateShow(ctx, live.Show{ID: "s9", Room: "r9", Merchant: "m1", Title: "S"}, boss); err != nil {
		t.Fatal(err)
	}
	items := []live.ChecklistItem{{ID: "samples", Title: "样品"}, {ID: "lights", Title: "灯光", Blocking: true}}
	if err := s.SetChecklist(ctx, "m1", items, boss.Actor()); err != nil {
		t.Fatal(err)
	}
	_ = wantCode(t, s.SetChecklist(ctx, "m1", []live.ChecklistItem{{ID: "a b", Title: "x"}}, boss.Actor()), "invalid_field")
	start := func(id string) error {
		_, err := s.Execute(ctx, live.Command{ID: id, Name: live.StartShow, Merchant: "m1", Room: "r9", Show: "s9", By: boss, At: c.now()})
		return err
	}
	no := wantCode(t, start("a"), "checklist_open")
	if open, _ := no.Data["open_items"].([]string); len(open) != 1 || open[0] != "lights" {
		t.Errorf("open are %v", no.Data)
	}
	_ = wantCode(t, s.Tick(ctx, "s9", "camera", true, "", host), "item_not_found")
	for range 2 {
		if err := s.Tick(ctx, "s9", "lights", true, "two lamps", host); err != nil {
			t.Fatal(err)
		}
		host.ID = "h2"
	}
	got, ticks, err := s.Checklist(ctx, "m1", "s9")
	if err != nil || len(got) != 2 || got[0] != items[0] || got[1] != items[1] || len(ticks) != 1 || ticks["lights"].By.ID != "h1" || ticks["lights"].Note != "two lamps" {
		t.Errorf("the checklist is %v, %v, %v", got, ticks, err)
	}
	// Of another show nothing is done, and another merchant has declared nothing.
	if _, ticks, err := s.Checklist(ctx, "m1", "s10"); err != nil || len(ticks) > 0 {
		t.Errorf("of another show %v, %v", ticks, err)
	}
	if got, _, err := s.Checklist(ctx, "m2", "s9"); err != nil || len(got) > 0 {
		t.Errorf("of another merchant %v, %v", got, err)
	}
	for _, replay := range []bool{false, true} {
		res, err := s.Execute(ctx, live.Command{ID: "b", Name: live.StartShow, Merchant: "m1", Room: "r9", Show: "s9", By: boss, At: c.now()})
		if err != nil || len(res.Warnings) != 1 || res.Warnings[0] != "samples" || res.Replay != replay {
			t.Errorf("with every item that blocks done: %+v, %v", res, err)
		}
	}
}
