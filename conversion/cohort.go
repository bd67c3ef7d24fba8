package conversion

import (
	"slices"

	"showrunner/live"
)

// life is what retention knows of a person: the days they acted on, ascending,
// each once, and what they began with.
type life struct {
	days []Day
	show live.ShowID
}

// lives are the persons with the act, by name.
func (h *History) lives(a CohortAct) map[live.PersonID]*life {
	out := map[live.PersonID]*life{}
	add := func(p live.PersonID, d Day, show live.ShowID) {
		l := out[p]
		if l == nil {
			l = &life{show: show}
			out[p] = l
		}
		if n := len(l.days); n == 0 || l.days[n-1] != d {
			l.days = append(l.days, d)
		}
	}
	if a == ActOrder {
		for _, p := range h.purchases() {
			add(p.person, DayOf(p.at, h.scope.Zone), p.show)
		}
		return out
	}
	for _, e := range h.entries() {
		add(e.person, DayOf(e.at, h.scope.Zone), e.show)
	}
	return out
}

// firstChannels are the channels of the persons' first entries.
func (h *History) firstChannels() map[live.PersonID]string {
	out := map[live.PersonID]string{}
	for _, e := range h.entries() {
		if _, known := out[e.person]; !known {
			out[e.person] = e.channel
			if e.channel == "" {
				out[e.person] = ChannelDirect
			}
		}
	}
	return out
}

// firstAgents are those whom the persons met first.
func (h *History) firstAgents() map[live.PersonID]string {
	out := map[live.PersonID]string{}
	for _, a := range h.counted() {
		if a.agent != "" && out[a.person] == "" {
			out[a.person] = a.agent
		}
	}
	return out
}

// Cohorts answers the question.
func (h *History) Cohorts(q CohortQuestion) CohortTable {
	channels, agents := h.firstChannels(), h.firstAgents()
	rows := map[string]*Cohort{}
	length := Day(q.Period.Days())
	for person, l := range h.lives(q.Act) {
		born := l.days[0]
		if born < q.From || born >= q.Until {
			continue
		}
		var key string
		switch q.By {
		case ByShow:
			key = string(l.show)
		case ByChannel:
			var known bool
			if key, known = channels[person]; !known {
				key = ChannelUnknown
			}
		case ByAgent:
			key = agents[person]
		default:
			key = q.Period.Start(born)
		}
		row := rows[key]
		if row == nil {
			row = &Cohort{Key: key, Cells: make([]Cell, q.Periods+1)}
			rows[key] = row
		}
		row.Size++
		for k := range row.Cells {
			first, next := born+Day(k)*length, born+Day(k+1)*length
			if next > q.Today() {
				continue // the interval is not over
			}
			row.Cells[k].Of++
			if slices.ContainsFunc(l.days, func(d Day) bool { return d >= first && (q.OrAfter || d < next) }) {
				row.Cells[k].Back++
			}
		}
	}
	var cohorts []Cohort
	for _, row := range rows {
		cohorts = append(cohorts, *row)
	}
	return NewCohortTable(&q, cohorts)
}
