package live

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf8"
)

// Members walks the members of a JSON object without allocating: a log of
// millions of facts is read through it, of each of which few members are asked
// for.
//
//	m := live.MembersOf(data)
//	for m.Next() {
//		if string(m.Name) == "count" { … m.Value … }
//	}
//	if !m.Plain() { … encoding/json … }
//
// It is sure of plain text only: one object whose names are lower-case ASCII
// without escapes, as everything Showrunner writes is. Whoever reads other text
// with it must turn to encoding/json, which has the last word: it folds the case
// of names, and knows what is wrong with a text.
type Members struct {
	Name  []byte // without its quotes
	Value []byte // the JSON text of the value

	text textScan
	in   int8 // 0: before the object, 1: in it, 2: behind it, -1: not plain
	part bool // of a longer text, which goes on behind it
}

// MembersOf begins at the first member of data.
func MembersOf(data []byte) Members { return Members{text: textScan{rest: data}} }

// Next goes to the next member.
func (m *Members) Next() bool { return m.name() && m.value() }

// name goes to the name of the next member, and stands before its value.
func (m *Members) name() bool {
	t := &m.text
	t.space()
	switch m.in {
	case 0:
		if !t.take('{') {
			return m.odd()
		}
		if t.space(); t.take('}') {
			return m.end()
		}
		m.in = 1
	case 1:
		if t.take('}') {
			return m.end()
		}
		if !t.take(',') {
			return m.odd()
		}
		t.space()
	default:
		return false
	}
	name, ok := t.token()
	if !ok || name[0] != '"' {
		return m.odd()
	}
	m.Name = name[1 : len(name)-1]
	odd := false
	for _, c := range m.Name {
		odd = odd || oddInName[c]
	}
	if odd {
		return m.odd()
	}
	if t.space(); !t.take(':') {
		return m.odd()
	}
	t.space()
	return true
}

// oddInName are the bytes of names about which encoding/json has the last word.
var oddInName = func() (odd [256]bool) {
	for c := range odd {
		odd[c] = c >= utf8.RuneSelf || c == '\\' || c >= 'A' && c <= 'Z'
	}
	return odd
}()

// value takes the value that follows a name.
func (m *Members) value() (ok bool) {
	if m.Value, ok = m.text.value(maxPlainDepth); !ok {
		return m.odd()
	}
	return true
}

func (m *Members) odd() bool {
	m.in = -1
	return false
}

func (m *Members) end() bool {
	if m.in = 2; m.part {
		return false
	}
	if m.text.space(); len(m.text.rest) > 0 {
		m.in = -1
	}
	return false
}

// Plain reports, after Next was false, that the text was one plain object and
// nothing else, so that its members were all of it.
func (m *Members) Plain() bool { return m.in == 2 }

// PlainText is the text of a JSON string without escapes; false for all others.
func PlainText(value []byte) ([]byte, bool) {
	if len(value) < 2 || value[0] != '"' {
		return nil, false
	}
	text := value[1 : len(value)-1]
	i := 0
	for ; i <= len(text)-8; i += 8 {
		if oddInText(binary.LittleEndian.Uint64(text[i:])) != 0 {
			break
		}
	}
	ascii := true
	for _, c := range text[i:] {
		if c == '\\' {
			return nil, false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return text, ascii || utf8.Valid(text)
}

// oddInText has the highest bit of the first of eight bytes that is no plain ASCII
// of a string: its end, an escape, a control or a part of a longer letter. What it
// has behind that is of no meaning.
func oddInText(eight uint64) uint64 {
	const each, top = 0x0101010101010101, 0x8080808080808080
	quote, escape := eight^'"'*each, eight^'\\'*each
	return (eight | (eight-' '*each)&^eight | (quote-each)&^quote | (escape-each)&^escape) & top
}

// PlainInt is the value of a JSON number that is an integer of 64 bits; false
// for all others.
func PlainInt(value []byte) (int64, bool) {
	digits := value
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 18 { // Of 19 some are too large.
		n, err := strconv.ParseInt(string(value), 10, 64)
		return n, err == nil && len(digits) > 0 && digits[0] >= '0' && digits[0] <= '9'
	}
	var n int64
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if len(digits) < len(value) {
		n = -n
	}
	return n, true
}

// maxPlainDepth bounds arrays and objects in each other.
const maxPlainDepth = 32

// textScan is what is left of a JSON text.
type textScan struct{ rest []byte }

func (t *textScan) space() {
	if len(t.rest) > 0 && t.rest[0] <= ' ' {
		t.skip()
	}
}

func (t *textScan) skip() {
	i := 0
	for i < len(t.rest) && (t.rest[i] == ' ' || t.rest[i] == '\t' || t.rest[i] == '\n' || t.rest[i] == '\r') {
		i++
	}
	t.rest = t.rest[i:]
}

func (t *textScan) take(c byte) bool {
	if len(t.rest) == 0 || t.rest[0] != c {
		return false
	}
	t.rest = t.rest[1:]
	return true
}

// value takes a value whole.
func (t *textScan) value(depth int) ([]byte, bool) {
	if len(t.rest) == 0 {
		return nil, false
	}
	open := t.rest[0]
	if open != '{' && open != '[' {
		return t.token()
	}
	if depth == 0 {
		return nil, false
	}
	all := t.rest
	t.rest = t.rest[1:]
	shut := open + 2 // ']' and '}' stand two behind their counterparts.
	if t.space(); t.take(shut) {
		return all[:len(all)-len(t.rest)], true
	}
	for {
		t.space()
		if open == '{' {
			if name, ok := t.token(); !ok || name[0] != '"' {
				return nil, false
			}
			if t.space(); !t.take(':') {
				return nil, false
			}
			t.space()
		}
		if _, ok := t.value(depth - 1); !ok {
			return nil, false
		}
		if t.space(); t.take(shut) {
			return all[:len(all)-len(t.rest)], true
		}
		if !t.take(',') {
			return nil, false
		}
	}
}

// token takes a string, a number, true, false or null.
func (t *textScan) token() ([]byte, bool) {
	b := t.rest
	if len(b) == 0 {
		return nil, false
	}
	n := 0
	switch b[0] {
	case '"':
		n = stringLen(b)
	case 't':
		n = literal(b, "true")
	case 'f':
		n = literal(b, "false")
	case 'n':
		n = literal(b, "null")
	default:
		n = numberLen(b)
	}
	t.rest = b[n:]
	return b[:n], n > 0
}

func literal(b []byte, word string) int {
	if len(b) < len(word) || string(b[:len(word)]) != word {
		return 0
	}
	return len(word)
}

// stringLen is the length of the string that b begins with, 0 if it is none.
func stringLen(b []byte) int {
	i := 1
	for ; i <= len(b)-8; i += 8 { // Most strings are plain.
		if odd := oddInText(binary.LittleEndian.Uint64(b[i:])); odd != 0 {
			i += bits.TrailingZeros64(odd) / 8
			break
		}
	}
	for ; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"':
			return i + 1
		case c < ' ':
			return 0
		case c == '\\':
			i++
			if i == len(b) {
				return 0
			}
			switch b[i] {
			case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
			case 'u':
				for range 4 {
					if i++; i == len(b) || !hexDigit(b[i]) {
						return 0
					}
				}
			default:
				return 0
			}
		}
	}
	return 0
}

func hexDigit(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// numberLen is the length of the number that b begins with, 0 if it is none.
func numberLen(b []byte) int {
	i := 0
	digits := func() bool {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if b[0] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return 0
	}
	if i < len(b) && b[i] == '.' {
		if i++; !digits() {
			return 0
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		if i++; i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return 0
		}
	}
	return i
}
