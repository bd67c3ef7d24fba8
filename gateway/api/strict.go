package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"showrunner/live"
)

// maxMembers bounds a wire struct: the members seen are one machine word.
const maxMembers = 64

// decode reads a JSON body strictly into a T. It refuses with malformed_json
// for what is not JSON, unknown_field for a member T does not have, and
// invalid_field for a wrong type, a missing or a repeated member, naming the path.
func decode[T any](raw []byte) (T, error) {
	var v T
	err := shapeOf[T]().into(raw, &v)
	return v, err
}

// into is [decode] with a shape made before, for bodies that come by the thousand.
func (s *shape) into(raw []byte, v any) error {
	if len(bytes.TrimSpace(raw)) == 0 {
		return live.Invalid("malformed_json", "", "a JSON body is required")
	}
	if !json.Valid(raw) {
		return malformed(raw)
	}
	w := walker{raw: raw}
	if err := w.value(s, ""); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return live.Invalid("malformed_json", "", "the body does not decode")
	}
	return nil
}

func malformed(raw []byte) error {
	var v any
	if syntax, ok := errors.AsType[*json.SyntaxError](json.Unmarshal(raw, &v)); ok {
		return live.Invalid("malformed_json", "", "not JSON at byte %d: %s", syntax.Offset, syntax.Error())
	}
	return live.Invalid("malformed_json", "", "the body is not JSON")
}

// walker reads text that is known to be valid JSON, so that it may go by the
// first byte of each value.
type walker struct {
	raw []byte
	pos int
}

func (w *walker) space() {
	for w.pos < len(w.raw) && (w.raw[w.pos] == ' ' || w.raw[w.pos] == '\n' || w.raw[w.pos] == '\t' || w.raw[w.pos] == '\r') {
		w.pos++
	}
}

// next reports whether c is the next byte that is not space.
func (w *walker) next(c byte) bool {
	w.space()
	return w.raw[w.pos] == c
}

// skip passes one value and returns its text.
func (w *walker) skip() []byte {
	w.space()
	start, depth := w.pos, 0
	for w.pos < len(w.raw) {
		switch c := w.raw[w.pos]; c {
		case '"':
			w.quoted()
			if depth == 0 {
				return w.raw[start:w.pos]
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 { // the end of the enclosing value: a bare word ended here
				return bytes.TrimSpace(w.raw[start:w.pos])
			}
			if depth--; depth == 0 {
				w.pos++
				return w.raw[start:w.pos]
			}
		case ',':
			if depth == 0 {
				return bytes.TrimSpace(w.raw[start:w.pos])
			}
		}
		w.pos++
	}
	return bytes.TrimSpace(w.raw[start:w.pos])
}

// quoted passes a string and returns it with its quotes.
func (w *walker) quoted() []byte {
	start := w.pos
	for w.pos++; w.raw[w.pos] != '"'; w.pos++ {
		if w.raw[w.pos] == '\\' {
			w.pos++
		}
	}
	w.pos++
	return w.raw[start:w.pos]
}

func (w *walker) value(s *shape, path string) error {
	w.space()
	first := w.raw[w.pos]
	switch {
	case s.any:
		w.skip()
		return nil
	case s.custom != nil:
		if err := reflect.New(s.custom).Interface().(json.Unmarshaler).UnmarshalJSON(w.skip()); err != nil {
			return live.Invalid("invalid_field", path, "%s", err)
		}
		return nil
	}
	switch s.kind {
	case reflect.String:
		if first != '"' {
			return wrongType(path, "a string")
		}
		w.quoted()
	case reflect.Bool:
		if word := w.skip(); first != 't' && first != 'f' || len(word) > 5 {
			return wrongType(path, "true or false")
		}
	case reflect.Int64:
		return integer(string(w.skip()), s.bits, path)
	case reflect.Slice:
		if first != '[' {
			return wrongType(path, "an array")
		}
		return w.array(s.elem, path)
	case reflect.Struct:
		if first != '{' {
			return wrongType(path, "an object")
		}
		return w.object(s, path)
	}
	return nil
}

func (w *walker) array(elem *shape, path string) error {
	w.pos++
	for i := 0; ; i++ {
		w.space()
		if w.raw[w.pos] == ']' {
			w.pos++
			return nil
		}
		if err := w.value(elem, fmt.Sprintf("%s[%d]", path, i)); err != nil {
			return err
		}
		if w.next(',') {
			w.pos++
		}
	}
}

func (w *walker) object(s *shape, path string) error {
	var seen uint64
	w.pos++
	for {
		w.space()
		if w.raw[w.pos] == '}' {
			w.pos++
			return s.missing(seen, path)
		}
		name := unquote(w.quoted())
		w.space()
		w.pos++ // the colon
		at := join(path, name)
		m, ok := s.members[name]
		if !ok && s.lax {
			if w.skip(); w.next(',') {
				w.pos++
			}
			continue
		}
		if !ok {
			return live.Invalid("unknown_field", clipped(at), "is not a member of this object; known are %s", strings.Join(s.names(), ", "))
		}
		if seen&(1<<m.index) != 0 {
			return live.Invalid("invalid_field", at, "is given twice")
		}
		if w.space(); w.raw[w.pos] == 'n' && m.nullable {
			w.skip()
		} else {
			seen |= 1 << m.index
			if err := w.value(m.shape, at); err != nil {
				return err
			}
		}
		if w.next(',') {
			w.pos++
		}
	}
}

func (s *shape) missing(seen uint64, path string) error {
	for _, name := range s.needed {
		if seen&(1<<s.members[name].index) == 0 {
			return live.Invalid("invalid_field", join(path, name), "is required")
		}
	}
	return nil
}

// names lists the members in order of declaration.
func (s *shape) names() []string {
	names := make([]string, len(s.members))
	for name, m := range s.members {
		names[m.index] = name
	}
	return names
}

func integer(word string, bits int, path string) error {
	_, err := strconv.ParseInt(word, 10, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return live.Invalid("invalid_field", path, "is out of range")
	case err != nil:
		return wrongType(path, "an integer without fraction or exponent")
	}
	return nil
}

func wrongType(path, want string) error {
	if path == "" {
		return live.Invalid("invalid_field", "", "the body must be %s", want)
	}
	return live.Invalid("invalid_field", path, "must be %s", want)
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

func join(path, name string) string {
	if path == "" || name == "" {
		return path + name
	}
	return path + "." + name
}

// clipped keeps a caller's own words short in an answer.
func clipped(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// given is a free member, or nil when it was left out or null.
func given(raw json.RawMessage) json.RawMessage {
	if string(raw) == "null" {
		return nil
	}
	return raw
}
