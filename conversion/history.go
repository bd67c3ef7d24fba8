package conversion

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// History is what retention and funnels are counted from, read fact by fact
// from the log and kept in memory. The clickhouse package answers the same
// questions from its tables; a test holds the two equal.
type History struct {
	scope  Scope
	acts   []act
	sums   map[orderKey]*orderSum
	merges []live.Merge
	bots   map[showPerson]bool             // the last word of a show about a person
	names  map[live.PersonID]live.PersonID // of merged persons, once asked
}

type showPerson struct {
	show   live.ShowID
	person live.PersonID
}

// act is a fact about a person.
type act struct {
	kind           live.Kind
	person         live.PersonID
	at             time.Time
	position       live.Position
	show           live.ShowID
	channel, agent string
	group          string
	viewer         bool // stated by the person
	step           bool // may be a step of a funnel
}

type orderKey struct {
	order    live.OrderID
	person   live.PersonID
	currency live.Currency
	show     live.ShowID
}

type orderSum struct {
	paidOrders, cancelled, paid, refunds, cancelledPaid int64
	paidAt                                              time.Time
}

// purchase is an order that holds: paid, not cancelled, not refunded in full.
type purchase struct {
	orderKey
	at    time.Time
	value int64
}

// NewHistory makes an empty history.
func NewHistory(s Scope) *History {
	return &History{scope: s, sums: map[orderKey]*orderSum{}, bots: map[showPerson]bool{}}
}

// actData is what an act takes from the data of its fact.
type actData struct {
	Agent string `json:"agent_id"`
	Group string `json:"group_id"`
}

// Add reads a fact. Facts of others, of rehearsals, and those received after the
// instant of the scope are left out. Facts must come in the order of the log.
func (h *History) Add(en live.Entry) error {
	e := &en.Event
	if e.Merchant != h.scope.Merchant || e.ReceivedAt.After(h.scope.AsOf) {
		return nil
	}
	var d actData
	if len(e.Data) > 0 && json.Unmarshal(e.Data, &d) != nil {
		d = actData{}
	}
	switch {
	case e.Kind == live.IdentityMerged || e.Kind == live.IdentityUnmerged:
		if m, ok := MergeOf(e.Data); ok {
			h.merges = append(h.merges, m)
		}
		return nil
	case e.Rehearsal:
		return nil
	}
	if live.OrderFactKind(e.Kind) {
		if err := h.addDeltas(e); err != nil {
			return err
		}
	}
	if e.Person != "" && (e.Kind == live.BotFlagged || e.Kind == live.BotUnflagged) {
		h.bots[showPerson{e.Show, e.Person}] = e.Kind == live.BotFlagged
	}
	if e.Person == "" || h.scope.Room != "" && e.Room != h.scope.Room {
		return nil
	}
	at := e.OccurredAt
	if at.IsZero() {
		at = e.ReceivedAt
	}
	a := act{
		kind: e.Kind, person: e.Person, at: at.UTC().Truncate(time.Millisecond), position: en.Position, show: e.Show, channel: e.Channel,
		viewer: e.Actor.Role == live.RoleViewer, group: d.Group,
	}
	_, touch := TouchOf(*e)
	a.step = touch || a.viewer || e.Actor.Role == live.RoleSystem || live.OrderFactKind(e.Kind)
	if slices.Contains(AgentKinds, e.Kind) {
		if a.agent = d.Agent; a.agent == "" && e.Actor.Role == live.RoleAgent {
			a.agent = e.Actor.ID
		}
	}
	h.acts = append(h.acts, a)
	return nil
}

// MergeOf is the entry of the log of identities that a fact of a merge, or of
// its undoing, states; false is data that cannot be read. Facts of before they
// named both persons name the group that the merge made in place of one.
func MergeOf(data json.RawMessage) (live.Merge, bool) {
	var d struct {
		N       int64           `json:"merge"`
		Undoes  int64           `json:"undoes"`
		From    live.PersonID   `json:"from_person"`
		To      live.PersonID   `json:"to_person"`
		Persons []live.PersonID `json:"persons"`
	}
	if json.Unmarshal(data, &d) != nil {
		return live.Merge{}, false
	}
	m := live.Merge{N: d.N, A: d.To, B: d.From, Undoes: d.Undoes}
	if len(d.Persons) == 2 {
		m.A, m.B = d.Persons[0], d.Persons[1]
	}
	return m, true
}

func (h *History) addDeltas(e *live.Event) error {
	deltas, err := live.DecodeDeltas(e.Data)
	if err != nil {
		return err
	}
	for i := range deltas {
		d := &deltas[i]
		if d.Person == "" || h.scope.Room != "" && d.Room != h.scope.Room {
			continue
		}
		k := orderKey{d.Order, d.Person, d.Currency, d.Show}
		s := h.sums[k]
		if s == nil {
			s = &orderSum{}
			h.sums[k] = s
		}
		s.paidOrders += d.Paid
		s.cancelled += d.Cancelled
		s.paid += d.PaidMinor
		s.refunds += d.RefundGoods + d.RefundShip
		s.cancelledPaid += d.CancelledPaid
		if d.Paid > 0 {
			s.paidAt = d.PaidAt.UTC().Truncate(time.Millisecond)
		}
	}
	return nil
}

// who is the one name of a person.
func (h *History) who(p live.PersonID) live.PersonID {
	if h.names == nil {
		h.names = Names(h.merges)
	}
	if one, ok := h.names[p]; ok {
		return one
	}
	return p
}

// Names maps every name of a merged person to the same one of them.
func Names(merges []live.Merge) map[live.PersonID]live.PersonID {
	names := map[live.PersonID]live.PersonID{}
	for _, group := range live.Groups(merges) {
		for _, p := range group {
			if p != group[0] {
				names[p] = group[0]
			}
		}
	}
	return names
}

// purchases are the orders that hold, in the order of their payment.
func (h *History) purchases() (out []purchase) {
	for k, s := range h.sums {
		if s.paidOrders > 0 && s.cancelled <= 0 && !(s.paid > 0 && s.refunds >= s.paid) {
			k.person = h.who(k.person)
			out = append(out, purchase{k, s.paidAt, s.paid - s.refunds - s.cancelledPaid})
		}
	}
	slices.SortFunc(out, func(a, b purchase) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order))
	})
	return out
}

// counted are the facts that count, with the one name of each person, in the
// order they happened: what viewers did in a show whose last word calls them a
// bot does not.
func (h *History) counted() []act {
	out := make([]act, 0, len(h.acts))
	for _, a := range h.acts {
		if a.viewer && h.bots[showPerson{a.show, a.person}] {
			continue
		}
		a.person = h.who(a.person)
		out = append(out, a)
	}
	sortActs(out)
	return out
}

// entries are the entries of viewers into rooms, in the order they happened.
func (h *History) entries() []act {
	return slices.DeleteFunc(h.counted(), func(a act) bool { return a.kind != live.RoomEntered || !a.viewer })
}

// sortActs orders facts by when they happened and, in the same millisecond, by
// their place in the log.
func sortActs(acts []act) {
	slices.SortFunc(acts, func(a, b act) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		if a.position.Less(b.position) {
			return -1
		}
		return 1
	})
}
