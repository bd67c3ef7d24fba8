package gateway_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/conversion/tracker"
	"showrunner/live"
)

// climb lets a tracker read the log to its end, with what it says itself.
func (e *env) climb() {
	e.t.Helper()
	for {
		e.drained()
		head, err := e.log.Head(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		e.climbTo(head)
		e.drained()
		if again, err := e.log.Head(e.t.Context()); err != nil || again == head {
			return
		}
	}
}

// drained waits until the outbox is in the log.
func (e *env) drained() {
	e.t.Helper()
	e.soon("the outbox is empty", func() bool {
		rows, err := e.store.Outbox(e.t.Context(), 0, 1)
		return err == nil && len(rows) == 0
	})
}

func (e *env) soon(what string, done func() bool) {
	e.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			e.t.Fatalf("not within half a minute: %s", what)
		}
	}
}

func (e *env) climbTo(head live.Position) {
	e.t.Helper()
	r, err := e.log.Reader(e.t.Context(), "ladder", live.Position{})
	if err != nil {
		e.t.Fatal(err)
	}
	tr := tracker.New(tracker.Config{Reader: r, Log: e.log, Store: e.store, Now: hurried(), Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx) }()
	e.soon("the ladder is at the end of the log", func() bool {
		_, next, err := e.store.LadderCheckpoint(e.t.Context())
		return err == nil && !next.Less(head)
	})
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		e.t.Fatal(err)
	}
}

// hurried is a clock on which it is always time to tell the log.
func hurried() func() time.Time {
	now := epoch
	return func() time.Time { now = now.Add(time.Minute); return now }
}

// fact states a viewer's fact over the API.
func (e *env) fact(kind, user, show string, data obj) {
	e.t.Helper()
	body := obj{"event_id": fmt.Sprint(kind, ":", user[:1], ":", e.now().UnixMilli()), "type": kind, "user_id": user, "show_id": show}
	if data != nil {
		body["data"] = data
	}
	a := e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{body})
	if a.json["accepted"] != 1.0 {
		e.t.Fatal(a.raw)
	}
}

// buys places an order of one knife and pays for it.
func (e *env) buys(user, show, client string) (order string) {
	e.t.Helper()
	a := e.want(201, "POST", "/v1/shows/"+show+"/orders", e.as(live.RoleViewer, "m1", user), obj{"client_order_id": client, "lines": []any{obj{"sku_id": "sku1", "qty": 1}}})
	order = a.text("order_id")
	e.said(order, live.OrderFact{Kind: live.OrderPaid, ID: "pay-" + client, PaidMinor: 1000, Currency: "CNY"})
	return order
}

func dig(o any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := o.(obj)
			o = m[p]
		case int:
			l, _ := o.([]any)
			if p >= len(l) {
				return nil
			}
			o = l[p]
		}
	}
	return o
}

// TestPeople: one person over a device and a login, from their first look to
// their second order and back, as an operator and an agent read it.
func TestPeople(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	operator := e.as(live.RoleOperator, "m1", "op")
	e.want(200, "POST", "/v1/shows/"+show+"/start", operator, nil)
	e.want(404, "GET", "/v1/people/device-7", operator, nil)

	e.fact("room_entered", "device-7", show, nil)
	e.advance(time.Minute)
	e.fact("service_session_started", "device-7", show, obj{"session_id": "x1", "agent_id": "a1"})
	e.advance(time.Minute)
	first := e.buys("device-7", show, "c1")
	e.advance(26 * time.Hour)
	e.fact("followed", "u1", show, nil)
	e.advance(time.Minute)
	e.buys("u1", show, "c2")
	e.climb()

	operator = e.as(live.RoleOperator, "m1", "op") // a day later, so is the token
	agent := e.as(live.RoleAgent, "m1", "a1")
	a := e.want(200, "GET", "/v1/people/device-7", operator, nil)
	if a.text("rung") != "customer" || dig(a.json, "cause", "ref") != first || dig(a.json, "touches", 0, "agent_id") != "a1" || dig(a.json, "money", 0, "gmv_net_minor") != 1000.0 {
		t.Errorf("the device: %s", a.raw)
	}
	if dig(a.json, "first_touch", "show_id") != show || dig(a.json, "first_touch", "agent_id") != "a1" {
		t.Errorf("first touch: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/people/device-7", agent, nil); a.json["money"] != nil || strings.Contains(a.raw, "minor") {
		t.Errorf("an agent sees money: %s", a.raw)
	}

	link := obj{"identifiers": []any{obj{"kind": "login", "value": "u1"}, obj{"kind": "anonymous", "value": "device-7"}}, "evidence": "call 4711"}
	e.want(403, "POST", "/v1/identity/links", agent, link)
	if a := e.want(200, "POST", "/v1/identity/links", operator, link); a.text("person_id") != "u1" {
		t.Errorf("linked as %s", a.raw)
	}
	e.climb()
	a = e.want(200, "GET", "/v1/people/device-7", operator, nil)
	if a.text("person_id") != "u1" || a.text("rung") != "member" || dig(a.json, "money", 0, "gmv_net_minor") != 2000.0 || len(dig(a.json, "identities").([]any)) != 2 {
		t.Errorf("both as one: %s", a.raw)
	}
	if strings.Contains(a.raw, "device-7") {
		t.Errorf("a name is told: %s", a.raw)
	}

	// The way, page by page, is complete and latest first.
	var items []any
	for cursor := ""; ; {
		path := "/v1/people/u1/journey?limit=2"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		page := e.want(200, "GET", path, operator, nil)
		items = append(items, page.items()...)
		if cursor = page.text("next_cursor"); cursor == "" {
			break
		}
	}
	count := map[any]int{}
	last := "9"
	for _, i := range items {
		count[dig(i, "item")]++
		when := dig(i, "at").(string)
		if when > last {
			t.Errorf("%s comes after %s", when, last)
		}
		last = when
	}
	if d := cmp.Diff(map[any]int{"touch": 3, "move": 3, "order": 4}, count); d != "" {
		t.Errorf("the way (-want +got):\n%s", d)
	}
	if a := e.want(200, "GET", "/v1/people/u1/journey", agent, nil); strings.Contains(a.raw, "_minor") {
		t.Errorf("an agent sees money on the way: %s", a.raw)
	}
	e.want(400, "GET", "/v1/people/u1/journey?cursor=nonsense", operator, nil)

	// Parted again they stand each alone, and an audit says who did it.
	merge := e.want(200, "GET", "/v1/identity/merges", operator, nil).items()[0]
	e.want(204, "POST", fmt.Sprintf("/v1/identity/merges/%v/undo", dig(merge, "merge")), operator, obj{"reason": "two customers"})
	e.climb()
	if a := e.want(200, "GET", "/v1/people/device-7", operator, nil); a.text("rung") != "customer" || a.text("person_id") != "device-7" {
		t.Errorf("parted: %s", a.raw)
	}
	e.want(404, "POST", "/v1/identity/merges", operator, obj{"person_id": "u1", "other_person_id": "nobody", "evidence": "guess"})
	e.want(200, "POST", "/v1/identity/merges", operator, obj{"person_id": "u1", "other_person_id": "device-7", "evidence": "seen together"})
	var actions []string
	for _, i := range e.want(200, "GET", "/v1/audit", e.as(live.RoleAuditor, "m1", "au"), nil).items() {
		if action := dig(i, "action").(string); strings.HasPrefix(action, "identity.") {
			actions = append(actions, action+" "+fmt.Sprint(dig(i, "actor", "id")))
		}
	}
	if want := []string{"identity.merge op", "identity.unmerge op", "identity.link op"}; !slices.Equal(actions, want) {
		t.Errorf("audit = %v", actions)
	}
	if a := e.do("GET", "/v1/people/u1", e.as(live.RoleAgent, "m1", "a1", "room-m1"), nil); a.code() != "room_forbidden" {
		t.Errorf("a token of one room: %s", a.raw)
	}
}

// TestLadderFigures: counts, flows, cohorts and incentives of four people.
func TestLadderFigures(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	for i, user := range []string{"ann", "bob", "cho", "dee"} {
		e.fact("room_entered", user, show, nil)
		e.advance(time.Minute)
		if i < 3 {
			scene := "link"
			if user == "ann" {
				scene = "qr"
			}
			e.fact("group_joined", user, show, obj{"group_id": "g1", "join_scene": scene})
			e.advance(time.Minute)
		}
	}
	e.buys("bob", show, "c1")
	e.advance(time.Minute)
	back := e.buys("cho", show, "c1")
	e.advance(24 * time.Hour)
	e.said(back, live.OrderFact{Kind: live.RefundSucceeded, ID: "r", Currency: "CNY", Refunds: []live.RefundLine{{SKU: "sku1", Goods: 1000}}})
	e.advance(time.Minute)
	e.climb()

	agent := e.as(live.RoleAgent, "m1", "a1")
	a := e.want(200, "GET", "/v1/ladder?by=show&within_days=7", agent, nil)
	var rungs []string
	for _, r := range dig(a.json, "rungs").([]any) {
		rungs = append(rungs, fmt.Sprint(dig(r, "rung"), " ", dig(r, "people")))
	}
	if d := cmp.Diff([]string{"passerby 1", "fan 2", "customer 1", "member 0", "partner 0"}, rungs); d != "" {
		t.Errorf("rungs (-want +got):\n%s", d)
	}
	if a.json["demotions"] != 1.0 || a.json["moves_up"] != 9.0 {
		t.Errorf("moves: %s", a.raw)
	}
	steps := dig(a.json, "cohorts", 0, "steps")
	if dig(a.json, "cohorts", 0, "key") != show || dig(a.json, "cohorts", 0, "people") != 4.0 {
		t.Errorf("cohorts: %s", a.raw)
	}
	for i, want := range []string{"3 of 4 held 3 open 1", "2 of 3 held 1 open 1", "0 of 2 held 0 open 2"} {
		s := dig(steps, i)
		if got := fmt.Sprintf("%v of %v held %v open %v", dig(s, "rate", "numerator"), dig(s, "rate", "denominator"), dig(s, "held"), dig(s, "open")); got != want {
			t.Errorf("step %d: %s, want %s", i, got, want)
		}
	}
	if m := dig(steps, 0, "median_ms"); m != 60000.0 {
		t.Errorf("the median way from passerby to fan takes %v ms", m)
	}
	joined := map[any]string{}
	for _, c := range dig(a.json, "incentive").([]any) {
		joined[dig(c, "key")] = fmt.Sprintf("%v of %v", dig(c, "steps", 0, "rate", "numerator"), dig(c, "steps", 0, "rate", "denominator"))
	}
	if d := cmp.Diff(map[any]string{"incentive": "0 of 1", "other": "2 of 2"}, joined); d != "" {
		t.Errorf("incentives (-want +got):\n%s", d)
	}
	if dig(a.json, "helped", "by_show", 0, "key") != show {
		t.Errorf("helped: %v", dig(a.json, "helped"))
	}
	// Before anything happened there is nothing, and rates of nothing are null.
	a = e.want(200, "GET", "/v1/ladder?from=2025-01-01T00:00:00Z&to=2025-02-01T00:00:00Z", agent, nil)
	if len(dig(a.json, "cohorts").([]any)) != 0 || dig(a.json, "rungs", 0, "people") != 0.0 || a.json["demotions"] != 0.0 {
		t.Errorf("a year before: %s", a.raw)
	}
	for _, q := range []string{"from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "from=yesterday", "from=2020-01-01T00:00:00Z", "by=horoscope", "within_days=0"} {
		e.want(400, "GET", "/v1/ladder?"+q, agent, nil)
	}
}

// TestLadderRules: a file of rules is checked, kept by version, and holds.
func TestLadderRules(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	a := e.want(200, "GET", "/v1/ladder/rules", owner, nil)
	if a.json["rule_version"] != 0.0 || dig(a.json, "rules", "rungs", 2, "any", 0, "orders") != 1.0 {
		t.Errorf("default: %s", a.raw)
	}
	bad := "{\"rungs\": [\n{\"rung\":\"passerby\",\"any\":[]},{},{},{},{}]}"
	if a := e.want(400, "PUT", "/v1/ladder/rules", owner, bad); a.code() != "invalid_ladder" || !strings.Contains(a.raw, "line 2") || a.text("field") != "rungs[0].any" {
		t.Errorf("refused as %s", a.raw)
	}
	if a := e.want(200, "PUT", "/v1/ladder/rules", owner, goodBody["put-ladder-rules"]); a.json["rule_version"] != 1.0 || a.text("set_by") != "owner" {
		t.Errorf("set: %s", a.raw)
	}
	e.want(403, "PUT", "/v1/ladder/rules", e.as(live.RoleOperator, "m1", "op"), goodBody["put-ladder-rules"])
	e.fact("followed", "u1", "", nil)
	e.climb()
	if a := e.want(200, "GET", "/v1/people/u1", owner, nil); a.json["rule_version"] != 1.0 || a.text("rung") != "fan" {
		t.Errorf("judged: %s", a.raw)
	}
}

// TestErase: a buyer is forgotten. The ledger, the ladder and word of mouth are
// what they were; the name is nobody's, and only the owner may do it.
func TestErase(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	e.fact("room_entered", "zhang", show, nil)
	e.advance(time.Minute)
	e.buys("zhang", show, "c1")
	e.advance(time.Minute)
	e.climb()
	now := e.now().Format(time.RFC3339)
	same := []string{
		"/v1/shows/" + show + "/ledger?as_of=" + now, "/v1/shows/" + show + "/report?format=json&as_of=" + now, "/v1/shows/" + show + "/reconciliation",
		"/v1/ladder?to=" + now, "/v1/referral?to=" + now,
	}
	before := map[string]string{}
	for _, path := range same {
		before[path] = e.want(200, "GET", path, owner, nil).raw
	}
	reason := obj{"reason": "asked by mail"}
	e.want(403, "POST", "/v1/people/zhang/erase", e.as(live.RoleOperator, "m1", "op"), reason)
	e.want(404, "POST", "/v1/people/nobody/erase", owner, reason)
	e.want(400, "POST", "/v1/people/zhang/erase", owner, obj{"reason": ""})
	a := e.want(200, "POST", "/v1/people/zhang/erase", owner, reason)
	e.climb()
	for _, path := range same {
		if after := e.want(200, "GET", path, owner, nil).raw; after != before[path] {
			t.Errorf("%s was\n%s\nis\n%s", path, before[path], after)
		}
	}
	e.want(404, "GET", "/v1/people/zhang", owner, nil)
	who := e.want(200, "GET", "/v1/people/"+a.text("person_id"), owner, nil)
	if who.text("rung") != "customer" || dig(who.json, "money", 0, "gmv_net_minor") != 1000.0 || strings.Contains(who.raw, "zhang") {
		t.Errorf("who was forgotten: %s", who.raw)
	}
	if a := e.want(409, "POST", "/v1/people/"+a.text("person_id")+"/erase", owner, reason); a.code() != "already_erased" {
		t.Errorf("again: %s", a.raw)
	}
	if items := e.want(200, "GET", "/v1/erasures", e.as(live.RoleAuditor, "m1", "au"), nil).items(); len(items) != 1 || dig(items[0], "facts_at") != nil {
		t.Errorf("erasures: %v", items)
	}
}
