package gateway_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"showrunner/gateway/api"
	"showrunner/gateway/ws"
	"showrunner/live/store"
)

// TestServiceWire: a session and a message on the agents' websocket are described
// as what is sent there, which is what is sent over HTTP.
func TestServiceWire(t *testing.T) {
	type schema struct {
		Type       string
		Format     string
		Enum       []string
		Properties map[string]schema
		Required   []string
	}
	var doc struct {
		Components struct{ Schemas map[string]schema }
	}
	if err := json.Unmarshal(ws.Document(store.CommandFields), &doc); err != nil {
		t.Fatal(err)
	}
	for name, as := range map[string]reflect.Type{
		"service_session": reflect.TypeFor[api.ServiceSession](), "service_promise": reflect.TypeFor[api.ServicePromise](), "service_message": reflect.TypeFor[api.ServiceMessage](),
	} {
		told := doc.Components.Schemas[name]
		var required []string
		sent := map[string]bool{}
		for f := range as.Fields() {
			member, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			sent[member] = true
			if options == "" {
				required = append(required, member)
			}
			m, ok := told.Properties[member]
			if !ok {
				t.Errorf("%s.%s is sent and not described", name, member)
				continue
			}
			kind := f.Type
			if kind.Kind() == reflect.Pointer {
				kind = kind.Elem()
			}
			want := map[reflect.Kind]string{reflect.String: "string", reflect.Int64: "integer", reflect.Bool: "boolean", reflect.Slice: "array", reflect.Struct: "string"}[kind.Kind()]
			if m.Type != want || (kind == reflect.TypeFor[api.Time]()) != (m.Format == "date-time") {
				t.Errorf("%s.%s is %s, described as %s %s", name, member, kind, m.Type, m.Format)
			}
			if values := f.Tag.Get("enum"); strings.Join(m.Enum, ",") != values {
				t.Errorf("%s.%s is one of %s, described as one of %v", name, member, values, m.Enum)
			}
		}
		for member := range told.Properties {
			if !sent[member] {
				t.Errorf("%s.%s is described and not sent", name, member)
			}
		}
		slices.Sort(required)
		if slices.Sort(told.Required); !slices.Equal(required, told.Required) {
			t.Errorf("%s always has %v, described as required are %v", name, required, told.Required)
		}
	}
}
