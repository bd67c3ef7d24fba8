package store

import (
	"encoding/base64"
	"strconv"
	"strings"

	"showrunner/live"
)

// Page sizes of lists.
const (
	defaultLimit = 50
	maxLimit     = 500
)

// limit clamps a page size: zero or less is the default.
func limit(n int) int {
	if n <= 0 {
		return defaultLimit
	}
	return min(n, maxLimit)
}

// cursor is the last row of a page: lists descend by (at, id).
type cursor struct {
	at int64
	id string
}

func (c cursor) encode() string {
	return base64.RawURLEncoding.EncodeToString([]byte("1|" + strconv.FormatInt(c.at, 10) + "|" + c.id))
}

// decodeCursor reads a cursor. The empty one is before the first row.
func decodeCursor(s string) (cursor, error) {
	if s == "" {
		return cursor{at: 1<<63 - 1}, nil
	}
	bad := live.Invalid("invalid_cursor", "cursor", "is not a cursor that a list gave out")
	raw, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return cursor{}, bad
	}
	parts := strings.SplitN(string(raw), "|", 3)
	if len(parts) != 3 || parts[0] != "1" || len(parts[2]) > live.MaxIDLen {
		return cursor{}, bad
	}
	at, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || at < 0 {
		return cursor{}, bad
	}
	return cursor{at, parts[2]}, nil
}

// page cuts a list that was read one row too long, and makes the next cursor.
func page[T any](rows []T, most int, last func(T) cursor) ([]T, string) {
	if len(rows) <= most {
		return rows, ""
	}
	rows = rows[:most]
	return rows, last(rows[most-1]).encode()
}

// where builds the conditions of a list.
type where struct {
	terms []string
	args  []any
}

func (w *where) add(term string, args ...any) {
	w.terms = append(w.terms, term)
	w.args = append(w.args, args...)
}

// in adds "column IN (…)"; an empty list matches nothing.
func in[T ~string](w *where, column string, values []T) {
	if len(values) == 0 {
		w.add("1 = 0")
		return
	}
	args := make([]any, len(values))
	for i, v := range values {
		args[i] = string(v)
	}
	w.add(column+" IN ("+marks(len(values))+")", args...)
}

// after adds "later pages than c" over the columns a list descends by.
func (w *where) after(c cursor, at, id string) {
	w.add("("+at+" < ? OR "+at+" = ? AND "+id+" < ?)", c.at, c.at, c.id)
}

func (w *where) sql() string {
	if len(w.terms) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.terms, " AND ")
}
