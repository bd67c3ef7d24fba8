package api

import (
	"encoding/json"
	"reflect"
	"strings"
)

// shape is what a request body must look like, read once from a wire struct.
//
// The standard decoder is too kind for money: it matches names whatever their
// case, lets a later duplicate win and reports a wrong type without its index.
// [shape.check] walks the text first and names the exact path of what is wrong;
// after it the standard decoder cannot fail.
type shape struct {
	kind    reflect.Kind
	custom  reflect.Type // has its own UnmarshalJSON
	any     bool         // any JSON value, checked where it is used
	elem    *shape       // of arrays
	bits    int          // of integers
	members map[string]*member
	needed  []string // names of members that must be there, in order of declaration
	lax     bool     // members that are not named are left alone
}

type member struct {
	shape    *shape
	nullable bool // null reads as absent
	index    int  // into the seen bits
}

var (
	rawMessage  = reflect.TypeFor[json.RawMessage]()
	unmarshaler = reflect.TypeFor[json.Unmarshaler]()
)

func shapeOf[T any]() *shape { return shapeOfType(reflect.TypeFor[T]()) }

func shapeOfType(t reflect.Type) *shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == rawMessage:
		return &shape{any: true}
	case reflect.PointerTo(t).Implements(unmarshaler):
		return &shape{custom: t}
	}
	s := &shape{kind: t.Kind()}
	switch t.Kind() {
	case reflect.String, reflect.Bool:
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		s.kind, s.bits = reflect.Int64, t.Bits()
	case reflect.Slice:
		s.elem = shapeOfType(t.Elem())
	case reflect.Struct:
		s.members = map[string]*member{}
		s.addFields(t)
	default:
		panic("BUG: a request body may not hold a " + t.String())
	}
	return s
}

func (s *shape) addFields(t reflect.Type) {
	for f := range t.Fields() {
		if f.Anonymous {
			s.addFields(f.Type)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		optional := f.Type.Kind() == reflect.Pointer || strings.Contains(options, "omit")
		s.members[name] = &member{shape: shapeOfType(f.Type), nullable: optional, index: len(s.members)}
		if !optional {
			s.needed = append(s.needed, name)
		}
	}
}

// open lets objects of the shape have members that are not named, for bodies
// whose form others decide.
func (s *shape) open() *shape {
	s.lax = true
	if s.elem != nil {
		s.elem.open()
	}
	for _, m := range s.members {
		m.shape.open()
	}
	return s
}
