package connector

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// mapped is the connector whose platform a [Mapping] describes: one that stands
// in the integration, or one of the server's configuration that it names.
type mapped struct {
	requery
	named map[string]*Mapping
}

func (mapped) Name() string { return "mapping" }

// mapping is the one of the settings: a JSON text that is an object, or the
// name of a configured one.
func (c mapped) mapping(s Settings) (*Mapping, error) {
	var name string
	if json.Unmarshal([]byte(s[SettingMapping]), &name) != nil {
		return ParseMapping([]byte(s[SettingMapping]))
	}
	m, ok := c.named[name]
	if !ok {
		return nil, live.Invalid("invalid_field", SettingMapping, "%q is not a mapping of the server's configuration", clip(name))
	}
	return m, nil
}

func (c mapped) Seal(s Settings) (string, error) {
	m, err := c.mapping(s)
	if err != nil {
		return "", err
	}
	needed := []string{SettingSecret, SettingMapping}
	if m.app.set || slices.ContainsFunc(m.sign.template, func(p piece) bool { return p.kind == pieceApp }) {
		needed = append(needed, SettingAppID)
	}
	return seal(s, needed, nil)
}

func (mapped) Challenge(sealed string, query func(string) string) (string, error) {
	return plain{}.Challenge(sealed, query)
}

func (c mapped) Verify(sealed string, header, query func(string) string, body []byte, now time.Time) error {
	s := unseal(sealed)
	m, err := c.mapping(s)
	if err != nil {
		return forged("the integration has no mapping")
	}
	if err := m.sign.verify(s, header, query, body, now); err != nil {
		return err
	}
	if !m.app.set {
		return nil
	}
	app := m.app.outside(header, query)
	if m.app.header == "" && m.app.query == "" {
		if root, err := parse(body); err == nil {
			app, _ = m.app.path.one(root).scalar()
		}
	}
	if app != s[SettingAppID] {
		return forged("the delivery is of another app")
	}
	return nil
}

func (c mapped) Reply(sealed string) (contentType, body string) {
	m, err := c.mapping(unseal(sealed))
	if err != nil {
		return "", ""
	}
	return m.replyType, m.reply
}

func (c mapped) Read(sealed string, header func(string) string, body []byte) (store.Delivery, error) {
	m, err := c.mapping(unseal(sealed))
	if err != nil {
		return store.Delivery{}, err
	}
	return m.Read(header, body)
}

// Read makes facts of one delivery.
func (m *Mapping) Read(header func(string) string, body []byte) (store.Delivery, error) {
	var d store.Delivery
	root, err := parse(body)
	if err != nil {
		return d, live.Invalid("malformed_body", "", "%s", err)
	}
	event, _ := m.inside(m.event, header, root)
	d.Topics = []string{clip(event)}
	if id, _ := m.inside(m.message, header, root); id != "" {
		d.Messages = []string{clip(id)}
	}
	data, err := m.unwrap(root)
	if err != nil {
		return d, err
	}
	kinds, known := m.kinds[event]
	if known && len(kinds) == 0 {
		state, _ := m.status.one(data).scalar()
		event += "/" + state
		kinds, known = m.states[state]
	}
	if !known {
		d.Skipped = []string{clip(event) + ": stands for no fact in the mapping"}
		return d, nil
	}
	for _, k := range kinds {
		f, err := m.fact(k, data)
		if err != nil {
			return d, err
		}
		d.Facts = append(d.Facts, f)
	}
	return d, nil
}

// inside is a value of the delivery: from a header or from the body.
func (m *Mapping) inside(s source, header func(string) string, root *node) (string, bool) {
	switch {
	case !s.set:
		return "", true
	case s.header != "":
		return header(s.header), true
	}
	return s.path.one(root).scalar()
}

// unwrap finds the event in the body and reads it again where the platform
// sends JSON as text.
func (m *Mapping) unwrap(root *node) (*node, error) {
	n := m.payload.path.one(root)
	if n == nil {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "is not there")
	}
	if !strings.HasSuffix(m.payload.encoding, "json_text") {
		return n, nil
	}
	text := n.text
	if n.kind != nodeText {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "must be a string")
	}
	if m.payload.encoding == "url_json_text" {
		var err error
		if text, err = url.QueryUnescape(text); err != nil {
			return nil, live.Invalid("malformed_body", m.payload.path.text, "is not URL-encoded")
		}
	}
	n, err := parse([]byte(text))
	if err != nil {
		return nil, live.Invalid("malformed_body", m.payload.path.text, "%s", err)
	}
	return n, nil
}

// read gives the instant a text stands for.
func (c *clock) read(s string) (time.Time, error) {
	switch c.unit {
	case "rfc3339":
		return instant("at", s)
	case "layout":
		at, err := time.ParseInLocation(c.layout, s, c.zone)
		return at.UTC().Truncate(time.Millisecond), err
	case "ms":
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n <= 0 || n > maxUnix*1000 {
			return time.Time{}, live.Invalid("invalid_field", "at", "is not a time in milliseconds")
		}
		return time.UnixMilli(n).UTC(), nil
	}
	return unix("at", word(s))
}
