package bots

import (
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// What the rules ask for. A thumb taps up to some ten times a second; people
// reload a page a few times, and on request write "1" or "done" by the hundred.
const (
	mostEntries, entriesWithin = 12, time.Minute
	mostLikes, mostClicks      = 200, 20
	burstWithin                = 10 * time.Second
	steadyGaps, steadyWithin   = 12, 2 * time.Millisecond
	leastGap                   = time.Second // shorter ones are two tabs
	mostHidden                 = 5
	mostOnNetwork              = 20
	networkWithin              = 10 * time.Minute
	leastWords                 = 12
	mostSaid, leastSayers      = 6, 4
	saidWithin                 = 2 * time.Minute
)

// burst is how much came of something within a moment.
type burst struct {
	at  []time.Time
	n   []int
	sum int
}

// add notes n more and returns how many there were within the moment.
func (b *burst) add(at time.Time, n int) int {
	b.at, b.n, b.sum = append(b.at, at), append(b.n, n), b.sum+n
	for len(b.at) > 0 && at.Sub(b.at[0]) > burstWithin {
		b.sum -= b.n[0]
		b.at, b.n = b.at[1:], b.n[1:]
	}
	return b.sum
}

// network is who entered from one.
type network struct{ last map[live.PersonID]time.Time }

// saying is who wrote the same words.
type saying struct {
	at  []time.Time
	who []live.PersonID
}

func (d *Detector) look(e *live.Event, p *suspect, data *seen) {
	at := e.ReceivedAt
	d.sweep(at)
	switch e.Kind {
	case live.RoomEntered:
		d.entered(e, p, data)
	case live.WatchHeartbeat:
		gap := at.Sub(p.beat)
		if diff := gap - p.gap; p.gap >= leastGap && diff <= steadyWithin && diff >= -steadyWithin {
			p.steady++
		} else {
			p.steady = 0
		}
		if p.steady >= steadyGaps {
			d.fire(SteadyBeats, e.Person, at)
		}
		p.beat, p.gap = at, gap
		if data.Visible {
			p.acts = 0
		}
		p.hidden = !data.Visible
	case live.Liked:
		d.act(e, p)
		if p.likes.add(at, data.Count) > mostLikes {
			d.fire(FastLikes, e.Person, at)
		}
	case live.ProductClicked:
		d.act(e, p)
		if p.clicks.add(at, 1) > mostClicks {
			d.fire(FastClicks, e.Person, at)
		}
	case live.CommentSent:
		d.act(e, p)
		d.said(e, data.Text)
	}
}

// act counts what is done on a page that nobody sees.
func (d *Detector) act(e *live.Event, p *suspect) {
	if !p.hidden {
		return
	}
	if p.acts++; p.acts >= mostHidden {
		d.fire(ActsWhileHidden, e.Person, e.ReceivedAt)
	}
}

func (d *Detector) entered(e *live.Event, p *suspect, data *seen) {
	at := e.ReceivedAt
	p.entries = append(p.entries, at)
	for at.Sub(p.entries[0]) > entriesWithin {
		p.entries = p.entries[1:]
	}
	if len(p.entries) > mostEntries {
		d.fire(Reconnects, e.Person, at)
	}
	if data.Agent != "" {
		d.fire(AutomationAgent, e.Person, at)
	}
	if data.Network == "" {
		return
	}
	n := d.networks[data.Network]
	if n == nil {
		n = &network{last: map[live.PersonID]time.Time{}}
		d.networks[data.Network] = n
	}
	was := len(n.last)
	n.last[e.Person] = at
	if len(n.last) <= mostOnNetwork {
		return
	}
	for who, last := range n.last {
		if at.Sub(last) > networkWithin {
			delete(n.last, who)
		}
	}
	switch now := len(n.last); {
	case now <= mostOnNetwork:
	case was > mostOnNetwork:
		d.fire(CrowdedNetwork, e.Person, at)
	default: // It was one fewer until now: the others are as many as this one.
		for _, who := range sorted(n.last) {
			d.fire(CrowdedNetwork, who, at)
		}
	}
}

// said finds words that several people write again and again.
func (d *Detector) said(e *live.Event, text string) {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if utf8.RuneCountInString(words) < leastWords {
		return
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(words)) // It never fails.
	s := d.sayings[h.Sum64()]
	if s == nil {
		s = &saying{}
		d.sayings[h.Sum64()] = s
	}
	at := e.ReceivedAt
	s.at, s.who = append(s.at, at), append(s.who, e.Person)
	for at.Sub(s.at[0]) > saidWithin {
		s.at, s.who = s.at[1:], s.who[1:]
	}
	sayers := map[live.PersonID]time.Time{}
	for _, who := range s.who {
		sayers[who] = at
	}
	if len(s.at) < mostSaid || len(sayers) < leastSayers {
		return
	}
	for _, who := range sorted(sayers) {
		d.fire(RepeatedWords, who, at)
	}
}

// sweep forgets words and networks of long ago.
func (d *Detector) sweep(at time.Time) {
	if at.Sub(d.swept) < networkWithin {
		return
	}
	d.swept = at
	for k, s := range d.sayings {
		if at.Sub(s.at[len(s.at)-1]) > saidWithin {
			delete(d.sayings, k)
		}
	}
	for k, n := range d.networks {
		for who, last := range n.last {
			if at.Sub(last) > networkWithin {
				delete(n.last, who)
			}
		}
		if len(n.last) == 0 {
			delete(d.networks, k)
		}
	}
}

func sorted(m map[live.PersonID]time.Time) []live.PersonID {
	return slices.Sorted(maps.Keys(m))
}
