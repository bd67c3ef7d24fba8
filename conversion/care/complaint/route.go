package complaint

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/live"
	"showrunner/live/store"
)

// Route is who has to decide on a finding until when.
type Route struct {
	Stage      Stage
	Department string // empty: named like the stage
	Owner      string
	Due        time.Time
	Action     string // what is proposed; empty: as it was
}

// Route gives a finding to its owner, or to another while nobody has decided.
// Codes: "invalid_field", "finding_not_found", "wrong_state" (data: state).
func (b *Book) Route(ctx context.Context, m live.MerchantID, id string, r Route, by live.Principal) (Finding, error) {
	if !r.Stage.Valid() {
		return Finding{}, live.Invalid("invalid_field", "stage", "must be one of product, pre_sale, promotion, policy, service")
	}
	if !live.ValidID(r.Owner) {
		return Finding{}, live.Invalid("invalid_field", "owner_id", "must be an identifier")
	}
	if r.Department == "" {
		r.Department = string(r.Stage)
	}
	if utf8.RuneCountInString(r.Department) > 64 {
		return Finding{}, live.Invalid("invalid_field", "department", "must have at most 64 characters")
	}
	if utf8.RuneCountInString(r.Action) > maxNote {
		return Finding{}, live.Invalid("invalid_field", "action", "must have at most %d characters", maxNote)
	}
	return b.moveFinding(ctx, m, id, by, func(t *store.Tx, f *Finding) (move, error) {
		if f.State != FindingOpen && f.State != FindingRouted {
			return move{}, wrongFinding(f)
		}
		if !r.Due.After(t.Now()) {
			return move{}, live.Invalid("invalid_field", "due_at", "must be in the future")
		}
		f.State, f.Stage, f.Department, f.Owner, f.Due = FindingRouted, r.Stage, r.Department, r.Owner, r.Due
		if r.Action != "" {
			f.Action = r.Action
		}
		return move{"route", string(r.Stage) + " " + r.Owner, live.FeedbackRouted, map[string]any{
			"finding_id": f.ID, "stage": f.Stage, "department": f.Department, "owner": f.Owner, "due": f.Due,
		}}, nil
	})
}

// Decide adopts a finding, with what is done from now on, or rejects it, with the
// reason. Codes: "invalid_field", "finding_not_found", "wrong_state" (data: state).
func (b *Book) Decide(ctx context.Context, m live.MerchantID, id string, adopt bool, words string, by live.Principal) (Finding, error) {
	if n := utf8.RuneCountInString(words); n > maxNote || n == 0 {
		field := "reason"
		if adopt {
			field = "action"
		}
		return Finding{}, live.Invalid("invalid_field", field, "must have 1 to %d characters", maxNote)
	}
	return b.moveFinding(ctx, m, id, by, func(t *store.Tx, f *Finding) (move, error) {
		if f.State != FindingRouted {
			return move{}, wrongFinding(f)
		}
		f.DecidedAt = t.Now()
		late := f.Due.Before(t.Now())
		if adopt {
			f.State, f.Action = FindingAdopted, words
			return move{"adopt", words, live.FeedbackAdopted, map[string]any{"finding_id": f.ID, "department": f.Department, "action": words, "late": late}}, nil
		}
		f.State = FindingRejected
		return move{"reject", words, live.FeedbackRejected, map[string]any{"finding_id": f.ID, "department": f.Department, "reason": words, "late": late}}, nil
	})
}

// move is what a step of a finding leaves behind.
type move struct {
	step, note string
	fact       live.Kind
	data       map[string]any
}

func wrongFinding(f *Finding) error {
	no := live.Conflict("wrong_state", "the finding is %s", string(f.State))
	no.Data = map[string]any{"state": string(f.State)}
	return no
}

func (b *Book) moveFinding(ctx context.Context, m live.MerchantID, id string, by live.Principal, step func(*store.Tx, *Finding) (move, error)) (f Finding, err error) {
	err = b.store.Change(ctx, func(t *store.Tx) error {
		if f, err = findFinding(t.Querier, m, id); err != nil {
			return err
		}
		v, err := step(t, &f)
		if err != nil {
			return err
		}
		return saveFinding(t, &f, v, by.Actor())
	})
	return f, err
}

func saveFinding(t *store.Tx, f *Finding, v move, by live.Actor) error {
	verified, at := "", int64(0)
	if f.Verified != nil {
		raw, err := json.Marshal(f.Verified)
		if err != nil {
			return fmt.Errorf("encode verification: %w", err)
		}
		verified, at = string(raw), store.Millis(f.Verified.At)
	}
	m := string(f.Merchant)
	if _, err := t.Exec(`UPDATE care_findings SET action = ?, stage = ?, department = ?, owner_id = ?, due_at = ?, state = ?, decided_at = ?, verified = ?, verified_at = ?,
			steps = steps + 1 WHERE merchant_id = ? AND finding_id = ?`,
		f.Action, string(f.Stage), f.Department, f.Owner, store.Millis(f.Due), string(f.State), store.Millis(f.DecidedAt), verified, at, m, f.ID); err != nil {
		return fmt.Errorf("write finding: %w", err)
	}
	var n int64
	if err := t.Row(`SELECT steps FROM care_findings WHERE merchant_id = ? AND finding_id = ?`, m, f.ID).Scan(&n); err != nil {
		return fmt.Errorf("count steps of a finding: %w", err)
	}
	if err := noteFinding(t, f, n, v.step, v.note, by); err != nil {
		return err
	}
	room, err := roomOf(t.Querier, f.Merchant, f.Show)
	if err != nil {
		return err
	}
	if _, err := t.Emit(live.Event{Kind: v.fact, Merchant: f.Merchant, Room: room, Show: showOf(room, f.Show), Actor: by, OccurredAt: t.Now()}, v.data); err != nil {
		return err
	}
	detail, err := json.Marshal(map[string]any{"finding_id": f.ID, "state": f.State})
	if err != nil {
		return fmt.Errorf("encode finding: %w", err)
	}
	return t.Audit(store.AuditRow{Merchant: f.Merchant, Show: f.Show, Actor: by, Action: "finding." + v.step, Detail: string(detail)})
}

// Adoption is what became of the findings that a department was given.
type Adoption struct {
	Department string
	Routed     int64 // ever; every other figure is of these
	Adopted    int64
	Rejected   int64
	Waiting    int64
	Overdue    int64 // of Waiting
	Late       int64 // decided after they were due
}

// Adoptions tells it of every department, by name, for findings created in a
// time; zero times do not restrict.
func (b *Book) Adoptions(ctx context.Context, m live.MerchantID, from, until, now time.Time) ([]Adoption, error) {
	var w store.Where
	w.Add("merchant_id = ?", string(m))
	w.Add("state <> 'open'")
	w.Add("created_at >= ?", store.Millis(from))
	if !until.IsZero() {
		w.Add("created_at < ?", store.Millis(until))
	}
	rows, err := b.store.View(ctx).Query(`SELECT department, COUNT(*), SUM(CASE WHEN state = 'adopted' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'rejected' THEN 1 ELSE 0 END),
			SUM(CASE WHEN state = 'routed' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'routed' AND due_at < ? THEN 1 ELSE 0 END),
			SUM(CASE WHEN decided_at > due_at THEN 1 ELSE 0 END)
		FROM care_findings`+w.SQL()+` GROUP BY department ORDER BY department`, append([]any{store.Millis(now)}, w.Args()...)...)
	list, err := store.Collect(rows, err, func(r store.Scanner) (a Adoption, err error) {
		return a, r.Scan(&a.Department, &a.Routed, &a.Adopted, &a.Rejected, &a.Waiting, &a.Overdue, &a.Late)
	})
	if err != nil {
		return nil, fmt.Errorf("count what was adopted: %w", err)
	}
	return list, nil
}
