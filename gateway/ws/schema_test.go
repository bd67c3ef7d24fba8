package ws

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestFrameDocs holds each described frame against the struct that is sent.
func TestFrameDocs(t *testing.T) {
	sent := map[string]reflect.Type{
		"welcome": reflect.TypeFor[welcomeFrame](), "gap": reflect.TypeFor[gapFrame](), "bye": reflect.TypeFor[byeFrame](),
		"ack": reflect.TypeFor[ackFrame](), "prompt": reflect.TypeFor[promptJSON](),
	}
	for _, f := range frames {
		s, ok := sent[f.name]
		if !ok {
			continue // events and snapshots are joined by hand
		}
		var members, required []string
		for field := range s.Fields() {
			name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
			members = append(members, name)
			if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
				required = append(required, name)
			}
		}
		described := []string{}
		for name := range f.properties() {
			described = append(described, name)
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
