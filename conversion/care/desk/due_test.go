package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

func (e *env) due() {
	e.t.Helper()
	if err := e.Due(e.t.Context()); err != nil {
		e.t.Fatal(err)
	}
}

// facts are what was stated of a kind, the data as text.
func (e *env) facts(kind live.Kind) (out []string) {
	e.t.Helper()
	rows, err := e.store.Outbox(e.t.Context(), 0, 10_000)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Event.Kind == kind {
			out = append(out, string(r.Event.Data))
		}
	}
	return out
}

// TestPromises: a clock runs in business hours, is broken once, and stops with the
// first word of a human and with the close.
func TestPromises(t *testing.T) {
	e := newEnv(t)
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	set := care.DefaultSettings()
	set.Hours, set.FirstResponse, set.Resolution = care.Hours{Zone: shanghai}, 30*time.Minute, 2*time.Hour
	for d := time.Monday; d <= time.Friday; d++ {
		set.Hours.Week[d] = []care.Span{{From: 9 * 60, Until: 18 * 60}}
	}
	if _, err := e.SetSettings(t.Context(), "m1", owner, set); err != nil {
		t.Fatal(err)
	}
	// Monday 18:00 in Shanghai: the doors have just closed.
	s := e.asks("p1")
	if want := time.Date(2026, 3, 3, 1, 30, 0, 0, time.UTC); !s.ReplyDue.Equal(want) {
		t.Errorf("a word is promised for %s, want %s", s.ReplyDue, want)
	}
	e.advance(15*time.Hour + 29*time.Minute)
	if e.due(); len(e.facts(live.ServiceSLABreached)) != 0 {
		t.Errorf("broken before it was due: %v", e.facts(live.ServiceSLABreached))
	}
	e.advance(time.Minute)
	for range 3 {
		e.due()
	}
	if got := e.facts(live.ServiceSLABreached); len(got) != 1 || !strings.Contains(got[0], `"first_response"`) {
		t.Errorf("broken promises %v", got)
	}
	e.advance(time.Minute)
	e.online(li, 1)
	e.says(li, s.ID, "sorry")
	e.advance(2 * time.Hour)
	e.due()
	e.due()
	if got := e.facts(live.ServiceSLABreached); len(got) != 2 || !strings.Contains(got[1], `"resolution"`) || !strings.Contains(got[1], `"agent_id":"li"`) {
		t.Errorf("broken promises %v", got)
	}
	if _, err := e.Close(t.Context(), "m1", li, s.ID, care.Resolved); err != nil {
		t.Fatal(err)
	}
	got := e.session(s.ID)
	if got.Reply != 15*time.Hour+31*time.Minute || got.ReplyBusiness != 31*time.Minute || got.ResolveBusiness != 2*time.Hour+31*time.Minute {
		t.Errorf("a word after %s, %s of business; closed after %s of business", got.Reply, got.ReplyBusiness, got.ResolveBusiness)
	}
	turns, _, _, err := e.Turns(t.Context(), Reader{Merchant: "m1", By: li}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(turns, func(x Turn) bool { return x.Kind == turnSLA && x.Clock == care.ClockResolution }) {
		t.Error("the agent was not told of the promise")
	}
}

// TestAgentGone: who waits with an agent who is not there is given to another, and
// who does not wait stays.
func TestAgentGone(t *testing.T) {
	e := newEnv(t)
	e.online(li, 5)
	waits, answered := e.asks("p1"), e.asks("p2")
	e.says(li, answered.ID, "done")
	if err := e.Depart(t.Context(), "m1", li); err != nil {
		t.Fatal(err)
	}
	e.advance(goneAfter - time.Second)
	if e.due(); e.session(waits.ID).Agent != "li" {
		t.Error("taken away before the agent could come back")
	}
	e.advance(time.Second)
	e.due()
	if got := e.session(waits.ID); got.State != care.StateQueued {
		t.Errorf("it is %s, %q's", got.State, got.Agent)
	}
	e.online(wang, 5)
	if got := e.session(waits.ID); got.Agent != "wang" {
		t.Errorf("it is %s, %q's", got.State, got.Agent)
	}
	if got := e.session(answered.ID); got.Agent != "li" {
		t.Errorf("who does not wait is %q's", got.Agent)
	}
}

// TestSilence: a session in which nobody speaks is closed and not rated; one in
// which a person waits is not.
func TestSilence(t *testing.T) {
	e := newEnv(t)
	set := care.DefaultSettings()
	set.Silence = time.Hour
	if _, err := e.SetSettings(t.Context(), "m1", owner, set); err != nil {
		t.Fatal(err)
	}
	e.online(li, 5)
	waits, answered := e.asks("p1"), e.asks("p2")
	e.says(li, answered.ID, "done")
	o, err := e.Open(t.Context(), viewer("p3"), Open{Merchant: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	e.advance(time.Hour - time.Second)
	e.due()
	e.advance(time.Second)
	e.due()
	for id, want := range map[string]care.State{waits.ID: care.StateQueued, answered.ID: care.StateClosed, o.Session.ID: care.StateClosed} {
		got := e.session(id)
		if got.State != want || want == care.StateClosed && (got.Resolution != care.Silent || !got.RatingAt.IsZero()) {
			t.Errorf("%s: %s %s, rating asked at %s", id, got.State, got.Resolution, got.RatingAt)
		}
	}
	e.advance(keepTurns + time.Second)
	e.due()
	if _, _, complete, err := e.Turns(t.Context(), Reader{Merchant: "m1", By: li}, 1, 10); err != nil || complete {
		t.Errorf("turns of last week are complete: %v, %v", complete, err)
	}
}

// registry counts groups.
type registry struct {
	to   []string
	fail error
}

func (r *registry) ReassignGroups(_ context.Context, _ live.MerchantID, from string, to []string, _ live.Principal) (int, error) {
	if r.fail != nil {
		return 0, r.fail
	}
	r.to = append([]string{from}, to...)
	return 7, nil
}

// TestLeave: what was theirs goes to the others evenly, by persona, and nothing is
// left behind; who had it before stays told.
func TestLeave(t *testing.T) {
	groups := &registry{}
	e := newEnv(t, groups)
	zhao := live.Principal{Subject: "zhao", Role: live.RoleAgent, Merchant: "m1"}
	e.online(li, 100, care.PersonaExpert, care.PersonaAccount)
	for i := range 9 {
		persona := care.PersonaExpert
		if i == 0 {
			persona = care.PersonaAccount
		}
		e.asks(fmt.Sprint("p", i), persona)
	}
	e.online(wang, 1, care.PersonaExpert)
	e.online(zhao, 1, care.PersonaExpert)
	e.advance(time.Second)
	for name, try := range map[string]func() error{
		"agent_not_found": func() error { _, err := e.Leave(t.Context(), "m1", owner, "nobody", nil); return err },
		"same_agent":      func() error { _, err := e.Leave(t.Context(), "m1", owner, "li", []string{"li"}); return err },
	} {
		if err := try(); code(err) != name {
			t.Errorf("%v, want %s", err, name)
		}
	}
	got, err := e.Leave(t.Context(), "m1", owner, "li", nil)
	if err != nil || got.Sessions != 9 || got.Queued != 1 || got.People != 9 || got.Groups != 7 || !slices.Equal(groups.to, []string{"li", "wang", "zhao"}) {
		t.Errorf("left %+v, %v; groups %v", got, err, groups.to)
	}
	agents, err := e.Agents(t.Context(), "m1", owner)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range agents {
		switch {
		case a.ID == "li" && (a.State != AgentLeft || a.Open != 0 || a.People != 0):
			t.Errorf("who left: %+v", a)
		case a.ID != "li" && (a.Open != 4 || a.People < 4 || a.People > 5):
			t.Errorf("who takes over: %+v", a)
		}
	}
	if _, err := e.Arrive(t.Context(), "m1", li, AgentOnline); code(err) != "agent_left" {
		t.Errorf("who left arrives: %v", err)
	}
	var n int64
	if err := e.store.View(t.Context()).Row(`SELECT COUNT(*) FROM service_people WHERE merchant_id = 'm1' AND agent_id = 'li' AND until_at > 0`).Scan(&n); err != nil || n != 9 {
		t.Errorf("%d people are told to have been theirs, %v", n, err)
	}
	if got := e.facts(live.ServiceAgentLeft); len(got) != 1 {
		t.Errorf("told %v", got)
	}
	audit, _, err := e.store.Audit(t.Context(), store.AuditFilter{Merchant: "m1", Limit: 500})
	if err != nil || !slices.ContainsFunc(audit, func(r store.AuditRow) bool { return r.Action == "service_agent_leave" && r.Actor.ID == "owner" }) {
		t.Errorf("the audit does not tell who did it: %v", err)
	}
	groups.fail = errors.New("away")
	if _, err := e.Leave(t.Context(), "m1", owner, "wang", []string{"zhao"}); err == nil {
		t.Error("groups that were not handed over are not told")
	}
	groups.fail = nil
	if again, err := e.Leave(t.Context(), "m1", owner, "wang", []string{"zhao"}); err != nil || again.Groups != 7 || again.Sessions != 0 {
		t.Errorf("again: %+v, %v", again, err)
	}
}

// incarnation is a log of which only the name is asked.
type incarnation struct {
	eventlog.Ranger

	name string
}

func (i incarnation) Epoch() string { return i.name }

// TestCounter: each fact counts once, however often and in whatever pieces the log
// is read, for the entry it names.
func TestCounter(t *testing.T) {
	e := newEnv(t)
	for _, id := range []string{"a", "b"} {
		if _, err := e.CreateEntry(t.Context(), owner, Entry{Merchant: "m1", ID: id, Type: care.EntryShop, Title: id}); err != nil {
			t.Fatal(err)
		}
	}
	var log []live.Entry
	add := func(kind live.Kind, entry string, role live.Role, rehearsal bool) {
		log = append(log, live.Entry{Position: live.Position{Seq: uint64(len(log) + 1)}, Event: live.Event{
			Kind: kind, Merchant: "m1", Actor: live.Actor{ID: "x", Role: role}, Rehearsal: rehearsal, Data: []byte(`{"entry_id":"` + entry + `"}`),
		}})
	}
	for range 5 {
		add(live.ServiceEntryExposed, "a", live.RoleViewer, false)
		add(live.CommentSent, "a", live.RoleViewer, false)
		add(live.ServiceEntryExposed, "b", live.RoleIntegration, false)
		add(live.ServiceEntryExposed, "b", live.RoleViewer, true)
		add(live.ServiceEntryOpened, "b", live.RoleOperator, false)
		add(live.ServiceEntryExposed, "gone", live.RoleViewer, false)
	}
	add(live.ServiceEntryOpened, "a", live.RoleViewer, false)
	n := NewCounter(CounterConfig{Store: e.store, Log: incarnation{name: "e1"}, Now: e.now})
	for _, piece := range []int{7, 1, 100} { // read again from the beginning each time
		for from := 0; from < len(log); from += piece {
			until := min(from+piece, len(log))
			if err := n.Take(t.Context(), log[from:until], live.Position{Seq: uint64(until + 1)}, piece == 1); err != nil {
				t.Fatal(err)
			}
		}
	}
	for id, want := range map[string][2]int64{"a": {5, 1}, "b": {5, 0}} {
		got, err := e.Entry(t.Context(), "m1", owner, id)
		if err != nil || got.Exposed != want[0] || got.Opened != want[1] {
			t.Errorf("%s was shown %d times and opened %d, want %v; %v", id, got.Exposed, got.Opened, want, err)
		}
	}
}
