package bots

import (
	"cmp"
	"hash/fnv"
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

// saying is who wrote the same words.
type saying struct {
	at  []int64 // unix ms
	who []int32
}

func (d *Detector) look(e *live.Event, who int32, p *suspect, data *seen) {
	at := e.ReceivedAt.UnixMilli()
	d.sweep(at)
	d.tidy(at)
	switch e.Kind {
	case live.RoomEntered:
		d.entered(e, who, p, data)
	case live.WatchHeartbeat:
		gap := at - p.beat
		if diff := gap - p.gap; p.gap >= leastGap.Milliseconds() && diff <= steadyWithin.Milliseconds() && diff >= -steadyWithin.Milliseconds() {
			p.steady = more(p.steady)
		} else {
			p.steady = 0
		}
		if p.steady >= steadyGaps {
			d.fire(SteadyBeats, who, e.ReceivedAt)
		}
		p.beat, p.gap = at, gap
		if data.Visible {
			p.acts = 0
		}
		p.hidden = !data.Visible
	case live.Liked:
		d.act(e, who, p)
		if d.traitsOf(who).likes.add(at, data.Count) > mostLikes {
			d.fire(FastLikes, who, e.ReceivedAt)
		}
	case live.ProductClicked:
		d.act(e, who, p)
		if d.traitsOf(who).clicks.add(at, 1) > mostClicks {
			d.fire(FastClicks, who, e.ReceivedAt)
		}
	case live.CommentSent:
		d.act(e, who, p)
		d.said(e, who, data.Text)
	}
}

// act counts what is done on a page that nobody sees.
func (d *Detector) act(e *live.Event, who int32, p *suspect) {
	if !p.hidden {
		return
	}
	if p.acts = more(p.acts); p.acts >= mostHidden {
		d.fire(ActsWhileHidden, who, e.ReceivedAt)
	}
}

func (d *Detector) entered(e *live.Event, who int32, p *suspect, data *seen) {
	at := e.ReceivedAt.UnixMilli()
	if d.entries(who, p, at) > mostEntries {
		d.fire(Reconnects, who, e.ReceivedAt)
	}
	if data.Agent != "" {
		d.fire(AutomationAgent, who, e.ReceivedAt)
	}
	if data.Network == "" {
		return
	}
	n := d.networks[hashOf(data.Network)]
	if n == nil {
		n = &network{}
		d.networks[hashOf(data.Network)] = n
	}
	was := n.size()
	n.enter(who, at)
	if n.size() <= mostOnNetwork {
		return
	}
	n.forget(at)
	switch now := n.size(); {
	case now <= mostOnNetwork:
	case was > mostOnNetwork:
		d.fire(CrowdedNetwork, who, e.ReceivedAt)
	default: // It was one fewer until now: the others are as many as this one.
		for _, who := range d.sorted(n.persons()) {
			d.fire(CrowdedNetwork, who, e.ReceivedAt)
		}
	}
}

// entries notes an entry and returns how many there were within the moment. Most
// people enter once, and then that is all that is kept.
func (d *Detector) entries(who int32, p *suspect, at int64) int {
	last := p.entered
	p.entered = at
	within := entriesWithin.Milliseconds()
	if last == 0 || at-last > within {
		if p.strange {
			d.traits[who].entries = nil
		}
		return 1
	}
	t := d.traitsOf(who)
	if len(t.entries) == 0 {
		t.entries = append(t.entries, last)
	}
	t.entries = append(t.entries, at)
	for at-t.entries[0] > within {
		t.entries = t.entries[1:]
	}
	return len(t.entries)
}

// said finds words that several people write again and again.
func (d *Detector) said(e *live.Event, who int32, text string) {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if utf8.RuneCountInString(words) < leastWords {
		return
	}
	key := hashOf(words)
	s := d.sayings[key]
	if s == nil {
		s = &saying{}
		d.sayings[key] = s
	}
	at := e.ReceivedAt.UnixMilli()
	s.at, s.who = append(s.at, at), append(s.who, who)
	for at-s.at[0] > saidWithin.Milliseconds() {
		s.at, s.who = s.at[1:], s.who[1:]
	}
	if len(s.at) < mostSaid {
		return
	}
	sayers := slices.Compact(slices.Sorted(slices.Values(s.who)))
	if len(sayers) < leastSayers {
		return
	}
	for _, who := range d.sorted(sayers) {
		d.fire(RepeatedWords, who, e.ReceivedAt)
	}
}

// sweep forgets words and networks of long ago.
func (d *Detector) sweep(at int64) {
	if at-d.swept < networkWithin.Milliseconds() {
		return
	}
	d.swept = at
	for k, s := range d.sayings {
		if at-s.at[len(s.at)-1] > saidWithin.Milliseconds() {
			delete(d.sayings, k)
		}
	}
	for k, n := range d.networks {
		if n.forget(at); n.size() == 0 {
			delete(d.networks, k)
		}
	}
}

// sorted are persons by name: the order of verdicts must not depend on who came
// first after a start.
func (d *Detector) sorted(persons []int32) []int32 {
	slices.SortFunc(persons, func(a, b int32) int { return cmp.Compare(d.roster.Name(a), d.roster.Name(b)) })
	return persons
}

func hashOf(text string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // It never fails.
	return h.Sum64()
}
