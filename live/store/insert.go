package store

import (
	"database/sql"
	"strings"
)

// rowsAtOnce are the sizes of the prepared INSERTs. Many rows in one statement
// cost about half of what they cost one by one; a few fixed sizes keep every
// statement prepared.
var rowsAtOnce = [...]int{64, 16, 4, 1}

// rowShape is one row of an INSERT: some values are arguments, the others stand
// in the text, because handing a value over costs more than storing it.
type rowShape struct {
	into     string // table (columns)
	row      string // (values)
	args     int    // of one row
	conflict string // what becomes of a row that is there already; empty: it is a fault
}

// or says what becomes of a row that is there already.
func (r *rowShape) or(update string) *rowShape {
	r.conflict = " " + update
	return r
}

func shape(table, columns, values string) *rowShape {
	return &rowShape{into: table + ` (` + columns + `)`, row: `(` + values + `)`, args: strings.Count(values, "?")}
}

// table is a row that is all arguments.
func table(name, columns string) *rowShape {
	return shape(name, columns, marks(strings.Count(columns, ",")+1))
}

// bulk names a prepared INSERT.
type bulk struct {
	row  *rowShape
	rows int
}

// insert adds rows from their arguments, one row's after the other.
func (t *tx) insert(row *rowShape, values []any) error {
	for len(values) > 0 {
		for _, n := range rowsAtOnce {
			if n*row.args > len(values) {
				continue
			}
			st, err := t.w.bulk(bulk{row, n})
			if err != nil {
				return err
			}
			if _, err := st.ExecContext(t.w.ctx, values[:n*row.args]...); err != nil {
				return err
			}
			values = values[n*row.args:]
			break
		}
	}
	return nil
}

func (w *writer) bulk(b bulk) (*sql.Stmt, error) {
	if st := w.bulks[b]; st != nil {
		return st, nil
	}
	st, err := w.stmt(`INSERT INTO ` + b.row.into + ` VALUES ` + pairs(b.rows, b.row.row) + b.row.conflict)
	if err != nil {
		return nil, err
	}
	w.bulks[b] = st
	return st, nil
}
