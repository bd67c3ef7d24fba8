package clickhouse

import (
	"fmt"
	"strings"

	"github.com/ClickHouse/ch-go/compress"
	"github.com/ClickHouse/ch-go/proto"
)

// named is a column with its name in the table.
type named struct {
	name string
	column
}

// table gathers the rows of a range that go into one table. Its memory is used
// again for the next range.
type table struct {
	name    string
	columns []named
	rows    int

	wire   proto.Buffer
	sealed block
	packer *compress.Writer
}

// reset begins a new range. What was made of the one before is overwritten,
// unless a request that failed may have it in its hands still.
func (t *table) reset() {
	t.rows = 0
	if t.sealed.failed {
		t.sealed, t.wire, t.packer = block{}, proto.Buffer{}, nil
	}
	for i := range t.columns {
		t.columns[i].reset()
	}
}

// block is the rows of one insert in the form in which they travel. It is made
// once and sent as often as it takes.
type block struct {
	table string
	rows  int
	sql   string // INSERT INTO … (…)
	// body is all columns with their names and types: ClickHouse's format Native.
	body    []byte
	columns []sealedColumn
	// packed is the body compressed, once it was asked for.
	packed []byte
	packer *compress.Writer
	failed bool // it was sent and not answered
}

// sealedColumn is a column of a block. It lies in the block's body.
type sealedColumn struct {
	name string
	typ  proto.ColumnType
	rows int
	wire []byte
}

// Type and the others make it an input of the native protocol.
func (c *sealedColumn) Type() proto.ColumnType       { return c.typ }
func (c *sealedColumn) Rows() int                    { return c.rows }
func (c *sealedColumn) EncodeColumn(b *proto.Buffer) { b.PutRaw(c.wire) }
func (c *sealedColumn) WriteColumn(w *proto.Writer)  { w.ChainWrite(c.wire) }

// block seals what was gathered. It is good until the next reset. A column that
// has its default in all rows is left out; the first stays.
func (t *table) block() *block {
	if t.packer == nil {
		t.packer = newPacker()
	}
	b := &t.sealed
	b.table, b.rows, b.columns, b.packed, b.packer = t.name, t.rows, b.columns[:0], b.packed[:0], t.packer
	if t.rows == 0 {
		return b
	}
	var sql strings.Builder
	for i := range t.columns {
		c := &t.columns[i]
		if i > 0 && c.empty() {
			continue
		}
		sql.WriteString(", " + c.name)
		b.columns = append(b.columns, sealedColumn{name: c.name, typ: c.Type(), rows: t.rows})
	}
	b.sql = "INSERT INTO " + t.name + " (" + sql.String()[2:] + ")"
	w := &t.wire
	w.Reset()
	w.PutInt(len(b.columns))
	w.PutInt(t.rows)
	ends := make([]int, 0, 2*len(b.columns))
	for i := range t.columns {
		c := &t.columns[i]
		if i > 0 && c.empty() {
			continue
		}
		w.PutString(c.name)
		w.PutString(string(c.Type()))
		ends = append(ends, len(w.Buf))
		c.encode(w, t.rows)
		ends = append(ends, len(w.Buf))
	}
	b.body = w.Buf
	for i := range b.columns {
		b.columns[i].wire = b.body[ends[2*i]:ends[2*i+1]]
	}
	return b
}

// pack is the body compressed as ClickHouse does it, for the way over a network.
func (b *block) pack() ([]byte, error) {
	if len(b.packed) > 0 {
		return b.packed, nil
	}
	if err := b.packer.Compress(b.body); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	b.packed = b.packer.Data
	return b.packed, nil
}

func newPacker() *compress.Writer { return compress.NewWriter(compress.LevelZero, compress.LZ4) }
