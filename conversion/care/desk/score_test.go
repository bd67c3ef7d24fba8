package desk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion/care"
	"showrunner/live"
)

// toldSession is a session as the facts tell it.
type toldSession struct {
	opened                      time.Time
	persona                     care.Persona
	byViewer, queued, closed    bool
	last, resolution            string
	reply, resolve              int64 // ms; -1: none
	late, reopened, ended, good bool
	overdue                     bool
	asked, rated                bool
	given, passed               map[string]bool
}

// TestScores holds the scores of a drawn week against what the facts of the week
// tell, fact by fact: the facts know nothing of the tables.
func TestScores(t *testing.T) {
	e := newEnv(t)
	ctx, from := t.Context(), e.now()
	rng := rand.New(rand.NewPCG(4, 9))
	zhao := live.Principal{Subject: "zhao", Name: "Zhao", Role: live.RoleAgent, Merchant: "m1"}
	agents := []live.Principal{li, wang, zhao}
	for _, a := range agents {
		e.online(a, 6)
	}
	set := care.DefaultSettings()
	set.FirstResponse = 2 * time.Hour
	if _, err := e.SetSettings(ctx, "m1", owner, set); err != nil {
		t.Fatal(err)
	}
	ids := []string{}
	for range 700 {
		e.advance(time.Duration(rng.IntN(20*60)) * time.Second)
		for _, a := range agents { // their servers say that they are there
			if _, err := e.Arrive(ctx, "m1", a, AgentOnline); err != nil {
				t.Fatal(err)
			}
		}
		e.due()
		by := agents[rng.IntN(len(agents))]
		if len(ids) == 0 || rng.IntN(4) == 0 {
			in := Open{Merchant: "m1", Text: "转人工", Persona: append([]care.Persona{""}, care.Personas...)[rng.IntN(5)]}
			who := viewer(fmt.Sprint("p", rng.IntN(40)))
			if rng.IntN(5) == 0 {
				in.Person, in.Text, in.Kind, who = live.PersonID(who.Subject), "how is it?", care.KindCare, by
			}
			if o, err := e.Open(ctx, who, in); err == nil {
				ids = append(ids, o.Session.ID)
			}
			continue
		}
		s := e.session(ids[len(ids)-1-rng.IntN(min(len(ids), 8))])
		if has := slices.IndexFunc(agents, func(a live.Principal) bool { return a.Subject == s.Agent }); has >= 0 && rng.IntN(5) > 0 {
			by = agents[has]
		}
		// What does not follow is refused, and says nothing.
		switch rng.IntN(8) {
		case 0:
			_, _ = e.Accept(ctx, "m1", by, s.ID)
		case 1, 2, 3:
			_, _, _ = e.Say(ctx, by, Say{Merchant: "m1", Session: s.ID, Text: "well", Kind: care.MessageKinds[rng.IntN(len(care.MessageKinds))]})
		case 4:
			_, _, _ = e.Say(ctx, viewer(string(s.Person)), Say{Merchant: "m1", Session: s.ID, Text: "and?"})
		case 5:
			to := agents[rng.IntN(len(agents))].Subject
			if rng.IntN(2) == 0 {
				to = ""
			}
			from := by
			if rng.IntN(3) == 0 {
				from = owner
			}
			_, _ = e.Transfer(ctx, from, Transfer{Merchant: "m1", Session: s.ID, Agent: to, Reason: "knows better"})
		case 6:
			if _, err := e.Close(ctx, "m1", by, s.ID, []care.Resolution{care.Resolved, care.Unresolved}[rng.IntN(2)]); err == nil && rng.IntN(2) == 0 {
				_, _ = e.Rate(ctx, "m1", viewer(string(s.Person)), s.ID, int64(1+rng.IntN(5)))
			}
		case 7:
			_, _ = e.Rate(ctx, "m1", viewer(string(s.Person)), s.ID, int64(1+rng.IntN(5)))
		}
	}
	until := from.Add(4 * 24 * time.Hour)
	if e.now().Before(until) {
		t.Fatalf("the days are over at %s", e.now())
	}
	want := e.toldScores(from, until)
	var all Score
	for _, s := range want {
		if s.Replied < 5 || s.Kept == 0 || s.Passed == 0 || s.Passed == s.Given || s.Sell == 0 || len(s.Personas) < 3 || s.ReplyMedian == s.ReplyP95 {
			t.Errorf("the days say too little of %+v", s)
		}
		all.Kept, all.Judged, all.Reopened, all.Ended = all.Kept+s.Kept, all.Judged+s.Judged, all.Reopened+s.Reopened, all.Ended+s.Ended
		all.Good, all.Rated = all.Good+s.Good, all.Rated+s.Rated
	}
	if all.Kept == all.Judged || all.Reopened == 0 || all.Reopened == all.Ended || all.Good == 0 || all.Good == all.Rated {
		t.Errorf("the days say too little: %+v", all)
	}
	got, err := e.Scores(ctx, FigureFilter{Merchant: "m1", From: from, Until: until})
	if err != nil || len(want) != 3 {
		t.Fatal(len(want), err)
	}
	if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("-told +scored\n%s", d)
	}
	for i := range want { // the figures of one are those of GET /v1/service/figures
		s := &want[i]
		one, err := e.Scores(ctx, FigureFilter{Merchant: "m1", From: from, Until: until, Agent: s.Agent})
		if err != nil || gocmp.Diff(want[i:i+1], one, cmpopts.EquateEmpty()) != "" {
			t.Errorf("of %s alone: %+v, %v", s.Agent, one, err)
		}
		if f, err := e.Figures(ctx, FigureFilter{Merchant: "m1", From: from, Until: until, Agent: s.Agent}); err != nil || f != s.Figures {
			t.Errorf("figures of %s: %+v, %v", s.Agent, f, err)
		}
	}
	if none, err := e.Scores(ctx, FigureFilter{Merchant: "m2", From: from, Until: until}); err != nil || len(none) > 0 {
		t.Errorf("of another merchant: %v, %v", none, err)
	}
	if _, err := e.Scores(ctx, FigureFilter{Merchant: "m1", From: from, Until: from}); code(err) != "invalid_field" {
		t.Errorf("of no time: %v", err)
	}
}

// toldScores counts from the facts in the outbox.
func (e *env) toldScores(from, until time.Time) []Score {
	e.t.Helper()
	sessions, scores := map[string]*toldSession{}, map[string]*Score{}
	in := func(at time.Time) bool { return !at.Before(from) && at.Before(until) }
	of := func(agent string) *Score {
		if scores[agent] == nil {
			scores[agent] = &Score{Agent: agent}
		}
		return scores[agent]
	}
	given := map[[2]string]time.Time{}
	rows, err := e.store.Outbox(e.t.Context(), 0, 100_000)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, row := range rows {
		f := row.Event
		var d struct {
			Session    string       `json:"session_id"`
			Persona    care.Persona `json:"persona"`
			Initiated  string       `json:"initiated_by"`
			Agent      string       `json:"agent_id"`
			From       string       `json:"from"`
			To         string       `json:"to"`
			By         string       `json:"by"`
			Kind       string       `json:"kind"`
			Clock      string       `json:"clock"`
			Resolution string       `json:"resolution"`
			WallMS     int64        `json:"wall_ms"`
			Rate       bool         `json:"rate"`
			Score      int64        `json:"score"`
		}
		if err := json.Unmarshal(f.Data, &d); err != nil {
			e.t.Fatal(err)
		}
		if f.Kind == live.ServiceStarted {
			sessions[d.Session] = &toldSession{
				opened: f.OccurredAt, persona: d.Persona, byViewer: d.Initiated == "viewer", reply: -1, given: map[string]bool{}, passed: map[string]bool{},
			}
		}
		s := sessions[d.Session]
		switch f.Kind {
		case live.ServiceHandedOver:
			s.queued = true
		case live.ServiceAssigned:
			s.last = d.Agent
			if k := [2]string{d.Session, d.Agent}; given[k].IsZero() {
				given[k] = f.OccurredAt
			}
		case live.ServiceTransferred:
			if s.last = ""; d.To != "" {
				s.last = d.To
			}
			s.persona = d.Persona
			if f.Actor.ID == d.From {
				s.passed[d.From] = true
			}
		case live.ServiceFirstReplied:
			s.reply = d.WallMS
		case live.ServiceMessageSent:
			if d.By == "agent" && in(f.OccurredAt) {
				switch d.Kind {
				case "share", "qa", "care":
					of(d.Agent).Care++
				case "recommend":
					of(d.Agent).Sell++
				}
			}
		case live.ServiceClosed:
			s.closed, s.ended, s.resolution, s.resolve = true, true, d.Resolution, d.WallMS
			s.asked = s.asked || d.Rate
		case live.ServiceReopened:
			s.closed, s.reopened, s.queued = false, true, true
			s.late = s.late && s.reply >= 0 // who was not answered so far is promised a word again
			s.overdue = false
		case live.ServiceRated:
			s.rated, s.good = true, d.Score >= 4
		case live.ServiceSLABreached:
			s.late = s.late || d.Clock == string(care.ClockFirstResponse)
			s.overdue = s.overdue || d.Clock == string(care.ClockResolution)
		}
	}
	count := func(n *int64, is bool) {
		if is {
			*n++
		}
	}
	replies := map[string][]int64{}
	for id, s := range sessions {
		for k, at := range given {
			if k[0] == id && in(at) {
				of(k[1]).Given++
				count(&of(k[1]).Passed, s.passed[k[1]])
			}
		}
		if s.last == "" || !in(s.opened) {
			continue
		}
		x := of(s.last)
		x.Sessions++
		asked := s.byViewer && s.queued
		count(&x.WithBot, s.byViewer)
		count(&x.HandedOver, s.byViewer)
		count(&x.Opened, s.byViewer)
		count(&x.Overdue, s.overdue)
		count(&x.Asked, asked)
		count(&x.Late, asked && s.late)
		count(&x.Judged, asked && (s.late || s.reply >= 0))
		count(&x.Kept, asked && !s.late && s.reply >= 0)
		count(&x.Reopened, s.reopened)
		count(&x.Ended, s.ended)
		count(&x.RateAsked, s.asked)
		count(&x.Rated, s.rated)
		count(&x.Good, s.good)
		if asked && s.reply >= 0 {
			x.Replied++
			x.ReplyMS, x.BusinessMS = x.ReplyMS+s.reply, x.BusinessMS+s.reply
			replies[s.last] = append(replies[s.last], s.reply)
		}
		if s.closed {
			x.Closed++
			x.ResolveMS += s.resolve
			count(&x.Resolved, s.resolution == "resolved")
		}
		i := slices.IndexFunc(x.Personas, func(p PersonaCount) bool { return p.Persona == s.persona })
		if i < 0 {
			i = len(x.Personas)
			x.Personas = append(x.Personas, PersonaCount{Persona: s.persona})
		}
		x.Personas[i].Sessions++
	}
	var out []Score
	for agent, x := range scores {
		all := replies[agent]
		slices.Sort(all)
		if n := len(all); n > 0 {
			x.ReplyMedian, x.ReplyP95 = all[(n+1)/2-1], all[(95*n+99)/100-1]
		}
		slices.SortFunc(x.Personas, func(a, b PersonaCount) int { return cmp.Compare(a.Persona, b.Persona) })
		out = append(out, *x)
	}
	slices.SortFunc(out, func(a, b Score) int { return cmp.Compare(a.Agent, b.Agent) })
	return out
}
