package bots

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// Fired is a rule that weighs against a person.
type Fired struct {
	Rule   Rule `json:"rule"`
	Points int  `json:"points"`
	Times  int  `json:"times"` // how often it fired
}

// Verdict is that a person is flagged from now on, or is not any more.
type Verdict struct {
	Person  live.PersonID
	Flagged bool
	Score   int
	Rules   []Fired // sorted by rule
	At      time.Time
}

// Detector watches one show. It is not safe for concurrent use.
type Detector struct {
	set      Settings
	persons  map[live.PersonID]*suspect
	networks map[string]*network
	sayings  map[uint64]*saying
	swept    time.Time
	verdicts []Verdict
}

// suspect is what is remembered of one person.
type suspect struct {
	entries []time.Time // within a minute
	likes   burst
	clicks  burst
	beat    time.Time     // the last heartbeat
	gap     time.Duration // before it
	steady  int           // gaps in a row like that one
	hidden  bool          // said the last heartbeat
	acts    int           // since it did

	minute  int64 // the newest in which they did anything
	active  int   // how many there were
	fired   map[Rule]*mark
	flagged bool
}

// mark is when a rule fired last, in active minutes.
type mark struct{ at, times int }

// New makes a detector of a show with settings that are valid.
func New(set Settings) *Detector {
	return &Detector{set: set, persons: map[live.PersonID]*suspect{}, networks: map[string]*network{}, sayings: map[uint64]*saying{}}
}

// seen are the members of data that rules look at.
type seen struct {
	Visible bool   `json:"visible"`
	Count   int    `json:"count"`
	Text    string `json:"text"`
	Network string `json:"network"`
	Agent   string `json:"agent"`
}

// See takes a fact of the show, in the order of the log, and returns what
// follows from it. The result is valid until the next call.
func (d *Detector) See(e *live.Event) []Verdict {
	d.verdicts = d.verdicts[:0]
	if !e.Counts() || e.Person == "" || !strings.HasPrefix(e.Source, "ws") {
		return nil
	}
	p := d.persons[e.Person]
	if p == nil {
		p = &suspect{}
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
func (d *Detector) fire(r Rule, who live.PersonID, at time.Time) {
	p := d.persons[who]
	if d.set.Weights[r] == 0 || p == nil {
		return
	}
	m := p.fired[r]
	if m == nil {
		if p.fired == nil { // Most never have one.
			p.fired = map[Rule]*mark{}
		}
		m = &mark{}
		p.fired[r] = m
	}
	m.at = p.active
	m.times++
	d.judge(who, p, at)
}

// score is what weighs against a person now.
func (d *Detector) score(p *suspect) (sum int, rules []Fired) {
	for r, m := range p.fired {
		if p.active-m.at < d.set.Forgive {
			sum += d.set.Weights[r]
			rules = append(rules, Fired{r, d.set.Weights[r], m.times})
		}
	}
	slices.SortFunc(rules, func(a, b Fired) int { return cmp.Compare(a.Rule, b.Rule) })
	return sum, rules
}

func (d *Detector) judge(who live.PersonID, p *suspect, at time.Time) {
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
