package ws_test

import (
	"fmt"
	"slices"
	"testing"

	"showrunner/live"
)

// TestCommandRightsOnTheSocket walks every command with every role that may open
// a room: forbidden exactly when the table says so, and what is forbidden never
// reaches the store.
func TestCommandRightsOnTheSocket(t *testing.T) {
	for _, role := range live.Roles {
		name := "walk-" + string(role)
		tokens[name] = live.Principal{Subject: name, Role: role, Merchant: "m1"}
		t.Cleanup(func() { delete(tokens, name) })
	}
	r := newRig(t, wide)
	for _, role := range live.Roles {
		if !(live.Principal{Role: role}).May(live.ActWatch) {
			continue // It opens no room: tested with the handshake.
		}
		p, _ := r.enter(t, "walk-"+string(role), "")
		for _, c := range live.Commands {
			r.store.mu.Lock()
			before := len(r.store.commands)
			r.store.mu.Unlock()
			a := p.ask("q", fmt.Sprintf(`"type":%q,"data":{"command_id":"%s-%s"}`, c, role, c))
			may := slices.Contains(live.Rights[c.Action()], role)
			if forbidden := !a.OK && a.Error.Code == "forbidden"; forbidden == may {
				t.Errorf("%s as %s: ok %v %+v, but the table says may = %v", c, role, a.OK, a.Error, may)
			}
			r.store.mu.Lock()
			reached := len(r.store.commands) > before
			r.store.mu.Unlock()
			if reached && !may {
				t.Errorf("%s as %s reached the store", c, role)
			}
		}
	}
}
