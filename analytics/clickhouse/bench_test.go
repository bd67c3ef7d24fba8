package clickhouse

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkRows makes the rows of a range, without sending them.
func BenchmarkRows(b *testing.B) {
	w := play(1, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		s := &span{}
		for _, e := range w.entries {
			s.add(e)
		}
	}
	b.ReportMetric(float64(b.N*len(w.entries))/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkInsert sends ranges into the facts and every rollup.
func BenchmarkInsert(b *testing.B) {
	for _, rows := range []int{1_000, 20_000} {
		b.Run(fmt.Sprint(rows), func(b *testing.B) {
			db, err := Open(b.Context(), Config{URL: fmt.Sprintf("%s_b%d", server.URL(), databases.Add(1)), Now: time.Now})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = db.Close() }()
			if err := db.Migrate(b.Context()); err != nil {
				b.Fatal(err)
			}
			s := &span{}
			for _, e := range play(1, rows).entries {
				e.Event.ReceivedAt = start // one partition, as the sink cuts
				s.add(e)
			}
			block, n := s.events.block(), 0
			b.ReportAllocs()
			for b.Loop() {
				n++
				if err := db.insert(b.Context(), block, fmt.Sprint("t", n)); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*block.rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
