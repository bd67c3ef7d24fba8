package guard

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Followup is a person whom an agent shall turn to: a need that was not met, or a
// customer who has gone silent.
type Followup struct {
	ID         string
	Merchant   live.MerchantID
	Person     live.PersonID
	Agent      string
	Session    string // the need; may be empty
	Note       string
	DueAt      time.Time // zero: none
	State      string    // open, done or dropped
	Result     string
	By         live.Actor
	AssignedAt time.Time
	EndedAt    time.Time
}

// States of a follow-up.
const (
	FollowupOpen    = "open"
	FollowupDone    = "done"
	FollowupDropped = "dropped"
)

// maxResult bounds what a follow-up came to: attribution reads it as a word.
const maxResult = 64

// Assign gives a person to an agent. Codes: "invalid_field".
func (g *Guard) Assign(ctx context.Context, f Followup) (Followup, error) {
	switch {
	case !live.ValidID(string(f.Person)):
		return Followup{}, live.Invalid("invalid_field", "person_id", "must be an identifier")
	case !live.ValidID(f.Agent):
		return Followup{}, live.Invalid("invalid_field", "agent_id", "must be an identifier")
	case f.Session != "" && !live.ValidID(f.Session):
		return Followup{}, live.Invalid("invalid_field", "session_id", "must be an identifier")
	case len(f.Note) > maxWords:
		return Followup{}, live.Invalid("invalid_field", "note", "must be at most %d bytes", maxWords)
	}
	f.ID, f.State = "fup_"+g.newID(), FollowupOpen
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		f.AssignedAt = tx.Now()
		if _, err := tx.Exec(`INSERT INTO guard_followups (`+followupColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			string(f.Merchant), f.ID, string(f.Person), f.Agent, f.Session, f.Note, store.Millis(f.DueAt), f.State, f.Result,
			f.By.ID, string(f.By.Role), store.Millis(f.AssignedAt)); err != nil {
			return fmt.Errorf("assign a follow-up: %w", err)
		}
		return f.tell(tx, live.FollowupAssigned, "followup.assign", f.By)
	})
	return f, err
}

// End says what a follow-up came to, or drops it. mine, unless empty, is the
// agent who may. Said twice it counts once. Codes: "followup_not_found",
// "followup_ended", "invalid_field".
func (g *Guard) End(ctx context.Context, m live.MerchantID, id, state, result string, by live.Actor, mine string) (Followup, error) {
	if state != FollowupDone && state != FollowupDropped {
		return Followup{}, live.Invalid("invalid_field", "state", "must be done or dropped")
	}
	if result == "" || len(result) > maxResult {
		return Followup{}, live.Invalid("invalid_field", "result", "must be 1 to %d bytes", maxResult)
	}
	var f Followup
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		var err error
		f, err = scanFollowup(tx.Row(`SELECT `+followupColumns+` FROM guard_followups WHERE merchant_id = ? AND followup_id = ?`, string(m), id))
		if errors.Is(err, sql.ErrNoRows) || err == nil && mine != "" && f.Agent != mine {
			return live.NotFound("followup_not_found", "there is no such follow-up")
		}
		if err != nil {
			return fmt.Errorf("read a follow-up: %w", err)
		}
		if f.State == state && f.Result == result {
			return nil
		}
		if f.State != FollowupOpen {
			return live.Conflict("followup_ended", "the follow-up is %s already", f.State)
		}
		f.State, f.Result, f.EndedAt = state, result, tx.Now()
		if _, err := tx.Exec(`UPDATE guard_followups SET state = ?, result = ?, ended_at = ? WHERE merchant_id = ? AND followup_id = ?`,
			state, result, store.Millis(f.EndedAt), string(m), id); err != nil {
			return fmt.Errorf("end a follow-up: %w", err)
		}
		if state == FollowupDropped {
			return f.tell(tx, "", "followup.drop", by)
		}
		return f.tell(tx, live.FollowupDone, "followup.done", by)
	})
	return f, err
}

func (f *Followup) tell(tx *store.Tx, kind live.Kind, action string, by live.Actor) error {
	data := map[string]any{"followup_id": f.ID, "agent_id": f.Agent}
	if f.Session != "" {
		data["session_id"] = f.Session
	}
	if f.Result != "" {
		data["result"] = f.Result
	}
	if kind != "" {
		if _, err := tx.Emit(live.Event{Kind: kind, Merchant: f.Merchant, Person: f.Person, Actor: by, OccurredAt: tx.Now()}, data); err != nil {
			return err
		}
	}
	delete(data, "result") // Free words may name people, and the audit log is never rewritten.
	detail, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode a follow-up: %w", err)
	}
	return tx.Audit(store.AuditRow{Merchant: f.Merchant, Actor: by, Action: action, Detail: string(detail)})
}

const followupColumns = `merchant_id, followup_id, person_id, agent_id, session_id, note, due_at, state, result, assigned_by, assigned_role, assigned_at, ended_at`

func scanFollowup(r store.Scanner) (f Followup, err error) {
	var due, assigned, ended int64
	err = r.Scan(&f.Merchant, &f.ID, &f.Person, &f.Agent, &f.Session, &f.Note, &due, &f.State, &f.Result, &f.By.ID, &f.By.Role, &assigned, &ended)
	f.DueAt, f.AssignedAt, f.EndedAt = store.Time(due), store.Time(assigned), store.Time(ended)
	return f, err
}

// FollowupFilter selects follow-ups. Zero members do not restrict.
type FollowupFilter struct {
	Merchant live.MerchantID // required
	Agent    string
	State    string
	Cursor   string
	Limit    int
}

// Followups lists them, last assigned first, with the cursor of the next page.
func (g *Guard) Followups(ctx context.Context, f FollowupFilter) ([]Followup, string, error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	if f.Agent != "" {
		w.Add("agent_id = ?", f.Agent)
	}
	if f.State != "" {
		w.Add("state = ?", f.State)
	}
	page.After(&w, "assigned_at", "followup_id")
	rows, err := g.store.View(ctx).Query(`SELECT `+followupColumns+` FROM guard_followups`+w.SQL()+` ORDER BY assigned_at DESC, followup_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scanFollowup)
	if err != nil {
		return nil, "", fmt.Errorf("list follow-ups: %w", err)
	}
	list, next := store.Cut(page, list, func(f Followup) (time.Time, string) { return f.AssignedAt, f.ID })
	return list, next, nil
}
