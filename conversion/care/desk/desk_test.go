package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// env is a desk on a real store, with a clock that stands still.
type env struct {
	*Desk

	t     testing.TB
	clock atomic.Int64
	store *store.Store
}

func newEnv(t testing.TB, groups ...Groups) *env {
	t.Helper()
	e := &env{t: t}
	e.clock.Store(time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC).UnixMilli())
	cfg := store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: e.now}
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
	}
	var err error
	if e.store, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.store.Close(); err != nil {
			t.Error(err)
		}
	})
	own := Config{Store: e.store, Now: e.now, Logger: slog.New(slog.DiscardHandler)}
	if len(groups) > 0 {
		own.Groups = groups[0]
	}
	e.Desk = New(own)
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) advance(d time.Duration) { e.clock.Add(d.Milliseconds()) }

var (
	owner = live.Principal{Subject: "owner", Role: live.RoleMerchant, Merchant: "m1"}
	li    = live.Principal{Subject: "li", Name: "Li", Role: live.RoleAgent, Merchant: "m1"}
	wang  = live.Principal{Subject: "wang", Name: "Wang", Role: live.RoleAgent, Merchant: "m1"}
)

func viewer(id string) live.Principal {
	return live.Principal{Subject: id, Role: live.RoleViewer, Merchant: "m1"}
}

// online brings an agent on the list and there.
func (e *env) online(by live.Principal, capacity int64, personas ...care.Persona) {
	e.t.Helper()
	_, err := e.PutAgent(e.t.Context(), owner, Agent{Merchant: "m1", ID: by.Subject, Name: by.Subject, Capacity: capacity, Personas: personas})
	if err == nil {
		_, err = e.Arrive(e.t.Context(), "m1", by, AgentOnline)
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// asks opens a session in which a person asks for a human.
func (e *env) asks(person string, persona ...care.Persona) Session {
	e.t.Helper()
	in := Open{Merchant: "m1", Text: "转人工"}
	if len(persona) > 0 {
		in.Persona = persona[0]
	}
	o, err := e.Open(e.t.Context(), viewer(person), in)
	if err != nil {
		e.t.Fatal(err)
	}
	return o.Session
}

func (e *env) says(by live.Principal, session, text string) Session {
	e.t.Helper()
	_, s, err := e.Say(e.t.Context(), by, Say{Merchant: "m1", Session: session, Text: text})
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

func (e *env) session(id string) Session {
	e.t.Helper()
	s, err := e.Session(e.t.Context(), "m1", owner, id)
	if err != nil {
		e.t.Fatal(err)
	}
	return s
}

func code(err error) string {
	if e, ok := errors.AsType[*live.Error](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

// TestOneAgentGetsIt: of many agents who accept the same sessions at once, each
// session has one, nobody more than they take, and the log tells each assignment
// once.
func TestOneAgentGetsIt(t *testing.T) {
	e := newEnv(t)
	const agents, people, capacity = 6, 15, 3
	var sessions []string
	for i := range people {
		sessions = append(sessions, e.asks(fmt.Sprint("p", i)).ID)
	}
	var won [agents]atomic.Int64
	var all sync.WaitGroup
	for a := range agents {
		by := live.Principal{Subject: fmt.Sprint("a", a), Role: live.RoleAgent, Merchant: "m1"}
		if _, err := e.PutAgent(t.Context(), owner, Agent{Merchant: "m1", ID: by.Subject, Name: by.Subject, Capacity: capacity}); err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			for i := range sessions {
				_, err := e.Accept(context.WithoutCancel(t.Context()), "m1", by, sessions[(i+a)%len(sessions)])
				switch c := code(err); {
				case err == nil:
					won[a].Add(1)
				case c != "already_assigned" && c != "at_capacity":
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	total := int64(0)
	for a := range agents {
		n := won[a].Load()
		if total += n; n > capacity {
			t.Errorf("agent %d has %d sessions and takes %d", a, n, capacity)
		}
	}
	if total != people {
		t.Errorf("%d sessions were accepted %d times", people, total)
	}
	rows, err := e.store.Outbox(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, r := range rows {
		if r.Event.Kind == live.ServiceAssigned {
			told++
		}
	}
	if told != people {
		t.Errorf("%d assignments were told of %d", told, people)
	}
}

// TestQueue: who waits longest goes first, to whom it suits; the person's own agent
// before the least loaded; a persona waits for who plays it.
func TestQueue(t *testing.T) {
	e := newEnv(t)
	after := e.asks("p1", care.PersonaAfterSale)
	e.advance(time.Second)
	first := e.asks("p2")
	e.advance(time.Second)
	second := e.asks("p3")
	e.online(li, 1, care.PersonaExpert)
	for id, want := range map[string]string{after.ID: "", first.ID: "li", second.ID: ""} {
		if got := e.session(id).Agent; got != want {
			t.Errorf("with one agent, %s is %q's, want %q", id, got, want)
		}
	}
	e.online(wang, 5, care.PersonaAfterSale)
	for id, want := range map[string]string{after.ID: "wang", first.ID: "li", second.ID: "wang"} {
		if got := e.session(id); got.Agent != want || got.State != care.StateAssigned {
			t.Errorf("with two agents, %s is %q's, want %q", id, got.Agent, want)
		}
	}
	// Li's hands become free; the next session of her person is hers again.
	if _, err := e.Close(t.Context(), "m1", li, first.ID, care.Resolved); err != nil {
		t.Fatal(err)
	}
	if got := e.asks("p2"); got.Agent != "li" {
		t.Errorf("her own person went to %q", got.Agent)
	}
	if got := e.asks("p4"); got.Agent != "wang" {
		t.Errorf("Li is full, but %q got a session", got.Agent)
	}
	e.advance(seenWithin)
	if got := e.asks("p5"); got.Agent != "" || got.State != care.StateQueued {
		t.Errorf("nobody was heard of lately, but %q got a session", got.Agent)
	}
}

// TestTransfer: to the queue a session does not come back to who passed it on while
// another is there for it, and it keeps what was promised.
func TestTransfer(t *testing.T) {
	e := newEnv(t)
	e.online(li, 5)
	s := e.asks("p1")
	due := s.ReplyDue
	if s.Agent != "li" || due.IsZero() {
		t.Fatalf("session %+v", s)
	}
	e.advance(time.Second)
	pass := func(by live.Principal, agent string) (Session, error) {
		return e.Transfer(t.Context(), by, Transfer{Merchant: "m1", Session: s.ID, Agent: agent, Reason: "knows better"})
	}
	if got, err := pass(li, ""); err != nil || got.Agent != "li" {
		t.Errorf("with nobody else there it is %q's, %v", got.Agent, err)
	}
	if _, err := pass(li, "wang"); code(err) != "agent_not_found" {
		t.Errorf("to nobody: %v", err)
	}
	e.online(wang, 0)
	if got, err := pass(li, ""); err != nil || got.Agent != "" || got.State != care.StateQueued {
		t.Errorf("the other is there and full: it is %q's, %v", got.Agent, err)
	}
	e.online(wang, 1)
	got := e.session(s.ID)
	if got.Agent != "wang" || !got.ReplyDue.Equal(due) {
		t.Errorf("it is %q's, promised for %s, want %s", got.Agent, got.ReplyDue, due)
	}
	if _, err := pass(li, "wang"); code(err) != "session_not_assigned" {
		t.Errorf("who passed it on passes it on again: %v", err)
	}
	if got, err := pass(wang, "li"); err != nil || got.Agent != "li" {
		t.Errorf("by name it is %q's, %v", got.Agent, err)
	}
	e.advance(seenWithin)
	if _, err := pass(li, "wang"); code(err) != "agent_away" {
		t.Errorf("to who is gone: %v", err)
	}
}

// TestTurns: one agent who follows all the time and one who comes back after each
// turn and after the last learn the same, in order, and nothing of others.
func TestTurns(t *testing.T) {
	e := newEnv(t)
	e.online(li, 5, care.PersonaExpert)
	mine := e.asks("p1", care.PersonaExpert)
	other := e.asks("p2", care.PersonaAfterSale)
	e.says(viewer("p1"), mine.ID, "hello?")
	e.says(viewer("p2"), other.ID, "secret")
	e.says(li, mine.ID, "here")
	e.online(wang, 5, care.PersonaAfterSale)
	if _, err := e.Transfer(t.Context(), li, Transfer{Merchant: "m1", Session: mine.ID, Persona: care.PersonaAfterSale, Reason: "theirs"}); err != nil {
		t.Fatal(err)
	}
	e.says(viewer("p1"), mine.ID, "after")
	follow := func(by live.Principal, step int) (got []string) {
		for after := int64(0); ; {
			turns, next, complete, err := e.Turns(t.Context(), Reader{Merchant: "m1", By: by}, after, step)
			if err != nil || !complete {
				t.Fatal(complete, err)
			}
			for _, x := range turns {
				line := fmt.Sprint(x.N, " ", x.Kind, " ", x.Session.ID == mine.ID, " ", x.Gone, " ", x.Offered)
				if x.Message != nil {
					line += " " + x.Message.Text
				}
				got = append(got, line)
			}
			if next == after {
				return got
			}
			after = next
		}
	}
	for _, by := range []live.Principal{li, wang} {
		one, all := follow(by, 1), follow(by, 1000)
		if !slices.Equal(one, all) {
			t.Errorf("%s learns\n%q at once and\n%q one by one", by.Subject, all, one)
		}
		if len(one) == 0 {
			t.Errorf("%s learns nothing", by.Subject)
		}
		for _, line := range one {
			if by.Subject == "li" && (strings.HasSuffix(line, "secret") || strings.HasSuffix(line, "after")) {
				t.Errorf("Li is told %q", line)
			}
		}
	}
	if _, next, complete, err := e.Turns(t.Context(), Reader{Merchant: "m1", By: li}, 1_000_000, 10); err != nil || complete || next > 100 {
		t.Errorf("a turn that never was: next %d, complete %v, %v", next, complete, err)
	}
	have, offered, head, err := e.Mine(t.Context(), Reader{Merchant: "m1", By: wang})
	if err != nil || len(have) != 2 || len(offered) != 0 || head == 0 {
		t.Errorf("Wang has %d, is offered %d, at %d, %v", len(have), len(offered), head, err)
	}
}
