package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

func enter(s *Store, t testing.TB, who, draw, nonce string) (live.DrawEntered, error) {
	return s.EnterDraw(t.Context(), live.EnterDraw{Room: "r1", Draw: draw, By: viewer(who), Nonce: nonce})
}

// openDraw opens a draw of the operator's and returns its id.
func openDraw(t testing.TB, s *Store, id, args string) string {
	t.Helper()
	do(t, s, live.OpenDraw, id, args)
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || state.Draw == nil || state.Draw.Seed != "" {
		t.Fatalf("draw = %+v, %v", state.Draw, err)
	}
	return state.Draw.ID
}

// eventOf is the only event of a kind, decoded.
func eventOf(t testing.TB, s *Store, kind live.Kind) (e live.Event, data map[string]any) {
	t.Helper()
	n := 0
	for _, x := range events(t, s) {
		if x.Kind == kind {
			e, n = x, n+1
		}
	}
	if n != 1 {
		t.Fatalf("%d events %s, want one", n, kind)
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		t.Fatal(err)
	}
	return e, data
}

// A draw from its opening to its winners, recomputed from nothing but what the
// events and the list of entries say, by other code than the server's.
func TestDraw(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	id := openDraw(t, s, "o", `{"prize":"Tea pot","prize_minor":19900,"winners":3,"countdown_s":60}`)
	mine := map[string]live.DrawEntered{}
	for i := range 40 {
		who := fmt.Sprint("v", i)
		nonce := ""
		if i%2 == 0 {
			nonce = "of " + who
		}
		e, err := enter(s, t, who, id, nonce)
		if err != nil || e.Replay || e.Nonce == "" || nonce != "" && e.Nonce != nonce {
			t.Fatalf("entry = %+v, %v", e, err)
		}
		sum := sha256.Sum256([]byte(id + "\n" + who + "\n" + e.Nonce))
		if e.Entry != hex.EncodeToString(sum[:]) {
			t.Errorf("%s cannot find themselves: %+v", who, e)
		}
		mine[who] = e
	}
	if e, err := enter(s, t, "v1", id, "another"); err != nil || !e.Replay || e.Entry != mine["v1"].Entry {
		t.Errorf("again = %+v, %v", e, err)
	}
	_, err := s.Execute(t.Context(), command(live.DrawWinner, "early", `{}`))
	_ = wantCode(t, err, "draw_open")
	_, err = s.DrawEntries(t.Context(), "m1", id)
	_ = wantCode(t, err, "draw_open")
	c.add(time.Minute)
	_, err = enter(s, t, "late", id, "")
	_ = wantCode(t, err, "draw_closed") // though no job has looked
	if err := s.turnDraws(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err = enter(s, t, "late", id, "")
	_ = wantCode(t, err, "draw_closed")
	_, closed := eventOf(t, s, live.LuckyDrawClosed)
	for _, e := range events(t, s) {
		if strings.Contains(string(e.Data), `"seed"`) {
			t.Fatalf("%s tells the seed: %s", e.Kind, e.Data)
		}
	}
	if d, err := s.Draw(t.Context(), "m1", id); err != nil || d.Seed != "" || d.State != live.DrawClosed {
		t.Errorf("draw = %+v, %v", d, err)
	}

	first := do(t, s, live.DrawWinner, "draw", `{"draw_id":"`+id+`"}`)
	if again := do(t, s, live.DrawWinner, "draw", `{"draw_id":"`+id+`"}`); !again.Replay || again.Event != first.Event {
		t.Errorf("again = %+v", again)
	}
	_, err = s.Execute(t.Context(), command(live.DrawWinner, "draw2", `{"draw_id":"`+id+`"}`))
	if e := wantCode(t, err, "draw_over"); len(e.Data["winners"].([]string)) != 3 {
		t.Errorf("data = %v", e.Data)
	}
	_, err = s.Execute(t.Context(), command(live.CancelDraw, "no", `{"draw_id":"`+id+`","reason":"unlucky"}`))
	_ = wantCode(t, err, "draw_over")

	_, opened := eventOf(t, s, live.LuckyDrawOpened)
	_, drawn := eventOf(t, s, live.LuckyDrawDrawn)
	entries, err := s.DrawEntries(t.Context(), "m1", id)
	if err != nil || len(entries) != 40 || !slices.IsSorted(entries) {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	seed, err := hex.DecodeString(drawn["seed"].(string))
	if err != nil || len(seed) != 32 || hash(string(seed)) != opened["seed_commit"] || hash(opened["rules"].(string)) != opened["rule_hash"] {
		t.Errorf("the seed or the rules are not those that were promised: %v %v", opened, drawn)
	}
	if hash(strings.Join(entries, "\n")+"\n") != closed["entries_hash"] || closed["entries_hash"] != drawn["entries_hash"] {
		t.Errorf("the entries are not those that were closed: %v", closed)
	}
	score := func(e string) string {
		mac := hmac.New(sha256.New, seed)
		mac.Write([]byte(id + "\n" + closed["entries_hash"].(string) + "\n" + e))
		return string(mac.Sum(nil))
	}
	slices.SortFunc(entries, func(a, b string) int { return strings.Compare(score(a), score(b)) })
	var won []string
	for _, w := range drawn["winners"].([]any) {
		won = append(won, w.(map[string]any)["entry"].(string))
	}
	if !slices.Equal(won, entries[:3]) {
		t.Errorf("won %v, want %v", won, entries[:3])
	}

	// Each winner hears of it alone, claims once, and who does not forfeits.
	var winners []string
	for _, e := range events(t, s) {
		if e.Kind == live.LuckyDrawWon {
			winners = append(winners, string(e.Person))
			if mine[string(e.Person)].Entry != won[len(winners)-1] {
				t.Errorf("%s is told of %s", e.Person, e.Data)
			}
		}
	}
	if len(winners) != 3 {
		t.Fatalf("%v were told", winners)
	}
	for i := range 2 {
		if e, err := s.ClaimPrize(t.Context(), id, viewer(winners[0])); err != nil || e.State != live.EntryClaimed || e.Replay != (i == 1) {
			t.Errorf("claim = %+v, %v", e, err)
		}
	}
	loser := ""
	for who := range mine {
		if !slices.Contains(winners, who) {
			loser = who
		}
	}
	for _, who := range []string{"late", loser} {
		_, err = s.ClaimPrize(t.Context(), id, viewer(who))
		_ = wantCode(t, err, "not_won")
	}
	c.add(live.ClaimWithin)
	_, err = s.ClaimPrize(t.Context(), id, viewer(winners[1]))
	_ = wantCode(t, err, "prize_forfeited")
	for range 2 {
		if err := s.turnBenefits(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_, err = s.ClaimPrize(t.Context(), id, viewer(winners[2]))
	_ = wantCode(t, err, "prize_forfeited")
	count := map[live.Kind]int{}
	for _, e := range events(t, s) {
		count[e.Kind]++
	}
	if count[live.PrizeClaimed] != 1 || count[live.PrizeForfeited] != 2 || count[live.LuckyDrawDrawn] != 1 || count[live.LuckyDrawEntered] != 40 {
		t.Errorf("events: %v", count)
	}
}

func TestDrawRefuses(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	hosts := []string{"h1"}
	if _, err := s.UpdateRoom(t.Context(), "r1", RoomPatch{Hosts: &hosts}); err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		name        live.CommandName
		by          live.Principal
		args        string
		code, field string
	}{
		{live.OpenDraw, host, `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":60}`, "forbidden", ""},
		{live.OpenDraw, operator, `{"prize_minor":1,"winners":1,"countdown_s":60}`, "invalid_field", "data.prize"},
		{live.OpenDraw, operator, `{"prize":"P","prize_minor":5000001,"winners":1,"countdown_s":60}`, "invalid_field", "data.prize_minor"},
		{live.OpenDraw, operator, `{"prize":"P","prize_minor":1,"winners":0,"countdown_s":60}`, "invalid_field", "data.winners"},
		{live.OpenDraw, operator, `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":0}`, "invalid_field", "data.countdown_s"},
		{live.OpenDraw, operator, `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":299,"task":"watch_n","task_minutes":3}`, "invalid_field", "data.task_minutes"},
		{live.OpenDraw, operator, `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":60,"preferred":["v1"]}`, "unknown_field", "data.preferred"},
		{live.DrawWinner, operator, `{}`, "no_draw", ""},
		{live.DrawWinner, operator, `{"draw_id":"x"}`, "draw_not_found", ""},
		{live.CancelDraw, operator, `{}`, "invalid_field", "data.reason"},
	} {
		cmd := command(tc.name, fmt.Sprint("x", i), tc.args)
		cmd.By = tc.by
		_, err := s.Execute(t.Context(), cmd)
		if e := wantCode(t, err, tc.code); e.Field != tc.field {
			t.Errorf("%s %s: field %q, want %q", tc.name, tc.args, e.Field, tc.field)
		}
	}
	id := openDraw(t, s, "o", `{"prize":"P","prize_minor":5000000,"winners":1,"countdown_s":300,"task":"watch_n","task_minutes":3}`)
	_, err := s.Execute(t.Context(), command(live.OpenDraw, "two", `{"prize":"P","prize_minor":1,"winners":1,"countdown_s":60}`))
	_ = wantCode(t, err, "draw_running")
	for name, tc := range map[string]struct {
		change func(*live.EnterDraw)
		code   string
	}{
		"staff":           {func(w *live.EnterDraw) { w.By = host }, "forbidden"},
		"host as viewer":  {func(w *live.EnterDraw) { w.By.Subject = "h1" }, "insider"},
		"crew as viewer":  {func(w *live.EnterDraw) { w.By.Subject = "op1" }, "insider"},
		"task":            {func(*live.EnterDraw) {}, "task_unmet"},
		"other draw":      {func(w *live.EnterDraw) { w.Draw = "x" }, "no_draw"},
		"long nonce":      {func(w *live.EnterDraw) { w.Nonce = strings.Repeat("n", live.MaxNonce+1) }, "invalid_field"},
		"nonce of lines":  {func(w *live.EnterDraw) { w.Nonce = "a\nb" }, "invalid_field"},
		"other merchant":  {func(w *live.EnterDraw) { w.By.Merchant = "m2" }, "forbidden"},
		"other room":      {func(w *live.EnterDraw) { w.By.Rooms = []live.RoomID{"r2"} }, "forbidden"},
		"nobody's entry":  {func(w *live.EnterDraw) { w.By.Subject = "" }, "invalid_field"},
		"no draw's entry": {func(w *live.EnterDraw) { w.Draw = "" }, "invalid_field"},
	} {
		w := live.EnterDraw{Room: "r1", Draw: id, By: viewer("v1")}
		tc.change(&w)
		_, err := s.EnterDraw(t.Context(), w)
		if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != tc.code {
			t.Errorf("%s: %v, want %s", name, err, tc.code)
		}
	}
	c.add(3 * time.Minute)
	s.Watched(live.Watch{Show: "s1", Person: "v1", From: c.now().Add(-3 * time.Minute), Until: c.now()})
	if _, err := enter(s, t, "v1", id, ""); err != nil {
		t.Errorf("who watched: %v", err)
	}
}

// What cannot be hidden: a draw that was given up shows its seed, one that the
// crew lets lie is drawn, and so is a closed one when the show ends.
func TestDrawsAreNotForgotten(t *testing.T) {
	c := newClock()
	path := filepath.Join(t.TempDir(), "state.db")
	s := open(t, path, c)
	stage(t, s, 5)
	terms := `{"prize":"P","prize_minor":1,"winners":2,"countdown_s":60}`
	given := openDraw(t, s, "1", terms)
	for _, who := range []string{"a", "b", "c"} {
		if _, err := enter(s, t, who, given, ""); err != nil {
			t.Fatal(err)
		}
	}
	do(t, s, live.CancelDraw, "c", `{"reason":"the prize broke"}`)
	d, err := s.Draw(t.Context(), "m1", given)
	if err != nil || d.State != live.DrawCancelled || d.Seed == "" || d.Reason != "the prize broke" || len(d.Winners) != 0 || d.Entries != 3 {
		t.Errorf("draw = %+v, %v", d, err)
	}
	if list, err := s.DrawEntries(t.Context(), "m1", given); err != nil || live.EntriesHash(list) != d.EntriesHash {
		t.Errorf("entries %v, %v", list, err)
	}
	_, told := eventOf(t, s, live.LuckyDrawCancelled)
	if seed, err := hex.DecodeString(told["seed"].(string)); err != nil || live.SeedCommit(seed) != d.SeedCommit {
		t.Errorf("told %v", told)
	}

	left := openDraw(t, s, "2", terms)
	if _, err := enter(s, t, "a", left, ""); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	c.add(time.Hour) // nobody was there
	s = open(t, path, c)
	if err := s.turnDraws(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d, err = s.Draw(t.Context(), "m1", left); err != nil || d.State != live.DrawDone || len(d.Winners) != 1 {
		t.Errorf("draw = %+v, %v", d, err)
	}
	if e, _ := eventOf(t, s, live.LuckyDrawDrawn); e.Actor.Role != live.RoleSystem {
		t.Errorf("drawn by %+v", e.Actor)
	}
	if _, err := s.ClaimPrize(t.Context(), left, viewer("a")); err != nil {
		t.Errorf("the time to claim begins when the winner is told: %v", err)
	}

	third := openDraw(t, s, "3", terms)
	c.add(time.Minute)
	do(t, s, live.EndShow, "end", ``)
	if d, err = s.Draw(t.Context(), "m1", third); err != nil || d.State != live.DrawDone || len(d.Winners) != 0 || d.Winners == nil {
		t.Errorf("draw = %+v, %v", d, err)
	}
	list, err := s.Draws(t.Context(), "s1")
	if err != nil || len(list) != 3 || slices.ContainsFunc(list, func(d live.Draw) bool { return d.Seed == "" }) {
		t.Errorf("%d draws, %v", len(list), err)
	}
}

// Many enter and many draw at once: everybody once, one draw.
func TestDrawStorm(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 5)
	id := openDraw(t, s, "o", `{"prize":"P","prize_minor":1,"winners":5,"countdown_s":60}`)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			if _, err := enter(s, t, fmt.Sprint("v", i%50), id, ""); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c.add(time.Minute)
	if err := s.turnDraws(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		wg.Go(func() {
			_, err := s.Execute(t.Context(), command(live.DrawWinner, fmt.Sprint("d", i), `{"draw_id":"`+id+`"}`))
			if err != nil && !errors.Is(err, &live.Error{Code: "draw_over"}) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	d, err := s.Draw(t.Context(), "m1", id)
	if err != nil || d.Entries != 50 || len(d.Winners) != 5 {
		t.Errorf("draw = %+v, %v", d, err)
	}
	told := 0
	for _, e := range events(t, s) {
		if e.Kind == live.LuckyDrawWon {
			told++
		}
	}
	if told != 5 {
		t.Errorf("%d were told they won, want 5", told)
	}
	if err := s.write(t.Context(), func(t *tx) error {
		for range 2 {
			if _, err := t.once(`INSERT INTO draws (` + drawColumns + `) SELECT draw_id || '2', merchant_id, show_id, room_id, rehearsal, rules, 'open', seed, seed_commit, 0, '', '[]', 0, 0, 0, '' FROM draws`); err != nil {
				return err
			}
		}
		return nil
	}); err == nil {
		t.Error("the database took a second draw in one room")
	}
}
