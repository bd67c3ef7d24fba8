package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"showrunner/live"
)

// Town is an invented merchant with many groups over many days: who joins, speaks
// and leaves is drawn day by day, and what is true of every group at the end of
// every day is noted as it is drawn, not counted from facts.
//
// Its facts come as a reader of a log gives them, piece by piece, since all of them
// at once would not fit: some late, some told twice, and some of people who are
// known by another name until a merge says who they are.
type Town struct {
	Merchant live.MerchantID
	First    time.Time // midnight UTC of day 0
	Days     int
	Groups   []*TownGroup

	mu      sync.Mutex
	rng     *rand.Rand
	day     int // drawn so far
	ready   []live.Event
	late    [][]live.Event // by the day they arrive
	next    live.Position
	ids     int
	merges  int64
	members int
}

// TownGroup is one group with its truth.
type TownGroup struct {
	ID    string
	Agent string
	Born  int // day
	Fades int // day from which it goes silent; Days or more: it does not
	// By day of the town, from Born on: what is true at the end of the day.
	Members, Joins, Leaves, Active7, Active14, Care, Sell []int64

	people []townMember
	n      int // members ever
}

type townMember struct {
	id, alias live.PersonID // alias: another name, told to be theirs later
	in        bool
	spoke     int // last day
}

// NewTown draws nothing yet: a town of groups with so many members each, living
// for days. The same arguments give the same town.
func NewTown(m live.MerchantID, seed uint64, groups, members, days int, first time.Time) *Town {
	t := &Town{
		Merchant: m, First: first.UTC().Truncate(24 * time.Hour), Days: days, rng: rand.New(rand.NewPCG(seed, 120)), late: make([][]live.Event, days+1),
		next: live.Position{Seq: 1}, members: members,
	}
	for i := range groups {
		g := &TownGroup{
			ID: fmt.Sprintf("town-%05d", i), Agent: fmt.Sprintf("agent-%03d", i%max(groups/40, 1)), Fades: days,
			Members: make([]int64, days), Joins: make([]int64, days), Leaves: make([]int64, days), Active7: make([]int64, days), Active14: make([]int64, days), Care: make([]int64, days), Sell: make([]int64, days),
		}
		if i%3 > 0 { // Two in three begin in the first days, the others whenever.
			g.Born = t.rng.IntN(min(5, days))
		} else {
			g.Born = t.rng.IntN(days)
		}
		if t.rng.IntN(10) < 6 { // Most go silent in their second or third month.
			g.Fades = g.Born + 30 + t.rng.IntN(45)
		}
		t.Groups = append(t.Groups, g)
	}
	return t
}

// state adds a fact of a day, which may arrive later than it occurred.
func (t *Town) state(day int, kind live.Kind, person live.PersonID, role live.Role, data map[string]any) {
	raw, err := json.Marshal(data)
	if err != nil {
		panic("BUG: a fact of the town cannot be encoded: " + err.Error())
	}
	at := t.First.AddDate(0, 0, day).Add(time.Duration(t.rng.Int64N(int64(20*time.Hour))) + time.Hour).Truncate(time.Millisecond)
	t.ids++
	e := live.Event{
		ID: live.EventID(fmt.Sprintf("t%d", t.ids)), Kind: kind, Source: "crm", Merchant: t.Merchant, Person: person, Actor: live.Actor{ID: "crm", Role: role}, OccurredAt: at, ReceivedAt: at, Data: raw,
	}
	arrives := day
	if t.rng.IntN(60) == 0 {
		arrives = min(day+1+t.rng.IntN(4), t.Days)
	}
	if arrives > day {
		e.ReceivedAt = t.First.AddDate(0, 0, arrives)
		t.late[arrives] = append(t.late[arrives], e)
		return
	}
	t.ready = append(t.ready, e)
}

// draw lives one day.
func (t *Town) draw() {
	d := t.day
	t.day++
	t.ready = append(t.ready, t.late[d]...)
	t.late[d] = nil
	if d == t.Days {
		return
	}
	for _, g := range t.Groups {
		if d < g.Born {
			continue
		}
		t.come(g, d)
		t.speak(g, d)
		t.leave(g, d)
		for i := range g.people {
			p := &g.people[i]
			if !p.in {
				continue
			}
			g.Members[d]++
			if p.spoke > d-7 {
				g.Active7[d]++
			}
			if p.spoke > d-14 {
				g.Active14[d]++
			}
		}
	}
}

// come lets people join: most in the first five days, then a trickle.
func (t *Town) come(g *TownGroup, d int) {
	if d == g.Born {
		t.state(d, live.GroupCreated, "", live.RoleIntegration, map[string]any{"group_id": g.ID, "name": "Group " + g.ID, "platform": "wecom", "agent_id": g.Agent})
	}
	n := t.rng.IntN(2)
	if d < g.Born+5 {
		n = t.members / 5
	}
	for range n {
		g.n++
		p := townMember{id: live.PersonID(fmt.Sprintf("%s-p%d", g.ID, g.n)), in: true, spoke: -1000}
		g.Joins[d]++
		scene := live.JoinScenes[t.rng.IntN(len(live.JoinScenes))]
		t.state(d, live.GroupJoined, p.id, live.RoleIntegration, map[string]any{"group_id": g.ID, "join_scene": scene, "agent_id": g.Agent})
		if g.n%41 == 0 { // told twice, by another system
			t.ids++
			t.state(d, live.GroupJoined, p.id, live.RoleIntegration, map[string]any{"group_id": g.ID, "join_scene": scene})
			t.untangle(g, &p, d)
		}
		if g.n%37 == 0 {
			p.alias = p.id + "-device"
			t.merges++
			t.state(d, live.IdentityMerged, p.id, live.RoleSystem, map[string]any{"merge": t.merges, "from_person": p.alias, "to_person": p.id, "persons": []live.PersonID{p.id, p.alias}})
		}
		g.people = append(g.people, p)
	}
}

// untangle lets who was told to join twice speak, so that a double would show.
func (t *Town) untangle(g *TownGroup, p *townMember, d int) {
	p.spoke = d
	t.state(d, live.GroupMessageSent, p.id, live.RoleIntegration, map[string]any{"group_id": g.ID, "kind": live.MessageChat, "by_role": live.SpeakerMember})
}

// speak lets members and staff write: the members of a fading group less from day to day.
func (t *Town) speak(g *TownGroup, d int) {
	chance := 0.06
	if d >= g.Fades {
		chance /= float64(2 + (d-g.Fades)/3)
	}
	for i := range g.people {
		p := &g.people[i]
		if !p.in || t.rng.Float64() >= chance {
			continue
		}
		p.spoke = d
		name := p.id
		if p.alias != "" && t.rng.IntN(2) == 0 {
			name = p.alias
		}
		t.state(d, live.GroupMessageSent, name, live.RoleIntegration, map[string]any{"group_id": g.ID, "kind": live.MessageChat, "by_role": live.SpeakerMember})
	}
	for range 1 + t.rng.IntN(4) {
		kind := live.MessageKinds[t.rng.IntN(len(live.MessageKinds))]
		switch kind {
		case live.MessageShare, live.MessageQA, live.MessageCare:
			g.Care[d]++
		case live.MessageRecommend:
			g.Sell[d]++
		}
		t.state(d, live.GroupMessageSent, "", live.RoleIntegration, map[string]any{"group_id": g.ID, "kind": kind, "by_role": "expert", "agent_id": g.Agent})
	}
}

// leave lets a few go, the day after they came or later.
func (t *Town) leave(g *TownGroup, d int) {
	for i := range g.people {
		p := &g.people[i]
		// Who came or spoke today stays: the order of a day's facts is drawn.
		if !p.in || p.spoke == d || int64(i) >= int64(len(g.people))-g.Joins[d] || t.rng.IntN(400) > 0 {
			continue
		}
		p.in = false
		g.Leaves[d]++
		t.state(d, live.GroupLeft, p.id, live.RoleIntegration, map[string]any{"group_id": g.ID, "quit_scene": live.QuitScenes[t.rng.IntN(2)]})
	}
}

// Next are the next facts as the log would hold them. When the town's days are
// over it waits and gives none, as a log does that nobody writes to.
func (t *Town) Next(ctx context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	if out := t.take(limit); len(out) > 0 {
		return out, ctx.Err()
	}
	idle := time.NewTimer(wait)
	defer idle.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-idle.C:
		return nil, nil
	}
}

func (t *Town) take(limit int) []live.Entry {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.ready) == 0 && t.day <= t.Days {
		t.draw()
	}
	out := make([]live.Entry, min(limit, len(t.ready), live.MaxBatch))
	for i := range out {
		out[i] = live.Entry{Position: t.next, Event: t.ready[i]}
		if t.next.Index++; t.next.Index == live.MaxBatch {
			t.next = live.Position{Seq: t.next.Seq + 1}
		}
	}
	t.ready = t.ready[len(out):]
	return out
}

// Position is behind the last fact that was given.
func (t *Town) Position() live.Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// Checkpoint is the beginning: a town is read once.
func (t *Town) Checkpoint() (live.Position, []byte) { return live.Position{}, nil }

// Commit forgets: what was read is not read again.
func (t *Town) Commit(context.Context, live.Position, []byte) error { return nil }

// Over reports whether all facts were given.
func (t *Town) Over() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.day > t.Days && len(t.ready) == 0
}
