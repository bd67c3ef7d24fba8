package live

import (
	"slices"
	"time"
)

// ReferralWho says whom a link may bind.
type ReferralWho string

// Whom a link may bind.
const (
	ReferNew ReferralWho = "new" // people who have not ordered from the merchant before
	ReferAll ReferralWho = "all"
)

// ReferralTerm says how long a binding holds and what a later link does.
type ReferralTerm string

// Terms of a binding.
const (
	ReferPermanent ReferralTerm = "permanent" // the first one stays for ever
	ReferDays      ReferralTerm = "days"      // protected for so many days, then the next link binds
	ReferOverwrite ReferralTerm = "overwrite" // the latest link binds
)

// ReferralRule is a merchant's rule for binding people to who brought them.
// Binding is ownership, for commission, and another ledger than attribution,
// which is analysis: neither is derived from the other.
//
// Source: CRMEB (all or new users; permanent, n days or temporary), SHOPLINE
// (only accounts that order first after the link).
type ReferralRule struct {
	Merchant MerchantID
	Version  int64 // ascending; 0 is the rule of who has set none
	Who      ReferralWho
	Term     ReferralTerm
	Days     int64 // of ReferDays, 1 to 3650
	// Bonus is what the referrer gets when somebody bound to them follows for
	// the first time; 0 is none.
	Bonus    int64 // minor units of Currency
	Currency Currency
	SetAt    time.Time
}

// DefaultReferralRule binds new people for thirty days and pays no bonus.
func DefaultReferralRule(m MerchantID) ReferralRule {
	return ReferralRule{Merchant: m, Who: ReferNew, Term: ReferDays, Days: 30}
}

// Check refuses a rule that says nothing, as "invalid_field".
func (r *ReferralRule) Check() error {
	switch {
	case !slices.Contains([]ReferralWho{ReferNew, ReferAll}, r.Who):
		return Invalid("invalid_field", "who", "must be %s or %s", ReferNew, ReferAll)
	case !slices.Contains([]ReferralTerm{ReferPermanent, ReferDays, ReferOverwrite}, r.Term):
		return Invalid("invalid_field", "term", "must be %s, %s or %s", ReferPermanent, ReferDays, ReferOverwrite)
	case r.Term == ReferDays && (r.Days < 1 || r.Days > 3650), r.Term != ReferDays && r.Days != 0:
		return Invalid("invalid_field", "days", "must be 1 to 3650 for the term %s, and is left out for others", ReferDays)
	case r.Bonus < 0 || r.Bonus > MaxMinor:
		return Invalid("invalid_field", "bonus_minor", "must be 0 to %d", MaxMinor)
	case r.Bonus > 0 && !r.Currency.Valid(), r.Bonus == 0 && r.Currency != "" && !r.Currency.Valid():
		return Invalid("invalid_field", "currency", "must be an ISO 4217 code that is known")
	}
	return nil
}

// Binding is one entry of the ledger of bindings: from BoundAt on, Person
// belongs to Referrer. It is never changed; a later entry of the same person
// ends it.
type Binding struct {
	Merchant  MerchantID
	Person    PersonID
	N         int64    // of the person, ascending from 1
	Referrer  PersonID // empty: the binding before was ended
	Token     string   // the link; empty for the end of a binding
	Rule      int64    // version of the rule it was made under
	BoundAt   time.Time
	ExpiresAt time.Time // zero: it does not end by itself
	Reason    string    // why a binding was ended
	// Replay is true when the person was bound to the same referrer already: the
	// entry is the one of then.
	Replay bool
}

// Holds reports whether the binding is one as of an instant. The end of the
// term is not in it.
func (b *Binding) Holds(at time.Time) bool {
	return b != nil && b.Referrer != "" && !at.Before(b.BoundAt) && (b.ExpiresAt.IsZero() || at.Before(b.ExpiresAt))
}

// ReferralCase is what is known when somebody comes by a link.
type ReferralCase struct {
	Person, Referrer PersonID
	Token            string
	Latest           *Binding // the last entry of the person; nil: none
	Upline           *Binding // the last entry of the referrer; nil: none
	Ordered          bool     // the person has ordered from the merchant before
	At               time.Time
}

// Bind decides whether the link binds. The entry it returns is new, or, with
// Replay set, the one that holds already: the same link again does not renew a
// term.
//
// Codes: "own_link", "referral_loop" (the referrer is bound to the person),
// "not_new", "already_bound" (data: expires_at, if it ends).
func (r *ReferralRule) Bind(c ReferralCase) (Binding, error) {
	switch {
	case c.Person == c.Referrer:
		return Binding{}, Conflict("own_link", "nobody is bound to themselves")
	case c.Upline.Holds(c.At) && c.Upline.Referrer == c.Person:
		return Binding{}, Conflict("referral_loop", "whose link this is came by a link of yours")
	case c.Latest.Holds(c.At) && c.Latest.Referrer == c.Referrer:
		held := *c.Latest
		held.Replay = true
		return held, nil
	case r.Who == ReferNew && c.Ordered:
		return Binding{}, Conflict("not_new", "only people who have not ordered before are bound")
	case c.Latest.Holds(c.At) && r.Term != ReferOverwrite:
		no := Conflict("already_bound", "they came by the link of somebody else before")
		if end := c.Latest.ExpiresAt; !end.IsZero() {
			no.Data = map[string]any{"expires_at": end.UTC().Format(time.RFC3339)}
		}
		return Binding{}, no
	}
	b := Binding{Merchant: r.Merchant, Person: c.Person, N: 1, Referrer: c.Referrer, Token: c.Token, Rule: r.Version, BoundAt: c.At}
	if c.Latest != nil {
		b.N = c.Latest.N + 1
	}
	if r.Term == ReferDays {
		b.ExpiresAt = c.At.Add(time.Duration(r.Days) * 24 * time.Hour)
	}
	return b, nil
}

// ShareToken names a link that one person sends to others.
type ShareToken struct {
	Token     string
	Merchant  MerchantID
	Person    PersonID // whose link it is
	Room      RoomID   // where it leads; empty: the merchant
	Show      ShowID
	Channel   string // where it is sent
	CreatedAt time.Time
}

// ReferralBonus is one entry of the ledger of bonuses. For each person there is
// at most one grant, for ever, and at most one entry that takes it back.
type ReferralBonus struct {
	Merchant MerchantID
	Person   PersonID // who followed
	Referrer PersonID
	Minor    int64 // negative where it is taken back
	Currency Currency
	At       time.Time
}

// ReferralTally is what people bound to one referrer did, for commissions.
type ReferralTally struct {
	Referrer PersonID
	Currency Currency
	People   int64 // who have a paid order
	New      int64 // of them, those whose first order with the merchant it was
	Orders   int64 // paid
	Paid     int64 // minor units
	Net      int64 // less refunded and cancelled
}
