package conversion

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/live"
)

func TestPolicyAdmit(t *testing.T) {
	touch := func(channel string, ago time.Duration, kind live.Kind) Touchpoint {
		return Touchpoint{At: noon.Add(-ago), Channel: channel, Kind: kind}
	}
	const day = 24 * time.Hour
	click := touch("click", 6*day, live.ProductClicked)
	old := touch("old", 8*day, live.ProductClicked)
	view := touch("view", time.Hour, live.RoomExposed)
	stale := touch("stale", 25*time.Hour, "view")
	own := touch("own", time.Hour, "referral_clicked")
	own.Referrer = "p1"
	friend := own
	friend.Channel, friend.Referrer = "friend", "p2"
	pay := touch("PayPal", time.Minute, "click")
	for _, tc := range []struct {
		name    string
		policy  Policy
		touches []Touchpoint
		want    []string
	}{
		{"everything up to the order", Policy{}, []Touchpoint{view, click, old, touch("after", -time.Second, "click")}, []string{"old", "click", "view"}},
		{"a window", Policy{Window: 7 * day}, []Touchpoint{view, click, old, stale}, []string{"click", "stale", "view"}},
		{"a window of views", Policy{Window: 7 * day, ViewWindow: day}, []Touchpoint{view, click, old, stale}, []string{"click", "view"}},
		{"a click beats any view", Policy{Window: 7 * day, ClickFirst: true}, []Touchpoint{view, click}, []string{"click"}},
		{"a click out of its window beats nothing", Policy{Window: 7 * day, ClickFirst: true}, []Touchpoint{view, old}, []string{"view"}},
		{"only views", Policy{Window: 7 * day, ClickFirst: true}, []Touchpoint{view, stale}, []string{"stale", "view"}},
		{"own link", Policy{}, []Touchpoint{own, friend}, []string{"friend"}},
		{"a self-made click beats no view", Policy{ClickFirst: true}, []Touchpoint{own, view}, []string{"view"}},
		{"our own pages", Policy{Internal: []string{"paypal"}}, []Touchpoint{click, pay}, []string{"click"}},
		{"nothing", Policy{Window: DefaultWindow, ClickFirst: true}, nil, nil},
	} {
		j := Journey{Person: "p1", At: noon, Touches: tc.touches}
		before := slices.Clone(tc.touches)
		var got []string
		for _, x := range tc.policy.Admit(&j) {
			got = append(got, x.Channel)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", tc.name, d)
		}
		if d := cmp.Diff(before, tc.touches); d != "" {
			t.Errorf("%s: the journey was changed:\n%s", tc.name, d)
		}
	}
}

// TestPolicyAdmitsAll: a journey whose touches may all earn is not copied, and what
// is admitted is the same as of one that is.
func TestPolicyAdmitsAll(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 17))
	shared, copied := 0, 0
	for range 5000 {
		j := Journey{At: noon, Person: "p1"}
		for range rng.IntN(4) {
			j.Touches = append(j.Touches, Touchpoint{
				At: noon.Add(-time.Duration(rng.IntN(12)-1) * time.Hour), Position: live.Position{Seq: uint64(rng.IntN(3))},
				Kind: []live.Kind{live.RoomExposed, live.ProductClicked}[rng.IntN(2)], Referrer: []live.PersonID{"", "", "p1"}[rng.IntN(3)],
			})
		}
		p := Policy{Window: time.Duration(rng.IntN(14)) * time.Hour, ClickFirst: rng.IntN(2) == 0, ViewWindow: time.Duration(rng.IntN(3)) * 4 * time.Hour}
		got := p.Admit(&j)
		if d := cmp.Diff(p.AppendAdmitted(nil, &j), got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%+v of %+v: -copied +admitted\n%s", p, j, d)
		}
		switch {
		case len(got) == 0:
		case &got[0] == &j.Touches[0]:
			shared++
			if cap(got) != len(got) {
				t.Fatal("what is appended to it lands in the journey")
			}
		default:
			copied++
		}
	}
	if shared < 500 || copied < 500 {
		t.Errorf("%d journeys were as they are and %d were not: the test sees one way alone", shared, copied)
	}
}

func TestCycles(t *testing.T) {
	at := func(h int) time.Time { return noon.Add(time.Duration(h) * time.Hour) }
	touches := []Touchpoint{{At: at(0), Channel: "a"}, {At: at(2), Channel: "b"}, {At: at(3), Channel: "at"}, {At: at(5), Channel: "c"}}
	upTo := func(h int) (ts []Touchpoint) {
		for _, x := range touches {
			if !x.At.After(at(h)) {
				ts = append(ts, x)
			}
		}
		return ts
	}
	in := []Journey{
		{Order: "o3", Person: "p1", At: at(9), Touches: upTo(9)},
		{Order: "o1", Person: "p1", At: at(1), Touches: upTo(1)},
		{Order: "o2", Person: "p1", At: at(3), Touches: upTo(3)},
		{Order: "o2b", Person: "p1", At: at(3), Touches: upTo(3)},
		{Order: "other", Person: "p2", At: at(9), Touches: upTo(9)},
		{Order: "nobody", At: at(9), Touches: upTo(9)},
	}
	want := map[live.OrderID][]string{
		"o1": {"a"}, "o2": {"b", "at"}, "o2b": nil, "o3": {"c"},
		"other": {"a", "b", "at", "c"}, "nobody": {"a", "b", "at", "c"},
	}
	got := map[live.OrderID][]string{}
	for i, j := range Cycles(in) {
		if j.Order != in[i].Order {
			t.Errorf("journey %d is %s, was %s", i, j.Order, in[i].Order)
		}
		var names []string
		for _, x := range j.Touches {
			names = append(names, x.Channel)
		}
		got[j.Order] = names
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("cycles (-want +got):\n%s", d)
	}
	if len(in[0].Touches) != 4 {
		t.Error("the input was changed")
	}
}

func TestTouchOfOwnLink(t *testing.T) {
	e := live.Event{Kind: "referral_clicked", Person: "p1", Actor: live.Actor{ID: "p1", Role: live.RoleViewer}, Data: []byte(`{"referrer":"p1"}`)}
	if _, ok := TouchOf(e); ok {
		t.Error("a person brought themselves")
	}
	e.Data = []byte(`{"referrer":"p2"}`)
	if got, ok := TouchOf(e); !ok || got.Referrer != "p2" || got.Channel != ChannelShare {
		t.Errorf("touch = %+v, %t", got, ok)
	}
}
