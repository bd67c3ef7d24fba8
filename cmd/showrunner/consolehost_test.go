package main

import (
	"testing"
	"time"

	"showrunner/live"
)

// TestHostPanelInBrowser plays a show through the console: a host, an operator, a
// moderator and a viewer in a real browser, in both languages, on a server that
// is killed and started again meanwhile. With SHOWRUNNER_SCREENSHOTS it keeps
// pictures of every page at every width, theme and language.
func TestHostPanelInBrowser(t *testing.T) {
	needBrowser(t)
	data, addr := t.TempDir(), freeAddr(t)
	server := startProgram(t, data, addr)
	server.ready(200, 2*time.Minute)
	s := newStage(t, server.url, data, "m-console", "r-console", "Asia/Shanghai",
		good{"p1", "k1", 1990, 5}, good{"p2", "k2", 2990, 5}, good{"p3", "k3", 990, 0},
		good{"p4", "k4", 5990, 3}, good{"p4", "k5", 4990, 0}, good{"p4", "k6", 3990, 7})
	tokens := object{}
	for _, role := range []live.Role{live.RoleHost, live.RoleOperator, live.RoleModerator, live.RoleViewer} {
		tokens[string(role)] = s.tokens.sign(role, "the-"+string(role), s.merchant)
	}
	playBrowser(t, "console.mjs", object{"url": server.url, "room": s.room, "tokens": tokens}, map[string]func(){
		"prompt": func() { s.command("send_prompt", object{"text": "Show the blade"}) },
		"pay":    s.payOnlyOrder,
		"kill":   func() { server.kill() },
		"start": func() {
			endEngine(t, data)
			server = startProgram(t, data, addr)
		},
	})
}

// payOnlyOrder states that the one order there is was paid.
func (s *stage) payOnlyOrder() {
	s.t.Helper()
	var list struct {
		Items []struct {
			ID    string `json:"order_id"`
			Total int64  `json:"due_minor"`
		}
	}
	must(s.t, "GET", s.url+"/v1/orders?show_id="+string(s.show), s.merch, nil, &list)
	if len(list.Items) != 1 {
		s.t.Fatalf("%d orders, want the viewer's one", len(list.Items))
	}
	s.hook("console-paid", s.paidFact(list.Items[0].ID, "console-payment", list.Items[0].Total))
}
