package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

var moderator = live.Principal{Subject: "mod1", Role: live.RoleModerator, Merchant: "m1"}

func asModerator(name live.CommandName, id, args string) live.Command {
	cmd := command(name, id, args)
	cmd.By = moderator
	return cmd
}

// Every command of moderation: what it says, to whom it is about, that a
// moderator may give it, and that it leaves the show's version alone.
func TestModerationTellsWhatHappened(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 3)
	for i, tc := range []struct {
		name   live.CommandName
		args   string
		kind   live.Kind
		data   string
		person live.PersonID
	}{
		{live.PinComment, `{"comment_id":"k1","text":"how large?","viewer_id":"v1","name":"Ann"}`, live.CommentPinned, `{"comment_id":"k1","text":"how large?","viewer_id":"v1","name":"Ann"}`, ""},
		{live.UnpinComment, `{}`, live.CommentUnpinned, `{"comment_id":"k1"}`, ""},
		{live.PinComment, `{"comment_id":"k2","text":"x"}`, live.CommentPinned, `{"comment_id":"k2","text":"x"}`, ""},
		{live.UnpinComment, `{"comment_id":"k2"}`, live.CommentUnpinned, `{"comment_id":"k2"}`, ""},
		{live.HideComment, `{"comment_id":"k2"}`, live.CommentHidden, `{"comment_id":"k2"}`, ""},
		{live.RestoreComment, `{"comment_id":"k2"}`, live.CommentRestored, `{"comment_id":"k2"}`, ""},
		{live.MuteViewer, `{"viewer_id":"v1","duration_s":90}`, live.ViewerMuted, `{"viewer_id":"v1","duration_s":90,"until":"2026-11-21T12:01:30.000Z"}`, "v1"},
		{live.MuteViewer, `{"viewer_id":"v1"}`, live.ViewerMuted, `{"viewer_id":"v1","until_show_ends":"s1"}`, "v1"},
		{live.UnmuteViewer, `{"viewer_id":"v1"}`, live.ViewerUnmuted, `{"viewer_id":"v1"}`, "v1"},
		{live.KickViewer, `{"viewer_id":"v1"}`, live.ViewerKicked, `{"viewer_id":"v1","until_show_ends":"s1"}`, "v1"},
		{live.BlockViewer, `{"viewer_id":"v2"}`, live.ViewerBlocked, `{"viewer_id":"v2"}`, "v2"},
		{live.MuteAll, `{}`, live.RoomModeChanged, `{"mute_all":true,"comments_off":false,"followers_only":false,"slow_mode_s":0}`, ""},
		{live.CommentsOff, `{"on":true}`, live.RoomModeChanged, `{"mute_all":true,"comments_off":true,"followers_only":false,"slow_mode_s":0}`, ""},
		{live.FollowersOnly, `{}`, live.RoomModeChanged, `{"followers_only":true}`, ""},
		{live.SetSlowMode, `{"seconds":30}`, live.RoomModeChanged, `{"slow_mode_s":30,"mute_all":true}`, ""},
		{live.MuteAll, `{"on":false}`, live.RoomModeChanged, `{"mute_all":false,"comments_off":true,"followers_only":true,"slow_mode_s":30}`, ""},
		{live.BlockKeyword, `{"word":" SCAM "}`, live.KeywordBlocked, `{"word":"scam"}`, ""},
		{live.BlockKeyword, `{"word":"加微信"}`, live.KeywordBlocked, `{"word":"加微信"}`, ""},
		{live.UnblockKeyword, `{"word":"Scam"}`, live.KeywordUnblocked, `{"word":"scam"}`, ""},
	} {
		before, err := s.Show(t.Context(), "s1")
		if err != nil {
			t.Fatal(err)
		}
		n := len(events(t, s))
		res, err := s.Execute(t.Context(), asModerator(tc.name, fmt.Sprint("x", i), tc.args))
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		evs := events(t, s)[n:]
		if len(evs) != 1 || evs[0].Kind != tc.kind || evs[0].ID != res.Event || evs[0].Person != tc.person || evs[0].Actor.ID != "mod1" || evs[0].Show != "s1" || !evs[0].ReceivedAt.Equal(c.now()) {
			t.Fatalf("%s %s: events %+v", tc.name, tc.args, evs)
		}
		var got, want map[string]any
		if json.Unmarshal(evs[0].Data, &got) != nil || json.Unmarshal([]byte(tc.data), &want) != nil {
			t.Fatalf("%s: data %s", tc.name, evs[0].Data)
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: %s = %v, want %v", tc.name, k, got[k], v)
			}
		}
		if after, err := s.Show(t.Context(), "s1"); err != nil || after != before {
			t.Errorf("%s: the show became %+v, %v", tc.name, after, err)
		}
		rows, _, err := s.Audit(t.Context(), AuditFilter{Limit: 1})
		if err != nil || len(rows) != 1 || rows[0].Action != "command."+string(tc.name) || rows[0].Actor.ID != "mod1" || rows[0].Code != "" {
			t.Errorf("%s: audit %+v, %v", tc.name, rows, err)
		}
		if again, err := s.Execute(t.Context(), asModerator(tc.name, fmt.Sprint("x", i), tc.args)); err != nil || !again.Replay || again.Event != res.Event || len(events(t, s)) != n+1 {
			t.Errorf("%s again: %+v, %v", tc.name, again, err)
		}
	}
	do(t, s, live.UnblockViewer, "ub", `{"viewer_id":"v2"}`)
	do(t, s, live.SetAutoreply, "ar", `{"keyword":"Coupon","text":"Tap the bag."}`)
	state, err := s.RoomState(t.Context(), "r1")
	if err != nil || state.Modes != (live.Modes{CommentsOff: true, FollowersOnly: true, SlowSeconds: 30}) || state.Pinned != nil {
		t.Errorf("state %+v, %v", state, err)
	}
	r := s.Rules("r1")
	if fmt.Sprint(r.Words) != "[加微信]" || len(r.Replies) != 1 || r.Replies[0] != (live.AutoReply{Keyword: "coupon", Text: "Tap the bag."}) || r.Modes != state.Modes {
		t.Errorf("rules %+v", r)
	}
	if s.Rules("r1") != r || s.Rules("nowhere").Words != nil {
		t.Error("rules are not the same until they change")
	}
	do(t, s, live.SetAutoreply, "ar2", `{"keyword":"coupon"}`)
	if got := s.Rules("r1"); got == r || len(got.Replies) != 0 {
		t.Errorf("rules %+v", got)
	}
}

func TestModerationRefuses(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	if _, err := s.CreateRoom(t.Context(), live.Room{ID: "empty", Merchant: "m1", Title: "Empty", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	do(t, s, live.KickViewer, "k", `{"viewer_id":"v1"}`)
	do(t, s, live.BlockViewer, "b", `{"viewer_id":"v1"}`)
	do(t, s, live.BlockKeyword, "w", `{"word":"scam"}`)
	do(t, s, live.PinComment, "p", `{"comment_id":"k1","text":"x"}`)
	for i, tc := range []struct {
		name        live.CommandName
		room        live.RoomID
		args        string
		code, field string
	}{
		{live.PinComment, "r1", `{"comment_id":"k1","text":"x"}`, "already_pinned", ""},
		{live.PinComment, "r1", `{"comment_id":"k3"}`, "invalid_field", "data.text"},
		{live.UnpinComment, "r1", `{"comment_id":"k9"}`, "not_pinned", ""},
		{live.UnpinComment, "empty", `{}`, "not_pinned", ""},
		{live.RestoreComment, "r1", `{}`, "invalid_field", "data.comment_id"},
		{live.MuteViewer, "r1", `{"viewer_id":"v1","duration_s":0}`, "invalid_field", "data.duration_s"},
		{live.MuteViewer, "empty", `{"viewer_id":"v1"}`, "no_show", ""},
		{live.UnmuteViewer, "r1", `{"viewer_id":"v1"}`, "not_muted", ""},
		{live.KickViewer, "r1", `{"viewer_id":"v1"}`, "already_kicked", ""},
		{live.KickViewer, "empty", `{"viewer_id":"v1"}`, "no_show", ""},
		{live.BlockViewer, "empty", `{"viewer_id":"v1"}`, "already_blocked", ""},
		{live.UnblockViewer, "r1", `{"viewer_id":"v9"}`, "not_blocked", ""},
		{live.MuteAll, "r1", `{"on":"yes"}`, "invalid_field", "data.on"},
		{live.SetSlowMode, "r1", `{}`, "invalid_field", "data.seconds"},
		{live.SetSlowMode, "r1", `{"seconds":3601}`, "invalid_field", "data.seconds"},
		{live.BlockKeyword, "r1", `{"word":"SCAM"}`, "already_blocked", ""},
		{live.BlockKeyword, "r1", `{"word":" !! "}`, "invalid_field", "data.word"},
		{live.UnblockKeyword, "r1", `{"word":"other"}`, "not_blocked", ""},
		{live.SetAutoreply, "r1", `{"keyword":"x"}`, "no_autoreply", ""},
		{live.SetAutoreply, "r1", `{"keyword":"?","text":"x"}`, "invalid_field", "data.keyword"},
	} {
		cmd := command(tc.name, fmt.Sprint("n", i), tc.args)
		cmd.Room = tc.room
		n := len(events(t, s))
		_, err := s.Execute(t.Context(), cmd)
		if e := wantCode(t, err, tc.code); e.Field != tc.field {
			t.Errorf("%s %s: field %q, want %q", tc.name, tc.args, e.Field, tc.field)
		}
		if len(events(t, s)) != n {
			t.Errorf("%s %s: a refusal said something", tc.name, tc.args)
		}
	}
	full := command(live.BlockKeyword, "full", `{"word":"one more"}`)
	if err := s.write(t.Context(), func(t *tx) error {
		for i := range live.MaxKeywords {
			if _, err := t.exec(`INSERT INTO keywords (room_id, word, at) VALUES (?, ?, 0)`, "r1", fmt.Sprint("w", i)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	_, err := s.Execute(t.Context(), full)
	_ = wantCode(t, err, "too_many_keywords")
}

// Who is out stays out: over a restart, and for as long as it was said.
func TestMutesKicksAndBlocksLast(t *testing.T) {
	c := newClock()
	path := t.TempDir() + "/x.db"
	s := open(t, path, c)
	stage(t, s, 3)
	do(t, s, live.MuteViewer, "m1", `{"viewer_id":"timed","duration_s":60}`)
	do(t, s, live.MuteViewer, "m2", `{"viewer_id":"show"}`)
	do(t, s, live.KickViewer, "k", `{"viewer_id":"kicked"}`)
	do(t, s, live.BlockViewer, "b", `{"viewer_id":"blocked"}`)
	do(t, s, live.BlockKeyword, "w", `{"word":"scam"}`)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, path, c)
	if got := s.Rules("r1").Words; len(got) != 1 || got[0] != "scam" {
		t.Errorf("keywords after reopening: %q", got)
	}
	check := func(what string, muted, forShow, kicked bool) {
		t.Helper()
		if _, ok := s.Muted("r1", "timed", c.now()); ok != muted {
			t.Errorf("%s: the timed mute is %v", what, ok)
		}
		if until, ok := s.Muted("r1", "show", c.now()); ok != forShow || !until.IsZero() {
			t.Errorf("%s: the mute for the show is %v until %v", what, ok, until)
		}
		err := s.Banned(t.Context(), "m1", "r1", "kicked")
		if (err != nil) != kicked || kicked && !errors.Is(err, live.Forbidden("kicked", "")) {
			t.Errorf("%s: kicked: %v", what, err)
		}
		if err := s.Banned(t.Context(), "m1", "elsewhere", "blocked"); !errors.Is(err, live.Forbidden("blocked", "")) {
			t.Errorf("%s: blocked: %v", what, err)
		}
		if err := errors.Join(s.Banned(t.Context(), "m2", "r1", "blocked"), s.Banned(t.Context(), "m1", "r2", "kicked"), s.Banned(t.Context(), "m1", "r1", "show")); err != nil {
			t.Errorf("%s: another merchant, another room, another person: %v", what, err)
		}
		// Of a crowd beyond one query, with those in question at its ends.
		crowd := []live.PersonID{"kicked"}
		for i := range 2*bannedChunk + 3 {
			crowd = append(crowd, live.PersonID(fmt.Sprint("guest", i)))
		}
		crowd = append(crowd, "blocked", "show")
		out, err := s.BannedOf(t.Context(), "m1", "r1", crowd)
		if err != nil || (out["kicked"] != nil) != kicked || !errors.Is(out["blocked"], live.Forbidden("blocked", "")) || len(out) != 1+map[bool]int{true: 1}[kicked] {
			t.Errorf("%s: of a crowd: %v, %v", what, out, err)
		}
		if out, err := s.BannedOf(t.Context(), "m2", "r2", crowd); err != nil || len(out) != 0 {
			t.Errorf("%s: of a crowd elsewhere: %v, %v", what, out, err)
		}
	}
	check("at once", true, true, true)
	c.add(2 * time.Minute)
	if err := s.trim(t.Context()); err != nil {
		t.Fatal(err)
	}
	check("later", false, true, true)
	do(t, s, live.EndShow, "end", ``)
	check("after the show", false, false, false)
}

// The pinned comment goes with what takes it out of sight.
func TestPinnedCommentGoesOutOfSight(t *testing.T) {
	s, _ := fresh(t)
	stage(t, s, 3)
	for i, tc := range []struct {
		name live.CommandName
		args string
		gone bool
	}{
		{live.HideComment, `{"comment_id":"k9"}`, false},
		{live.HideComment, `{"comment_id":"k1"}`, true},
		{live.MuteViewer, `{"viewer_id":"v9"}`, false},
		{live.MuteViewer, `{"viewer_id":"v1"}`, true},
		{live.KickViewer, `{"viewer_id":"v1"}`, true},
		{live.BlockViewer, `{"viewer_id":"v1"}`, true},
	} {
		state, err := s.RoomState(t.Context(), "r1")
		if err != nil {
			t.Fatal(err)
		}
		if state.Pinned == nil {
			do(t, s, live.PinComment, fmt.Sprint("p", i), `{"comment_id":"k1","text":"x","viewer_id":"v1"}`)
		}
		n := len(events(t, s))
		res := do(t, s, tc.name, fmt.Sprint("g", i), tc.args)
		evs := events(t, s)[n:]
		if state, err = s.RoomState(t.Context(), "r1"); err != nil || (state.Pinned == nil) != tc.gone {
			t.Errorf("%s %s: pinned %+v, %v", tc.name, tc.args, state.Pinned, err)
		}
		if evs[0].ID != res.Event || tc.gone && (len(evs) != 2 || evs[1].Kind != live.CommentUnpinned) || !tc.gone && len(evs) != 1 {
			t.Errorf("%s %s: %+v", tc.name, tc.args, evs)
		}
	}
}

func TestFollowersAreTheLastWord(t *testing.T) {
	s, c := fresh(t)
	word := func(m live.MerchantID, p live.PersonID, follows bool) Follow {
		return Follow{Merchant: m, Person: p, Follows: follows, At: c.now()}
	}
	list := []Follow{word("m1", "a", true), word("m1", "b", true), word("m1", "b", false), word("m1", "c", false), word("m2", "c", true), word("m1", "a", true)}
	for range 2 { // reading a range again changes nothing
		if err := s.KeepFollows(t.Context(), list); err != nil {
			t.Fatal(err)
		}
	}
	for p, want := range map[live.PersonID]bool{"a": true, "b": false, "c": false, "d": false} {
		if got, err := s.Follows(t.Context(), "m1", p); err != nil || got != want {
			t.Errorf("%s follows = %v, %v; want %v", p, got, err, want)
		}
	}
}

// Stores that share a database hold the same rules.
func TestModerationReachesOtherStores(t *testing.T) {
	a, b, _, clockB := pair(t)
	stage(t, a, 5)
	do(t, a, live.BlockKeyword, "w", `{"word":"scam"}`)
	do(t, a, live.SetSlowMode, "s", `{"seconds":9}`)
	do(t, a, live.KickViewer, "k", `{"viewer_id":"v1"}`)
	do(t, a, live.MuteViewer, "m", `{"viewer_id":"v2"}`)
	// Who was sent out just now is not let in by the other: nothing is waited for.
	if out, err := b.BannedOf(t.Context(), "m1", "r1", []live.PersonID{"v0", "v1"}); err != nil || len(out) != 1 || !errors.Is(out["v1"], live.Forbidden("kicked", "")) {
		t.Errorf("right after the kick: %v, %v", out, err)
	}
	soon(t, "the rules", func() bool { r := b.Rules("r1"); return len(r.Words) == 1 && r.Modes.SlowSeconds == 9 })
	soon(t, "the kick", func() bool { return errors.Is(b.Banned(t.Context(), "m1", "r1", "v1"), live.Forbidden("kicked", "")) })
	soon(t, "the mute", func() bool { _, muted := b.Muted("r1", "v2", clockB.now()); return muted })
	same := b.Rules("r1")
	do(t, a, live.PinProduct, "p", `{"product_id":"pa"}`)
	soon(t, "the pin", func() bool { sh, _ := b.OnAir("r1"); return sh.Pinned == "pa" })
	if b.Rules("r1") != same {
		t.Error("rules that did not change are another value: everybody compiles them again")
	}
	do(t, b, live.EndShow, "end", ``)
	soon(t, "the pardon", func() bool { return a.Banned(t.Context(), "m1", "r1", "v1") == nil })
}
