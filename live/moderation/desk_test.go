package moderation_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
	"showrunner/live/moderation"
)

// log takes every fact, and remembers it.
type log struct {
	mu     sync.Mutex
	events []live.Event
	seen   map[live.EventID]bool
	fail   error
}

func (l *log) Ingest(_ context.Context, _ live.Origin, events []live.Event) ([]live.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return nil, l.fail
	}
	var out []live.Receipt
	for _, e := range events {
		status := live.Accepted
		switch {
		case e.ID != "" && l.seen[e.ID]:
			status = live.Duplicate
		case live.CheckData(e.Kind, e.Data) != nil:
			status = live.Rejected
		default:
			l.seen[e.ID] = true
			l.events = append(l.events, e)
		}
		out = append(out, live.Receipt{EventID: e.ID, Status: status})
	}
	return out, nil
}

func (l *log) of(kind live.Kind) (out []live.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

// rules are those of every room.
type rules struct {
	of      *live.RoomRules
	muted   map[live.PersonID]time.Time
	banned  map[live.PersonID]error
	follows map[live.PersonID]bool
	away    error
}

func (r *rules) Rules(live.RoomID) *live.RoomRules { return r.of }

func (r *rules) Muted(_ live.RoomID, p live.PersonID, at time.Time) (time.Time, bool) {
	until, ok := r.muted[p]
	return until, ok && (until.IsZero() || until.After(at))
}

func (r *rules) Banned(_ context.Context, _ live.MerchantID, _ live.RoomID, p live.PersonID) error {
	return r.banned[p]
}

func (r *rules) Follows(_ context.Context, _ live.MerchantID, p live.PersonID) (bool, error) {
	return r.follows[p], r.away
}

func (r *rules) OnAir(live.RoomID) (live.Show, bool) { return live.Show{ID: "s1"}, true }

func newDesk(of live.RoomRules) (*moderation.Desk, *log, *rules) {
	l := &log{seen: map[live.EventID]bool{}}
	r := &rules{of: &of}
	return moderation.New(moderation.Config{Ingest: l, Rules: r, Now: time.Now}), l, r
}

func says(who live.PersonID, role live.Role, text string) live.Event {
	return live.Event{
		Kind: live.CommentSent, Source: "ws", Merchant: "m1", Room: "r1", Person: who,
		Actor: live.Actor{ID: string(who), Role: role}, Data: json.RawMessage(fmt.Sprintf(`{"text":%q,"comment_id":"k-%s"}`, text, who)),
	}
}

// try offers facts and tells what became of each: "ok", "again", or the code.
func try(t *testing.T, d *moderation.Desk, door live.Origin, events ...live.Event) (out []string) {
	t.Helper()
	receipts, err := d.Ingest(t.Context(), door, events)
	if err != nil {
		t.Fatal(err)
	}
	if len(receipts) != len(events) {
		t.Fatalf("%d receipts for %d facts", len(receipts), len(events))
	}
	for i, r := range receipts {
		switch {
		case r.EventID != events[i].ID:
			t.Errorf("receipt %d is of %q, want %q", i, r.EventID, events[i].ID)
		case r.Err != nil:
			out = append(out, r.Err.Code)
		case r.Status == live.Duplicate:
			out = append(out, "again")
		case r.Status == live.Rejected:
			out = append(out, "rejected")
		default:
			out = append(out, "ok")
		}
	}
	return out
}

func TestRulesOfARoom(t *testing.T) {
	const v, mod = live.RoleViewer, live.RoleModerator
	question := says("a", v, "scam?")
	question.Kind = live.QuestionAsked
	posted := says("gone", v, "x")
	posted.Source = "crm"
	nameless := says("a", "", "x")
	like := live.Event{Kind: live.Liked, Merchant: "m1", Room: "r1", Person: "mute", Actor: live.Actor{Role: v}, Data: json.RawMessage(`{"count":1}`)}
	for name, tc := range map[string]struct {
		rules live.RoomRules
		event live.Event
		door  live.Origin
		want  string
	}{
		"no rules":                      {live.RoomRules{}, says("a", v, "scam"), live.FromViewer, "ok"},
		"muted":                         {live.RoomRules{}, says("mute", v, "x"), live.FromViewer, "muted"},
		"muted for the show":            {live.RoomRules{}, says("mute2", v, "x"), live.FromViewer, "muted"},
		"muted, stated by a producer":   {live.RoomRules{}, says("mute", v, "x"), live.FromProducer, "muted"},
		"muted, in imported history":    {live.RoomRules{}, says("mute", v, "x"), live.FromProducer | live.FromHistory, "ok"},
		"the mute is over":              {live.RoomRules{}, says("was", v, "x"), live.FromViewer, "ok"},
		"a muted viewer likes":          {live.RoomRules{}, like, live.FromViewer, "ok"},
		"blocked, stated by a producer": {live.RoomRules{}, posted, live.FromProducer, "blocked"},
		"mute all":                      {live.RoomRules{Modes: live.Modes{MuteAll: true}}, says("a", v, "x"), live.FromViewer, "mute_all"},
		"mute all, no role is a viewer": {live.RoomRules{Modes: live.Modes{MuteAll: true}}, nameless, live.FromProducer, "mute_all"},
		"mute all, a moderator":         {live.RoomRules{Modes: live.Modes{MuteAll: true}}, says("m", mod, "x"), live.FromViewer, "ok"},
		"mute all, a question":          {live.RoomRules{Modes: live.Modes{MuteAll: true}}, question, live.FromViewer, "mute_all"},
		"comments off":                  {live.RoomRules{Modes: live.Modes{CommentsOff: true}}, says("a", v, "x"), live.FromViewer, "comments_off"},
		"comments off, a moderator":     {live.RoomRules{Modes: live.Modes{CommentsOff: true}}, says("m", mod, "x"), live.FromViewer, "comments_off"},
		"comments off, a question":      {live.RoomRules{Modes: live.Modes{CommentsOff: true}}, question, live.FromViewer, "ok"},
		"followers only":                {live.RoomRules{Modes: live.Modes{FollowersOnly: true}}, says("a", v, "x"), live.FromViewer, "followers_only"},
		"followers only, a follower":    {live.RoomRules{Modes: live.Modes{FollowersOnly: true}}, says("fan", v, "x"), live.FromViewer, "ok"},
		"followers only, a moderator":   {live.RoomRules{Modes: live.Modes{FollowersOnly: true}}, says("m", mod, "x"), live.FromViewer, "ok"},
		"a keyword":                     {live.RoomRules{Words: []string{"scam"}}, says("a", v, "a S\u200bＣ a m!"), live.FromViewer, "blocked_keyword"},
		"a keyword in a question":       {live.RoomRules{Words: []string{"scam"}}, question, live.FromViewer, "blocked_keyword"},
		"a keyword from a moderator":    {live.RoomRules{Words: []string{"scam"}}, says("m", mod, "scam"), live.FromViewer, "ok"},
		"another word":                  {live.RoomRules{Words: []string{"scam", "加微信"}}, says("a", v, "scampi 微信"), live.FromViewer, "ok"},
		"what ingest refuses":           {live.RoomRules{Words: []string{"scam"}}, live.Event{Kind: live.CommentSent, Room: "r1", Data: json.RawMessage(`7`)}, live.FromViewer, "rejected"},
	} {
		t.Run(name, func(t *testing.T) {
			d, l, r := newDesk(tc.rules)
			r.muted = map[live.PersonID]time.Time{"mute": time.Now().Add(time.Hour), "mute2": {}, "was": time.Now().Add(-time.Second)}
			r.banned = map[live.PersonID]error{"gone": live.Forbidden("blocked", "x")}
			r.follows = map[live.PersonID]bool{"fan": true}
			other := live.Event{Kind: live.Followed, Merchant: "m1", Room: "r1", Person: "z"}
			got := try(t, d, tc.door, other, tc.event, other)
			if got[0] != "ok" || got[1] != tc.want || len(l.of(live.Followed)) != 2 {
				t.Errorf("got %v, want %s between the others", got, tc.want)
			}
		})
	}
}

func TestMutedIsToldForHowLong(t *testing.T) {
	d, _, r := newDesk(live.RoomRules{})
	r.muted = map[live.PersonID]time.Time{"a": time.Now().Add(time.Hour), "b": {}}
	receipts, err := d.Ingest(t.Context(), live.FromViewer, []live.Event{says("a", live.RoleViewer, "x"), says("b", live.RoleViewer, "x")})
	if err != nil {
		t.Fatal(err)
	}
	if w := receipts[0].Err.RetryAfter; w < 59*time.Minute || w > time.Hour {
		t.Errorf("retry after %v", w)
	}
	if e := receipts[1].Err; e.RetryAfter != 0 || e.Fault != live.FaultForbidden {
		t.Errorf("muted for the show: %+v", e)
	}
}

func TestSlowMode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const v = live.RoleViewer
		d, l, _ := newDesk(live.RoomRules{Modes: live.Modes{SlowSeconds: 10}})
		named := func(who live.PersonID, id live.EventID) live.Event {
			e := says(who, v, "x")
			e.ID = id
			return e
		}
		want := func(got []string, want ...string) {
			t.Helper()
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		want(try(t, d, live.FromViewer, named("a", "1"), named("a", "2"), named("b", "3")), "ok", "slow_mode", "ok")
		want(try(t, d, live.FromViewer, named("a", "1")), "again") // a repeat is no second comment
		want(try(t, d, live.FromViewer, says("m", live.RoleModerator, "x"), says("m", live.RoleModerator, "x")), "ok", "ok")
		time.Sleep(9 * time.Second)
		receipts, err := d.Ingest(t.Context(), live.FromViewer, []live.Event{named("a", "4")})
		if err != nil || receipts[0].Err == nil || receipts[0].Err.RetryAfter != time.Second || receipts[0].Err.Fault != live.FaultRateLimited {
			t.Errorf("%+v, %v; want a wait of 1s", receipts, err)
		}
		time.Sleep(time.Second)
		want(try(t, d, live.FromViewer, named("a", "5")), "ok")

		// Another node took a comment: the log tells.
		taken := says("c", v, "x")
		taken.ReceivedAt, taken.OccurredAt = time.Now(), time.Now()
		d.Saw(&taken)
		want(try(t, d, live.FromViewer, named("c", "6")), "slow_mode")

		// What was not taken costs no turn.
		bad := named("d", "7")
		bad.Data = json.RawMessage(`{"text":""}`)
		want(try(t, d, live.FromViewer, bad), "rejected")
		l.fail = errors.New("the log is away")
		if _, err := d.Ingest(t.Context(), live.FromViewer, []live.Event{named("d", "8")}); err == nil {
			t.Error("no error")
		}
		l.fail = nil
		want(try(t, d, live.FromViewer, named("d", "8")), "ok")
		time.Sleep(3 * time.Hour)
		want(try(t, d, live.FromViewer, named("d", "9")), "ok")
	})
}

func TestAnEngineThatIsAwayIsNoRefusal(t *testing.T) {
	d, l, r := newDesk(live.RoomRules{Modes: live.Modes{FollowersOnly: true, SlowSeconds: 5}})
	r.follows, r.away = map[live.PersonID]bool{"a": true}, errors.New("the database is away")
	if _, err := d.Ingest(t.Context(), live.FromViewer, []live.Event{says("a", live.RoleViewer, "x")}); err == nil || len(l.events) > 0 {
		t.Errorf("%v, %d taken", err, len(l.events))
	}
	r.away = nil
	if got := try(t, d, live.FromViewer, says("a", live.RoleViewer, "x")); got[0] != "ok" {
		t.Errorf("afterwards: %v", got)
	}
}

// The room answers a keyword once for a crowd, names its answer by the comment,
// and tells the panels what was left out.
func TestAnswersAndCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l, r := newDesk(live.RoomRules{Replies: []live.AutoReply{{Keyword: "coupon", Text: "Tap the bag."}, {Keyword: "尺码", Text: "S to XL"}}})
		r.muted = map[live.PersonID]time.Time{"mute": time.Now().Add(time.Hour)}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- d.Run(ctx) }()
		try(t, d, live.FromViewer, says("a", live.RoleViewer, "any C O U P O N?"), says("b", live.RoleViewer, "coupon"), says("mute", live.RoleViewer, "coupon"), says("mod", live.RoleModerator, "尺码"))
		synctest.Wait()
		try(t, d, live.FromViewer, says("c", live.RoleViewer, "什么尺码？"))
		synctest.Wait()
		got := l.of(live.AutoReplied)
		if len(got) != 2 || string(got[0].Data) != `{"keyword":"coupon","reply_to":"k-a","text":"Tap the bag."}` ||
			got[0].Show != "" || got[0].Actor.Role != live.RoleSystem || got[0].Source != "system" || got[0].ID == got[1].ID ||
			string(got[1].Data) != `{"keyword":"尺码","reply_to":"k-c","text":"S to XL"}` {
			t.Errorf("answers: %+v", got)
		}
		time.Sleep(6 * time.Second)
		try(t, d, live.FromViewer, says("b", live.RoleViewer, "coupon"))
		d.Dropped(moderation.Place{Merchant: "m1", Room: "r1"}, "rate_limited", 3)
		synctest.Wait()
		if got := l.of(live.AutoReplied); len(got) != 3 {
			t.Errorf("%d answers after a pause, want 3", len(got))
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		told := l.of(live.EventsDropped)
		if len(told) != 2 || string(told[0].Data) != `{"reasons":{"muted":1},"window_ms":5000}` || told[0].Show != "s1" ||
			string(told[1].Data) != `{"reasons":{"rate_limited":3},"window_ms":1000}` {
			t.Errorf("told: %+v", told)
		}
	})
}

// A ban that lands between judging a comment and its place in the log: what
// stands behind the ban is not opened, and is stated as hidden, once; what came
// before it, what was said after the ban was lifted, and what others say is.
func TestLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, l, _ := newDesk(live.RoomRules{})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- d.Run(ctx) }()
		said := func(who, room, comment string, role live.Role) *live.Event {
			return &live.Event{
				ID: live.EventID("e-" + comment), Kind: live.CommentSent, Source: "ws", Merchant: "m1", Room: live.RoomID(room), Person: live.PersonID(who),
				Actor: live.Actor{ID: who, Role: role}, ReceivedAt: time.Now(), Data: json.RawMessage(`{"text":"x","comment_id":"` + comment + `"}`),
			}
		}
		tell := func(kind live.Kind, who, room string) {
			d.Saw(&live.Event{Kind: kind, Merchant: "m1", Room: live.RoomID(room), Person: live.PersonID(who), Actor: live.Actor{Role: live.RoleModerator}, ReceivedAt: time.Now()})
		}
		late := func(want bool, e *live.Event) {
			t.Helper()
			d.Saw(e)
			if got := d.Late(e); got != want {
				t.Errorf("%s is late: %v, want %v", e.ID, got, want)
			}
		}
		late(false, said("ann", "r1", "before", live.RoleViewer))
		for _, kind := range []live.Kind{live.ViewerMuted, live.ViewerKicked} {
			tell(kind, "ann", "r1")
			late(true, said("ann", "r1", "behind-"+string(kind), live.RoleViewer))
			late(true, said("ann", "r1", "behind-"+string(kind), live.RoleViewer)) // read again
			late(false, said("ann", "r2", "elsewhere", live.RoleViewer))
			late(false, said("bob", "r1", "another", live.RoleViewer))
			tell(live.ShowEnded, "", "r1")
			late(false, said("ann", "r1", "next-show", live.RoleViewer))
		}
		tell(live.ViewerMuted, "ann", "r1")
		tell(live.ViewerUnmuted, "ann", "r1")
		late(false, said("ann", "r1", "forgiven", live.RoleViewer))
		tell(live.ViewerBlocked, "ann", "r1")
		late(true, said("ann", "r2", "blocked-everywhere", live.RoleViewer))
		tell(live.ShowEnded, "", "r1")
		late(true, said("ann", "r1", "blocked-for-good", live.RoleViewer))
		late(false, said("ann", "r1", "staff", live.RoleModerator))
		tell(live.ViewerUnblocked, "ann", "r1")
		late(false, said("ann", "r2", "unblocked", live.RoleViewer))
		// Long behind a ban nothing can be on its way: who writes was judged anew.
		tell(live.ViewerMuted, "ann", "r1")
		time.Sleep(time.Minute)
		late(false, said("ann", "r1", "much-later", live.RoleViewer))
		time.Sleep(10 * time.Second)
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var hidden []string
		for _, e := range l.of(live.CommentHidden) {
			if e.Actor.Role != live.RoleSystem || e.Source != "system" {
				t.Errorf("hidden by %+v", e)
			}
			hidden = append(hidden, string(e.Data))
		}
		want := []string{
			`{"comment_id":"behind-viewer_muted"}`, `{"comment_id":"behind-viewer_kicked"}`, `{"comment_id":"blocked-everywhere"}`, `{"comment_id":"blocked-for-good"}`,
		}
		if fmt.Sprint(hidden) != fmt.Sprint(want) {
			t.Errorf("hidden %v, want %v", hidden, want)
		}
	})
}
