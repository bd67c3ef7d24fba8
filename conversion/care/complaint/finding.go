package complaint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// Stage is who can do something about a finding: a stage of the product's life
// before the sale.
type Stage string

// Stages.
const (
	StageProduct   Stage = "product"
	StagePreSale   Stage = "pre_sale"
	StagePromotion Stage = "promotion"
	StagePolicy    Stage = "policy"
	StageService   Stage = "service"
)

// Stages lists the stages in the order of a product's life.
var Stages = []Stage{StageProduct, StagePreSale, StagePromotion, StagePolicy, StageService}

// Valid reports whether s is a stage.
func (s Stage) Valid() bool { return slices.Contains(Stages, s) }

// FindingState is how far a finding is.
type FindingState string

// The states of a finding.
const (
	FindingOpen     FindingState = "open"
	FindingRouted   FindingState = "routed"
	FindingAdopted  FindingState = "adopted"
	FindingRejected FindingState = "rejected"
)

// Valid reports whether s is a state of a finding.
func (s FindingState) Valid() bool {
	return s == FindingOpen || s == FindingRouted || s == FindingAdopted || s == FindingRejected
}

// Finding is what complaints teach somebody who can change something.
type Finding struct {
	Merchant live.MerchantID
	ID       string
	Title    string
	Cause    Cause
	Product  live.ProductID // empty: of all
	// ProductTitle is what it is called on the shelf that had it last; empty: it was on none.
	ProductTitle string
	Show         live.ShowID // where it was found; empty: in several
	Terms        []string
	Action       string // what is to be said or done; it stands in briefs
	Stage        Stage  // empty: not routed
	Department   string
	Owner        string
	Due          time.Time
	State        FindingState
	DecidedAt    time.Time
	Verified     *Verification // the newest
	CreatedAt    time.Time
	Evidence     []string // complaints
}

// Overdue reports whether a finding was to be decided on before now.
func (f *Finding) Overdue(now time.Time) bool { return f.State == FindingRouted && f.Due.Before(now) }

const findingColumns = `merchant_id, finding_id, title, cause, product_id, show_id, terms, action, stage, department, owner_id, due_at, state, decided_at, verified, created_at`

func scanFinding(r store.Scanner) (f Finding, err error) {
	var terms, verified string
	var due, decided, created int64
	if err := r.Scan(&f.Merchant, &f.ID, &f.Title, &f.Cause, &f.Product, &f.Show, &terms, &f.Action, &f.Stage, &f.Department, &f.Owner, &due, &f.State, &decided, &verified, &created); err != nil {
		return f, err
	}
	f.Due, f.DecidedAt, f.CreatedAt = store.Time(due), store.Time(decided), store.Time(created)
	if verified != "" {
		f.Verified = &Verification{}
		if err := json.Unmarshal([]byte(verified), f.Verified); err != nil {
			return f, fmt.Errorf("read verification of finding %s: %w", f.ID, err)
		}
	}
	if err := json.Unmarshal([]byte(terms), &f.Terms); err != nil {
		return f, fmt.Errorf("read terms of finding %s: %w", f.ID, err)
	}
	return f, nil
}

// maxFindingEvidence bounds the complaints that stand beside a finding.
const maxFindingEvidence = 200

// NewFinding is what somebody found.
type NewFinding struct {
	Merchant live.MerchantID
	Title    string
	Cause    Cause
	Product  live.ProductID
	Show     live.ShowID
	Terms    []string
	Action   string
	Evidence []string // complaints; empty: the newest of the cause, product and show
}

func (n *NewFinding) check() error {
	if c := utf8.RuneCountInString(n.Title); c < 1 || c > 200 {
		return live.Invalid("invalid_field", "title", "must have 1 to 200 characters")
	}
	if !n.Cause.Valid() {
		return badCause("cause")
	}
	if utf8.RuneCountInString(n.Action) > maxNote {
		return live.Invalid("invalid_field", "action", "must have at most %d characters", maxNote)
	}
	if len(n.Terms) > 20 || slices.ContainsFunc(n.Terms, func(s string) bool { return s == "" || utf8.RuneCountInString(s) > 40 }) {
		return live.Invalid("invalid_field", "terms", "must be at most 20 of 1 to 40 characters")
	}
	if len(n.Evidence) > maxFindingEvidence {
		return live.Invalid("invalid_field", "complaint_ids", "must be at most %d", maxFindingEvidence)
	}
	if n.Product != "" && !live.ValidID(string(n.Product)) || n.Show != "" && !live.ValidID(string(n.Show)) {
		return live.Invalid("invalid_field", "product_id", "and show_id must be identifiers")
	}
	return nil
}

// Find writes a finding down. It needs complaints that say so: without any it is
// refused as "no_evidence". Codes: "invalid_field", "complaint_not_found",
// "show_not_found".
func (b *Book) Find(ctx context.Context, n NewFinding, by live.Principal) (f Finding, err error) {
	if err := n.check(); err != nil {
		return f, err
	}
	id := "fb-" + b.newID()
	err = b.store.Change(ctx, func(t *store.Tx) error {
		f, err = writeFinding(t, id, &n, by)
		return err
	})
	return f, err
}

func writeFinding(t *store.Tx, id string, n *NewFinding, by live.Principal) (Finding, error) {
	m := string(n.Merchant)
	room, err := roomOf(t.Querier, n.Merchant, n.Show)
	if err == nil && n.Show != "" && room == "" {
		err = live.NotFound("show_not_found", "there is no such show")
	}
	if err != nil {
		return Finding{}, err
	}
	if len(n.Evidence) == 0 {
		var w store.Where
		within(care.Reach{Merchant: n.Merchant}, &w)
		w.Add("c.cause = ?", string(n.Cause))
		w.Add("c.state NOT IN ('suggested', 'withdrawn', 'dismissed')")
		if n.Product != "" {
			w.Add("c.product_id = ?", string(n.Product))
		}
		if n.Show != "" {
			w.Add("c.show_id = ?", string(n.Show))
		}
		rows, err := t.Query(`SELECT c.complaint_id FROM care_complaints c`+w.SQL()+` ORDER BY c.opened_at DESC, c.complaint_id DESC LIMIT ?`, w.Args(maxFindingEvidence)...)
		if n.Evidence, err = store.Collect(rows, err, func(r store.Scanner) (id string, err error) { return id, r.Scan(&id) }); err != nil {
			return Finding{}, fmt.Errorf("look for evidence: %w", err)
		}
	}
	if len(n.Evidence) == 0 {
		return Finding{}, live.Conflict("no_evidence", "no complaint says so")
	}
	terms, err := json.Marshal(append([]string{}, n.Terms...))
	if err != nil {
		return Finding{}, fmt.Errorf("encode terms: %w", err)
	}
	if _, err := t.Exec(`INSERT INTO care_findings (`+findingColumns+`, verified_at, steps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '', '', '', 0, 'open', 0, '', ?, 0, 1)`,
		m, id, n.Title, string(n.Cause), string(n.Product), string(n.Show), string(terms), n.Action, store.Millis(t.Now())); err != nil {
		return Finding{}, fmt.Errorf("write finding: %w", err)
	}
	slices.Sort(n.Evidence)
	for _, c := range slices.Compact(n.Evidence) {
		if _, err := find(t.Querier, care.Reach{Merchant: n.Merchant}, c); err != nil {
			return Finding{}, err
		}
		if _, err := t.Exec(`INSERT INTO care_finding_evidence (merchant_id, finding_id, complaint_id) VALUES (?, ?, ?)`, m, id, c); err != nil {
			return Finding{}, fmt.Errorf("write evidence of a finding: %w", err)
		}
	}
	f, err := findFinding(t.Querier, n.Merchant, id)
	if err != nil {
		return f, err
	}
	if err := noteFinding(t, &f, 1, "create", "", by.Actor()); err != nil {
		return f, err
	}
	_, err = t.Emit(live.Event{
		Kind: live.FeedbackItemCreated, Merchant: n.Merchant, Room: room, Show: showOf(room, n.Show), Actor: by.Actor(), OccurredAt: t.Now(),
	}, map[string]any{"finding_id": id, "terms": f.Terms, "cause": f.Cause, "product_id": f.Product, "evidence_ids": f.Evidence})
	return f, err
}

func findFinding(q store.Querier, m live.MerchantID, id string) (Finding, error) {
	f, err := scanFinding(q.Row(`SELECT `+findingColumns+` FROM care_findings WHERE merchant_id = ? AND finding_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return f, live.NotFound("finding_not_found", "there is no such finding")
	}
	if err != nil {
		return f, fmt.Errorf("read finding: %w", err)
	}
	rows, err := q.Query(`SELECT complaint_id FROM care_finding_evidence WHERE merchant_id = ? AND finding_id = ? ORDER BY complaint_id`, string(m), id)
	if f.Evidence, err = store.Collect(rows, err, func(r store.Scanner) (id string, err error) { return id, r.Scan(&id) }); err != nil {
		return f, fmt.Errorf("read evidence of a finding: %w", err)
	}
	named := []Finding{f}
	err = nameFindings(q, m, named)
	return named[0], err
}

// Finding reads one. Code: "finding_not_found".
func (b *Book) Finding(ctx context.Context, m live.MerchantID, id string) (Finding, error) {
	return findFinding(b.store.View(ctx), m, id)
}

// FindingFilter selects findings. Zero members do not restrict.
type FindingFilter struct {
	Merchant live.MerchantID // required
	State    FindingState
	Stage    Stage
	Owner    string
	Overdue  time.Time // findings that were to be decided on before then
	Cursor   string
	Limit    int
}

// Findings lists findings, the newest first, without their evidence.
func (b *Book) Findings(ctx context.Context, f FindingFilter) ([]Finding, string, error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	w.Add("merchant_id = ?", string(f.Merchant))
	if f.State != "" {
		w.Add("state = ?", string(f.State))
	}
	if f.Stage != "" {
		w.Add("stage = ?", string(f.Stage))
	}
	if f.Owner != "" {
		w.Add("owner_id = ?", f.Owner)
	}
	if !f.Overdue.IsZero() {
		w.Add("state = 'routed' AND due_at < ?", store.Millis(f.Overdue))
	}
	page.After(&w, "created_at", "finding_id")
	rows, err := b.store.View(ctx).Query(`SELECT `+findingColumns+` FROM care_findings`+w.SQL()+` ORDER BY created_at DESC, finding_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scanFinding)
	if err != nil {
		return nil, "", fmt.Errorf("list findings: %w", err)
	}
	list, next := store.Cut(page, list, func(f Finding) (time.Time, string) { return f.CreatedAt, f.ID })
	return list, next, nameFindings(b.store.View(ctx), f.Merchant, list)
}

// FindingHistory is every step of a finding, the first first.
func (b *Book) FindingHistory(ctx context.Context, m live.MerchantID, id string) ([]Entry, error) {
	rows, err := b.store.View(ctx).Query(`SELECT step, state, note, actor_id, actor_role, at FROM care_finding_log WHERE merchant_id = ? AND finding_id = ? ORDER BY n`, string(m), id)
	list, err := store.Collect(rows, err, func(r store.Scanner) (e Entry, err error) {
		var at int64
		err = r.Scan(&e.Step, &e.State, &e.Note, &e.Actor, &e.Role, &at)
		e.At = store.Time(at)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read steps of a finding: %w", err)
	}
	return list, nil
}

func noteFinding(t *store.Tx, f *Finding, n int64, step, words string, by live.Actor) error {
	if _, err := t.Exec(`INSERT INTO care_finding_log (merchant_id, finding_id, n, step, state, note, actor_id, actor_role, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(f.Merchant), f.ID, n, step, string(f.State), words, by.ID, string(by.Role), store.Millis(t.Now())); err != nil {
		return fmt.Errorf("log a step of a finding: %w", err)
	}
	return nil
}
