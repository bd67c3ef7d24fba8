package complaint

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Turn is a step that somebody takes.
type Turn struct {
	Step  Step
	Note  string        // why, or what was done; at most 500 characters
	Cause Cause         // of Correct
	Agent string        // of Assign
	After time.Duration // of Resolve: when to ask how it went; 0: not
	Score int64         // of FollowUp, 1 to 5; 0: they gave none
}

// maxNote bounds what somebody writes beside a step.
const maxNote = 500

func (u *Turn) check() error {
	if utf8.RuneCountInString(u.Note) > maxNote {
		return live.Invalid("invalid_field", "note", "must have at most %d characters", maxNote)
	}
	if u.Note == "" && (u.Step == Resolve || u.Step == Dismiss || u.Step == Withdraw || u.Step == Reopen || u.Step == Escalate || u.Step == FollowUp) {
		return live.Invalid("invalid_field", "note", "is required: why, or what was done")
	}
	if u.Step == Correct && !u.Cause.Valid() {
		return badCause("cause")
	}
	if u.Step == Assign && !live.ValidID(u.Agent) {
		return live.Invalid("invalid_field", "agent_id", "must be an identifier")
	}
	if u.Score < 0 || u.Score > 5 {
		return live.Invalid("invalid_field", "score", "must be 1 to 5")
	}
	if u.After < 0 || u.After > 90*24*time.Hour {
		return live.Invalid("invalid_field", "follow_up_hours", "must be 0 to 2160")
	}
	return nil
}

// Turn takes a step. An agent may take those of the complaints they look after.
// Codes: "invalid_field", "complaint_not_found", "wrong_state" (data: state),
// "complaint_exists" (data: complaint_id) for a correction to a cause of which
// the order has a complaint already.
func (b *Book) Turn(ctx context.Context, r care.Reach, id string, u Turn, by live.Principal) (c Complaint, err error) {
	if err := u.check(); err != nil {
		return c, err
	}
	err = b.store.Change(ctx, func(t *store.Tx) error {
		c, err = turnOf(t, r, id, &u, by.Actor())
		return err
	})
	return c, err
}

func turnOf(t *store.Tx, r care.Reach, id string, u *Turn, by live.Actor) (Complaint, error) {
	c, err := find(t.Querier, r, id)
	if err != nil {
		return c, err
	}
	if c.State, err = c.State.after(u.Step); err != nil {
		return c, err
	}
	switch u.Step {
	case Correct:
		if err := free(t.Querier, &c, u.Cause); err != nil {
			return c, err
		}
		c.Cause, c.HumanCause, c.CorrectedBy, c.CorrectedAt = u.Cause, u.Cause, by.ID, t.Now()
	case Assign:
		c.Agent = u.Agent
	case Resolve:
		c.Resolution, c.ResolvedAt = u.Note, t.Now()
		if u.After > 0 {
			c.FollowUpAt = t.Now().Add(u.After)
		}
	case Reopen:
		c.ResolvedAt, c.FollowUpAt = time.Time{}, time.Time{}
	case FollowUp:
		c.FollowedAt, c.FollowedUp, c.Score, c.FollowUpAt = t.Now(), u.Note, u.Score, time.Time{}
	default:
	}
	m := string(c.Merchant)
	if _, err := t.Exec(`UPDATE care_complaints SET state = ?, cause = ?, human_cause = ?, corrected_by = ?, corrected_at = ?, agent_id = ?, resolution = ?,
			resolved_at = ?, followup_at = ?, followed_at = ?, followup = ?, score = ? WHERE merchant_id = ? AND complaint_id = ?`,
		string(c.State), string(c.Cause), string(c.HumanCause), c.CorrectedBy, store.Millis(c.CorrectedAt), c.Agent, c.Resolution,
		store.Millis(c.ResolvedAt), store.Millis(c.FollowUpAt), store.Millis(c.FollowedAt), c.FollowedUp, c.Score, m, c.ID); err != nil {
		return c, fmt.Errorf("write complaint: %w", err)
	}
	n, err := nextStep(t, c.Merchant, c.ID)
	if err != nil {
		return c, err
	}
	words := u.Note
	if u.Step == Assign {
		words = u.Agent
	}
	if err := note(t, c.Merchant, c.ID, n, u.Step, c.State, c.Cause, words, by); err != nil {
		return c, err
	}
	if err := tellTurn(t, &c, u, by); err != nil {
		return c, err
	}
	detail, err := json.Marshal(map[string]any{"complaint_id": c.ID, "state": c.State, "cause": c.Cause})
	if err != nil {
		return c, fmt.Errorf("encode complaint: %w", err)
	}
	return c, t.Audit(store.AuditRow{Merchant: c.Merchant, Show: c.Show, Actor: by, Action: "complaint." + string(u.Step), Detail: string(detail)})
}

// free refuses a cause of which there is a complaint of the same already.
func free(q store.Querier, c *Complaint, cause Cause) error {
	if cause == c.Cause {
		return nil
	}
	other, err := sameAs(q, &Claim{Merchant: c.Merchant, Order: c.Order, Show: c.Show, Person: c.Person}, cause)
	if err != nil || other == "" {
		return err
	}
	no := live.Conflict("complaint_exists", "there is a complaint of this cause already; withdraw or dismiss one of them")
	no.Data = map[string]any{"complaint_id": other}
	return no
}

func tellTurn(t *store.Tx, c *Complaint, u *Turn, by live.Actor) error {
	kind := turns[u.Step].fact
	if kind == "" || c.State == Suggested { // What is suggested is told by no fact.
		return nil
	}
	room, err := roomOf(t.Querier, c.Merchant, c.Show)
	if err != nil {
		return err
	}
	data := map[string]any{"complaint_id": c.ID, "cause": c.Cause}
	switch u.Step {
	case Confirm:
		terms, err := termsOf(t.Querier, c.Merchant, c.ID)
		if err != nil {
			return err
		}
		return tellOpened(t, c, terms, room, by)
	case Correct:
		data = classified(c)
	case FollowUp:
		data["result"], data["agent_id"] = scoreWord(u.Score), by.ID
	default:
	}
	return tell(t, c, kind, room, by, data)
}

// scoreWord is the result of a follow-up visit as facts tell it.
func scoreWord(score int64) string {
	switch {
	case score == 0:
		return "reached"
	case score >= 4:
		return "satisfied"
	}
	return "unsatisfied"
}

// roomOf is the room of a show of ours, empty for any other.
func roomOf(q store.Querier, m live.MerchantID, show live.ShowID) (room live.RoomID, err error) {
	if show == "" {
		return "", nil
	}
	rows, err := q.Query(`SELECT room_id FROM shows WHERE merchant_id = ? AND show_id = ?`, string(m), string(show))
	list, err := store.Collect(rows, err, func(r store.Scanner) (id live.RoomID, err error) { return id, r.Scan(&id) })
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

// termsOf are the terms a complaint was told in first.
func termsOf(q store.Querier, m live.MerchantID, id string) (terms []string, err error) {
	var raw string
	if err := q.Row(`SELECT terms FROM care_evidence WHERE merchant_id = ? AND complaint_id = ? AND n = 1`, string(m), id).Scan(&raw); err != nil {
		return nil, fmt.Errorf("read terms: %w", err)
	}
	if err := json.Unmarshal([]byte(raw), &terms); err != nil {
		return nil, fmt.Errorf("decode terms: %w", err)
	}
	return terms, nil
}
