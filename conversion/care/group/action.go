package group

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// ThirdMonth is the name of the one alarm there is.
const ThirdMonth = "third_month"

// AlarmState is what was done about an alarm.
type AlarmState string

// What can be done about an alarm.
const (
	AlarmOpen         AlarmState = "open" // nothing so far
	AlarmAcknowledged AlarmState = "acknowledged"
	AlarmAssigned     AlarmState = "assigned"
)

// Action is the last thing that was done about an alarm.
type Action struct {
	Merchant live.MerchantID
	Group    string
	Alarm    string
	State    AlarmState
	Agent    string // whom it was assigned to
	Note     string
	By       string
	At       time.Time
}

// maxNote bounds what is said about an alarm, in characters.
const maxNote = 500

// TakeUp notes what was done about an alarm, and audits it. Codes:
// "group_not_found", "invalid_field".
func (r *Registry) TakeUp(ctx context.Context, a Action, by live.Principal) (Action, error) {
	switch {
	case a.Alarm != ThirdMonth:
		return a, live.Invalid("invalid_field", "alarm", "must be %s", ThirdMonth)
	case a.State != AlarmAcknowledged && a.State != AlarmAssigned:
		return a, live.Invalid("invalid_field", "state", "must be acknowledged or assigned")
	case a.State == AlarmAssigned && !live.ValidID(a.Agent), a.State == AlarmAcknowledged && a.Agent != "":
		return a, live.Invalid("invalid_field", "agent_id", "must name the agent it is assigned to, and nobody else")
	case utf8.RuneCountInString(a.Note) > maxNote || !utf8.ValidString(a.Note):
		return a, live.Invalid("invalid_field", "note", "must be at most %d characters", maxNote)
	}
	err := r.store.Change(ctx, func(tx *store.Tx) error {
		if _, err := find(tx.Querier, a.Merchant, a.Group); err != nil {
			return err
		}
		a.By, a.At = by.Subject, tx.Now()
		if _, err := tx.Exec(`INSERT INTO care_group_alarms (merchant_id, group_id, alarm, state, agent_id, note, decided_by, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (merchant_id, group_id, alarm) DO UPDATE SET state = excluded.state, agent_id = excluded.agent_id, note = excluded.note,
				decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
			string(a.Merchant), a.Group, a.Alarm, string(a.State), a.Agent, a.Note, a.By, store.Millis(a.At)); err != nil {
			return fmt.Errorf("write alarm: %w", err)
		}
		detail, err := json.Marshal(map[string]string{"group_id": a.Group, "alarm": a.Alarm, "state": string(a.State), "agent_id": a.Agent, "note": a.Note})
		if err != nil {
			return fmt.Errorf("encode audit: %w", err)
		}
		return tx.Audit(store.AuditRow{At: tx.Now(), Merchant: a.Merchant, Actor: by.Actor(), Action: "group.alarm", Detail: string(detail)})
	})
	return a, err
}

// Actions are what was done about the alarms of a merchant, by group.
func (r *Registry) Actions(ctx context.Context, m live.MerchantID) (map[string]Action, error) {
	out := map[string]Action{}
	err := r.store.Snapshot(ctx, func(q store.Querier) error {
		rows, err := q.Query(`SELECT group_id, alarm, state, agent_id, note, decided_by, decided_at FROM care_group_alarms WHERE merchant_id = ?`, string(m))
		list, err := store.Collect(rows, err, func(r store.Scanner) (a Action, err error) {
			var at int64
			err = r.Scan(&a.Group, &a.Alarm, &a.State, &a.Agent, &a.Note, &a.By, &at)
			a.Merchant, a.At = m, store.Time(at)
			return a, err
		})
		for _, a := range list {
			out[a.Group] = a
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	return out, nil
}
