package clickhouse

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/ch-go/proto"
	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// kept is a copy of a block that outlives the range it is of.
func kept(b *block) *block {
	out := *b
	out.whole, out.packed, out.packer = proto.Buffer{}, nil, newPacker()
	out.columns = slices.Clone(b.columns)
	for i := range out.columns {
		c := &out.columns[i]
		c.wire = wire{bytes.Clone(c.head), bytes.Clone(c.values)}
	}
	return &out
}

// decoded reads a block as ClickHouse does, by the columns' types; columns that
// were left out are missing.
func decoded(t *testing.T, b *block) map[string]proto.ColResult {
	t.Helper()
	var results proto.Results
	var in proto.Block
	r := proto.NewReader(bytes.NewReader(b.body()))
	if err := in.DecodeRawBlock(r, 0, results.Auto()); err != nil {
		t.Fatal(err)
	}
	if in.Rows != b.rows || in.Columns != len(b.columns) {
		t.Fatalf("%d rows of %d columns, want %d of %d", in.Rows, in.Columns, b.rows, len(b.columns))
	}
	if n, err := r.ReadByte(); err == nil {
		t.Fatalf("%#x stands behind the block", n)
	}
	out := map[string]proto.ColResult{}
	for i, c := range results {
		data := c.Data
		if auto, ok := data.(*proto.ColAuto); ok {
			data = auto.Data.(proto.ColResult)
		}
		if c.Name != b.columns[i].name || data.Rows() != b.rows {
			t.Fatalf("column %d is %s of %d rows, want %s of %d", i, c.Name, data.Rows(), b.columns[i].name, b.rows)
		}
		out[c.Name] = data
	}
	return out
}

// shown is a value of a decoded column as text.
func shown(column proto.ColResult, row int) string {
	switch c := column.(type) {
	case nil:
		return "default"
	case *proto.ColStr:
		return c.Row(row)
	case *proto.ColLowCardinality[string]:
		return c.Row(row)
	case *proto.ColDateTime64:
		return fmt.Sprint(c.Row(row).UnixMilli())
	case *proto.ColNullable[time.Time]:
		v := c.Row(row)
		if !v.Set {
			return "null"
		}
		return fmt.Sprint(v.Value.UnixMilli())
	case *proto.ColUInt8:
		return fmt.Sprint(c.Row(row))
	case *proto.ColUInt32:
		return fmt.Sprint(c.Row(row))
	case *proto.ColUInt64:
		return fmt.Sprint(c.Row(row))
	case *proto.ColInt64:
		return fmt.Sprint(c.Row(row))
	}
	panic(fmt.Sprintf("no text of %T", column))
}

func timesOf(t *testing.T, b *block, column string) []time.Time {
	t.Helper()
	c := decoded(t, b)[column].(*proto.ColDateTime64)
	var out []time.Time
	for i := range c.Rows() {
		out = append(out, c.Row(i).UTC())
	}
	return out
}

// TestColumns writes values into columns, many of them default values, and reads
// them as a library does; over several ranges, whose memory is one.
func TestColumns(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	tab := &table{name: "t"}
	always, text, word := &numberColumn[uint64]{typ: proto.ColumnTypeUInt64}, &textColumn{}, &wordColumn{}
	small, whole, at, maybe := &numberColumn[uint8]{typ: proto.ColumnTypeUInt8}, &numberColumn[int64]{typ: proto.ColumnTypeInt64}, &instantColumn{}, &nullInstantColumn{}
	place := &numberColumn[uint32]{typ: proto.ColumnTypeUInt32}
	tab.columns = []named{{"always", always}, {"text", text}, {"word", word}, {"small", small}, {"whole", whole}, {"at", at}, {"maybe", maybe}, {"place", place}}
	for range 60 {
		tab.reset()
		rows, share, different := 1+rng.IntN(400), rng.IntN(4), []int{3, 300, 70_000}[rng.IntN(3)]
		if different == 70_000 {
			rows = 70_000
		}
		some := func() bool { return rng.IntN(3) < share }
		want := map[string][]string{}
		note := func(column string, v any) { want[column] = append(want[column], fmt.Sprint(v)) }
		for i := range rows {
			tab.rows++
			always.put(i, uint64(i+1))
			note("always", i+1)
			s, w, n, ms, null := "", "", 0, int64(0), "null"
			if some() {
				s = strings.Repeat("字x", rng.IntN(200))
			}
			if some() {
				w = fmt.Sprint("w", rng.IntN(different))
			}
			if some() {
				n = rng.IntN(300) - 20
			}
			if some() {
				ms = rng.Int64N(4e12) - 1e12
			}
			if rng.IntN(2) == 0 {
				text.put(i, s)
				word.put(i, w)
			} else {
				text.putBytes(i, []byte(s))
				word.putBytes(i, []byte(w))
			}
			small.put(i, uint8(n))
			whole.put(i, int64(n))
			place.put(i, uint32(n))
			at.put(i, time.UnixMilli(ms))
			if some() {
				maybe.put(i, time.UnixMilli(ms))
				null = fmt.Sprint(ms)
			} else {
				maybe.put(i, time.Time{})
			}
			note("text", s)
			note("word", w)
			note("small", uint8(n))
			note("whole", n)
			note("place", uint32(n))
			note("at", ms)
			note("maybe", null)
		}
		b := tab.block()
		got := decoded(t, b)
		for name, values := range want {
			c, there := got[name]
			for i, v := range values {
				if !there && v != "" && v != "0" && v != "null" {
					t.Fatalf("%s was left out with %q in row %d", name, v, i)
				}
				if there && shown(c, i) != v {
					t.Fatalf("row %d of %d of %s is %q, want %q", i, rows, name, shown(c, i), v)
				}
			}
			if !there && !strings.Contains("text word small whole place at maybe", name) || there && !strings.Contains(b.sql, name) {
				t.Errorf("%s is missing in %s", name, b.sql)
			}
		}
	}
}

// TestFirstColumnEmpty makes a range whose first column, which is always sent, has
// nothing but defaults, and a shorter one behind it.
func TestFirstColumnEmpty(t *testing.T) {
	word, n := &wordColumn{}, &numberColumn[uint32]{typ: proto.ColumnTypeUInt32}
	tab := &table{name: "t", columns: []named{{"word", word}, {"n", n}}}
	for _, words := range [][]string{{"", "", "", "", ""}, {"", "", ""}, {"a", "b"}, {""}} {
		tab.reset()
		for row, s := range words {
			tab.rows++
			word.put(row, s)
			n.put(row, uint32(row))
		}
		got := decoded(t, tab.block())
		for row, s := range words {
			if is := shown(got["word"], row); is != s {
				t.Errorf("row %d of %q is %q", row, words, is)
			}
		}
	}
}

// TestRangeAfterFailure fills a range while the one before, whose request failed, is in
// other hands still: its bytes stay as they are.
func TestRangeAfterFailure(t *testing.T) {
	w := play(84, 400)
	s, fresh := newSpan(nil), newSpan(nil)
	fill := func(s *span, entries []live.Entry) {
		s.reset()
		for i := range entries {
			s.add(&entries[i])
		}
	}
	fill(s, w.entries[:200])
	var sent, before [2]*block
	for i, b := range s.blocks() {
		held := *b // What a request has in its hands.
		held.columns = slices.Clone(b.columns)
		sent[i], before[i] = &held, kept(b)
		b.failed = true
	}
	fill(s, w.entries[200:])
	fill(fresh, w.entries[200:])
	blocks := s.blocks()
	for i, want := range fresh.blocks() {
		held := sent[i]
		held.whole = proto.Buffer{}
		if !bytes.Equal(held.body(), before[i].body()) {
			t.Errorf("the range after it wrote over %s of one that failed", held.table)
		}
		if !bytes.Equal(blocks[i].body(), want.body()) {
			t.Errorf("%s differs behind a range that failed", want.table)
		}
	}
}

// TestApart divides blocks and puts them together again.
func TestApart(t *testing.T) {
	w := play(81, 900)
	s := newSpan(nil)
	for i := range w.entries {
		e := w.entries[i]
		e.Event.Merchant = live.MerchantID(fmt.Sprint("m", i%7))
		s.add(&e)
	}
	for _, b := range s.blocks() {
		whole := decoded(t, b)
		rows := map[string]int{} // of the whole, by position
		key := func(c map[string]proto.ColResult, i int) string {
			return shown(c["seq"], i) + ":" + shown(c["idx"], i) + ":" + shown(c["n"], i)
		}
		for i := range b.rows {
			rows[key(whole, i)] = i
		}
		n := 0
		for home, part := range b.apart(3, func(m string) int { return int(m[1]-'0') % 2 }) {
			if home == 2 {
				if part != nil {
					t.Error("a part of no merchant")
				}
				continue
			}
			c := decoded(t, part)
			for i := range part.rows {
				if m := shown(c["merchant_id"], i); int(m[1]-'0')%2 != home {
					t.Fatalf("%s is in part %d", m, home)
				}
				for name := range whole {
					if got, want := shown(c[name], i), shown(whole[name], rows[key(c, i)]); got != want {
						t.Fatalf("%s of %s is %q, want %q", name, key(c, i), got, want)
					}
				}
			}
			n += part.rows
		}
		if n != b.rows || len(rows) != n {
			t.Errorf("%s: %d rows in parts, want %d", b.table, n, b.rows)
		}
		if all := b.apart(2, func(string) int { return 1 }); all[0] != nil || all[1] != b {
			t.Error("one part is the block itself")
		}
	}
}

// TestBlockIsOfItsRangeAlone makes the same range twice, after others and first:
// a retry after a restart must be the same bytes.
func TestBlockIsOfItsRangeAlone(t *testing.T) {
	w := play(82, 600)
	used, fresh := newSpan(nil), newSpan(nil)
	for i := range w.entries {
		used.add(&w.entries[len(w.entries)-1-i])
	}
	used.blocks()
	used.reset()
	for i := range w.entries[:200] {
		used.add(&w.entries[i])
		fresh.add(&w.entries[i])
	}
	for i, b := range used.blocks() {
		if other := fresh.blocks()[i]; !bytes.Equal(b.body(), other.body()) || b.sql != other.sql {
			t.Errorf("%s differs: %s, %s", b.table, b.sql, other.sql)
		}
	}
}

// FuzzFacts compares the quick reading of data with that of encoding/json.
func FuzzFacts(f *testing.F) {
	for _, seed := range []string{
		`{"product_id":"p","sku_id":"k","text":"多少钱","count":3,"qty":2,"visible":true,"watched_ms":30000,"streak_id":"s","streak_end":true}`,
		`{"text":"a\nb","count":1.5}`, `{"Count":3}`, `{"count":null,"count":4,"visible":1}`, `{"text":"\xff"}`, `[]`, ``,
	} {
		f.Add([]byte(seed))
	}
	var met factsRead
	words := live.Words{}
	deltas := newDeltaColumns()
	f.Fuzz(func(t *testing.T, data []byte) {
		var want factsJSON
		if json.Unmarshal(data, &want) != nil {
			want = factsJSON{}
		}
		hold := func(way string, got *facts) {
			t.Helper()
			if d := cmp.Diff(want, factsJSON{
				Product: live.ProductID(got.product), SKU: live.SKUID(got.sku), Text: string(got.text), Streak: string(got.streak),
				Count: got.count, Qty: got.qty, Watched: got.watched, Visible: got.visible, StreakEnd: got.streakEnd,
			}); d != "" {
				t.Errorf("%s, %s: -encoding/json +read\n%s", way, data, d)
			}
		}
		var once facts
		once.read(data)
		hold("once", &once)
		given := bytes.Clone(data)
		var kind, other kindRow
		first := met.of(&kind, given)
		hold("first", &first.facts)
		if d := cmp.Diff(conversion.ReadTouch(data, nil), *first.touchOf(given, words)); d != "" {
			t.Errorf("%s: -touch +kept\n%s", data, d)
		}
		clear(given) // What was read lies elsewhere, or the next is read anew.
		for way, is := range map[string]*kindRow{"again": &kind, "of another kind": &other} {
			given := bytes.Clone(data)
			d := met.of(is, given)
			hold(way, &d.facts)
			if d := cmp.Diff(conversion.ReadTouch(data, nil), *d.touchOf(given, words)); d != "" {
				t.Errorf("%s, %s: -touch +kept\n%s", way, data, d)
			}
		}
		var order facts
		deltas.reset()
		deltas.rows = 0
		_ = deltas.add(&live.Entry{Event: live.Event{Data: data}}, &order) // Whether its rows can be read.
		hold("as an order", &order)
	})
}

// TestInsertWays sends the same blocks, and sends them again, by every way there
// is; as over a network they are compressed.
func TestInsertWays(t *testing.T) {
	waitReady(t)
	w := play(83, 400)
	s := newSpan(nil)
	for i := range w.entries {
		w.entries[i].Event.ReceivedAt = start // one month, as the sink cuts
		s.add(&w.entries[i])
	}
	for _, address := range []string{server.URL(), server.HTTPURL()} {
		for _, far := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s far %t", address[:4], far), func(t *testing.T) {
				db := migrated(t, address)
				if db.near != true {
					t.Fatal("127.0.0.1 is near")
				}
				db.near, db.native.near = !far, !far
				for range 2 {
					for _, b := range s.blocks() {
						if err := db.insert(t.Context(), b, "ways"+b.table); err != nil {
							t.Fatal(err)
						}
					}
				}
				clean(t, db)
				totals(t, db, w)
			})
		}
	}
}

func TestNear(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:9000": true, "localhost:8123": true, "[::1]:9000": true, "10.0.0.1:9000": false, "clickhouse:9000": false, "127.0.0.1": false,
	} {
		if got := near([]string{address}); got != want {
			t.Errorf("%s is near: %t", address, got)
		}
	}
}
