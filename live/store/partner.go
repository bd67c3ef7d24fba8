package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// Partner is a person who sells in the merchant's name, or wants to.
type Partner struct {
	Merchant  live.MerchantID
	Person    live.PersonID // the name that stood for them when it was written
	State     live.PartnerState
	Note      string // of the application, or why it was decided so
	AppliedAt time.Time
	DecidedAt time.Time // zero: not yet
	DecidedBy string
}

const partnerColumns = `merchant_id, person_id, state, note, applied_at, decided_at, decided_by`

func scanPartner(r scanner) (p Partner, err error) {
	var applied, decided int64
	err = r.Scan(&p.Merchant, &p.Person, &p.State, &p.Note, &applied, &decided, &p.DecidedBy)
	p.AppliedAt, p.DecidedAt = at(applied), at(decided)
	return p, err
}

// findPartner is where a person stands as a partner under any of their names;
// nil if they never applied. Of several the one approved first goes first.
func findPartner(q querier, m live.MerchantID, p live.PersonID) (*Partner, error) {
	names, err := aliases(q, m, p)
	if err != nil {
		return nil, err
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	found, err := scanPartner(q.row(`SELECT `+partnerColumns+` FROM partners`+w.sql()+`
		ORDER BY CASE state WHEN 'approved' THEN 0 WHEN 'suspended' THEN 1 WHEN 'applied' THEN 2 ELSE 3 END, applied_at, person_id LIMIT 1`, w.args...))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read partner: %w", err)
	}
	return &found, nil
}

// partnerKinds are the facts that tell of a new state. A rejection moves nobody
// and is told by none.
var partnerKinds = map[live.PartnerState]live.Kind{
	live.PartnerStateApplied: live.PartnerApplied, live.PartnerStateApproved: live.PartnerApproved, live.PartnerStateSuspended: live.PartnerSuspended,
}

// ApplyPartner takes in that a person wants to become a partner. Who has applied
// and was not rejected is answered with where they stand. Codes: "invalid_field".
func (s *Store) ApplyPartner(ctx context.Context, m live.MerchantID, person live.PersonID, note string, by live.Principal) (Partner, error) {
	return s.turnPartner(ctx, m, person, live.PartnerStateApplied, note, by)
}

// MovePartner decides on a partner. The state they are in already is answered
// with what is. Codes: "partner_not_found", "wrong_state" (data: state).
func (s *Store) MovePartner(ctx context.Context, m live.MerchantID, person live.PersonID, to live.PartnerState, reason string, by live.Principal) (Partner, error) {
	return s.turnPartner(ctx, m, person, to, reason, by)
}

func (s *Store) turnPartner(ctx context.Context, m live.MerchantID, person live.PersonID, to live.PartnerState, note string, by live.Principal) (Partner, error) {
	if !live.ValidID(string(person)) {
		return Partner{}, badID("person_id")
	}
	var out Partner
	err := s.write(ctx, func(t *tx) error {
		had, err := findPartner(t, m, person)
		if err != nil {
			return err
		}
		if had == nil && to != live.PartnerStateApplied {
			return live.NotFound("partner_not_found", "they never applied")
		}
		if had == nil {
			one, err := canonical(t, m, person)
			if err != nil {
				return err
			}
			had = &Partner{Merchant: m, Person: one}
		}
		if out = *had; had.State == to || to == live.PartnerStateApplied && had.State != "" && had.State != live.PartnerStateRejected {
			return nil
		}
		if !had.State.May(to) {
			no := live.Conflict("wrong_state", "the partner is %q and cannot become %q", string(had.State), string(to))
			no.Data = map[string]any{"state": string(had.State)}
			return no
		}
		out.State, out.Note = to, note[:min(len(note), maxReason)]
		if to == live.PartnerStateApplied {
			out.AppliedAt, out.DecidedAt, out.DecidedBy = t.now, time.Time{}, ""
		} else {
			out.DecidedAt, out.DecidedBy = t.now, by.Subject
		}
		return t.savePartner(&out, by)
	})
	if err != nil {
		return Partner{}, err
	}
	return out, nil
}

// savePartner writes a state, its entry of the log and what tells it.
func (t *tx) savePartner(p *Partner, by live.Principal) error {
	m, person := string(p.Merchant), string(p.Person)
	if _, err := t.exec(`INSERT INTO partners (`+partnerColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (merchant_id, person_id) DO UPDATE SET state = excluded.state, note = excluded.note, applied_at = excluded.applied_at,
			decided_at = excluded.decided_at, decided_by = excluded.decided_by`,
		m, person, string(p.State), p.Note, ms(p.AppliedAt), ms(p.DecidedAt), p.DecidedBy); err != nil {
		return fmt.Errorf("write partner: %w", err)
	}
	var n int64
	if err := t.row(`SELECT COALESCE(MAX(n), 0) + 1 FROM partner_log WHERE merchant_id = ? AND person_id = ?`, m, person).Scan(&n); err != nil {
		return fmt.Errorf("number an entry of a partner: %w", err)
	}
	if _, err := t.exec(`INSERT INTO partner_log (merchant_id, person_id, n, state, reason, actor_id, actor_role, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		m, person, n, string(p.State), p.Note, by.Subject, string(by.Role), ms(t.now)); err != nil {
		return fmt.Errorf("log partner: %w", err)
	}
	if kind := partnerKinds[p.State]; kind != "" {
		if err := t.tellReferral(kind, p.Merchant, p.Person, map[string]any{"state": p.State, "by": by.Subject}); err != nil {
			return err
		}
	}
	detail, err := json.Marshal(map[string]any{"person_id": p.Person, "state": p.State})
	if err != nil {
		return fmt.Errorf("encode partner: %w", err)
	}
	return t.audited(AuditRow{Merchant: p.Merchant, Actor: by.Actor(), Action: "partner." + string(p.State), Detail: string(detail)})
}

// PartnerFilter selects partners of one merchant.
type PartnerFilter struct {
	Merchant live.MerchantID // required
	State    live.PartnerState
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// Partners lists partners, those who applied last first, with the cursor of the
// next page.
func (s *Store) Partners(ctx context.Context, f PartnerFilter) ([]Partner, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("merchant_id = ?", string(f.Merchant))
	if f.State != "" {
		w.add("state = ?", string(f.State))
	}
	w.after(c, "applied_at", "person_id")
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT `+partnerColumns+` FROM partners`+w.sql()+` ORDER BY applied_at DESC, person_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanPartner)
	if err != nil {
		return nil, "", fmt.Errorf("list partners: %w", err)
	}
	list, next := page(list, most, func(p Partner) cursor { return cursor{ms(p.AppliedAt), string(p.Person)} })
	return list, next, nil
}
