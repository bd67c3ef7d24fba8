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

// Detector watches one show. It is not safe for concurrent use. Somebody who
// only watches takes some seventy bytes and their name.
type Detector struct {
	set      Settings
	roster   live.Roster
	suspects []*[suspectChunk]suspect // by number in the roster
	traits   map[int32]*traits        // by number, of those who have any
	networks map[uint64]*network      // by hash of the name
	sayings  map[uint64]*saying
	swept    int64 // unix ms; when networks and sayings were looked through
	tidied   int64 // unix ms; when traits were
	verdicts []Verdict
}

// New makes a detector of a show with settings that are valid.
func New(set Settings) *Detector {
	return &Detector{set: set, traits: map[int32]*traits{}, networks: map[uint64]*network{}, sayings: map[uint64]*saying{}}
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
	who := d.number(e.Person)
	p := d.suspect(who)
	if m := int32(e.ReceivedAt.Unix() / 60); m > p.minute { //nolint:gosec // fits until the year 6053.
		p.minute = m
		p.active++
		d.judge(who, e.ReceivedAt)
	}
	var data seen
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &data) != nil {
		data = seen{}
	}
	d.look(e, who, p, &data)
	return d.verdicts
}

// fire notes that a rule holds for a person.
func (d *Detector) fire(r Rule, who int32, at time.Time) {
	if d.set.Weights[r] == 0 {
		return
	}
	d.traitsOf(who).mark(r, d.suspect(who).active)
	d.judge(who, at)
}

// score is what weighs against a person who was active for so many minutes.
func (d *Detector) score(fired []mark, active int32) (sum int, rules []Fired) {
	for _, m := range fired {
		if int(active-m.at) < d.set.Forgive {
			sum += d.set.Weights[m.rule]
			rules = append(rules, Fired{m.rule, d.set.Weights[m.rule], int(m.times)})
		}
	}
	slices.SortFunc(rules, func(a, b Fired) int { return cmp.Compare(a.Rule, b.Rule) })
	return sum, rules
}

func (d *Detector) judge(who int32, at time.Time) {
	p := d.suspect(who)
	if !p.strange || len(d.traits[who].fired) == 0 {
		return
	}
	score, rules := d.score(d.traits[who].fired, p.active)
	switch {
	case !p.flagged && score >= d.set.Threshold:
		p.flagged = true
	case p.flagged && score < d.set.Clear:
		p.flagged = false
	default:
		return
	}
	d.verdicts = append(d.verdicts, Verdict{Person: d.roster.Name(who), Flagged: p.flagged, Score: score, Rules: rules, At: at})
}
