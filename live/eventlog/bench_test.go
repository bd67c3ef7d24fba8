package eventlog

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"showrunner/live"
)

// BenchmarkAppend is one event per call, every message fsynced before its
// callers go on:
//
//	go test -run - -bench Append -benchtime 2s ./live/eventlog
func BenchmarkAppend(b *testing.B) {
	for _, callers := range []int{1, 64, 1024} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			l, _ := openLog(b, Config{})
			e := event("e-1")
			ctx := context.Background()
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for caller := range callers {
				wg.Go(func() {
					for n := caller; n < b.N; n += callers {
						if _, err := l.Append(ctx, []live.Event{e}); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// BenchmarkAppendBatch is 100 events per call from 16 callers.
func BenchmarkAppendBatch(b *testing.B) {
	const callers, each = 16, 100
	l, _ := openLog(b, Config{})
	evs := events("e", each)
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for caller := range callers {
		wg.Go(func() {
			for n := caller; n < b.N; n += callers {
				if _, err := l.Append(context.Background(), evs); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkNext reads a log of full messages; one operation is one event.
func BenchmarkNext(b *testing.B) {
	l, _ := openLog(b, Config{})
	evs := events("e", 1000)
	for n := 0; n < 100_000; n += len(evs) {
		mustAppend(b, l, evs...)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		r, err := l.Reader(b.Context(), "", live.Position{})
		if err != nil {
			b.Fatal(err)
		}
		for left := min(100_000, b.N-n); left > 0; {
			entries, err := r.Next(b.Context(), min(4096, left), time.Second)
			if err != nil {
				b.Fatal(err)
			}
			left -= len(entries)
			n += len(entries)
		}
		if err := r.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

// BenchmarkEncode and BenchmarkDecode are the codec alone, on 1000 events.
func BenchmarkEncode(b *testing.B) {
	evs := events("e", 1000)
	size := len(encodeMessage(b, evs...))
	buf := make([]byte, 0, size)
	b.SetBytes(int64(size))
	b.ReportAllocs()
	for b.Loop() {
		buf = appendHead(buf[:0], len(evs))
		for i := range evs {
			buf, _ = appendRecord(buf, &evs[i])
		}
		seal(buf)
	}
}

func BenchmarkDecode(b *testing.B) {
	message := encodeMessage(b, events("e", 1000)...)
	b.SetBytes(int64(len(message)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeMessage(message, 1); err != nil {
			b.Fatal(err)
		}
	}
}

// Decoding costs two allocations an event, its text and its data, and encoding
// into a buffer that is large enough costs none.
func TestCodecAllocations(t *testing.T) {
	evs := events("e", 100)
	message := encodeMessage(t, evs...)
	buf := make([]byte, 0, len(message))
	encode := testing.AllocsPerRun(20, func() {
		buf = appendHead(buf[:0], len(evs))
		for i := range evs {
			buf, _ = appendRecord(buf, &evs[i])
		}
	})
	if encode != 0 {
		t.Errorf("encoding takes %v allocations, want none", encode)
	}
	decode := testing.AllocsPerRun(20, func() {
		if _, err := decodeMessage(message, 1); err != nil {
			t.Fatal(err)
		}
	})
	if most := float64(2*len(evs) + 1); decode > most {
		t.Errorf("decoding takes %v allocations, want at most %v", decode, most)
	}
}
