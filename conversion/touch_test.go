package conversion

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestRulesNameKnownKindsOnce(t *testing.T) {
	seen := map[live.Kind]bool{}
	for _, r := range Rules {
		if _, ok := live.SpecOf(r.Kind); !ok {
			t.Errorf("%s is not a kind of event", r.Kind)
		}
		if seen[r.Kind] {
			t.Errorf("%s stands twice", r.Kind)
		}
		seen[r.Kind] = true
		if !r.Stage.Valid() || r.Channel == "" {
			t.Errorf("%s has stage %q and channel %q", r.Kind, r.Stage, r.Channel)
		}
		if live.OrderFactKind(r.Kind) {
			t.Errorf("%s is the conversion itself and cannot lead to it", r.Kind)
		}
	}
}

func TestTouchOf(t *testing.T) {
	viewer := live.Actor{ID: "p1", Role: live.RoleViewer}
	agent := live.Actor{ID: "a1", Role: live.RoleAgent}
	for _, tc := range []struct {
		name  string
		event live.Event
		want  *Touchpoint
	}{
		{
			"an entry without a channel is direct",
			live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer, Show: "s1", OccurredAt: noon},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: live.RoomEntered, Stage: live.StageConvert, Channel: "direct", Show: "s1"},
		},
		{
			"the event's channel, campaign and stage stand",
			live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer, OccurredAt: noon, Channel: "private/group", Campaign: "618", Stage: live.StageNurture},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: live.RoomEntered, Stage: live.StageNurture, Channel: "private/group", Campaign: "618"},
		},
		{
			"a stage that is none is not taken",
			live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer, OccurredAt: noon, Stage: "magic"},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: live.RoomEntered, Stage: live.StageConvert, Channel: "direct"},
		},
		{
			"an act in the room names its product",
			live.Event{Kind: live.ProductClicked, Person: "p1", Actor: viewer, OccurredAt: noon, Data: json.RawMessage(`{"product_id":"x1","surface":"list"}`)},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: live.ProductClicked, Stage: live.StageConvert, Channel: "live_room", Product: "x1"},
		},
		{
			"an agent tells of a group",
			live.Event{Kind: "group_joined", Person: "p1", Actor: agent, OccurredAt: noon, Data: json.RawMessage(`{"group_id":"g"}`)},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: "group_joined", Stage: live.StageNurture, Channel: "group", Agent: "a1", Group: "g"},
		},
		{
			"an integration tells of a service session",
			live.Event{Kind: "service_session_closed", Person: "p1", Actor: live.Actor{ID: "crm", Role: live.RoleIntegration}, OccurredAt: noon},
			&Touchpoint{Rule: BuiltIn, At: noon, Kind: "service_session_closed", Stage: live.StageRetain, Channel: "service"},
		},
		{"about nobody", live.Event{Kind: live.RoomEntered, Actor: viewer}, nil},
		{"a rehearsal", live.Event{Kind: live.RoomEntered, Person: "p1", Actor: viewer, Rehearsal: true}, nil},
		{"staff in the room", live.Event{Kind: live.ProductClicked, Person: "p1", Actor: live.Actor{ID: "p1", Role: live.RoleHost}}, nil},
		{"an agent cannot click for a viewer", live.Event{Kind: live.ProductClicked, Person: "p1", Actor: agent}, nil},
		{"an agent about themselves", live.Event{Kind: "group_joined", Person: "a1", Actor: agent}, nil},
		{"a host tells of a group", live.Event{Kind: "group_joined", Person: "p1", Actor: live.Actor{ID: "h1", Role: live.RoleHost}}, nil},
		{"a like", live.Event{Kind: live.Liked, Person: "p1", Actor: viewer}, nil},
		{"a parting", live.Event{Kind: "group_left", Person: "p1", Actor: viewer}, nil},
		{"the order itself", live.Event{Kind: live.OrderPaid, Person: "p1", Actor: viewer}, nil},
		{"unknown", live.Event{Kind: "teleported", Person: "p1", Actor: viewer}, nil},
	} {
		got, ok := TouchOf(tc.event)
		switch {
		case ok != (tc.want != nil):
			t.Errorf("%s: touch %t, want %t", tc.name, ok, tc.want != nil)
		case ok:
			if d := cmp.Diff(*tc.want, got); d != "" {
				t.Errorf("%s (-want +got):\n%s", tc.name, d)
			}
		}
	}
}

func FuzzTouchOf(f *testing.F) {
	for _, seed := range []string{``, `{}`, `null`, `[]`, `{"product_id":7}`, `{"product_id":"p"}`, `{"product_id":`, `{"PRODUCT_ID":"p"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		e := live.Event{Kind: live.ProductClicked, Person: "p", Actor: live.Actor{Role: live.RoleViewer}, Data: data}
		got, ok := TouchOf(e)
		if !ok {
			t.Fatal("broken data must not hide a touch")
		}
		if got.Product != "" && !json.Valid(data) {
			t.Fatalf("a product %q out of nothing", got.Product)
		}
	})
}

// FuzzScan compares the quick reading of data with that of encoding/json.
func FuzzScan(f *testing.F) {
	for _, seed := range []string{
		`{}`, `null`, `{"product_id":7}`, `{"product_id":"p","referrer":"r","product_id":"no id"}`, `{"agent_name":"小李","agent_name":null}`,
		`{"cost_minor":12,"cost_minor":1e3,"cost_currency":"CNY","transactional":true}`, `{"group_name":"\u5f20","group_id":"g"}`,
	} {
		f.Add([]byte(seed))
	}
	words := live.Words{}
	f.Fuzz(func(t *testing.T, data []byte) {
		for range 2 { // of new words, and of those that were met
			if d := cmp.Diff(ReadTouch(data, nil), ReadTouch(bytes.Clone(data), words)); d != "" {
				t.Fatalf("%s: -new +met\n%s", data, d)
			}
		}
		got, ok := scan(data, words)
		if !ok {
			return
		}
		var want TouchData
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("%s was read, and %v", data, err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("%s: -encoding/json +scan\n%s", data, d)
		}
	})
}

func TestTouchAllocatesNothing(t *testing.T) {
	words := live.Words{}
	for _, more := range []string{``, `,"x":"` + strings.Repeat("long ", 40) + `"`} {
		e := &live.Event{Kind: live.ProductClicked, Person: "p", Actor: live.Actor{Role: live.RoleViewer}, Data: []byte(`{"product_id":"p-1","referrer":"someone"` + more + `}`)}
		var got Touchpoint
		n := testing.AllocsPerRun(100, func() {
			d := ReadTouch(e.Data, words)
			DefaultRules().Touch(&got, DefaultRules().Rule(e.Kind), e, &d)
		})
		if n != 0 || got.Product != "p-1" || got.Referrer != "someone" {
			t.Errorf("%g allocations for %+v", n, got)
		}
	}
}

func TestWithin(t *testing.T) {
	at := func(d time.Duration, seq uint64) Touchpoint {
		return Touchpoint{At: noon.Add(d), Position: live.Position{Seq: seq}}
	}
	j := Journey{At: noon, Touches: []Touchpoint{
		at(0, 9), at(time.Millisecond, 1), at(-time.Hour, 4), at(-time.Hour, 3), at(-2*time.Hour, 8), at(-time.Hour-time.Millisecond, 2),
	}}
	for _, tc := range []struct {
		window time.Duration
		want   []uint64
	}{
		{time.Hour, []uint64{3, 4, 9}},
		{2 * time.Hour, []uint64{8, 2, 3, 4, 9}},
		{0, []uint64{8, 2, 3, 4, 9}},
		{time.Millisecond, []uint64{9}},
	} {
		var got []uint64
		for _, x := range j.Within(tc.window) {
			got = append(got, x.Position.Seq)
		}
		if d := cmp.Diff(tc.want, got); d != "" {
			t.Errorf("window %v (-want +got):\n%s", tc.window, d)
		}
	}
	if j.Touches[0].Position.Seq != 9 {
		t.Error("the journey was changed")
	}
}
