package incubation

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"showrunner/live"
)

// books is what a property counts beside the book, from what it did itself.
type books struct {
	stage  int
	proved map[string]bool
	drills int
	shadow time.Duration // of the one show watched
	noted  bool
	hosted bool
	asked  bool
}

// may says whether the evidence for the stage after stands in the books, by hand.
func (b *books) may() bool {
	switch b.stage {
	case 0:
		return b.proved["explain"]
	case 1:
		return b.drills >= 2
	case 2:
		return b.shadow >= 10*time.Minute && b.noted
	case 3:
		return b.hosted && b.proved["close"]
	default:
		return false
	}
}

// TestNoStageWithoutEvidence plays drawn ways of a candidate: a promotion is
// asked for and granted exactly when the books say that its evidence is there, and
// the stage moves by nothing else.
func TestNoStageWithoutEvidence(t *testing.T) {
	e := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		s := e.studio(t)
		s.joined()
		b := &books{proved: map[string]bool{}}
		way, ann := way(), s.as(live.RoleAgent)
		watched := s.onAir(s.coach, 1)
		s.wait(time.Second)
		turns := map[string]func(){
			"prove": func() {
				skill := rapid.SampledFrom([]string{"explain", "close"}).Draw(t, "skill")
				if err := s.book.Prove(ctx, s.all(), "ann", skill, "seen", s.coach); err != nil {
					t.Fatal(err)
				}
				b.proved[skill] = true
			},
			"drill": func() {
				minutes, well, points := rapid.IntRange(9, 13).Draw(t, "minutes"), rapid.IntRange(0, 3).Draw(t, "well") > 0, rapid.Int64Range(8, 10).Draw(t, "points")
				show := s.drill(minutes, well)
				if _, err := s.book.Rehearsal(ctx, s.all(), "ann", show, s.coach); err != nil {
					t.Fatal(err)
				}
				d, err := s.book.Judge(ctx, s.all(), "ann", show, []Mark{{"clear", points}, {"pace", 0}}, "", s.coach)
				if err != nil {
					t.Fatal(err)
				}
				passes := minutes >= 10 && well && points >= 9
				if (d.State == DrillPassed) != passes {
					t.Fatalf("%d minutes, well %v, %d points: %+v", minutes, well, points, d)
				}
				if passes {
					b.drills++
				}
			},
			"watch": func() {
				d := time.Duration(rapid.IntRange(1, 6).Draw(t, "minutes")) * time.Minute
				s.wait(d)
				s.take(s.watched(watched, d))
				b.shadow += d
			},
			"write of it": func() {
				_, err := s.book.Review(ctx, s.all(), "ann", watched, "quiet", s.coach)
				if b.shadow == 0 {
					refused(t, err, "not_attended")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				b.noted = true
			},
			"host": func() {
				minutes := rapid.IntRange(19, 21).Draw(t, "minutes")
				s.onAir(s.as(live.RoleHost), minutes)
				b.hosted = b.hosted || minutes >= 20
			},
			"ask": func() {
				_, err := s.book.Ask(ctx, s.all(), "ann", ann)
				switch {
				case b.asked:
					refused(t, err, "already_asked")
				case b.stage == len(way.Stages)-1:
					refused(t, err, "last_stage")
				case !b.may():
					refused(t, err, "not_ready")
				case err != nil:
					t.Fatal(err)
				default:
					b.asked = true
				}
			},
			"grant": func() {
				_, err := s.book.Decide(ctx, s.m, "ann", true, "earned", s.operator)
				if !b.asked {
					refused(t, err, "not_asked")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				b.asked, b.stage = false, b.stage+1
			},
			"refuse": func() {
				_, err := s.book.Decide(ctx, s.m, "ann", false, "later", s.operator)
				if !b.asked {
					refused(t, err, "not_asked")
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				b.asked = false
			},
			"token": func() {
				role, err := s.book.Pass(ctx, s.all(), "ann", ann)
				if b.stage == 0 {
					refused(t, err, "not_promoted")
					return
				}
				if err != nil || role != way.Stages[b.stage].Role {
					t.Fatalf("%s, %v", role, err)
				}
			},
		}
		// Drawn often enough to go the whole way now and then.
		names := []string{"prove", "prove", "drill", "drill", "watch", "watch", "write of it", "host", "ask", "ask", "ask", "grant", "grant", "refuse", "token"}
		for range rapid.IntRange(1, 25).Draw(t, "turns") {
			turns[rapid.SampledFrom(names).Draw(t, "turn")]()
			c, err := s.book.Candidate(ctx, s.all(), "ann", s.now())
			if err != nil {
				t.Fatal(err)
			}
			if c.Stage != way.Stages[b.stage].Key || c.Next != "" && Ready(c.Checks) != b.may() {
				t.Fatalf("the book has %s with %+v, the count by hand %+v", c.Stage, c.Checks, b)
			}
		}
	})
}

// TestGrantLooksAgain: what was met when it was asked for is looked at again.
func TestGrantLooksAgain(t *testing.T) {
	e := newEnv(t)
	s := e.studio(t)
	s.joined()
	if err := s.book.Prove(ctx, s.all(), "ann", "explain", "seen", s.coach); err != nil {
		t.Fatal(err)
	}
	if _, err := s.book.Ask(ctx, s.all(), "ann", s.as(live.RoleAgent)); err != nil {
		t.Fatal(err)
	}
	harder := way()
	harder.Stages[1].Needs = append(harder.Stages[1].Needs, Requirement{Kind: NeedScore, Figure: "csat", AtLeast: new(int64(9000)), Sample: 20, Days: 30})
	if err := s.book.SetTrack(ctx, s.m, harder, s.operator); err != nil {
		t.Fatal(err)
	}
	_, err := s.book.Decide(ctx, s.m, "ann", true, "asked before", s.operator)
	refused(t, err, "not_ready")
	if no, ok := errors.AsType[*live.Error](err); ok {
		if list, ok := no.Data["missing"].([]Check); !ok || len(list) != 1 || list[0].Verdict != TooSmall || list[0].Figure != "csat" {
			t.Errorf("missing is %+v", no.Data)
		}
	}
	other := way()
	other.Stages = slices.Insert(other.Stages, 1, Stage{Key: "desk", ZH: "坐席", EN: "Desk", Role: live.RoleAgent, Needs: []Requirement{{Kind: NeedSkill, Skill: "explain"}}})
	if err := s.book.SetTrack(ctx, s.m, other, s.operator); err != nil {
		t.Fatal(err)
	}
	_, err = s.book.Decide(ctx, s.m, "ann", true, "asked before", s.operator)
	refused(t, err, "track_changed")
}

// TestAttendance: what is added up is never more than the time that one or more
// panels were watched for, in whatever order their facts come and however often;
// of one panel it is exactly that.
func TestAttendance(t *testing.T) {
	e := newEnv(t)
	rapid.Check(t, func(t *rapid.T) {
		s := e.studio(t)
		s.joined()
		show := s.onAir(s.coach, 1)
		type beat struct{ from, until int } // seconds
		panels := rapid.IntRange(1, 3).Draw(t, "panels")
		var beats []beat
		for range panels {
			at := 0
			for range rapid.IntRange(1, 6).Draw(t, "beats") {
				at += rapid.IntRange(0, 20).Draw(t, "pause")
				long := rapid.IntRange(1, 60).Draw(t, "long")
				beats = append(beats, beat{at, at + long})
				at += long
			}
		}
		slices.SortFunc(beats, func(a, b beat) int { return a.until - b.until })
		covered := map[int]bool{}
		base := s.now()
		var entries []live.Entry
		for _, x := range beats {
			for i := x.from; i < x.until; i++ {
				covered[i] = true
			}
			en := s.watched(show, time.Duration(x.until-x.from)*time.Second)
			en.Event.OccurredAt = base.Add(time.Duration(x.until) * time.Second)
			entries = append(entries, en)
		}
		s.take(entries...)
		s.take(entries[rapid.IntRange(0, len(entries)-1).Draw(t, "again"):]...)
		c, err := s.book.Candidate(ctx, s.all(), "ann", s.now())
		if err != nil {
			t.Fatal(err)
		}
		got, most := c.Shadows[0].Attended, int64(len(covered))*1000
		if got > most || panels == 1 && got != most {
			t.Fatalf("%d ms of %v, which covers %d", got, beats, most)
		}
	})
}
