package bots

import (
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"showrunner/live"
)

var t0 = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// room is a show whose facts one detector sees.
type room struct {
	d   *Detector
	now time.Time
	got []Verdict
}

func newRoom(set Settings) *room { return &room{d: New(set), now: t0} }

func (r *room) pass(d time.Duration) { r.now = r.now.Add(d) }

func (r *room) say(kind live.Kind, who live.PersonID, format string, args ...any) {
	e := live.Event{
		Kind: kind, Source: "ws", Person: who, Actor: live.Actor{ID: string(who), Role: live.RoleViewer},
		OccurredAt: r.now, ReceivedAt: r.now, Data: json.RawMessage(fmt.Sprintf(format, args...)),
	}
	r.got = append(r.got, r.d.See(&e)...)
}

// alone makes a rule enough by itself.
func alone(r Rule) Settings {
	s := Default()
	s.Weights = map[Rule]int{r: 100}
	return s
}

// Every rule fires for what it is meant for, and not for a person who does a
// little less of it.
func TestRules(t *testing.T) {
	beats := func(r *room, jitter time.Duration, data string) {
		for i := range steadyGaps + 2 {
			r.say(live.WatchHeartbeat, "x", "%s", data)
			r.pass(25*time.Second + time.Duration(i%2)*jitter)
		}
	}
	shout := func(r *room, persons, times int, words string) {
		for i := range times {
			r.say(live.CommentSent, live.PersonID(fmt.Sprint("x", i%persons)), `{"text":%q}`, words)
			r.pass(time.Second)
		}
	}
	enter := func(r *room, persons int, network string, apart time.Duration) {
		for i := range persons {
			r.say(live.RoomEntered, live.PersonID(fmt.Sprint("x", i)), `{"network":%q}`, network)
			r.pass(apart)
		}
	}
	times := func(n int, apart time.Duration, kind live.Kind, data string) func(*room) {
		return func(r *room) {
			for range n {
				r.say(kind, "x", "%s", data)
				r.pass(apart)
			}
		}
	}
	hidden := func(n int, visible bool) func(*room) {
		return func(r *room) {
			r.say(live.WatchHeartbeat, "x", `{"visible":%t}`, visible)
			times(n, 3*time.Second, live.ProductClicked, `{"product_id":"p"}`)(r)
		}
	}
	for rule, c := range map[Rule]struct {
		bot, human func(*room)
		flagged    int
	}{
		Reconnects:      {times(13, 4*time.Second, live.RoomEntered, `{}`), times(12, 4*time.Second, live.RoomEntered, `{}`), 1},
		SteadyBeats:     {func(r *room) { beats(r, 2*time.Millisecond, `{"visible":true}`) }, func(r *room) { beats(r, 3*time.Millisecond, `{"visible":true}`) }, 1},
		ActsWhileHidden: {hidden(mostHidden, false), hidden(mostHidden, true), 1},
		FastLikes:       {times(3, 3*time.Second, live.Liked, `{"count":70}`), times(30, 3*time.Second, live.Liked, `{"count":50}`), 1},
		FastClicks:      {times(21, 400*time.Millisecond, live.ProductClicked, `{"product_id":"p"}`), times(60, time.Second, live.ProductClicked, `{"product_id":"p"}`), 1},
		RepeatedWords:   {func(r *room) { shout(r, 4, 6, "Buy  cheap FOLLOWERS now") }, func(r *room) { shout(r, 40, 300, "已拍，求发货！") }, 4},
		CrowdedNetwork:  {func(r *room) { enter(r, 21, "n", time.Second) }, func(r *room) { enter(r, 90, "n", time.Minute) }, 21},
		AutomationAgent: {times(1, 0, live.RoomEntered, `{"agent":"automation"}`), times(1, 0, live.RoomEntered, `{}`), 1},
	} {
		t.Run(string(rule), func(t *testing.T) {
			bot, human := newRoom(alone(rule)), newRoom(alone(rule))
			c.bot(bot)
			if len(bot.got) != c.flagged {
				t.Errorf("%d verdicts, want %d: %+v", len(bot.got), c.flagged, bot.got)
			}
			for _, v := range bot.got {
				if !v.Flagged || v.Score != 100 || len(v.Rules) != 1 || v.Rules[0].Rule != rule {
					t.Errorf("verdict %+v", v)
				}
			}
			if c.human(human); len(human.got) > 0 {
				t.Errorf("a person is flagged: %+v", human.got)
			}
		})
	}
}

// One rule alone flags nobody, and neither do a company behind one address nor a
// crowd that answers the host.
func TestNoRuleIsEnoughAlone(t *testing.T) {
	set := Default()
	for r, w := range set.Weights {
		if w >= set.Threshold {
			t.Errorf("%s alone is enough", r)
		}
	}
	r := newRoom(set)
	for i := range 200 {
		who := live.PersonID(fmt.Sprint("v", i))
		r.say(live.RoomEntered, who, `{"network":"office"}`)
		r.say(live.CommentSent, who, `{"text":"1"}`)
		r.say(live.Liked, who, `{"count":30}`)
		r.pass(time.Second)
	}
	if len(r.got) > 0 {
		t.Errorf("flagged: %+v", r.got)
	}
}

// Who is flagged stays so while silent, and however little over the edge; only
// minutes of ordinary activity let them back in, and then once.
func TestHysteresis(t *testing.T) {
	set := Default()
	set.Forgive = 5
	r := newRoom(set)
	r.say(live.RoomEntered, "x", `{"agent":"automation"}`)
	for range 13 {
		r.say(live.RoomEntered, "x", `{}`)
	}
	if len(r.got) != 1 || !r.got[0].Flagged || r.got[0].Score != 110 || len(r.got[0].Rules) != 2 {
		t.Fatalf("verdicts %+v", r.got)
	}
	r.pass(3 * time.Hour) // gone, and back
	r.say(live.Liked, "x", `{"count":1}`)
	if len(r.got) != 1 {
		t.Fatalf("silence forgave: %+v", r.got)
	}
	for range 3 {
		r.pass(time.Minute)
		r.say(live.Liked, "x", `{"count":1}`)
	}
	if len(r.got) != 1 {
		t.Fatalf("let back in too early: %+v", r.got)
	}
	r.pass(time.Minute)
	r.say(live.Liked, "x", `{"count":1}`)
	if len(r.got) != 2 || r.got[1].Flagged || r.got[1].Score != 0 {
		t.Fatalf("not let back in: %+v", r.got)
	}
}

// What staff do, what platforms tell and what is about nobody is not looked at.
func TestOnlyWhatViewersDoHere(t *testing.T) {
	d := New(alone(AutomationAgent))
	base := live.Event{
		Kind: live.RoomEntered, Source: "ws:x", Person: "x", Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: t0, Data: json.RawMessage(`{"agent":"automation"}`),
	}
	for name, change := range map[string]func(*live.Event){
		"staff":     func(e *live.Event) { e.Actor.Role = live.RoleHost },
		"rehearsal": func(e *live.Event) { e.Rehearsal = true },
		"platform":  func(e *live.Event) { e.Source = "douyin" },
		"nobody":    func(e *live.Event) { e.Person = "" },
	} {
		e := base
		change(&e)
		if got := d.See(&e); len(got) > 0 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := d.See(&base); len(got) != 1 {
		t.Errorf("%d verdicts, want 1", len(got))
	}
}

func TestSettings(t *testing.T) {
	good := Default()
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	bad := Settings{Threshold: 0, Clear: 5, Forgive: 0, Weights: map[Rule]int{"mood": 1, FastLikes: -1}}
	err := bad.Validate()
	for _, want := range []string{"threshold", "clear", "forgive", `"mood"`, "fast_likes"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
	never := Settings{Threshold: 100, Clear: 10, Forgive: 1, Weights: map[Rule]int{FastLikes: 50}}
	if never.Validate() == nil {
		t.Error("a threshold that is never reached is taken")
	}
	for agent, want := range map[string]string{
		"": "", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) MicroMessenger/8.0.44": "", "okhttp/4.12.0": "", "Go-http-client/1.1": "",
		"Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/120.0": "automation", "python-requests/2.31": "automation", "Googlebot/2.1": "automation",
	} {
		if got := Agent(agent); got != want {
			t.Errorf("%q is %q, want %q", agent, got, want)
		}
	}
}

// The verdicts are those of the log, wherever a detector was started again from
// its beginning, and a person's flags take turns.
func TestVerdictsAreTheLogs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := Default()
		set.Threshold, set.Clear, set.Forgive = rapid.IntRange(40, 120).Draw(t, "threshold"), 30, rapid.IntRange(1, 4).Draw(t, "forgive")
		kinds := []live.Kind{live.RoomEntered, live.Liked, live.ProductClicked, live.CommentSent, live.WatchHeartbeat}
		var log []live.Event
		now := t0
		for range rapid.IntRange(0, 300).Draw(t, "facts") {
			now = now.Add(time.Duration(rapid.SampledFrom([]int{0, 0, 10, 1000, 70_000}).Draw(t, "apart")) * time.Millisecond)
			e := live.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Source: "ws", ReceivedAt: now, Actor: live.Actor{Role: live.RoleViewer}}
			e.Person = live.PersonID(fmt.Sprint("x", rapid.IntRange(0, 5).Draw(t, "who")))
			e.Data = json.RawMessage(fmt.Sprintf(`{"visible":%t,"count":%d,"text":"the very same words","agent":%q,"network":"n"}`,
				rapid.Bool().Draw(t, "visible"), rapid.IntRange(1, 150).Draw(t, "count"), rapid.SampledFrom([]string{"", "", "automation"}).Draw(t, "agent")))
			log = append(log, e)
		}
		play := func() (all []Verdict) {
			d := New(set)
			for i := range log {
				all = append(all, slices.Clone(d.See(&log[i]))...)
			}
			return all
		}
		first, again := play(), play()
		if d := cmp.Diff(first, again); d != "" {
			t.Fatalf("the same log, other verdicts:\n%s", d)
		}
		flagged := map[live.PersonID]bool{}
		for _, v := range first {
			if flagged[v.Person] == v.Flagged {
				t.Fatalf("%s is told the same twice", v.Person)
			}
			flagged[v.Person] = v.Flagged
			if v.Flagged && v.Score < set.Threshold || !v.Flagged && v.Score >= set.Clear {
				t.Fatalf("verdict %+v", v)
			}
			sum := 0
			for _, f := range v.Rules {
				sum += f.Points
			}
			if sum != v.Score {
				t.Fatalf("rules add up to %d: %+v", sum, v)
			}
		}
	})
}

// What is kept in numbers, and forgotten early, comes to the verdicts of keeping
// everything: bursts, returns, crowds from one network, and quiet between them.
func TestVerdictsAreThoseOfKeepingEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := Default()
		set.Threshold, set.Clear, set.Forgive = rapid.SampledFrom([]int{40, 50, 100}).Draw(t, "threshold"), 30, rapid.IntRange(1, 4).Draw(t, "forgive")
		kinds := []live.Kind{live.RoomEntered, live.RoomEntered, live.Liked, live.ProductClicked, live.CommentSent, live.WatchHeartbeat}
		crowd := rapid.SampledFrom([]int{1, 6, 60}).Draw(t, "crowd")
		apart := rapid.SampledFrom([][]int{{0, 1, 100}, {0, 500, 2_000, 9_999, 10_001}, {1_000, 59_999, 60_001, 130_000}, {0, 10, 20_000, 599_999, 600_001, 3_600_000}}).Draw(t, "pace")
		kept, plain := New(set), newPlain(set)
		now := t0
		for i := range rapid.IntRange(0, 400).Draw(t, "facts") {
			now = now.Add(time.Duration(rapid.SampledFrom(apart).Draw(t, "apart")) * time.Millisecond)
			e := live.Event{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Source: "ws", ReceivedAt: now, Actor: live.Actor{Role: live.RoleViewer}}
			e.Person = live.PersonID(fmt.Sprint("x", rapid.IntRange(0, crowd-1).Draw(t, "who")))
			e.Data = json.RawMessage(fmt.Sprintf(`{"visible":%t,"count":%d,"text":%q,"agent":%q,"network":%q}`,
				rapid.Bool().Draw(t, "visible"), rapid.IntRange(1, 150).Draw(t, "count"), rapid.SampledFrom([]string{"1", "the very same words", "other words than those"}).Draw(t, "text"),
				rapid.SampledFrom([]string{"", "", "", "automation"}).Draw(t, "agent"), rapid.SampledFrom([]string{"", "n", "n", "m"}).Draw(t, "network")))
			want, got := plain.See(&e), kept.See(&e)
			if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("fact %d, %s of %s at %s (-plain +kept):\n%s", i, e.Kind, e.Person, now, d)
			}
		}
	})
}

// Somebody of a crowd of whom nothing is found costs next to nothing, whatever
// network they come from.
func TestACrowdIsCheap(t *testing.T) {
	const many = 20_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	for name, c := range map[string]struct {
		network func(i int) string
		most    float64 // bytes
	}{
		"unknown networks": {func(int) string { return "" }, 100},
		"one network":      {func(int) string { return "one" }, 330},
		"many networks":    {func(i int) string { return fmt.Sprint("n", i) }, 230},
	} {
		t.Run(name, func(t *testing.T) {
			before := heap()
			d := New(Default())
			at := t0
			for i := range many {
				fact := fmt.Sprintf("%400dviewer-%06d", 0, i)
				e := live.Event{
					Kind: live.RoomEntered, Source: "ws", Person: live.PersonID(fact[400:]), ReceivedAt: at, Actor: live.Actor{Role: live.RoleViewer},
					Data: json.RawMessage(fmt.Sprintf(`{"network":%q}`, c.network(i))),
				}
				d.See(&e)
				e.Kind, e.Data = live.WatchHeartbeat, json.RawMessage(`{"visible":true}`)
				d.See(&e)
				at = at.Add(time.Millisecond)
			}
			each := float64(heap()-before) / many
			if each > c.most {
				t.Errorf("%.0f bytes for each of %d persons, want at most %.0f", each, many, c.most)
			}
			t.Logf("%.0f bytes each", each)
			runtime.KeepAlive(d)
		})
	}
}

func FuzzSee(f *testing.F) {
	f.Add("comment_sent", `{"text":"x"}`)
	f.Add("watch_heartbeat", `{"visible":1}`)
	f.Add("room_entered", `[`)
	f.Fuzz(func(_ *testing.T, kind, data string) {
		d := New(Default())
		for range 3 {
			d.See(&live.Event{Kind: live.Kind(kind), Source: "ws", Person: "x", Actor: live.Actor{Role: live.RoleViewer}, ReceivedAt: t0, Data: json.RawMessage(data)})
		}
	})
}
