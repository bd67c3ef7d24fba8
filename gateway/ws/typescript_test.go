package ws_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	urlpath "path"
	"slices"
	"strings"
	"testing"

	"showrunner/gateway/ws"
	"showrunner/live/store"
)

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

// tsNames are the schemas and frames that the agents' client has types for, and
// what those are called.
var tsNames = map[string]string{
	"agent": "Agent", "service_promise": "ServicePromise", "service_session": "ServiceSession", "service_message": "ServiceMessage",
	"agent.welcome": "AgentWelcome", "agent.session": "SessionTurn", "agent.message": "MessageTurn", "agent.queue": "QueueTurn", "agent.sla": "SLATurn",
}

// typescript is the type that a value of the schema has.
func (s *schema) typescript(without string) string {
	switch {
	case s.Ref != "":
		if name, ok := tsNames[urlpath.Base(s.Ref)]; ok {
			return name
		}
		return "unknown"
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
	b.WriteString("// Made of the AsyncAPI document by `go test ./gateway/ws -update`:\n// do not edit. The same test fails when the two are not alike.\n\n")
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
	list("WorkData", "What an agent may send, by type.", "work.", "", sent, messages)
	list("WorkAnswer", "What the data of its ack holds.", "answer.", "", func(n string) *schema { return d.Components.Schemas[n] }, schemas)
	for _, n := range slices.Sorted(maps.Keys(tsNames)) {
		s := d.Components.Schemas[n]
		if m, ok := d.Components.Messages[n]; ok {
			s = m.Payload
		}
		fmt.Fprintf(&b, "\nexport type %s = %s;\n", tsNames[n], s.typescript(""))
	}
	return b.String()
}

// TestClientTypes: the types of the console's room client are those of the
// document, to the byte.
func TestClientTypes(t *testing.T) {
	var d apiDocument
	if err := json.Unmarshal(ws.Document(store.CommandFields), &d); err != nil {
		t.Fatal(err)
	}
	d.Components.Schemas["event.room_stats"] = &schema{AllOf: []*schema{d.Components.Schemas["room_stats"]}}
	got := typesOf(&d)
	if strings.Count(got, "\n") < 100 {
		t.Fatalf("the document has too little: %s", got)
	}
	const file = "../console/client/protocol.d.ts"
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
		t.Errorf("%s is not what the document says: read the difference and run the test with -update", file)
	}
}
