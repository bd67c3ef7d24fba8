package need

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

// State is how far a need is.
type State string

// The states of a need.
const (
	Captured  State = "captured"
	Responded State = "responded" // somebody has answered it
	Validated State = "validated" // it is known that the answer served
)

// Valid reports whether s is a state.
func (s State) Valid() bool { return s == Captured || s == Responded || s == Validated }

// Source is where a need was heard.
type Source string

// Sources.
const (
	FromDesk     Source = "desk"
	FromQuestion Source = "question" // asked in a room
)

// Need is what one person needed once.
type Need struct {
	Merchant   live.MerchantID
	ID         string
	Person     live.PersonID
	Show       live.ShowID
	Session    string
	Source     Source
	Text       string
	Terms      []string
	State      State
	Cluster    string // of those alike; empty: none found so far
	Agent      string // who responded, or captured it; empty: nobody
	Answer     string
	CapturedAt time.Time
}

const columns = `merchant_id, need_id, person_id, show_id, session_id, source, text, terms, state, cluster_id, agent_id, answer, captured_at`

func scan(r store.Scanner) (n Need, err error) {
	var terms string
	var captured int64
	if err := r.Scan(&n.Merchant, &n.ID, &n.Person, &n.Show, &n.Session, &n.Source, &n.Text, &terms, &n.State, &n.Cluster, &n.Agent, &n.Answer, &captured); err != nil {
		return n, err
	}
	n.CapturedAt = store.Time(captured)
	if err := json.Unmarshal([]byte(terms), &n.Terms); err != nil {
		return n, fmt.Errorf("read terms of need %s: %w", n.ID, err)
	}
	return n, nil
}

// within keeps a query to what the caller sees.
func within(r care.Reach, w *store.Where) {
	w.Add("merchant_id = ?", string(r.Merchant))
	if r.Agent != "" {
		w.Add("agent_id IN ('', ?)", r.Agent)
	}
}

func find(q store.Querier, r care.Reach, id string) (Need, error) {
	var w store.Where
	within(r, &w)
	w.Add("need_id = ?", id)
	n, err := scan(q.Row(`SELECT `+columns+` FROM care_needs`+w.SQL(), w.Args()...))
	if errors.Is(err, sql.ErrNoRows) {
		return n, live.NotFound("need_not_found", "there is no such need")
	}
	if err != nil {
		return n, fmt.Errorf("read need: %w", err)
	}
	return n, nil
}

// Need reads one. Code: "need_not_found".
func (l *Loop) Need(ctx context.Context, r care.Reach, id string) (Need, error) {
	return find(l.store.View(ctx), r, id)
}

// Filter selects needs. Zero members do not restrict.
type Filter struct {
	Reach   care.Reach
	State   State
	Cluster string
	Show    live.ShowID
	Cursor  string
	Limit   int
}

// Needs lists needs, the newest first, with the cursor of the next page.
func (l *Loop) Needs(ctx context.Context, f Filter) ([]Need, string, error) {
	page, err := store.OpenPage(f.Cursor, f.Limit)
	if err != nil {
		return nil, "", err
	}
	var w store.Where
	within(f.Reach, &w)
	if f.State != "" {
		w.Add("state = ?", string(f.State))
	}
	if f.Cluster != "" {
		w.Add("cluster_id = ?", f.Cluster)
	}
	if f.Show != "" {
		w.Add("show_id = ?", string(f.Show))
	}
	page.After(&w, "captured_at", "need_id")
	rows, err := l.store.View(ctx).Query(`SELECT `+columns+` FROM care_needs`+w.SQL()+` ORDER BY captured_at DESC, need_id DESC LIMIT ?`, w.Args(page.Limit())...)
	list, err := store.Collect(rows, err, scan)
	if err != nil {
		return nil, "", fmt.Errorf("list needs: %w", err)
	}
	list, next := store.Cut(page, list, func(n Need) (time.Time, string) { return n.CapturedAt, n.ID })
	return list, next, nil
}

// Entry is one step of a need or of a cluster, as it was taken.
type Entry struct {
	Step     string
	State    string
	Evidence string
	Actor    string
	Role     live.Role
	At       time.Time
}

// History is every step of a need, the first first. Code: "need_not_found".
func (l *Loop) History(ctx context.Context, r care.Reach, id string) ([]Entry, error) {
	if _, err := l.Need(ctx, r, id); err != nil {
		return nil, err
	}
	return history(l.store.View(ctx), r.Merchant, id)
}

func history(q store.Querier, m live.MerchantID, thing string) ([]Entry, error) {
	rows, err := q.Query(`SELECT step, state, evidence, actor_id, actor_role, at FROM care_need_log WHERE merchant_id = ? AND thing_id = ? ORDER BY n`, string(m), thing)
	list, err := store.Collect(rows, err, func(r store.Scanner) (e Entry, err error) {
		var at int64
		err = r.Scan(&e.Step, &e.State, &e.Evidence, &e.Actor, &e.Role, &at)
		e.At = store.Time(at)
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read steps of a need: %w", err)
	}
	return list, nil
}

func note(t *store.Tx, m live.MerchantID, thing string, n int64, step, state, evidence string, by live.Actor) error {
	if _, err := t.Exec(`INSERT INTO care_need_log (merchant_id, thing_id, n, step, state, evidence, actor_id, actor_role, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(m), thing, n, step, state, evidence, by.ID, string(by.Role), store.Millis(t.Now())); err != nil {
		return fmt.Errorf("log a step of a need: %w", err)
	}
	return nil
}
