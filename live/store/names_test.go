package store

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// Who is who is told as of any instant, also after it was undone.
func TestNamesAsOf(t *testing.T) {
	s, c := fresh(t)
	stage(t, s, 1)
	ctx := t.Context()
	names := func(asOf time.Time, persons ...live.PersonID) map[live.PersonID][]live.PersonID {
		t.Helper()
		got, err := s.NamesAsOf(ctx, "m1", persons, asOf)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	born := c.now()
	c.add(time.Second)
	identified(t, s, "u1", device("d1"), login("u1"))
	first := c.now()
	c.add(time.Second)
	identified(t, s, "u1", device("d2"), login("u1"))
	both := c.now()
	identified(t, s, "u9", login("u9"), device("d9")) // somebody else
	c.add(time.Second)
	log, err := s.Merges(ctx, "m1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Unmerge(ctx, "m1", log[0].N, "wrong", live.Actor{ID: "boss"}); err != nil {
		t.Fatal(err)
	}
	type told = map[live.PersonID][]live.PersonID
	for name, tc := range map[string]struct{ got, want told }{
		"before":            {names(born, "u1", "d1"), told{}},
		"after the first":   {names(first, "u1", "d2"), told{"u1": {"u1", "d1"}}},
		"from another name": {names(both, "d1"), told{"d1": {"u1", "d1", "d2"}}},
		"after undoing":     {names(c.now(), "u1", "d1", "nobody"), told{"u1": {"u1", "d2"}}},
		"nobody":            {names(c.now()), told{}},
	} {
		if d := cmp.Diff(tc.want, tc.got); d != "" {
			t.Errorf("%s (-want +got):\n%s", name, d)
		}
	}
	for asOf, want := range map[time.Time]told{
		born: {}, both: {"u1": {"u1", "d1", "d2"}, "d1": {"u1", "d1", "d2"}, "d2": {"u1", "d1", "d2"}, "u9": {"u9", "d9"}, "d9": {"u9", "d9"}},
		c.now(): {"u1": {"u1", "d2"}, "d2": {"u1", "d2"}, "u9": {"u9", "d9"}, "d9": {"u9", "d9"}},
	} {
		got, err := s.EveryNameAsOf(ctx, "m1", asOf)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("everybody at %s (-want +got):\n%s", asOf, d)
		}
	}
	if got, err := s.NamesAsOf(ctx, "m2", []live.PersonID{"u1"}, c.now()); err != nil || len(got) != 0 {
		t.Errorf("another merchant is told %v, %v", got, err)
	}
}
