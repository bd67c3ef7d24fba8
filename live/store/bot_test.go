package store

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// The rules flag and let in again, an operator's word stands above them, and
// each word is one event and, of an operator, one audit row.
func TestBots(t *testing.T) {
	s, c := fresh(t)
	ctx, now := t.Context(), c.now()
	stage(t, s, 5)
	rule := func(who live.PersonID, flagged bool, score int) live.Bot {
		now = now.Add(time.Second)
		return live.Bot{Show: "s1", Person: who, Flagged: flagged, Score: score, Rules: json.RawMessage(`[{"rule":"fast_likes"}]`), At: now}
	}
	say := func(want int, bots ...live.Bot) {
		t.Helper()
		if n, err := s.FlagBots(ctx, bots); err != nil || n != want {
			t.Errorf("%d words, %v, want %d", n, err, want)
		}
	}
	first := rule("b2", true, 110)
	say(2, rule("b1", true, 120), first)
	say(0, rule("b1", true, 130), rule("b2", true, 110)) // the log read once more
	say(1, rule("b2", false, 10))
	say(0, first) // a reader that began again before it was let in
	c.add(time.Minute)
	say(0, live.Bot{Show: "nowhere", Person: "b9", Flagged: true})
	do(t, s, live.UnflagBot, "u1", `{"viewer_id":"b1","reason":"our tester"}`)
	say(0, rule("b1", true, 140)) // against an operator's word
	do(t, s, live.FlagBot, "f1", `{"viewer_id":"v7","reason":"paid crowd"}`)
	say(0, rule("v7", false, 0))
	for name, c := range map[string]struct {
		command live.CommandName
		args    string
		code    string
	}{
		"again":     {live.FlagBot, `{"viewer_id":"v7"}`, "already_flagged"},
		"not":       {live.UnflagBot, `{"viewer_id":"b1"}`, "not_flagged"},
		"never was": {live.UnflagBot, `{"viewer_id":"nobody"}`, "not_flagged"},
		"no viewer": {live.FlagBot, `{}`, "invalid_field"},
	} {
		_, err := s.Execute(ctx, command(c.command, "c-"+strings.ReplaceAll(name, " ", "-"), c.args))
		_ = wantCode(t, err, c.code)
	}
	if on, err := s.BotsOnAir(ctx); err != nil || len(on) != 1 || len(on["r1"]) != 1 || on["r1"][0] != "v7" {
		t.Errorf("on air: %v, %v", on, err)
	}
	list, next, err := s.Bots(ctx, "s1", "", 2)
	if err != nil || len(list) != 2 || next != "b2" {
		t.Fatalf("%+v, %q, %v", list, next, err)
	}
	rest, end, err := s.Bots(ctx, "s1", next, 2)
	if err != nil || end != "" {
		t.Fatalf("%q, %v", end, err)
	}
	type word struct {
		Who           live.PersonID
		Flagged, Said bool
		Score         int
		Reason        string
	}
	var got []word
	for _, b := range append(list, rest...) {
		got = append(got, word{b.Person, b.Flagged, b.ByOperator, b.Score, b.Reason})
	}
	if d := cmp.Diff([]word{{"b1", false, true, 0, "our tester"}, {"b2", false, false, 10, ""}, {"v7", true, true, 0, "paid crowd"}}, got); d != "" {
		t.Errorf("bots (-want +got):\n%s", d)
	}
	var told []string
	for _, e := range events(t, s) {
		if k := e.Kind; k == live.BotFlagged || k == live.BotUnflagged {
			told = append(told, string(k)+" "+string(e.Person)+" "+string(e.Actor.Role))
		}
	}
	if d := cmp.Diff([]string{
		"bot_flagged b1 system", "bot_flagged b2 system", "bot_unflagged b2 system", "bot_unflagged b1 " + "operator", "bot_flagged v7 " + "operator",
	}, told); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	audit, _, err := s.Audit(ctx, AuditFilter{Show: "s1"})
	n := 0
	for _, a := range audit {
		if a.Code == "" && (a.Action == string(live.FlagBot.Action()) || a.Action == string(live.UnflagBot.Action())) {
			n++
		}
	}
	if err != nil || n != 2 {
		t.Errorf("%d audit rows of what was done, %v, want 2", n, err)
	}
}
