package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"showrunner/gateway/api"
	"showrunner/live"
)

// badLine is a line that says nothing we can take.
type badLine struct {
	line   int64
	reason string
}

func (b *badLine) Error() string { return "line " + strconv.FormatInt(b.line, 10) + ": " + b.reason }

func bad(rec *importRecord, format string, args ...any) error {
	return &badLine{rec.line, fmt.Sprintf(format, args...)}
}

// converter makes the facts of the public API out of records.
type converter interface {
	// add gives the facts that are complete with this record.
	add(rec importRecord) ([]importItem, error)
	// finish gives what is left at the end of the file.
	finish() ([]importItem, error)
	// settled tells up to which place of the file all facts were given out.
	settled(offset, lines int64) (int64, int64, bool)
}

func converterOf(c *ImportCmd) converter {
	events := &eventConverter{source: c.Source, merchant: c.Merchant, read: eventsOf}
	switch c.Kind {
	case "orders":
		return &orderConverter{}
	case "touches":
		events.read = touchesOf
	}
	return events
}

// importCheck is what the text of a fact alone tells is wrong with it.
func importCheck(kind string, raw json.RawMessage) error {
	if kind == "orders" {
		return api.CheckFact(raw)
	}
	return api.CheckEvent(raw)
}

// eventConverter makes events; read gives those of one record.
type eventConverter struct {
	source   string
	merchant string
	read     func(rec *importRecord) ([]map[string]any, error)
}

func (c *eventConverter) settled(offset, lines int64) (int64, int64, bool) {
	return offset, lines, true
}
func (c *eventConverter) finish() ([]importItem, error) { return nil, nil }

func (c *eventConverter) add(rec importRecord) ([]importItem, error) {
	events, err := c.read(&rec)
	if err != nil {
		return nil, err
	}
	var out []importItem
	for _, e := range events {
		if _, ok := e["occurred_at"]; !ok {
			return nil, bad(&rec, "occurred_at is required: history without a time is none")
		}
		if _, ok := e["source"]; !ok {
			e["source"] = c.source
		}
		if _, ok := e["merchant_id"]; !ok && c.merchant != "" {
			e["merchant_id"] = c.merchant
		}
		if id, ok := e["event_id"]; !ok || id == "" {
			if e["event_id"], err = contentID(e); err != nil {
				return nil, bad(&rec, "%v", err)
			}
		}
		raw, err := json.Marshal(e)
		if err != nil {
			return nil, fmt.Errorf("encode event: %w", err)
		}
		out = append(out, importItem{rec.line, raw})
	}
	return out, nil
}

// contentID names a fact by all it says: members in one order, so that two
// exports of one fact have one name.
func contentID(e map[string]any) (string, error) {
	raw, err := json.Marshal(e) // Maps are written sorted.
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return "imp:" + hex.EncodeToString(sum[:16]), nil
}

// lineObject reads a line of NDJSON. Numbers stay as they are written.
func lineObject(rec *importRecord) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader(rec.raw))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil || m == nil || d.More() {
		return nil, bad(rec, "is not a JSON object")
	}
	return m, nil
}

// eventsOf reads one event as POST /v1/events takes it. In CSV, columns data.x
// are the members of its data.
func eventsOf(rec *importRecord) ([]map[string]any, error) {
	if !rec.parsedAsCSV {
		m, err := lineObject(rec)
		return []map[string]any{m}, err
	}
	e, data := map[string]any{}, map[string]any{}
	spec, _ := live.SpecOf(live.Kind(rec.row["type"]))
	for name, v := range rec.row {
		member, inData := strings.CutPrefix(name, "data.")
		switch {
		case !inData && name == "at":
			e["occurred_at"] = v
		case !inData && name == "person":
			e["user_id"] = v
		case !inData:
			e[name] = v
		default:
			value, err := typed(spec, member, v)
			if err != nil {
				return nil, bad(rec, "%s %v", name, err)
			}
			data[member] = value
		}
	}
	if len(data) > 0 {
		e["data"] = data
	}
	return []map[string]any{e}, nil
}

// typed reads a cell as the type its field has.
func typed(spec *live.Spec, member, v string) (any, error) {
	if spec == nil {
		return v, nil
	}
	i := slices.IndexFunc(spec.Fields, func(f live.Field) bool { return f.Name == member })
	if i < 0 {
		return v, nil
	}
	switch spec.Fields[i].Type {
	case live.TypeInt:
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return nil, errors.New("must be an integer")
		}
		return n, nil
	case live.TypeFlag:
		b, err := strconv.ParseBool(v)
		if err != nil {
			return nil, errors.New("must be true or false")
		}
		return b, nil
	case live.TypeText, live.TypeID, live.TypeCurrency, live.TypeOther:
	}
	return v, nil
}

// touchKinds are the names that exports of touches use for what we have kinds
// for. Others must be kinds of ours.
var touchKinds = map[string]string{
	"": "touch_sent", "send": "touch_sent", "message": "touch_sent", "click": "ad_clicked", "ad": "ad_clicked", "lead": "lead_captured",
	"form": "lead_captured", "share": "referral_clicked", "contact": "contact_added", "reserve": "show_reserved",
}

// touchesOf reads one touch {person, at, channel, campaign, stage, kind}, or a
// journey {person, touches:[…]} as `showrunner attribute` takes it.
func touchesOf(rec *importRecord) ([]map[string]any, error) {
	if rec.parsedAsCSV {
		events, err := eventsOf(rec)
		if err == nil {
			touchKind(events[0])
		}
		return events, err
	}
	m, err := lineObject(rec)
	if err != nil {
		return nil, err
	}
	list, journey := m["touches"].([]any)
	if !journey {
		return []map[string]any{touchEvent(m, m["person"])}, nil
	}
	var out []map[string]any
	for _, t := range list {
		touch, ok := t.(map[string]any)
		if !ok {
			return nil, bad(rec, "touches must be objects")
		}
		out = append(out, touchEvent(touch, m["person"]))
	}
	return out, nil
}

func touchEvent(t map[string]any, person any) map[string]any {
	e := map[string]any{}
	for name, v := range t {
		switch name {
		case "at":
			e["occurred_at"] = v
		case "person", "touches", "conversion":
		default:
			e[name] = v
		}
	}
	if person != nil {
		e["user_id"] = person
	}
	touchKind(e)
	return e
}

// touchKind turns the member kind into type.
func touchKind(e map[string]any) {
	if _, ok := e["type"]; ok {
		return
	}
	kind, _ := e["kind"].(string)
	delete(e, "kind")
	if known, ok := touchKinds[kind]; ok {
		kind = known
	}
	e["type"] = kind
}

// minor reads an amount: a column x_minor of minor units, or x as a decimal of
// the currency's major unit. Nothing is rounded.
func minor(row map[string]string, name string, c live.Currency) (int64, bool, error) {
	if v, ok := row[name+"_minor"]; ok {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, true, fmt.Errorf("%s_minor must be an integer", name)
		}
		return n, true, nil
	}
	v, ok := row[name]
	if !ok {
		return 0, false, nil
	}
	n, err := live.ParseMinor(v, c)
	if err != nil {
		_, reason := importRefusal(err)
		return 0, true, errors.New(name + " " + reason)
	}
	return n, true, nil
}
