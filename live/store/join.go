package store

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"showrunner/live"
)

// LinkNames is [Store.Identify] at the word of a person, with a line in the
// audit that names nobody in the clear.
func (s *Store) LinkNames(ctx context.Context, m live.MerchantID, ids []live.Identifier, evidence string, by live.Actor) (live.PersonID, error) {
	one, err := s.Identify(ctx, m, ids, evidence)
	if err != nil {
		return "", err
	}
	kinds := make([]live.IdentityKind, len(ids))
	for i := range ids {
		kinds[i] = ids[i].Kind
	}
	return one, s.joined(ctx, m, "identity.link", map[string]any{"kinds": kinds, "evidence": evidence}, by)
}

// JoinPersons takes in, at the word of a person, that two names are one
// person's. Names of whom nothing was said before are taken for devices; limits
// are those of [Store.Identify]. Codes: "person_not_found", "identity_limit".
func (s *Store) JoinPersons(ctx context.Context, m live.MerchantID, a, b live.PersonID, evidence string, by live.Actor) (live.PersonID, error) {
	for _, p := range []live.PersonID{a, b} {
		if !live.ValidID(string(p)) {
			return "", badID("person_id")
		}
		if err := s.exists(ctx, m, p); err != nil {
			return "", err
		}
	}
	var one live.PersonID
	err := s.write(ctx, func(t *tx) (err error) {
		for _, p := range []live.PersonID{a, b} {
			if _, err := t.exec(`INSERT INTO person_names (merchant_id, person_id, kind, at) VALUES (?, ?, ?, ?)
				ON CONFLICT (merchant_id, person_id) DO NOTHING`, string(m), string(p), string(live.IdentityAnonymous), ms(t.now)); err != nil {
				return fmt.Errorf("keep a name: %w", err)
			}
		}
		one, err = t.merge(m, []live.PersonID{a, b}, evidence[:min(len(evidence), maxReason)])
		return err
	})
	if err != nil {
		return "", err
	}
	return one, s.joined(ctx, m, "identity.merge", map[string]any{"evidence": evidence}, by)
}

func (s *Store) joined(ctx context.Context, m live.MerchantID, action string, detail map[string]any, by live.Actor) error {
	raw, err := json.Marshal(detail)
	if err != nil {
		return fmt.Errorf("encode audit: %w", err)
	}
	return s.AddAudit(ctx, AuditRow{Merchant: m, Actor: by, Action: action, Detail: string(raw)})
}

// exists refuses a name of whom nothing is known.
func (s *Store) exists(ctx context.Context, m live.MerchantID, p live.PersonID) error {
	profile := Profile{Merchant: m}
	_, err := profile.identify(s.reader(ctx), m, p)
	return err
}

// MergesPage lists the log of who is who, latest first, with the cursor of the
// next page.
func (s *Store) MergesPage(ctx context.Context, m live.MerchantID, after string, most int) ([]live.Merge, string, error) {
	c, err := decodeCursor(after)
	if err != nil {
		return nil, "", err
	}
	list, err := s.Merges(ctx, m)
	if err != nil {
		return nil, "", err
	}
	slices.Reverse(list)
	list = slices.DeleteFunc(list, func(e live.Merge) bool { return e.N >= c.at })
	most = limit(most)
	list, next := page(list[:min(len(list), most+1)], most, func(e live.Merge) cursor { return cursor{at: e.N} })
	return list, next, nil
}
