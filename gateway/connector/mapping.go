package connector

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// Mapping describes a JSON platform: how it signs, how it says what happened,
// and where in its text the members of each fact stand. docs/connectors.md has
// the form with an example.
type Mapping struct {
	sign    signing
	app     source // must say the integration's app_id; empty: is not looked at
	payload payload
	message source
	event   source
	kinds   map[string][]live.Kind
	status  path
	states  map[string][]live.Kind

	major    bool // amounts are decimal texts of major units
	currency live.Currency
	moneyIn  path // where the currency stands, if it is not fixed
	clock    clock
	facts    map[live.Kind]*factMap
	cancels  words[live.CancelType]
	refunds  words[live.RefundType]
	payments words[live.PaymentType]

	replyType, reply string
}

// source is a place a value is taken from: a header, a query parameter or the body.
type source struct {
	header, query string
	path          path
	set           bool
}

// payload says where in the body the event stands and how it is wrapped.
type payload struct {
	path     path
	encoding string
}

// clock says how times are written.
type clock struct {
	unit   string
	zone   *time.Location
	layout string
}

// factMap is where the members of one kind stand. Lines are relative to each
// item of the list.
type factMap struct {
	fields map[string]path
	lines  path
	line   map[string]path
}

// maxMapping bounds a mapping, in bytes.
const maxMapping = 64 << 10

// CodeMapping is the code of a mapping that cannot be used.
const CodeMapping = "mapping_invalid"

// Fault is one thing that is wrong with a mapping, and where: lines and columns
// count from 1, a column is a character, and the path leads to the member.
type Fault struct {
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// ParseMapping reads a mapping and refuses a bad one as [CodeMapping] with the
// line and the column of the first thing that is wrong, its path, and the
// reason; the detail "faults" has all of them.
func ParseMapping(raw []byte) (*Mapping, error) {
	if len(raw) > maxMapping {
		return nil, live.TooLarge(CodeMapping, "mapping", "is %d bytes, at most %d are allowed", len(raw), maxMapping)
	}
	m, faults := CheckMapping(raw)
	if len(faults) == 0 {
		return m, nil
	}
	f := faults[0]
	e := live.Invalid(CodeMapping, strings.TrimSuffix("mapping."+f.Path, "."), "line %d, column %d: %s", f.Line, f.Column, f.Reason)
	e.Data = map[string]any{"line": f.Line, "column": f.Column, "faults": faults}
	return nil, e
}

// CheckMapping reads a mapping and finds everything that is wrong with it, in
// the order of its lines, and then what it lacks. Text that is no JSON has one fault: what stands
// behind it cannot be told.
func CheckMapping(raw []byte) (*Mapping, []Fault) {
	if len(raw) > maxMapping {
		return nil, []Fault{{1, 1, "", fmt.Sprintf("is %d bytes, at most %d are allowed", len(raw), maxMapping)}}
	}
	root, err := parse(raw)
	if err != nil {
		f, ok := errors.AsType[*fault](err)
		if !ok {
			f = &fault{reason: err.Error()}
		}
		return nil, []Fault{f.placed(raw)}
	}
	m, found := readMapping(root)
	if len(found) == 0 {
		return m, nil
	}
	slices.SortStableFunc(found, func(a, b *fault) int {
		if a.missing != b.missing {
			if a.missing {
				return 1
			}
			return -1
		}
		return cmp.Compare(a.offset, b.offset)
	})
	out := make([]Fault, len(found))
	for i, f := range found {
		out[i] = f.placed(raw)
	}
	return nil, out
}

func (f *fault) placed(raw []byte) Fault {
	line, column := position(raw, f.offset)
	return Fault{line, column, f.path, f.reason}
}

// position counts lines and columns from 1; a column is a character.
func position(raw []byte, offset int) (line, column int) {
	before := raw[:min(offset, len(raw))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, len(bytes.Runes(before[start:])) + 1
}

func readMapping(root *node) (*Mapping, []*fault) {
	f := &form{n: root}
	m := &Mapping{facts: map[live.Kind]*factMap{}, currency: "CNY", replyType: "application/json", reply: `{"code":0,"msg":"success"}`}
	f.object("version", "signature", "app_id", "payload", "message_id", "event", "status", "amount", "currency", "time", "facts", "cancel_type", "refund_type", "payment_type", "reply")
	if v := f.need("version"); v.n != nil && v.text("") != "1" {
		v.fail("must be 1")
	}
	m.readSigning(f.need("signature"))
	m.app = f.have("app_id").source()
	if p := f.have("payload"); p.n != nil {
		p.object("path", "encoding")
		m.payload.path, m.payload.encoding = p.have("path").path(), p.have("encoding").word("json", "json", "json_text", "url_json_text")
	}
	message := f.have("message_id")
	if m.message = message.source(); m.message.query != "" {
		message.fail("must be in a header or in the body")
	}
	m.readEvent(f.need("event"), f.have("status"))
	if a := f.need("amount"); a.n != nil {
		a.object("unit")
		m.major = a.need("unit").word("", "minor", "major") == "major"
	}
	m.readCurrency(f.need("currency"))
	m.readClock(f.need("time"))
	m.cancels = readWords(f.have("cancel_type"), live.CancelUser, live.CancelType.Valid, "must be user, timeout, all_refunded, oversold, merchant or risk")
	m.refunds = readWords(f.have("refund_type"), live.RefundOnly, live.RefundType.Valid, "must be refund_only or return_goods")
	m.payments = readWords(f.have("payment_type"), "", live.PaymentType.Valid, "must be prepaid, presale, cod or cod_on_order")
	m.readFacts(f.need("facts"))
	if r := f.have("reply"); r.n != nil {
		r.object("content_type", "body")
		m.replyType, m.reply = r.need("content_type").text(""), r.need("body").text("")
	}
	if len(f.faults) == 0 {
		m.crossCheck(f)
	}
	return m, f.faults
}

// crossCheck finds facts that are announced and not described.
func (m *Mapping) crossCheck(f *form) {
	facts := f.have("facts")
	for _, table := range []map[string][]live.Kind{m.kinds, m.states} {
		for _, value := range slices.Sorted(maps.Keys(table)) {
			for _, k := range table[value] {
				if m.facts[k] == nil {
					facts.child(string(k), facts.n).fail("%q means %s, which facts does not describe", clip(value), k)
				}
			}
		}
	}
}

func (m *Mapping) readEvent(e, s *form) {
	e.object("path", "header", "kinds")
	m.event = e.place()
	m.kinds = e.need("kinds").kinds(true)
	status := false
	for _, kinds := range m.kinds {
		status = status || len(kinds) == 0
	}
	if s.n != nil {
		s.object("path", "kinds")
		m.status, m.states = s.need("path").path(), s.need("kinds").kinds(false)
	} else if status {
		e.fail(`an event is left to "status", which the mapping does not have`)
	}
}

func (m *Mapping) readCurrency(f *form) {
	f.object("path", "value")
	p, v := f.have("path"), f.have("value")
	switch {
	case f.n == nil:
	case (p.n == nil) == (v.n == nil):
		f.fail("needs either a path or a value")
	case v.n != nil:
		if m.currency = live.Currency(v.text("")); !m.currency.Valid() {
			v.fail("%q is not an ISO 4217 code we know", clip(string(m.currency)))
		}
	default:
		m.moneyIn, m.currency = p.path(), ""
	}
}

func (m *Mapping) readClock(f *form) {
	f.object("unit", "zone", "layout")
	m.clock = clock{unit: f.need("unit").word("", "s", "ms", "rfc3339", "layout"), layout: f.have("layout").text("")}
	if (m.clock.unit == "layout") != (m.clock.layout != "") {
		f.fail("unit layout and a layout belong together")
	}
	zone := f.have("zone")
	loc, err := time.LoadLocation(zone.text("UTC"))
	if err != nil || zone.text("UTC") == "Local" {
		zone.fail("is not a time zone of the IANA database")
	}
	m.clock.zone = loc
}

// words turns the platform's words into ours.
type words[T ~string] struct {
	values    map[string]T
	otherwise T // when the table does not have the word
}

func (w words[T]) of(word string) T {
	if t, ok := w.values[word]; ok {
		return t
	}
	return w.otherwise
}

func readWords[T ~string](f *form, otherwise T, valid func(T) bool, rule string) words[T] {
	f.object("values", "default")
	w := words[T]{values: map[string]T{}, otherwise: otherwise}
	read := func(v *form) T {
		t := T(v.text(""))
		if t == "" || !valid(t) {
			v.fail("%s", rule)
		}
		return t
	}
	for _, v := range f.have("values").all() {
		w.values[v.name] = read(v)
	}
	if d := f.have("default"); d.n != nil {
		w.otherwise = read(d)
	}
	return w
}
