package attribution

import (
	"fmt"
	"slices"
	"sync"

	"showrunner/conversion"
	"showrunner/live"
)

// Batch is many paths by channel in flat memory: numbers instead of names, no
// pointer for each touch. Models divide it many times as fast as single paths,
// with the same result. It must not be changed once a tally took it.
type Batch struct {
	// Keys are the channels, each once and each the channel of a touch; IDs are
	// those of all touches, path after path, as indexes of Keys.
	Keys []string
	IDs  []int32
	// At are the times of the touches in Unix nanoseconds; nil without times.
	At []int64
	// Ends is, by path, the index in IDs after its last touch. The other columns
	// are those of [Path].
	Ends        []int32
	Conversions []int64
	Nulls       []int64
	Minor       []int64
	Value       []float64

	once     sync.Once
	totals   totals
	assisted []int64 // by key
	paying   []int32 // paths with touches and conversions
	fault    error
}

// Gather gives each batch to a tally of its own and merges them in order: the
// result is the same to the bit for any number of workers.
func Gather(newTally func() Tally, batches []*Batch, workers int) (Tally, error) {
	parts, errs := make([]Tally, len(batches)), make([]error, len(batches))
	gate := make(chan struct{}, max(workers, 1))
	var group sync.WaitGroup
	for i, b := range batches {
		gate <- struct{}{}
		group.Go(func() {
			parts[i] = newTally()
			errs[i] = parts[i].AddBatch(b)
			<-gate
		})
	}
	group.Wait()
	out := newTally()
	for i, part := range parts {
		if errs[i] != nil {
			return nil, fmt.Errorf("batch %d: %w", i, errs[i])
		}
		if err := out.Merge(part); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// path is where the touches of a path are.
func (b *Batch) path(i int) (from, to int) {
	if i > 0 {
		from = int(b.Ends[i-1])
	}
	return from, int(b.Ends[i])
}

// sum adds the batch up, once for all models.
func (b *Batch) sum() error {
	b.once.Do(func() {
		n := len(b.Ends)
		if len(b.Conversions) != n || len(b.Nulls) != n || len(b.Minor) != n || len(b.Value) != n ||
			n > 0 && int(b.Ends[n-1]) != len(b.IDs) || b.At != nil && len(b.At) != len(b.IDs) {
			b.fault = live.Invalid("invalid_field", "batch", "its columns must be of one length")
			return
		}
		b.paying = make([]int32, 0, n/4)
		var t totals
		var over int64 // its sign: a sum left 64 bits
		from := int32(0)
		for i, to := range b.Ends {
			conversions, minor := b.Conversions[i], b.Minor[i]
			journeys := conversions + b.Nulls[i]
			over |= carried(conversions, b.Nulls[i]) | carried(t.journeys, journeys) | carried(t.minor, minor)
			t.journeys += journeys
			t.conversions += conversions
			t.minor += minor
			t.value += b.Value[i]
			if to > from {
				t.touched += journeys
				t.touchedConversions += conversions
			}
			if to > from && conversions > 0 {
				b.paying = append(b.paying, int32(i))
			} else {
				over |= carried(t.bareMinor, minor)
				t.bareConversions += conversions
				t.bareMinor += minor
				t.bareValue += b.Value[i]
			}
			from = to
		}
		if over < 0 {
			b.fault = live.TooLarge("out_of_range", "", "the sum does not fit 64 bits")
			return
		}
		b.totals = t
		b.assist()
	})
	return b.fault
}

// carried is negative if the sum of two numbers does not fit.
func carried(a, b int64) int64 { return (a ^ (a + b)) & (b ^ (a + b)) }

// assist counts the conversions that each key touched without closing them.
func (b *Batch) assist() {
	b.assisted = make([]int64, len(b.Keys))
	seen := make([]int32, len(b.Keys)) // the last path that had it, from 1
	for _, i := range b.paying {
		from, to := b.path(int(i))
		conversions := b.Conversions[i]
		seen[b.IDs[to-1]] = i + 1
		for _, id := range b.IDs[from : to-1] {
			if seen[id] != i+1 {
				seen[id] = i + 1
				b.assisted[id] += conversions
			}
		}
	}
}

// addBatch takes in what every model counts, and tells the keys' numbers.
func (k *keyed) addBatch(b *Batch) ([]int32, error) {
	if err := b.sum(); err != nil {
		return nil, err
	}
	ids := make([]int32, len(b.Keys))
	for i, key := range b.Keys {
		id := k.id(key)
		ids[i] = int32(id)
		k.keys[id].Assisted += b.assisted[i]
	}
	return ids, k.totals.merge(&b.totals)
}

// each gives a tally the paths of a batch one by one, for models that have no
// faster way.
func (b *Batch) each(add func(*Path) error) error {
	if err := b.sum(); err != nil {
		return err
	}
	var p Path
	for i := range b.Ends {
		from, to := b.path(i)
		p.Touches = p.Touches[:0]
		for n := from; n < to; n++ {
			p.Touches = append(p.Touches, conversion.Touchpoint{Channel: b.Keys[b.IDs[n]]})
			if b.At != nil {
				p.Touches[n-from].At = unixTime(b.At[n])
			}
		}
		p.Conversions, p.Nulls, p.Minor, p.Value = b.Conversions[i], b.Nulls[i], b.Minor[i], b.Value[i]
		if err := add(&p); err != nil {
			return err
		}
	}
	return nil
}

// distinctIn calls visit for every path that converted, with its distinct keys.
func (b *Batch) distinctIn(visit func(i int, set []int32) error) error {
	seen := make([]int32, len(b.Keys))
	var set []int32
	for _, i := range b.paying {
		from, to := b.path(int(i))
		set = set[:0]
		for _, id := range b.IDs[from:to] {
			if seen[id] != i+1 {
				seen[id] = i + 1
				set = append(set, id)
			}
		}
		if err := visit(int(i), set); err != nil {
			return err
		}
	}
	return nil
}

// AddBatch is Add of every path of a batch.
func (t *participationTally) AddBatch(b *Batch) error {
	ids, err := t.addBatch(b)
	if err != nil {
		return err
	}
	return b.distinctIn(func(i int, set []int32) error {
		for _, id := range set {
			if err := t.put(int(ids[id]), b.Conversions[i], b.Minor[i], b.Value[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddBatch is Add of every path of a batch.
func (t *shapleyTally) AddBatch(b *Batch) error {
	if t.ordered {
		return b.each(t.Add)
	}
	ids, err := t.addBatch(b)
	if err != nil {
		return err
	}
	longest, from := 0, int32(0)
	for _, to := range b.Ends {
		longest, from = max(longest, int(to-from)), to
	}
	type cell struct {
		conversions, minor int64
		value              float64
	}
	sizes := min(longest, len(b.Keys)) + 1
	table := make([]cell, len(b.Keys)*sizes)
	err = b.distinctIn(func(i int, set []int32) error {
		for _, id := range set {
			c := &table[int(id)*sizes+len(set)]
			c.conversions += b.Conversions[i]
			c.minor += b.Minor[i]
			c.value += b.Value[i]
		}
		return nil
	})
	for n := range table {
		if c := &table[n]; c.conversions != 0 {
			t.put(int(ids[n/sizes]), n%sizes, c.conversions, c.minor, c.value)
		}
	}
	return err
}

// AddBatch is Add of every path of a batch.
func (t *rateTally) AddBatch(b *Batch) error { return b.each(t.Add) }

// AddBatch is Add of every path of a batch.
func (t *markovTally) AddBatch(b *Batch) error {
	ids, err := t.addBatch(b)
	if err != nil {
		return err
	}
	t.chain.addBatch(b, ids)
	return nil
}

// BatchBuilder puts paths into a batch, numbering their channels.
type BatchBuilder struct {
	Batch *Batch
	index map[string]int32
}

// NewBatchBuilder makes a builder of an empty batch with room for as many paths.
func NewBatchBuilder(paths int) *BatchBuilder {
	return &BatchBuilder{index: map[string]int32{}, Batch: &Batch{
		IDs: make([]int32, 0, 3*paths), Ends: make([]int32, 0, paths), Conversions: make([]int64, 0, paths),
		Nulls: make([]int64, 0, paths), Minor: make([]int64, 0, paths), Value: make([]float64, 0, paths),
	}}
}

// Touch appends a touch to the path under way. The name is copied if it is kept.
func (b *BatchBuilder) Touch(channel []byte) {
	id, ok := b.index[string(channel)]
	if !ok {
		id = int32(len(b.Batch.Keys))
		name := string(channel)
		b.index[name] = id
		b.Batch.Keys = append(b.Batch.Keys, name)
	}
	b.Batch.IDs = append(b.Batch.IDs, id)
}

// End closes the path under way.
func (b *BatchBuilder) End(conversions, nulls, minor int64, value float64) {
	x := b.Batch
	x.Ends = append(x.Ends, int32(len(x.IDs)))
	x.Conversions, x.Nulls = append(x.Conversions, conversions), append(x.Nulls, nulls)
	x.Minor, x.Value = append(x.Minor, minor), append(x.Value, value)
}

// Slice is the paths from one up to another, with the same channels. All of
// them must stand in these paths, or they are told with nothing.
func (b *Batch) Slice(from, to int) *Batch {
	first, last := 0, 0
	if to > from {
		first, _ = b.path(from)
		_, last = b.path(to - 1)
	}
	out := &Batch{
		Keys: b.Keys, IDs: b.IDs[first:last], Ends: slices.Clone(b.Ends[from:to]),
		Conversions: b.Conversions[from:to], Nulls: b.Nulls[from:to], Minor: b.Minor[from:to], Value: b.Value[from:to],
	}
	for i := range out.Ends {
		out.Ends[i] -= int32(first)
	}
	if b.At != nil {
		out.At = b.At[first:last]
	}
	return out
}
