package bots

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"showrunner/live"
)

// plainDetector is a [Detector] that says what the rules are and does not mind
// what it takes: it keeps whole times and names, and forgets as little as it may.
type plainDetector struct {
	set      Settings
	persons  map[live.PersonID]*plainSuspect
	networks map[string]*plainNetwork
	sayings  map[uint64]*plainSaying
	swept    time.Time
	verdicts []Verdict
}

// plainSuspect is what is remembered of one person.
type plainSuspect struct {
	entries []time.Time // within a minute
	likes   plainBurst
	clicks  plainBurst
	beat    time.Time     // the last heartbeat
	gap     time.Duration // before it
	steady  int           // gaps in a row like that one
	hidden  bool          // said the last heartbeat
	acts    int           // since it did

	minute  int64 // the newest in which they did anything
	active  int   // how many there were
	fired   map[Rule]*plainMark
	flagged bool
}

// plainMark is when a rule fired last, in active minutes.
type plainMark struct{ at, times int }

// newPlain makes a detector of a show with settings that are valid.
func newPlain(set Settings) *plainDetector {
	return &plainDetector{set: set, persons: map[live.PersonID]*plainSuspect{}, networks: map[string]*plainNetwork{}, sayings: map[uint64]*plainSaying{}}
}

// See takes a fact of the show, in the order of the log, and returns what
// follows from it. The result is valid until the next call.
func (d *plainDetector) See(e *live.Event) []Verdict {
	d.verdicts = d.verdicts[:0]
	if !e.Counts() || e.Person == "" || !strings.HasPrefix(e.Source, "ws") {
		return nil
	}
	p := d.persons[e.Person]
	if p == nil {
		p = &plainSuspect{}
		d.persons[e.Person] = p
	}
	if m := e.ReceivedAt.Unix() / 60; m > p.minute {
		p.minute = m
		p.active++
		d.judge(e.Person, p, e.ReceivedAt)
	}
	var data seen
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &data) != nil {
		data = seen{}
	}
	d.look(e, p, &data)
	return d.verdicts
}

// fire notes that a rule holds for a person.
func (d *plainDetector) fire(r Rule, who live.PersonID, at time.Time) {
	p := d.persons[who]
	if d.set.Weights[r] == 0 || p == nil {
		return
	}
	m := p.fired[r]
	if m == nil {
		if p.fired == nil { // Most never have one.
			p.fired = map[Rule]*plainMark{}
		}
		m = &plainMark{}
		p.fired[r] = m
	}
	m.at = p.active
	m.times++
	d.judge(who, p, at)
}

// score is what weighs against a person now.
func (d *plainDetector) score(p *plainSuspect) (sum int, rules []Fired) {
	for r, m := range p.fired {
		if p.active-m.at < d.set.Forgive {
			sum += d.set.Weights[r]
			rules = append(rules, Fired{r, d.set.Weights[r], m.times})
		}
	}
	slices.SortFunc(rules, func(a, b Fired) int { return cmp.Compare(a.Rule, b.Rule) })
	return sum, rules
}

func (d *plainDetector) judge(who live.PersonID, p *plainSuspect, at time.Time) {
	if len(p.fired) == 0 {
		return
	}
	score, rules := d.score(p)
	switch {
	case !p.flagged && score >= d.set.Threshold:
		p.flagged = true
	case p.flagged && score < d.set.Clear:
		p.flagged = false
	default:
		return
	}
	d.verdicts = append(d.verdicts, Verdict{Person: who, Flagged: p.flagged, Score: score, Rules: rules, At: at})
}

// plainBurst is how much came of something within a moment.
type plainBurst struct {
	at  []time.Time
	n   []int
	sum int
}

// add notes n more and returns how many there were within the moment.
func (b *plainBurst) add(at time.Time, n int) int {
	b.at, b.n, b.sum = append(b.at, at), append(b.n, n), b.sum+n
	for len(b.at) > 0 && at.Sub(b.at[0]) > burstWithin {
		b.sum -= b.n[0]
		b.at, b.n = b.at[1:], b.n[1:]
	}
	return b.sum
}

// plainNetwork is who entered from one.
type plainNetwork struct{ last map[live.PersonID]time.Time }

// plainSaying is who wrote the same words.
type plainSaying struct {
	at  []time.Time
	who []live.PersonID
}

func (d *plainDetector) look(e *live.Event, p *plainSuspect, data *seen) {
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
func (d *plainDetector) act(e *live.Event, p *plainSuspect) {
	if !p.hidden {
		return
	}
	if p.acts++; p.acts >= mostHidden {
		d.fire(ActsWhileHidden, e.Person, e.ReceivedAt)
	}
}

func (d *plainDetector) entered(e *live.Event, p *plainSuspect, data *seen) {
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
		n = &plainNetwork{last: map[live.PersonID]time.Time{}}
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
		for _, who := range plainSorted(n.last) {
			d.fire(CrowdedNetwork, who, at)
		}
	}
}

// said finds words that several people write again and again.
func (d *plainDetector) said(e *live.Event, text string) {
	words := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	if utf8.RuneCountInString(words) < leastWords {
		return
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(words)) // It never fails.
	s := d.sayings[h.Sum64()]
	if s == nil {
		s = &plainSaying{}
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
	for _, who := range plainSorted(sayers) {
		d.fire(RepeatedWords, who, at)
	}
}

// sweep forgets words and networks of long ago.
func (d *plainDetector) sweep(at time.Time) {
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

func plainSorted(m map[live.PersonID]time.Time) []live.PersonID {
	return slices.Sorted(maps.Keys(m))
}
