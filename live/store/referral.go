package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"showrunner/live"
)

// SetReferralRule makes a new version of a merchant's rule for binding people to
// who brought them. It holds for links followed from now on; what was bound
// before stays as it was. Codes: "invalid_field".
func (s *Store) SetReferralRule(ctx context.Context, r live.ReferralRule, by live.Actor) (live.ReferralRule, error) {
	if !live.ValidID(string(r.Merchant)) {
		return live.ReferralRule{}, badID("merchant_id")
	}
	if err := r.Check(); err != nil {
		return live.ReferralRule{}, err
	}
	err := s.write(ctx, func(t *tx) error {
		last, err := referralRule(t, r.Merchant)
		if err != nil {
			return err
		}
		r.Version, r.SetAt = last.Version+1, t.now
		if _, err := t.exec(`INSERT INTO referral_rules (merchant_id, version, who, term, days, bonus_minor, currency, set_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			string(r.Merchant), r.Version, string(r.Who), string(r.Term), r.Days, r.Bonus, string(r.Currency), ms(r.SetAt)); err != nil {
			return fmt.Errorf("set referral rule: %w", err)
		}
		detail, err := json.Marshal(map[string]any{"version": r.Version, "who": r.Who, "term": r.Term, "days": r.Days, "bonus_minor": r.Bonus, "currency": r.Currency})
		if err != nil {
			return fmt.Errorf("set referral rule: %w", err)
		}
		return t.audited(AuditRow{Merchant: r.Merchant, Actor: by, Action: "referral.rule", Detail: string(detail)})
	})
	if err != nil {
		return live.ReferralRule{}, err
	}
	return r, nil
}

// ReferralRule is the rule that holds now, [live.DefaultReferralRule] if the
// merchant has set none.
func (s *Store) ReferralRule(ctx context.Context, m live.MerchantID) (live.ReferralRule, error) {
	return referralRule(s.reader(ctx), m)
}

func referralRule(q querier, m live.MerchantID) (live.ReferralRule, error) {
	r := live.ReferralRule{Merchant: m}
	var set int64
	err := q.row(`SELECT version, who, term, days, bonus_minor, currency, set_at FROM referral_rules WHERE merchant_id = ? ORDER BY version DESC LIMIT 1`, string(m)).
		Scan(&r.Version, &r.Who, &r.Term, &r.Days, &r.Bonus, &r.Currency, &set)
	if errors.Is(err, sql.ErrNoRows) {
		return live.DefaultReferralRule(m), nil
	}
	if err != nil {
		return live.ReferralRule{}, fmt.Errorf("read referral rule: %w", err)
	}
	r.SetAt = at(set)
	return r, nil
}

const tokenColumns = `token, merchant_id, person_id, room_id, show_id, channel, created_at`

func scanToken(r scanner) (live.ShareToken, error) {
	var k live.ShareToken
	var created int64
	err := r.Scan(&k.Token, &k.Merchant, &k.Person, &k.Room, &k.Show, &k.Channel, &created)
	k.CreatedAt = at(created)
	return k, err
}

// ShareLink gives a person their link to a room or show over a channel; asking
// again returns the same. Token and CreatedAt are the store's to give. The token
// has 130 bits of chance, so nobody guesses another's. Codes: "invalid_field".
func (s *Store) ShareLink(ctx context.Context, k live.ShareToken) (live.ShareToken, error) {
	switch {
	case !live.ValidID(string(k.Merchant)):
		return live.ShareToken{}, badID("merchant_id")
	case !live.ValidID(string(k.Person)):
		return live.ShareToken{}, badID("person_id")
	case k.Room != "" && !live.ValidID(string(k.Room)):
		return live.ShareToken{}, badID("room_id")
	case k.Show != "" && !live.ValidID(string(k.Show)):
		return live.ShareToken{}, badID("show_id")
	case len(k.Channel) > 64:
		return live.ShareToken{}, live.Invalid("invalid_field", "channel", "must be at most 64 bytes")
	}
	err := s.write(ctx, func(t *tx) error {
		kept, err := scanToken(t.row(`SELECT `+tokenColumns+` FROM share_tokens WHERE merchant_id = ? AND person_id = ? AND room_id = ? AND show_id = ? AND channel = ?`,
			string(k.Merchant), string(k.Person), string(k.Room), string(k.Show), k.Channel))
		if err == nil {
			k = kept
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read share token: %w", err)
		}
		k.Token, k.CreatedAt = strings.ToLower(rand.Text()), t.now
		if _, err := t.exec(`INSERT INTO share_tokens (`+tokenColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
			k.Token, string(k.Merchant), string(k.Person), string(k.Room), string(k.Show), k.Channel, ms(k.CreatedAt)); err != nil {
			return fmt.Errorf("keep share token: %w", err)
		}
		return t.tellReferral(live.ReferralLinkCreated, k.Merchant, k.Person, map[string]any{"channel": k.Channel, "room_id": k.Room, "show_id": k.Show})
	})
	if err != nil {
		return live.ShareToken{}, err
	}
	return k, nil
}

// tellReferral puts an event about a person's bindings into the outbox.
func (t *tx) tellReferral(kind live.Kind, m live.MerchantID, person live.PersonID, data map[string]any) error {
	raw, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode %s: %w", kind, err)
	}
	return t.emit(live.Event{
		ID: live.EventID(t.w.store.ids.next(t.now)), Kind: kind, Source: SourceSystem, Merchant: m,
		Actor: itself.Actor(), Person: person, OccurredAt: t.now, Data: raw,
	})
}
