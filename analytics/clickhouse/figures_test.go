package clickhouse

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/analytics"
	"showrunner/conversion"
	"showrunner/live"
)

// fill moves a log into a database with a sink and waits until it is in.
func fill(t *testing.T, db *DB, entries []live.Entry, change func(*SinkConfig)) *memoryLog {
	t.Helper()
	log := newMemoryLog(entries)
	r := log.reader()
	cfg := SinkConfig{DB: db, Epoch: log.Epoch(), Reader: r, MaxAge: 10 * time.Millisecond, Now: time.Now}
	if change != nil {
		change(&cfg)
	}
	until(t, NewSink(cfg), live.Position{Seq: entries[len(entries)-1].Position.Seq + 1})
	return log
}

// until runs a sink until everything before the position is in.
func until(t *testing.T, s *Sink, end live.Position) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for s.Watermark().Less(end) {
		select {
		case err := <-done:
			t.Fatalf("the sink ended at %v of %v: %v", s.Watermark(), end, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// folded is the other way to the figures: one fact after the other, in memory.
func folded(t *testing.T, w *world, show live.Show, asOf time.Time) analytics.Figures {
	t.Helper()
	f := analytics.NewFold(show)
	for _, e := range w.entries {
		if e.Event.ReceivedAt.After(asOf) || e.Event.Merchant != show.Merchant {
			continue
		}
		if err := f.Add(e); err != nil {
			t.Fatal(err)
		}
	}
	f.SetShow(show)
	return f.Figures(asOf)
}

func clean(t *testing.T, db *DB) {
	t.Helper()
	found, err := db.Audit(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range found {
		if i < 10 {
			t.Errorf("audit: %+v", m)
		}
	}
}

// sameStanding holds figures that come with how the facts stood against those that
// were counted without, and what is told of the facts against the facts.
func sameStanding(t *testing.T, db *DB, show live.Show, asOf time.Time, want analytics.Figures) {
	t.Helper()
	got, stood, err := db.FiguresStanding(t.Context(), show.Merchant, show, asOf)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("show %s as of %s: -figures +with standing\n%s", show.ID, asOf, d)
	}
	stands, err := db.StandingsOfFacts(t.Context(), show.Merchant, []analytics.ShowAt{{Show: show, At: asOf}})
	if err != nil {
		t.Fatal(err)
	}
	if stood != stands[0] {
		t.Errorf("show %s as of %s stands as %+v, counted as %+v", show.ID, asOf, stands[0], stood)
	}
}

func TestFigures(t *testing.T) {
	for name, address := range map[string]string{"native": server.URL(), "http": server.HTTPURL()} {
		t.Run(name, func(t *testing.T) {
			db := migrated(t, address)
			w := play(uint64(len(name)), 1800)
			fill(t, db, w.entries, func(c *SinkConfig) { c.MaxRows = 700 })
			last := w.now
			for _, show := range w.shows {
				for _, asOf := range []time.Time{last, start.Add(95 * time.Minute), start.Add(26 * time.Hour), start.Add(-time.Second)} {
					got, err := db.Figures(t.Context(), show.Merchant, show, asOf)
					if err != nil {
						t.Fatal(err)
					}
					if d := cmp.Diff(folded(t, w, show, asOf), got); d != "" {
						t.Errorf("show %s as of %s: -fold +clickhouse\n%s", show.ID, asOf, d)
					}
					sameStanding(t, db, show, asOf, got)
				}
				if got, err := db.Figures(t.Context(), "other", show, last); err != nil {
					t.Fatal(err)
				} else if len(got.Money)+len(got.Minutes)+len(got.Products)+len(got.Sources)+len(got.Commands) > 0 || got.Traffic.WatchUV != 0 {
					t.Errorf("another merchant sees show %s: %+v", show.ID, got)
				}
				rehearsal := show
				rehearsal.Rehearsal = true
				if got, err := db.Figures(t.Context(), show.Merchant, rehearsal, last); err != nil {
					t.Fatal(err)
				} else if d := cmp.Diff(folded(t, w, rehearsal, last), got); d != "" {
					t.Errorf("rehearsal: -fold +clickhouse\n%s", d)
				} else {
					sameStanding(t, db, rehearsal, last, got)
				}
				money, err := db.RollupMoney(t.Context(), show.Merchant, show.ID)
				if err != nil {
					t.Fatal(err)
				}
				want := folded(t, w, show, last).Money
				for i := range want {
					want[i].RefundsOfPayDate, want[i].GoodsOfPayDate = 0, 0
				}
				if d := cmp.Diff(want, money); d != "" {
					t.Errorf("rollup money of %s: -fold +rollup\n%s", show.ID, d)
				}
			}
			clean(t, db)
		})
	}
}

func TestJourneys(t *testing.T) {
	db := migrated(t, server.URL())
	w := play(11, 2500)
	fill(t, db, w.entries, nil)
	for _, window := range []time.Duration{0, 20 * time.Minute, conversion.DefaultWindow} {
		for _, asOf := range []time.Time{w.now, start.Add(95 * time.Minute)} {
			for _, show := range w.shows {
				got, err := db.Journeys(t.Context(), show.Merchant, show.ID, asOf, window)
				if err != nil {
					t.Fatal(err)
				}
				have := map[live.OrderID]conversion.Journey{}
				for _, j := range got {
					have[j.Order] = j
				}
				if len(have) != len(got) {
					t.Errorf("an order stands twice")
				}
				want := journeys(t, w, show, asOf, window)
				if d := cmp.Diff(want, have); d != "" {
					t.Errorf("show %s window %s: -want +got\n%s", show.ID, window, d)
				}
				if asOf.Equal(w.now) && len(want) == 0 {
					t.Error("the test has no paid order")
				}
			}
		}
	}
}

// host is whose shift it was at a touch, by the newest word of before it.
func (w *world) host(m live.MerchantID, touch *conversion.Touchpoint, asOf time.Time) (host string) {
	var newest time.Time
	for _, e := range w.entries {
		began := e.Event.Kind == live.HostShiftStarted
		at := e.Event.OccurredAt.Truncate(time.Millisecond)
		if touch.Show == "" || e.Event.Show != touch.Show || e.Event.Merchant != m || e.Event.ReceivedAt.After(asOf) || !began && e.Event.Kind != live.HostShiftEnded ||
			at.After(touch.At) || at.Before(newest) {
			continue
		}
		var d struct {
			Host string `json:"host_id"`
		}
		if newest, host = at, ""; began && json.Unmarshal(e.Event.Data, &d) == nil {
			host = d.Host
		}
	}
	return host
}

// journeys makes the journeys from the deltas and the facts in Go.
func journeys(t *testing.T, w *world, show live.Show, asOf time.Time, window time.Duration) map[live.OrderID]conversion.Journey {
	t.Helper()
	type key struct {
		order    live.OrderID
		person   live.PersonID
		currency live.Currency
	}
	type sum struct {
		paid, value int64
		at          time.Time
	}
	sums := map[key]*sum{}
	for _, e := range w.entries {
		if e.Event.ReceivedAt.After(asOf) || e.Event.Merchant != show.Merchant || !live.OrderFactKind(e.Event.Kind) {
			continue
		}
		ds, err := live.DecodeDeltas(e.Event.Data)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			if d.Show != show.ID {
				continue
			}
			k := key{d.Order, d.Person, d.Currency}
			if sums[k] == nil {
				sums[k] = &sum{}
			}
			sums[k].paid += d.Paid
			sums[k].value += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
			sums[k].at = d.PaidAt
		}
	}
	out := map[live.OrderID]conversion.Journey{}
	for k, s := range sums {
		if s.paid <= 0 {
			continue
		}
		j := conversion.Journey{Order: k.order, Person: k.person, Show: show.ID, At: s.at, Currency: k.currency, Value: s.value}
		for _, e := range w.entries {
			if k.person == "" || e.Event.ReceivedAt.After(asOf) || e.Event.Merchant != show.Merchant || e.Event.Person != k.person {
				continue
			}
			if touch, ok := conversion.TouchOf(e.Event); ok {
				touch.Position, touch.At = e.Position, touch.At.Truncate(time.Millisecond)
				touch.Host = w.host(show.Merchant, &touch, asOf)
				j.Touches = append(j.Touches, touch)
			}
		}
		j.Touches = j.Within(window)
		out[k.order] = j
	}
	return out
}
