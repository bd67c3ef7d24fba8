package main

import (
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion/attribution"
	"showrunner/live"
)

func rowsPlan(tb testing.TB, flags ...string) (*csvRows, pathColumns) {
	tb.Helper()
	c := AttributeCmd{Model: "linear", Weights: "40,20,40", HalfLife: 1, By: "channel", Order: 1, Internal: flags}
	p, err := c.plan()
	if err != nil {
		tb.Fatal(err)
	}
	columns := pathColumns{path: 0, conversions: 1, value: 2, nulls: 3, minor: -1, currency: -1}
	return &csvRows{p, columns, 4, live.Currency("").Exponent()}, columns
}

func creditsOf(tb testing.TB, tally attribution.Tally) attribution.Credits {
	tb.Helper()
	c, err := tally.Credits()
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Whatever is read the quick way is what encoding/csv reads.
func FuzzAttributeRows(f *testing.F) {
	for _, s := range []string{
		"a > b,1,2.50,0\nb,0,,3\n", "\"a > b\",\"1\",2,0\r\n\r\nc,2,-0.07,1", "\"a, b\" ,1,1,1", "\"a \"\"x\"\"\",1,1,1\n",
		" a  >  > >b > \tc\t,7,12345678901234,0", "a,1.0,1e3,2\n", "a,1,2\n", "pay > a,1,.5,0\npay,1,5.,0\n", "\u3000a\u3000>\u2003b,1,1,1\n", "a,1,.,0\n", "a\"b,1,1,1\n", "\"a\nb\",1,1,1\n",
	} {
		f.Add(s)
	}
	rows, columns := rowsPlan(f, "pay")
	f.Fuzz(func(t *testing.T, s string) {
		quick := rowReader{attributePlan: rows.attributePlan, columns: columns, count: 4, exponent: rows.exponent, out: attribution.NewBatchBuilder(1)}
		if !quick.read([]byte(s)) {
			return // left to the other
		}
		got := rows.tally([]byte(s), 0)
		want := rows.slowly([]byte(s), 0)
		if got.err != nil || want.err != nil {
			t.Fatalf("%q: %v, and slowly %v", s, got.err, want.err)
		}
		if d := cmp.Diff(creditsOf(t, want.tally), creditsOf(t, got.tally), nearly); d != "" {
			t.Fatalf("%q (-slowly +quick):\n%s", s, d)
		}
	})
}

// The common ways to write a row are all read the quick way.
func TestAttributeRowsQuick(t *testing.T) {
	rows, columns := rowsPlan(t)
	for _, s := range []string{"a > b,1,2.50,0\n", "\"a > b\",1,2.5,0\r\n", "日 > 本,1,,0", "a,1,-3,\n\nb,1,1,1\n"} {
		quick := rowReader{attributePlan: rows.attributePlan, columns: columns, count: 4, exponent: rows.exponent, out: attribution.NewBatchBuilder(1)}
		if !quick.read([]byte(s)) {
			t.Errorf("%q is left to encoding/csv", s)
		}
	}
}

// Parts end where records do, and together are the whole.
func TestRowParts(t *testing.T) {
	for _, in := range []string{
		"a\nbb\nccc\n", "a\n\"b\nb\nb\"\nc", "\"one\nlong\nrecord\nto\nthe\nend\"", "no line end", "", "\n\n\n\n",
		strings.Repeat("a,\"x\n\"\"y\"\n", 20),
	} {
		for size := 1; size < 20; size++ {
			parts := rowParts{in: iotest.HalfReader(strings.NewReader(in)), size: size}
			var all strings.Builder
			for {
				part, err := parts.next()
				if err != nil {
					t.Fatal(err)
				}
				if part == nil {
					break
				}
				all.Write(part)
				if strings.Count(string(part), `"`)%2 != 0 {
					t.Errorf("%q in parts of %d: %q ends inside of quotes", in, size, part)
				}
			}
			if all.String() != in {
				t.Errorf("%q in parts of %d is %q", in, size, all.String())
			}
		}
	}
	parts := rowParts{in: iotest.ErrReader(io.ErrClosedPipe), size: 8}
	if _, err := parts.next(); err == nil {
		t.Error("a failing read was taken as the end")
	}
}
