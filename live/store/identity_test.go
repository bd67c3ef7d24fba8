package store

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

func login(v string) live.Identifier { return live.Identifier{Kind: live.IdentityLogin, Value: v} }

func device(v string) live.Identifier {
	return live.Identifier{Kind: live.IdentityAnonymous, Value: v}
}

func phone(v string) live.Identifier { return live.Identifier{Kind: live.IdentityPhone, Value: v} }

func identified(t testing.TB, s *Store, want live.PersonID, ids ...live.Identifier) {
	t.Helper()
	if got, err := s.Identify(t.Context(), "m1", ids, "test"); err != nil || got != want {
		t.Fatalf("%v is %s, %v; want %s", ids, got, err, want)
	}
}

// correction is one metric_corrected: "s1 buyers 2 1".
func corrections(t testing.TB, s *Store) (out []string) {
	t.Helper()
	for _, e := range events(t, s) {
		if e.Kind != live.MetricCorrected {
			continue
		}
		var d struct {
			Metric, Reason string
			Old, New       int64
		}
		if err := json.Unmarshal(e.Data, &d); err != nil || d.Reason == "" {
			t.Fatalf("%s: %v", e.Data, err)
		}
		out = append(out, fmt.Sprint(e.Show, " ", d.Metric, " ", d.Old, " ", d.New))
	}
	return out
}

func personOfOrder(t testing.TB, s *Store, id live.OrderID) live.PersonID {
	t.Helper()
	o, _, err := s.Order(t.Context(), "m1", id)
	if err != nil {
		t.Fatal(err)
	}
	return o.Person
}

func TestIdentityMergesAndUnmerges(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 100)
	ctx := t.Context()
	identified(t, s, "d1", device("d1"))
	before := mustBuy(t, s, "d1", "c1", one("a"))
	pay(t, s, before.ID, "p1", 1000, c.now())
	own := mustBuy(t, s, "u1", "c1", one("a"))
	pay(t, s, own.ID, "p2", 1000, c.now())
	identified(t, s, "u1", login("u1"), phone("138 0013 8000"))
	if n := len(corrections(t, s)); n != 0 {
		t.Errorf("%d corrections of nothing", n)
	}
	identified(t, s, "u1", device("d1"), phone("13800138000"))
	if p := personOfOrder(t, s, before.ID); p != "u1" {
		t.Errorf("the order of the device is of %s", p)
	}
	if d := cmp.Diff([]string{"s1 order_uv 2 1", "s1 buyers 2 1"}, corrections(t, s)); d != "" {
		t.Errorf("corrections (-want +got):\n%s", d)
	}
	// Learned again it changes nothing; nobody's names merge nobody.
	n := len(events(t, s))
	identified(t, s, "u1", login("u1"), device("d1"))
	identified(t, s, "u2", login("u2"), phone("000-000"), device("undefined"))
	identified(t, s, "u3", login("u3"), phone("000-000"), device("undefined"))
	if got := len(events(t, s)); got != n {
		t.Errorf("%d events more", got-n)
	}
	// A second login at the device is a second person.
	_, err := s.Identify(ctx, "m1", []live.Identifier{login("u2"), device("d1")}, "shared")
	if e := wantCode(t, err, "identity_limit"); e.Data["kind"] != "login" {
		t.Errorf("data = %v", e.Data)
	}
	// What the device orders from now on follows by itself.
	late := mustBuy(t, s, "d1", "c2", one("a"))
	if err := s.settleLate(ctx); err != nil {
		t.Fatal(err)
	}
	if p := personOfOrder(t, s, late.ID); p != "u1" {
		t.Errorf("the later order of the device is of %s", p)
	}
	log, err := s.Merges(ctx, "m1")
	if err != nil || len(log) != 2 || log[1].Evidence != "test" {
		t.Fatalf("log = %+v, %v", log, err)
	}
	c.add(time.Minute)
	_ = wantCode(t, s.Unmerge(ctx, "m1", 99, "", operator.Actor()), "merge_not_found")
	if err := s.Unmerge(ctx, "m1", log[1].N, "another customer's phone", operator.Actor()); err != nil {
		t.Fatal(err)
	}
	_ = wantCode(t, s.Unmerge(ctx, "m1", log[1].N, "", operator.Actor()), "already_undone")
	for id, want := range map[live.OrderID]live.PersonID{before.ID: "d1", late.ID: "d1", own.ID: "u1"} {
		if p := personOfOrder(t, s, id); p != want {
			t.Errorf("order %s is of %s, want %s", id, p, want)
		}
	}
	if got := corrections(t, s); strings.Join(got[len(got)-2:], ",") != "s1 order_uv 1 2,s1 buyers 1 2" {
		t.Errorf("corrections = %v", got)
	}
	if one, err := s.PersonOf(ctx, "m1", "d1"); err != nil || one != "d1" {
		t.Errorf("the device is %s, %v", one, err)
	}
	identified(t, s, "u2", login("u2"), device("d1")) // now it may
	if err := s.settleLate(ctx); err != nil {
		t.Fatal(err)
	}
	if p := personOfOrder(t, s, before.ID); p != "u2" {
		t.Errorf("the order of the device is of %s", p)
	}
	for _, change := range []string{"DELETE FROM person_log", "UPDATE person_log SET n = 9"} {
		if err := s.write(ctx, func(t *tx) error { _, err := t.once(change); return err }); err == nil {
			t.Errorf("%s went through", change)
		}
	}
	if one, err := s.PersonOf(ctx, "m2", "d1"); err != nil || one != "d1" {
		t.Errorf("at another merchant the device is %s, %v", one, err)
	}
}

func TestIdentifyRefuses(t *testing.T) {
	s, _ := fresh(t)
	for _, ids := range [][]live.Identifier{
		nil,
		{login("0")},
		{{Kind: "horoscope", Value: "lion"}},
		{{Kind: live.IdentityPlatform, Value: "x"}},
		{login("a b")},
		make([]live.Identifier, 0, 1),
	} {
		_, err := s.Identify(t.Context(), "m1", ids, "")
		_ = wantCode(t, err, "invalid_field")
	}
}
