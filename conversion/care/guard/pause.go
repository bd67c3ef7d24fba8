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

// Pause keeps back every proactive touch of a person or a group for a while.
type Pause struct {
	ID       string
	Merchant live.MerchantID
	Person   live.PersonID // or Group
	Group    string
	Until    time.Time
	Reason   string
	By       live.Actor
	SetAt    time.Time
	EndedAt  time.Time // when it was ended before its time; zero: it was not
}

const (
	// MaxPause bounds a pause; who shall never be touched has an opt-out.
	MaxPause = 366 * 24 * time.Hour
	// maxWords bounds free words beside an action.
	maxWords = 500
)

// Pause begins a pause of so long. Codes: "invalid_field".
func (g *Guard) Pause(ctx context.Context, p Pause, length time.Duration) (Pause, error) {
	switch {
	case (p.Person == "") == (p.Group == ""):
		return Pause{}, live.Invalid("invalid_field", "person_id", "is required, or group_id: one of them")
	case !live.ValidID(string(p.Person)) && !live.ValidID(p.Group):
		return Pause{}, live.Invalid("invalid_field", "person_id", "must be an identifier")
	case length <= 0 || length > MaxPause:
		return Pause{}, live.Invalid("invalid_field", "days", "must be from 1 to %d", int(MaxPause/(24*time.Hour)))
	case len(p.Reason) > maxWords:
		return Pause{}, live.Invalid("invalid_field", "reason", "must be at most %d bytes", maxWords)
	}
	p.ID = "pau_" + g.newID()
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		p.SetAt, p.Until = tx.Now(), tx.Now().Add(length)
		if _, err := tx.Exec(`INSERT INTO guard_pauses (`+pauseColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			string(p.Merchant), p.ID, string(p.Person), p.Group, store.Millis(p.Until), p.Reason, p.By.ID, string(p.By.Role), store.Millis(p.SetAt)); err != nil {
			return fmt.Errorf("pause touches: %w", err)
		}
		return p.tell(tx, live.TouchesPaused, "touch.pause", p.By)
	})
	return p, err
}

// Resume ends a pause; one that is over stays as it was. Code: "pause_not_found".
func (g *Guard) Resume(ctx context.Context, m live.MerchantID, id string, by live.Actor) (Pause, error) {
	var p Pause
	err := g.store.Change(ctx, func(tx *store.Tx) error {
		var err error
		p, err = scanPause(tx.Row(`SELECT `+pauseColumns+` FROM guard_pauses WHERE merchant_id = ? AND pause_id = ?`, string(m), id))
		if errors.Is(err, sql.ErrNoRows) {
			return live.NotFound("pause_not_found", "there is no such pause")
		}
		if err != nil {
			return fmt.Errorf("read a pause: %w", err)
		}
		if !p.EndedAt.IsZero() || !p.Until.After(tx.Now()) {
			return nil
		}
		p.EndedAt = tx.Now()
		if _, err := tx.Exec(`UPDATE guard_pauses SET ended_at = ? WHERE merchant_id = ? AND pause_id = ?`, store.Millis(p.EndedAt), string(m), id); err != nil {
			return fmt.Errorf("end a pause: %w", err)
		}
		return p.tell(tx, live.TouchesResumed, "touch.resume", by)
	})
	return p, err
}

func (p *Pause) tell(tx *store.Tx, kind live.Kind, action string, by live.Actor) error {
	data := map[string]any{"pause_id": p.ID, "until": p.Until.UTC().Format(time.RFC3339Nano)}
	if p.Group != "" {
		data["group_id"] = p.Group
	}
	if _, err := tx.Emit(live.Event{Kind: kind, Merchant: p.Merchant, Person: p.Person, Actor: by, OccurredAt: tx.Now()}, data); err != nil {
		return err
	}
	// The audit log is never rewritten: it names the pause, and only that the person.
	detail, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode a pause: %w", err)
	}
	return tx.Audit(store.AuditRow{Merchant: p.Merchant, Actor: by, Action: action, Detail: string(detail)})
}

// Paused tells until when touches of these people are paused; who is not paused
// at now is left out. Names that are one person's are looked up one by one, so it
// is for a page of people.
func (g *Guard) Paused(ctx context.Context, m live.MerchantID, people []live.PersonID, now time.Time) (map[live.PersonID]time.Time, error) {
	out := map[live.PersonID]time.Time{}
	err := g.store.Snapshot(ctx, func(q store.Querier) error {
		for _, p := range people {
			names, err := q.Aliases(m, p)
			if err != nil {
				return fmt.Errorf("read names: %w", err)
			}
			var w store.Where
			w.Add("merchant_id = ?", string(m))
			store.WhereIn(&w, "person_id", names)
			w.Add("ended_at = 0")
			until, err := newest(q, `SELECT COALESCE(MAX(until_at), 0) FROM guard_pauses`, &w)
			if err != nil {
				return err
			}
			if until.After(now) {
				out[p] = until
			}
		}
		return nil
	})
	return out, err
}

const pauseColumns = `merchant_id, pause_id, person_id, group_id, until_at, reason, set_by, set_by_role, set_at, ended_at`

func scanPause(r store.Scanner) (p Pause, err error) {
	var until, set, ended int64
	err = r.Scan(&p.Merchant, &p.ID, &p.Person, &p.Group, &until, &p.Reason, &p.By.ID, &p.By.Role, &set, &ended)
	p.Until, p.SetAt, p.EndedAt = store.Time(until), store.Time(set), store.Time(ended)
	return p, err
}

// Pauses lists those of a merchant, newest first, with the cursor of the next page.
func (g *Guard) Pauses(ctx context.Context, m live.MerchantID, cursor string, most int) ([]Pause, string, error) {
	page, err := store.OpenPage(cursor, most)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	page.After(&w, "set_at", "pause_id")
	rows, err := g.store.View(ctx).Query(`SELECT `+pauseColumns+` FROM guard_pauses`+w.SQL()+` ORDER BY set_at DESC, pause_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scanPause)
	if err != nil {
		return nil, "", fmt.Errorf("list pauses: %w", err)
	}
	list, next := store.Cut(page, list, func(p Pause) (time.Time, string) { return p.SetAt, p.ID })
	return list, next, nil
}
