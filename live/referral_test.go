package live_test

import (
	"errors"
	"testing"
	"time"

	"showrunner/live"
)

func TestReferralRuleCheck(t *testing.T) {
	for _, c := range []struct {
		rule  live.ReferralRule
		field string
	}{
		{live.DefaultReferralRule("m1"), ""},
		{live.ReferralRule{Who: "all", Term: "permanent"}, ""},
		{live.ReferralRule{Who: "all", Term: "overwrite", Bonus: 5, Currency: "CNY"}, ""},
		{live.ReferralRule{Who: "some", Term: "permanent"}, "who"},
		{live.ReferralRule{Who: "new", Term: "sometimes"}, "term"},
		{live.ReferralRule{Who: "new", Term: "days"}, "days"},
		{live.ReferralRule{Who: "new", Term: "days", Days: 9999}, "days"},
		{live.ReferralRule{Who: "new", Term: "permanent", Days: 3}, "days"},
		{live.ReferralRule{Who: "new", Term: "permanent", Bonus: -1}, "bonus_minor"},
		{live.ReferralRule{Who: "new", Term: "permanent", Bonus: 5}, "currency"},
		{live.ReferralRule{Who: "new", Term: "permanent", Currency: "XXX"}, "currency"},
	} {
		err := c.rule.Check()
		refusal, _ := errors.AsType[*live.Error](err)
		if (err == nil) != (c.field == "") || refusal != nil && refusal.Field != c.field {
			t.Errorf("%+v: %v, want a fault at %q", c.rule, err, c.field)
		}
	}
}

func TestReferralRuleBind(t *testing.T) {
	at := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	held := func(by live.PersonID, since, term time.Duration) *live.Binding {
		b := &live.Binding{Merchant: "m1", Person: "p", N: 4, Referrer: by, BoundAt: at.Add(-since)}
		if term > 0 {
			b.ExpiresAt = b.BoundAt.Add(term)
		}
		return b
	}
	permanent := live.ReferralRule{Merchant: "m1", Version: 7, Who: "all", Term: "permanent"}
	days := live.ReferralRule{Merchant: "m1", Version: 7, Who: "all", Term: "days", Days: 30}
	overwrite := live.ReferralRule{Merchant: "m1", Version: 7, Who: "all", Term: "overwrite"}
	onlyNew := live.DefaultReferralRule("m1")
	for _, c := range []struct {
		name string
		rule live.ReferralRule
		c    live.ReferralCase
		code string
		n    int64
		ends time.Time
	}{
		{"a first link", permanent, live.ReferralCase{}, "", 1, time.Time{}},
		{"a first link for days", days, live.ReferralCase{}, "", 1, at.Add(30 * day)},
		{"own link", permanent, live.ReferralCase{Referrer: "p"}, "own_link", 0, time.Time{}},
		{"a loop of two", overwrite, live.ReferralCase{Upline: &live.Binding{Person: "r", Referrer: "p", BoundAt: at.Add(-day)}}, "referral_loop", 0, time.Time{}},
		{"a loop that has ended", permanent, live.ReferralCase{Upline: &live.Binding{Person: "r", Referrer: "p", BoundAt: at.Add(-2 * day), ExpiresAt: at}}, "", 1, time.Time{}},
		{"an old customer", onlyNew, live.ReferralCase{Ordered: true}, "not_new", 0, time.Time{}},
		{"an old customer where all are bound", days, live.ReferralCase{Ordered: true}, "", 1, at.Add(30 * day)},
		{"bound for ever", permanent, live.ReferralCase{Latest: held("x", 900*day, 0)}, "already_bound", 0, time.Time{}},
		{"protected", days, live.ReferralCase{Latest: held("x", 29*day, 30*day)}, "already_bound", 0, time.Time{}},
		{"no longer protected", days, live.ReferralCase{Latest: held("x", 30*day, 30*day)}, "", 5, at.Add(30 * day)},
		{"overwritten", overwrite, live.ReferralCase{Latest: held("x", day, 30*day)}, "", 5, time.Time{}},
		{"the same again", days, live.ReferralCase{Latest: held("r", day, 30*day)}, "", 4, at.Add(29 * day)},
		{"the same again, a customer by now", onlyNew, live.ReferralCase{Latest: held("r", day, 0), Ordered: true}, "", 4, time.Time{}},
		{"after an end", permanent, live.ReferralCase{Latest: &live.Binding{Person: "p", N: 4, BoundAt: at.Add(-day)}}, "", 5, time.Time{}},
	} {
		c.c.Person, c.c.At = "p", at
		if c.c.Referrer == "" {
			c.c.Referrer = "r"
		}
		b, err := c.rule.Bind(c.c)
		if c.code != "" {
			if !errors.Is(err, live.Conflict(c.code, "")) {
				t.Errorf("%s: %v, want %s", c.name, err, c.code)
			}
			continue
		}
		if err != nil || b.N != c.n || !b.ExpiresAt.Equal(c.ends) || b.Referrer != "r" || !b.Holds(at) || b.Replay != (c.n == 4) {
			t.Errorf("%s: %+v, %v; want entry %d until %v", c.name, b, err, c.n, c.ends)
		}
	}
}
