package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/sim"
)

// seasonClock stands still but for being set, until it is let run.
type seasonClock struct {
	at, runs atomic.Int64 // milliseconds; runs is when it was let run, 0: it stands
}

func (c *seasonClock) now() time.Time {
	at := time.UnixMilli(c.at.Load()).UTC()
	if since := c.runs.Load(); since != 0 {
		at = at.Add(time.Duration(time.Now().UnixMilli()-since) * time.Millisecond)
	}
	return at
}

func (c *seasonClock) set(at time.Time) { c.at.Store(at.UnixMilli()) }

func (c *seasonClock) run(from time.Time) {
	c.set(from)
	c.runs.Store(time.Now().UnixMilli())
}

// season is one merchant on a server under test who lives a [sim.Season].
type season struct {
	t *testing.T
	*sim.Season
	url      string
	merchant string
	way      string // how names are known: plain, known or late
	tokens   tokens
	clock    *seasonClock
	signed   map[live.Role]signedToken
	phones   []string // the names that stand for the phones alone
	sockets  []*socket
	ctx      context.Context
}

type signedToken struct {
	text string
	at   time.Time
}

// Ways in which it becomes known who is who.
const (
	seasonPlain = "plain" // everybody goes by one name
	seasonKnown = "known" // by several, all known before anything happens
	seasonLate  = "late"  // by several, learned in any order, some only at the end, some wrongly and undone
)

// TestSeasons lives ninety days of random merchants through a running server:
// shows, groups, agents, links, orders, refunds, partners. Ladder, first touches,
// cohorts, attribution and commissions are what the simulator knows, to the last
// move, cell and cent; and they are the same whether everybody goes by one name,
// by several that are known from the start, or by several that turn out to be one
// person's in any order. SHOWRUNNER_TEST_SEASONS sets how many merchants there
// are, SHOWRUNNER_TEST_SEED the first.
func TestSeasons(t *testing.T) {
	env := func(name string, most int) int {
		if v := os.Getenv(name); v != "" {
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 {
				t.Fatalf("%s=%q is no number", name, v)
			}
			return n
		}
		return most
	}
	seasons, first := env("SHOWRUNNER_TEST_SEASONS", 2), env("SHOWRUNNER_TEST_SEED", 1)
	zone, err := time.LoadLocation("America/New_York") // The clocks change on day 68.
	if err != nil {
		t.Fatal(err)
	}
	begin := time.Date(2026, 8, 25, 0, 0, 0, 0, zone)
	var watch seasonClock
	watch.set(begin.Add(-time.Hour))
	c := newServe()
	c.Data, c.Addr, c.LogLevel, c.RateLimits, c.Bots, c.LogMaxAge, c.now = t.TempDir(), "127.0.0.1:0", "warn", "off", "off", 0, watch.now
	url := startServer(t, c)

	var all []*season
	type op struct {
		at time.Time
		do func()
	}
	var ops []op
	for seed := range seasons {
		drawn := sim.NewSeason(uint64(first+seed), 12, begin)
		for _, way := range []string{seasonPlain, seasonKnown, seasonLate} {
			s := &season{
				t: t, Season: drawn, url: url, merchant: fmt.Sprintf("m%d-%s", first+seed, way), way: way, clock: &watch,
				tokens: tokens{t, c.Data, watch.now}, signed: map[live.Role]signedToken{}, ctx: deadline(t, 20*time.Minute),
			}
			all = append(all, s)
			s.open()
			for i := range drawn.Shows {
				a := &drawn.Shows[i]
				ops = append(ops, op{a.Start, func() { s.start(a) }}, op{a.Takes, func() { s.command(a, "handover_host", object{"host_id": a.Host}) }}, op{a.End, func() { s.end(a) }})
			}
			for i := range drawn.Deeds {
				d := &drawn.Deeds[i]
				ops = append(ops, op{d.At, func() { s.play(d) }})
			}
			if way == seasonLate {
				for at, links := range s.learned(rand.New(rand.NewPCG(uint64(first+seed), 4))) {
					ops = append(ops, op{at, links})
				}
			}
		}
	}
	slices.SortStableFunc(ops, func(a, b op) int { return a.at.Compare(b.at) })
	for _, o := range ops {
		if o.at.After(watch.now()) {
			watch.set(o.at)
		}
		o.do()
	}
	watch.run(begin.AddDate(0, 0, sim.SeasonDays).Add(12 * time.Hour))
	if !slices.ContainsFunc(all, func(s *season) bool { return hasReversal(s.Commissions()) }) {
		t.Error("nobody brings anybody who sends things back: the test sees nothing")
	}
	settled := time.Now().Add(20 * time.Second)
	told := map[*sim.Season]map[string]map[string]int64{}
	for _, s := range all {
		if told[s.Season] == nil {
			told[s.Season] = map[string]map[string]int64{}
		}
		t.Run(s.merchant, func(t *testing.T) {
			s.t = t
			check := seasonCheck{season: s, until: settled}
			check.people()
			check.ladder()
			check.commissions()
			check.returns()
			check.credits(told[s.Season])
		})
	}
}

func (s *season) token(role live.Role) string {
	if k := s.signed[role]; k.text != "" && s.clock.now().Sub(k.at) < 50*time.Minute {
		return k.text
	}
	k := signedToken{s.tokens.sign(role, "the-"+string(role), s.merchant), s.clock.now()}
	s.signed[role] = k
	return k.text
}

func (s *season) room() string { return s.merchant + "-" + sim.SeasonRoom }

func (s *season) showID(id live.ShowID) string {
	if id == "" {
		return ""
	}
	return s.merchant + "-" + string(id)
}

// open makes the merchant's room and rules, and says who is who if that is known.
func (s *season) open() {
	s.t.Helper()
	must(s.t, "POST", s.url+"/v1/rooms", s.token(live.RoleMerchant), object{
		"room_id": s.room(), "title": "Room", "currency": "CNY", "time_zone": s.Zone.String(), "host_ids": []string{"host-0", "host-1", "host-2"},
	}, nil)
	must(s.t, "PUT", s.url+"/v1/referral/rule", s.token(live.RoleMerchant), object{"who": "all", "term": "overwrite"}, nil)
	for i := range s.Persons {
		names := s.Persons[i].Names
		if s.way == seasonKnown {
			s.link(names...)
		}
		if s.way != seasonPlain {
			s.phones = append(s.phones, s.link(names[len(names)-1]))
		}
	}
}

func (s *season) link(names ...live.Identifier) string {
	s.t.Helper()
	var ids []object
	for _, n := range names {
		ids = append(ids, object{"kind": string(n.Kind), "value": n.Value})
	}
	var one struct {
		Person string `json:"person_id"`
	}
	must(s.t, "POST", s.url+"/v1/identity/links", s.token(live.RoleMerchant), object{"identifiers": ids, "evidence": "told"}, &one)
	return one.Person
}

// learned are the moments at which it turns out who is who, in any order; and
// some at which it is got wrong for a moment.
func (s *season) learned(rng *rand.Rand) map[time.Time]func() {
	out := map[time.Time]func(){}
	at := func() time.Time {
		span := s.End().Sub(s.Begin)
		when := s.Begin.Add(time.Duration(rng.Int64N(int64(span))).Truncate(time.Millisecond))
		if rng.IntN(3) == 0 {
			when = s.End().Add(time.Duration(rng.IntN(3_600_000)) * time.Millisecond)
		}
		return when
	}
	for i := range s.Persons {
		names := slices.Clone(s.Persons[i].Names)
		rng.Shuffle(len(names), func(a, b int) { names[a], names[b] = names[b], names[a] })
		for n := 1; n < len(names); n++ {
			a, b := names[n], names[rng.IntN(n)]
			out[at()] = func() { s.link(a, b) }
		}
	}
	for range len(s.Persons) / 3 {
		a, b := rng.IntN(len(s.Persons)), rng.IntN(len(s.Persons))
		if a != b {
			out[at()] = func() { s.mistake(s.Persons[a].Names[1], s.Persons[b].Names[2]) }
		}
	}
	return out
}

// mistake takes two for one and undoes it, unless both have a login by now.
func (s *season) mistake(a, b live.Identifier) {
	s.t.Helper()
	status, raw, err := call(s.ctx, "POST", s.url+"/v1/identity/links", s.token(live.RoleMerchant), object{
		"identifiers": []object{{"kind": string(a.Kind), "value": a.Value}, {"kind": string(b.Kind), "value": b.Value}}, "evidence": "a mistake",
	})
	switch {
	case err != nil:
		s.t.Fatal(err)
	case status == 409:
		return
	case status/100 != 2:
		s.t.Fatalf("mistake: %d %s", status, raw)
	}
	var list struct {
		Items []struct {
			N int64 `json:"merge"`
		}
	}
	must(s.t, "GET", s.url+"/v1/identity/merges?limit=1", s.token(live.RoleMerchant), nil, &list)
	must(s.t, "POST", fmt.Sprintf("%s/v1/identity/merges/%d/undo", s.url, list.Items[0].N), s.token(live.RoleMerchant), object{"reason": "a mistake"}, nil)
}

// name is what a person goes by.
func (s *season) name(who, name int) string {
	names := s.Persons[who].Names
	switch {
	case s.way == seasonPlain:
		return names[0].Value
	case names[name].Kind == live.IdentityPhone && s.way == seasonKnown:
		return names[0].Value // The server told this one when the phone was linked.
	case names[name].Kind == live.IdentityPhone:
		return s.phones[who]
	}
	return names[name].Value
}

func (s *season) start(a *sim.Airing) {
	s.t.Helper()
	must(s.t, "POST", s.url+"/v1/rooms/"+s.room()+"/shows", s.token(live.RoleOperator), object{"show_id": s.showID(a.ID), "title": "Show"}, nil)
	s.command(a, "start_show", object{})
}

func (s *season) command(a *sim.Airing, name string, args object) {
	s.t.Helper()
	must(s.t, "POST", s.url+"/v1/shows/"+s.showID(a.ID)+"/commands", s.token(live.RoleOperator), object{"command_id": name + s.showID(a.ID), "command": name, "args": args}, nil)
}

// end lets everybody leave before the show does.
func (s *season) end(a *sim.Airing) {
	s.t.Helper()
	for _, v := range s.sockets {
		v.close()
	}
	s.sockets = nil
	eventually(s.t, 30*time.Second, "the room is empty", func() bool {
		var snapshot struct {
			Metrics map[string]json.RawMessage
		}
		must(s.t, "GET", s.url+"/v1/shows/"+s.showID(a.ID)+"/snapshot", s.token(live.RoleOperator), nil, &snapshot)
		return string(snapshot.Metrics["online_now"]) == "0"
	})
	s.command(a, "end_show", object{})
}

// play does a deed.
func (s *season) play(d *sim.Deed) {
	s.t.Helper()
	who := s.name(d.Who, d.Name)
	at := d.At.UTC().Format(time.RFC3339Nano)
	order := func(fact object) {
		s.t.Helper()
		var got struct{ Accepted int }
		must(s.t, "POST", s.url+"/v1/orders/import?source=shop", s.token(live.RoleIntegration), []object{fact}, &got)
		if got.Accepted != 1 {
			s.t.Fatalf("%v was not taken", fact)
		}
	}
	share := func(path string, body object, out any) {
		s.t.Helper()
		must(s.t, "POST", s.url+path, s.token(live.RoleIntegration), body, out)
	}
	switch d.Act {
	case sim.ActEnter:
		query := ""
		if d.Channel != "" {
			query = "channel=" + d.Channel
		}
		v := newSocket(s.url, live.RoomID(s.room()), s.tokens.sign(live.RoleViewer, who, s.merchant), query)
		// What they do is carried out after that they came.
		if ack, err := v.do(s.ctx, object{"type": "liked", "data": object{"count": 1}}); err != nil || ack["ok"] != true {
			s.t.Fatalf("%s likes: %v %v", who, ack, err)
		}
		s.sockets = append(s.sockets, v)
	case sim.ActFact:
		s.tell(d, who, at)
	case sim.ActOrder:
		data := object{"order_id": d.Order, "person_id": who, "currency": "CNY", "lines": []object{{"line_id": "1", "sku_id": "k", "qty": 1, "goods_minor": d.Minor, "commission_bps": d.BPS}}}
		if d.Show != "" {
			data["show_id"] = s.showID(d.Show)
		}
		order(object{"type": "order_created", "timestamp": at, "data": data})
	case sim.ActPay:
		order(object{"type": "order_paid", "timestamp": at, "data": object{"order_id": d.Order, "payment_id": d.ID, "paid_minor": d.Minor, "currency": "CNY"}})
	case sim.ActRefund:
		order(object{"type": "refund_succeeded", "timestamp": at, "data": object{
			"order_id": d.Order, "refund_id": d.ID, "currency": "CNY", "reason": "back", "lines": []object{{"line_id": "1", "sku_id": "k", "goods_minor": d.Minor}},
		}})
	case sim.ActCancel:
		order(object{"type": "order_cancelled", "timestamp": at, "data": object{"order_id": d.Order, "cancel_type": "user"}})
	case sim.ActFollow:
		var link struct{ Token string }
		share("/v1/referral/links", object{"person_id": s.name(d.Other, d.OtherName), "channel": "wechat"}, &link)
		share("/v1/referral/bindings", object{"token": link.Token, "person_id": who}, nil)
	case sim.ActApply:
		share("/v1/partners", object{"person_id": who}, nil)
	case sim.ActApprove:
		must(s.t, "POST", s.url+"/v1/partners/"+who+"/approve", s.token(live.RoleMerchant), object{"reason": "good"}, nil)
	case sim.ActSuspend:
		must(s.t, "POST", s.url+"/v1/partners/"+who+"/suspend", s.token(live.RoleMerchant), object{"reason": "bad"}, nil)
	}
}

// tell states a fact as an event.
func (s *season) tell(d *sim.Deed, who, at string) {
	s.t.Helper()
	data := object{}
	if d.Agent != "" {
		data["agent_id"] = d.Agent
	}
	if d.Scene != "" {
		data["join_scene"] = d.Scene
	}
	if d.Cost > 0 {
		data["cost_minor"], data["cost_currency"] = d.Cost, "CNY"
	}
	fact := object{"event_id": d.ID, "type": string(d.Kind), "source": "crm", "occurred_at": at, "user_id": who, "data": data}
	switch d.Kind {
	case live.RoomEntered, live.Followed, live.Unfollowed, "show_reserved":
		fact["room_id"] = s.room()
		if d.Show != "" {
			fact["show_id"] = s.showID(d.Show)
		}
	case "group_joined", "group_left", "group_message_clicked":
		data["group_id"] = d.Ref
	case "lead_captured":
		data["form_id"] = d.Ref
	case "service_session_started":
		data["session_id"] = d.Ref
	case live.HoldoutAssigned:
		data["experiment"], data["control"] = d.Experiment, d.Control
	}
	if d.Channel != "" {
		fact["channel"] = d.Channel
	}
	if d.Told {
		fact["actor"] = object{"id": "crm", "role": "integration"}
		if d.Agent != "" { // The agent says so, and need not be named.
			fact["actor"] = object{"id": d.Agent, "role": "agent"}
			delete(data, "agent_id")
		}
	}
	var got struct {
		Accepted int
		Results  json.RawMessage
	}
	must(s.t, "POST", s.url+"/v1/events", s.token(live.RoleIntegration), []object{fact}, &got)
	if got.Accepted != 1 {
		s.t.Fatalf("%v: %s", fact, got.Results)
	}
}

// seasonCheck compares what the server answers with what is true.
type seasonCheck struct {
	*season
	until time.Time // when facts on their way are there
	asked int
}

// ask reports whether a question of many is asked: all of a merchant who learned
// late who is who, a third of the others.
func (c *seasonCheck) ask() bool {
	c.asked++
	return c.way == seasonLate || c.asked%3 == len(c.merchant+c.way)%3
}

// answers asks until the answer is the one that is true, or it must be by now.
func (c *seasonCheck) answers(what string, want any, ask func() any) {
	c.t.Helper()
	for {
		diff := cmp.Diff(want, ask())
		if diff == "" {
			return
		}
		if time.Now().After(c.until) {
			c.t.Errorf("%s: in truth (-), told (+):\n%s", what, diff)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// get reads an answer with the merchant's own names taken out of it.
func (c *seasonCheck) get(path string, out any) {
	c.t.Helper()
	var raw json.RawMessage
	must(c.t, "GET", c.url+path, c.token(live.RoleMerchant), nil, &raw)
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), c.merchant+"-", "")), out); err != nil {
		c.t.Fatalf("%s: %v", path, err)
	}
}

// span is the season as a query.
func (c *seasonCheck) span() string {
	return "from=" + c.Begin.UTC().Format(time.RFC3339) + "&to=" + c.End().UTC().Format(time.RFC3339)
}
