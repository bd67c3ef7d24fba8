package analytics

import (
	"math"
	"time"

	"showrunner/live"
)

// unsettled is how long a heartbeat is kept to be cut to the show again: the end
// of a show is learned a moment after it, and heartbeats that were on their way
// reach the log before.
const unsettled = 2 * time.Minute

// beat is a heartbeat whose watch time the end of the show may still cut.
type beat struct {
	who      int32
	from, to int64 // unix ms
	counted  int64 // ms of it that are in the figures
}

// farFuture is later than any fact, in unix ms, and far from the end of int64.
const farFuture = math.MaxInt64 >> 10

// WatchBounds are the instants a show's watch time is cut to, in unix
// milliseconds: its start and its end. What is not known does not cut.
func WatchBounds(show live.Show) (from, until int64) {
	from, until = 0, farFuture
	if !show.StartedAt.IsZero() {
		from = show.StartedAt.UnixMilli()
	}
	if !show.EndedAt.IsZero() {
		until = show.EndedAt.UnixMilli()
	}
	return from, until
}

// watch adds visible watch time: a heartbeat stands for the time before it, as
// far as that lies within the show.
func (f *Fold) watch(who int32, e *live.Event) {
	d := read(e.Data)
	if !d.Visible || d.Watched <= 0 {
		return
	}
	at := e.OccurredAt
	if at.IsZero() {
		at = e.ReceivedAt
	}
	to := at.UnixMilli()
	b := beat{who: who, from: to - d.Watched, to: to}
	if d.Stated > 0 {
		f.addWatch(who, d.Watched) // Cut when it came in: watched_ms is what lay within.
		return
	}
	f.cut(&b)
	if !f.show.EndedAt.IsZero() {
		return
	}
	if n := len(f.beats); n > 0 && n == cap(f.beats) {
		f.settle(e.ReceivedAt)
	}
	f.beats = append(f.beats, b)
}

// cut counts a heartbeat as far as it lies within the show as it is known now.
func (f *Fold) cut(b *beat) {
	from, until := WatchBounds(f.show)
	ms := max(0, min(b.to, until)-max(b.from, from))
	if ms != b.counted {
		f.addWatch(b.who, ms-b.counted)
		b.counted = ms
	}
}

// settle forgets the heartbeats that no end to come can cut.
func (f *Fold) settle(now time.Time) {
	kept := f.beats[:0]
	for _, b := range f.beats {
		if b.to >= now.Add(-unsettled).UnixMilli() {
			kept = append(kept, b)
		}
	}
	f.beats = kept
}

// recut cuts the heartbeats of late again, after the show's start or end became
// known.
func (f *Fold) recut() {
	for i := range f.beats {
		f.cut(&f.beats[i])
	}
	if !f.show.EndedAt.IsZero() {
		f.beats = nil
	}
}

func (f *Fold) addWatch(who int32, ms int64) {
	f.raw.WatchMS += ms
	if f.counts(who) {
		f.traffic.WatchMS += ms
	}
	if who < 0 {
		return
	}
	p := f.at(who)
	p.watched += ms
	switch long := p.watched >= 60_000; {
	case long:
		f.once(who, watched60s)
	case p.did&watched60s != 0:
		p.did &^= watched60s
		f.gain(who, watched60s, -1)
	}
}
