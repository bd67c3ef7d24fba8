package temperature

import (
	"cmp"
	"slices"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// History is what rows are counted from, read fact by fact from the log and kept
// in memory.
type History struct {
	scope  conversion.Scope
	facts  []fact
	merges []live.Merge
	bots   map[[2]string]bool // the last word of a show about a person
	orders map[boughtKey]*bought
}

// fact is what is kept of one.
type fact struct {
	live.Event
	said Said
	at   time.Time
	pos  live.Position
}

// NewHistory makes an empty history.
func NewHistory(s conversion.Scope) *History {
	return &History{scope: s, bots: map[[2]string]bool{}, orders: map[boughtKey]*bought{}}
}

// Add reads a fact. Facts of others, of rehearsals, and those received after the
// instant of the scope are left out. Facts must come in the order of the log.
func (h *History) Add(en live.Entry) error {
	e := en.Event
	if e.Merchant != h.scope.Merchant || e.ReceivedAt.After(h.scope.AsOf) {
		return nil
	}
	if e.Kind == live.IdentityMerged || e.Kind == live.IdentityUnmerged {
		if m, ok := conversion.MergeOf(e.Data); ok {
			h.merges = append(h.merges, m)
		}
		return nil
	}
	if e.Rehearsal {
		return nil
	}
	if e.Person != "" && (e.Kind == live.BotFlagged || e.Kind == live.BotUnflagged) {
		h.bots[[2]string{string(e.Show), string(e.Person)}] = e.Kind == live.BotFlagged
	}
	if live.OrderFactKind(e.Kind) {
		if err := h.addDeltas(&e); err != nil {
			return err
		}
	}
	f := fact{Event: e, said: Read(e.Data), at: e.OccurredAt.Truncate(time.Millisecond), pos: en.Position}
	if e.OccurredAt.IsZero() {
		f.at = e.ReceivedAt.Truncate(time.Millisecond)
	}
	h.facts = append(h.facts, f)
	return nil
}

// counted are the facts whose subject counts, by subject: a person over all their
// names, or a group.
func (h *History) counted(by By, keep func(*fact) bool) map[string][]*fact {
	names := conversion.Names(h.merges)
	out := map[string][]*fact{}
	for i := range h.facts {
		f := &h.facts[i]
		bot := f.Actor.Role == live.RoleViewer && h.bots[[2]string{string(f.Show), string(f.Person)}]
		if bot || !keep(f) {
			continue
		}
		subject := f.said.Group
		if by != ByGroup {
			subject = string(f.Person)
			if one := names[f.Person]; one != "" {
				subject = string(one)
			}
		}
		if subject != "" {
			out[subject] = append(out[subject], f)
		}
	}
	return out
}

func (f *fact) agent() string {
	if f.said.Agent == "" && f.Actor.Role == live.RoleAgent {
		return f.Actor.ID
	}
	return f.said.Agent
}

// proactive reports a touch of somebody who did not ask: of a person, or of a
// group as a whole.
func proactive(f *fact, by By) bool {
	return f.Kind == live.TouchSent && !bool(f.said.Transactional) && (by != ByGroup || f.Person == "")
}

// answers reports an answer of a person, or of anybody in a group.
func answers(f *fact, by By) bool {
	if by != ByGroup {
		return AnswerOf(&f.Event)
	}
	return f.Kind == "group_message_clicked" || f.Kind == live.GroupMessageSent && slices.Contains(Customers, f.said.Role)
}

// hurts reports negative feedback.
func hurts(f *fact, by By) bool {
	if by == ByGroup {
		return f.Kind == live.GroupLeft && f.said.Quit != live.QuitRemoved
	}
	switch f.Kind {
	case live.TouchRejected:
		return true
	case "contact_lost":
		return f.said.Blocked || f.said.LostBy == "customer"
	case live.ContactPreferenceSet:
		return f.said.OptOut
	}
	return false
}

// Rows answers the question.
func (h *History) Rows(q Question) []Row {
	rows := map[string]*Row{}
	row := func(key string) *Row {
		if rows[key] == nil {
			rows[key] = &Row{Key: key}
		}
		return rows[key]
	}
	key := func(subject, agent string) string {
		switch q.By {
		case ByAgent:
			return agent
		case ByMerchant:
			return ""
		case ByPerson, ByGroup:
		}
		return subject
	}
	in := func(at time.Time) bool { return !at.Before(q.From) && at.Before(q.Until) }
	after := func(facts []*fact, at time.Time, within time.Duration) bool {
		return slices.ContainsFunc(facts, func(f *fact) bool { return f.at.After(at) && !f.at.After(at.Add(within)) })
	}
	replied := h.counted(q.By, func(f *fact) bool { return answers(f, q.By) })
	hurt := h.counted(q.By, func(f *fact) bool { return hurts(f, q.By) })
	for subject, touches := range h.counted(q.By, func(f *fact) bool { return proactive(f, q.By) }) {
		for _, t := range touches {
			if !in(t.at) {
				continue
			}
			r := &Row{Sent: 1}
			if !t.at.Add(q.Answer).After(h.scope.AsOf) {
				r.Touches = 1
				unanswered, negative, above := !after(replied[subject], t.at, q.Answer), after(hurt[subject], t.at, q.Answer), q.above(t, touches)
				r.Unanswered, r.Negative, r.Above, r.Over = one(unanswered), one(negative), one(above), one(unanswered && (negative || above))
			}
			row(key(subject, t.agent())).add(r)
		}
	}
	for _, n := range h.needs(q.By) {
		if !in(n.at) {
			continue
		}
		r := &Row{Asked: 1}
		if !n.at.Add(q.SLA).After(h.scope.AsOf) {
			first := slices.IndexFunc(n.replies, func(at time.Time) bool { return !at.Before(n.at) })
			unmet := first < 0 || n.replies[first].After(n.at.Add(q.SLA))
			r.Needs, r.Unmet, r.Late = 1, one(unmet), one(unmet && first >= 0)
		}
		row(key(n.subject, n.agent)).add(r)
	}
	var out []Row
	for k, r := range rows {
		if q.Key == "" || q.Key == k {
			out = append(out, *r)
		}
	}
	return q.sorted(out)
}

func one(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// above reports a touch that is more than a cap allows, itself included.
func (q *Question) above(t *fact, all []*fact) bool {
	return slices.ContainsFunc(q.Caps, func(c Cap) bool {
		if c.Each && c.Channel != "" && c.Channel != t.Channel {
			return false
		}
		n := int64(0)
		for _, o := range all {
			if !o.at.After(t.at) && o.at.After(t.at.Add(-c.Window)) && (!c.Each || o.Channel == t.Channel) {
				n++
			}
		}
		return n > c.AtMost
	})
}

// need is a session that a customer began.
type need struct {
	subject, agent string
	at             time.Time
	replies        []time.Time // by a human, ascending
}

// needs are the sessions, each as its first word tells it.
func (h *History) needs(by By) []need {
	type begun struct {
		subject string
		*fact
	}
	before := func(a, b *fact) bool {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.pos.Offset(), b.pos.Offset())) < 0
	}
	first := map[string]begun{}
	for subject, facts := range h.counted(by, func(f *fact) bool {
		return f.Kind == live.ServiceStarted && f.said.Inbound() && f.said.Session != "" && f.Person != ""
	}) {
		for _, f := range facts {
			if b, ok := first[f.said.Session]; !ok || before(f, b.fact) {
				first[f.said.Session] = begun{subject, f}
			}
		}
	}
	var out []need
	for id, b := range first {
		n := need{subject: b.subject, at: b.at}
		var served *fact
		for i := range h.facts {
			f := &h.facts[i]
			if f.said.Session != id || !slices.Contains(SessionKinds, f.Kind) {
				continue
			}
			if f.agent() != "" && (served == nil || before(f, served)) {
				served = f
			}
			if human(f) {
				n.replies = append(n.replies, f.at)
			}
		}
		if served != nil {
			n.agent = served.agent()
		}
		slices.SortFunc(n.replies, time.Time.Compare)
		out = append(out, n)
	}
	return out
}

// SessionKinds are the facts that tell which agent a session is with: the first
// who is named.
var SessionKinds = []live.Kind{live.ServiceStarted, live.ServiceAssigned, live.ServiceFirstReplied, live.ServiceMessageSent}

// human reports a reply by a person of the merchant: a bot's answer is none.
func human(f *fact) bool {
	switch f.Kind {
	case live.ServiceFirstReplied:
		return true
	case live.ServiceMessageSent:
		return f.said.By == "agent" || f.said.By == "" && f.Actor.Role == live.RoleAgent
	}
	return false
}

// Deeds are what a person of any of their names did and was done for, ascending.
func (h *History) Deeds(person live.PersonID) []Deed {
	if one := conversion.Names(h.merges)[person]; one != "" {
		person = one
	}
	facts := h.counted(ByPerson, func(f *fact) bool { return f.Person != "" && slices.Contains(DeedKinds, f.Kind) })[string(person)]
	slices.SortFunc(facts, func(a, b *fact) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.pos.Offset(), b.pos.Offset())) })
	out := make([]Deed, len(facts))
	for i, f := range facts {
		out[i] = Deed{Kind: f.Kind, At: f.at.UTC(), Role: f.Actor.Role, Data: f.Data}
		if live.OrderFactKind(f.Kind) {
			out[i].Data = nil // Money is the order book's to tell.
		}
		if f.Kind == live.WatchHeartbeat && f.said.Visible {
			out[i].Num = max(f.said.Watched, 0)
		}
	}
	return out
}
