package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/live"
)

// batchOf makes paths of up to longest touches on so many channels, some of them
// direct, some without touches, some without conversions or with refunds.
func batchOf(rng *rand.Rand, paths, channels, longest int, timed bool) *Batch {
	b := NewBatchBuilder(paths)
	at := int64(0)
	for range paths {
		for range rng.IntN(longest + 1) {
			name := fmt.Sprintf("c%d", min(rng.IntN(channels), rng.IntN(channels)))
			if name == "c1" {
				name = "Direct"
			}
			b.Touch([]byte(name))
			at += rng.Int64N(int64(40 * time.Hour))
			if timed {
				b.Batch.At = append(b.Batch.At, at)
			}
		}
		minor := rng.Int64N(100_000) - 10_000
		b.End(rng.Int64N(3), rng.Int64N(3), minor, float64(minor)/100)
	}
	return b.Batch
}

// everyTally are all models with several parameters.
var everyTally = []Options{
	{Model: "first"},
	{Model: "last"},
	{Model: "last_non_direct"},
	{Model: "linear"},
	{Model: "position"},
	{Model: "position", Weights: [3]int64{0, 100, 0}},
	{Model: "position", Weights: [3]int64{7, 1, 3}, TwoTouch: Renormalise},
	{Model: "time_decay", HalfLife: 30 * time.Hour},
	{Model: "participation"},
	{Model: "shapley"},
	{Model: "shapley", Ordered: true},
	{Model: "shapley", Worth: WorthRate},
	{Model: "markov"},
	{Model: "markov", Order: 2},
	{Model: "markov", Order: 3},
	{Model: "markov", Order: 4},
}

// A batch gives what its paths give one by one: money to the cent, the rest to
// twelve digits.
func TestBatchEqualsPaths(t *testing.T) {
	near := cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) <= 1e-11*max(1, math.Abs(a), math.Abs(b)) })
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		channels, longest := 2+rng.IntN(6), 1+rng.IntN(6)
		if seed == 5 {
			longest = 2 * mostStack
		}
		b := batchOf(rng, 300, channels, longest, seed%2 == 0)
		if len(b.Keys) == 0 {
			t.Fatal("no touch in the batch")
		}
		for _, o := range everyTally {
			newTally, err := NewTally(o, ByChannel)
			if err != nil {
				t.Fatal(err)
			}
			slow, fast := newTally(), newTally()
			if err := b.each(slow.Add); err != nil {
				t.Fatal(err)
			}
			if err := fast.AddBatch(b); err != nil {
				t.Fatal(err)
			}
			want, err := slow.Credits()
			if err != nil {
				t.Fatal(err)
			}
			got, err := fast.Credits()
			if err != nil {
				t.Fatal(err)
			}
			byKey := func(a, b KeyCredit) int { return strings.Compare(a.Key, b.Key) }
			slices.SortFunc(want.Keys, byKey)
			slices.SortFunc(got.Keys, byKey)
			if d := cmp.Diff(want, got, near); d != "" {
				t.Errorf("seed %d, %+v (-paths +batch):\n%s", seed, o, d)
			}
		}
	}
}

// Any number of workers gives the same bits.
func TestGatherWorkers(t *testing.T) {
	whole := batchOf(rand.New(rand.NewPCG(7, 7)), 4000, 40, 8, true)
	for _, o := range everyTally {
		if o.Worth == WorthRate {
			o.Samples = 50
		}
		if o.Order > 2 {
			continue // thousands of states: slow, and order 2 goes the same way
		}
		newTally, err := NewTally(o, ByChannel)
		if err != nil {
			t.Fatal(err)
		}
		var want Credits
		for _, workers := range []int{1, 2, 7} {
			var batches []*Batch
			for from := 0; from < 4000; from += 900 {
				batches = append(batches, whole.Slice(from, min(from+900, 4000)))
			}
			tally, err := Gather(newTally, batches, workers)
			if err != nil {
				t.Fatal(err)
			}
			got, err := tally.Credits()
			if err != nil {
				t.Fatal(err)
			}
			if workers == 1 {
				want = got
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%+v with %d workers (-one +got):\n%s", o, workers, d)
			}
		}
	}
}

// Shares of a path are those of live.SplitMinor, whatever the weights.
func TestBatchSplit(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for range 3000 {
		n := 1 + rng.IntN(mostStack+3)
		var r ratio
		path := make([]int32, n)
		for i := range n {
			r.weights = append(r.weights, []int64{0, 1, 2, 3, rng.Int64N(1 << 56)}[rng.IntN(5)])
			path[i] = int32(i)
		}
		r.normalise()
		minor := rng.Int64N(2*live.MaxMinor) - live.MaxMinor
		if rng.IntN(2) == 0 {
			minor = rng.Int64N(201) - 100
		}
		sums := make([]earned, n)
		r.split(sums, path, minor)
		for i, want := range live.SplitMinor(minor, r.weights) {
			if sums[i].minor != want {
				t.Fatalf("%d over %v: share %d is %d, want %d", minor, r.weights, i, sums[i].minor, want)
			}
		}
	}
}

func TestBatchFaults(t *testing.T) {
	newTally, err := NewTally(Options{Model: "linear"}, ByChannel)
	if err != nil {
		t.Fatal(err)
	}
	large := NewBatchBuilder(2)
	for range 2 {
		large.Touch([]byte("a"))
		large.End(1, 0, math.MaxInt64, 0)
	}
	if err := newTally().AddBatch(large.Batch); err == nil {
		t.Error("a sum beyond 64 bits was taken")
	}
	if err := newTally().AddBatch(&Batch{Keys: []string{"a"}, IDs: []int32{0}, Ends: []int32{1}}); err == nil {
		t.Error("columns of several lengths were taken")
	}
}

// The inverse multiplied by the matrix is one, for sizes around whole squares.
func TestInvert(t *testing.T) {
	for _, n := range []int{1, 9, side - 1, side, side + 1, 5*side + 3} {
		rng := rand.New(rand.NewPCG(uint64(n), 1))
		a := newSquare(n)
		for i := range n {
			for j := range n {
				if rng.IntN(3) == 0 {
					a.row(i)[j] -= rng.Float64() / float64(n)
				}
			}
		}
		b := &square{a.n, slices.Clone(a.a)}
		c := &square{a.n, slices.Clone(a.a)}
		b.invert(1)
		c.invert(3)
		if !slices.Equal(b.a, c.a) {
			t.Errorf("%d: three workers differ from one", n)
		}
		for i := range n {
			for j := range n {
				var sum float64
				for k := range n {
					sum += a.row(i)[k] * b.row(k)[j]
				}
				want := 0.0
				if i == j {
					want = 1
				}
				if math.Abs(sum-want) > 1e-12 {
					t.Fatalf("%d: product[%d][%d] = %v", n, i, j, sum)
				}
			}
		}
	}
}

// A touch of a batch is told to models that know no batches.
func TestBatchEach(t *testing.T) {
	b := batchOf(rand.New(rand.NewPCG(9, 9)), 50, 4, 5, true)
	tally := &ruleTally{keyed: newKeyed(ByChannel), model: newest{}}
	if err := tally.AddBatch(b); err != nil {
		t.Fatal(err)
	}
	want := &ruleTally{keyed: newKeyed(ByChannel), model: last{}}
	if err := want.AddBatch(b); err != nil {
		t.Fatal(err)
	}
	x, _ := tally.Credits()
	y, _ := want.Credits()
	if d := cmp.Diff(y, x); d != "" {
		t.Error(d)
	}
}

// newest is last, found by the times.
type newest struct{ last }

func (newest) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	at := 0
	for i := range touches {
		if !touches[i].At.Before(touches[at].At) {
			at = i
		}
	}
	return only(dst, len(touches), at)
}
