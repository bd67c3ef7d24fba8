package clickhouse

import (
	"encoding/binary"
	"slices"
	"time"
	"unsafe"

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
	// seal are all rows as they travel: the column's own memory, good until reset.
	seal(rows int) wire
	reset()
	// release is reset for a column whose memory is in other hands still.
	release()
}

// wire is the bytes of a column: what stands before the values, if anything
// does, and the values.
type wire struct{ head, values []byte }

func (w wire) size() int { return len(w.head) + len(w.values) }

// textColumn is String: lengths and bytes, as they travel.
type textColumn struct {
	wire []byte
	n    int
}

func (*textColumn) Type() proto.ColumnType { return proto.ColumnTypeString }
func (c *textColumn) empty() bool          { return c.n == 0 }
func (c *textColumn) reset()               { c.wire, c.n = c.wire[:0], 0 }
func (c *textColumn) release()             { *c = textColumn{} }

func (c *textColumn) put(row int, s string) {
	if s != "" {
		c.wire = appendText(c.wire, row-c.n, s)
		c.n = row + 1
	}
}

func (c *textColumn) putBytes(row int, s []byte) {
	if len(s) > 0 {
		c.wire = appendText(c.wire, row-c.n, s)
		c.n = row + 1
	}
}

// appendText appends a text behind so many that are empty.
func appendText[T string | []byte](to []byte, before int, s T) []byte {
	for ; before > 0; before-- {
		to = append(to, 0)
	}
	if len(s) < 1<<7 { // Most are, and their length is a byte then.
		to = append(to, byte(len(s)))
	} else {
		to = binary.AppendUvarint(to, uint64(len(s)))
	}
	return append(to, s...)
}

func (c *textColumn) seal(rows int) wire {
	c.wire = zeros(c.wire, rows-c.n)
	c.n = rows
	return wire{values: c.wire}
}

// zeros appends so many values that are 0.
func zeros[T any](to []T, n int) []T {
	from := len(to)
	to = slices.Grow(to, n)[:from+n]
	clear(to[from:])
	return to
}

// numberColumn is a column of integers of one width.
type numberColumn[T int64 | uint64 | uint32 | uint8] struct {
	typ    proto.ColumnType
	values []T
}

func (c *numberColumn[T]) Type() proto.ColumnType { return c.typ }
func (c *numberColumn[T]) empty() bool            { return len(c.values) == 0 }
func (c *numberColumn[T]) reset()                 { c.values = c.values[:0] }
func (c *numberColumn[T]) release()               { c.values = nil }

func (c *numberColumn[T]) put(row int, v T) {
	if v == 0 {
		return
	}
	for len(c.values) < row {
		c.values = append(c.values, 0)
	}
	c.values = append(c.values, v)
}

func (c *numberColumn[T]) seal(rows int) wire {
	c.values = zeros(c.values, rows-len(c.values))
	// They lie in memory as they travel: what this runs on begins with the lowest byte,
	// and TestColumns would tell of anything else.
	size := rows * int(unsafe.Sizeof(T(0)))
	return wire{values: unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(c.values))), size)}
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

func (c *nullInstantColumn) release() {
	c.there = nil
	c.at.release()
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

func (c *nullInstantColumn) seal(rows int) wire {
	for len(c.there) < rows {
		c.there = append(c.there, 1)
	}
	return wire{head: c.there, values: c.at.seal(rows).values}
}
