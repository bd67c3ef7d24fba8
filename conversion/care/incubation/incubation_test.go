package incubation

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"showrunner/live"
)

// promote asks as ann and grants as the operator.
func (s *studio) promote() (Promotion, error) {
	if _, err := s.book.Ask(ctx, ReachOf(s.m, s.as(live.RoleAgent)), "ann", s.as(live.RoleAgent)); err != nil {
		return Promotion{}, err
	}
	return s.book.Decide(ctx, s.m, "ann", true, "earned", s.operator)
}

// TestWay: an agent goes the whole way, no stage without what it asks for, and the
// facts tell each step.
func TestWay(t *testing.T) {
	e := newEnv(t)
	s := e.studio(t)
	s.joined()
	coached, ann := ReachOf(s.m, s.coach), s.as(live.RoleAgent)
	own := ReachOf(s.m, ann)

	// Proof of a skill: by the coach, for no stranger and not for oneself.
	_, err := s.promote()
	refused(t, err, "not_ready")
	stranger := live.Principal{Subject: "wu", Role: live.RoleHost, Merchant: s.m}
	refused(t, s.book.Prove(ctx, ReachOf(s.m, stranger), "ann", "explain", "seen", stranger), "candidate_not_found")
	refused(t, s.book.Prove(ctx, s.all(), "ann", "explain", "seen", s.as(live.RoleHost)), "own_case")
	refused(t, s.book.Prove(ctx, coached, "ann", "juggling", "seen", s.coach), "skill_not_found")
	if err := s.book.Prove(ctx, coached, "ann", "explain", "three knives", s.coach); err != nil {
		t.Fatal(err)
	}
	_, err = s.book.Pass(ctx, own, "ann", ann)
	refused(t, err, "not_promoted")
	_, err = s.book.Decide(ctx, s.m, "ann", true, "early", s.operator)
	refused(t, err, "not_asked")
	if _, err := s.book.Ask(ctx, own, "ann", ann); err != nil {
		t.Fatal(err)
	}
	_, err = s.book.Ask(ctx, own, "ann", ann)
	refused(t, err, "already_asked")
	_, err = s.book.Decide(ctx, s.m, "ann", true, "mine", s.as(live.RoleOperator))
	refused(t, err, "own_case")
	if p, err := s.book.Decide(ctx, s.m, "ann", false, "not today", s.operator); err != nil || p.State != Refused {
		t.Fatalf("%+v, %v", p, err)
	}
	if p, err := s.promote(); err != nil || p.To != "drill" || p.Checks[0].Evidence != "three knives" || p.Checks[0].Verdict != Met {
		t.Fatalf("%+v, %v", p, err)
	}
	if role, err := s.book.Pass(ctx, own, "ann", ann); err != nil || role != live.RoleTrainee {
		t.Fatalf("%s, %v", role, err)
	}

	// Drills: what a rehearsal's facts say and the rubric decide.
	full := []Mark{{"clear", 8}, {"pace", 3}}
	real := s.onAir(s.coach, 30)
	_, err = s.book.Rehearsal(ctx, coached, "ann", real, s.coach)
	refused(t, err, "not_a_rehearsal")
	for i, c := range []struct {
		minutes int
		well    bool
		marks   []Mark
		want    []Miss
	}{
		{11, true, full, nil},
		{9, true, full, []Miss{MissMinutes}},
		{11, false, full, []Miss{MissMistakes}},
		{11, true, []Mark{{"clear", 8}, {"pace", 0}}, []Miss{MissPoints}},
		{11, true, full, nil},
	} {
		show := s.drill(c.minutes, c.well)
		_, err = s.book.Judge(ctx, coached, "ann", show, c.marks, "", s.coach)
		refused(t, err, "drill_not_found")
		if _, err := s.book.Rehearsal(ctx, coached, "ann", show, s.coach); err != nil {
			t.Fatal(err)
		}
		_, err = s.book.Judge(ctx, coached, "ann", show, []Mark{{"clear", 11}, {"pace", 0}}, "", s.coach)
		refused(t, err, "invalid_field")
		d, err := s.book.Judge(ctx, coached, "ann", show, c.marks, "noted", s.coach)
		if err != nil || !slices.Equal(d.Misses, c.want) || (d.State == DrillPassed) != (c.want == nil) {
			t.Fatalf("drill %d: %+v, %v", i, d, err)
		}
		want := Evidence{ // The end of the show is not of the time they were on.
			OnMS: int64(c.minutes)*60_000 + 3_000, Commands: 1, Prompts: 1, Followed: 1, PromptMS: 2000, Comments: 2, Answered: 1,
		}
		if !c.well {
			want.Commands, want.Mistakes = 4, 3
		}
		if *d.Evidence != want {
			t.Errorf("drill %d: %+v, want %+v", i, *d.Evidence, want)
		}
		_, err = s.book.Judge(ctx, coached, "ann", show, c.marks, "", s.coach)
		refused(t, err, "drill_judged")
		if i == 3 {
			_, err := s.promote()
			refused(t, err, "not_ready")
		}
	}
	if p, err := s.promote(); err != nil || p.To != "shadow" || p.Checks[0].Have != 2 {
		t.Fatalf("%+v, %v", p, err)
	}

	// A shadow show counts when it was watched for long enough and written of.
	show := s.onAir(s.coach, 30)
	_, err = s.book.Review(ctx, coached, "ann", show, "quiet", s.coach)
	refused(t, err, "not_attended")
	s.take(s.watched(show, 9*time.Minute))
	if _, err := s.book.Review(ctx, coached, "ann", show, "quiet", s.coach); err != nil {
		t.Fatal(err)
	}
	_, err = s.promote()
	refused(t, err, "not_ready")
	s.wait(time.Minute)
	more := s.watched(show, time.Minute)
	s.take(more)
	s.take(more) // The log may be read again.
	if c, err := s.book.Candidate(ctx, own, "ann", s.now()); err != nil || len(c.Shadows) != 1 || c.Shadows[0].Attended != 600_000 || c.Shadows[0].Note != "quiet" {
		t.Fatalf("%+v, %v", c.Shadows, err)
	}
	if p, err := s.promote(); err != nil || p.To != "cohost" {
		t.Fatalf("%+v, %v", p, err)
	}
	if role, err := s.book.Pass(ctx, own, "ann", ann); err != nil || role != live.RoleHost {
		t.Fatalf("%s, %v", role, err)
	}

	// A co-host hosts a real show, and is through.
	s.onAir(s.as(live.RoleHost), 19)
	if err := s.book.Prove(ctx, coached, "ann", "close", "two offers", s.coach); err != nil {
		t.Fatal(err)
	}
	_, err = s.promote()
	refused(t, err, "not_ready")
	hosted := s.onAir(s.as(live.RoleHost), 20)
	if p, err := s.promote(); err != nil || p.To != "host" || !slices.Equal(p.Checks[0].Shows, []live.ShowID{hosted}) {
		t.Fatalf("%+v, %v", p, err)
	}
	_, err = s.promote()
	refused(t, err, "last_stage")

	rows, err := s.store.Outbox(ctx, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	told := map[live.Kind]int{}
	for _, r := range rows {
		told[r.Event.Kind]++
	}
	for kind, want := range map[live.Kind]int{
		live.IncubationJoined: 1, live.SkillProved: 2, live.DrillBooked: 5, live.DrillJudged: 5, live.ShadowReviewed: 1,
		live.PromotionAsked: 5, live.PromotionGranted: 4, live.PromotionRefused: 1, live.RoleTokenIssued: 2,
	} {
		if told[kind] != want {
			t.Errorf("%s was told %d times, want %d", kind, told[kind], want)
		}
	}
}

// TestLeaving: who leaves has no promotion open and no token any more; who comes
// back begins anew, with what was proved.
func TestLeaving(t *testing.T) {
	e := newEnv(t)
	s := e.studio(t)
	s.joined()
	ann := s.as(live.RoleAgent)
	own := ReachOf(s.m, ann)
	if err := s.book.Prove(ctx, s.all(), "ann", "explain", "seen", s.operator); err != nil {
		t.Fatal(err)
	}
	if _, err := s.promote(); err != nil {
		t.Fatal(err)
	}
	_, err := s.book.Join(ctx, s.m, "ann", "other", "", s.operator)
	refused(t, err, "track_not_found")
	second := way()
	second.ID = "other"
	if err := s.book.SetTrack(ctx, s.m, second, s.operator); err != nil {
		t.Fatal(err)
	}
	_, err = s.book.Join(ctx, s.m, "ann", "other", "", s.operator)
	refused(t, err, "on_another_track")
	_, err = s.book.Join(ctx, s.m, "ann", "host", "ann", s.operator)
	refused(t, err, "invalid_field")
	if c, err := s.book.Join(ctx, s.m, "ann", "host", "wu", s.operator); err != nil || c.Stage != "drill" || c.Coach != "wu" {
		t.Errorf("with another coach: %+v, %v", c, err)
	}
	short := way()
	short.Stages = slices.Delete(short.Stages, 1, 2)
	refused(t, s.book.SetTrack(ctx, s.m, short, s.operator), "stage_in_use")
	refused(t, s.book.SetSkills(ctx, s.m, skills()[1:], s.operator), "skill_in_use")
	s.wait(time.Minute)
	if _, err := s.book.Leave(ctx, s.m, "ann", "back to the desk", s.operator); err != nil {
		t.Fatal(err)
	}
	_, err = s.book.Pass(ctx, own, "ann", ann)
	refused(t, err, "candidate_left")
	_, err = s.book.Ask(ctx, own, "ann", ann)
	refused(t, err, "candidate_left")
	list := func(f Filter) int {
		t.Helper()
		f.Now = s.now()
		got, _, err := s.book.Candidates(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		return len(got)
	}
	if got := [...]int{list(Filter{Reach: s.all()}), list(Filter{Reach: s.all(), Left: true}), list(Filter{Reach: Reach{Merchant: "other"}, Left: true})}; got != [...]int{0, 1, 0} {
		t.Errorf("listed %v", got)
	}
	if err := s.book.SetTrack(ctx, s.m, short, s.operator); err != nil {
		t.Errorf("nobody stands in the stage: %v", err)
	}
	s.wait(time.Minute)
	c, err := s.book.Join(ctx, s.m, "ann", "other", "lin", s.operator)
	if err != nil || c.Stage != "agent" || !c.LeftAt.IsZero() {
		t.Fatalf("%+v, %v", c, err)
	}
	got, _, err := s.book.Candidates(ctx, Filter{Reach: own, Now: s.now()})
	if err != nil || len(got) != 1 || got[0].Next != "drill" || !Ready(got[0].Checks) {
		t.Errorf("come back: %+v, %v", got, err)
	}
	if n := list(Filter{Reach: ReachOf(s.m, live.Principal{Subject: "wu", Role: live.RoleHost})}); n != 0 {
		t.Errorf("a host sees %d whom they do not coach", n)
	}
	if n := list(Filter{Reach: ReachOf(s.m, s.coach)}); n != 1 {
		t.Errorf("the coach sees %d", n)
	}
}

func TestWeigh(t *testing.T) {
	on := []span{{1000, 5000}, {9000, 12_000}}
	said := []remark{{"a", "", "kim", 1000}, {"b", "", "kim", 4999}, {"c", "", "kim", 5000}, {"d", "", "ann", 2000}, {"e", "a", "ann", 3000}, {"f", "b", "ann", 6000}, {"g", "", "kim", 9500}}
	deeds := []deed{
		{900, "op", "command.send_prompt", "", ""},    // before they were on
		{1500, "op", "command.send_prompt", "", ""},   // overtaken by the next
		{2000, "op", "command.send_prompt", "", ""},   // followed after 500
		{2200, "ann", "command.pin_product", "x", ""}, // a mistake follows nothing
		{2500, "ann", "command.pin_product", "", ""},
		{4000, "op", "command.send_prompt", "wrong_state", ""},
		{4500, "op", "command.send_prompt", "", ""}, // they went off
		{9000, "ann", "command.pin_comment", "", `{"comment_id":"g"}`},
		{9500, "op", "command.send_prompt", "", ""}, // followed after 1500
		{11_000, "ann", "command.unpin_product", "", ""},
		{12_000, "ann", "command.end_show", "", ""}, // off
	}
	want := Evidence{OnMS: 7000, Commands: 4, Mistakes: 1, Prompts: 4, Followed: 3, PromptMS: 1500, Comments: 3, Answered: 2}
	if got := weigh("ann", on, deeds, said); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := weigh("ann", nil, deeds, said); got != (Evidence{}) {
		t.Errorf("of one who was never on: %+v", got)
	}
}

func TestJudgeFigure(t *testing.T) {
	for name, c := range map[string]struct {
		r        Requirement
		num, den int64
		want     Verdict
	}{
		"exactly":           {Requirement{Figure: "csat", AtLeast: new(int64(9000)), Sample: 10}, 9, 10, Met},
		"below by a hair":   {Requirement{Figure: "csat", AtLeast: new(int64(9001)), Sample: 10}, 9, 10, NotMet},
		"a small sample":    {Requirement{Figure: "csat", AtLeast: new(int64(9000)), Sample: 11}, 10, 10, TooSmall},
		"nothing":           {Requirement{Figure: "csat", AtLeast: new(int64(0)), Sample: 1}, 0, 0, TooSmall},
		"a rate at most":    {Requirement{Figure: "reopen_rate", AtMost: new(int64(1000)), Sample: 1}, 1, 10, Met},
		"above":             {Requirement{Figure: "reopen_rate", AtMost: new(int64(999)), Sample: 1}, 1, 10, NotMet},
		"a mean time":       {Requirement{Figure: "first_response_time", AtMost: new(int64(1500)), Sample: 2}, 3000, 2, Met},
		"a longer time":     {Requirement{Figure: "first_response_time", AtMost: new(int64(1500)), Sample: 2}, 3001, 2, NotMet},
		"thirds are exact":  {Requirement{Figure: "csat", AtLeast: new(int64(3333)), Sample: 1}, 1, 3, Met},
		"and not rounded":   {Requirement{Figure: "csat", AtLeast: new(int64(3334)), Sample: 1}, 1, 3, NotMet},
		"time at the least": {Requirement{Figure: "resolution_time", AtLeast: new(int64(10)), Sample: 1}, 9, 1, NotMet},
	} {
		if got := c.r.judge(c.num, c.den); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestTracksAreChecked(t *testing.T) {
	good := way()
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*Track){
		"no name":                 func(x *Track) { x.ZH = "" },
		"one stage":               func(x *Track) { x.Stages = x.Stages[:1] },
		"a host from the start":   func(x *Track) { x.Stages[0].Role = live.RoleHost },
		"a first stage that asks": func(x *Track) { x.Stages[0].Needs = []Requirement{{Kind: NeedDrills, Count: 1}} },
		"a stage for nothing":     func(x *Track) { x.Stages[1].Needs = nil },
		"an operator":             func(x *Track) { x.Stages[1].Role = live.RoleOperator },
		"a stage twice":           func(x *Track) { x.Stages[2].Key = x.Stages[1].Key },
		"an unknown kind":         func(x *Track) { x.Stages[1].Needs[0].Kind = "luck" },
		"members of another kind": func(x *Track) { x.Stages[1].Needs[0].Count = 1 },
		"no drills":               func(x *Track) { x.Stages[2].Needs[0].Count = 0 },
		"no minutes":              func(x *Track) { x.Stages[3].Needs[0].Minutes = 0 },
		"an unknown figure": func(x *Track) {
			x.Stages[1].Needs[0] = Requirement{Kind: NeedScore, Figure: "charm", AtLeast: new(int64(1)), Sample: 1, Days: 1}
		},
		"two bounds": func(x *Track) {
			x.Stages[1].Needs[0] = Requirement{Kind: NeedScore, Figure: "csat", AtLeast: new(int64(1)), AtMost: new(int64(1)), Sample: 1, Days: 1}
		},
		"no sample": func(x *Track) {
			x.Stages[1].Needs[0] = Requirement{Kind: NeedScore, Figure: "csat", AtLeast: new(int64(1)), Days: 1}
		},
		"no rubric":           func(x *Track) { x.Drill.Rubric = nil },
		"more than all marks": func(x *Track) { x.Drill.Pass = 16 },
		"over all comments":   func(x *Track) { x.Drill.Answered = new(int64(10_001)) },
	} {
		x := way()
		spoil(&x)
		refused(t, x.check(), "invalid_field")
		if reflect.DeepEqual(x, good) {
			t.Errorf("%s spoils nothing", name)
		}
	}
}

// TestWithdraw: a track goes when nobody is on it, with the skills it asked for;
// of who left it everything is still read.
func TestWithdraw(t *testing.T) {
	e := newEnv(t)
	s := e.studio(t)
	s.joined()
	refused(t, s.book.Withdraw(ctx, s.m, "other", s.operator), "track_not_found")
	refused(t, s.book.Withdraw(ctx, "another", "host", s.operator), "track_not_found")
	refused(t, s.book.Withdraw(ctx, s.m, "host", s.operator), "track_in_use")
	if _, err := s.book.Leave(ctx, s.m, "ann", "back to the desk", s.operator); err != nil {
		t.Fatal(err)
	}
	if err := s.book.Withdraw(ctx, s.m, "host", s.operator); err != nil {
		t.Fatal(err)
	}
	if list, err := s.book.Tracks(ctx, s.m); err != nil || len(list) != 0 {
		t.Errorf("withdrawn, and there: %v, %v", list, err)
	}
	if err := s.book.SetSkills(ctx, s.m, nil, s.operator); err != nil {
		t.Errorf("no track asks for the skills: %v", err)
	}
	all, _, err := s.book.Candidates(ctx, Filter{Reach: s.all(), Left: true, Now: s.now()})
	if err != nil || len(all) != 1 || all[0].Role != live.RoleAgent || all[0].Track != "host" || all[0].Next != "" {
		t.Errorf("who left: %+v, %v", all, err)
	}
	if got, err := s.book.Candidate(ctx, s.all(), "ann", s.now()); err != nil || got.LeftAt.IsZero() {
		t.Errorf("one who left: %+v, %v", got, err)
	}
	_, err = s.book.Join(ctx, s.m, "ann", "host", "", s.operator)
	refused(t, err, "track_not_found")
}
