package bots

import (
	"math"

	"showrunner/live"
)

// suspect is what is remembered of everybody: numbers only, as there may be a
// hundred thousand of them of whom nothing is ever found.
type suspect struct {
	entered int64 // unix ms of the newest entry; 0: none
	beat    int64 // unix ms of the last heartbeat; 0: none
	gap     int64 // ms before it
	minute  int32 // the newest in which they did anything
	active  int32 // how many there were
	steady  int16 // gaps in a row like the last one
	acts    int16 // since they said that they are hidden
	hidden  bool  // said the last heartbeat
	flagged bool
	strange bool // they have traits
}

// suspectChunk is how many suspects are allocated at a time.
const suspectChunk = 256

// traits are remembered of those who do something that a rule counts, for as
// long as it counts.
type traits struct {
	entries []int64 // unix ms, within entriesWithin; empty: [suspect.entered] is all
	likes   burst
	clicks  burst
	fired   []mark // each rule once, for ever: an operator asks why
}

// mark is when a rule fired last, in active minutes, and how often it did.
type mark struct {
	rule      Rule
	at, times int32
}

// mark notes that a rule fires in an active minute.
func (t *traits) mark(r Rule, active int32) {
	for i := range t.fired {
		if m := &t.fired[i]; m.rule == r {
			m.at, m.times = active, m.times+min(1, math.MaxInt32-m.times)
			return
		}
	}
	t.fired = append(t.fired, mark{r, active, 1})
}

// burst is how much came of something within a moment.
type burst struct {
	list []amount
	sum  int
}

// amount is how much came at an instant in unix ms.
type amount struct {
	at int64
	n  int
}

// add notes n more and returns how many there were within the moment.
func (b *burst) add(at int64, n int) int {
	b.list, b.sum = append(b.list, amount{at, n}), b.sum+n
	for len(b.list) > 0 && at-b.list[0].at > burstWithin.Milliseconds() {
		b.sum -= b.list[0].n
		b.list = b.list[1:]
	}
	return b.sum
}

// over reports whether nothing of it counts any more, and then lets go of it.
func (b *burst) over(at int64) bool {
	if n := len(b.list); n > 0 && at-b.list[n-1].at <= burstWithin.Milliseconds() {
		return false
	}
	*b = burst{}
	return true
}

// number is that of a person in the roster.
func (d *Detector) number(p live.PersonID) int32 {
	n := d.roster.Add(p)
	if int(n) == len(d.suspects)*suspectChunk {
		d.suspects = append(d.suspects, new([suspectChunk]suspect))
	}
	return n
}

func (d *Detector) suspect(who int32) *suspect {
	return &d.suspects[who/suspectChunk][who%suspectChunk]
}

// traitsOf are a person's traits, made if there are none.
func (d *Detector) traitsOf(who int32) *traits {
	t := d.traits[who]
	if t == nil {
		t = &traits{}
		d.traits[who] = t
		d.suspect(who).strange = true
	}
	return t
}

// tidyEvery is how often traits are looked through, in ms of the log.
const tidyEvery = 60_000

// tidy forgets traits that count for nothing any more.
func (d *Detector) tidy(at int64) {
	if at-d.tidied < tidyEvery {
		return
	}
	d.tidied = at
	for who, t := range d.traits {
		if n := len(t.entries); n > 0 && at-t.entries[n-1] > entriesWithin.Milliseconds() {
			t.entries = nil
		}
		likes, clicks := t.likes.over(at), t.clicks.over(at)
		if likes && clicks && len(t.entries) == 0 && len(t.fired) == 0 {
			delete(d.traits, who)
			d.suspect(who).strange = false
		}
	}
}

// more is one more, as far as that can be told.
func more(n int16) int16 { return n + min(1, math.MaxInt16-n) }
