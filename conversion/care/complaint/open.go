package complaint

import (
	"cmp"
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

// MaxText is how many characters of what a customer says are taken.
const MaxText = 2000

// Claim is a complaint as it is told.
type Claim struct {
	Merchant live.MerchantID
	Session  string
	Order    live.OrderID
	Show     live.ShowID
	Product  live.ProductID
	Person   live.PersonID
	Text     string
	Cause    Cause // by who tells it; empty: the machine's
	Agent    string

	Source Source
	Ref    string // the fact it was heard in; told again it changes nothing
	Reason string // the refund's, if it is a code
	Score  int64  // the review's
	At     time.Time
	// Verdict is what the machine makes of it; nil: the text is read.
	Verdict *Verdict
	// Guess is that it may be none: it is kept as a suggestion.
	Guess bool
}

// Open takes in a complaint. What is told of the same cause of the same order
// again is evidence of the complaint that is there; one that was resolved is
// reopened by it, and a suggestion is confirmed unless this is a guess too. told
// is false for a fact that was told before. Codes: "invalid_field",
// "order_not_found", "show_not_found", "session_not_found".
func (b *Book) Open(ctx context.Context, in Claim, by live.Actor) (c Complaint, told bool, err error) {
	if err := in.check(); err != nil {
		return c, false, err
	}
	segmenter, classifier, err := b.words()
	if err != nil {
		return c, false, err
	}
	verdict := in.Verdict
	if verdict == nil {
		v := verdictOf(classifier.ClassifyRefund(in.Reason, in.Text))
		verdict = &v
	}
	terms := segmenter.Terms(in.Text)
	id := "cp-" + b.newID()
	err = b.store.Change(ctx, func(t *store.Tx) (err error) {
		c, told, err = b.open(t, id, in, *verdict, terms, by)
		return err
	})
	return c, told, err
}

func (in *Claim) check() error {
	for _, f := range []struct{ name, value string }{
		{"session_id", in.Session}, {"order_id", string(in.Order)}, {"show_id", string(in.Show)}, {"product_id", string(in.Product)}, {"person_id", string(in.Person)},
	} {
		if f.value != "" && !live.ValidID(f.value) {
			return live.Invalid("invalid_field", f.name, "must be an identifier")
		}
	}
	n := utf8.RuneCountInString(in.Text)
	if n > MaxText || n == 0 && in.Reason == "" {
		return live.Invalid("invalid_field", "text", "must have 1 to %d characters", MaxText)
	}
	if in.Cause != "" && !in.Cause.Valid() {
		return badCause("cause")
	}
	return nil
}

// place fills in what an order or a show says of a claim, and tells of which room
// it is. A rehearsal's complaint is none.
func (in *Claim) place(t *store.Tx) (room live.RoomID, rehearsal bool, err error) {
	if in.Order != "" {
		var show live.ShowID
		var person live.PersonID
		err := t.Row(`SELECT show_id, person_id FROM orders WHERE merchant_id = ? AND order_id = ?`, string(in.Merchant), string(in.Order)).Scan(&show, &person)
		if errors.Is(err, sql.ErrNoRows) {
			return "", false, live.NotFound("order_not_found", "there is no such order")
		}
		if err != nil {
			return "", false, fmt.Errorf("read order of a complaint: %w", err)
		}
		in.Show, in.Person = show, person
		products, err := productsOf(t.Querier, in.Merchant, in.Order)
		if err != nil {
			return "", false, err
		}
		if in.Product != "" && !slices.Contains(products, in.Product) {
			return "", false, live.Invalid("invalid_field", "product_id", "is not in the order")
		}
		if in.Product == "" && len(products) == 1 {
			in.Product = products[0]
		}
	}
	if in.Person != "" {
		if in.Person, err = t.Canonical(in.Merchant, in.Person); err != nil {
			return "", false, err
		}
	}
	if in.Show == "" {
		return "", false, nil
	}
	var n int64
	err = t.Row(`SELECT room_id, rehearsal FROM shows WHERE merchant_id = ? AND show_id = ?`, string(in.Merchant), string(in.Show)).Scan(&room, &n)
	if errors.Is(err, sql.ErrNoRows) {
		if in.Order != "" {
			return "", false, nil // A platform names shows of its own.
		}
		return "", false, live.NotFound("show_not_found", "there is no such show")
	}
	if err != nil {
		return "", false, fmt.Errorf("read show of a complaint: %w", err)
	}
	return room, n != 0, nil
}

func productsOf(q store.Querier, m live.MerchantID, order live.OrderID) ([]live.ProductID, error) {
	rows, err := q.Query(`SELECT DISTINCT product_id FROM order_lines WHERE merchant_id = ? AND order_id = ? AND product_id <> '' ORDER BY product_id`, string(m), string(order))
	list, err := store.Collect(rows, err, func(r store.Scanner) (p live.ProductID, err error) { return p, r.Scan(&p) })
	if err != nil {
		return nil, fmt.Errorf("read products of an order: %w", err)
	}
	return list, nil
}

func (b *Book) open(t *store.Tx, id string, in Claim, v Verdict, terms []string, by live.Actor) (c Complaint, told bool, err error) {
	m := string(in.Merchant)
	if in.Ref != "" {
		var known string
		err := t.Row(`SELECT complaint_id FROM care_evidence WHERE merchant_id = ? AND source = ? AND ref = ?`, m, string(in.Source), in.Ref).Scan(&known)
		if err == nil {
			c, err = find(t.Querier, care.Reach{Merchant: in.Merchant}, known)
			return c, false, err
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return c, false, fmt.Errorf("read evidence: %w", err)
		}
	}
	names, err := t.Names()
	if err != nil {
		return c, false, err
	}
	if fresh := names.Of(in.Merchant, in.Person, cmp.Or(in.At, t.Now())); fresh != in.Person {
		in.Person, in.Text, terms, v.Because = fresh, "", nil, nil // They were forgotten while it was on its way, and their words with them.
	}
	if in.Source == FromComment && in.Order == "" && in.Show != "" && in.Person != "" {
		if in.Order, err = boughtOnce(t.Querier, in.Merchant, in.Show, in.Person); err != nil {
			return c, false, err
		}
	}
	room, rehearsal, err := in.place(t)
	if err != nil || rehearsal {
		return c, false, err
	}
	cause := v.Cause
	if in.Cause != "" {
		cause = in.Cause
	}
	same, err := sameAs(t.Querier, &in, cause)
	if err != nil {
		return c, false, err
	}
	if same != "" {
		return b.tellAgain(t, same, &in, terms, room, by)
	}
	if in.Agent == "" && b.desk != nil {
		if in.Agent, err = b.desk.AgentOf(t.Querier, in.Merchant, in.Session, in.Person); err != nil {
			return c, false, err
		}
	}
	if in.Agent == "" && by.Role == live.RoleAgent {
		in.Agent = by.ID
	}
	because, err := json.Marshal(reasons(v.Because))
	if err != nil {
		return c, false, fmt.Errorf("encode why: %w", err)
	}
	state, step, rule, now := Opened, Open, 0, store.Millis(t.Now())
	if in.Guess {
		state, step = Suggested, Suggest
	}
	if v.Rule {
		rule = 1
	}
	opened := now
	if !in.At.IsZero() && in.At.Before(t.Now()) {
		opened = store.Millis(in.At) // A reader of the log may be behind.
	}
	corrector, corrected := "", int64(0)
	if in.Cause != "" {
		corrector, corrected = by.ID, now
	}
	if _, err := t.Exec(`INSERT INTO care_complaints (merchant_id, complaint_id, person_id, order_id, show_id, product_id, session_id, source, state, cause,
			machine_cause, machine_rule, confidence, because, human_cause, corrected_by, corrected_at, agent_id, resolution, resolved_at, followup_at, followed_at,
			followup, score, opened_at, steps)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, 0, 0, '', 0, ?, 1)`,
		m, id, string(in.Person), string(in.Order), string(in.Show), string(in.Product), in.Session, string(in.Source), string(state), string(cause),
		string(v.Cause), rule, v.Confidence, string(because), string(in.Cause), corrector, corrected, in.Agent, opened); err != nil {
		return c, false, fmt.Errorf("write complaint: %w", err)
	}
	if err := addEvidence(t, id, 1, &in, terms); err != nil {
		return c, false, err
	}
	if err := note(t, in.Merchant, id, 1, step, state, cause, "", by); err != nil {
		return c, false, err
	}
	if c, err = find(t.Querier, care.Reach{Merchant: in.Merchant}, id); err != nil || state == Suggested {
		return c, true, err
	}
	return c, true, tellOpened(t, &c, terms, room, by)
}

// reasons is never null in JSON.
func reasons(list []Reason) []Reason {
	if list == nil {
		return []Reason{}
	}
	return list
}

// sameAs is the complaint that a claim tells again, empty for none.
func sameAs(q store.Querier, in *Claim, cause Cause) (id string, err error) {
	var w store.Where
	w.Add("merchant_id = ?", string(in.Merchant))
	w.Add("cause = ?", string(cause))
	w.Add("state NOT IN ('withdrawn', 'dismissed')")
	w.Add("order_id = ?", string(in.Order))
	if in.Order == "" {
		if in.Show == "" || in.Person == "" {
			return "", nil
		}
		w.Add("show_id = ?", string(in.Show))
		w.Add("person_id = ?", string(in.Person))
	}
	err = q.Row(`SELECT complaint_id FROM care_complaints`+w.SQL(), w.Args()...).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look for the same complaint: %w", err)
	}
	return id, nil
}

// tellAgain adds evidence to a complaint.
func (b *Book) tellAgain(t *store.Tx, id string, in *Claim, terms []string, room live.RoomID, by live.Actor) (c Complaint, told bool, err error) {
	reach := care.Reach{Merchant: in.Merchant}
	if c, err = find(t.Querier, reach, id); err != nil {
		return c, false, err
	}
	n, err := nextStep(t, in.Merchant, id)
	if err != nil {
		return c, false, err
	}
	if err := addEvidence(t, id, c.Evidence+1, in, terms); err != nil {
		return c, false, err
	}
	step, state, kind := Tell, c.State, live.Kind("")
	switch {
	case c.State == Suggested && !in.Guess:
		step, state = Confirm, Opened
	case c.State == Resolved && !in.Guess:
		step, state, kind = Reopen, Reopened, live.ComplaintReopened
	}
	if _, err := t.Exec(`UPDATE care_complaints SET state = ?, session_id = CASE WHEN session_id = '' THEN ? ELSE session_id END WHERE merchant_id = ? AND complaint_id = ?`,
		string(state), in.Session, string(in.Merchant), id); err != nil {
		return c, false, fmt.Errorf("write complaint: %w", err)
	}
	if err := note(t, in.Merchant, id, n, step, state, c.Cause, string(in.Source), by); err != nil {
		return c, false, err
	}
	if c, err = find(t.Querier, reach, id); err != nil {
		return c, false, err
	}
	if step == Confirm {
		return c, true, tellOpened(t, &c, terms, room, by)
	}
	if kind != "" {
		return c, true, tell(t, &c, kind, room, by, map[string]any{"complaint_id": c.ID, "cause": c.Cause, "source": in.Source})
	}
	return c, true, nil
}

func addEvidence(t *store.Tx, id string, n int64, in *Claim, terms []string) error {
	if in.Ref == "" {
		in.Ref = fmt.Sprintf("%s:%d", id, n)
	}
	if terms == nil {
		terms = []string{}
	}
	list, err := json.Marshal(terms)
	if err != nil {
		return fmt.Errorf("encode terms: %w", err)
	}
	if _, err := t.Exec(`INSERT INTO care_evidence (merchant_id, complaint_id, n, source, ref, person_id, text, terms, reason, score, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(in.Merchant), id, n, string(in.Source), in.Ref, string(in.Person), in.Text, string(list), in.Reason, in.Score, store.Millis(t.Now())); err != nil {
		return fmt.Errorf("write evidence: %w", err)
	}
	return nil
}

// nextStep counts one more step of a complaint.
func nextStep(t *store.Tx, m live.MerchantID, id string) (n int64, err error) {
	if _, err := t.Exec(`UPDATE care_complaints SET steps = steps + 1 WHERE merchant_id = ? AND complaint_id = ?`, string(m), id); err != nil {
		return 0, fmt.Errorf("count a step: %w", err)
	}
	if err := t.Row(`SELECT steps FROM care_complaints WHERE merchant_id = ? AND complaint_id = ?`, string(m), id).Scan(&n); err != nil {
		return 0, fmt.Errorf("count steps: %w", err)
	}
	return n, nil
}

// note writes a step down.
func note(t *store.Tx, m live.MerchantID, id string, n int64, step Step, state State, cause Cause, words string, by live.Actor) error {
	if _, err := t.Exec(`INSERT INTO care_complaint_log (merchant_id, complaint_id, n, step, state, cause, note, actor_id, actor_role, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(m), id, n, string(step), string(state), string(cause), words, by.ID, string(by.Role), store.Millis(t.Now())); err != nil {
		return fmt.Errorf("log a step: %w", err)
	}
	return nil
}

// tellOpened states what a complaint is of and what it is taken for.
func tellOpened(t *store.Tx, c *Complaint, terms []string, room live.RoomID, by live.Actor) error {
	if err := tell(t, c, live.ComplaintOpened, room, by, map[string]any{
		"complaint_id": c.ID, "order_id": c.Order, "show_id": c.Show, "product_id": c.Product, "source": c.Source, "claim_text": c.Text,
	}); err != nil {
		return err
	}
	if err := tell(t, c, live.ComplaintClassified, room, by, classified(c)); err != nil {
		return err
	}
	if len(terms) == 0 {
		return nil
	}
	return tell(t, c, live.KeywordsExtracted, room, by, map[string]any{"doc_id": c.ID, "terms": terms, "method_version": TermsVersion})
}

func classified(c *Complaint) map[string]any {
	by, confidence := "model", c.Machine.Confidence
	switch {
	case c.HumanCause != "":
		by, confidence = "human", certain
	case c.Machine.Rule:
		by = "rule"
	}
	return map[string]any{"complaint_id": c.ID, "cause": c.Cause, "confidence_bps": confidence, "by": by, "machine_cause": c.Machine.Cause}
}

func tell(t *store.Tx, c *Complaint, kind live.Kind, room live.RoomID, by live.Actor, data map[string]any) error {
	_, err := t.Emit(live.Event{
		Kind: kind, Merchant: c.Merchant, Room: room, Show: showOf(room, c.Show), Person: c.Person, Actor: by, OccurredAt: t.Now(),
	}, data)
	return err
}

// showOf is the show of a fact: one that we do not know is no show of ours.
func showOf(room live.RoomID, show live.ShowID) live.ShowID {
	if room == "" {
		return ""
	}
	return show
}
