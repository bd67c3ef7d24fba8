package ws_test

import (
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

func TestDrawsAndPacketsOnTheSocket(t *testing.T) {
	r := newRig(t, wide)
	const seed = "5eed5eed5eed"
	rules := live.DrawRules{Version: 1, DrawID: "d1", Prize: "Pot", Winners: 2, Task: live.TaskNone}
	r.store.mu.Lock()
	r.store.draw = &live.Draw{ID: "d1", State: live.DrawOpen, Rules: rules, RulesText: rules.Text(), Seed: seed, SeedCommit: "c0", Entries: 4, ClosesAt: time.Unix(1e9, 0)}
	r.store.packet = &live.RedPacket{ID: "p1", Total: 1000, Count: 10, Currency: "CNY", PerPerson: 1, Seed: seed, SeedCommit: "c1", OpensAt: time.Unix(1e9, 0), ClosesAt: time.Unix(2e9, 0), WatchTime: 3 * time.Minute}
	r.store.mu.Unlock()
	p, welcome := r.enter(t, "viewer", "")
	staff, _ := r.enter(t, "operator", "panel=1")
	if d := welcome.Room.Draw; d["draw_id"] != "d1" || d["seed_commit"] != "c0" || d["rules"] != rules.Text() || d["entries"] != 4.0 || d["winners_wanted"] != 2.0 {
		t.Errorf("the welcome's draw: %v", d)
	}
	if d := welcome.Room.Packet; d["packet_id"] != "p1" || d["seed_commit"] != "c1" || d["total_minor"] != 1000.0 || d["watch_minutes"] != 3.0 {
		t.Errorf("the welcome's red packet: %v", d)
	}
	for _, list := range []map[string]any{welcome.Room.Draw, welcome.Room.Packet} {
		for name, v := range list {
			if s, ok := v.(string); ok && strings.Contains(s, seed) {
				t.Errorf("%s tells the seed", name)
			}
		}
	}
	if a := p.ask("1", `"type":"red_packet_claimed","event_id":"again","data":{"packet_id":"p1"}`); !a.OK || a.Data["amount_minor"] != 77.0 || a.Data["n"] != 3.0 || a.Data["replay"] != true {
		t.Errorf("ack: %+v %+v", a.Data, a.Error)
	}
	if a := p.ask("2", `"type":"lucky_draw_entered","data":{"draw_id":"d1","nonce":"mine"}`); !a.OK || a.Data["entry"] != live.DrawEntry("d1", live.PersonID(tokens["viewer"].Subject), "mine") || a.Data["nonce"] != "mine" {
		t.Errorf("ack: %+v %+v", a.Data, a.Error)
	}
	for body, code := range map[string]string{
		`"type":"red_packet_claimed","data":{"packet_id":"p2"}`:           "no_red_packet",
		`"type":"red_packet_claimed","data":{}`:                           "invalid_field",
		`"type":"red_packet_claimed","data":{"packet_id":"p1","x":1}`:     "invalid_field",
		`"type":"lucky_draw_entered","data":{"draw_id":"d2"}`:             "no_draw",
		`"type":"lucky_draw_entered","data":{"draw_id":"d 1"}`:            "invalid_field",
		`"type":"lucky_draw_entered","data":{"draw_id":"d1","weight":99}`: "invalid_field",
	} {
		if a := p.ask("3", body); a.OK || a.Error.Code != code {
			t.Errorf("%s: %+v", body, a.Error)
		}
	}
	for _, body := range []string{`"type":"red_packet_claimed","data":{"packet_id":"p1"}`, `"type":"lucky_draw_entered","data":{"draw_id":"d1"}`} {
		if a := staff.ask("4", body); a.OK || a.Error.Code != "forbidden" {
			t.Errorf("staff, %s: %+v", body, a.Error)
		}
	}
}
