package group_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion/care/group"
	"showrunner/live"
)

// code is the stable code of a refusal.
func code(err error) string {
	if e, ok := errors.AsType[*live.Error](err); ok {
		return e.Code
	}
	return fmt.Sprint(err)
}

func TestRegistry(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	made := e.create(group.Group{
		ID: "g1", Name: "妈妈群", Platform: "wecom", Agent: "a1", Host: "h1", Tags: []string{"vip", "north", "vip"},
		Personas: []group.Persona{{Agent: "a2", Role: "expert"}}, Created: start.AddDate(0, -2, 0),
	})
	got, owners, err := e.Group(ctx, "m1", "g1")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(made, got); d != "" || len(got.Tags) != 2 || got.Tags[0] != "north" {
		t.Errorf("-made +read\n%s %v", d, got.Tags)
	}
	if len(owners) != 1 || owners[0].Agent != "a1" || !owners[0].From.Equal(made.Created) {
		t.Errorf("owners %+v", owners)
	}
	for name, f := range map[string]func() error{
		"group_exists": func() error {
			_, err := e.Create(ctx, group.Group{Merchant: "m1", ID: "g1"}, owner)
			return err
		},
		"group_not_found": func() error { _, _, err := e.Group(ctx, "m2", "g1"); return err },
	} {
		if got := code(f()); got != name {
			t.Errorf("%s: %s", name, got)
		}
	}
	// Another merchant may have a group of the same name.
	e.create(group.Group{Merchant: "m2", ID: "g1", Name: "another"})
	if again, _, _ := e.Group(ctx, "m1", "g1"); again.Name != "妈妈群" {
		t.Errorf("m2 wrote over m1's group: %+v", again)
	}
	e.advance(time.Hour)
	name, agent, archived := "爸爸群", "a9", true
	if got, err = e.Update(ctx, "m1", "g1", group.Patch{Name: &name, Agent: &agent, Reason: "a1 is ill"}, owner); err != nil || got.Name != name || got.Agent != agent || got.Host != "h1" {
		t.Errorf("%+v %v", got, err)
	}
	_, owners, _ = e.Group(ctx, "m1", "g1")
	for at, want := range map[time.Time]string{start.AddDate(0, -3, 0): "", start: "a1", start.Add(2 * time.Hour): "a9"} {
		if got := group.OwnerAt(owners, at); got != want {
			t.Errorf("owner at %v: %q, want %q", at, got, want)
		}
	}
	for range 2 {
		if got, err = e.Update(ctx, "m1", "g1", group.Patch{Archived: &archived}, owner); err != nil || got.Archived.IsZero() {
			t.Errorf("%+v %v", got, err)
		}
	}
	if n := e.told(live.GroupCreated); n != 2 {
		t.Errorf("%d group_created, want 2", n)
	}
	if n := e.told(live.GroupArchived); n != 1 {
		t.Errorf("%d group_archived, want 1: archived twice it is told once", n)
	}
	if n := e.audited("group.update"); n != 3 {
		t.Errorf("%d entries of the audit log, want 3", n)
	}
	if _, err := e.Update(ctx, "m2", "nothing", group.Patch{Name: &name}, owner); code(err) != "group_not_found" {
		t.Error(err)
	}
}

func TestGroupCheck(t *testing.T) {
	long := string(make([]byte, 200))
	for field, g := range map[string]group.Group{
		"group_id":   {ID: "a b"},
		"agent_id":   {ID: "g", Agent: "?"},
		"host_id":    {ID: "g", Host: "?"},
		"name":       {ID: "g", Name: long},
		"platform":   {ID: "g", Platform: long},
		"tags":       {ID: "g", Tags: []string{" "}},
		"personas":   {ID: "g", Personas: []group.Persona{{Agent: "a", Role: "member"}}},
		"created_at": {ID: "g", Created: start.Add(time.Hour), Archived: start},
	} {
		var e *live.Error
		if err := g.Check(); !errors.As(err, &e) || e.Field != field || e.Code != "invalid_field" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestList(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	for i := range 7 {
		g := group.Group{ID: fmt.Sprint("g", i), Agent: fmt.Sprint("a", i%2), Created: start.AddDate(0, 0, -10*i), Tags: []string{fmt.Sprint("t", i%3)}}
		e.create(g)
	}
	e.create(group.Group{Merchant: "m2", ID: "foreign", Agent: "a0", Tags: []string{"t0"}})
	archived, agent := true, "a0"
	if _, err := e.Update(ctx, "m1", "g6", group.Patch{Archived: &archived}, owner); err != nil {
		t.Fatal(err)
	}
	names := func(f group.Filter) (ids []string) {
		f.Merchant = "m1"
		for {
			list, next, err := e.List(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range list {
				ids = append(ids, g.ID)
			}
			if f.Cursor = next; next == "" {
				return ids
			}
		}
	}
	for _, tc := range []struct {
		what string
		f    group.Filter
		want []string
	}{
		{"all that live", group.Filter{Limit: 2}, []string{"g0", "g1", "g2", "g3", "g4", "g5"}},
		{"with archived", group.Filter{Archived: true}, []string{"g0", "g1", "g2", "g3", "g4", "g5", "g6"}},
		{"of an agent", group.Filter{Agent: &agent, Limit: 1}, []string{"g0", "g2", "g4"}},
		{"of a tag", group.Filter{Tag: "t1"}, []string{"g1", "g4"}},
		{"of an age", group.Filter{From: start.AddDate(0, 0, -30), Until: start.AddDate(0, 0, -10)}, []string{"g2", "g3"}},
		{"of nobody", group.Filter{Host: "h"}, nil},
	} {
		if d := cmp.Diff(tc.want, names(tc.f)); d != "" {
			t.Errorf("%s: -want +got\n%s", tc.what, d)
		}
		tc.f.Merchant = "m1"
		all, err := e.All(ctx, tc.f)
		if err != nil || len(all) != len(tc.want) {
			t.Errorf("%s at once: %d, %v", tc.what, len(all), err)
		}
	}
	if list, err := e.Merchants(ctx); err != nil || len(list) != 2 {
		t.Error(list, err)
	}
}

// TestReassign: the groups of who leaves are split evenly, nobody else's move,
// and each group keeps who had it until when.
func TestReassign(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	for i := range 11 {
		e.create(group.Group{ID: fmt.Sprintf("g%02d", i), Agent: "leaver"})
	}
	e.create(group.Group{ID: "other", Agent: "a1"})
	e.create(group.Group{Merchant: "m2", ID: "g00", Agent: "leaver"})
	for field, f := range map[string]func() error{
		"to": func() error {
			_, err := e.Reassign(ctx, "m1", "leaver", []string{"a1", "a1"}, "", owner)
			return err
		},
		"from": func() error { _, err := e.Reassign(ctx, "m1", "?", []string{"a1"}, "", owner); return err },
	} {
		var refused *live.Error
		if err := f(); !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	e.advance(24 * time.Hour)
	handed, err := e.Reassign(ctx, "m1", "leaver", []string{"a1", "a2", "a3"}, "left", owner)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, h := range handed {
		got[h.To]++
	}
	if d := cmp.Diff(map[string]int{"a1": 4, "a2": 4, "a3": 3}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	_, owners, err := e.Group(ctx, "m1", "g04")
	if err != nil || len(owners) != 2 || group.OwnerAt(owners, start.Add(time.Hour)) != "leaver" || group.OwnerAt(owners, e.now()) != "a2" || owners[1].Reason != "left" {
		t.Errorf("owners %+v %v", owners, err)
	}
	if _, owners, _ := e.Group(ctx, "m2", "g00"); owners[len(owners)-1].Agent != "leaver" {
		t.Error("another merchant's group changed hands")
	}
	if again, err := e.Reassign(ctx, "m1", "leaver", []string{"a1"}, "", owner); err != nil || len(again) != 0 {
		t.Errorf("a second time: %v %v", again, err)
	}
	if n := e.audited("group.reassign"); n != 2 {
		t.Errorf("%d entries of the audit log, want 2", n)
	}
}

// TestAdopt: facts make groups, later facts move the beginning of those that
// nobody registered, and what a person wrote stays.
func TestAdopt(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	e.create(group.Group{ID: "ours", Name: "ours", Created: start.AddDate(0, 0, -5)})
	see := func(want int, seen ...group.Sighting) {
		t.Helper()
		if n, err := e.Adopt(ctx, seen); err != nil || n != want {
			t.Errorf("adopted %d, %v, want %d", n, err, want)
		}
	}
	see(1, group.Sighting{Merchant: "m1", ID: "ours", Name: "theirs", First: start.AddDate(-1, 0, 0)},
		group.Sighting{Merchant: "m1", ID: "new", Name: "found", Agent: "a1", First: start.AddDate(0, 0, -9)})
	see(0, group.Sighting{Merchant: "m1", ID: "new", Name: "renamed", First: start.AddDate(0, 0, -12), Archived: start})
	if g, _, _ := e.Group(ctx, "m1", "ours"); g.Name != "ours" || !g.Created.Equal(start.AddDate(0, 0, -5)) {
		t.Errorf("facts wrote over what a person registered: %+v", g)
	}
	g, owners, err := e.Group(ctx, "m1", "new")
	if err != nil || !g.Found || g.Name != "found" || !g.Created.Equal(start.AddDate(0, 0, -12)) || !g.Archived.Equal(start) || len(owners) != 1 {
		t.Errorf("%+v %v %v", g, owners, err)
	}
	if n := e.told(live.GroupCreated); n != 1 {
		t.Errorf("%d group_created, want 1: a group that facts tell of is not told again", n)
	}
	// Who registers it takes it over.
	if g = e.create(group.Group{ID: "new", Name: "mine"}); g.Found || !g.Created.Equal(start.AddDate(0, 0, -12)) {
		t.Errorf("%+v", g)
	}
	// A bad name in a fact does not keep its group from being known.
	see(1, group.Sighting{Merchant: "m1", ID: "odd", Name: string([]byte{0xff}), First: start})
}

func TestTakeUp(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	e.create(group.Group{ID: "g1"})
	for want, a := range map[string]group.Action{
		"group_not_found": {Merchant: "m2", Group: "g1", Alarm: group.ThirdMonth, State: group.AlarmAcknowledged},
		"invalid_field":   {Merchant: "m1", Group: "g1", Alarm: group.ThirdMonth, State: group.AlarmAssigned},
	} {
		if _, err := e.TakeUp(ctx, a, owner); code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	for _, a := range []group.Action{
		{Merchant: "m1", Group: "g1", Alarm: group.ThirdMonth, State: group.AlarmAcknowledged, Note: "seen"},
		{Merchant: "m1", Group: "g1", Alarm: group.ThirdMonth, State: group.AlarmAssigned, Agent: "a1", Note: "revive it"},
	} {
		e.advance(time.Minute)
		done, err := e.TakeUp(ctx, a, owner)
		if err != nil {
			t.Fatal(err)
		}
		all, err := e.Actions(ctx, "m1")
		if err != nil || all["g1"] != done {
			t.Errorf("%+v, want %+v: %v", all["g1"], done, err)
		}
	}
	if n := e.audited("group.alarm"); n != 2 {
		t.Errorf("%d entries of the audit log, want 2", n)
	}
	if other, err := e.Actions(ctx, "m2"); err != nil || len(other) != 0 {
		t.Error(other, err)
	}
}
