package credit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"showrunner/conversion"
	"showrunner/conversion/attribution"
	"showrunner/live"
	"showrunner/live/store"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// logbook is a log in memory, with a history that knows what is below a mark.
type logbook struct {
	entries []live.Entry
	mark    int // entries in the history
}

func (l *logbook) append(e live.Event) {
	l.entries = append(l.entries, live.Entry{Position: live.Position{Seq: uint64(len(l.entries) + 1)}, Event: e})
}

func (l *logbook) position(n int) live.Position { return live.Position{Seq: uint64(n + 1)} }

func (l *logbook) watermark() live.Position { return l.position(l.mark) }

// Touches of the history: what is below the mark.
func (l *logbook) Touches(_ context.Context, m live.MerchantID, persons []live.PersonID, from, until, asOf time.Time) (map[live.PersonID][]conversion.Touchpoint, error) {
	out := map[live.PersonID][]conversion.Touchpoint{}
	for _, e := range l.entries[:l.mark] {
		x, ok := conversion.TouchOf(e.Event)
		if !ok || e.Event.Merchant != m || !slices.Contains(persons, e.Event.Person) || x.At.Before(from) || x.At.After(until) || e.Event.ReceivedAt.After(asOf) {
			continue
		}
		x.Position = e.Position
		out[e.Event.Person] = append(out[e.Event.Person], x)
	}
	return out, nil
}

// reader follows a logbook.
type reader struct {
	log       *logbook
	at        int
	committed *int
}

func (r *reader) Next(ctx context.Context, limit int, _ time.Duration) ([]live.Entry, error) {
	n := min(limit, len(r.log.entries)-r.at)
	out := r.log.entries[r.at : r.at+n]
	r.at += n
	return out, ctx.Err()
}

func (r *reader) Position() live.Position { return r.log.position(r.at) }

func (r *reader) Commit(_ context.Context, next live.Position, _ []byte) error {
	*r.committed = int(next.Seq) - 1
	return nil
}

// flaky is a book whose answers get lost.
type flaky struct {
	Book
	rng *rand.Rand
}

var errLost = errors.New("the answer was lost")

func (f *flaky) KeepCredits(ctx context.Context, b store.CreditBatch) (int, error) {
	if f.rng.IntN(5) == 0 {
		return 0, errLost
	}
	n, err := f.Book.KeepCredits(ctx, b)
	if err == nil && f.rng.IntN(5) == 0 {
		return 0, errLost
	}
	return n, err
}

// world is a shop whose tracker dies, and is told of things late.
type world struct {
	t         *testing.T
	rng       *rand.Rand
	mu        sync.Mutex
	now       time.Time
	store     *store.Store
	log       *logbook
	outbox    int64
	committed int
	tracker   *Tracker
	plan      attribution.Plan
	n         int
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func newWorld(t *testing.T, seed uint64, model string) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 5)), now: noon, log: &logbook{}}
	s, err := store.Open(t.Context(), store.Config{Path: filepath.Join(t.TempDir(), "state.db"), Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = s
	m, err := attribution.Named(model)
	if err != nil {
		t.Fatal(err)
	}
	w.plan = attribution.Plan{Model: m, Policy: conversion.Policy{Window: 48 * time.Hour}}
	boss := live.Principal{Subject: "boss", Role: live.RoleOperator, Merchant: "m1"}
	if _, err := s.CreateRoom(t.Context(), live.Room{ID: "r1", Merchant: "m1", Title: "R", Currency: "CNY", TimeZone: "UTC"}); err != nil {
		t.Fatal(err)
	}
	for _, id := range []live.ShowID{"s1", "s2", "s3"} {
		if _, err := s.CreateShow(t.Context(), live.Show{ID: id, Room: "r1", Title: "Show " + string(id), Rehearsal: id == "s3"}, boss); err != nil {
			t.Fatal(err)
		}
	}
	w.restart()
	return w
}

// restart makes a tracker that goes on where the log was let go.
func (w *world) restart() {
	cfg := Config{
		Reader: &reader{w.log, w.committed, &w.committed}, Name: "credit", Epoch: "e1", Book: &flaky{w.store, w.rng}, History: w.log, Watermark: w.log.watermark,
		Rules: conversion.DefaultRules(), Model: &w.plan, ModelName: w.plan.Model.Name(), ModelVersion: 1, Window: w.plan.Policy.Window, Now: w.clock, Pace: 1,
	}
	tr, err := New(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	w.tracker = tr
	if err := tr.begin(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// relay moves what the store told into the log.
func (w *world) relay() {
	rows, err := w.store.Outbox(w.t.Context(), w.outbox, 10_000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range rows {
		w.outbox = row.ID
		w.log.append(row.Event)
	}
}

// follow lets the tracker read some of the log; what fails is tried again or
// dies with it.
func (w *world) follow(limit int) {
	w.relay()
	tr := w.tracker
	tr.tail.trim(w.log.watermark())
	entries, err := tr.cfg.Reader.Next(w.t.Context(), limit, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	work := tr.gather(w.t.Context(), entries)
	for {
		err := tr.attribute(w.t.Context(), work, tr.cfg.Reader.Position())
		if err == nil {
			return
		}
		if !errors.Is(err, errLost) {
			w.t.Fatal(err)
		}
		if w.rng.IntN(3) == 0 {
			w.restart()
			return
		}
	}
}

func (w *world) touch() {
	kinds := []live.Kind{live.RoomEntered, live.ProductClicked, "group_joined", "ad_clicked", live.Liked, "touch_sent"}
	e := live.Event{
		ID: live.EventID(fmt.Sprint("t", w.n)), Kind: kinds[w.rng.IntN(len(kinds))], Source: "ws", Merchant: "m1", Show: []live.ShowID{"", "s1", "s2"}[w.rng.IntN(3)],
		Person: w.person(), Channel: []string{"", "private/group", "ads"}[w.rng.IntN(3)], ReceivedAt: w.now, OccurredAt: w.now,
		Data: fmt.Appendf(nil, `{"group_id":"g%d","agent_id":"a%d"}`, w.rng.IntN(2), w.rng.IntN(2)),
	}
	e.Actor = live.Actor{ID: string(e.Person), Role: live.RoleViewer}
	switch w.rng.IntN(4) {
	case 0: // told late, up to before the window
		e.OccurredAt = w.now.Add(-time.Duration(w.rng.IntN(72*3600)) * time.Second)
	case 1: // a clock that is a little slow
		e.OccurredAt = w.now.Add(-time.Duration(w.rng.IntN(3000)) * time.Millisecond)
	}
	w.relay() // In one order with what the store says.
	w.log.append(e)
}

func (w *world) person() live.PersonID { return live.PersonID(fmt.Sprint("p", w.rng.IntN(5))) }

func (w *world) order() live.OrderID { return live.OrderID(fmt.Sprint("o", w.rng.IntN(12))) }

func (w *world) fact() {
	f := store.Fact{Order: w.order(), OrderFact: live.OrderFact{Source: "shop", At: w.now, Currency: "CNY"}}
	switch n := w.rng.IntN(10); {
	case n < 4:
		f.Kind, f.Show, f.Person = live.OrderCreated, []live.ShowID{"", "s1", "s2", "s3"}[w.rng.IntN(4)], w.person()
		f.Lines = []live.OrderLine{{ID: "l", Product: "x", SKU: "k", Qty: 1, Goods: 1000 + w.rng.Int64N(900)}}
	case n < 8:
		f.Kind, f.ID, f.PaidMinor = live.OrderPaid, fmt.Sprint("p", w.rng.IntN(2)), 1000+w.rng.Int64N(900)
		f.At = w.now.Add(-time.Duration(w.rng.IntN(3600)) * time.Second) // the platform says so later
	default:
		f.Kind, f.ID = live.RefundSucceeded, fmt.Sprint("r", w.n)
		f.Refunds = []live.RefundLine{{Line: "l", Goods: 1 + w.rng.Int64N(400)}}
	}
	if _, err := w.store.ApplyFacts(w.t.Context(), "m1", []store.Fact{f}, w.now); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) identify() {
	ids := []live.Identifier{
		{Kind: live.IdentityAnonymous, Value: string(w.person())}, {Kind: live.IdentityLogin, Value: fmt.Sprint("u", w.rng.IntN(2))},
	}
	_, err := w.store.Identify(w.t.Context(), "m1", ids, "test")
	if refusal, ok := errors.AsType[*live.Error](err); err != nil && (!ok || refusal.Code != "identity_limit") {
		w.t.Fatal(err)
	}
}

func (w *world) step() {
	w.n++
	w.pass(time.Duration(w.rng.IntN(20*60)) * time.Second)
	switch n := w.rng.IntN(40); {
	case n < 16:
		w.touch()
	case n < 26:
		w.fact()
	case n == 26:
		w.identify()
	case n == 27:
		if list, err := w.store.Merges(w.t.Context(), "m1"); err != nil {
			w.t.Fatal(err)
		} else if len(list) > 0 {
			err := w.store.Unmerge(w.t.Context(), "m1", list[w.rng.IntN(len(list))].N, "wrong", live.Actor{ID: "boss"})
			if refusal, ok := errors.AsType[*live.Error](err); err != nil && (!ok || refusal.Code != "already_undone" && refusal.Code != "merge_not_found") {
				w.t.Fatal(err)
			}
		}
	case n == 28:
		w.restart()
	case n < 33:
		w.relay()
		w.log.mark += w.rng.IntN(len(w.log.entries) - w.log.mark + 1) // the history goes on
	case n == 33:
		for errors.Is(w.tracker.commit(w.t.Context()), errLost) { // it insists
		}
	default:
		w.follow(1 + w.rng.IntN(30))
	}
}

// earned is what each stage, channel, agent and group earned of one order.
type earned map[string]int64

func keyOf(stage live.Stage, channel, agent, group string, show live.ShowID) string {
	return fmt.Sprint(stage, " ", channel, " ", agent, " ", group, " ", show)
}

// want divides every paid order by all that is known at the end.
func (w *world) want(orders map[live.OrderID]live.CreditedOrder) map[live.OrderID]earned {
	out := map[live.OrderID]earned{}
	for id, o := range orders {
		if o.PaidAt.IsZero() {
			continue
		}
		names, err := w.store.NamesAsOf(w.t.Context(), "m1", []live.PersonID{o.Person}, w.now)
		if err != nil {
			w.t.Fatal(err)
		}
		all := append(slices.Clone(names[o.Person]), o.Person)
		j := conversion.Journey{Order: id, Person: o.Person, At: o.PaidAt, Currency: o.Currency, Value: o.Value}
		for _, e := range w.log.entries {
			if x, ok := conversion.TouchOf(e.Event); ok && slices.Contains(all, e.Event.Person) {
				x.Position = e.Position
				j.Touches = append(j.Touches, x)
			}
		}
		r := w.plan.Attribute([]conversion.Journey{j})
		got := earned{}
		for _, c := range r.Orders[0].Credits {
			got[keyOf(c.Touch.Stage, c.Touch.Channel, c.Touch.Agent, c.Touch.Group, c.Touch.Show)] += c.Minor
		}
		if r.Orders[0].Unattributed != 0 {
			got["nobody"] = r.Orders[0].Unattributed
		}
		out[id] = got
	}
	return out
}

func clean(e earned) earned {
	for k, v := range e {
		if v == 0 {
			delete(e, k)
		}
	}
	return e
}

// Whatever dies, comes late or is learned of whom: in the end every order is
// divided as if all had been known from the start, the credits of shows are their
// money, and nothing was told twice.
func TestCreditsConverge(t *testing.T) {
	for seed := range uint64(8) {
		model := []string{"linear", "last", "time_decay", "position"}[seed%4]
		t.Run(fmt.Sprint(seed, "-", model), func(t *testing.T) {
			w := newWorld(t, seed, model)
			for range 400 {
				w.step()
			}
			for range 200 {
				w.follow(100)
			}
			w.converged()
			// A tracker that begins again tells nothing more.
			before := w.tellings()
			w.committed = 0
			w.restart()
			for range 100 {
				w.follow(100)
			}
			if after := w.tellings(); after != before {
				t.Errorf("a restart told %d more", after-before)
			}
		})
	}
}

func (w *world) tellings() (n int) {
	w.relay()
	for _, e := range w.log.entries {
		if live.CreditKind(e.Event.Kind) {
			n++
		}
	}
	return n
}

func (w *world) converged() {
	t := w.t
	var ids []live.OrderID
	for n := range 12 {
		ids = append(ids, live.OrderID(fmt.Sprint("o", n)))
	}
	orders, err := w.store.CreditedOrders(t.Context(), "m1", ids)
	if err != nil {
		t.Fatal(err)
	}
	money := map[live.ShowID]int64{}
	paid := 0
	want := w.want(orders)
	for id, o := range orders {
		if o.PaidAt.IsZero() {
			continue
		}
		paid++
		money[o.Show] += o.Value
		if o.Credited == nil {
			t.Errorf("%s is not attributed", id)
			continue
		}
		got := earned{}
		parts, rest := o.Credited.Split(o.Credited.Value)
		for i, minor := range parts {
			p := o.Credited.Parts[i]
			got[keyOf(p.Stage, p.Channel, p.Agent, p.Group, p.Show)] += minor
		}
		if rest != 0 {
			got["nobody"] = rest
		}
		if d := gocmp.Diff(clean(want[id]), clean(got)); d != "" || o.Credited.Value != o.Value {
			t.Errorf("%s of %s, %d and not %d (-want +got):\n%s", id, o.Person, o.Credited.Value, o.Value, d)
		}
	}
	if paid < 3 {
		t.Errorf("only %d orders are paid", paid)
	}
	events := map[live.ShowID]live.ShowCredit{}
	for _, e := range w.log.entries {
		if !live.CreditKind(e.Event.Kind) {
			continue
		}
		change, err := live.CreditChange(e.Event.Data)
		if err != nil {
			t.Fatal(err)
		}
		sum := events[e.Event.Show]
		sum.Currency = cmp.Or(change.Currency, sum.Currency)
		sum.Add(&change)
		events[e.Event.Show] = sum
	}
	for _, show := range []live.ShowID{"", "s1", "s2", "s3"} {
		rows, err := w.store.ShowCredits(t.Context(), "m1", show)
		if err != nil {
			t.Fatal(err)
		}
		var got live.ShowCredit
		if len(rows) > 0 {
			got = rows[0]
		}
		if got.Value != money[show] || got != events[show] {
			t.Errorf("show %q: %+v in the table, %+v by the events, money %d", show, got, events[show], money[show])
		}
	}
}

func TestConfigReportsEveryFault(t *testing.T) {
	_, err := New(Config{})
	if err == nil {
		t.Fatal("an empty configuration was taken")
	}
	for _, want := range []string{"reader", "epoch", "book", "history", "rules", "model", "clock"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %s", err, want)
		}
	}
}
