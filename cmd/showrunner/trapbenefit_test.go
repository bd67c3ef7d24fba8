package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// give gives a command with arguments.
func (w *trapShop) give(id string, name live.CommandName, args string) error {
	_, err := w.s.Execute(w.t.Context(), live.Command{ID: id, Name: name, Merchant: "m1", Room: "r1", By: trapOwner, Args: json.RawMessage(args)})
	return err
}

func (w *trapShop) mustGive(id string, name live.CommandName, args string) {
	w.t.Helper()
	if err := w.give(id, name, args); err != nil {
		w.t.Fatalf("%s: %v", name, err)
	}
}

// draw is the newest draw of show s1.
func (w *trapShop) draw() live.Draw {
	w.t.Helper()
	list, err := w.s.Draws(w.t.Context(), "s1")
	if err != nil || len(list) == 0 {
		w.t.Fatalf("%d draws, %v", len(list), err)
	}
	return list[len(list)-1]
}

func (w *trapShop) enter(who string) error {
	_, err := w.s.EnterDraw(w.t.Context(), live.EnterDraw{Room: "r1", Draw: w.draw().ID, By: live.Principal{Subject: who, Role: live.RoleViewer, Merchant: "m1"}})
	return err
}

// Trap 24, as far as draws go: one entry a person however often they ask, none
// for who belongs to the house, and a task to watch keeps out who only looked
// in. (Telling false viewers from true ones is not tried.)
func TestTrap24_DrawEntriesAreOfViewers(t *testing.T) {
	w := newTrapShop(t, 100)
	w.mustGive("o", live.OpenDraw, `{"prize":"Pot","prize_minor":100,"winners":1,"countdown_s":300,"task":"watch_n","task_minutes":2}`)
	if err := w.enter("owner"); !errors.Is(err, &live.Error{Code: "insider"}) {
		t.Errorf("the merchant's own, as a viewer: %v", err)
	}
	if err := w.enter("v1"); !errors.Is(err, &live.Error{Code: "task_unmet"}) {
		t.Errorf("who only looked in: %v", err)
	}
	w.pass(2 * time.Minute)
	w.s.Watched(live.Watch{Show: "s1", Person: "v1", From: w.clock().Add(-2 * time.Minute), Until: w.clock()})
	for range 3 {
		if err := w.enter("v1"); err != nil {
			t.Fatal(err)
		}
	}
	if d := w.draw(); d.Entries != 1 || w.count(live.LuckyDrawEntered) != 1 {
		t.Errorf("%d entries of one person", d.Entries)
	}
}

// Trap 33. However often a draw is asked for, by the same command or others,
// prizes go out once.
func TestTrap33_ADrawDrawsOnce(t *testing.T) {
	w := newTrapShop(t, 100)
	w.mustGive("o", live.OpenDraw, `{"prize":"Pot","prize_minor":100,"winners":2,"countdown_s":10}`)
	for i := range 9 {
		if err := w.enter(fmt.Sprint("v", i)); err != nil {
			t.Fatal(err)
		}
	}
	w.pass(10 * time.Second)
	id := w.draw().ID
	for i := range 5 {
		w.mustGive("same", live.DrawWinner, `{"draw_id":"`+id+`"}`)
		if err := w.give(fmt.Sprint("other", i), live.DrawWinner, `{"draw_id":"`+id+`"}`); !errors.Is(err, &live.Error{Code: "draw_over"}) {
			t.Errorf("drawn again: %v", err)
		}
	}
	if n := w.count(live.LuckyDrawWon); n != 2 || w.count(live.LuckyDrawDrawn) != 1 {
		t.Errorf("%d prizes went out, want 2", n)
	}
}

// Trap 37. The top prize is bounded, rules and time are announced before and
// kept, nobody can be preferred, and what was promised can be checked.
func TestTrap37_DrawByTheRules(t *testing.T) {
	w := newTrapShop(t, 100)
	for args, field := range map[string]string{
		`{"prize":"Car","prize_minor":5000001,"winners":1,"countdown_s":60}`:              "data.prize_minor",
		`{"prize":"Pot","prize_minor":1,"winners":1,"countdown_s":60,"preferred":["v1"]}`: "data.preferred",
	} {
		if refusal, ok := errors.AsType[*live.Error](w.give("x", live.OpenDraw, args)); !ok || refusal.Field != field {
			t.Errorf("%s: %v", args, refusal)
		}
	}
	w.mustGive("o", live.OpenDraw, `{"prize":"Pot","prize_minor":5000000,"winners":1,"countdown_s":60}`)
	before := w.draw()
	if before.Seed != "" || before.SeedCommit == "" || before.Rules.SeedCommit != before.SeedCommit {
		t.Errorf("announced: %+v", before)
	}
	if err := w.enter("v1"); err != nil {
		t.Fatal(err)
	}
	if err := w.give("early", live.DrawWinner, `{}`); !errors.Is(err, &live.Error{Code: "draw_open"}) {
		t.Errorf("drawn before the announced time: %v", err)
	}
	w.pass(time.Minute)
	w.mustGive("d", live.DrawWinner, `{}`)
	after := w.draw()
	if after.RulesText != before.RulesText || after.RuleHash() != before.RuleHash() || !after.ClosesAt.Equal(before.ClosesAt) || after.SeedCommit != before.SeedCommit {
		t.Errorf("the rules changed: %+v, %+v", before, after)
	}
	if len(after.Winners) != 1 || after.Seed == "" {
		t.Errorf("drawn: %+v", after)
	}
}

// Trap 38. The clock of eligibility stands while a viewer is away and goes on
// when they are back; time before the task began does not count.
func TestTrap38_EligibilityClock(t *testing.T) {
	w := newTrapShop(t, 100)
	watch := func(d time.Duration) {
		w.s.Watched(live.Watch{Show: "s1", Person: "v1", From: w.clock().Add(-d), Until: w.clock()})
	}
	w.pass(time.Hour)
	watch(time.Hour)
	w.mustGive("o", live.OpenDraw, `{"prize":"Pot","prize_minor":100,"winners":1,"countdown_s":1800,"task":"watch_n","task_minutes":3}`)
	for i, step := range []struct {
		away, here time.Duration
		in         bool
	}{{0, 2 * time.Minute, false}, {10 * time.Minute, 59 * time.Second, false}, {time.Minute, time.Second, true}} {
		w.pass(step.away + step.here)
		watch(step.here)
		if err := w.enter("v1"); (err == nil) != step.in {
			t.Errorf("step %d: %v", i, err)
		}
	}
}
