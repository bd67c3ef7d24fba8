package attribution

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// DefaultMaxChannels is up to how many keys the game of rates is solved exactly,
// over all its subsets.
const DefaultMaxChannels = 20

// mostExact bounds the memory of an exact game: 2^24 subsets.
const mostExact = 24

// defaultSamples is how many pairs of permutations are drawn beyond.
const defaultSamples = 4000

// rateTally divides by Shapley values of the game in which a set of keys is worth
// the conversion rate of the journeys that need no other key. A key whose
// journeys convert less than the rest can be worth less than nothing.
type rateTally struct {
	keyed
	sets        map[string]*outcome // by the sorted numbers of their keys
	maxChannels int
	samples     int
	seed        uint64
	scratch     []byte
}

type outcome struct{ converted, journeys float64 }

func (t *rateTally) Add(p *Path) error {
	if _, err := t.add(p); err != nil || len(p.Touches) == 0 {
		return err
	}
	t.read(p)
	set := t.distinct()
	slices.Sort(set)
	t.put(set, float64(p.Conversions), float64(p.Conversions+p.Nulls))
	return nil
}

func (t *rateTally) put(set []int, converted, journeys float64) {
	t.scratch = t.scratch[:0]
	for _, id := range set {
		t.scratch = binary.BigEndian.AppendUint32(t.scratch, uint32(id))
	}
	o := t.sets[string(t.scratch)]
	if o == nil {
		o = &outcome{}
		t.sets[string(t.scratch)] = o
	}
	o.converted += converted
	o.journeys += journeys
}

func membersOf(key string) []int {
	set := make([]int, len(key)/4)
	for i := range set {
		set[i] = int(binary.BigEndian.Uint32([]byte(key[4*i:])))
	}
	return set
}

func (t *rateTally) Merge(after Tally) error {
	o, ok := after.(*rateTally)
	if !ok {
		return mixed(t, after)
	}
	if err := t.keyed.merge(&o.keyed); err != nil {
		return err
	}
	ids := t.numbers(&o.keyed)
	for key, x := range o.sets {
		set := membersOf(key)
		for i := range set {
			set[i] = int(ids[set[i]])
		}
		slices.Sort(set)
		t.put(set, x.converted, x.journeys)
	}
	return nil
}

func (t *rateTally) Credits() (Credits, error) {
	n := len(t.keys)
	// Games are played in the order of the names, so that neither the order of
	// the input nor that of its parts matters.
	order := t.byName()
	place := make([]int, n)
	for at, id := range order {
		place[id] = at
	}
	games := make([]coalition, 0, len(t.sets))
	for key, x := range t.sets {
		g := coalition{outcome: *x}
		for _, id := range membersOf(key) {
			g.members = append(g.members, place[id])
		}
		slices.Sort(g.members)
		games = append(games, g)
	}
	slices.SortFunc(games, func(a, b coalition) int { return slices.Compare(a.members, b.members) })
	var worth, errs []float64
	samples := 0
	if n <= t.maxChannels {
		worth = shapley(n, rates(n, games))
	} else {
		worth, errs = sampleRates(n, games, t.samples, t.seed)
		samples = 2 * t.samples
	}
	var sum float64
	for _, x := range worth {
		sum += x
	}
	shares := make([]float64, n)
	for at, id := range order {
		shares[id] = part(worth[at], sum)
		t.keys[id].Worth = worth[at]
	}
	t.divideTotal(shares, shares)
	if errs != nil && sum != 0 {
		for at, id := range order {
			t.keys[id].StdErr = math.Abs(errs[at] / sum * float64(t.totals.conversions-t.bareConversions))
		}
	}
	c := t.credits()
	c.Samples = samples
	return c, nil
}

// coalition is the journeys that have exactly these keys.
type coalition struct {
	outcome
	members []int
}

// rates is the conversion rate inside every subset of n keys, by bits.
func rates(n int, games []coalition) []float64 {
	converted, journeys := make([]float64, 1<<n), make([]float64, 1<<n)
	for _, g := range games {
		set := 0
		for _, i := range g.members {
			set |= 1 << i
		}
		converted[set] += g.converted
		journeys[set] += g.journeys
	}
	for i := range n {
		for set := range converted {
			if set&(1<<i) != 0 {
				converted[set] += converted[set^1<<i]
				journeys[set] += journeys[set^1<<i]
			}
		}
	}
	for set := range converted {
		converted[set] = part(converted[set], journeys[set])
	}
	return converted
}

// shapley is the Shapley value of each of n players of the game with these
// worths, by bits: sum over S without i of |S|!(n-|S|-1)!/n! (v(S+i) - v(S)).
func shapley(n int, worth []float64) []float64 {
	out := make([]float64, n)
	if n == 0 {
		return out
	}
	weight := make([]float64, n)
	weight[0] = 1 / float64(n)
	for s := 1; s < n; s++ {
		weight[s] = weight[s-1] * float64(s) / float64(n-s)
	}
	for set, v := range worth {
		size := bits.OnesCount(uint(set))
		for i := range n {
			if set&(1<<i) == 0 {
				out[i] += weight[size] * (worth[set|1<<i] - v)
			}
		}
	}
	return out
}

// sampleRates estimates the Shapley values of the game of rates from pairs of a
// drawn permutation and its reverse, with the standard error of each.
func sampleRates(n int, games []coalition, pairs int, seed uint64) (mean, stderr []float64) {
	mean, stderr = make([]float64, n), make([]float64, n)
	order, place := make([]int, n), make([]int, n)
	for i := range order {
		order[i] = i
	}
	rng := splitmix(seed)
	gain := make([]float64, n)
	converted, journeys := make([]float64, n), make([]float64, n)
	play := func() {
		clear(converted)
		clear(journeys)
		for at, i := range order {
			place[i] = at
		}
		for _, g := range games {
			last := 0
			for _, i := range g.members {
				last = max(last, place[i])
			}
			converted[last] += g.converted
			journeys[last] += g.journeys
		}
		var c, j, before float64
		for at, i := range order {
			c += converted[at]
			j += journeys[at]
			now := part(c, j)
			gain[i] += (now - before) / 2
			before = now
		}
	}
	for k := 1; k <= pairs; k++ {
		for i := n - 1; i > 0; i-- {
			j := int(rng.next() % uint64(i+1))
			order[i], order[j] = order[j], order[i]
		}
		clear(gain)
		play()
		slices.Reverse(order)
		play()
		for i, x := range gain { // Welford
			d := x - mean[i]
			mean[i] += d / float64(k)
			stderr[i] += d * (x - mean[i])
		}
	}
	for i := range stderr {
		stderr[i] = math.Sqrt(stderr[i] / float64(pairs-1) / float64(pairs))
	}
	return mean, stderr
}

// splitmix is SplitMix64 of Steele, Lea and Flood: the same numbers for a seed
// on every machine, for ever.
type splitmix uint64

func (s *splitmix) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	z := uint64(*s)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
