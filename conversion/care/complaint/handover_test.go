package complaint

import (
	"log/slog"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/desk"
	"showrunner/live"
)

// TestHandover: who serves a session or a person has their complaints, who passed
// them on no more, and what was given to a third one by hand stays with them.
func TestHandover(t *testing.T) {
	e := newEnv(t)
	e.book.desk = DeskAgents{}
	ctx := t.Context()
	d := desk.New(desk.Config{Store: e.store, Complaints: Handover{}, Now: e.now, Logger: slog.New(slog.DiscardHandler)})
	owner := live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}
	be := func(id string) live.Principal {
		return live.Principal{Subject: id, Role: live.RoleAgent, Merchant: "m1"}
	}
	for _, id := range []string{"li", "wang", "zhao"} {
		if _, err := d.PutAgent(ctx, owner, desk.Agent{Merchant: "m1", ID: id, Name: id, Capacity: 5}); err != nil {
			t.Fatal(err)
		}
	}
	want := func(id, agent string) {
		t.Helper()
		for _, who := range []string{"li", "wang", "zhao"} {
			_, err := e.book.Complaint(ctx, care.Reach{Merchant: "m1", Agent: who}, id)
			if who == agent && err != nil {
				t.Errorf("%s does not see %s: %v", who, id, err)
			}
			if who != agent {
				refused(t, err, "complaint_not_found")
			}
		}
	}
	o, err := d.Open(ctx, live.Principal{Subject: "p1", Role: live.RoleViewer, Merchant: "m1"}, desk.Open{Merchant: "m1", Text: "转人工"})
	if err != nil {
		t.Fatal(err)
	}
	session := o.Session.ID
	inSession := e.open(Claim{Session: session, Person: "p1", Text: "太慢了", Cause: "logistics"}).ID
	want(inSession, "") // nobody has the session
	if _, err := d.Accept(ctx, "m1", be("li"), session); err != nil {
		t.Fatal(err)
	}
	want(inSession, "li")
	ofPerson := e.open(Claim{Person: "p1", Text: "质量太差", Cause: "quality"}).ID
	byHand := e.open(Claim{Person: "p1", Text: "不是纯棉", Cause: "promotion_mismatch"}).ID
	e.turn(byHand, Turn{Step: Assign, Agent: "zhao"})
	want(ofPerson, "li")
	want(byHand, "zhao")

	// To the queue: nobody's, until somebody takes it.
	e.wait(time.Second)
	if _, err := d.Transfer(ctx, be("li"), desk.Transfer{Merchant: "m1", Session: session, Reason: "busy"}); err != nil {
		t.Fatal(err)
	}
	want(inSession, "")
	want(ofPerson, "li")
	if _, err := d.Accept(ctx, "m1", be("wang"), session); err != nil {
		t.Fatal(err)
	}
	want(inSession, "wang")
	want(ofPerson, "li")

	// The person goes to another, then who has everything leaves.
	if _, err := d.SetOwner(ctx, "m1", owner, "p1", "wang"); err != nil {
		t.Fatal(err)
	}
	want(ofPerson, "wang")
	want(byHand, "zhao")
	if _, err := d.Close(ctx, "m1", be("wang"), session, "resolved"); err != nil {
		t.Fatal(err)
	}
	e.wait(time.Second)
	if _, err := d.Leave(ctx, "m1", owner, "wang", []string{"li"}); err != nil {
		t.Fatal(err)
	}
	want(inSession, "li") // It is closed, so it goes with the person.
	want(ofPerson, "li")
	want(byHand, "zhao")
	if _, err := d.Leave(ctx, "m1", owner, "zhao", []string{"li"}); err != nil {
		t.Fatal(err)
	}
	want(byHand, "li")
}
