package complaint

import (
	"log/slog"
	"testing"
	"time"

	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// TestDeskAgents: a complaint is of who has its session, else of who had it last,
// else of who the person is of; and of nobody where
// nobody serves them.
func TestDeskAgents(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	d := desk.New(desk.Config{Store: e.store, Now: e.now, Logger: slog.New(slog.DiscardHandler)})
	owner := live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}
	of := func(session, person string) string {
		t.Helper()
		got, err := DeskAgents{}.AgentOf(e.store.View(ctx), "m1", session, live.PersonID(person))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := func(agent, session, person string) {
		t.Helper()
		if got := of(session, person); got != agent {
			t.Errorf("session %q of %q is of %q, want %q", session, person, got, agent)
		}
	}
	for _, id := range []string{"li", "wang"} {
		if _, err := d.PutAgent(ctx, owner, desk.Agent{Merchant: "m1", ID: id, Name: id, Capacity: 5}); err != nil {
			t.Fatal(err)
		}
	}
	here := func(id string) live.Principal {
		return live.Principal{Subject: id, Role: live.RoleAgent, Merchant: "m1"}
	}
	open := func(person string) string {
		t.Helper()
		o, err := d.Open(ctx, live.Principal{Subject: person, Role: live.RoleViewer, Merchant: "m1"}, desk.Open{Merchant: "m1", Text: "转人工"})
		if err != nil {
			t.Fatal(err)
		}
		return o.Session.ID
	}
	_, err := DeskAgents{}.AgentOf(e.store.View(ctx), "m1", "se-none", "p1")
	refused(t, err, "session_not_found")
	session := open("p1")
	_, err = DeskAgents{}.AgentOf(e.store.View(ctx), "m2", session, "") // another merchant's
	refused(t, err, "session_not_found")
	want("", "", "")
	want("", "", "p1")
	want("", session, "p1")

	if _, err := d.Accept(ctx, "m1", here("li"), session); err != nil {
		t.Fatal(err)
	}
	want("li", session, "p1")
	want("li", session, "")
	want("li", "", "p1") // The first who serves somebody has them.
	if _, err := d.Close(ctx, "m1", here("li"), session, "resolved"); err != nil {
		t.Fatal(err)
	}
	e.wait(time.Second)
	if _, err := d.SetOwner(ctx, "m1", owner, "p1", "wang"); err != nil {
		t.Fatal(err)
	}
	want("li", session, "p1") // who had it last
	want("wang", "", "p1")
	waits := open("p1") // nobody is there
	want("wang", waits, "p1")
	want("", waits, "")
}
