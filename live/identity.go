package live

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// IdentityKind is a sort of name a person has.
type IdentityKind string

// Kinds of identity.
const (
	IdentityAnonymous IdentityKind = "anonymous" // a device or browser
	IdentityLogin     IdentityKind = "login"     // an account with the merchant
	IdentityPlatform  IdentityKind = "platform"  // an open id of a platform; Issuer says of which
	IdentityPhone     IdentityKind = "phone"
)

// IdentityLimits is how many names of a kind one person can have. What would
// give them more is two people: a merge that reaches it is refused.
//
// Source: Segment's identity resolution: one user id, five of anything else.
var IdentityLimits = map[IdentityKind]int{
	IdentityLogin: 1, IdentityAnonymous: 5, IdentityPlatform: 5, IdentityPhone: 5,
}

// Identifier is one name of a person.
type Identifier struct {
	Kind   IdentityKind
	Issuer string // of IdentityPlatform: which platform
	Value  string
}

// blockedIdentities are what programs write when they know nobody. As names they
// would make everybody one person.
var blockedIdentities = []string{
	"", "-1", "null", "nil", "none", "undefined", "unknown", "anonymous", "guest", "nan", "na", "n/a", "true", "false", "(none)", "test",
}

// Blocked reports whether the value names nobody.
func (i Identifier) Blocked() bool {
	v := strings.ToLower(strings.TrimSpace(i.Value))
	return slices.Contains(blockedIdentities, v) || strings.Trim(v, "0-") == ""
}

// Check refuses an identifier that could not be kept, as "invalid_field".
func (i Identifier) Check() error {
	switch i.Kind {
	case IdentityAnonymous, IdentityLogin:
		if !ValidID(i.Value) {
			return Invalid("invalid_field", "value", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
		}
	case IdentityPlatform:
		if !ValidID(i.Issuer) {
			return Invalid("invalid_field", "issuer", "must name the platform")
		}
	case IdentityPhone:
	default:
		return Invalid("invalid_field", "kind", "must be anonymous, login, platform or phone")
	}
	if len(i.Value) > 256 {
		return Invalid("invalid_field", "value", "must be at most 256 bytes")
	}
	return nil
}

// Person is who the identifier names within one merchant. Logins and devices are
// named by themselves; the names of platforms and phones by a keyed hash, so that
// two merchants cannot compare them and nobody can read them back.
func (i Identifier) Person(m MerchantID, secret []byte) PersonID {
	value := i.Value
	switch i.Kind {
	case IdentityAnonymous, IdentityLogin:
		return PersonID(value)
	case IdentityPlatform: // as the platform writes it
	case IdentityPhone:
		value = strings.Map(func(r rune) rune {
			if r < '0' || r > '9' {
				return -1
			}
			return r
		}, value)
	}
	h := hmac.New(sha256.New, secret)
	for _, part := range []string{string(m), string(i.Kind), i.Issuer, value} {
		_, _ = h.Write([]byte(part)) // A hash takes everything.
		_, _ = h.Write([]byte{0})
	}
	return PersonID(string(i.Kind) + ":" + hex.EncodeToString(h.Sum(nil)[:16]))
}

// KnownAs is one name in a group of names of one person.
type KnownAs struct {
	Person PersonID
	Kind   IdentityKind
}

// OnePerson is the name that stands for all of a group, whatever the order in
// which they were learned: a login before anything else, then the smallest.
func OnePerson(names []KnownAs) PersonID {
	if len(names) == 0 {
		return ""
	}
	return slices.MinFunc(names, func(a, b KnownAs) int {
		return cmp.Or(
			cmp.Compare(count(b.Kind == IdentityLogin), count(a.Kind == IdentityLogin)), cmp.Compare(a.Person, b.Person),
		)
	}).Person
}

// OverLimit is the kind of which a group has more names than one person can
// have; empty for none.
func OverLimit(names []KnownAs) IdentityKind {
	n := map[IdentityKind]int{}
	for _, k := range names {
		n[k.Kind]++
	}
	for _, kind := range []IdentityKind{IdentityLogin, IdentityAnonymous, IdentityPlatform, IdentityPhone} {
		if n[kind] > IdentityLimits[kind] {
			return kind
		}
	}
	return ""
}

// Merge is one entry of the log of identities: two names turned out to be one
// person, or, with Undoes set, an earlier entry to be wrong.
type Merge struct {
	N        int64 // of the merchant, ascending
	A, B     PersonID
	Undoes   int64
	Evidence string
}

// Groups are the names that the merges join, each group sorted. The order of the
// merges is nothing. Names that are joined with nobody have none.
func Groups(merges []Merge) [][]PersonID {
	undone := map[int64]bool{}
	for _, m := range merges {
		undone[m.Undoes] = m.Undoes != 0
	}
	root := map[PersonID]PersonID{}
	var find func(PersonID) PersonID
	find = func(p PersonID) PersonID {
		if root[p] == "" || root[p] == p {
			root[p] = p
			return p
		}
		root[p] = find(root[p])
		return root[p]
	}
	for _, m := range merges {
		if m.Undoes == 0 && !undone[m.N] {
			root[find(m.B)] = find(m.A)
		}
	}
	members := map[PersonID][]PersonID{}
	for p := range root {
		r := find(p)
		members[r] = append(members[r], p)
	}
	var out [][]PersonID
	for _, g := range members {
		slices.Sort(g)
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b []PersonID) int { return cmp.Compare(a[0], b[0]) })
	return out
}

// personOf is whose an order is: who it was created for, and then as the changes
// of persons go on from there, in the order of their names.
func personOf(created PersonID, set []OrderFact) PersonID {
	for i := range set {
		if f := &set[i]; f.Kind == OrderPersonChanged && f.Reason == string(created) {
			created = f.Person
		}
	}
	return created
}
