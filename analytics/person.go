package analytics

import (
	"slices"
	"time"

	"showrunner/live"
)

// What a person did at all, one bit each.
const (
	didEnter uint32 = 1 << iota
	didComment
	didLike
	didShare
	didFollow // ever
	follows   // their last word
	didSeeRoom
	didSeeProduct
	didClick
	didCart
	didCheckout
	didGive
	watched60s
	isBot       // flagged: in no published figure
	didClaim    // a coupon
	didShareOut // took a share of a red packet
	didDraw     // took part in a draw
	isPresent   // the last of entered, heartbeat and left was not left
	isListed    // stands in Fold.active
)

// didInteract are the ways to interact.
const didInteract = didComment | didLike | didShare | didFollow

// watchGap is the silence after which watching again is a new view.
const watchGap = 30 * time.Minute

// onlineFor is how long a person counts as online after their last sign of
// life: two heartbeats and a little.
const onlineFor = 60 * time.Second

// person is what the fold remembers of one person.
type person struct {
	source  *source // of the first entry; unknown before
	watched int64   // visible ms within the show
	last    int64   // unix ms of the last entry or heartbeat
	views   []span  // in unix ms; further apart than watchGap
	minutes []span  // in unix minutes; runs of minutes with a sign of life
	deeds   []deed
	shown   int32 // comments that are not hidden
	did     uint32
}

// span is an interval, both ends included.
type span struct{ from, to int64 }

// cover adds the point t to sorted, disjoint spans of which no two are within
// reach of each other. It returns the spans and by how many their number grew,
// which is -1 when t joins two. The result depends on the set of points only,
// not on their order: facts may reach the log a little out of order.
func cover(spans []span, t, reach int64) ([]span, int64) {
	if n := len(spans); n > 0 && t >= spans[n-1].from && t <= spans[n-1].to+reach {
		spans[n-1].to = max(spans[n-1].to, t) // nearly always: the newest span grows
		return spans, 0
	}
	i, _ := slices.BinarySearchFunc(spans, t, func(s span, t int64) int {
		if s.to+reach < t {
			return -1
		}
		return 1
	})
	if i == len(spans) || t < spans[i].from-reach {
		return slices.Insert(spans, i, span{t, t}), 1
	}
	spans[i].from, spans[i].to = min(spans[i].from, t), max(spans[i].to, t)
	if i+1 < len(spans) && spans[i+1].from-spans[i].to <= reach {
		spans[i].to = spans[i+1].to
		return slices.Delete(spans, i+1, i+2), -1
	}
	return spans, 0
}

// holds reports whether sorted spans contain t.
func holds(spans []span, t int64) bool {
	for _, span := range slices.Backward(spans) {
		if t > span.to {
			return false
		}
		if t >= span.from {
			return true
		}
	}
	return false
}

// bitset is a set of person indexes.
type bitset []uint64

// add puts i in and reports whether it is new.
func (b *bitset) add(i int32) bool {
	w, bit := int(i>>6), uint64(1)<<(i&63)
	for len(*b) <= w {
		*b = append(*b, 0)
	}
	if (*b)[w]&bit != 0 {
		return false
	}
	(*b)[w] |= bit
	return true
}

// has reports whether i is in.
func (b bitset) has(i int32) bool {
	w := int(i >> 6)
	return w < len(b) && b[w]&(uint64(1)<<(i&63)) != 0
}

// person finds or makes the person; the index is stable.
func (f *Fold) person(id live.PersonID) int32 {
	i, ok := f.index[id]
	if !ok {
		i = int32(len(f.persons))
		f.index[id] = i
		f.persons = append(f.persons, person{source: f.unknown})
	}
	return i
}

// OnlineNow counts the persons whose last entry or heartbeat is at most 60 s
// before at and who have not left since. Nobody is online in a show that is
// over, whoever is still in the room. Bots do not count. at must not go back from
// call to call.
func (f *Fold) OnlineNow(at time.Time) int64 {
	n, _ := f.Online(at)
	return n
}

// Online is OnlineNow, and the same with bots.
func (f *Fold) Online(at time.Time) (counted, everybody int64) {
	if f.show.State.Over() {
		return 0, 0
	}
	since := at.Add(-onlineFor).UnixMilli()
	kept := f.active[:0]
	for _, i := range f.active {
		p := &f.persons[i]
		if p.did&isPresent == 0 || p.last < since {
			p.did &^= isListed
			continue
		}
		kept = append(kept, i)
		if p.did&isBot == 0 {
			counted++
		}
	}
	f.active = kept
	return counted, int64(len(kept))
}
