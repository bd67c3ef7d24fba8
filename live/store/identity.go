package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// maxNames bounds one statement about a person.
const maxNames = 20

// Identify takes in that all these identifiers name one person, and returns the
// name that stands for them all. If they were several people so far, these are
// merged, in the log for good, and so are their orders, new and old: every
// figure of buyers then counts one person, and a metric_corrected says what it
// was and is. Values that name nobody, such as zeros, are left out.
//
// Codes: "invalid_field", "identity_limit" (data: kind, limit): it would give one
// person more names of a kind than [live.IdentityLimits] allows; nothing is
// changed then.
func (s *Store) Identify(ctx context.Context, m live.MerchantID, ids []live.Identifier, evidence string) (live.PersonID, error) {
	if !live.ValidID(string(m)) {
		return "", badID("merchant_id")
	}
	ids = slices.DeleteFunc(slices.Clone(ids), live.Identifier.Blocked)
	if len(ids) == 0 || len(ids) > maxNames {
		return "", live.Invalid("invalid_field", "identifiers", "must be 1 to %d that name somebody", maxNames)
	}
	for i := range ids {
		if err := ids[i].Check(); err != nil {
			return "", err
		}
	}
	var one live.PersonID
	err := s.write(ctx, func(t *tx) error {
		names, err := t.namesOf(m, ids)
		if err != nil {
			return err
		}
		one, err = t.merge(m, names, evidence[:min(len(evidence), maxReason)])
		return err
	})
	if err != nil {
		return "", err
	}
	return one, nil
}

// namesOf keeps the names that identifiers give, each with its kind.
func (t *tx) namesOf(m live.MerchantID, ids []live.Identifier) ([]live.PersonID, error) {
	secret, err := t.identitySecret(m)
	if err != nil {
		return nil, err
	}
	var names []live.PersonID
	for _, id := range ids {
		p := id.Person(m, secret)
		if slices.Contains(names, p) {
			continue
		}
		if _, err := t.exec(`INSERT INTO person_names (merchant_id, person_id, kind, at) VALUES (?, ?, ?, ?)
			ON CONFLICT (merchant_id, person_id) DO NOTHING`, string(m), string(p), string(id.Kind), ms(t.now)); err != nil {
			return nil, fmt.Errorf("keep a name: %w", err)
		}
		names = append(names, p)
	}
	return names, nil
}

func (t *tx) identitySecret(m live.MerchantID) ([]byte, error) {
	var secret string
	err := t.row(`SELECT secret FROM identity_secrets WHERE merchant_id = ?`, string(m)).Scan(&secret)
	if errors.Is(err, sql.ErrNoRows) {
		secret = rand.Text()
		_, err = t.exec(`INSERT INTO identity_secrets (merchant_id, secret) VALUES (?, ?)`, string(m), secret)
	}
	if err != nil {
		return nil, fmt.Errorf("read identity secret: %w", err)
	}
	return []byte(secret), nil
}

// merge joins the people of these names into one.
func (t *tx) merge(m live.MerchantID, names []live.PersonID, evidence string) (live.PersonID, error) {
	var groups [][]live.KnownAs
	var all []live.KnownAs
	have := map[live.PersonID]bool{}
	for _, p := range names {
		if have[p] {
			continue
		}
		g, err := group(t, m, p)
		if err != nil {
			return "", err
		}
		for _, k := range g {
			have[k.Person] = true
		}
		groups, all = append(groups, g), append(all, g...)
	}
	if kind := live.OverLimit(all); kind != "" && len(groups) > 1 {
		no := live.Conflict("identity_limit", "that would be one person with more than %d names of the kind %s", live.IdentityLimits[kind], kind)
		no.Data = map[string]any{"kind": string(kind), "limit": live.IdentityLimits[kind]}
		return "", no
	}
	one := live.OnePerson(all)
	if len(groups) == 1 {
		return one, nil
	}
	for _, g := range groups[1:] {
		from, into := live.OnePerson(g), live.OnePerson(groups[0])
		if err := t.logPersons(m, live.Merge{A: into, B: from, Evidence: evidence}, live.IdentityMerged, one); err != nil {
			return "", err
		}
	}
	if err := t.link(m, all, one); err != nil {
		return "", err
	}
	return one, t.settlePersons(m, people(all), string(live.IdentityMerged))
}

func people(names []live.KnownAs) []live.PersonID {
	out := make([]live.PersonID, len(names))
	for i := range names {
		out[i] = names[i].Person
	}
	return out
}

// canonical is the name that stands for a name.
func canonical(q querier, m live.MerchantID, p live.PersonID) (live.PersonID, error) {
	var one live.PersonID
	err := q.row(`SELECT canonical FROM person_links WHERE merchant_id = ? AND person_id = ?`, string(m), string(p)).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return p, nil
	}
	if err != nil {
		return "", fmt.Errorf("read who a name is: %w", err)
	}
	return one, nil
}

// group is every name of the person of one name.
func group(q querier, m live.MerchantID, p live.PersonID) ([]live.KnownAs, error) {
	one, err := canonical(q, m, p)
	if err != nil {
		return nil, err
	}
	rows, err := q.query(`SELECT n.person_id, n.kind FROM person_names n LEFT JOIN person_links l ON l.merchant_id = n.merchant_id AND l.person_id = n.person_id
		WHERE n.merchant_id = ? AND (l.canonical = ? OR n.person_id = ?) ORDER BY n.person_id`, string(m), string(one), string(one))
	names, err := collect(rows, err, func(r scanner) (k live.KnownAs, err error) { return k, r.Scan(&k.Person, &k.Kind) })
	if err != nil {
		return nil, fmt.Errorf("read the names of a person: %w", err)
	}
	return names, nil
}

// logPersons adds an entry to the log and tells it.
func (t *tx) logPersons(m live.MerchantID, e live.Merge, kind live.Kind, one live.PersonID) error {
	n, err := lastMerge(t, m)
	if err != nil {
		return err
	}
	e.N = n + 1
	if _, err := t.exec(`INSERT INTO person_log (merchant_id, n, person_a, person_b, undoes, evidence, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(m), e.N, string(e.A), string(e.B), e.Undoes, e.Evidence, ms(t.now)); err != nil {
		return fmt.Errorf("log who is who: %w", err)
	}
	data := map[string]any{"merge": e.N, "from_person": e.B, "to_person": one, "persons": []live.PersonID{e.A, e.B}, "evidence": e.Evidence}
	if e.Undoes != 0 {
		data["undoes"] = e.Undoes
	}
	return t.tellReferral(kind, m, one, data)
}

func lastMerge(q querier, m live.MerchantID) (n int64, err error) {
	if err := q.row(`SELECT COALESCE(MAX(n), 0) FROM person_log WHERE merchant_id = ?`, string(m)).Scan(&n); err != nil {
		return 0, fmt.Errorf("read the log of who is who: %w", err)
	}
	return n, nil
}

// link writes that one name stands for all of a group; alone it stands for itself.
func (t *tx) link(m live.MerchantID, names []live.KnownAs, one live.PersonID) error {
	for _, k := range names {
		var err error
		if len(names) == 1 {
			_, err = t.exec(`DELETE FROM person_links WHERE merchant_id = ? AND person_id = ?`, string(m), string(k.Person))
		} else {
			_, err = t.exec(`INSERT INTO person_links (merchant_id, person_id, canonical) VALUES (?, ?, ?)
				ON CONFLICT (merchant_id, person_id) DO UPDATE SET canonical = excluded.canonical`, string(m), string(k.Person), string(one))
		}
		if err != nil {
			return fmt.Errorf("link a name: %w", err)
		}
	}
	return nil
}

// Unmerge undoes one entry of the log: what only it joined are two people again,
// and their orders go back. Codes: "merge_not_found", "already_undone".
func (s *Store) Unmerge(ctx context.Context, m live.MerchantID, n int64, reason string, by live.Actor) error {
	return s.write(ctx, func(t *tx) error {
		log, err := merges(t, m)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(log, func(e live.Merge) bool { return e.N == n && e.Undoes == 0 })
		if i < 0 {
			return live.NotFound("merge_not_found", "there is no such merge")
		}
		if slices.ContainsFunc(log, func(e live.Merge) bool { return e.Undoes == n }) {
			return live.Conflict("already_undone", "the merge was undone before")
		}
		names, err := group(t, m, log[i].A)
		if err != nil {
			return err
		}
		undo := live.Merge{A: log[i].A, B: log[i].B, Undoes: n, Evidence: reason[:min(len(reason), maxReason)]}
		if err := t.logPersons(m, undo, live.IdentityUnmerged, live.OnePerson(names)); err != nil {
			return err
		}
		if log, err = merges(t, m); err != nil {
			return err
		}
		groups := live.Groups(log)
		for _, k := range names {
			of := []live.KnownAs{k}
			for _, g := range groups {
				if slices.Contains(g, k.Person) {
					of = slices.DeleteFunc(slices.Clone(names), func(x live.KnownAs) bool { return !slices.Contains(g, x.Person) })
				}
			}
			if err := t.link(m, of, live.OnePerson(of)); err != nil {
				return err
			}
		}
		if err := t.settlePersons(m, people(names), string(live.IdentityUnmerged)); err != nil {
			return err
		}
		if err := t.tellParted(m, people(names)); err != nil {
			return err
		}
		return t.audited(AuditRow{Merchant: m, Actor: by, Action: "identity.unmerge", Detail: fmt.Sprintf(`{"merge":%d}`, n)})
	})
}

func merges(q querier, m live.MerchantID) ([]live.Merge, error) {
	rows, err := q.query(`SELECT n, person_a, person_b, undoes, evidence FROM person_log WHERE merchant_id = ? ORDER BY n`, string(m))
	list, err := collect(rows, err, func(r scanner) (e live.Merge, err error) {
		return e, r.Scan(&e.N, &e.A, &e.B, &e.Undoes, &e.Evidence)
	})
	if err != nil {
		return nil, fmt.Errorf("read the log of who is who: %w", err)
	}
	return list, nil
}

// Merges is the log of who is who, ascending.
func (s *Store) Merges(ctx context.Context, m live.MerchantID) ([]live.Merge, error) {
	return merges(s.reader(ctx), m)
}

// PersonOf is the name that stands for a name.
func (s *Store) PersonOf(ctx context.Context, m live.MerchantID, p live.PersonID) (live.PersonID, error) {
	return canonical(s.reader(ctx), m, p)
}

// corrected tells that figures of a show changed because of what was learned.
func (t *tx) corrected(m live.MerchantID, show live.ShowID, metric, reason string, before, after int64) error {
	raw, err := json.Marshal(map[string]any{"metric": metric, "old": before, "new": after, "reason": reason})
	if err != nil {
		return fmt.Errorf("encode correction: %w", err)
	}
	sh, err := findShow(t, show)
	if err != nil {
		return err
	}
	return t.emit(live.Event{
		ID: live.EventID(t.w.store.ids.next(t.now)), Kind: live.MetricCorrected, Source: SourceSystem, Merchant: m, Room: sh.Room, Show: show,
		Actor: itself.Actor(), Rehearsal: sh.Rehearsal, OccurredAt: t.now.Truncate(time.Millisecond), Data: raw,
	})
}
