package store

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// args reads the arguments of a command. The first fault is kept and the rest
// of the calls do nothing, so a command reads all its arguments and asks once.
// Arguments that nobody asked for are a fault: a typing error in an optional
// name must not pass unseen.
type args struct {
	members map[string]json.RawMessage
	err     error
	fields  *[]live.Field // told instead of read, see [CommandFields]
}

// CommandFields are the arguments of a command, beside those that every command
// has, as its reader asks for them; nil for one that is not known.
func CommandFields(name live.CommandName) []live.Field {
	p, ok := plans[name]
	if !ok {
		return nil
	}
	fields := []live.Field{}
	p.read(&args{members: map[string]json.RawMessage{}, fields: &fields})
	return fields
}

// tell notes an argument and reports whether that is all there is to do.
func (a *args) tell(name string, kind live.FieldType, required bool, least, most int64) bool {
	if a.fields == nil {
		return false
	}
	*a.fields = append(*a.fields, live.Field{Name: name, Type: kind, Required: required, Min: least, Max: most})
	return true
}

func parseArgs(raw json.RawMessage) *args {
	a := &args{members: map[string]json.RawMessage{}}
	if len(raw) == 0 {
		return a
	}
	if len(raw) > live.MaxEventData {
		a.err = live.TooLarge("data_too_large", "data", "is %d bytes, at most %d are allowed", len(raw), live.MaxEventData)
		return a
	}
	if err := json.Unmarshal(raw, &a.members); err != nil || a.members == nil {
		a.err = live.Invalid("malformed_json", "data", "must be a JSON object")
	}
	return a
}

func (a *args) fail(name, format string, args ...any) {
	if a.err == nil {
		a.err = live.Invalid("invalid_field", "data."+name, format, args...)
	}
}

// take removes a member; null is the same as none.
func (a *args) take(name string, required bool) (json.RawMessage, bool) {
	raw, ok := a.members[name]
	delete(a.members, name)
	if !ok || string(raw) == "null" {
		if required {
			a.fail(name, "is required")
		}
		return nil, false
	}
	return raw, a.err == nil
}

// id reads an identifier.
func (a *args) id(name string, required bool) string {
	if a.tell(name, live.TypeID, required, 1, live.MaxIDLen) {
		return ""
	}
	s, ok := a.str(name, required)
	if ok && !live.ValidID(s) {
		a.fail(name, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", live.MaxIDLen)
	}
	return s
}

// text reads a string of least to most characters, not all blank.
func (a *args) text(name string, required bool, least, most int) string {
	if a.tell(name, live.TypeText, required, int64(least), int64(most)) {
		return ""
	}
	s, ok := a.str(name, required)
	if n := utf8.RuneCountInString(s); ok && (n < least || n > most || least > 0 && strings.TrimSpace(s) == "") {
		a.fail(name, "must be %d to %d characters", least, most)
	}
	return s
}

func (a *args) str(name string, required bool) (string, bool) {
	raw, ok := a.take(name, required)
	if !ok {
		return "", false
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		a.fail(name, "must be a string")
		return "", false
	}
	return s, true
}

// integer reads a whole number; a fraction or an exponent is a fault, whatever
// its value: money in minor units has neither.
func (a *args) integer(name string, required bool, least, most int64) int64 {
	if a.tell(name, live.TypeInt, required, least, most) {
		return 0
	}
	raw, ok := a.take(name, required)
	if !ok {
		return 0
	}
	n, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		a.fail(name, "must be an integer")
		return 0
	}
	if n < least || n > most {
		a.fail(name, "must be %d to %d", least, most)
		return 0
	}
	return n
}

// ids reads a list of 1 to most different identifiers.
func (a *args) ids(name string, most int) []string {
	raw, ok := a.take(name, true)
	if !ok {
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		a.fail(name, "must be a list of strings")
		return nil
	}
	if len(list) < 1 || len(list) > most {
		a.fail(name, "must hold 1 to %d", most)
	}
	seen := map[string]bool{}
	for _, id := range list {
		if !live.ValidID(id) || seen[id] {
			a.fail(name, "must each be 1 to %d characters of A-Z a-z 0-9 . _ : @ - and stand there once", live.MaxIDLen)
			return nil
		}
		seen[id] = true
	}
	return list
}

// optional reads a whole number that need not be there.
func (a *args) optional(name string, least, most int64) (n int64, given bool) {
	if a.tell(name, live.TypeInt, false, least, most) {
		return 0, false
	}
	if raw, ok := a.members[name]; !ok || string(raw) == "null" {
		delete(a.members, name)
		return 0, false
	}
	return a.integer(name, true, least, most), true
}

// time reads an instant.
func (a *args) time(name string, required bool) time.Time {
	s, ok := a.str(name, required)
	if !ok {
		return time.Time{}
	}
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		a.fail(name, "must be a time of RFC 3339")
	}
	return whole(v)
}

// flag reads true or false; not given is false.
func (a *args) flag(name string) bool {
	if a.tell(name, live.TypeFlag, false, 0, 0) {
		return false
	}
	raw, ok := a.take(name, false)
	if ok && string(raw) != "true" && string(raw) != "false" {
		a.fail(name, "must be true or false")
	}
	return string(raw) == "true"
}

// on reads a flag that is true when it is not given.
func (a *args) on(name string) bool {
	if raw, ok := a.members[name]; !ok || string(raw) == "null" {
		delete(a.members, name)
		return true
	}
	return a.flag(name)
}

// done reports the first fault, also that of a member nobody took.
func (a *args) done() error {
	if a.err == nil && len(a.members) > 0 {
		first := slices.Min(slices.Collect(maps.Keys(a.members)))
		if len(first) > 64 {
			first = strings.ToValidUTF8(first[:64], "")
		}
		a.err = live.Invalid("unknown_field", "data."+first, "is not an argument of this command")
	}
	return a.err
}
