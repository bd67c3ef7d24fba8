package tracker

import (
	cmpx "cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// figures are sums that must not move when a person is forgotten, with names of
// people left out.
func (e *env) figures() []string {
	e.t.Helper()
	ctx, from, until := e.t.Context(), e.now().Add(-90*24*time.Hour), e.now().Add(time.Hour)
	var out []string
	note := func(v any, err error) {
		if err != nil {
			e.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%+v", v))
	}
	balances, err := e.store.Balances(ctx, "m1", "", until)
	note(balances, err)
	for x, err := range e.store.PostingsTaken(ctx, "m1", "", from, until) {
		note(x, err)
	}
	orders, _, err := e.store.Orders(ctx, store.OrderFilter{Merchant: "m1", Limit: 100})
	for i := range orders {
		orders[i].Person = ""
	}
	note(orders, err)
	var climbers []string
	sums, err := e.store.LadderSums(ctx, "m1", from, until, func(c *live.Climber) { climbers = append(climbers, fmt.Sprintf("%+v", *c)) })
	note(sums, err)
	slices.Sort(climbers)
	note(climbers, nil)
	words, err := e.store.WordOfMouth(ctx, "m1", from, until)
	note(words, err)
	tallies, err := e.store.Referrals(ctx, "m1", from, until)
	for i := range tallies {
		tallies[i].Referrer = ""
	}
	slices.SortFunc(tallies, func(a, b live.ReferralTally) int { return cmpx.Compare(a.Paid, b.Paid) })
	note(tallies, err)
	earned, err := e.store.CommissionTotals(ctx, store.CommissionFilter{Merchant: "m1", From: from, Until: until})
	for i := range earned {
		earned[i].Referrer = live.PersonID(fmt.Sprint(earned[i].Referrer != ""))
	}
	note(earned, err)
	return out
}

// found lists the tables in which a text stands, whatever the column.
func (e *env) found(text string) (tables []string) {
	e.t.Helper()
	db := e.behind()
	list := `SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
	if postgresServer != nil {
		list = `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`
	}
	var names []string
	e.rows(db, list, 1, func(cells []any) { names = append(names, fmt.Sprint(cells[0])) })
	for _, table := range names {
		columns := 0
		e.rows(db, `SELECT COUNT(*) FROM (`+columnsOf(table)+`) c`, 1, func(cells []any) { _, _ = fmt.Sscan(fmt.Sprint(cells[0]), &columns) })
		hit := false
		e.rows(db, `SELECT * FROM `+table, columns, func(cells []any) {
			for _, c := range cells {
				if raw, ok := c.([]byte); ok {
					c = string(raw)
				}
				hit = hit || strings.Contains(fmt.Sprint(c), text)
			}
		})
		if hit {
			tables = append(tables, table)
		}
	}
	return tables
}

func columnsOf(table string) string {
	if postgresServer != nil {
		return `SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = '` + table + `'`
	}
	return `SELECT name FROM pragma_table_info('` + table + `')`
}

// TestErase: a person with two names, orders, a refund, a referrer and people
// they brought is forgotten: nothing leads to them, and no figure moves.
func TestErase(t *testing.T) {
	e := newEnv(t)
	ctx := t.Context()
	owner := live.Actor{ID: "owner", Role: live.RoleMerchant}
	const login, device = "zhang-login", "zhang-device"
	ids := []live.Identifier{{Kind: live.IdentityLogin, Value: login}, {Kind: live.IdentityAnonymous, Value: device}}
	if _, err := e.store.SetReferralRule(ctx, live.ReferralRule{Merchant: "m1", Who: live.ReferNew, Term: live.ReferPermanent}, owner); err != nil {
		t.Fatal(err)
	}
	links := map[string]string{}
	for _, who := range []string{"mei", login} {
		k, err := e.store.ShareLink(ctx, live.ShareToken{Merchant: "m1", Person: live.PersonID(who)})
		if err != nil {
			t.Fatal(err)
		}
		links[who] = k.Token
	}
	bind := func(token, person string) {
		if _, err := e.store.Bind(ctx, "m1", token, live.PersonID(person)); err != nil {
			t.Fatal(err)
		}
	}
	e.say("room_entered", device, "s1", `{}`)
	bind(links["mei"], device)
	e.wait(time.Minute)
	bind(links[login], "wang")
	e.say("referral_clicked", "wang", "s1", `{"referrer":"`+login+`"}`)
	e.wait(time.Minute)
	e.say("followed", "wang", "s1", `{}`)
	e.wait(time.Minute)
	first := created("o1", device)
	first.Lines[0].CommissionBPS = 1000
	first.At = e.now()
	e.platform(first, paid("o1"))
	if _, err := e.store.Identify(ctx, "m1", ids, "called from 138 0013 8000"); err != nil {
		t.Fatal(err)
	}
	e.wait(48 * time.Hour)
	e.platform(created("o2", login), paid("o2"), created("o3", "wang"), paid("o3"))
	e.wait(time.Hour)
	e.platform(refunded("o2"))
	if _, err := e.store.ApplyPartner(ctx, "m1", login, "I am Zhang", live.Principal{Subject: login, Role: live.RoleViewer, Merchant: "m1"}); err != nil {
		t.Fatal(err)
	}
	e.track()
	before, way := e.figures(), e.way(login)

	e.say("cart_item_added", device, "s1", `{"sku_id":"a","qty":1}`) // in the log, and not read so far
	gone, err := e.store.ErasePerson(ctx, "m1", device, "asked by mail", owner)
	if err != nil || gone.Names != 2 || !strings.HasPrefix(string(gone.Person), "erased:") {
		t.Fatalf("erased: %+v, %v", gone, err)
	}
	check := func(when string) {
		t.Helper()
		if d := cmp.Diff(before, e.figures()); d != "" {
			t.Errorf("%s: figures moved (-before +after):\n%s", when, d)
		}
		e.wantWay(gone.Person, way)
	}
	check("at once")
	for _, name := range []live.PersonID{login, device} {
		if _, err := e.store.Profile(ctx, "m1", name, e.now()); !errors.Is(err, live.NotFound("person_not_found", "")) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	if _, err := e.store.ErasePerson(ctx, "m1", gone.Person, "again", owner); !errors.Is(err, live.Conflict("already_erased", "")) {
		t.Errorf("erased again: %v", err)
	}
	e.track() // The reader comes by, and what is in the outbox goes to the log.
	check("after the log was read")

	// The old names stand only where somebody else needs them for a moment, and
	// in the record of who did what.
	if d := cmp.Diff([]string{"audit", "erasure_names"}, e.found("zhang")); d != "" {
		t.Errorf("the name stands in (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]string(nil), e.found("Zhang")); d != "" {
		t.Errorf("what they wrote stands in:\n%s", d)
	}
	if d := cmp.Diff([]string(nil), e.found("138 0013")); d != "" {
		t.Errorf("how it was known who they are stands in:\n%s", d)
	}
	open, names, err := e.store.OpenErasures(ctx, 10)
	if err != nil || len(open) != 1 || len(names[gone.ID]) != 2 {
		t.Fatalf("open: %+v %v, %v", open, names, err)
	}
	if err := e.store.FinishErasure(ctx, gone.ID); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"audit"}, e.found("zhang")); d != "" {
		t.Errorf("at the end the name stands in (-want +got):\n%s", d)
	}
	if list, _, err := e.store.Erasures(ctx, "m1", "", 0); err != nil || len(list) != 1 || list[0].FactsAt.IsZero() {
		t.Errorf("erasures: %+v, %v", list, err)
	}

	// What a platform says again is a duplicate; who comes back is somebody new.
	first.Source, first.Currency = "shop", "CNY"
	if status, err := e.store.ApplyFacts(ctx, "m1", []store.Fact{first}, e.now()); err != nil || status[0] != store.FactDuplicate {
		t.Errorf("told again: %v, %v", status, err)
	}
	e.say("room_entered", device, "s2", `{}`)
	e.track()
	e.wantWay(device, "passerby(room_entered)")
	e.wantWay(gone.Person, way)
	db := e.behind()
	for _, change := range []string{
		`UPDATE order_facts SET body = ''`, `UPDATE share_tokens SET person_id = ''`, `UPDATE referral_bindings SET n = 9`, `UPDATE person_log SET evidence = 'x'`, `UPDATE audit SET detail = ''`,
	} {
		if _, err := db.ExecContext(ctx, change); err == nil {
			t.Errorf("%s went through", change)
		}
	}
}
