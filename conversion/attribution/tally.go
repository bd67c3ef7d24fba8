package attribution

import (
	"cmp"
	"fmt"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// Path is one journey, or many with the same touches added up.
type Path struct {
	// Touches are those that the policy admitted, ascending.
	Touches     []conversion.Touchpoint
	Conversions int64
	Nulls       int64 // journeys that did not convert
	// Value is the money of all the conversions together, in major units, as
	// exact as the input tells it; Minor is the same in minor units.
	Value float64
	Minor int64
}

// KeyCredit is what one key earned of many journeys.
type KeyCredit struct {
	Key         string
	Conversions float64
	Value       float64 // major units, not rounded
	Minor       int64   // exact: these and what is unattributed sum to the money
	// Assisted counts the conversions that the key touched without closing them.
	// It stands beside credit and is never part of it.
	Assisted int64
	// RemovalEffect is, by markov, the part of the conversions that would be lost
	// without the key; RemovalValue the same of the money.
	RemovalEffect, RemovalValue float64
	// Worth is the Shapley value in the game of conversion rates; it may be less
	// than nothing.
	Worth float64
	// StdErr is the standard error of Conversions where they were sampled.
	StdErr float64
	// Positions are, by ordered shapley, the conversions earned as the first
	// touch, the second, and so on.
	Positions []float64
}

// Credits is what a model made of many journeys.
type Credits struct {
	Journeys    int64
	Conversions int64
	Minor       int64
	Value       float64
	Keys        []KeyCredit // most money first, then most conversions, then by key

	UnattributedConversions int64 // of journeys without any touch
	UnattributedMinor       int64
	UnattributedValue       float64
	// Overlap is true when keys share what they are credited with, so that
	// their sum means nothing: participation.
	Overlap bool
	// Rate is the part of the journeys with touches that converted; 0 if there
	// were none.
	Rate float64
	// Samples is how many permutations a sampled model drew; 0 if it is exact.
	Samples int
}

// Tally gathers journeys and divides them at the end. It is not safe for
// concurrent use: give each goroutine its own and merge them in the order of
// the input. Then the result is the same to the bit for any number of them.
type Tally interface {
	// Add takes one path. The error says that a sum does not fit.
	Add(p *Path) error
	// AddBatch is Add of every path of a batch by channel, many times as fast.
	AddBatch(b *Batch) error
	// Merge takes in what another tally of the same kind gathered after this one.
	Merge(after Tally) error
	// Credits divides what was gathered.
	Credits() (Credits, error)
}

// Key says to whom a touch belongs.
type Key func(*conversion.Touchpoint) string

// ByChannel is the key of a touch's channel.
func ByChannel(t *conversion.Touchpoint) string { return t.Channel }

// NewTally makes tallies of the model that the options name: the rule models of
// [New], "participation", "markov" and "shapley". The error is a [live.Error].
func NewTally(o Options, key Key) (func() Tally, error) {
	switch o.Model {
	case "participation":
		return func() Tally { return &participationTally{keyed: newKeyed(key)} }, nil
	case "markov":
		order := cmp.Or(o.Order, 1)
		if order < 1 || order > maxOrder {
			return nil, live.Invalid("invalid_field", "order", "must be 1 to %d", maxOrder)
		}
		return func() Tally { return &markovTally{newKeyed(key), newChain(order)} }, nil
	case "shapley":
		return newShapley(o, key)
	}
	m, err := New(o)
	if err != nil {
		return nil, err
	}
	return func() Tally { return &ruleTally{keyed: newKeyed(key), model: m} }, nil
}

func newShapley(o Options, key Key) (func() Tally, error) {
	most, samples := cmp.Or(o.MaxChannels, DefaultMaxChannels), cmp.Or(o.Samples, defaultSamples)
	switch {
	case o.Worth != "" && o.Worth != WorthConversions && o.Worth != WorthRate:
		return nil, live.Invalid("invalid_field", "worth", "must be %s or %s", WorthConversions, WorthRate)
	case o.Worth == WorthRate && o.Ordered:
		return nil, live.Invalid("invalid_field", "ordered", "is of the worth %s only", WorthConversions)
	case most < 1 || most > mostExact:
		return nil, live.Invalid("invalid_field", "max_channels", "must be 1 to %d", mostExact)
	case samples < 2 || samples > 10_000_000:
		return nil, live.Invalid("invalid_field", "samples", "must be 2 to 10000000")
	case o.Worth == WorthRate:
		return func() Tally {
			return &rateTally{keyed: newKeyed(key), sets: map[string]*outcome{}, maxChannels: most, samples: samples, seed: o.Seed}
		}, nil
	}
	return func() Tally { return &shapleyTally{keyed: newKeyed(key), ordered: o.Ordered} }, nil
}

// totals is what every tally counts.
type totals struct {
	journeys, conversions, minor int64
	value                        float64

	bareConversions, bareMinor int64 // without touches
	bareValue                  float64
	touched                    int64 // journeys with touches
	touchedConversions         int64
}

// add counts a path and reports whether there is anything to divide: money
// without a conversion, or of nobody, is unattributed.
func (s *totals) add(p *Path) (bool, error) {
	divisible := len(p.Touches) > 0 && p.Conversions > 0
	t := totals{journeys: p.Conversions + p.Nulls, conversions: p.Conversions, minor: p.Minor, value: p.Value}
	if !divisible {
		t.bareConversions, t.bareMinor, t.bareValue = p.Conversions, p.Minor, p.Value
	}
	if len(p.Touches) > 0 {
		t.touched, t.touchedConversions = t.journeys, p.Conversions
	}
	return divisible, s.merge(&t)
}

func (s *totals) merge(t *totals) error {
	for _, x := range []struct {
		sum *int64
		add int64
	}{
		{&s.journeys, t.journeys},
		{&s.conversions, t.conversions},
		{&s.minor, t.minor},
		{&s.bareConversions, t.bareConversions},
		{&s.bareMinor, t.bareMinor},
		{&s.touched, t.touched},
		{&s.touchedConversions, t.touchedConversions},
	} {
		sum := *x.sum + x.add
		if (sum > *x.sum) != (x.add > 0) && x.add != 0 {
			return live.TooLarge("out_of_range", "", "the sum does not fit 64 bits")
		}
		*x.sum = sum
	}
	s.value += t.value
	s.bareValue += t.bareValue
	return nil
}

func (s *totals) credits() Credits {
	c := Credits{
		Journeys: s.journeys, Conversions: s.conversions, Minor: s.minor, Value: s.value,
		UnattributedConversions: s.bareConversions, UnattributedMinor: s.bareMinor, UnattributedValue: s.bareValue,
	}
	if s.touched > 0 {
		c.Rate = float64(s.touchedConversions) / float64(s.touched)
	}
	return c
}

// keyed numbers keys as they appear, and knows which a path has.
type keyed struct {
	totals
	key   Key
	index map[string]int
	keys  []KeyCredit
	seen  []int // by key: the last path that had it
	path  int
	ids   []int // of the touches of the path under way
}

func newKeyed(key Key) keyed { return keyed{key: key, index: map[string]int{}} }

func (k *keyed) id(key string) int {
	i, ok := k.index[key]
	if !ok {
		i = len(k.keys)
		k.index[key] = i
		k.keys = append(k.keys, KeyCredit{Key: key})
		k.seen = append(k.seen, 0)
	}
	return i
}

// read numbers the touches of a path, and counts whom it assisted.
func (k *keyed) read(p *Path) {
	k.ids = k.ids[:0]
	for i := range p.Touches {
		k.ids = append(k.ids, k.id(k.key(&p.Touches[i])))
	}
	k.path++
	k.seen[k.ids[len(k.ids)-1]] = k.path // who closes does not assist
	for _, id := range k.ids {
		if k.seen[id] != k.path {
			k.seen[id] = k.path
			k.keys[id].Assisted += p.Conversions
		}
	}
}

// distinct is the numbers of the path's keys, each once, by first appearance.
func (k *keyed) distinct() []int {
	k.path++
	out := k.ids[:0]
	for _, id := range k.ids {
		if k.seen[id] != k.path {
			k.seen[id] = k.path
			out = append(out, id)
		}
	}
	return out
}

func (k *keyed) merge(o *keyed) error {
	for i := range o.keys {
		from := &o.keys[i]
		to := &k.keys[k.id(from.Key)]
		to.Conversions += from.Conversions
		to.Value += from.Value
		to.Minor += from.Minor
		to.Assisted += from.Assisted
	}
	return k.totals.merge(&o.totals)
}

func (k *keyed) credits() Credits {
	c := k.totals.credits()
	c.Keys = slices.Clone(k.keys)
	c.sort()
	return c
}

func (c *Credits) sort() {
	slices.SortFunc(c.Keys, func(a, b KeyCredit) int {
		return cmp.Or(cmp.Compare(b.Minor, a.Minor), cmp.Compare(b.Conversions, a.Conversions), cmp.Compare(a.Key, b.Key))
	})
}

// byName is the numbers of the keys, in the order of their names.
func (k *keyed) byName() []int {
	order := make([]int, len(k.keys))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(k.keys[a].Key, k.keys[b].Key) })
	return order
}

// ruleTally divides path by path.
type ruleTally struct {
	keyed
	model   Model
	weights []int64
}

func (t *ruleTally) Add(p *Path) error {
	divisible, err := t.add(p)
	if err != nil || len(p.Touches) == 0 {
		return err
	}
	t.read(p)
	if !divisible {
		return nil
	}
	t.weights = t.model.Weights(t.weights[:0], p.Touches)
	var sum float64
	for _, w := range t.weights {
		sum += float64(w)
	}
	if sum <= 0 { // as in Attribute: then all have a part
		for i := range t.weights {
			t.weights[i] = 1
		}
		sum = float64(len(t.weights))
	}
	shares := live.SplitMinor(p.Minor, t.weights)
	for i, id := range t.ids {
		part := float64(t.weights[i]) / sum
		c := &t.keys[id]
		c.Conversions += part * float64(p.Conversions)
		c.Value += part * p.Value
		c.Minor += shares[i]
	}
	return nil
}

func (t *ruleTally) Merge(after Tally) error {
	o, ok := after.(*ruleTally)
	if !ok {
		return mixed(t, after)
	}
	return t.keyed.merge(&o.keyed)
}

func (t *ruleTally) Credits() (Credits, error) { return t.credits(), nil }

// participationTally gives every key of a path all of it: how much each was part
// of. The sum over keys means nothing.
type participationTally struct{ keyed }

func (t *participationTally) Add(p *Path) error {
	divisible, err := t.add(p)
	if err != nil || len(p.Touches) == 0 {
		return err
	}
	t.read(p)
	if !divisible {
		return nil
	}
	for _, id := range t.distinct() {
		if err := t.put(id, p.Conversions, p.Minor, p.Value); err != nil {
			return err
		}
	}
	return nil
}

func (t *participationTally) put(id int, conversions, minor int64, value float64) error {
	c := &t.keys[id]
	if carried(c.Minor, minor) < 0 {
		return live.TooLarge("out_of_range", "", "the sum does not fit 64 bits")
	}
	c.Conversions += float64(conversions)
	c.Value += value
	c.Minor += minor
	return nil
}

func (t *participationTally) Merge(after Tally) error {
	o, ok := after.(*participationTally)
	if !ok {
		return mixed(t, after)
	}
	return t.keyed.merge(&o.keyed)
}

func (t *participationTally) Credits() (Credits, error) {
	c := t.credits()
	c.Overlap = true
	return c, nil
}

func mixed(a, b Tally) error { return fmt.Errorf("BUG: a %T cannot take in a %T", a, b) }
