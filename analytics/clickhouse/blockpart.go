package clickhouse

import (
	"encoding/binary"
	"fmt"

	"github.com/ClickHouse/ch-go/proto"
)

// apart divides a block by its merchants, for the shards of a cluster; a part
// without rows is nil, and a block of one part is itself.
func (b *block) apart(parts int, of func(merchant string) int) []*block {
	out := make([]*block, parts)
	rows := make([][]int, parts)
	merchants := dictionaryOf(b.columns[0].wire) // The first column of a table of facts.
	homes := make([]int, len(merchants.words))   // and one more: 0 is of nobody yet
	for i := range b.rows {
		key := merchants.key(i)
		if homes[key] == 0 {
			homes[key] = of(merchants.words[key]) + 1
		}
		home := homes[key] - 1
		rows[home] = append(rows[home], i)
	}
	for i, of := range rows {
		switch len(of) {
		case 0:
		case b.rows:
			out[i] = b
		default:
			out[i] = b.some(of)
		}
	}
	return out
}

// some is the block of some of its rows.
func (b *block) some(rows []int) *block {
	part := &block{table: b.table, rows: len(rows), sql: b.sql, packer: newPacker()}
	var w proto.Buffer
	w.PutInt(len(b.columns))
	w.PutInt(len(rows))
	var ends []int
	for i := range b.columns {
		c := &b.columns[i]
		w.PutString(c.name)
		w.PutString(string(c.typ))
		ends = append(ends, len(w.Buf))
		c.some(&w, rows)
		ends = append(ends, len(w.Buf))
		part.columns = append(part.columns, sealedColumn{name: c.name, typ: c.typ, rows: len(rows)})
	}
	part.body = w.Buf
	for i := range part.columns {
		part.columns[i].wire = part.body[ends[2*i]:ends[2*i+1]]
	}
	return part
}

// some appends some rows of a column.
func (c *sealedColumn) some(w *proto.Buffer, rows []int) {
	fixed := func(wire []byte, width int) {
		for _, row := range rows {
			w.PutRaw(wire[row*width : (row+1)*width])
		}
	}
	switch c.typ {
	case proto.ColumnTypeUInt8:
		fixed(c.wire, 1)
	case proto.ColumnTypeUInt32:
		fixed(c.wire, 4)
	case proto.ColumnTypeInt64, proto.ColumnTypeUInt64, instantType:
		fixed(c.wire, 8)
	case nullInstantType:
		fixed(c.wire, 1)
		fixed(c.wire[c.rows:], 8)
	case proto.ColumnTypeString:
		next, at := 0, 0 // the rows are in their order
		for _, row := range rows {
			for ; ; next++ {
				n, head := binary.Uvarint(c.wire[at:])
				from := at
				at += head + int(n)
				if next == row {
					w.PutRaw(c.wire[from:at])
					next++
					break
				}
			}
		}
	case (*wordColumn)(nil).Type():
		d := dictionaryOf(c.wire)
		w.PutRaw(c.wire[:d.head-8])
		w.PutInt64(int64(len(rows)))
		fixed(c.wire[d.head:], d.width)
	default:
		panic(fmt.Sprintf("BUG: a block has a column of the type %s", c.typ))
	}
}

// dictionary is a sealed column of words.
type dictionary struct {
	words []string
	width int // of a key, in bytes
	head  int // where the keys begin
	wire  []byte
}

func dictionaryOf(wire []byte) dictionary {
	d := dictionary{wire: wire, width: 1 << (binary.LittleEndian.Uint64(wire[8:]) & 0xff)}
	count := binary.LittleEndian.Uint64(wire[16:])
	at := 24
	for range count {
		n, head := binary.Uvarint(wire[at:])
		at += head
		d.words = append(d.words, string(wire[at:at+int(n)]))
		at += int(n)
	}
	d.head = at + 8
	return d
}

// key is the place of a row's word.
func (d *dictionary) key(row int) int {
	at := d.wire[d.head+row*d.width:]
	switch d.width {
	case 1:
		return int(at[0])
	case 2:
		return int(binary.LittleEndian.Uint16(at))
	}
	return int(binary.LittleEndian.Uint32(at))
}
