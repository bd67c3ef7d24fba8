package store

import (
	"database/sql"
	"strings"
)

// rowsAtOnce are the sizes of the prepared INSERTs. Many rows in one statement
// cost about half of what they cost one by one; a few fixed sizes keep every
// statement prepared.
var rowsAtOnce = [...]int{64, 16, 4, 1}

// bulk names a prepared INSERT.
type bulk struct {
	into string
	rows int
}

// insert adds rows to a table, given as "table (columns)", from their values
// one after the other.
func (t *tx) insert(into string, values []any) error {
	width := strings.Count(into, ",") + 1
	for len(values) > 0 {
		for _, n := range rowsAtOnce {
			if n*width > len(values) {
				continue
			}
			st, err := t.w.bulk(bulk{into, n}, width)
			if err != nil {
				return err
			}
			if _, err := st.ExecContext(t.w.ctx, values[:n*width]...); err != nil {
				return err
			}
			values = values[n*width:]
			break
		}
	}
	return nil
}

func (w *writer) bulk(b bulk, width int) (*sql.Stmt, error) {
	if st := w.bulks[b]; st != nil {
		return st, nil
	}
	st, err := w.stmt(`INSERT INTO ` + b.into + ` VALUES ` + pairs(b.rows, "("+marks(width)+")"))
	if err != nil {
		return nil, err
	}
	w.bulks[b] = st
	return st, nil
}
