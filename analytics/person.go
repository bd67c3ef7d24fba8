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
	didWatch    // has a view
)

// didInteract are the ways to interact.
const didInteract = didComment | didLike | didShare | didFollow

// watchGap is the silence after which watching again is a new view.
const watchGap = 30 * time.Minute

// onlineFor is how long a person counts as online after their last sign of
// life: two heartbeats and a little.
const onlineFor = 60 * time.Second

// person is what the fold remembers of one person. Most come once, watch and do
// one thing: that stands in the person itself, so that a crowd is one list for
// the garbage collector.
type person struct {
	source  *source // of the first entry; unknown before
	past    *past   // nil: nothing beyond what stands here
	watched int64   // visible ms within the show
	last    int64   // unix ms of the last entry or heartbeat
	view    span    // the newest view, in unix ms; if didWatch
	minutes run     // the newest run of minutes with a sign of life; if didWatch
	first   deed    // if it has times
	shown   int32   // comments that are not hidden
	did     uint32
}

// past is what came before, and beside, what stands in a [person].
type past struct {
	views   []span // further apart than watchGap
	minutes []run
	deeds   []deed // after the first
}

// interval is one with both ends included.
type interval[T int32 | int64] struct{ from, to T }

type (
	span = interval[int64] // in unix ms
	run  = interval[int32] // in unix minutes
)

// history is the past of a person, made if there is none.
func (p *person) history() *past {
	if p.past == nil {
		p.past = &past{}
	}
	return p.past
}

// views is how many there are.
func (p *person) views() int64 {
	switch {
	case p.did&didWatch == 0:
		return 0
	case p.past == nil:
		return 1
	}
	return int64(len(p.past.views)) + 1
}

// see adds an instant to the views and returns by how many their number grew.
func (p *person) see(at int64) (grown int64) {
	reach := watchGap.Milliseconds()
	switch {
	case p.did&didWatch == 0:
		p.view = span{at, at}
		return 1
	case at >= p.view.from && at <= p.view.to+reach:
		p.view.to = max(p.view.to, at)
		return 0
	}
	h := p.history()
	list, grown := cover(append(h.views, p.view), at, reach)
	h.views, p.view = list[:len(list)-1], list[len(list)-1]
	return grown
}

// present adds a minute to those with a sign of life, and reports whether it is new.
func (p *person) present(minute int32) bool {
	switch {
	case p.did&didWatch == 0:
		p.minutes = run{minute, minute}
		return true
	case minute >= p.minutes.from && minute <= p.minutes.to:
		return false
	case minute == p.minutes.to+1:
		p.minutes.to = minute
		return true
	case p.past != nil && holds(p.past.minutes, minute):
		return false
	}
	h := p.history()
	list, _ := cover(append(h.minutes, p.minutes), minute, 1)
	h.minutes, p.minutes = list[:len(list)-1], list[len(list)-1]
	return true
}

// runs goes over the runs of minutes with a sign of life.
func (p *person) runs(each func(run)) {
	if p.did&didWatch == 0 {
		return
	}
	if p.past != nil {
		for _, r := range p.past.minutes {
			each(r)
		}
	}
	each(p.minutes)
}

// remember adds a deed, to one like it that is not long ago if there is any.
func (p *person) remember(d *deed) {
	if p.first.times == 0 {
		p.first = *d
		return
	}
	var rest []deed
	if p.past != nil {
		rest = p.past.deeds
	}
	for i := len(rest) - 1; i >= max(0, len(rest)-together); i-- {
		if rest[i].add(d) {
			return
		}
	}
	if len(rest) < together && p.first.add(d) {
		return
	}
	h := p.history()
	h.deeds = append(h.deeds, *d)
}

// deeds goes over what the person did.
func (p *person) deeds(each func(*deed)) {
	if p.first.times != 0 {
		each(&p.first)
	}
	if p.past != nil {
		for i := range p.past.deeds {
			each(&p.past.deeds[i])
		}
	}
}

// cover adds the point t to sorted, disjoint spans of which no two are within
// reach of each other. It returns the spans and by how many their number grew,
// which is -1 when t joins two. The result depends on the set of points only,
// not on their order: facts may reach the log a little out of order.
func cover[T int32 | int64](spans []interval[T], t, reach T) ([]interval[T], int64) {
	if n := len(spans); n > 0 && t >= spans[n-1].from && t <= spans[n-1].to+reach {
		spans[n-1].to = max(spans[n-1].to, t) // nearly always: the newest span grows
		return spans, 0
	}
	i, _ := slices.BinarySearchFunc(spans, t, func(s interval[T], t T) int {
		if s.to+reach < t {
			return -1
		}
		return 1
	})
	if i == len(spans) || t < spans[i].from-reach {
		return slices.Insert(spans, i, interval[T]{t, t}), 1
	}
	spans[i].from, spans[i].to = min(spans[i].from, t), max(spans[i].to, t)
	if i+1 < len(spans) && spans[i+1].from-spans[i].to <= reach {
		spans[i].to = spans[i+1].to
		return slices.Delete(spans, i+1, i+2), -1
	}
	return spans, 0
}

// holds reports whether sorted spans contain t.
func holds[T int32 | int64](spans []interval[T], t T) bool {
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

// personChunk is how many persons are allocated at a time.
const personChunk = 256

// person finds or makes the person; the index is stable.
func (f *Fold) person(id live.PersonID) int32 {
	i := f.roster.Add(id)
	if int(i) == len(f.persons)*personChunk {
		f.persons = append(f.persons, new([personChunk]person))
	}
	if p := f.at(i); p.source == nil {
		p.source = f.unknown
	}
	return i
}

// at is the person of an index.
func (f *Fold) at(who int32) *person { return &f.persons[who/personChunk][who%personChunk] }

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
		p := f.at(i)
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
