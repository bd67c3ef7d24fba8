package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"showrunner/live"
)

// PersonName is one name of a person as it may be shown: never the name itself.
type PersonName struct {
	Kind  live.IdentityKind
	Hash  string // keyed by the merchant's secret: the same name, the same hash, and no way back
	Since time.Time
}

// PersonChannel is a channel over which somebody came.
type PersonChannel struct {
	Channel     string
	Touches     int64 // different things, not repetitions
	First, Last time.Time
}

// PersonMoney is what a person's orders come to in one currency, in minor units.
type PersonMoney struct {
	Currency  live.Currency
	Orders    int64 // paid, whatever became of them
	Paid, Net int64
}

// Profile is one person over all their names.
type Profile struct {
	Merchant live.MerchantID
	Person   live.PersonID // the name that stands for them
	Names    []PersonName
	Standing live.Standing // Moves are those that stand, ascending
	Channels []PersonChannel
	Valid    int64 // orders that are paid and neither cancelled nor refunded in full
	Money    []PersonMoney
	Bound    *live.Binding // to whom they belong; nil: to nobody
	Brought  int64         // people who belong to them
	Partner  *Partner      // nil: never applied
}

func personNotFound() error { return live.NotFound("person_not_found", "there is no such person") }

// Profile is what is known of the person of a name. Codes: "person_not_found".
func (s *Store) Profile(ctx context.Context, m live.MerchantID, name live.PersonID, now time.Time) (Profile, error) {
	p := Profile{Merchant: m}
	err := s.snapshot(ctx, func(q querier) error {
		names, err := p.identify(q, m, name)
		if err != nil {
			return err
		}
		for _, read := range []func(querier, []live.PersonID) error{p.readStanding, p.readChannels, p.readMoney} {
			if err := read(q, names); err != nil {
				return err
			}
		}
		if p.Bound, err = latestBinding(q, m, p.Person, now); err != nil {
			return err
		}
		if !p.Bound.Holds(now) {
			p.Bound = nil
		}
		if p.Brought, err = brought(q, m, names, now); err != nil {
			return err
		}
		p.Partner, err = findPartner(q, m, p.Person)
		return err
	})
	if err != nil {
		return Profile{}, err
	}
	return p, nil
}

// identify finds the names of a person, and refuses one of whom nothing is known.
func (p *Profile) identify(q querier, m live.MerchantID, name live.PersonID) ([]live.PersonID, error) {
	var err error
	if p.Person, err = canonical(q, m, name); err != nil {
		return nil, err
	}
	names, err := aliases(q, m, p.Person)
	if err != nil {
		return nil, err
	}
	var secret string
	err = q.row(`SELECT secret FROM identity_secrets WHERE merchant_id = ?`, string(m)).Scan(&secret)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read identity secret: %w", err)
	}
	w := where{}
	w.add("merchant_id = ?", string(m))
	in(&w, "person_id", names)
	rows, err := q.query(`SELECT person_id, kind, at FROM person_names`+w.sql()+` ORDER BY at, person_id`, w.args...)
	p.Names, err = collect(rows, err, func(r scanner) (n PersonName, err error) {
		var id live.PersonID
		var when int64
		if err := r.Scan(&id, &n.Kind, &when); err != nil {
			return n, err
		}
		n.Since, n.Hash = at(when), nameHash(m, n.Kind, id, secret)
		return n, nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the names of a person: %w", err)
	}
	if len(p.Names) > 0 {
		return names, nil
	}
	var known int64
	err = q.row(`SELECT (SELECT COUNT(*) FROM ladder_people WHERE merchant_id = ? AND person_id = ?)
			+ CASE WHEN EXISTS (SELECT 1 FROM orders WHERE merchant_id = ? AND person_id = ?) THEN 1 ELSE 0 END`,
		string(m), string(p.Person), string(m), string(p.Person)).Scan(&known)
	if err != nil {
		return nil, fmt.Errorf("look for a person: %w", err)
	}
	if known == 0 {
		return nil, personNotFound()
	}
	return names, nil
}

// nameHash is a name as others may see it. The names of platforms and phones are
// hashes already; logins and devices are hashed as those are.
func nameHash(m live.MerchantID, kind live.IdentityKind, id live.PersonID, secret string) string {
	if kind == live.IdentityPlatform || kind == live.IdentityPhone {
		return string(id)
	}
	return keyed(m, kind, id, secret)
}

func keyed(m live.MerchantID, kind live.IdentityKind, id live.PersonID, secret string) string {
	// The same construction as live.Identifier.Person has for what it hides.
	hidden := live.Identifier{Kind: live.IdentityPlatform, Issuer: "name." + string(kind), Value: string(id)}
	return string(kind) + ":" + string(hidden.Person(m, []byte(secret)))[len("platform:"):]
}

func (p *Profile) readStanding(q querier, _ []live.PersonID) error {
	rows, err := q.query(`SELECT person_id, `+personColumns+` FROM ladder_people WHERE merchant_id = ? AND person_id = ?`, string(p.Merchant), string(p.Person))
	found, err := collect(rows, err, func(r scanner) (w personRow, err error) { _, w, err = scanPerson(r); return w, err })
	if err != nil {
		return fmt.Errorf("read where a person stands: %w", err)
	}
	if len(found) == 0 {
		return nil
	}
	w := found[0]
	p.Standing = live.Standing{
		Rung: w.rung, Since: at(w.since), Rule: w.rule, FirstAt: at(w.first), Channel: w.channel, Show: w.show, Agent: w.agent, Incentive: w.incentive != 0,
	}
	for i := range w.reached {
		p.Standing.Reached[i] = at(w.reached[i])
	}
	p.Standing.Moves, err = movesOf(q, p.Merchant, p.Person)
	return err
}

// movesOf are the moves of a person that stand, ascending.
func movesOf(q querier, m live.MerchantID, one live.PersonID) ([]live.LadderMove, error) {
	rows, err := q.query(`SELECT `+moveColumns+` FROM ladder_moves WHERE merchant_id = ? AND person_id = ? AND withdrawn_at = 0 ORDER BY at`, string(m), string(one))
	list, err := collect(rows, err, func(r scanner) (live.LadderMove, error) {
		v, err := scanMove(r)
		return v.LadderMove, err
	})
	if err != nil {
		return nil, fmt.Errorf("read moves: %w", err)
	}
	var senders []live.PersonID
	for i := range list {
		for _, t := range list[i].Touches {
			if t.Referrer != "" {
				senders = append(senders, t.Referrer)
			}
		}
	}
	stands, err := standing(q, m, senders)
	if err != nil {
		return nil, err
	}
	for i := range list {
		for n := range list[i].Touches {
			t := &list[i].Touches[n]
			if now, ok := stands[t.Referrer]; ok {
				if t.Ref == string(t.Referrer) {
					t.Ref = string(now)
				}
				t.Referrer = now
			}
		}
	}
	return list, nil
}

func (p *Profile) readChannels(q querier, names []live.PersonID) error {
	facts, err := factsOf(q, p.Merchant, names)
	if err != nil {
		return err
	}
	at := map[string]int{}
	for i := range facts { // ascending
		f := &facts[i]
		if f.Channel == "" {
			continue
		}
		n, ok := at[f.Channel]
		if !ok {
			n = len(p.Channels)
			at[f.Channel] = n
			p.Channels = append(p.Channels, PersonChannel{Channel: f.Channel, First: f.At})
		}
		p.Channels[n].Touches++
		p.Channels[n].Last = f.At
	}
	slices.SortFunc(p.Channels, func(a, b PersonChannel) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Channel, b.Channel))
	})
	return nil
}

func (p *Profile) readMoney(q querier, names []live.PersonID) error {
	w := where{}
	w.add("o.merchant_id = ?", string(p.Merchant))
	in(&w, "o.person_id", names)
	w.add("o.paid_at > 0")
	w.add("o.show_id NOT IN (SELECT show_id FROM shows WHERE merchant_id = ? AND rehearsal = 1)", string(p.Merchant))
	rows, err := q.query(`SELECT o.currency, COUNT(DISTINCT o.order_id), COUNT(DISTINCT CASE WHEN o.state IN ('paid', 'part_refunded') THEN o.order_id END),
			COALESCE(SUM(l.paid_minor), 0), COALESCE(SUM(l.paid_minor - l.refund_goods_minor - l.refund_ship_minor - l.cancelled_paid_minor), 0)
		FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id`+w.sql()+` GROUP BY o.currency ORDER BY o.currency`, w.args...)
	p.Money, err = collect(rows, err, func(r scanner) (c PersonMoney, err error) {
		var valid int64
		err = r.Scan(&c.Currency, &c.Orders, &valid, &c.Paid, &c.Net)
		p.Valid += valid
		return c, err
	})
	if err != nil {
		return fmt.Errorf("add up the orders of a person: %w", err)
	}
	return nil
}

// brought counts the people who belong to somebody of these names as of now: of
// each the last entry under any name decides.
func brought(q querier, m live.MerchantID, names []live.PersonID, now time.Time) (n int64, err error) {
	w := where{}
	w.add("b.merchant_id = ?", string(m))
	in(&w, "b.referrer_id", names)
	w.add("(b.expires_at = 0 OR b.expires_at > ?)", ms(now))
	own := where{}
	in(&own, "who", names)
	err = q.row(`SELECT COUNT(DISTINCT who) FROM (SELECT b.merchant_id, b.n, b.bound_at, COALESCE(l.canonical, b.person_id) AS who FROM referral_bindings b
			LEFT JOIN person_links l ON l.merchant_id = b.merchant_id AND l.person_id = b.person_id`+w.sql()+`) b
		WHERE NOT EXISTS (SELECT 1 FROM referral_bindings later WHERE later.merchant_id = b.merchant_id
				AND (later.person_id = b.who OR later.person_id IN (SELECT k.person_id FROM person_links k WHERE k.merchant_id = b.merchant_id AND k.canonical = b.who))
				AND (later.bound_at > b.bound_at OR later.bound_at = b.bound_at AND later.n > b.n))
			AND NOT (`+strings.TrimPrefix(own.sql(), " WHERE ")+`)`, append(w.args, own.args...)...).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("count who was brought: %w", err)
	}
	return n, nil
}

// hexOf is a short name for a line of a list, from what makes it one.
func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:12]) }
