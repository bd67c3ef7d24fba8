package store

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func setRule(t testing.TB, s *Store, who live.ReferralWho, term live.ReferralTerm, days, bonus int64) live.ReferralRule {
	t.Helper()
	r, err := s.SetReferralRule(t.Context(), live.ReferralRule{Merchant: "m1", Who: who, Term: term, Days: days, Bonus: bonus, Currency: "CNY"}, operator.Actor())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func linkOf(t testing.TB, s *Store, who live.PersonID) string {
	t.Helper()
	k, err := s.ShareLink(t.Context(), live.ShareToken{Merchant: "m1", Person: who, Room: "r1", Channel: "wechat"})
	if err != nil {
		t.Fatal(err)
	}
	return k.Token
}

func TestReferralLedger(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	if r, err := s.ReferralRule(ctx, "m1"); err != nil || r != live.DefaultReferralRule("m1") {
		t.Errorf("rule = %+v, %v", r, err)
	}
	if r := setRule(t, s, "all", "days", 30, 0); r.Version != 1 {
		t.Errorf("rule = %+v", r)
	}
	ann := linkOf(t, s, "ann")
	if again := linkOf(t, s, "ann"); again != ann || len(ann) < 20 {
		t.Errorf("links %q and %q", ann, again)
	}
	_, err := s.Bind(ctx, "m1", "nobody-knows", "p")
	_ = wantCode(t, err, "link_not_found")
	_, err = s.Bind(ctx, "m2", ann, "p")
	_ = wantCode(t, err, "link_not_found")
	_, err = s.Bind(ctx, "m1", ann, "ann")
	_ = wantCode(t, err, "own_link")
	began := c.now()
	b, err := s.Bind(ctx, "m1", ann, "p")
	if err != nil || b.Referrer != "ann" || b.N != 1 || b.Rule != 1 || b.ExpiresAt.Sub(b.BoundAt) != 30*24*time.Hour {
		t.Fatalf("bound %+v, %v", b, err)
	}
	_, err = s.Bind(ctx, "m1", linkOf(t, s, "p"), "ann")
	_ = wantCode(t, err, "referral_loop")
	bob := linkOf(t, s, "bob")
	_, err = s.Bind(ctx, "m1", bob, "p")
	_ = wantCode(t, err, "already_bound")
	c.add(31 * 24 * time.Hour)
	if _, ok, err := s.BindingAt(ctx, "m1", "p", c.now()); ok || err != nil {
		t.Errorf("bound after the term: %v", err)
	}
	if b, err = s.Bind(ctx, "m1", bob, "p"); err != nil || b.N != 2 || b.Referrer != "bob" {
		t.Fatalf("bound %+v, %v", b, err)
	}
	c.add(time.Hour)
	setRule(t, s, "all", "overwrite", 0, 0)
	if b, err = s.Bind(ctx, "m1", ann, "p"); err != nil || b.N != 3 || b.Rule != 2 || !b.ExpiresAt.IsZero() {
		t.Fatalf("bound %+v, %v", b, err)
	}
	c.add(time.Hour)
	if err := s.Unbind(ctx, "m1", "p", "fraud", operator.Actor()); err != nil {
		t.Fatal(err)
	}
	_ = wantCode(t, s.Unbind(ctx, "m1", "p", "fraud", operator.Actor()), "not_bound")
	history, err := s.Bindings(ctx, "m1", "p")
	if err != nil || len(history) != 4 || history[3].Referrer != "" || history[3].Reason != "fraud" {
		t.Errorf("history = %+v, %v", history, err)
	}
	// The past stays as it was.
	for after, want := range map[time.Duration]live.PersonID{time.Second: "ann", 31*24*time.Hour + time.Minute: "bob"} {
		if b, ok, err := s.BindingAt(ctx, "m1", "p", began.Add(after)); !ok || b.Referrer != want || err != nil {
			t.Errorf("after %v: %+v, %v; want %s", after, b, err, want)
		}
	}
	var kinds []live.Kind
	for _, e := range events(t, s) {
		if e.Person == "p" || e.Kind == live.ReferralBound {
			kinds = append(kinds, e.Kind)
		}
	}
	want := []live.Kind{live.ReferralBound, live.ReferralLinkCreated, live.ReferralBound, live.ReferralBound, live.ReferralUnbound}
	if d := cmp.Diff(want, kinds); d != "" {
		t.Errorf("events (-want +got):\n%s", d)
	}
	for _, table := range []string{"referral_rules", "share_tokens", "referral_bindings"} {
		for _, change := range []string{"DELETE FROM " + table, "UPDATE " + table + " SET merchant_id = 'm9'"} {
			if err := s.write(ctx, func(t *tx) error { _, err := t.once(change); return err }); err == nil {
				t.Errorf("%s went through", change)
			}
		}
	}
}

func TestReferralBonusOnce(t *testing.T) {
	s, c := fresh(t)
	ctx := t.Context()
	if _, ok, err := s.ReferredFollow(ctx, "m1", "p"); ok || err != nil {
		t.Errorf("a bonus for nobody: %v", err)
	}
	setRule(t, s, "all", "permanent", 0, 500)
	if _, err := s.Bind(ctx, "m1", linkOf(t, s, "ann"), "p"); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.ReferredUnfollow(ctx, "m1", "p"); ok || err != nil {
		t.Errorf("took back what was never given: %v", err)
	}
	// A crowd of follows at once is one.
	var granted atomic.Int64
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			b, ok, err := s.ReferredFollow(ctx, "m1", "p")
			if err != nil {
				t.Error(err)
			}
			if ok {
				granted.Add(b.Minor)
			}
		})
	}
	wg.Wait()
	if granted.Load() != 500 {
		t.Errorf("granted %d, want 500", granted.Load())
	}
	var sum int64
	for range 3 {
		c.add(time.Minute)
		if b, ok, err := s.ReferredUnfollow(ctx, "m1", "p"); err != nil {
			t.Fatal(err)
		} else if ok {
			sum += b.Minor
		}
		if b, ok, err := s.ReferredFollow(ctx, "m1", "p"); err != nil {
			t.Fatal(err)
		} else if ok {
			sum += b.Minor
		}
	}
	if sum != -500 {
		t.Errorf("following and unfollowing moved %d, want the one bonus back", sum)
	}
	list, err := s.ReferralBonuses(ctx, "m1", "p")
	if err != nil || len(list) != 2 || list[0].Minor+list[1].Minor != 0 || list[0].Referrer != "ann" {
		t.Errorf("bonuses = %+v, %v", list, err)
	}
}

func TestReferralTally(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 100)
	ctx := t.Context()
	setRule(t, s, "all", "days", 1, 0)
	order := func(who string, minor int64) {
		t.Helper()
		p := mustBuy(t, s, who, fmt.Sprint("c", c.now().UnixNano()), live.WantedLine{SKU: "a", Qty: 1})
		pay(t, s, p.ID, "pay", minor, c.now())
		c.add(time.Minute)
	}
	order("old", 1000) // before any link
	for _, who := range []live.PersonID{"old", "fresh"} {
		if _, err := s.Bind(ctx, "m1", linkOf(t, s, "ann"), who); err != nil {
			t.Fatal(err)
		}
		c.add(time.Minute)
	}
	order("old", 1000)
	order("fresh", 1000)
	order("fresh", 1000)
	order("stranger", 1000)
	c.add(48 * time.Hour)
	order("fresh", 1000) // the term is over
	got, err := s.Referrals(ctx, "m1", time.Unix(0, 0), c.now())
	if err != nil {
		t.Fatal(err)
	}
	want := []live.ReferralTally{{Referrer: "ann", Currency: "CNY", People: 2, New: 1, Orders: 3, Paid: 3000, Net: 3000}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("referrals (-want +got):\n%s", d)
	}
	if other, err := s.Referrals(ctx, "m2", time.Unix(0, 0), c.now()); err != nil || len(other) != 0 {
		t.Errorf("another merchant sees %v, %v", other, err)
	}
}

// A second device is no second person: neither for own links and loops, nor for
// bonuses, nor for whose an order is.
func TestReferralsFollowIdentity(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 100)
	ctx := t.Context()
	setRule(t, s, "all", "permanent", 0, 500)
	ann := linkOf(t, s, "ann")
	for _, d := range []string{"d1", "d2"} { // bound as strangers, and each worth a bonus
		if _, err := s.Bind(ctx, "m1", ann, live.PersonID(d)); err != nil {
			t.Fatal(err)
		}
		c.add(time.Minute)
	}
	if _, ok, err := s.ReferredFollow(ctx, "m1", "d1"); !ok || err != nil {
		t.Fatalf("no bonus: %v", err)
	}
	p := mustBuy(t, s, "d1", "c1", one("a"))
	pay(t, s, p.ID, "p1", 1000, c.now())
	identified(t, s, "u1", login("u1"), device("d1"), device("d2"))
	identified(t, s, "ann", login("ann"), device("d9"))
	if _, ok, err := s.ReferredFollow(ctx, "m1", "d2"); ok || err != nil {
		t.Errorf("a second bonus for one person, %v", err)
	}
	if b, err := s.Bind(ctx, "m1", linkOf(t, s, "d9"), "d2"); err != nil || !b.Replay {
		t.Errorf("the link of the same referrer from another device: %+v, %v", b, err)
	}
	_, err := s.Bind(ctx, "m1", linkOf(t, s, "d2"), "u1")
	_ = wantCode(t, err, "own_link")
	_, err = s.Bind(ctx, "m1", linkOf(t, s, "d1"), "d9")
	_ = wantCode(t, err, "referral_loop")
	_, err = s.Bind(ctx, "m1", linkOf(t, s, "bob"), "u1")
	_ = wantCode(t, err, "already_bound")
	got, err := s.Referrals(ctx, "m1", time.Unix(0, 0), c.now().Add(time.Second))
	want := []live.ReferralTally{{Referrer: "ann", Currency: "CNY", People: 1, New: 1, Orders: 1, Paid: 1000, Net: 1000}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("referrals, %v (-want +got):\n%s", err, d)
	}
	if history, err := s.Bindings(ctx, "m1", "u1"); err != nil || len(history) != 2 {
		t.Errorf("history = %+v, %v", history, err)
	}
	if _, ok, err := s.ReferredUnfollow(ctx, "m1", "u1"); !ok || err != nil {
		t.Errorf("the bonus is not taken back: %v", err)
	}
}
