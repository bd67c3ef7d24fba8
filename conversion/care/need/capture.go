package need

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"showrunner/conversion/care"
	"showrunner/live"
	"showrunner/live/store"
)

// MaxText is how many characters of a need, an answer or evidence are taken.
const MaxText = 500

// Wanted is a need as it is heard.
type Wanted struct {
	Merchant live.MerchantID
	Person   live.PersonID
	Show     live.ShowID
	Session  string
	Text     string
	Source   Source
	Ref      string // the fact it was heard in; heard again it changes nothing
	Agent    string
	At       time.Time // of what was heard; zero is now
}

func (in *Wanted) check() error {
	if n := utf8.RuneCountInString(in.Text); n == 0 || n > MaxText {
		return live.Invalid("invalid_field", "text", "must have 1 to %d characters", MaxText)
	}
	for _, f := range []struct{ name, value string }{{"person_id", string(in.Person)}, {"show_id", string(in.Show)}, {"session_id", in.Session}} {
		if f.value != "" && !live.ValidID(f.value) {
			return live.Invalid("invalid_field", f.name, "must be an identifier")
		}
	}
	return nil
}

// Capture takes in a need; one of a fact that was heard before is told as it is.
// Codes: "invalid_field", "show_not_found".
func (l *Loop) Capture(ctx context.Context, in Wanted, by live.Actor) (n Need, err error) {
	list, err := l.CaptureAll(ctx, []Wanted{in}, by)
	if err != nil {
		return n, err
	}
	return list[0], nil
}

// CaptureAll takes in several needs at once, all or none.
func (l *Loop) CaptureAll(ctx context.Context, all []Wanted, by live.Actor) ([]Need, error) {
	type heard struct {
		id    string
		terms string
	}
	segmenter, _, err := l.words()
	if err != nil {
		return nil, err
	}
	ready := make([]heard, len(all))
	for i := range all {
		if err := all[i].check(); err != nil {
			return nil, err
		}
		terms, err := json.Marshal(append([]string{}, segmenter.Terms(all[i].Text)...))
		if err != nil {
			return nil, fmt.Errorf("encode terms: %w", err)
		}
		ready[i] = heard{"nd-" + l.newID(), string(terms)}
	}
	out := make([]Need, len(all))
	err = l.store.Change(ctx, func(t *store.Tx) (err error) {
		for i := range all {
			if out[i], err = capture(t, ready[i].id, all[i], ready[i].terms, by); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

func capture(t *store.Tx, id string, in Wanted, terms string, by live.Actor) (n Need, err error) {
	m := string(in.Merchant)
	if in.Ref != "" {
		var known string
		err := t.Row(`SELECT need_id FROM care_needs WHERE merchant_id = ? AND source = ? AND ref = ?`, m, string(in.Source), in.Ref).Scan(&known)
		if err == nil {
			return find(t.Querier, care.Reach{Merchant: in.Merchant}, known)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return n, fmt.Errorf("look for a need: %w", err)
		}
	} else {
		in.Ref = id
	}
	if in.Person != "" {
		names, err := t.Names()
		if err != nil {
			return n, err
		}
		if fresh := names.Of(in.Merchant, in.Person, cmp.Or(in.At, t.Now())); fresh != in.Person {
			in.Person, in.Text, terms = fresh, "", "[]" // They were forgotten while it was on its way, and their words with them.
		}
		if in.Person, err = t.Canonical(in.Merchant, in.Person); err != nil {
			return n, err
		}
	}
	var room live.RoomID
	if in.Show != "" {
		err := t.Row(`SELECT room_id FROM shows WHERE merchant_id = ? AND show_id = ?`, m, string(in.Show)).Scan(&room)
		if errors.Is(err, sql.ErrNoRows) {
			return n, live.NotFound("show_not_found", "there is no such show")
		}
		if err != nil {
			return n, fmt.Errorf("read show of a need: %w", err)
		}
	}
	if in.Agent == "" && by.Role == live.RoleAgent {
		in.Agent = by.ID
	}
	if _, err := t.Exec(`INSERT INTO care_needs (merchant_id, need_id, person_id, show_id, session_id, source, ref, text, terms, state, cluster_id, agent_id, answer, captured_at, steps)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'captured', '', ?, '', ?, 1)`,
		m, id, string(in.Person), string(in.Show), in.Session, string(in.Source), in.Ref, in.Text, terms, in.Agent, store.Millis(t.Now())); err != nil {
		return n, fmt.Errorf("write need: %w", err)
	}
	if err := note(t, in.Merchant, id, 1, "capture", string(Captured), in.Ref, by); err != nil {
		return n, err
	}
	if n, err = find(t.Querier, care.Reach{Merchant: in.Merchant}, id); err != nil {
		return n, err
	}
	_, err = t.Emit(live.Event{Kind: live.NeedCaptured, Merchant: n.Merchant, Room: room, Show: n.Show, Person: n.Person, Actor: by, OccurredAt: t.Now()},
		map[string]any{"need_id": n.ID, "text": n.Text, "source": n.Source})
	return n, err
}

// Respond notes the answer that was given. An agent who does so has the need from
// then on. A need that was responded to may be responded to better. Codes:
// "invalid_field", "need_not_found".
func (l *Loop) Respond(ctx context.Context, r care.Reach, id, answer string, by live.Principal) (Need, error) {
	if n := utf8.RuneCountInString(answer); n == 0 || n > MaxText {
		return Need{}, live.Invalid("invalid_field", "answer", "must have 1 to %d characters", MaxText)
	}
	return l.move(ctx, r, id, "respond", answer, by, func(n *Need) (live.Kind, error) {
		n.State, n.Answer, n.Agent = Responded, answer, by.Subject
		return live.NeedResponded, nil
	})
}

// Validate notes that the answer served, and how that is known. Codes:
// "invalid_field", "need_not_found", "wrong_state" (data: state).
func (l *Loop) Validate(ctx context.Context, r care.Reach, id, evidence string, by live.Principal) (Need, error) {
	if n := utf8.RuneCountInString(evidence); n == 0 || n > MaxText {
		return Need{}, live.Invalid("invalid_field", "evidence", "must have 1 to %d characters", MaxText)
	}
	return l.move(ctx, r, id, "validate", evidence, by, func(n *Need) (live.Kind, error) {
		if n.State != Responded {
			no := live.Conflict("wrong_state", "the need is %s: nobody has answered it since", string(n.State))
			no.Data = map[string]any{"state": string(n.State)}
			return "", no
		}
		n.State = Validated
		return live.NeedValidated, nil
	})
}

func (l *Loop) move(ctx context.Context, r care.Reach, id, step, evidence string, by live.Principal, turn func(*Need) (live.Kind, error)) (n Need, err error) {
	err = l.store.Change(ctx, func(t *store.Tx) error {
		if n, err = find(t.Querier, r, id); err != nil {
			return err
		}
		kind, err := turn(&n)
		if err != nil {
			return err
		}
		m := string(n.Merchant)
		if _, err := t.Exec(`UPDATE care_needs SET state = ?, agent_id = ?, answer = ?, steps = steps + 1 WHERE merchant_id = ? AND need_id = ?`,
			string(n.State), n.Agent, n.Answer, m, n.ID); err != nil {
			return fmt.Errorf("write need: %w", err)
		}
		var steps int64
		if err := t.Row(`SELECT steps FROM care_needs WHERE merchant_id = ? AND need_id = ?`, m, n.ID).Scan(&steps); err != nil {
			return fmt.Errorf("count steps of a need: %w", err)
		}
		if err := note(t, n.Merchant, n.ID, steps, step, string(n.State), evidence, by.Actor()); err != nil {
			return err
		}
		_, err = t.Emit(live.Event{Kind: kind, Merchant: n.Merchant, Person: n.Person, Actor: by.Actor(), OccurredAt: t.Now()},
			map[string]any{"need_id": n.ID, "evidence": evidence})
		return err
	})
	return n, err
}
