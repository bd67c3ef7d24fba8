package tracker

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// env is a log and a store, joined by a relay, on real engines.
type env struct {
	t      testing.TB
	clock  atomic.Int64
	said   atomic.Int64
	log    *eventlog.Log
	store  *store.Store
	driver string // of the store's database, to look behind its back
	source string
}

func newEnv(t testing.TB) *env {
	t.Helper()
	e := &env{t: t}
	e.clock.Store(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).UnixMilli())
	dir := t.TempDir()
	cfg := store.Config{Path: filepath.Join(dir, "state.db"), Now: e.now}
	e.driver, e.source = "sqlite", cfg.Path
	if postgresServer != nil {
		url, err := postgresServer.Database(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		cfg = store.Config{URL: url, Now: e.now}
		e.driver, e.source = "pgx", url
	}
	var err error
	if e.store, err = store.Open(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	if e.log, err = eventlog.Open(t.Context(), eventlog.Config{Dir: filepath.Join(dir, "log"), Now: e.now}); err != nil {
		t.Fatal(err)
	}
	relay := store.NewRelay(store.RelayConfig{Store: e.store, Log: e.log})
	ctx, stop := context.WithCancel(context.Background())
	logCtx, stopLog := context.WithCancel(context.Background())
	var running, logging sync.WaitGroup
	run := func(g *sync.WaitGroup, ctx context.Context, f func(context.Context) error) {
		g.Go(func() {
			if err := f(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	run(&logging, logCtx, e.log.Run)
	run(&running, ctx, relay.Run)
	t.Cleanup(func() {
		stop()
		running.Wait()
		stopLog()
		logging.Wait()
		if err := errors.Join(e.store.Close(), e.log.Close()); err != nil {
			t.Error(err)
		}
	})
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) wait(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// say puts a viewer's fact into the log.
func (e *env) say(kind live.Kind, person, show, data string) {
	e.t.Helper()
	f := live.Event{
		ID: live.EventID(fmt.Sprint(kind, ":", e.said.Add(1))), Kind: kind, Source: "ws", Merchant: "m1", Room: "r1", Show: live.ShowID(show),
		Actor: live.Actor{ID: person, Role: live.RoleViewer}, Person: live.PersonID(person), OccurredAt: e.now(), ReceivedAt: e.now(), Data: json.RawMessage(data),
	}
	if _, err := e.log.Append(e.t.Context(), []live.Event{f}); err != nil {
		e.t.Fatal(err)
	}
}

// platform states facts of an order as a shop would.
func (e *env) platform(facts ...store.Fact) {
	e.t.Helper()
	for i := range facts {
		facts[i].Source, facts[i].Currency = "shop", "CNY"
		if facts[i].At.IsZero() {
			facts[i].At = e.now()
		}
	}
	if _, err := e.store.ApplyFacts(e.t.Context(), "m1", facts, e.now()); err != nil {
		e.t.Fatal(err)
	}
}

func created(id, person string) store.Fact {
	return store.Fact{Order: live.OrderID(id), OrderFact: live.OrderFact{
		Kind: live.OrderCreated, Person: live.PersonID(person), Lines: []live.OrderLine{{ID: "l1", SKU: "a", Qty: 1, Goods: 1000}},
	}}
}

func paid(id string) store.Fact {
	return store.Fact{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.OrderPaid, ID: "y", PaidMinor: 1000}}
}

func refunded(id string) store.Fact {
	return store.Fact{Order: live.OrderID(id), OrderFact: live.OrderFact{Kind: live.RefundSucceeded, ID: "b", Refunds: []live.RefundLine{{Line: "l1", Goods: 1000}}}}
}

// track runs a tracker until the log is quiet and behind it.
func (e *env) track() {
	e.t.Helper()
	e.settled()
	for {
		head := e.head()
		e.trackTo(head)
		e.settled()
		if e.head() == head {
			return // What it moved has been read too.
		}
	}
}

func (e *env) head() live.Position {
	e.t.Helper()
	head, err := e.log.Head(e.t.Context())
	if err != nil {
		e.t.Fatal(err)
	}
	return head
}

// settled waits until what the store says is in the log.
func (e *env) settled() {
	e.t.Helper()
	e.until("the outbox is empty", func() bool {
		rows, err := e.store.Outbox(e.t.Context(), 0, 1)
		if err != nil {
			e.t.Fatal(err)
		}
		return len(rows) == 0
	})
}

func (e *env) until(what string, done func() bool) {
	e.t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			e.t.Fatalf("not within half a minute: %s", what)
		}
	}
}

func (e *env) trackTo(head live.Position) {
	e.t.Helper()
	r, err := e.log.Reader(e.t.Context(), "ladder", live.Position{})
	if err != nil {
		e.t.Fatal(err)
	}
	tr := New(Config{Reader: r, Log: e.log, Store: e.store, Now: e.now, Logger: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(e.t.Context())
	done := make(chan error, 1)
	go func() { done <- tr.Run(ctx) }()
	e.until("the tracker is at the end of the log", func() bool {
		e.wait(eventlog.CommitEvery) // so that it tells the log at once
		_, next, err := e.store.LadderCheckpoint(e.t.Context())
		if err != nil {
			e.t.Fatal(err)
		}
		return !next.Less(head)
	})
	cancel()
	if err := errors.Join(<-done, r.Close()); err != nil {
		e.t.Fatal(err)
	}
}

// way writes the moves that stand as "fan(followed) customer(order_paid)".
func (e *env) way(person live.PersonID) string {
	e.t.Helper()
	p, err := e.store.Profile(e.t.Context(), "m1", person, e.now())
	if err != nil {
		e.t.Fatalf("%s: %v", person, err)
	}
	var out []string
	for _, m := range p.Standing.Moves {
		to := m.To
		if to == "" {
			to = "none"
		}
		out = append(out, fmt.Sprintf("%s(%s)", to, m.Kind))
	}
	return strings.Join(out, " ")
}

func (e *env) wantWay(person live.PersonID, want string) {
	e.t.Helper()
	if d := cmp.Diff(want, e.way(person)); d != "" {
		e.t.Errorf("the way of %s (-want +got):\n%s", person, d)
	}
}

// changes are the ladder_changed in the log, which tell no arrival of a
// passer-by, as "p1 fan>customer" or, withdrawn,
// "-p1 fan>customer".
func (e *env) changes() (out []string) {
	e.t.Helper()
	err := e.log.Range(e.t.Context(), live.Position{}, e.head(), func(x live.Entry) error {
		if x.Event.Kind != live.LadderChanged {
			return nil
		}
		var d struct {
			From, To  string
			Withdrawn bool
		}
		if err := json.Unmarshal(x.Event.Data, &d); err != nil {
			return err
		}
		sign := ""
		if d.Withdrawn {
			sign = "-"
		}
		out = append(out, fmt.Sprintf("%s%s %s>%s", sign, x.Event.Person, d.From, d.To))
		return nil
	})
	if err != nil {
		e.t.Fatal(err)
	}
	return out
}

// dump reads tables of the ladder as text, row by row.
func (e *env) dump(columns ...string) (out []string) {
	e.t.Helper()
	db := e.behind()
	for _, of := range columns {
		table, list, _ := strings.Cut(of, ":")
		e.rows(db, "SELECT "+list+" FROM "+table+" ORDER BY "+list, strings.Count(list, ",")+1, func(cells []any) {
			out = append(out, table+fmt.Sprint(cells...))
		})
	}
	return out
}

func (e *env) rows(db *sql.DB, query string, columns int, take func(cells []any)) {
	e.t.Helper()
	rows, err := db.QueryContext(e.t.Context(), query)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	for rows.Next() {
		cells, into := make([]any, columns), make([]any, columns)
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			e.t.Fatal(err)
		}
		take(cells)
	}
	if err := rows.Err(); err != nil {
		e.t.Fatal(err)
	}
}

// behind opens the database beside the store.
func (e *env) behind() *sql.DB {
	e.t.Helper()
	db, err := sql.Open(e.driver, e.source)
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() { _ = db.Close() }) // The store tells whether anything was wrong.
	return db
}

const standing = "merchant_id, person_id, from_rung, to_rung, at, ended_at, cause_event, cause_kind, cause_ref, touches, rule"

func (e *env) ladder() []string {
	return e.dump("ladder_people:merchant_id, person_id, rung, since, first_at, channel, show_id, incentive, reached_1, reached_2, reached_3, reached_4, reached_5",
		"(SELECT "+standing+" FROM ladder_moves WHERE withdrawn_at = 0) x:"+standing)
}

// play is a person's way: two devices, one of which logs in later; two orders of
// different days, one refunded.
func (e *env) play() {
	e.t.Helper()
	for _, n := range []live.Identifier{{Kind: live.IdentityLogin, Value: "u1"}, {Kind: live.IdentityAnonymous, Value: "d1"}} {
		if _, err := e.store.Identify(e.t.Context(), "m1", []live.Identifier{n}, "test"); err != nil {
			e.t.Fatal(err)
		}
	}
	e.say("room_entered", "d1", "s1", `{}`)
	e.wait(time.Minute)
	e.say("coupon_claimed", "d1", "s1", `{"batch_id":"b1"}`)
	e.wait(time.Minute)
	e.platform(created("o1", "d1"), paid("o1"))
	e.settled()
	e.wait(24 * time.Hour)
	e.say("followed", "u1", "s1", `{}`)
	e.wait(time.Minute)
	e.platform(created("o2", "u1"), paid("o2"))
	e.settled()
	e.wait(time.Hour)
}

// TestTracker follows one person over two names, a refund, a merge and its end,
// with a tracker that is stopped and started in between.
func TestTracker(t *testing.T) {
	e := newEnv(t)
	e.play()
	e.track()
	e.wantWay("d1", "passerby(room_entered) customer(order_paid)")
	e.wantWay("u1", "fan(followed) customer(order_paid)")

	if _, err := e.store.Identify(t.Context(), "m1", []live.Identifier{{Kind: live.IdentityLogin, Value: "u1"}, {Kind: live.IdentityAnonymous, Value: "d1"}}, "login"); err != nil {
		t.Fatal(err)
	}
	e.track()
	e.wantWay("d1", "passerby(room_entered) customer(order_paid) member(order_paid)") // under either name
	e.wantWay("u1", "passerby(room_entered) customer(order_paid) member(order_paid)")
	p, err := e.store.Profile(t.Context(), "m1", "d1", e.now())
	if err != nil {
		t.Fatal(err)
	}
	if p.Person != "u1" || p.Standing.Rung != live.RungMember || p.Valid != 2 || len(p.Names) != 2 || p.Money[0].Net != 2000 {
		t.Errorf("profile = %+v", p)
	}
	for _, n := range p.Names {
		if n.Hash == "u1" || n.Hash == "d1" || !strings.HasPrefix(n.Hash, string(n.Kind)+":") {
			t.Errorf("a name is shown as %q", n.Hash)
		}
	}
	if touches := p.Standing.Moves[1].Touches; len(touches) != 2 || touches[0].Class != live.TouchOffer || touches[1].Class != live.TouchShow {
		t.Errorf("before the first order: %+v", touches)
	}

	e.platform(refunded("o2"))
	e.track()
	e.wantWay("u1", "passerby(room_entered) customer(order_paid) member(order_paid) customer(refund_succeeded)")

	log, err := e.store.Merges(t.Context(), "m1")
	if err != nil {
		t.Fatal(err)
	}
	if err := e.store.Unmerge(t.Context(), "m1", log[0].N, "two people", live.Actor{ID: "op", Role: live.RoleOperator}); err != nil {
		t.Fatal(err)
	}
	e.track()
	e.wantWay("d1", "passerby(room_entered) customer(order_paid)")
	e.wantWay("u1", "fan(followed) customer(order_paid) fan(refund_succeeded)")

	want := []string{
		"d1 passerby>customer", "u1 >fan", "u1 fan>customer", // first each for themselves
		"-d1 passerby>customer", "-u1 >fan", "-u1 fan>customer",
		"u1 passerby>customer", "u1 customer>member", // then as one
		"u1 member>customer",
		"-u1 passerby>customer", "-u1 customer>member", "-u1 member>customer", // and as two again
		"d1 passerby>customer", "u1 >fan", "u1 fan>customer", "u1 customer>fan",
	}
	if d := cmp.Diff(sortedParts(want), sortedParts(e.changes())); d != "" {
		t.Errorf("ladder_changed (-want +got):\n%s", d)
	}
	if _, err := e.store.Profile(t.Context(), "m2", "u1", e.now()); !errors.Is(err, live.NotFound("person_not_found", "")) {
		t.Errorf("at another merchant: %v", err)
	}
}

// TestMovesOfShow: the facts that stand in a show sum to the moves it caused, as
// the ladder has them, whatever was withdrawn in between.
func TestMovesOfShow(t *testing.T) {
	e := newEnv(t)
	of := func(f store.Fact, show string) store.Fact {
		f.Show, f.Room = live.ShowID(show), "r1"
		return f
	}
	same := func(least int) {
		t.Helper()
		e.track()
		told := map[string]int64{}
		err := e.log.Range(t.Context(), live.Position{}, e.head(), func(x live.Entry) error {
			if x.Event.Kind != live.LadderChanged {
				return nil
			}
			var d struct {
				From, To, Show string
				Withdrawn      bool
			}
			if err := json.Unmarshal(x.Event.Data, &d); err != nil {
				return err
			}
			key, by := fmt.Sprintf("%s %s>%s", x.Event.Show, d.From, d.To), int64(1)
			if d.Withdrawn {
				by = -1
			}
			if told[key] += by; told[key] == 0 {
				delete(told, key)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int64{}
		e.rows(e.behind(), `SELECT cause_show, from_rung, to_rung, COUNT(*) FROM ladder_moves WHERE withdrawn_at = 0 AND NOT (from_rung = '' AND to_rung = 'passerby')
			GROUP BY cause_show, from_rung, to_rung`, 4, func(cells []any) {
			want[fmt.Sprintf("%s %s>%s", cells[0], cells[1], cells[2])] = cells[3].(int64)
		})
		if d := cmp.Diff(want, told); d != "" || len(want) < least {
			t.Errorf("moves by show (-ladder +facts):\n%s%v", d, want)
		}
	}
	e.play()
	e.platform(of(created("o3", "p3"), "s1"), paid("o3"), of(created("o4", "d1"), "s2"), paid("o4"))
	e.wait(25 * time.Hour)
	e.platform(of(created("o5", "p3"), "s2"), paid("o5"))
	same(4)
	if _, err := e.store.Identify(t.Context(), "m1", []live.Identifier{{Kind: live.IdentityLogin, Value: "u1"}, {Kind: live.IdentityAnonymous, Value: "d1"}}, "login"); err != nil {
		t.Fatal(err)
	}
	same(4)
	e.platform(refunded("o5"), refunded("o3"))
	same(5)
}

// sortedParts counts what was told, whatever the order of people within.
func sortedParts(list []string) map[string]int {
	out := map[string]int{}
	for _, s := range list {
		out[s]++
	}
	return out
}

// TestTrackerFromZero: read again from the beginning, the log leads to the same
// moves, and when the tables were emptied to the same ladder.
func TestTrackerFromZero(t *testing.T) {
	e := newEnv(t)
	e.play()
	e.platform(refunded("o1"))
	e.track()
	want, told := e.ladder(), len(e.changes())
	if len(want) < 6 {
		t.Fatalf("the ladder has %d rows: %v", len(want), want)
	}
	db := e.behind()
	// The log's reader is new; then it is where it was, and the store is older.
	back := fmt.Sprint(`UPDATE ladder_checkpoint SET position = `, live.Position{Seq: 1}.Offset())
	for _, change := range []string{`DELETE FROM ladder_checkpoint`, back} {
		if _, err := db.ExecContext(t.Context(), change); err != nil {
			t.Fatal(err)
		}
		if change != back {
			if err := e.log.DropReader(t.Context(), "ladder"); err != nil {
				t.Fatal(err)
			}
		}
		e.track()
		if d := cmp.Diff(want, e.ladder()); d != "" {
			t.Errorf("after %s (-want +got):\n%s", change, d)
		}
		if n := len(e.changes()); n != told {
			t.Errorf("after %s %d changes were told, not %d", change, n, told)
		}
	}
	for _, table := range []string{"person_facts", "person_orders", "ladder_moves", "ladder_people", "ladder_checkpoint"} {
		if _, err := db.ExecContext(t.Context(), `DELETE FROM `+table); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.log.DropReader(t.Context(), "ladder"); err != nil {
		t.Fatal(err)
	}
	e.track()
	if d := cmp.Diff(want, e.ladder()); d != "" {
		t.Errorf("from nothing (-want +got):\n%s", d)
	}
}

// TestLateFacts: what is told late stands where it happened.
func TestLateFacts(t *testing.T) {
	e := newEnv(t)
	began := e.now()
	e.wait(48 * time.Hour)
	e.platform(created("o2", "u1"), paid("o2"))
	e.track()
	e.wantWay("u1", "customer(order_paid)")
	late := []store.Fact{paid("o1"), created("o1", "u1")} // payment before creation, and both of two days ago
	for i := range late {
		late[i].At = began
	}
	e.platform(late[0])
	e.track()
	e.platform(late[1])
	e.track()
	p, err := e.store.Profile(t.Context(), "m1", "u1", e.now())
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Standing.Moves) != 2 || !p.Standing.Moves[0].At.Equal(began) || p.Standing.Moves[1].To != live.RungMember || p.Standing.Moves[1].Ref != "o2" {
		t.Errorf("moves = %+v", p.Standing.Moves)
	}
}

// TestOtherRules: a new version judges everybody anew, and who is not a
// customer by it any more is none.
func TestOtherRules(t *testing.T) {
	e := newEnv(t)
	e.play()
	e.track()
	text := `{"time_zone":"UTC","rungs":[{"rung":"passerby","any":[{"fact":"room_entered"}]},{"rung":"fan","any":[{"orders":1}]},
		{"rung":"customer","any":[{"orders":2}]},{"rung":"member","any":[{"orders":3}]},{"rung":"partner","any":[{"fact":"partner_approved"}]}]}`
	r, err := e.store.SetLadderRules(t.Context(), live.LadderRules{Merchant: "m1", Text: text})
	if err != nil || r.Version != 1 {
		t.Fatalf("rules = %+v, %v", r, err)
	}
	if again, err := e.store.SetLadderRules(t.Context(), live.LadderRules{Merchant: "m1", Text: text}); err != nil || again.Version != 1 {
		t.Errorf("the same rules again are version %d, %v", again.Version, err)
	}
	e.say("room_entered", "d9", "s1", `{}`) // so that there is something to read
	e.track()
	e.until("everybody is judged anew", func() bool {
		n, err := e.store.RefoldLadder(t.Context(), 10, New(Config{}).fold)
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	e.wantWay("d1", "passerby(room_entered) fan(order_paid)")
	e.wantWay("u1", "fan(order_paid)")
	if p, err := e.store.Profile(t.Context(), "m1", "u1", e.now()); err != nil || p.Standing.Rule != 1 || p.Standing.Moves[0].Rule != 1 {
		t.Errorf("judged by %d, %v", p.Standing.Rule, err)
	}
}

// TestJourney pages through everything that happened, once.
func TestJourney(t *testing.T) {
	e := newEnv(t)
	e.play()
	e.track()
	var got []string
	for after := ""; ; {
		one, items, next, err := e.store.Journey(t.Context(), "m1", "d1", after, 2)
		if err != nil || one != "d1" || len(items) > 2 {
			t.Fatalf("%d items of %s, %v", len(items), one, err)
		}
		for _, i := range items {
			switch {
			case i.Touch != nil:
				got = append(got, string(i.Touch.Kind))
			case i.Move != nil:
				got = append(got, ">"+string(i.Move.To))
			default:
				got = append(got, fmt.Sprint(i.Order.Order, " ", i.Order.Kind, " ", i.Order.Net))
			}
		}
		if after = next; after == "" {
			break
		}
	}
	want := []string{"o1 order_created 1000", "o1 order_paid 1000", ">customer", "coupon_claimed", ">passerby", "room_entered"}
	if d := cmp.Diff(sortedParts(want), sortedParts(got)); d != "" {
		t.Errorf("journey (-want +got):\n%s", d)
	}
	if got[len(got)-3] != "coupon_claimed" {
		t.Errorf("order of the journey: %v", got)
	}
	if _, _, _, err := e.store.Journey(t.Context(), "m1", "nobody", "", 0); !errors.Is(err, live.NotFound("person_not_found", "")) {
		t.Errorf("of nobody: %v", err)
	}
}

// TestPartner: an application, its approval and its end move a person.
func TestPartner(t *testing.T) {
	e := newEnv(t)
	op := live.Principal{Subject: "op", Role: live.RoleOperator, Merchant: "m1"}
	move := func(to live.PartnerState) error {
		e.wait(time.Minute)
		_, err := e.store.MovePartner(t.Context(), "m1", "u1", to, "why", op)
		return err
	}
	if err := move(live.PartnerStateApproved); !errors.Is(err, live.NotFound("partner_not_found", "")) {
		t.Errorf("approved without an application: %v", err)
	}
	for range 2 {
		if p, err := e.store.ApplyPartner(t.Context(), "m1", "u1", "please", live.Principal{Subject: "u1", Role: live.RoleViewer, Merchant: "m1"}); err != nil || p.State != live.PartnerStateApplied {
			t.Fatalf("applied: %+v, %v", p, err)
		}
	}
	if err := move(live.PartnerStateSuspended); !errors.Is(err, live.Conflict("wrong_state", "")) {
		t.Errorf("suspended before approved: %v", err)
	}
	for _, to := range []live.PartnerState{live.PartnerStateApproved, live.PartnerStateApproved, live.PartnerStateSuspended, live.PartnerStateApproved} {
		if err := move(to); err != nil {
			t.Fatal(err)
		}
	}
	e.track()
	e.wantWay("u1", "partner(partner_approved) none(partner_suspended) partner(partner_approved)")
	list, _, err := e.store.Partners(t.Context(), store.PartnerFilter{Merchant: "m1", State: live.PartnerStateApproved})
	if err != nil || len(list) != 1 || list[0].DecidedBy != "op" {
		t.Errorf("partners = %+v, %v", list, err)
	}
}
