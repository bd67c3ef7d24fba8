package analytics

import (
	"encoding/json"
	"strconv"
)

// Units of table columns that no metric has.
const (
	UnitText Unit = "text"
	UnitTime Unit = "time" // RFC 3339, UTC, milliseconds, as text
	UnitList Unit = "list" // a nested table; only JSON shows it
)

// Column is one column of a [Table]. Rates have cells with two numbers.
type Column struct {
	Key     string
	ZH, EN  string
	Unit    Unit
	Rate    bool
	Money   bool   // left out for roles without the right to see money
	Formula string // in words
}

// Cell is one value; which members count is the column's to say.
type Cell struct {
	Text     string
	Num, Den int64
	List     *Table
	None     bool // of a number: there is none, which is not 0
}

// Table is what the timeline, the funnel, products and sources are shown as,
// in JSON, HTML or a sheet: named columns and rows of cells.
type Table struct {
	Columns []Column
	Rows    [][]Cell
}

// top is the first rows of a table.
func (t Table) top(rows int) Table {
	t.Rows = t.Rows[:min(rows, len(t.Rows))]
	return t
}

// IsZero reports whether there is no table at all.
func (t Table) IsZero() bool { return t.Columns == nil }

// MarshalJSON writes an array of objects, members in the order of the columns.
func (t Table) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, row := range t.Rows {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '{')
		for k := range t.Columns {
			if k > 0 {
				b = append(b, ',')
			}
			b = strconv.AppendQuote(b, t.Columns[k].Key)
			b = append(b, ':')
			v, err := row[k].marshal(&t.Columns[k])
			if err != nil {
				return nil, err
			}
			b = append(b, v...)
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

func (c *Cell) marshal(col *Column) ([]byte, error) {
	switch {
	case col.Unit == UnitText || col.Unit == UnitTime:
		return json.Marshal(c.Text)
	case col.Unit == UnitList:
		if c.List == nil {
			return []byte("[]"), nil
		}
		return c.List.MarshalJSON()
	case col.Rate:
		return Rate{c.Num, c.Den}.MarshalJSON()
	}
	if c.None {
		return []byte("null"), nil
	}
	return strconv.AppendInt(nil, c.Num, 10), nil
}

// WithoutMoney returns the table without its money columns.
func (t Table) WithoutMoney() Table {
	out := Table{Rows: make([][]Cell, len(t.Rows))}
	for k := range t.Columns {
		if t.Columns[k].Money {
			continue
		}
		out.Columns = append(out.Columns, t.Columns[k])
		for i := range t.Rows {
			out.Rows[i] = append(out.Rows[i], t.Rows[i][k])
		}
	}
	return out
}

// Column finds the index of a column, or -1.
func (t *Table) Column(key string) int {
	for i := range t.Columns {
		if t.Columns[i].Key == key {
			return i
		}
	}
	return -1
}

// like makes a column that has the names and the definition of a metric.
func like(metric string) Column {
	m := byKey[metric]
	if m == nil {
		panic("BUG: no metric " + metric)
	}
	return Column{Key: m.Key, ZH: m.ZH, EN: m.EN, Unit: m.Unit, Rate: m.IsRate(), Money: m.Money, Formula: m.Formula}
}

func textCell(s string) Cell   { return Cell{Text: s} }
func numCell(n int64) Cell     { return Cell{Num: n} }
func rateCell(n, d int64) Cell { return Cell{Num: n, Den: d} }
