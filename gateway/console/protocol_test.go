package console

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// asyncapi is the document as another test holds it against the server's own
// tables.
const asyncapi = "../ws/testdata/asyncapi.golden.json"

// schema is a JSON schema as far as frames use it.
type schema struct {
	Type       any                `json:"type"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	AnyOf      []*schema          `json:"anyOf"`
}

type apiDocument struct {
	Components struct {
		Messages map[string]struct{ Payload *schema }
		Schemas  map[string]*schema
	}
}

func readDocument(t *testing.T) *apiDocument {
	t.Helper()
	raw, err := os.ReadFile(asyncapi)
	if err != nil {
		t.Fatal(err)
	}
	var d apiDocument
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	return &d
}

// kinds are the types of plain values.
var kinds = map[string]string{"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}

var (
	interfaces = regexp.MustCompile(`(?s)export interface (\w+)[^{]*\{\n(.*?)\n\}`)
	members    = regexp.MustCompile(`(?m)^  (\w+)(\??): (.+);$`)
)

// TestProtocolFrames holds the frames that are written by hand against the
// document: their members, whether they may be missing, and what they are.
func TestProtocolFrames(t *testing.T) {
	raw, err := os.ReadFile("client/frames.d.ts")
	if err != nil {
		t.Fatal(err)
	}
	type member struct {
		optional bool
		kind     string
	}
	written := map[string]map[string]member{}
	for _, m := range interfaces.FindAllStringSubmatch(string(raw), -1) {
		written[m[1]] = map[string]member{}
		for _, x := range members.FindAllStringSubmatch(m[2], -1) {
			written[m[1]][x[1]] = member{x[2] == "?", x[3]}
		}
	}
	d := readDocument(t)
	message := func(name string) *schema { return d.Components.Messages[name].Payload }
	room, event := d.Components.Schemas["room"], d.Components.Schemas["event"]
	for name, s := range map[string]*schema{
		"Welcome": message("welcome"), "Events": message("events"), "Ack": message("ack"), "Snapshot": message("snapshot"),
		"Prompt": message("prompt"), "Gap": message("gap"), "Bye": message("bye"),
		"Room": room, "Item": d.Components.Schemas["item"], "Show": room.Properties["show"].AnyOf[1],
		"AckError": message("ack").Properties["error"], "RoomEvent": event, "Actor": event.Properties["actor"],
	} {
		got, ok := written[name]
		if !ok {
			t.Errorf("client/frames.d.ts has no %s", name)
			continue
		}
		if a, b := slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(s.Properties)); !slices.Equal(a, b) {
			t.Errorf("%s has %v, the document %v", name, a, b)
			continue
		}
		for n, m := range got {
			must := slices.Contains(s.Required, n)
			// Totals come as events without a name, a time and an actor.
			if name == "RoomEvent" && (n == "at" || n == "actor") {
				must = false
			}
			if m.optional == must {
				t.Errorf("%s.%s may be missing: %v, by the document %v", name, n, m.optional, !must)
			}
			kind, plain := "", false
			if name, ok := s.Properties[n].Type.(string); ok {
				kind, plain = kinds[name]
			}
			if plain && m.kind != kind && !named[m.kind] {
				t.Errorf("%s.%s is %s, by the document %s", name, n, m.kind, kind)
			}
		}
	}
}

// named are narrower types for what the document calls a string.
var named = map[string]bool{
	"Role": true, "T": true, `"scheduled" | "live" | "paused" | "ended" | "settled"`: true, `"reserve" | "first_paid"`: true,
}

// TestProtocolIsTyped compiles what a user of the client writes: what the
// protocol takes, and what it must refuse.
func TestProtocolIsTyped(t *testing.T) {
	tsc, err := filepath.Abs("node_modules/.bin/tsc")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tsc); err != nil {
		t.Skip("the TypeScript compiler is not installed (npm ci in gateway/console): uses of the client are not compiled")
	}
	out, err := exec.CommandContext(t.Context(), tsc, "--noEmit", "--strict", "--target", "ES2022", "--module", "ES2022", "--moduleResolution", "bundler",
		"--lib", "ES2022,DOM", "--exactOptionalPropertyTypes", "--allowImportingTsExtensions", "test/uses.ts").CombinedOutput()
	if err != nil {
		t.Errorf("tsc: %v\n%s", err, out)
	}
}
