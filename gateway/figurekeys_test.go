package gateway_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"showrunner/analytics"
	"showrunner/live"
)

// noFigures are numbers of answers that are no figures, and what they are.
var noFigures = map[string]string{
	"rule_version": "names a version", "version": "names a version", "seq": "a place in the ledger", "merge": "an entry of a log", "undoes": "an entry of a log",
	"tick": "names a frame", "n": "which interval", "line": "of a file", "lag_ms": "how old the answer is",
	"days": "asked for", "next": "asked for", "within_days": "asked for", "window_s": "asked for", "horizon_days": "asked for", "bonus_minor": "a rule",
	"month": "which month", "window_days": "asked for", "alive_bp": "asked for", "limit_bp": "asked for",
	"more_cohorts": "of the page", "cohorts_left_out": "of the page",
	"alpha": "a rule's", "beta": "a rule's", "answer_hours": "a rule's", "sla_minutes": "a rule's", "least_person": "a rule's", "least": "a rule's", "excess_touches": "a rule's", "excess_from": "a rule's",
	"window_hours": "asked for, or a rule's", "horizon_hours": "asked for", "capacity": "a rule's", "first_response_s": "a rule's", "resolution_s": "a rule's", "silence_s": "a rule's",
	"at_most": "a rule's", "hours": "a rule's", "after": "a rule's", "plan_minutes": "a rule's", "bought_within_days": "a rule's", "net_minor_at_least": "a rule's", "orders_at_least": "a rule's",
	"numerator": "of a target", "denominator": "of a target", "names": "of an erasure", "score": "a rule's, or what a person gave", "points": "a rule's", "times": "a rule's",
}

// figureTags are the parts of the document whose numbers are figures.
var figureTags = []string{"Figures", "People", "Referral", "Retention", "Groups", "Temperature", "Service", "Complaints", "Needs", "Guard"}

// TestEveryFigureIsDefined: no answer has a figure that the dictionary does not
// define, and the dictionary defines none that no answer has.
func TestEveryFigureIsDefined(t *testing.T) {
	e := newEnv(t)
	var doc struct {
		Paths map[string]map[string]struct {
			Tags      []string `json:"tags"`
			Responses map[string]struct {
				Content map[string]struct {
					Schema schema `json:"schema"`
				} `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
		Components struct {
			Schemas map[string]schema `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal([]byte(e.want(200, "GET", "/openapi.json", "", nil).raw), &doc); err != nil {
		t.Fatal(err)
	}
	at := map[string]string{}
	for _, d := range analytics.Definitions() {
		for _, place := range d.At {
			at[place] = d.Key
		}
	}
	// The dictionary over HTTP is the one of the program.
	rows := e.want(200, "GET", "/v1/metrics", e.as(live.RoleMerchant, "m1", "boss"), nil).json["items"].([]any)
	if len(rows) != len(analytics.Definitions()) {
		t.Errorf("%d definitions are served", len(rows))
	}
	for i, d := range analytics.Definitions() {
		row := rows[i].(obj)
		if row["key"] != d.Key || row["axis"] != string(d.Axis) || row["name_zh"] != d.ZH || row["rate"] != (d.Denominator != "") {
			t.Errorf("%s is served as %v", d.Key, row)
		}
	}

	found := map[string]bool{}
	seen := map[string]bool{}
	var walk func(s schema, name string)
	walk = func(s schema, name string) {
		if ref, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
			if seen[ref] {
				return
			}
			seen[ref] = true
			s, name = doc.Components.Schemas[ref], ref
		}
		// An item of a list of rates names its figure in key.
		if keys := s.Properties["key"].Enum; len(keys) > 0 && s.rate(nil) {
			for _, key := range keys {
				place := name + "." + key
				if found[place] = true; at[place] == "" {
					t.Errorf("%s is a figure that the dictionary does not define", place)
				}
			}
			return
		}
		for _, member := range slices.Sorted(maps.Keys(s.Properties)) {
			p := s.Properties[member]
			if !p.number() && !p.rate(doc.Components.Schemas) {
				walk(p, name)
				continue
			}
			place := name + "." + member
			found[place] = true
			if at[place] == "" && noFigures[member] == "" {
				t.Errorf("%s is a figure that the dictionary does not define", place)
			}
		}
		if s.Items != nil {
			walk(*s.Items, name)
		}
	}
	for path, ops := range doc.Paths {
		op, ok := ops["get"]
		if !ok || !slices.ContainsFunc(figureTags, func(tag string) bool { return slices.Contains(op.Tags, tag) }) {
			continue
		}
		for _, content := range op.Responses["200"].Content {
			walk(content.Schema, path)
		}
	}
	for place, key := range at {
		if !found[place] {
			t.Errorf("%s is defined to stand at %s, where nothing is", key, place)
		}
	}
}

// schema is the part of a schema that tells figures.
type schema struct {
	Ref        string            `json:"$ref"`
	Type       any               `json:"type"` // a name, or several
	Properties map[string]schema `json:"properties"`
	Items      *schema           `json:"items"`
	Enum       []string          `json:"enum"`
}

func (s *schema) number() bool {
	types, ok := s.Type.([]any)
	if !ok {
		types = []any{s.Type}
	}
	return slices.Contains(types, any("integer")) || slices.Contains(types, any("number"))
}

// rate reports whether it is a numerator with its denominator.
func (s *schema) rate(all map[string]schema) bool {
	of := *s
	if ref, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		of = all[ref]
	}
	_, above := of.Properties["numerator"]
	_, below := of.Properties["denominator"]
	return above && below
}
