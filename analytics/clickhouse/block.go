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

	sealed block
	packer *compress.Writer
}

// reset begins a new range. What was made of the one before is overwritten,
// unless a request that failed may have it in its hands still.
func (t *table) reset() {
	t.rows = 0
	failed := t.sealed.failed
	if failed {
		t.sealed, t.packer = block{}, nil
	}
	for i := range t.columns {
		if failed {
			t.columns[i].release()
		} else {
			t.columns[i].reset()
		}
	}
}

// block is the rows of one insert in the form in which they travel. It is made
// once and sent as often as it takes.
type block struct {
	table   string
	rows    int
	sql     string // INSERT INTO … (…)
	columns []sealedColumn
	// whole is the body, once it was asked for.
	whole proto.Buffer
	// packed is the body compressed, once it was asked for.
	packed []byte
	packer *compress.Writer
	failed bool // it was sent and not answered
}

// sealedColumn is a column of a block. Its bytes are those of the column that
// gathered them: the native protocol takes them from there.
type sealedColumn struct {
	wire
	name string
	typ  proto.ColumnType
	rows int
}

// Type and the others make it an input of the native protocol.
func (c *sealedColumn) Type() proto.ColumnType { return c.typ }
func (c *sealedColumn) Rows() int              { return c.rows }

func (c *sealedColumn) EncodeColumn(b *proto.Buffer) {
	b.PutRaw(c.head)
	b.PutRaw(c.values)
}

func (c *sealedColumn) WriteColumn(w *proto.Writer) {
	if len(c.head) > 0 {
		w.ChainWrite(c.head)
	}
	w.ChainWrite(c.values)
}

// block seals what was gathered. It is good until the next reset. A column that
// has its default in all rows is left out; the first stays.
func (t *table) block() *block {
	if t.packer == nil {
		t.packer = newPacker()
	}
	b := &t.sealed
	b.table, b.rows, b.columns, b.packed, b.packer = t.name, t.rows, b.columns[:0], b.packed[:0], t.packer
	b.whole.Reset()
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
		b.columns = append(b.columns, sealedColumn{wire: c.seal(t.rows), name: c.name, typ: c.Type(), rows: t.rows})
	}
	b.sql = "INSERT INTO " + t.name + " (" + sql.String()[2:] + ")"
	return b
}

// body is all columns with their names and types: ClickHouse's format Native.
func (b *block) body() []byte {
	w := &b.whole
	if len(w.Buf) > 0 || b.rows == 0 {
		return w.Buf
	}
	w.PutInt(len(b.columns))
	w.PutInt(b.rows)
	for i := range b.columns {
		c := &b.columns[i]
		w.PutString(c.name)
		w.PutString(string(c.typ))
		c.EncodeColumn(w)
	}
	return w.Buf
}

// size is how many bytes the columns are.
func (b *block) size() (bytes int) {
	for i := range b.columns {
		bytes += b.columns[i].size()
	}
	return bytes
}

// pack is the body compressed as ClickHouse does it, for the way over a network.
func (b *block) pack() ([]byte, error) {
	if len(b.packed) > 0 {
		return b.packed, nil
	}
	if err := b.packer.Compress(b.body()); err != nil {
		return nil, fmt.Errorf("compress: %w", err)
	}
	b.packed = b.packer.Data
	return b.packed, nil
}

func newPacker() *compress.Writer { return compress.NewWriter(compress.LevelZero, compress.LZ4) }
