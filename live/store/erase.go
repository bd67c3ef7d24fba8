package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"showrunner/live"
)

// Erasure is a person who was forgotten.
type Erasure struct {
	ID       string
	Merchant live.MerchantID
	Person   live.PersonID // the name that stands for them now; it leads nowhere
	Names    int64         // that they had
	Reason   string
	By       string
	AskedAt  time.Time
	FactsAt  time.Time // when the facts kept for reports had the new names too; zero: not so far
}

// erasedPrefix begins names of people who were forgotten.
const erasedPrefix = "erased:"

// ErasePerson forgets a person: each of their names is replaced by one made of
// chance, wherever this database has it, and free text beside it is emptied. It
// is a renaming, so that orders, sums, figures and the ladder stay as they are
// to the last cent; but nothing leads from the person to them any more, and
// nothing that is learned of the person later finds them. What the audit says
// stays.
//
// The old names are kept until [Store.FinishErasure], for those who hold facts
// elsewhere. Codes: "person_not_found", "already_erased".
func (s *Store) ErasePerson(ctx context.Context, m live.MerchantID, name live.PersonID, reason string, by live.Actor) (Erasure, error) {
	e := Erasure{Merchant: m, Reason: reason[:min(len(reason), maxReason)], By: by.ID}
	err := s.write(ctx, func(t *tx) error {
		p := Profile{Merchant: m}
		names, err := p.identify(t, m, name)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(p.Person), erasedPrefix) {
			return live.Conflict("already_erased", "they were forgotten before")
		}
		e.ID, e.AskedAt, e.Names = "era_"+t.w.store.ids.next(t.now), t.now, int64(len(names))
		if _, err := t.exec(`INSERT INTO erasing (merchant_id) VALUES (?)`, string(m)); err != nil {
			return fmt.Errorf("begin to forget: %w", err)
		}
		fresh := map[live.PersonID]live.PersonID{}
		for _, old := range names {
			fresh[old] = live.PersonID(erasedPrefix + strings.ToLower(rand.Text()))
		}
		e.Person = fresh[p.Person]
		if err := t.renameAll(m, names, fresh); err != nil {
			return err
		}
		for _, old := range names {
			if _, err := t.exec(`INSERT INTO erasure_names (erasure_id, old_name, new_name, copied) VALUES (?, ?, ?, 0)`, e.ID, string(old), string(fresh[old])); err != nil {
				return fmt.Errorf("keep a renaming: %w", err)
			}
		}
		if _, err := t.exec(`DELETE FROM erasing WHERE merchant_id = ?`, string(m)); err != nil {
			return fmt.Errorf("end forgetting: %w", err)
		}
		if err := t.tellReferral(live.PersonErased, m, e.Person, map[string]any{"erasure_id": e.ID, "names": e.Names}); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO erasures (erasure_id, merchant_id, person_id, names, reason, asked_by, asked_at, outbox_id, facts_at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)`,
			e.ID, string(m), string(e.Person), e.Names, e.Reason, e.By, ms(e.AskedAt), t.outbox); err != nil {
			return fmt.Errorf("keep an erasure: %w", err)
		}
		detail, err := json.Marshal(map[string]any{"erasure_id": e.ID, "names": e.Names})
		if err != nil {
			return fmt.Errorf("encode erasure: %w", err)
		}
		return t.audited(AuditRow{Merchant: m, Actor: by, Action: "person.erase", Detail: string(detail)})
	})
	if err != nil {
		return Erasure{}, err
	}
	return e, nil
}

// renameAll gives names others wherever they stand.
func (t *tx) renameAll(m live.MerchantID, names []live.PersonID, fresh map[live.PersonID]live.PersonID) error {
	orders, err := t.ordersAround(m, names)
	if err != nil {
		return err
	}
	brought, err := t.broughtBy(m, names)
	if err != nil {
		return err
	}
	if err := t.renameTouches(m, fresh, brought); err != nil {
		return err
	}
	if err := t.renameOrders(m, fresh, orders); err != nil {
		return err
	}
	for _, old := range names {
		if err := t.rename(m, old, fresh[old]); err != nil {
			return err
		}
	}
	return nil
}

const erasureColumns = `erasure_id, merchant_id, person_id, names, reason, asked_by, asked_at, facts_at`

func scanErasure(r scanner) (e Erasure, err error) {
	var asked, facts int64
	err = r.Scan(&e.ID, &e.Merchant, &e.Person, &e.Names, &e.Reason, &e.By, &asked, &facts)
	e.AskedAt, e.FactsAt = at(asked), at(facts)
	return e, err
}

// Erasures lists who was forgotten, last first, with the cursor of the next page.
func (s *Store) Erasures(ctx context.Context, m live.MerchantID, after string, most int) ([]Erasure, string, error) {
	c, err := decodeCursor(after)
	if err != nil {
		return nil, "", err
	}
	var w where
	w.add("merchant_id = ?", string(m))
	w.after(c, "asked_at", "erasure_id")
	most = limit(most)
	rows, err := s.reader(ctx).query(`SELECT `+erasureColumns+` FROM erasures`+w.sql()+` ORDER BY asked_at DESC, erasure_id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, scanErasure)
	if err != nil {
		return nil, "", fmt.Errorf("list erasures: %w", err)
	}
	list, next := page(list, most, func(e Erasure) cursor { return cursor{ms(e.AskedAt), e.ID} })
	return list, next, nil
}

// Renaming is an old name and the one that took its place. Copied is what
// [Store.NoteCopied] noted.
type Renaming struct {
	Old, New live.PersonID
	Copied   bool
}

// OpenErasures are those whose old names are still needed elsewhere, and of which
// everything that was said before is in the log; first asked first, at most so
// many, each with its names.
func (s *Store) OpenErasures(ctx context.Context, most int) ([]Erasure, map[string][]Renaming, error) {
	q := s.reader(ctx)
	rows, err := q.query(`SELECT `+erasureColumns+` FROM erasures WHERE facts_at = 0 AND NOT EXISTS (SELECT 1 FROM outbox WHERE id - n + 1 <= erasures.outbox_id)
		ORDER BY asked_at, erasure_id LIMIT ?`, most)
	list, err := collect(rows, err, scanErasure)
	if err != nil {
		return nil, nil, fmt.Errorf("list open erasures: %w", err)
	}
	names := map[string][]Renaming{}
	for _, e := range list {
		rows, err := q.query(`SELECT old_name, new_name, copied FROM erasure_names WHERE erasure_id = ? ORDER BY old_name`, e.ID)
		if names[e.ID], err = collect(rows, err, func(r scanner) (n Renaming, err error) {
			var copied int64
			err = r.Scan(&n.Old, &n.New, &copied)
			n.Copied = copied != 0
			return n, err
		}); err != nil {
			return nil, nil, fmt.Errorf("read the names of an erasure: %w", err)
		}
	}
	return list, names, nil
}

// NoteCopied notes that what could not be renamed in place elsewhere was written
// under the new name.
func (s *Store) NoteCopied(ctx context.Context, id string, old live.PersonID) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`UPDATE erasure_names SET copied = 1 WHERE erasure_id = ? AND old_name = ?`, id, string(old)); err != nil {
			return fmt.Errorf("note a copy: %w", err)
		}
		return nil
	})
}

// FinishErasure forgets the old names for good: nobody holds facts under them
// any more.
func (s *Store) FinishErasure(ctx context.Context, id string) error {
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM erasure_names WHERE erasure_id = ?`, id); err != nil {
			return fmt.Errorf("forget old names: %w", err)
		}
		if _, err := t.exec(`UPDATE erasures SET facts_at = ? WHERE erasure_id = ? AND facts_at = 0`, ms(t.now), id); err != nil {
			return fmt.Errorf("finish an erasure: %w", err)
		}
		return nil
	})
}

// ErasuresInFacts is how many erasures of a merchant have reached the facts. Each
// changed some of them in place.
func (s *Store) ErasuresInFacts(ctx context.Context, m live.MerchantID) (n int64, err error) {
	if err := s.reader(ctx).row(`SELECT COUNT(*) FROM erasures WHERE merchant_id = ? AND facts_at <> 0`, string(m)).Scan(&n); err != nil {
		return 0, fmt.Errorf("count erasures: %w", err)
	}
	return n, nil
}

// renamings are the names of people who were forgotten while facts about them
// were still on their way.
type renamings map[personName]struct {
	fresh live.PersonID
	asked time.Time
}

func openRenamings(q querier) (renamings, error) {
	out := renamings{}
	rows, err := q.query(`SELECT e.merchant_id, n.old_name, n.new_name, e.asked_at FROM erasures e JOIN erasure_names n ON n.erasure_id = e.erasure_id WHERE e.facts_at = 0`)
	_, err = collect(rows, err, func(r scanner) (none struct{}, err error) {
		var name personName
		var fresh live.PersonID
		var asked int64
		err = r.Scan(&name.merchant, &name.person, &fresh, &asked)
		x := out[name]
		if x.fresh == "" || at(asked).After(x.asked) {
			x.fresh, x.asked = fresh, at(asked)
			out[name] = x
		}
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("read names that are being forgotten: %w", err)
	}
	return out, nil
}

// name is what a person is called since they were forgotten, if what happened was
// before. What happened after is somebody new's.
func (m renamings) name(of live.MerchantID, p live.PersonID, happened time.Time) live.PersonID {
	if x, ok := m[personName{of, p}]; ok && !happened.After(x.asked) {
		return x.fresh
	}
	return p
}

// apply gives a fact from before its person was forgotten the name they have now.
func (m renamings) apply(f *live.PersonFact) {
	f.Person = m.name(f.Merchant, f.Person, f.At)
	referrer := m.name(f.Merchant, f.Referrer, f.At)
	if f.Ref == string(f.Referrer) {
		f.Ref = string(referrer)
	}
	f.Referrer = referrer
}
