package connector

import (
	"fmt"
	"slices"
	"strings"

	"showrunner/live"
)

// form reads a mapping member by member. What is wrong stands in faults, which
// all forms of one mapping share through their root: one of each member, since
// a second one follows from the first as a rule.
type form struct {
	n      *node
	name   string
	at     string // path from the root of the mapping
	root   *form
	faults []*fault
}

func (f *form) top() *form {
	if f.root != nil {
		return f.root
	}
	return f
}

func (f *form) fail(format string, args ...any) {
	e := &fault{path: f.at, reason: fmt.Sprintf(format, args...)}
	if f.n != nil {
		e.offset = f.n.offset
	}
	f.top().add(e)
}

func (f *form) add(e *fault) {
	if !slices.ContainsFunc(f.faults, func(x *fault) bool { return x.path == e.path && x.offset == e.offset }) {
		f.faults = append(f.faults, e)
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

// have is a member that may be left out; its node is nil then.
func (f *form) have(name string) *form {
	if f.n == nil || f.n.kind != nodeObject {
		return f.child(name, nil)
	}
	n := f.n.get(name)
	if n != nil && n.kind == nodeNull {
		n = nil
	}
	return f.child(name, n)
}

// need is a member that must be there.
func (f *form) need(name string) *form {
	c := f.have(name)
	if c.n == nil && f.n != nil {
		f.top().add(&fault{offset: f.n.offset, path: c.at, reason: name + " is required", missing: true})
	}
	return c
}

// all lists the members of an object, whatever their names.
func (f *form) all() []*form {
	if f.n == nil {
		return nil
	}
	if f.n.kind != nodeObject {
		f.fail("must be an object and is %s", f.n.kind)
		return nil
	}
	out := make([]*form, len(f.n.members))
	for i, m := range f.n.members {
		out[i] = f.child(m.name, m.value)
	}
	return out
}

// items lists what stands in an array.
func (f *form) items() []*form {
	if f.n == nil {
		return nil
	}
	if f.n.kind != nodeArray {
		f.fail("must be an array and is %s", f.n.kind)
		return nil
	}
	out := make([]*form, len(f.n.items))
	for i, n := range f.n.items {
		out[i] = &form{n: n, at: f.at, root: f.top()}
	}
	return out
}

// text is a string or a number; the default where it is left out.
func (f *form) text(otherwise string) string {
	if f.n == nil {
		return otherwise
	}
	if f.n.kind != nodeText && f.n.kind != nodeNumber {
		f.fail("must be a string and is %s", f.n.kind)
		return otherwise
	}
	return f.n.text
}

// word is one of a few.
func (f *form) word(otherwise string, known ...string) string {
	s := f.text(otherwise)
	if f.n != nil && !slices.Contains(known, s) {
		f.fail("must be one of %s", strings.Join(known, ", "))
	}
	return s
}

// path is one that leads to a single value.
func (f *form) path() path {
	p := f.anyPath()
	if !p.single() {
		f.fail("must lead to one value, without []")
	}
	return p
}

func (f *form) anyPath() path {
	if f.n == nil {
		return path{}
	}
	if f.n.kind != nodeText {
		f.fail("must be a path and is %s", f.n.kind)
		return path{}
	}
	p, err := parsePath(f.n.text)
	if err != nil {
		f.fail("%s", err)
	}
	return p
}

// source is {"path"}, {"header"} or {"query"}, or a path alone.
func (f *form) source() source {
	if f.n == nil {
		return source{}
	}
	if f.n.kind == nodeText {
		return source{path: f.path(), set: true}
	}
	f.object("path", "header", "query")
	return f.place()
}

// place reads which of header, query and path an object has.
func (f *form) place() source {
	if f.n == nil {
		return source{}
	}
	h, q, p := f.have("header"), f.have("query"), f.have("path")
	given := 0
	for _, c := range []*form{h, q, p} {
		if c.n != nil {
			given++
		}
	}
	if given != 1 {
		f.fail("needs one of header, query and path")
	}
	return source{header: h.text(""), query: q.text(""), path: p.path(), set: true}
}

// kinds is a table from a value to the facts it means. The word status, where
// it may stand, leaves the decision to the status and reads as no fact.
func (f *form) kinds(status bool) map[string][]live.Kind {
	table := map[string][]live.Kind{}
	for _, v := range f.all() {
		list := []*form{v}
		if v.n.kind == nodeArray {
			if list = v.items(); len(list) == 0 {
				v.fail("names no fact; what means none is left out")
			}
		}
		kinds := []live.Kind{}
		for _, k := range list {
			kind := live.Kind(k.text(""))
			if status && kind == "status" && len(list) == 1 {
				continue
			}
			if _, ok := factMembers[kind]; !ok {
				k.fail("%q is not a fact of orders a mapping can describe", clip(string(kind)))
			}
			kinds = append(kinds, kind)
		}
		table[v.name] = kinds
	}
	if f.n != nil && len(table) == 0 {
		f.fail("must have one value at least")
	}
	return table
}
