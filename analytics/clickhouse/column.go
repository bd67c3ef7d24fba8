package clickhouse

import (
	"encoding/binary"
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// column gathers the values of one column of a range, in the form in which they
// travel, and is used again for the next range. Rows that have the default value
// of their type are not written down until another value follows, so that what
// most facts do not have costs next to nothing; a column without any other value
// is left out of the insert.
type column interface {
	// Type is the type of ClickHouse.
	Type() proto.ColumnType
	empty() bool
	// encode appends all rows.
	encode(b *proto.Buffer, rows int)
	reset()
}

// textColumn is String: lengths and bytes, as they travel.
type textColumn struct {
	wire []byte
	n    int
}

func (*textColumn) Type() proto.ColumnType { return proto.ColumnTypeString }
func (c *textColumn) empty() bool          { return c.n == 0 }
func (c *textColumn) reset()               { c.wire, c.n = c.wire[:0], 0 }

// length begins a value of so many bytes, of which there must be some.
func (c *textColumn) length(row, bytes int) {
	for ; c.n < row; c.n++ {
		c.wire = append(c.wire, 0)
	}
	c.n++
	c.wire = binary.AppendUvarint(c.wire, uint64(bytes))
}

func (c *textColumn) put(row int, s string) {
	if s != "" {
		c.length(row, len(s))
		c.wire = append(c.wire, s...)
	}
}

func (c *textColumn) putBytes(row int, s []byte) {
	if len(s) > 0 {
		c.length(row, len(s))
		c.wire = append(c.wire, s...)
	}
}

func (c *textColumn) encode(b *proto.Buffer, rows int) {
	for ; c.n < rows; c.n++ {
		c.wire = append(c.wire, 0)
	}
	b.PutRaw(c.wire)
}

// numberColumn is a column of integers of one width.
type numberColumn[T int64 | uint64 | uint32 | uint8] struct {
	typ    proto.ColumnType
	values []T
}

func (c *numberColumn[T]) Type() proto.ColumnType { return c.typ }
func (c *numberColumn[T]) empty() bool            { return len(c.values) == 0 }
func (c *numberColumn[T]) reset()                 { c.values = c.values[:0] }

func (c *numberColumn[T]) put(row int, v T) {
	if v == 0 {
		return
	}
	for len(c.values) < row {
		c.values = append(c.values, 0)
	}
	c.values = append(c.values, v)
}

func (c *numberColumn[T]) encode(b *proto.Buffer, rows int) {
	for len(c.values) < rows {
		c.values = append(c.values, 0)
	}
	switch values := any(c.values).(type) {
	case []int64:
		proto.ColInt64(values).EncodeColumn(b)
	case []uint64:
		proto.ColUInt64(values).EncodeColumn(b)
	case []uint32:
		proto.ColUInt32(values).EncodeColumn(b)
	case []uint8:
		proto.ColUInt8(values).EncodeColumn(b)
	}
}

// Types of the columns of numbers.
const (
	instantType     = "DateTime64(3, 'UTC')"
	nullInstantType = "Nullable(" + instantType + ")"
)

// instantColumn is DateTime64(3, 'UTC'): milliseconds since 1970.
type instantColumn struct{ numberColumn[int64] }

func (*instantColumn) Type() proto.ColumnType { return instantType }

func (c *instantColumn) put(row int, t time.Time) { c.numberColumn.put(row, t.UnixMilli()) }

// nullInstantColumn is Nullable(DateTime64(3, 'UTC')). A zero time is null.
type nullInstantColumn struct {
	there []byte
	at    numberColumn[int64]
}

func (*nullInstantColumn) Type() proto.ColumnType { return nullInstantType }
func (c *nullInstantColumn) empty() bool          { return len(c.there) == 0 }

func (c *nullInstantColumn) reset() {
	c.there = c.there[:0]
	c.at.reset()
}

func (c *nullInstantColumn) put(row int, t time.Time) {
	if t.IsZero() {
		return
	}
	for len(c.there) < row {
		c.there = append(c.there, 1)
	}
	c.there = append(c.there, 0)
	c.at.put(row, t.UnixMilli())
}

func (c *nullInstantColumn) encode(b *proto.Buffer, rows int) {
	for len(c.there) < rows {
		c.there = append(c.there, 1)
	}
	b.PutRaw(c.there)
	c.at.encode(b, rows)
}
