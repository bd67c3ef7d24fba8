package ws

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"showrunner/conversion/care/desk"
)

// TestFrameDocs holds each described frame against the struct that is sent.
func TestFrameDocs(t *testing.T) {
	sent := map[string]reflect.Type{
		"welcome": reflect.TypeFor[welcomeFrame](), "gap": reflect.TypeFor[gapFrame](), "bye": reflect.TypeFor[byeFrame](),
		"ack": reflect.TypeFor[ackFrame](), "prompt": reflect.TypeFor[promptJSON](),
	}
	for i := range frames {
		if as, ok := sent[frames[i].name]; ok { // events and snapshots are joined by hand
			described(t, &frames[i], as, nil)
		}
	}
}

// TestAgentFrameDocs does so for the frames of agents. Turns share one struct, of
// which each kind fills its own part.
func TestAgentFrameDocs(t *testing.T) {
	never := map[string][]string{
		"session": {"message", "clock"}, "message": {"clock", "gone"}, "queue": {"message", "clock"}, "sla": {"message"},
	}
	always := map[string][]string{"message": {"session", "message"}, "sla": {"clock"}}
	told := map[string]bool{}
	for i := range agentFrames {
		f := &agentFrames[i]
		told[f.name] = true
		if f.name == "welcome" {
			described(t, f, reflect.TypeFor[agentWelcome](), nil)
			continue
		}
		described(t, f, reflect.TypeFor[agentTurn](), never[f.name], always[f.name]...)
	}
	for _, k := range desk.TurnKinds {
		if !told[string(k)] {
			t.Errorf("turns of %s are not described", k)
		}
	}
	if len(told) != len(desk.TurnKinds)+1 {
		t.Errorf("described are %v", told)
	}
	var works []string
	for _, w := range agentWork() {
		works = append(works, w.kind)
	}
	if !slices.Equal(works, agentTypes) {
		t.Errorf("described are %v, taken %v", works, agentTypes)
	}
	of := agentSchemas()["agent"].(object)
	described(t, &frameDoc{name: "agent", required: of["required"].([]string), fields: of["properties"].(object)}, reflect.TypeFor[agentJSON](), []string{"type"})
}

// described holds the description of a frame against the struct that is sent,
// without the members that are never in it; always are those of the others that
// are in it though the struct may leave them out.
func described(t *testing.T, f *frameDoc, s reflect.Type, never []string, always ...string) {
	t.Helper()
	var members []string
	required := always
	for field := range s.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if slices.Contains(never, name) {
			continue
		}
		members = append(members, name)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			required = append(required, name)
		}
	}
	described := []string{}
	for name := range f.properties() {
		if !slices.Contains(never, name) {
			described = append(described, name)
		}
	}
	slices.Sort(members)
	slices.Sort(described)
	if !slices.Equal(members, described) {
		t.Errorf("%s has %v, described are %v", f.name, members, described)
	}
	want := slices.Sorted(slices.Values(f.required))
	slices.Sort(required)
	if !slices.Equal(required, want) {
		t.Errorf("%s always has %v, described as required are %v", f.name, required, want)
	}
}

// TestEveryCodeIsListed: what a refusal closes with stands in the document.
func TestEveryCodeIsListed(t *testing.T) {
	for _, table := range []map[string]CloseCode{byeCodes, {
		"going away": CloseGoingAway, "idle": CloseIdle, "token": CloseUnauthenticated, "flood": CloseFlood, "binary": CloseProtocol,
	}} {
		for why, c := range table {
			if !slices.Contains(everyCode, c) {
				t.Errorf("%s: %d is not listed", why, c)
			}
		}
	}
	for fault, c := range closeCodes {
		if !slices.Contains(everyCode, c) {
			t.Errorf("fault %d: %d is not listed", fault, c)
		}
	}
}
