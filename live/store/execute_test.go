package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"showrunner/live"
)

func TestEveryCommandHasAPlan(t *testing.T) {
	for _, c := range live.Commands {
		if plans[c].read == nil {
			t.Errorf("%s has no plan", c)
		}
	}
	if len(plans) != len(live.Commands) {
		t.Errorf("%d plans for %d commands", len(plans), len(live.Commands))
	}
}

// What every command does: its event, and that the version counts only changes
// of the show and its shelf.
func TestCommandsTellWhatHappened(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1", Title: "Next"}, operator); err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		name live.CommandName
		args string
		kind live.Kind
		data string // members the event must have
		up   int64
	}{
		{live.PinProduct, `{"product_id":"pa"}`, live.ProductPinned, `{"product_id":"pa","sku_id":"a","title":"A","price_minor":1990,"currency":"CNY"}`, 1},
		{live.UnpinProduct, `{}`, live.ProductUnpinned, `{"product_id":"pa"}`, 1},
		{live.PinProduct, `{"product_id":"pb"}`, live.ProductPinned, `{"product_id":"pb"}`, 1},
		{live.UnpinProduct, `{"product_id":"pb"}`, live.ProductUnpinned, `{"product_id":"pb"}`, 1},
		{live.AddProduct, `{"product_id":"pc","sku_id":"c","title":"C","price_minor":100,"stock":7,"allotted":12,"rank":3}`, live.ProductListed, `{"sku_id":"c","stock":7,"left":7,"currency":"CNY"}`, 1},
		{live.SetPrice, `{"sku_id":"c","price_minor":90}`, live.PriceChanged, `{"sku_id":"c","product_id":"pc","old_minor":100,"new_minor":90,"currency":"CNY"}`, 1},
		{live.ReleaseStock, `{"sku_id":"c","qty":5}`, live.StockReleased, `{"sku_id":"c","qty":5,"released":12,"left":12,"allotted":12}`, 1},
		{live.ReleaseStock, `{"sku_id":"c","qty":3,"extend":true}`, live.StockReleased, `{"released":15,"left":15,"allotted":15}`, 1},
		{live.HoldStock, `{"sku_id":"c","qty":4}`, live.StockHeld, `{"sku_id":"c","product_id":"pc","qty":4,"released":11,"left":11,"allotted":15}`, 1},
		{live.RemoveProduct, `{"product_id":"pc"}`, live.ProductDelisted, `{"sku_id":"c"}`, 1},
		{live.AddProduct, `{"product_id":"pc","sku_id":"c","title":"C","price_minor":100,"stock":1}`, live.ProductListed, `{"left":1}`, 1},
		{live.RemoveProduct, `{"sku_id":"c"}`, live.ProductDelisted, `{"sku_id":"c"}`, 1},
		{live.Announce, `{"text":"sale"}`, live.AnnouncementPublished, `{"text":"sale"}`, 0},
		{live.HideComment, `{"comment_id":"k1"}`, live.CommentHidden, `{"comment_id":"k1"}`, 0},
		{live.MuteViewer, `{"viewer_id":"v1","duration_s":90}`, live.ViewerMuted, `{"viewer_id":"v1","duration_s":90,"until":"2026-11-21T12:01:30.000Z"}`, 0},
		{live.SendPrompt, `{"text":"slower","to":"h1"}`, live.PromptSent, `{"text":"slower","to":"h1"}`, 0},
		{live.PauseShow, ``, live.ShowPaused, `{"show_id":"s1","state":"paused"}`, 1},
		{live.ResumeShow, `{"show_id":"s1"}`, live.ShowResumed, `{"state":"live"}`, 1},
		{live.EndShow, `null`, "", ``, 0},
		{live.EndShow, `{}`, live.ShowEnded, `{"state":"ended","title":"Show"}`, 1},
	} {
		if tc.kind == "" { // null is not an object
			_, err := s.Execute(t.Context(), command(tc.name, fmt.Sprint("x", i), tc.args))
			_ = wantCode(t, err, "malformed_json")
			continue
		}
		before, err := s.Show(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		n := len(events(t, s))
		res := do(t, s, tc.name, fmt.Sprint("x", i), tc.args)
		evs := events(t, s)[n:]
		if tc.name == live.EndShow { // what it gives back has tests of its own
			evs = slices.DeleteFunc(evs, func(e live.Event) bool { return e.Kind == live.StockReturned })
		}
		if len(evs) != 1 || evs[0].Kind != tc.kind || evs[0].ID != res.Event || evs[0].Source != SourceSystem || evs[0].Actor.ID != "op1" || evs[0].Show != "s1" || !evs[0].ReceivedAt.Equal(c.now()) {
			t.Errorf("%s: events %+v, want one %s named %s", tc.name, evs, tc.kind, res.Event)
			continue
		}
		var got, want map[string]any
		if json.Unmarshal(evs[0].Data, &got) != nil || json.Unmarshal([]byte(tc.data), &want) != nil {
			t.Fatalf("%s: data %s", tc.name, evs[0].Data)
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s = %v, want %v", tc.name, k, got[k], v)
			}
		}
		after, err := s.Show(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		if after.Version != before.Version+tc.up || res.Version != after.Version || res.State != after.State {
			t.Errorf("%s: version %d → %d, result %+v", tc.name, before.Version, after.Version, res)
		}
		if v, ok := got["version"]; ok && v != float64(after.Version) {
			t.Errorf("%s: the event says version %v, the show has %d", tc.name, v, after.Version)
		}
		if on, ok := s.OnAir("r1"); ok != after.State.OnAir() || ok && on != after {
			t.Errorf("%s: on air %+v, %v; want %+v", tc.name, on, ok, after)
		}
	}
	if sh, err := s.Show(t.Context(), "s1"); err != nil || sh.EndedAt.IsZero() || sh.StartedAt.IsZero() {
		t.Errorf("show = %+v, %v", sh, err)
	}
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || state.Show == nil || state.Show.ID != "s2" || state.Announcement != "sale" {
		t.Errorf("room state = %+v, %v; want the scheduled show and the announcement", state, err)
	}
}

func TestCommandsRefuse(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	hosts := []string{"h1"}
	if _, err := s.UpdateRoom(t.Context(), "r1", RoomPatch{Hosts: &hosts}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, operator); err != nil {
		t.Fatal(err)
	}
	seven := int64(7)
	with := func(change func(*live.Command)) func(*live.Command) { return change }
	same := func(*live.Command) {}
	for i, tc := range []struct {
		name        live.CommandName
		args        string
		change      func(*live.Command)
		code, field string
		kept        bool
	}{
		{live.PinProduct, `{}`, same, "invalid_field", "data.product_id", false},
		{live.PinProduct, `{"product_id":"p q"}`, same, "invalid_field", "data.product_id", false},
		{live.PinProduct, `{"product_id":"pa","colour":1}`, same, "unknown_field", "data.colour", false},
		{live.PinProduct, `[]`, same, "malformed_json", "data", false},
		{live.PinProduct, `{"product_id":"pz"}`, same, "product_not_listed", "", true},
		{live.UnpinProduct, `{}`, same, "not_pinned", "", true},
		{live.SetPrice, `{"sku_id":"a","price_minor":1.0}`, same, "invalid_field", "data.price_minor", false},
		{live.SetPrice, `{"sku_id":"a","price_minor":1e3}`, same, "invalid_field", "data.price_minor", false},
		{live.SetPrice, `{"sku_id":"a","price_minor":"5"}`, same, "invalid_field", "data.price_minor", false},
		{live.SetPrice, `{"sku_id":"a","price_minor":-1}`, same, "invalid_field", "data.price_minor", false},
		{live.SetPrice, `{"sku_id":"z","price_minor":1}`, same, "not_on_shelf", "", true},
		{live.SetPrice, `{"sku_id":"a","price_minor":1}`, with(func(c *live.Command) { c.By = host }), "forbidden", "", false},
		{live.ReleaseStock, `{"sku_id":"a","qty":0}`, same, "invalid_field", "data.qty", false},
		{live.ReleaseStock, `{"sku_id":"a","qty":1000000}`, same, "stock_limit", "", true},
		{live.ReleaseStock, `{"sku_id":"a","qty":1}`, same, "over_allotment", "", true},
		{live.ReleaseStock, `{"sku_id":"a","qty":1,"extend":false}`, same, "over_allotment", "", true},
		{live.ReleaseStock, `{"sku_id":"a","qty":1,"extend":"yes"}`, same, "invalid_field", "data.extend", false},
		{live.ReleaseStock, `{"sku_id":"zz","qty":1}`, same, "not_on_shelf", "", true},
		{live.HoldStock, `{"sku_id":"a","qty":4}`, same, "stock_in_use", "", true},
		{live.HoldStock, `{"sku_id":"a","qty":0}`, same, "invalid_field", "data.qty", false},
		{live.HoldStock, `{"sku_id":"zz","qty":1}`, same, "not_on_shelf", "", true},
		{live.AddProduct, `{"product_id":"pz","sku_id":"z","title":"Z","price_minor":1,"stock":5,"allotted":4}`, same, "invalid_field", "data.allotted", false},
		{live.AddProduct, `{"product_id":"pa","sku_id":"a","title":"A","price_minor":1}`, same, "already_listed", "", true},
		{live.AddProduct, `{"product_id":"pd","sku_id":"d","title":"D","price_minor":1,"currency":"USD"}`, same, "currency_mismatch", "", true},
		{live.AddProduct, `{"product_id":"pd","sku_id":"d","title":"","price_minor":1}`, same, "invalid_field", "data.title", false},
		{live.RemoveProduct, `{}`, same, "invalid_field", "data.product_id", false},
		{live.RemoveProduct, `{"sku_id":"z"}`, same, "not_on_shelf", "", true},
		{live.Announce, `{"text":""}`, same, "invalid_field", "data.text", false},
		{live.Announce, `{"text":"` + strings.Repeat("x", 501) + `"}`, same, "invalid_field", "data.text", false},
		{live.MuteViewer, `{"viewer_id":"v","duration_s":86401}`, same, "invalid_field", "data.duration_s", false},
		{live.StartShow, `{}`, same, "wrong_state", "", true},
		{live.StartShow, `{"show_id":"s2"}`, same, "room_busy", "", true},
		{live.StartShow, `{"show_id":"s9"}`, same, "show_not_found", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.ExpectedVersion = &seven }), "version_mismatch", "", true},
		{live.PauseShow, ``, with(func(c *live.Command) { c.ID = "" }), "invalid_field", "command_id", false},
		{"dance", ``, same, "unknown_command", "type", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.By = viewer("v1") }), "forbidden", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.By.Merchant = "m2" }), "forbidden", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.By.Rooms = []live.RoomID{"r9"} }), "forbidden", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.By = host; c.By.Subject = "h2" }), "forbidden", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.Room = "r9" }), "room_not_found", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.Merchant = "m2" }), "room_not_found", "", false},
		{live.PauseShow, ``, with(func(c *live.Command) { c.Show = "s1"; c.Merchant = "m2" }), "show_not_found", "", false},
	} {
		t.Run(fmt.Sprint(i, tc.name, tc.code), func(t *testing.T) {
			cmd := command(tc.name, fmt.Sprint("n", i), tc.args)
			tc.change(&cmd)
			before, err := s.Show(t.Context(), "s1")
			if err != nil {
				t.Fatal(err)
			}
			n := len(events(t, s))
			res, err := s.Execute(t.Context(), cmd)
			e := wantCode(t, err, tc.code)
			if e.Field != tc.field || res.Err == nil || res.Err.Code != tc.code || res.Replay {
				t.Errorf("field %q result %+v, want field %q", e.Field, res, tc.field)
			}
			rows, _, err := s.Audit(t.Context(), AuditFilter{Limit: 1})
			if err != nil || len(rows) != 1 || rows[0].Code != tc.code || rows[0].Command != cmd.ID || rows[0].Merchant != cmd.Merchant {
				t.Errorf("audit = %+v, %v", rows, err)
			}
			again, err := s.Execute(t.Context(), cmd)
			_ = wantCode(t, err, tc.code)
			if again.Replay != tc.kept {
				t.Errorf("kept = %v, want %v", again.Replay, tc.kept)
			}
			after, err := s.Show(t.Context(), "s1")
			if err != nil || after != before || len(events(t, s)) != n {
				t.Errorf("a refusal changed the show to %+v, %v", after, err)
			}
		})
	}
	_, err := s.CreateRoom(t.Context(), live.Room{ID: "empty", Merchant: "m1", Title: "Empty", Currency: "CNY", TimeZone: "UTC"})
	if err != nil {
		t.Fatal(err)
	}
	cmd := command(live.PinProduct, "no-show", `{"product_id":"pa"}`)
	cmd.Room = "empty"
	_, err = s.Execute(t.Context(), cmd)
	_ = wantCode(t, err, "no_show")
	cmd.ID, cmd.Name, cmd.Args = "no-show-2", live.Announce, json.RawMessage(`{"text":"soon"}`)
	if _, err := s.Execute(t.Context(), cmd); err != nil {
		t.Errorf("an announcement needs no show: %v", err)
	}
}

func TestCommandReplay(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	first := do(t, s, live.ReleaseStock, "same", `{"sku_id":"a","qty":2,"extend":true}`)
	n := len(events(t, s))
	again := do(t, s, live.ReleaseStock, "same", `{"sku_id":"a","qty":2,"extend":true}`)
	if !again.Replay || again.Event != first.Event || again.Version != first.Version || again.Show != "s1" || again.State != live.ShowStateLive {
		t.Errorf("again = %+v, want the first answer %+v", again, first)
	}
	wantStock(t, s, "a", 5, 0, 0)
	if len(events(t, s)) != n {
		t.Error("the repeat wrote an event")
	}

	// The first answer stands even when the state would now allow it.
	_, err := s.Execute(t.Context(), command(live.ResumeShow, "r", ``))
	_ = wantCode(t, err, "wrong_state")
	do(t, s, live.PauseShow, "p", ``)
	res, err := s.Execute(t.Context(), command(live.ResumeShow, "r", ``))
	if e := wantCode(t, err, "wrong_state"); !res.Replay || e.Data["state"] != "live" || e.Fault != live.FaultConflict {
		t.Errorf("replay = %+v, %+v", res, e)
	}

	// A refusal for lack of rights is not an answer to the command.
	cmd := command(live.ResumeShow, "q", ``)
	cmd.By = viewer("v1")
	_, err = s.Execute(t.Context(), cmd)
	_ = wantCode(t, err, "forbidden")
	if res := do(t, s, live.ResumeShow, "q", ``); res.Replay || res.State != live.ShowStateLive {
		t.Errorf("resume = %+v", res)
	}
}

func TestAuditIsAppendOnly(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 1)
	for _, q := range []string{
		`UPDATE audit SET code = 'x'`, `DELETE FROM audit`, `UPDATE order_facts SET body = '{}'`, `DELETE FROM order_facts`,
		`UPDATE ledger_entries SET amount_minor = 1`, `DELETE FROM ledger_entries`,
	} {
		mustBuy(t, s, "v1", "c1", live.WantedLine{SKU: "a", Qty: 1})
		err := s.write(t.Context(), func(t *tx) error { _, err := t.once(q); return err })
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v, want a refusal", q, err)
		}
	}
}

// The database itself refuses what the program must never do.
func TestConstraints(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	if _, err := s.CreateShow(t.Context(), live.Show{ID: "s2", Room: "r1"}, operator); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`UPDATE items SET reserved = 4 WHERE sku_id = 'a'`,
		`UPDATE items SET reserved = -1 WHERE sku_id = 'a'`,
		`UPDATE items SET sold = 2, reserved = 2 WHERE sku_id = 'a'`,
		`UPDATE shows SET state = 'live' WHERE show_id = 's2'`,
		`UPDATE shows SET state = 'dancing' WHERE show_id = 's2'`,
		`INSERT INTO items SELECT 'nowhere', sku_id, product_id, title, price_minor, currency, place, image_url, listed, released, reserved, sold FROM items`,
	} {
		if err := s.write(t.Context(), func(t *tx) error { _, err := t.once(q); return err }); err == nil {
			t.Errorf("the database took %s", q)
		}
	}
	wantStock(t, s, "a", 3, 0, 0)
}

func FuzzArgs(f *testing.F) {
	for _, seed := range []string{
		`{"product_id":"p","sku_id":"s","title":"t","price_minor":1}`, `{"sku_id":"s","qty":9223372036854775808}`,
		`{"text":"\u0000"}`, `{"text":null,"x":{}}`, `null`, `[1]`, `{"a":1}{"b":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		for name, p := range plans {
			a := parseArgs(raw)
			p.read(a)
			err := a.done()
			var e *live.Error
			if err != nil && (!errors.As(err, &e) || e.Field != "data" && !strings.HasPrefix(e.Field, "data.")) {
				t.Fatalf("%s: %v", name, err)
			}
			if err == nil && len(raw) > 0 && !json.Valid(raw) {
				t.Fatalf("%s accepted %q", name, raw)
			}
		}
	})
}
