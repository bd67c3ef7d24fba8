package store

import (
	"database/sql"
	"slices"
	"time"
)

// Scanner is one row.
type Scanner = scanner

// Collect reads all rows of a query and closes them.
func Collect[T any](rows *sql.Rows, err error, scan func(Scanner) (T, error)) ([]T, error) {
	return collect(rows, err, scan)
}

// Millis is a time as the database keeps it: unix milliseconds, 0 for none.
func Millis(t time.Time) int64 { return ms(t) }

// Time is the inverse of [Millis].
func Time(millis int64) time.Time { return at(millis) }

// Where builds the conditions of a list.
type Where struct{ w where }

// Add adds a condition, which is joined to the others by AND.
func (w *Where) Add(term string, args ...any) { w.w.add(term, args...) }

// WhereIn adds "column IN (…)"; an empty list matches nothing.
func WhereIn[T ~string](w *Where, column string, values []T) { in(&w.w, column, values) }

// SQL is " WHERE …", or nothing.
func (w *Where) SQL() string { return w.w.sql() }

// Args are the arguments of the conditions, and what is added behind them.
func (w *Where) Args(more ...any) []any {
	return append(slices.Clip(w.w.args), more...)
}

// Page is a place in a list that descends by a time and an id.
type Page struct {
	at   cursor
	most int
}

// OpenPage reads the cursor that a list gave out, empty for the first page, and
// the size asked for: 0 means 50, at most 500. Code: "invalid_cursor".
func OpenPage(cursor string, size int) (Page, error) {
	c, err := decodeCursor(cursor)
	return Page{c, limit(size)}, err
}

// After adds the condition that rows are of the page, by the columns of the list's order.
func (p Page) After(w *Where, at, id string) { w.w.after(p.at, at, id) }

// Limit is how many rows to read: one more than the page has, to see whether there is another.
func (p Page) Limit() int { return p.most + 1 }

// Cut cuts rows to the page and makes the cursor of the next; empty: it was the last.
func Cut[T any](p Page, rows []T, place func(T) (at time.Time, id string)) ([]T, string) {
	return page(rows, p.most, func(v T) cursor {
		at, id := place(v)
		return cursor{ms(at), id}
	})
}
