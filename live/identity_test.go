package live_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

func TestIdentifierBlocked(t *testing.T) {
	for value, want := range map[string]bool{
		"": true, " ": true, "0": true, "0000": true, "-1": true, "NULL": true, "Anonymous": true, "undefined": true, "00000000-0000-0000-0000-000000000000": true,
		"u1": false, "10": false, "anonymous-7": false,
	} {
		if got := (live.Identifier{Kind: live.IdentityLogin, Value: value}).Blocked(); got != want {
			t.Errorf("%q: blocked %t, want %t", value, got, want)
		}
	}
}

func TestIdentifierPerson(t *testing.T) {
	secret := []byte("s")
	phone := live.Identifier{Kind: live.IdentityPhone, Value: "+86 138-0013-8000"}
	p := phone.Person("m1", secret)
	if strings.Contains(string(p), "138") || !live.ValidID(string(p)) {
		t.Errorf("a phone is %q", p)
	}
	for name, other := range map[string]live.PersonID{
		"another merchant": phone.Person("m2", secret),
		"another secret":   phone.Person("m1", []byte("t")),
		"another kind":     live.Identifier{Kind: live.IdentityPlatform, Issuer: "x", Value: "8613800138000"}.Person("m1", secret),
	} {
		if other == p {
			t.Errorf("%s has the same name", name)
		}
	}
	if same := (live.Identifier{Kind: live.IdentityPhone, Value: "8613800138000"}).Person("m1", secret); same != p {
		t.Errorf("the same phone in other words is %q and %q", same, p)
	}
	if a := (live.Identifier{Kind: live.IdentityAnonymous, Value: "d1"}).Person("m1", secret); a != "d1" {
		t.Errorf("a device is %q", a)
	}
}

func TestOnePersonAndLimits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var names []live.KnownAs
		logins := 0
		for i := range rapid.IntRange(1, 8).Draw(t, "names") {
			kind := rapid.SampledFrom([]live.IdentityKind{live.IdentityLogin, live.IdentityAnonymous, live.IdentityPhone, live.IdentityPlatform}).Draw(t, "kind")
			if kind == live.IdentityLogin {
				logins++
			}
			names = append(names, live.KnownAs{Person: live.PersonID(rune('a' + i)), Kind: kind})
		}
		one := live.OnePerson(names)
		shuffled := rapid.Permutation(names).Draw(t, "shuffled")
		if got := live.OnePerson(shuffled); got != one {
			t.Fatalf("%s or %s, by the order in which names were learned", one, got)
		}
		over := live.OverLimit(names)
		if over != live.OverLimit(shuffled) || logins > 1 && over != live.IdentityLogin {
			t.Fatalf("%v: over the limit of %q", names, over)
		}
	})
}

func TestGroups(t *testing.T) {
	log := []live.Merge{{N: 1, A: "a", B: "b"}, {N: 2, A: "c", B: "d"}, {N: 3, A: "b", B: "c"}, {N: 4, A: "x", B: "y"}, {N: 5, A: "b", B: "c", Undoes: 3}, {N: 6, A: "x", B: "y", Undoes: 4}}
	for upTo, want := range map[int][][]live.PersonID{
		1: {{"a", "b"}}, 2: {{"a", "b"}, {"c", "d"}}, 4: {{"a", "b", "c", "d"}, {"x", "y"}}, 6: {{"a", "b"}, {"c", "d"}},
	} {
		if d := cmp.Diff(want, live.Groups(log[:upTo])); d != "" {
			t.Errorf("after %d entries (-want +got):\n%s", upTo, d)
		}
	}
}

func TestOrderFollowsItsBuyer(t *testing.T) {
	created := live.OrderFact{Kind: live.OrderCreated, Source: "shop", Person: "d1", Currency: "CNY", Lines: []live.OrderLine{{ID: "1", SKU: "a", Qty: 1, Goods: 5}}}
	moved := func(n, from, to string) live.OrderFact {
		return live.OrderFact{Kind: live.OrderPersonChanged, ID: n, Source: live.SourceOwn, Person: live.PersonID(to), Reason: from}
	}
	facts := []live.OrderFact{created, moved("1", "d1", "u1"), moved("2", "u1", "u0"), moved("3", "u0", "d1"), moved("4", "somebody", "thief")}
	for n, want := range map[int]live.PersonID{1: "d1", 2: "u1", 3: "u0", 4: "d1", 5: "d1"} {
		if o := live.FoldOrder("m1", "o", facts[:n]); o.Person != want {
			t.Errorf("after %d facts it is of %s, want %s", n, o.Person, want)
		}
	}
	// Told before the order itself, they wait for it.
	if o := live.FoldOrder("m1", "o", []live.OrderFact{facts[1], facts[0]}); o.Person != "u1" {
		t.Errorf("it is of %s", o.Person)
	}
}
