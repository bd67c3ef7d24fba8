package incubation

import (
	"context"
	"encoding/json"
	"fmt"

	"showrunner/live"
	"showrunner/live/store"
)

// Store is what the book is kept in; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
	Snapshot(ctx context.Context, fn func(store.Querier) error) error
}

// Book keeps who becomes a host. Make it with [New].
type Book struct {
	store Store
	newID func() string
}

// New starts nothing. NewID makes identifiers that are never used twice.
func New(s Store, newID func() string) *Book {
	if s == nil || newID == nil {
		panic("BUG: the book of incubation is not complete")
	}
	return &Book{s, newID}
}

// Reach is what a caller sees of the candidates of a merchant.
type Reach struct {
	Merchant live.MerchantID
	Own      string // not empty: them alone
	Coach    string // not empty: beside Own, whom they coach
}

// ReachOf is the reach of a caller: agents and trainees see themselves, hosts
// themselves and whom they coach, everybody else all.
func ReachOf(m live.MerchantID, p live.Principal) Reach {
	r := Reach{Merchant: m}
	switch p.Role {
	case live.RoleAgent, live.RoleTrainee:
		r.Own = p.Subject
	case live.RoleHost:
		r.Own, r.Coach = p.Subject, p.Subject
	default:
	}
	return r
}

// Alone is the reach without whom somebody coaches: what a candidate asks for
// their coach does not ask for in their place.
func (r Reach) Alone() Reach {
	r.Coach = ""
	return r
}

func (r *Reach) within(w *store.Where) {
	w.Add("merchant_id = ?", string(r.Merchant))
	switch {
	case r.Coach != "":
		w.Add("(agent_id = ? OR coach_id = ?)", r.Own, r.Coach)
	case r.Own != "":
		w.Add("agent_id = ?", r.Own)
	}
}

// tell writes what happened to a candidate: a fact, and an entry of the audit log.
func tell(t *store.Tx, m live.MerchantID, kind live.Kind, at place, by live.Actor, data map[string]any) error {
	if _, err := t.Emit(live.Event{Kind: kind, Merchant: m, Room: at.room, Show: at.show, Actor: by, OccurredAt: t.Now()}, data); err != nil {
		return err
	}
	return audit(t, m, "incubation."+string(kind), at, by, data)
}

func audit(t *store.Tx, m live.MerchantID, action string, at place, by live.Actor, data map[string]any) error {
	detail, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", action, err)
	}
	return t.Audit(store.AuditRow{Merchant: m, Room: at.room, Show: at.show, Actor: by, Action: action, Detail: string(detail)})
}

// place is the show that something happened in; empty: in none.
type place struct {
	room live.RoomID
	show live.ShowID
}

// notOneself refuses who would decide on themselves.
func notOneself(agent string, by live.Principal) error {
	if by.Subject == agent {
		return live.Forbidden("own_case", "nobody decides on themselves")
	}
	return nil
}
