package connector

import (
	"bytes"
	"errors"
	"fmt"
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
	cancels  map[string]live.CancelType
	cancel   live.CancelType // when the table does not have the value

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

// Members a fact may and must have, and those of its lines.
var factMembers = map[live.Kind]struct{ must, may, lineMust, lineMay []string }{
	live.OrderCreated: {
		[]string{"order_id", "at"},
		[]string{"show_id", "person_id", "channel", "campaign"},
		[]string{"line_id", "sku_id", "qty"},
		[]string{"product_id", "goods", "unit_price", "discount", "subsidy", "shipping", "tax"},
	},
	live.OrderPaid:       {[]string{"order_id", "at", "paid"}, []string{"payment_id"}, nil, nil},
	live.OrderCancelled:  {[]string{"order_id", "at"}, []string{"reason", "cancel_type"}, nil, nil},
	live.RefundSucceeded: {[]string{"order_id", "at", "refund_id"}, []string{"reason", "goods", "shipping", "line_id", "sku_id"}, nil, []string{"line_id", "sku_id", "goods", "shipping"}},
}

// maxMapping bounds a mapping, in bytes.
const maxMapping = 64 << 10

// CodeMapping is the code of a mapping that cannot be used.
const CodeMapping = "mapping_invalid"

// ParseMapping reads a mapping and refuses a bad one with the line and the
// column of what is wrong, its path, and the reason.
func ParseMapping(raw []byte) (*Mapping, error) {
	if len(raw) > maxMapping {
		return nil, live.TooLarge(CodeMapping, "mapping", "is %d bytes, at most %d are allowed", len(raw), maxMapping)
	}
	root, err := parse(raw)
	var m *Mapping
	if err == nil {
		m, err = readMapping(root)
	}
	if err == nil {
		return m, nil
	}
	f, ok := errors.AsType[*fault](err)
	if !ok {
		return nil, err
	}
	line, column := position(raw, f.offset)
	e := live.Invalid(CodeMapping, strings.TrimSuffix("mapping."+f.path, "."), "line %d, column %d: %s", line, column, f.reason)
	e.Data = map[string]any{"line": line, "column": column}
	return nil, e
}

// position counts lines and columns from 1; a column is a character.
func position(raw []byte, offset int) (line, column int) {
	before := raw[:min(offset, len(raw))]
	start := bytes.LastIndexByte(before, '\n') + 1
	return bytes.Count(before, []byte{'\n'}) + 1, len(bytes.Runes(before[start:])) + 1
}

func readMapping(root *node) (*Mapping, error) {
	f := &form{n: root}
	m := &Mapping{facts: map[live.Kind]*factMap{}, currency: "CNY", cancel: live.CancelUser, replyType: "application/json", reply: `{"code":0,"msg":"success"}`}
	f.object("version", "signature", "app_id", "payload", "message_id", "event", "status", "amount", "currency", "time", "facts", "cancel_type", "reply")
	if v := f.need("version"); f.err == nil && v.text("") != "1" {
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
	m.readCancels(f.have("cancel_type"))
	m.readFacts(f.need("facts"))
	if r := f.have("reply"); r.n != nil {
		r.object("content_type", "body")
		m.replyType, m.reply = r.need("content_type").text(""), r.need("body").text("")
	}
	if f.err == nil {
		m.crossCheck(f)
	}
	if f.err != nil {
		return nil, f.err
	}
	return m, nil
}

// crossCheck finds facts that are announced and not described.
func (m *Mapping) crossCheck(f *form) {
	for _, table := range []map[string][]live.Kind{m.kinds, m.states} {
		for value, kinds := range table {
			for _, k := range kinds {
				if m.facts[k] == nil {
					f.have("facts").fail("%q means %s, which facts does not describe", clip(value), k)
					return
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

func (m *Mapping) readCancels(f *form) {
	f.object("values", "default")
	m.cancels = map[string]live.CancelType{}
	read := func(v *form) live.CancelType {
		t := live.CancelType(v.text(""))
		if !t.Valid() {
			v.fail("must be user, timeout, all_refunded, oversold, merchant or risk")
		}
		return t
	}
	for _, v := range f.have("values").all() {
		m.cancels[v.name] = read(v)
	}
	if d := f.have("default"); d.n != nil {
		m.cancel = read(d)
	}
}

func (m *Mapping) readFacts(f *form) {
	if f.n != nil && f.n.kind == nodeObject && len(f.n.members) == 0 {
		f.fail("must describe one fact at least")
	}
	for _, v := range f.all() {
		kind := live.Kind(v.name)
		known, ok := factMembers[kind]
		if !ok {
			v.fail("%q is not a fact of orders a mapping can describe", clip(v.name))
			return
		}
		fm := &factMap{fields: map[string]path{}}
		m.facts[kind] = fm
		names := slices.Concat(known.must, known.may)
		hasLines := known.lineMust != nil || known.lineMay != nil
		if hasLines {
			names = append(names, "lines", "line")
		}
		v.object(names...)
		fm.read(fm.fields, v, known.must, known.may)
		if !hasLines {
			continue
		}
		lines, line := v.have("lines"), v.have("line")
		if lines.n == nil && known.lineMust != nil {
			v.fail("needs lines and line")
		}
		if (lines.n == nil) != (line.n == nil) {
			v.fail("lines and line belong together")
			continue
		}
		if lines.n == nil {
			continue
		}
		if fm.lines = lines.anyPath(); fm.lines.single() {
			lines.fail("must have [] behind the name of the array")
		}
		fm.line = map[string]path{}
		line.object(slices.Concat(known.lineMust, known.lineMay)...)
		fm.read(fm.line, line, known.lineMust, known.lineMay)
		if kind == live.OrderCreated && (line.have("goods").n == nil) == (line.have("unit_price").n == nil) {
			line.fail("needs either goods, for the whole line, or unit_price")
		}
	}
}

func (fm *factMap) read(into map[string]path, v *form, must, may []string) {
	for _, name := range must {
		into[name] = v.need(name).path()
	}
	for _, name := range may {
		if p := v.have(name); p.n != nil {
			into[name] = p.path()
		}
	}
}

// form reads a mapping member by member. The first thing that is wrong stands
// in err, which all forms of one mapping share through their root.
type form struct {
	n    *node
	name string
	at   string // path from the root of the mapping
	root *form
	err  error
}

func (f *form) top() *form {
	if f.root != nil {
		return f.root
	}
	return f
}

func (f *form) fail(format string, args ...any) {
	if top := f.top(); top.err == nil {
		e := &fault{path: f.at, reason: fmt.Sprintf(format, args...)}
		if f.n != nil {
			e.offset = f.n.offset
		}
		top.err = e
	}
}

func (f *form) child(name string, n *node) *form {
	at := name
	if f.at != "" {
		at = f.at + "." + name
	}
	return &form{n: n, name: name, at: at, root: f.top()}
}

// object refuses what is no object and members that are not named.
func (f *form) object(names ...string) {
	if f.n == nil {
		return
	}
	if f.n.kind != nodeObject {
		f.fail("must be an object and is %s", f.n.kind)
		return
	}
	for _, m := range f.n.members {
		if !slices.Contains(names, m.name) {
			c := f.child(m.name, &node{offset: m.offset})
			c.fail("is not known here; known are %s", strings.Join(names, ", "))
		}
	}
}
