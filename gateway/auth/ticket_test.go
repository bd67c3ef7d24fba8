package auth

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func TestTicket(t *testing.T) {
	c := &clock{start}
	s := NewTicketStore(c.now)
	p := live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1", Rooms: []live.RoomID{"r1"}, Expires: start.Add(time.Hour)}
	text, expires, err := s.Issue(p)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) != 43 || !expires.Equal(start.Add(TicketLife)) {
		t.Errorf("ticket %q until %s, want 43 characters until %s", text, expires, start.Add(TicketLife))
	}
	got, err := s.Redeem(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p, got); diff != "" {
		t.Errorf("principal changed (-issued +redeemed):\n%s", diff)
	}
	if _, err := s.Redeem(text); code(err) != "ticket_invalid" {
		t.Errorf("the second use: %v, want ticket_invalid", err)
	}
	if _, err := s.Redeem(""); code(err) != "ticket_invalid" {
		t.Errorf("no ticket: %v, want ticket_invalid", err)
	}
}

func TestTicketExpires(t *testing.T) {
	c := &clock{start}
	s := NewTicketStore(c.now)
	issue := func() string {
		text, _, err := s.Issue(live.Principal{Subject: "v1"})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	late, timely := issue(), ""
	c.at = start.Add(TicketLife - time.Millisecond)
	timely = issue()
	c.at = start.Add(TicketLife)
	if _, err := s.Redeem(late); code(err) != "ticket_invalid" {
		t.Errorf("after %s: %v, want ticket_invalid", TicketLife, err)
	}
	if _, err := s.Redeem(timely); err != nil {
		t.Errorf("a younger one: %v", err)
	}
}

func TestTicketsAreBounded(t *testing.T) {
	c := &clock{start}
	s := NewTicketStore(c.now)
	for range maxTickets {
		if _, _, err := s.Issue(live.Principal{}); err != nil {
			t.Fatal(err)
		}
	}
	var e *live.Error
	if _, _, err := s.Issue(live.Principal{}); !errors.As(err, &e) || e.Fault != live.FaultUnavailable {
		t.Errorf("one too many: %v, want unavailable", err)
	}
	c.at = start.Add(TicketLife)
	if _, _, err := s.Issue(live.Principal{}); err != nil {
		t.Errorf("after the others expired: %v", err)
	}
	if len(s.kept) != 1 || len(s.queue)-s.head != 1 {
		t.Errorf("%d kept, %d queued; the expired ones were not forgotten", len(s.kept), len(s.queue)-s.head)
	}
}
