package complaint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Complaint is one cause of one order, or of one person in one show, or of what
// was told without either.
type Complaint struct {
	Merchant live.MerchantID
	ID       string
	Person   live.PersonID // empty: not known
	Order    live.OrderID
	Show     live.ShowID
	Product  live.ProductID
	Session  string
	Source   Source // that told it first
	Text     string // as it was told first
	State    State
	Cause    Cause // that counts: a person's word before a machine's

	Machine     Verdict
	HumanCause  Cause // empty: nobody has corrected it
	CorrectedBy string
	CorrectedAt time.Time

	Agent      string // who looks after it
	Resolution string
	ResolvedAt time.Time
	FollowUpAt time.Time // when to ask how it went; zero: not planned
	FollowedAt time.Time
	FollowedUp string // what they said
	Score      int64  // 1 to 5, what they gave then; 0: nothing

	OpenedAt time.Time
	Evidence int64 // how often it was told
}

// Source is where a complaint was heard.
type Source string

// Sources.
const (
	FromDesk    Source = "desk"
	FromRefund  Source = "refund"
	FromReview  Source = "review"
	FromComment Source = "comment"
)

// Valid reports whether s is a source.
func (s Source) Valid() bool {
	return s == FromDesk || s == FromRefund || s == FromReview || s == FromComment
}

const columns = `c.merchant_id, c.complaint_id, c.person_id, c.order_id, c.show_id, c.product_id, c.session_id, c.source, c.state, c.cause,
	c.machine_cause, c.machine_rule, c.confidence, c.because, c.human_cause, c.corrected_by, c.corrected_at, c.agent_id, c.resolution, c.resolved_at,
	c.followup_at, c.followed_at, c.followup, c.score, c.opened_at,
	COALESCE((SELECT e.text FROM care_evidence e WHERE e.merchant_id = c.merchant_id AND e.complaint_id = c.complaint_id AND e.n = 1), ''),
	(SELECT COUNT(*) FROM care_evidence e WHERE e.merchant_id = c.merchant_id AND e.complaint_id = c.complaint_id)`

func scan(r store.Scanner) (c Complaint, err error) {
	var corrected, resolved, followUp, followed, opened, rule int64
	var because string
	err = r.Scan(&c.Merchant, &c.ID, &c.Person, &c.Order, &c.Show, &c.Product, &c.Session, &c.Source, &c.State, &c.Cause,
		&c.Machine.Cause, &rule, &c.Machine.Confidence, &because, &c.HumanCause, &c.CorrectedBy, &corrected, &c.Agent, &c.Resolution, &resolved,
		&followUp, &followed, &c.FollowedUp, &c.Score, &opened, &c.Text, &c.Evidence)
	if err != nil {
		return c, err
	}
	c.Machine.Rule = rule == 1
	c.CorrectedAt, c.ResolvedAt, c.FollowUpAt, c.FollowedAt, c.OpenedAt = store.Time(corrected), store.Time(resolved), store.Time(followUp), store.Time(followed), store.Time(opened)
	if err := json.Unmarshal([]byte(because), &c.Machine.Because); err != nil {
		return c, fmt.Errorf("read why of complaint %s: %w", c.ID, err)
	}
	return c, nil
}

// within keeps a query to what the caller sees.
func within(r care.Reach, w *store.Where) {
	w.Add("c.merchant_id = ?", string(r.Merchant))
	if r.Agent != "" {
		w.Add("c.agent_id = ?", r.Agent)
	}
}

func find(q store.Querier, r care.Reach, id string) (Complaint, error) {
	var w store.Where
	within(r, &w)
	w.Add("c.complaint_id = ?", id)
	c, err := scan(q.Row(`SELECT `+columns+` FROM care_complaints c`+w.SQL(), w.Args()...))
	if errors.Is(err, sql.ErrNoRows) {
		return c, live.NotFound("complaint_not_found", "there is no such complaint")
	}
	if err != nil {
		return c, fmt.Errorf("read complaint: %w", err)
	}
	return c, nil
}

// Complaint reads one. Code: "complaint_not_found".
func (b *Book) Complaint(ctx context.Context, r care.Reach, id string) (Complaint, error) {
	return find(b.store.View(ctx), r, id)
}

// Filter selects complaints. Zero members do not restrict.
type Filter struct {
	Reach   care.Reach
	State   State
	Cause   Cause
	Source  Source
	Show    live.ShowID
	Product live.ProductID
	Order   live.OrderID
	Person  live.PersonID
	Cursor  string
	Limit   int // 0 means 50, at most 500
}

// Complaints lists complaints, the newest first, with the cursor of the next page.
func (b *Book) Complaints(ctx context.Context, f Filter) ([]Complaint, string, error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	q := b.store.View(ctx)
	var w store.Where
	within(f.Reach, &w)
	for _, term := range []struct{ column, value string }{
		{"state", string(f.State)},
		{"cause", string(f.Cause)},
		{"source", string(f.Source)},
		{"show_id", string(f.Show)},
		{"product_id", string(f.Product)},
		{"order_id", string(f.Order)},
	} {
		if term.value != "" {
			w.Add("c."+term.column+" = ?", term.value)
		}
	}
	if f.Person != "" {
		names, err := q.Aliases(f.Reach.Merchant, f.Person)
		if err != nil {
			return nil, "", err
		}
		store.WhereIn(&w, "c.person_id", names)
	}
	page.After(&w, "c.opened_at", "c.complaint_id")
	rows, err := q.Query(`SELECT `+columns+` FROM care_complaints c`+w.SQL()+` ORDER BY c.opened_at DESC, c.complaint_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scan)
	if err != nil {
		return nil, "", fmt.Errorf("list complaints: %w", err)
	}
	list, next := store.Cut(page, list, func(c Complaint) (time.Time, string) { return c.OpenedAt, c.ID })
	return list, next, nil
}

// Entry is one step of a complaint, a finding or a brief, as it was taken.
type Entry struct {
	Step  string
	State string
	Cause Cause
	Note  string
	Actor string
	Role  live.Role
	At    time.Time
}

// History is every step of a complaint, the first first.
func (b *Book) History(ctx context.Context, r care.Reach, id string) ([]Entry, error) {
	if _, err := b.Complaint(ctx, r, id); err != nil {
		return nil, err
	}
	rows, err := b.store.View(ctx).Query(`SELECT step, state, cause, note, actor_id, actor_role, at FROM care_complaint_log
		WHERE merchant_id = ? AND complaint_id = ? ORDER BY n`, string(r.Merchant), id)
	list, err := store.Collect(rows, err, func(r store.Scanner) (e Entry, err error) {
		var at int64
		err = r.Scan(&e.Step, &e.State, &e.Cause, &e.Note, &e.Actor, &e.Role, &at)
		e.At = store.Time(at)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read steps of a complaint: %w", err)
	}
	return list, nil
}
