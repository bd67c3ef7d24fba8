package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/analytics/alert"
	"showrunner/analytics/plan"
	"showrunner/analytics/report"
	"showrunner/analytics/wall"
	"showrunner/conversion"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/group"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/incubation"
	"showrunner/gateway"
	"showrunner/gateway/api"
	"showrunner/gateway/auth"
	"showrunner/gateway/delivery"
	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/ingest"
	"showrunner/live/store"
)

// env is a whole server on real engines in a temporary directory, with a clock
// that stands still until a test moves it.
type env struct {
	t      testing.TB
	clock  *atomic.Int64
	store  *store.Store
	log    *eventlog.Log
	auth   *auth.Auth
	logged *lines
	server *gateway.Server
}

var epoch = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func newEnv(t testing.TB, change ...func(*gateway.Deps)) *env {
	t.Helper()
	return newEnvOn(t, "", change...)
}

// newEnvOn is newEnv on a PostgreSQL; without an address it is on SQLite.
func newEnvOn(t testing.TB, database string, change ...func(*gateway.Deps)) *env {
	t.Helper()
	e := &env{t: t, clock: new(atomic.Int64), logged: &lines{}}
	e.clock.Store(epoch.UnixMilli())
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	run := func(f func(context.Context) error) {
		running.Go(func() {
			if err := f(ctx); err != nil {
				t.Errorf("run: %v", err)
			}
		})
	}
	var err error
	if e.log, err = eventlog.Open(ctx, eventlog.Config{Dir: filepath.Join(dir, "log"), Now: e.now}); err != nil {
		t.Fatal(err)
	}
	if e.store, err = store.Open(ctx, store.Config{Path: filepath.Join(dir, "state.db"), URL: database, Now: e.now}); err != nil {
		t.Fatal(err)
	}
	reader, err := e.log.Reader(ctx, "ingest", live.Position{})
	if err != nil {
		t.Fatal(err)
	}
	facts := ingest.New(ingest.Config{Log: e.log, Seen: e.store, Reader: reader, Now: e.now})
	relay := store.NewRelay(store.RelayConfig{Store: e.store, Log: e.log})
	logCtx, stopLog := context.WithCancel(context.Background())
	logDone := make(chan error, 1)
	go func() { logDone <- e.log.Run(logCtx) }()
	run(e.store.Run)
	run(facts.Run)
	run(relay.Run)
	t.Cleanup(func() {
		cancel()
		running.Wait()
		stopLog()
		if err := <-logDone; err != nil {
			t.Errorf("run log: %v", err)
		}
		for name, f := range map[string]func() error{"reader": reader.Close, "store": e.store.Close, "log": e.log.Close} {
			if err := f(); err != nil {
				t.Errorf("close %s: %v", name, err)
			}
		}
	})
	if e.auth, err = auth.Open(auth.Config{Dir: dir, Now: e.now}); err != nil {
		t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	logger := slog.New(slog.NewTextHandler(e.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	serviceDesk := desk.New(desk.Config{Store: e.store, Now: e.now, Logger: logger})
	complaints, needs := careOf(t, e, serviceDesk)
	deps := gateway.Deps{
		API: api.Config{
			Store: e.store, Ingest: facts, Figures: &folded{log: e.log, store: e.store, now: e.now}, Retention: &remembered{e.log}, Tokens: e.auth,
			Desk:   serviceDesk,
			Groups: group.NewRegistry(e.store), GroupFigures: groupLog{e.log},
			Guard:      guard.New(e.store, func() string { return uuid.Must(uuid.NewV7()).String() }),
			Alerts:     alert.NewBook(e.store, func() string { return uuid.Must(uuid.NewV7()).String() }),
			Complaints: complaints, Needs: needs, Plan: plan.New(e.store),
			Incubation: incubation.New(e.store, func() string { return uuid.Must(uuid.NewV7()).String() }),
			Care:       &remembered{e.log},
			WebhookURL: func(raw string) error { return delivery.CheckURL(raw, false) },
			Tickets:    auth.NewTicketStore(e.now), Rate: -1, Now: e.now, Logger: logger,
		},
		Checks:   map[string]func(context.Context) error{"store": e.store.Ready, "log": e.log.Ready},
		Gatherer: registry, Registerer: registry, Logger: logger, Now: e.now,
	}
	for _, f := range change {
		f(&deps)
	}
	if e.server, err = gateway.New(deps); err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *env) now() time.Time { return time.UnixMilli(e.clock.Load()).UTC() }

func (e *env) advance(d time.Duration) { e.clock.Add(d.Milliseconds()) }

// folded answers for figures by folding the whole log, as realtime does.
type folded struct {
	log   *eventlog.Log
	store *store.Store
	now   func() time.Time
}

func (f *folded) at(ctx context.Context, s live.Show, asOf time.Time) (analytics.Figures, error) {
	fold := analytics.NewFold(s)
	head, err := f.log.Head(ctx)
	if err != nil {
		return analytics.Figures{}, err
	}
	err = f.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
		if en.Event.Show != s.ID || en.Event.ReceivedAt.After(asOf) {
			return nil
		}
		return fold.Add(en)
	})
	return fold.Figures(asOf), err
}

func (f *folded) Figures(ctx context.Context, s live.Show, _ analytics.Part) (analytics.Figures, error) {
	return f.at(ctx, s, f.now())
}

// Audience knows nothing from before a show: in these tests nothing was.
func (f *folded) Audience(ctx context.Context, s live.Show) (analytics.Audience, error) {
	got, err := f.Figures(ctx, s, analytics.Everything)
	a := analytics.Audience{AsOf: got.AsOf, Rows: []analytics.AudienceRow{{Dimension: analytics.AudienceFan, Key: "other", WatchUV: got.Traffic.WatchUV}}}
	a.Tidy()
	return a, err
}

func (f *folded) Snapshot(ctx context.Context, s live.Show) (analytics.Snapshot, error) {
	figs, err := f.Figures(ctx, s, analytics.Everything)
	return analytics.SnapshotOf(s, &figs, 0, f.now(), 0, !s.State.Over()), err
}

// Wall is made of the shows as they are now, a tick for every question.
func (f *folded) Wall(ctx context.Context, q wall.Question) (wall.Frame, error) {
	w := wall.New(wall.Config{OnAir: f.store.OnAir})
	shows, _, err := f.store.Shows(ctx, store.ShowFilter{Merchant: q.Merchant})
	if err != nil {
		return wall.Frame{}, err
	}
	var all []analytics.Snapshot
	for _, s := range shows {
		snap, err := f.Snapshot(ctx, s)
		if err != nil {
			return wall.Frame{}, err
		}
		all = append(all, snap)
	}
	w.Tick(f.now(), all)
	return w.Frame(ctx, q)
}

func (f *folded) Report(ctx context.Context, s live.Show, format, lang string, asOf time.Time, w io.Writer) error {
	if asOf.IsZero() {
		asOf = f.now()
	}
	figs, err := f.at(ctx, s, asOf)
	if err != nil {
		return err
	}
	r, err := analytics.ReportOf(s, figs, nil, 168*time.Hour)
	if err != nil {
		return err
	}
	return report.Write(w, r, format, lang)
}

func (f *folded) Compare(ctx context.Context, shows []live.Show, asOf time.Time) (analytics.Comparison, error) {
	if asOf.IsZero() {
		asOf = f.now()
	}
	var sides []analytics.Compared
	for _, s := range shows {
		figs, err := f.at(ctx, s, asOf)
		if err != nil {
			return analytics.Comparison{}, err
		}
		sides = append(sides, analytics.Compared{Show: s, Figures: figs})
	}
	return analytics.Compare(asOf, true, sides), nil
}

// ComparePeriods folds the shows of each period and the whole log for the money:
// persons are those of its largest show, which is exact where it has one.
func (f *folded) ComparePeriods(ctx context.Context, period, against analytics.Period, asOf time.Time) (c analytics.PeriodComparison, err error) {
	if asOf.IsZero() {
		asOf = f.now()
	}
	c = analytics.PeriodComparison{AsOf: asOf, Complete: true}
	if c.Period, err = f.period(ctx, period, asOf); err == nil {
		c.Against, err = f.period(ctx, against, asOf)
	}
	return c, err
}

func (f *folded) period(ctx context.Context, p analytics.Period, asOf time.Time) (analytics.PeriodSide, error) {
	side := analytics.PeriodSide{Period: p}
	var err error
	if side.Shows, err = f.store.ShowsStarted(ctx, p.Merchant, p.Room, p.From, p.Until, analytics.MaxPeriodShows); err != nil {
		return side, err
	}
	own := map[live.ShowID]bool{}
	for _, s := range side.Shows {
		figs, err := f.at(ctx, s, asOf)
		if err != nil {
			return side, err
		}
		own[s.ID] = true
		side.Add(s, &figs)
	}
	head, err := f.log.Head(ctx)
	if err != nil {
		return side, err
	}
	err = f.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
		inside := p.Holds(en.Event.ReceivedAt)
		if !live.OrderFactKind(en.Event.Kind) || en.Event.Merchant != p.Merchant || en.Event.Rehearsal || !inside && !own[en.Event.Show] {
			return nil
		}
		deltas, err := live.DecodeDeltas(en.Event.Data)
		for _, d := range deltas {
			side.Parts = append(side.Parts, analytics.PeriodPart{Show: en.Event.Show, Inside: inside, Money: analytics.Money{
				Currency: d.Currency, Orders: d.Orders, OrdersPaid: d.Paid, Paid: d.PaidMinor, RefundGoods: d.RefundGoods, RefundShipping: d.RefundShip, CancelledPaid: d.CancelledPaid,
			}})
		}
		return err
	})
	side.Move(nil, nil)
	return side, err
}

// Journeys goes over the whole log.
func (f *folded) Journeys(ctx context.Context, s live.Show, asOf time.Time, window time.Duration) (api.Paths, error) {
	if asOf.IsZero() {
		asOf = f.now()
	}
	p, err := api.PathsOf(s, asOf, func(asOf time.Time) ([]conversion.Journey, error) {
		head, err := f.log.Head(ctx)
		if err != nil {
			return nil, err
		}
		touches := map[live.PersonID][]conversion.Touchpoint{}
		orders := map[live.OrderID]*conversion.Journey{}
		err = f.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
			if en.Event.Merchant != s.Merchant || en.Event.ReceivedAt.After(asOf) {
				return nil
			}
			if t, ok := conversion.TouchOf(en.Event); ok {
				t.Position = en.Position
				touches[en.Event.Person] = append(touches[en.Event.Person], t)
			}
			if !live.OrderFactKind(en.Event.Kind) {
				return nil
			}
			deltas, err := live.DecodeDeltas(en.Event.Data)
			if err != nil {
				return err
			}
			for _, d := range deltas {
				j := orders[d.Order]
				if j == nil {
					j = &conversion.Journey{Order: d.Order, Person: d.Person, Show: d.Show, Currency: d.Currency}
					orders[d.Order] = j
				}
				j.Value += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
				if !d.PaidAt.IsZero() {
					j.At = d.PaidAt
				}
			}
			return nil
		})
		var out []conversion.Journey
		for _, j := range orders {
			if !j.At.IsZero() && j.Show == s.ID {
				j.Touches = touches[j.Person]
				j.Touches = j.Within(window)
				out = append(out, *j)
			}
		}
		return out, err
	})
	p.Complete = true
	return p, err
}

func (f *folded) Reconciliation(ctx context.Context, s live.Show) (analytics.Reconciliation, error) {
	figs, err := f.Figures(ctx, s, analytics.Everything)
	if err != nil {
		return analytics.Reconciliation{}, err
	}
	orders, posted, err := f.store.Books(ctx, s.Merchant, s.ID)
	// Without ClickHouse there are no rollups; the books are the other sides.
	return analytics.Reconcile(&figs, figs, figs.Money, orders, posted), err
}

// Explain holds the deltas of the log, order by order, against the ledger.
func (f *folded) Explain(ctx context.Context, s live.Show, limit int) (analytics.Reconciliation, error) {
	r, err := f.Reconciliation(ctx, s)
	if err != nil {
		return r, err
	}
	head, err := f.log.Head(ctx)
	if err != nil {
		return r, err
	}
	folds := map[live.OrderID]*analytics.Fold{}
	err = f.log.Range(ctx, live.Position{}, head, func(en live.Entry) error {
		deltas, err := live.DecodeDeltas(en.Event.Data)
		if err != nil || !live.OrderFactKind(en.Event.Kind) || en.Event.Show != s.ID {
			return nil
		}
		id := deltas[0].Order
		if folds[id] == nil {
			folds[id] = analytics.NewFold(s)
		}
		return folds[id].Add(en)
	})
	if err != nil {
		return r, err
	}
	facts := func(yield func(analytics.OrderMoney, error) bool) {
		for _, id := range slices.Sorted(maps.Keys(folds)) {
			figs := folds[id].Figures(f.now())
			for _, m := range figs.Money {
				if !yield(analytics.OrderMoney{Order: id, Money: m}, nil) {
					return
				}
			}
		}
	}
	return r, r.Explain(analytics.Sides{
		Facts: facts, Ledger: f.store.OrderTotals(ctx, s.Merchant, s.ID), Postings: f.store.OrderPostings(ctx, s.Merchant, s.ID),
	}, limit)
}

// ReconcileDays has no facts by day: without ClickHouse the ledger stands alone.
func (f *folded) ReconcileDays(ctx context.Context, axis analytics.DayAxis, m live.MerchantID, room live.RoomID, zone *time.Location, from, until time.Time, _ int) (analytics.DayReconciliation, error) {
	r := analytics.DayReconciliation{Axis: axis, From: from.Format(time.DateOnly), To: until.AddDate(0, 0, -1).Format(time.DateOnly), TimeZone: zone.String()}
	ledger, err := analytics.PayDays(f.store.TotalsPaid(ctx, m, room, from, until), zone)
	if err != nil {
		return r, err
	}
	postings, err := analytics.PostedDays(f.store.PostingsPaid(ctx, m, room, from, until), zone)
	r.ReconcileDays(nil, ledger, postings, nil)
	return r, err
}

// lines collects what was logged.
type lines struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// as issues a token.
func (e *env) as(role live.Role, merchant, sub string, rooms ...live.RoomID) string {
	e.t.Helper()
	token, err := e.auth.Issue(live.Principal{Subject: sub, Role: role, Merchant: live.MerchantID(merchant), Rooms: rooms}, time.Hour)
	if err != nil {
		e.t.Fatal(err)
	}
	return token
}

// answer is a response, read.
type answer struct {
	status int
	header http.Header
	raw    string
	json   map[string]any // nil when the body is not an object
}

func (a answer) code() string { s, _ := a.json["code"].(string); return s }

func (a answer) text(key string) string { s, _ := a.json[key].(string); return s }

func (a answer) items() []any { s, _ := a.json["items"].([]any); return s }

// do sends a request. The body is text, or something to encode; headers come in pairs.
func (e *env) do(method, path, token string, body any, headers ...string) answer {
	e.t.Helper()
	var r io.Reader
	kind := "application/json"
	switch b := body.(type) {
	case nil:
	case string:
		r = strings.NewReader(b)
	case csvBody:
		r, kind = strings.NewReader(string(b)), "text/csv"
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			e.t.Fatal(err)
		}
		r = bytes.NewReader(raw)
	}
	req := httptest.NewRequest(method, path, r)
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := e.server.App().Test(req, -1)
	if err != nil {
		e.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			e.t.Error(err)
		}
	}()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	a := answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if json.Unmarshal(raw, &a.json) != nil {
		a.json = nil
	}
	return a
}

// want sends a request and ends the test unless the answer has the status.
func (e *env) want(status int, method, path, token string, body any, headers ...string) answer {
	e.t.Helper()
	a := e.do(method, path, token, body, headers...)
	if a.status != status {
		e.t.Fatalf("%s %s: status %d, want %d: %s", method, path, a.status, status, a.raw)
	}
	return a
}

type obj = map[string]any

// csvBody is a body that is a file of comma-separated values.
type csvBody string

// stage makes a room with a show and one item on its shelf for a merchant.
func (e *env) stage(merchant string) (room, show string) {
	e.t.Helper()
	owner := e.as(live.RoleMerchant, merchant, "owner-"+merchant)
	room, show = "room-"+merchant, "show-"+merchant
	e.want(201, "POST", "/v1/rooms", owner, obj{"room_id": room, "title": "Room of " + merchant, "currency": "CNY", "time_zone": "Asia/Shanghai", "host_ids": []string{"host-" + merchant}})
	e.want(201, "POST", "/v1/rooms/"+room+"/shows", owner, obj{"show_id": show, "title": "Show of " + merchant})
	e.want(200, "PUT", "/v1/shows/"+show+"/shelf", owner, obj{"items": []any{
		obj{"product_id": "p1", "sku_id": "sku1", "title": "Knife", "price_minor": 1000, "stock": 10},
	}})
	return room, show
}
