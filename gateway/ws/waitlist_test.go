package ws_test

import (
	"encoding/json"
	"testing"

	"showrunner/live"
)

func TestWaitlistOnTheSocket(t *testing.T) {
	r := newRig(t, wide)
	p, _ := r.enter(t, "viewer", "")
	staff, _ := r.enter(t, "operator", "panel=1")
	if a := p.ask("1", `"type":"waitlist_joined","data":{"sku_id":"k1"}`); !a.OK || a.Data["qty"] != 1.0 || a.Data["state"] != "waiting" || a.Data["ahead"] != 2.0 || a.Data["replay"] != false {
		t.Errorf("ack: %+v %+v", a.Data, a.Error)
	}
	for body, code := range map[string]string{
		`{"sku_id":"gone"}`:            "not_on_shelf",
		`{"sku_id":"k1","qty":1.5}`:    "invalid_field",
		`{"sku_id":"k1","colour":"r"}`: "invalid_field",
	} {
		if a := p.ask("2", `"type":"waitlist_joined","data":`+body); a.OK || a.Error.Code != code {
			t.Errorf("%s: %+v", body, a.Error)
		}
	}
	if a := staff.ask("1", `"type":"waitlist_joined","data":{"sku_id":"k1"}`); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("staff waits: %+v", a.Error)
	}

	offer := func(to string) {
		r.log.state(live.Event{
			Kind: live.WaitlistOffered, Room: "r1", Merchant: "m1", Person: live.PersonID(to), Actor: live.Actor{ID: "showrunner", Role: live.RoleSystem},
			Data: json.RawMessage(`{"sku_id":"k1","qty":1,"to":"` + to + `"}`),
		})
	}
	offer("somebody-else")
	offer(tokens["viewer"].Subject)
	end := r.log.state(comment("last"))
	seen := map[string][]string{}
	for name, peer := range map[string]*peer{"viewer": p, "operator": staff} {
		peer.until(func(f frame) bool {
			for _, e := range f.Events {
				if e.Type == string(live.WaitlistOffered) {
					seen[name] = append(seen[name], e.Data["to"].(string))
				}
			}
			return f.Type == "events" && f.Offset == end
		})
	}
	if len(seen["viewer"]) != 1 || seen["viewer"][0] != tokens["viewer"].Subject || len(seen["operator"]) != 0 {
		t.Errorf("offers were seen by %v", seen)
	}
}
