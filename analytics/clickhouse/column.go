package clickhouse

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/ClickHouse/ch-go/proto"

	"showrunner/live"
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

// wordColumn is LowCardinality(String): a dictionary, whose first word is the empty
// one, and the place of every row's word in it.
type wordColumn struct {
	dictionary []byte // lengths and bytes
	places     map[string]uint32
	words      []string
	narrow     []byte   // while there are few words
	keys       []uint32 // once there are more

	last    string // what was put last, and its place
	lastKey uint32
	near    [64]struct { // and some of what was put before
		word string
		key  uint32
	}
}

func (*wordColumn) Type() proto.ColumnType {
	return proto.ColumnTypeLowCardinality.Sub(proto.ColumnTypeString)
}

func (c *wordColumn) empty() bool { return len(c.words) == 0 }

func (c *wordColumn) reset() {
	if len(c.places) == 0 {
		return
	}
	clear(c.places)
	clear(c.near[:])
	c.dictionary, c.words, c.keys, c.last, c.lastKey = c.dictionary[:0], c.words[:0], c.keys[:0], "", 0
	c.narrow = c.narrow[:0]
}

func (c *wordColumn) put(row int, s string) {
	if s == "" {
		return
	}
	if s != c.last {
		near := &c.near[live.Hash(s)%uint32(len(c.near))]
		if s != near.word {
			key, ok := c.places[s]
			if !ok {
				key = c.learn(s)
			}
			near.word, near.key = s, key
		}
		c.last, c.lastKey = s, near.key
	}
	c.key(row)
}

func (c *wordColumn) putBytes(row int, s []byte) {
	if len(s) == 0 {
		return
	}
	if string(s) != c.last {
		near := &c.near[live.Hash(s)%uint32(len(c.near))]
		if string(s) != near.word {
			key, ok := c.places[string(s)]
			if !ok {
				key = c.learn(string(s))
			}
			near.word, near.key = c.words[key-1], key
		}
		c.last, c.lastKey = near.word, near.key
	}
	c.key(row)
}

// key writes the word that was found down.
func (c *wordColumn) key(row int) {
	if len(c.words) < fewWords {
		if n := len(c.narrow); n < row {
			c.narrow = slices.Grow(c.narrow, row+1-n)[:row]
			clear(c.narrow[n:])
		}
		c.narrow = append(c.narrow, byte(c.lastKey))
		return
	}
	c.widen()
	for len(c.keys) < row {
		c.keys = append(c.keys, 0)
	}
	c.keys = append(c.keys, c.lastKey)
}

// widen takes the places over into what holds more words than a byte counts.
func (c *wordColumn) widen() {
	for _, k := range c.narrow {
		c.keys = append(c.keys, uint32(k))
	}
	c.narrow = c.narrow[:0]
}

// fewWords, with the empty one, are more than a byte tells apart.
const fewWords = 1 << 8

// learn adds a word to the dictionary.
func (c *wordColumn) learn(s string) uint32 {
	if c.places == nil {
		c.places = map[string]uint32{}
	}
	key := uint32(len(c.places) + 1)
	c.places[s] = key
	c.words = append(c.words, s)
	c.dictionary = append(binary.AppendUvarint(c.dictionary, uint64(len(s))), s...)
	return key
}

// What stands before a dictionary: the version of the form, and that the words
// which follow are all there are. The lowest byte is the width of the places.
const (
	sharedDictionaries = 1
	wordsFollow        = 1<<9 | 1<<10
)

func (c *wordColumn) encode(b *proto.Buffer, rows int) {
	width := proto.KeyUInt32
	switch {
	case len(c.words) < fewWords:
		width = proto.KeyUInt8
	case len(c.words) < 1<<16:
		width = proto.KeyUInt16
	}
	b.PutInt64(sharedDictionaries)
	b.PutInt64(wordsFollow | int64(width))
	b.PutInt64(int64(len(c.words) + 1))
	b.PutByte(0) // the empty word
	b.PutRaw(c.dictionary)
	b.PutInt64(int64(rows))
	switch width {
	case proto.KeyUInt8:
		b.PutRaw(c.narrow)
		clear(grow(b, rows-len(c.narrow)))
	case proto.KeyUInt16:
		to := grow(b, 2*rows)
		clear(to[2*len(c.keys):])
		for i, k := range c.keys {
			binary.LittleEndian.PutUint16(to[2*i:], uint16(k))
		}
	default:
		to := grow(b, 4*rows)
		clear(to[4*len(c.keys):])
		for i, k := range c.keys {
			binary.LittleEndian.PutUint32(to[4*i:], k)
		}
	}
}

// grow makes room for n bytes more, to be written at once.
func grow(b *proto.Buffer, n int) []byte {
	from := len(b.Buf)
	b.Buf = slices.Grow(b.Buf, n)[:from+n]
	return b.Buf[from:]
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
