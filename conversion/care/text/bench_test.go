package text

import (
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"
)

// short are the sentences of the data set, 17 characters in the mean: what rooms,
// chats and refunds are full of.
func short() []string {
	var texts []string
	for _, s := range Sentences() {
		texts = append(texts, s.Text)
	}
	return texts
}

// each runs do over the sentences again and again and reports texts a second, and
// texts a second of processor time, which says the same on a machine that has
// other work.
func each(b *testing.B, do func(string)) {
	texts := short()
	b.ReportAllocs()
	used := processor(b)
	b.ResetTimer()
	for i := range b.N {
		do(texts[i%len(texts)])
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
	b.ReportMetric(float64(b.N)/(processor(b)-used).Seconds(), "texts/cpu-s")
}

// processor is the time that the process has spent on processors.
func processor(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// Run with: go test ./conversion/care/text -run - -bench . -cpu 1 -count 6.
func BenchmarkTerms(b *testing.B) {
	s := segmenter(b)
	each(b, func(text string) { s.Terms(text) })
}

func BenchmarkClassify(b *testing.B) {
	c := classifier(b)
	each(b, func(text string) { c.Classify(text) })
}

// BenchmarkBoth is what a complaint takes on its way in.
func BenchmarkBoth(b *testing.B) {
	s, c := segmenter(b), classifier(b)
	each(b, func(text string) {
		s.Terms(text)
		c.Classify(text)
	})
}

// BenchmarkNew is the start: dictionary and model, with what they keep in memory.
func BenchmarkNew(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var kept []*Classifier
	for range b.N {
		s, err := New()
		if err != nil {
			b.Fatal(err)
		}
		c, err := NewClassifier(s)
		if err != nil {
			b.Fatal(err)
		}
		c.Classify("色差")
		kept = append(kept, c)
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N)/1e6, "MB-kept")
	runtime.KeepAlive(kept)
}

func BenchmarkCluster(b *testing.B) {
	var docs []Doc
	for _, text := range short()[:1000] {
		docs = append(docs, Doc{text, segmenter(b).Terms(text)})
	}
	for b.Loop() {
		Cluster(docs, nil, 0.3)
	}
}

// TestAllocations holds the speed by what no other work on the machine changes.
func TestAllocations(t *testing.T) {
	s, c := segmenter(t), classifier(t)
	const text = "客服说七天退款到账，结果等了半个月，问一次换一个人"
	if got := testing.AllocsPerRun(100, func() { s.Terms(text) }); got > 60 {
		t.Errorf("Terms allocates %.0f times", got)
	}
	if got := testing.AllocsPerRun(100, func() { c.Classify(text) }); got > 120 {
		t.Errorf("Classify allocates %.0f times", got)
	}
}

// TestTogether uses one segmenter and one classifier from many goroutines, for
// the race detector, and wants the answers that one alone gives.
func TestTogether(t *testing.T) {
	c := classifier(t)
	texts := short()[:200]
	want := make([]Cause, len(texts))
	for i, text := range texts {
		want[i] = c.Classify(text).Cause
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for i, text := range texts {
				if got := c.Classify(text).Cause; got != want[i] {
					t.Errorf("Classify(%q) = %s beside others, %s alone", text, got, want[i])
				}
			}
		})
	}
	group.Wait()
}
