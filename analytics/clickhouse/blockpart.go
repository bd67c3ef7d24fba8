package clickhouse

import (
	"encoding/binary"
	"fmt"
	"slices"

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
	for i := range b.columns {
		c := &b.columns[i]
		part.columns = append(part.columns, sealedColumn{wire: c.some(rows), name: c.name, typ: c.typ, rows: len(rows)})
	}
	return part
}

// some are some rows of a column.
func (c *sealedColumn) some(rows []int) wire {
	switch c.typ {
	case proto.ColumnTypeUInt8:
		return wire{values: someFixed(c.values, 1, rows)}
	case proto.ColumnTypeUInt32:
		return wire{values: someFixed(c.values, 4, rows)}
	case proto.ColumnTypeInt64, proto.ColumnTypeUInt64, instantType:
		return wire{values: someFixed(c.values, 8, rows)}
	case nullInstantType:
		return wire{head: someFixed(c.head, 1, rows), values: someFixed(c.values, 8, rows)}
	case proto.ColumnTypeString:
		return wire{values: someTexts(c.values, rows)}
	case (*wordColumn)(nil).Type():
		words := len(c.head) - 8 // Behind them stands how many rows there are.
		head := binary.LittleEndian.AppendUint64(slices.Clone(c.head[:words]), uint64(len(rows)))
		return wire{head: head, values: someFixed(c.values, widthOf(c.head), rows)}
	default:
		panic(fmt.Sprintf("BUG: a block has a column of the type %s", c.typ))
	}
}

func someFixed(values []byte, width int, rows []int) []byte {
	out := make([]byte, 0, width*len(rows))
	for _, row := range rows {
		out = append(out, values[row*width:(row+1)*width]...)
	}
	return out
}

// someTexts takes rows in their order.
func someTexts(values []byte, rows []int) (out []byte) {
	next, at := 0, 0
	for _, row := range rows {
		for ; next <= row; next++ {
			n, head := binary.Uvarint(values[at:])
			from := at
			at += head + int(n)
			if next == row {
				out = append(out, values[from:at]...)
			}
		}
	}
	return out
}
