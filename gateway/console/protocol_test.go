package console

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write golden files")

// asyncapi is the document as another test holds it against the server's own
// tables.
const asyncapi = "../ws/testdata/asyncapi.golden.json"

// schema is a JSON schema as far as the document uses it.
type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"`
	Const      string             `json:"const"`
	Enum       []string           `json:"enum"`
	Items      *schema            `json:"items"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Extra      any                `json:"additionalProperties"`
	AllOf      []*schema          `json:"allOf"`
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

// typescript is the type that a value of the schema has.
func (s *schema) typescript(without string) string {
	switch {
	case s.Const != "":
		return fmt.Sprintf("%q", s.Const)
	case len(s.Enum) > 0:
		quoted := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			quoted[i] = fmt.Sprintf("%q", e)
		}
		return strings.Join(quoted, " | ")
	case s.Items != nil:
		return "(" + s.Items.typescript("") + ")[]"
	}
	switch s.Type {
	case "string":
		return "string"
	case "integer", "number":
		return "number"
	case "boolean":
		return "boolean"
	case "object":
		return s.object(without)
	}
	return "unknown"
}

func (s *schema) object(without string) string {
	var members []string
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		if name == without {
			continue
		}
		mark := "?"
		if slices.Contains(s.Required, name) {
			mark = ""
		}
		members = append(members, name+mark+": "+s.Properties[name].typescript(""))
	}
	own := "{ " + strings.Join(members, "; ") + " }"
	closed := s.Extra == false
	switch {
	case len(members) == 0 && closed:
		return "Record<string, never>"
	case len(members) == 0:
		return "More"
	case closed:
		return own
	}
	return own + " & More"
}

// typesOf writes the TypeScript of everything that has data.
func typesOf(d *apiDocument) string {
	var b strings.Builder
	b.WriteString("// Made of the AsyncAPI document by `go test ./gateway/console -run Protocol -update`:\n// do not edit. The same test fails when the two are not alike.\n\n")
	b.WriteString("/** Members that are not told here: new ones may come. */\nexport type More = Record<string, unknown>;\n")
	list := func(name, about, prefix, without string, data func(string) *schema, names []string) {
		fmt.Fprintf(&b, "\n/** %s */\nexport interface %s {\n", about, name)
		for _, n := range slices.Sorted(slices.Values(names)) {
			kind, ok := strings.CutPrefix(n, prefix)
			if !ok {
				continue
			}
			s := data(n)
			if s == nil {
				s = &schema{Type: "object"}
			}
			fmt.Fprintf(&b, "  %s: %s;\n", kind, s.typescript(without))
		}
		b.WriteString("}\n")
	}
	schemas, messages := slices.Collect(maps.Keys(d.Components.Schemas)), slices.Collect(maps.Keys(d.Components.Messages))
	event := func(n string) *schema {
		for _, part := range d.Components.Schemas[n].AllOf {
			if s := part.Properties["data"]; s != nil {
				return s
			}
		}
		return nil
	}
	sent := func(n string) *schema { return d.Components.Messages[n].Payload.Properties["data"] }
	list("EventData", "What the data of a room's events holds, by type.", "event.", "", event, schemas)
	list("FactData", "What a viewer may state.", "fact.", "", sent, messages)
	list("RequestData", "What a viewer may ask for: the server decides.", "order.", "", sent, messages)
	list("CommandData", "What a panel may command. The client names each with a command_id.", "command.", "command_id", sent, messages)
	return b.String()
}

// TestProtocolTypes: the types of the client are those of the document, to the
// byte.
func TestProtocolTypes(t *testing.T) {
	d := readDocument(t)
	d.Components.Schemas["event.room_stats"] = &schema{AllOf: []*schema{d.Components.Schemas["room_stats"]}}
	got := typesOf(d)
	if strings.Count(got, "\n") < 100 {
		t.Fatalf("the document has too little: %s", got)
	}
	const file = "client/protocol.d.ts"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s is not what the AsyncAPI document says: run go test ./gateway/console -run Protocol -update, and read the difference", file)
	}
}

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
			if kind := s.Properties[n].typescript(""); (kind == "string" || kind == "number" || kind == "boolean") && m.kind != kind && !named[m.kind] {
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
