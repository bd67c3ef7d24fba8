package conversion

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"

	"showrunner/live"
)

// AssistWindows are how far before an order an agent may have served its buyer
// for the order to count as assisted: 24 hours, 72 hours and 7 days.
var AssistWindows = []time.Duration{24 * time.Hour, 72 * time.Hour, 7 * 24 * time.Hour}

// AssistWindow is the one that holds where none is named.
const AssistWindow = 72 * time.Hour

// AssistKinds are the facts by which an agent serves one person, but for a touch
// that says it is transactional: a notice of a parcel sells nothing. In a group an
// agent serves who is in it when they speak.
var AssistKinds = []live.Kind{live.ServiceStarted, live.ServiceMessageSent, live.TouchSent, "followup_done"}

// AssistQuestion asks which orders were paid after an agent had served the
// buyer. Scope.Room is not looked at: service is of no room.
type AssistQuestion struct {
	Scope
	From, Until Day         // of the payment; until is not in it
	Show        live.ShowID // orders of this show only; empty: of all, and of none
	Window      time.Duration
	Agent       string // what this agent did only; empty: everybody
}

// AssistBy is what an assist is told by.
type AssistBy string

// What an assist is told by.
const (
	AssistByAgent AssistBy = "agent"
	AssistByGroup AssistBy = "group"
	AssistByEntry AssistBy = "entry"
)

// Assist is what the orders of one key are worth. An order that two agents
// assisted is in the row of each: rows of one kind do not add up.
type Assist struct {
	By     AssistBy // empty: of all keys, each order once
	Key    string
	Orders int64
	Net    int64 // minor units, less refunds and cancellations as of the instant
}

// AssistTotal is the answer in one currency: all orders, those assisted, and by
// whom.
type AssistTotal struct {
	Currency live.Currency
	Orders   int64 // that hold, assisted or not
	Net      int64
	Assisted Assist
	Rows     []Assist // agents, groups, entries; of each the most money first
}

// SortAssists puts totals and their rows in the order in which they are told.
func SortAssists(totals []AssistTotal) {
	slices.SortFunc(totals, func(a, b AssistTotal) int { return cmp.Compare(a.Currency, b.Currency) })
	for i := range totals {
		slices.SortFunc(totals[i].Rows, func(a, b Assist) int {
			return cmp.Or(cmp.Compare(a.By, b.By), cmp.Compare(b.Net, a.Net), cmp.Compare(b.Orders, a.Orders), cmp.Compare(a.Key, b.Key))
		})
	}
}

// Assists is what the question is answered from, read fact by fact from the log
// and kept in memory. The clickhouse package answers from its tables; a test
// holds the two equal.
type Assists struct {
	orders *History
	scope  Scope
	acts   []assistAct
	turns  []groupTurn
	said   []assistAct // in groups: nobody's
}

// assistAct is an agent serving somebody.
type assistAct struct {
	person              live.PersonID
	at                  int64 // unix ms
	agent, group, entry string
}

// groupTurn is somebody coming into a group, or leaving it.
type groupTurn struct {
	person   live.PersonID
	group    string
	at       int64
	position live.Position
	in       bool
}

// NewAssists starts from nothing.
func NewAssists(s Scope) *Assists {
	s.Room = ""
	return &Assists{orders: NewHistory(s), scope: s}
}

// AssistData is what an assist takes from the data of its fact.
type AssistData struct {
	Agent string `json:"agent_id"`
	Group string `json:"group_id"`
	Entry string `json:"entry_id"`
	By    string `json:"by"`
	Role  string `json:"by_role"`

	Transactional Flag `json:"transactional"`
}

// NoAgents are the words for who spoke that mean no agent.
var NoAgents = []string{"viewer", "customer", "bot", "system", live.SpeakerMember}

// Add reads a fact, in the order of the log.
func (x *Assists) Add(en live.Entry) error {
	e := &en.Event
	if e.Merchant != x.scope.Merchant || e.ReceivedAt.After(x.scope.AsOf) {
		return nil
	}
	if err := x.orders.Add(en); err != nil || e.Rehearsal {
		return err
	}
	var d AssistData
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		return nil
	}
	at := e.OccurredAt
	if at.IsZero() {
		at = e.ReceivedAt
	}
	switch e.Kind {
	case live.GroupJoined, live.GroupLeft:
		if e.Person != "" {
			x.turns = append(x.turns, groupTurn{e.Person, d.Group, at.UnixMilli(), en.Position, e.Kind == live.GroupJoined})
		}
		return nil
	}
	agent := d.Agent
	if agent == "" && e.Actor.Role == live.RoleAgent {
		agent = e.Actor.ID
	}
	if agent == "" || slices.Contains(NoAgents, d.By) || slices.Contains(NoAgents, d.Role) {
		return nil
	}
	a := assistAct{e.Person, at.UnixMilli(), agent, "", d.Entry}
	switch {
	case e.Kind == live.GroupMessageSent:
		a.person, a.group, a.entry = "", d.Group, ""
		x.said = append(x.said, a)
	case e.Kind == live.TouchSent && bool(d.Transactional):
	case e.Person != "" && slices.Contains(AssistKinds, e.Kind):
		x.acts = append(x.acts, a)
	}
	return nil
}

// Answer tells the orders of the question by currency.
func (x *Assists) Answer(q AssistQuestion) []AssistTotal {
	acts := slices.Clone(x.acts)
	for i := range acts {
		acts[i].person = x.orders.who(acts[i].person)
	}
	for person, stays := range x.stays() {
		for _, s := range stays {
			for _, a := range x.said {
				if a.group == s.group && a.at >= s.from && a.at < s.until {
					a.person = person
					acts = append(acts, a)
				}
			}
		}
	}
	by := map[live.PersonID][]assistAct{}
	for _, a := range acts {
		if q.Agent == "" || a.agent == q.Agent {
			by[a.person] = append(by[a.person], a)
		}
	}
	totals := map[live.Currency]*AssistTotal{}
	rows := map[live.Currency]map[[2]string]*Assist{}
	for _, p := range x.orders.purchases() {
		if d := DayOf(p.at, q.Zone); d < q.From || d >= q.Until || q.Show != "" && p.show != q.Show {
			continue
		}
		t := totals[p.currency]
		if t == nil {
			t = &AssistTotal{Currency: p.currency}
			totals[p.currency], rows[p.currency] = t, map[[2]string]*Assist{}
		}
		t.Orders++
		t.Net += p.value
		keys := map[[2]string]bool{}
		for _, a := range by[p.person] {
			if paid := p.at.UnixMilli(); a.at > paid || a.at < paid-q.Window.Milliseconds() {
				continue
			}
			keys[[2]string{}] = true
			for _, k := range [][2]string{{string(AssistByAgent), a.agent}, {string(AssistByGroup), a.group}, {string(AssistByEntry), a.entry}} {
				if k[1] != "" {
					keys[k] = true
				}
			}
		}
		for k := range keys {
			r := rows[p.currency][k]
			if r == nil {
				r = &Assist{By: AssistBy(k[0]), Key: k[1]}
				rows[p.currency][k] = r
			}
			r.Orders++
			r.Net += p.value
		}
	}
	var out []AssistTotal
	for c, t := range totals {
		for k, r := range rows[c] {
			if k == [2]string{} {
				t.Assisted = *r
			} else {
				t.Rows = append(t.Rows, *r)
			}
		}
		out = append(out, *t)
	}
	SortAssists(out)
	return out
}

// stay is a time somebody was in a group; until is not in it.
type stay struct {
	group       string
	from, until int64
}

// stays are when people were in groups, under the one name of each.
func (x *Assists) stays() map[live.PersonID][]stay {
	turns := slices.Clone(x.turns)
	slices.SortFunc(turns, func(a, b groupTurn) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.position.Offset(), b.position.Offset()))
	})
	out := map[live.PersonID][]stay{}
	open := map[[2]string]int{} // where the stay stands that is not over, from 1
	for _, t := range turns {
		who := x.orders.who(t.person)
		k := [2]string{string(who), t.group}
		switch {
		case t.in && open[k] == 0:
			out[who] = append(out[who], stay{t.group, t.at, math.MaxInt64})
			open[k] = len(out[who])
		case !t.in && open[k] > 0:
			out[who][open[k]-1].until = t.at
			open[k] = 0
		}
	}
	return out
}
