package connector

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// node is one JSON value with the place it stands at, so that a refusal can
// name a line and a column, and a number keeps every digit it was written with.
type node struct {
	kind    nodeKind
	text    string // of strings, numbers and the words true and false
	members []member
	items   []*node
	offset  int // of its first byte
}

type member struct {
	name   string
	offset int
	value  *node
}

type nodeKind uint8

const (
	nodeNull nodeKind = iota
	nodeText
	nodeNumber
	nodeFlag
	nodeArray
	nodeObject
)

func (k nodeKind) String() string {
	return [...]string{"null", "a string", "a number", "true or false", "an array", "an object"}[k]
}

// maxDepth bounds nesting: what is deeper is an attack and no order.
const maxDepth = 64

// fault is what is wrong with a JSON text, and where.
type fault struct {
	offset  int
	path    string
	reason  string
	missing bool // it is about what is not there
}

func (f *fault) Error() string { return f.reason }

// parse reads one JSON value and nothing after it. Members of one name in one
// object are refused: decoders differ in which of them they believe.
func parse(raw []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	n, err := parseValue(d, raw, 0)
	if err != nil {
		return nil, located(err, d, raw)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &fault{offset: skipSpace(raw, int(d.InputOffset())), reason: "something stands after the value"}
	}
	return n, nil
}

func located(err error, d *json.Decoder, raw []byte) error {
	if f, ok := errors.AsType[*fault](err); ok {
		return f
	}
	f := &fault{offset: min(int(d.InputOffset()), len(raw)), reason: "is not JSON: " + err.Error()}
	// The decoder of tokens counts differently from fault to fault.
	var any any
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(raw, &any)); ok {
		f.offset = min(max(int(syntax.Offset)-1, 0), len(raw))
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		f.offset, f.reason = len(raw), "is not JSON: the text ends too early"
	}
	return f
}

func parseValue(d *json.Decoder, raw []byte, depth int) (*node, error) {
	start := skipSpace(raw, int(d.InputOffset()))
	if depth > maxDepth {
		return nil, &fault{offset: start, reason: fmt.Sprintf("is nested deeper than %d", maxDepth)}
	}
	t, err := d.Token()
	if err != nil {
		return nil, err
	}
	n := &node{offset: start}
	switch v := t.(type) {
	case string:
		n.kind, n.text = nodeText, v
	case json.Number:
		n.kind, n.text = nodeNumber, v.String()
	case bool:
		n.kind, n.text = nodeFlag, fmt.Sprint(v)
	case json.Delim:
		if v == '[' {
			n.kind = nodeArray
			return n, n.parseItems(d, raw, depth)
		}
		n.kind = nodeObject
		return n, n.parseMembers(d, raw, depth)
	}
	return n, nil
}

func (n *node) parseItems(d *json.Decoder, raw []byte, depth int) error {
	for d.More() {
		item, err := parseValue(d, raw, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return err
}

func (n *node) parseMembers(d *json.Decoder, raw []byte, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		start := skipSpace(raw, int(d.InputOffset()))
		t, err := d.Token()
		if err != nil {
			return err
		}
		name, _ := t.(string)
		if seen[name] {
			return &fault{offset: start, path: name, reason: fmt.Sprintf("the member %q is given twice", clip(name))}
		}
		seen[name] = true
		value, err := parseValue(d, raw, depth+1)
		if err != nil {
			return err
		}
		n.members = append(n.members, member{name: name, offset: start, value: value})
	}
	_, err := d.Token()
	return err
}

// skipSpace passes what may stand before a value: the decoder's own offset is
// behind the value before it.
func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\r' || raw[i] == '\t' || raw[i] == ',' || raw[i] == ':') {
		i++
	}
	return i
}

// get finds a member by its exact name.
func (n *node) get(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// scalar gives the text of a string, number or flag; null and what is not
// there are empty.
func (n *node) scalar() (string, bool) {
	switch {
	case n == nil || n.kind == nodeNull:
		return "", true
	case n.kind == nodeText, n.kind == nodeNumber, n.kind == nodeFlag:
		return n.text, true
	}
	return "", false
}
