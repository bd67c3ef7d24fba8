package ws_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/store"
)

var update = flag.Bool("update", false, "write golden files")

// TestDocument holds the AsyncAPI document against the tables it is made of.
func TestDocument(t *testing.T) {
	raw := ws.Document(store.CommandFields)
	var doc struct {
		AsyncAPI   string
		Operations map[string]struct {
			Messages []map[string]string
		}
		Components struct {
			Messages map[string]struct {
				Payload struct {
					Properties map[string]struct {
						Const      any
						Properties map[string]any
						Required   []string
					}
				}
			}
			Schemas map[string]any
		}
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.AsyncAPI != "3.1.0" {
		t.Errorf("asyncapi = %q", doc.AsyncAPI)
	}
	for _, s := range live.Kinds {
		if _, ok := doc.Components.Schemas["event."+string(s.Kind)]; ok != (s.Audience != live.AudienceNone && s.Kind != live.PromptSent) {
			t.Errorf("event %s: described %v", s.Kind, ok)
		}
		if _, ok := doc.Components.Messages["fact."+string(s.Kind)]; ok != (s.From&live.FromViewer != 0) {
			t.Errorf("fact %s: described %v", s.Kind, ok)
		}
	}
	for _, c := range live.Commands {
		data := doc.Components.Messages["command."+string(c)].Payload.Properties["data"]
		if data.Properties["command_id"] == nil || !slices.Contains(data.Required, "command_id") {
			t.Errorf("command %s: no command_id", c)
		}
	}
	if _, ok := doc.Components.Messages["command.set_price"].Payload.Properties["data"].Properties["price_minor"]; !ok {
		t.Error("set_price has no price_minor: arguments are not told")
	}
	refs(t, raw)

	golden := filepath.Join("testdata", "asyncapi.golden.json")
	if *update {
		if err := os.WriteFile(golden, raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(raw), "\n")); diff != "" {
		t.Errorf("the document changed; read the difference and run the test with -update (-golden +now):\n%s", diff)
	}
}

// refs wants every reference to lead somewhere.
func refs(t *testing.T, raw []byte) {
	t.Helper()
	var root any
	if err := json.Unmarshal(raw, &root); err != nil {
		t.Fatal(err)
	}
	n := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			if to, ok := v["$ref"].(string); ok {
				n++
				at := root
				for part := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
					m, _ := at.(map[string]any)
					at = m[part]
				}
				if at == nil {
					t.Errorf("reference %q leads nowhere", to)
				}
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(root)
	if n < 50 {
		t.Errorf("only %d references were looked at", n)
	}
}

// TestCommandFields: arguments are told by the readers themselves, so a reader
// that asks by another way than the typed ones would be left out.
func TestCommandFields(t *testing.T) {
	for _, c := range live.Commands {
		if store.CommandFields(c) == nil {
			t.Errorf("%s: no arguments are told", c)
		}
	}
	got := store.CommandFields(live.HoldStock)
	want := []live.Field{
		{Name: "sku_id", Type: live.TypeID, Required: true, Min: 1, Max: live.MaxIDLen},
		{Name: "qty", Type: live.TypeInt, Required: true, Min: 1, Max: live.MaxStock},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("hold_stock: %+v, want %+v", got, want)
	}
	if store.CommandFields("dance") != nil {
		t.Error("an unknown command has arguments")
	}
}
