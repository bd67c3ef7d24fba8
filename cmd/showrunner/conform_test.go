package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// protocolDoc is /asyncapi.json of a running server.
type protocolDoc struct {
	Components struct {
		Messages map[string]struct {
			Payload object `json:"payload"`
		} `json:"messages"`
		Schemas map[string]object `json:"schemas"`
	} `json:"components"`
}

func readProtocol(t *testing.T, url string) *protocolDoc {
	t.Helper()
	var d protocolDoc
	must(t, "GET", url+"/asyncapi.json", "", nil, &d)
	return &d
}

// frame says how a frame differs from the message of that name; nil: it does not.
func (d *protocolDoc) frame(message string, f any) error {
	m, ok := d.Components.Messages[message]
	if !ok {
		return fmt.Errorf("the document has no message %s", message)
	}
	return d.fits("", m.Payload, f)
}

// fits holds a value against a schema, as far as the document uses them. What is
// sent must be told: members that the schema does not have are faults, unless it
// has none at all.
func (d *protocolDoc) fits(at string, s object, v any) error {
	if to, ok := s["$ref"].(string); ok {
		return d.fits(at, d.Components.Schemas[strings.TrimPrefix(to, "#/components/schemas/")], v)
	}
	fault := func() error {
		raw, _ := json.Marshal(s)
		return fmt.Errorf("%s: %v does not fit %.200s", at, v, raw)
	}
	if c, ok := s["const"]; ok && c != v {
		return fault()
	}
	if enum, ok := s["enum"].([]any); ok && !slices.Contains(enum, v) {
		return fault()
	}
	switch v := v.(type) {
	case object:
		if s["type"] != "object" {
			return fault()
		}
		return d.members(at, s, v)
	case []any:
		items, ok := s["items"].(object)
		if s["type"] != "array" || !ok {
			return fault()
		}
		for i, e := range v {
			if err := d.fits(fmt.Sprintf("%s[%d]", at, i), items, e); err != nil {
				return err
			}
		}
	case string:
		if c, isConst := s["const"]; s["type"] != "string" && (!isConst || c != v) {
			return fault()
		}
		if s["format"] == "date-time" {
			if _, err := time.Parse("2006-01-02T15:04:05.000Z", v); err != nil {
				return fault()
			}
		}
	case float64:
		least, bounded := s["minimum"].(float64)
		if s["type"] != "integer" || v != float64(int64(v)) || bounded && v < least {
			return fault()
		}
	case bool:
		if s["type"] != "boolean" {
			return fault()
		}
	default:
		return fault()
	}
	return nil
}

func (d *protocolDoc) members(at string, s, v object) error {
	properties, _ := s["properties"].(object)
	required, _ := s["required"].([]any)
	for _, name := range required {
		if _, ok := v[name.(string)]; !ok {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	if len(properties) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(v)) {
		of, ok := properties[name].(object)
		if !ok {
			return fmt.Errorf("%s: %s is not told", at, name)
		}
		if err := d.fits(at+"."+name, of, v[name]); err != nil {
			return err
		}
	}
	return nil
}
