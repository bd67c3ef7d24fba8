package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"showrunner/analytics"
	"showrunner/live"
)

// logbook is a log in memory with one named reader, as the event log has it.
type logbook struct {
	mu      sync.Mutex
	entries []live.Entry
	next    int // index of the next entry to be read
	kept    live.Position
	err     error // what Next says instead
	more    chan struct{}
}

func newLog() *logbook { return &logbook{more: make(chan struct{}, 1)} }

func (l *logbook) say(e live.Event) live.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ReceivedAt = time.Now().UTC().Truncate(time.Millisecond)
	if e.OccurredAt.IsZero() {
		e.OccurredAt = e.ReceivedAt
	}
	p := live.Position{Seq: uint64(len(l.entries) + 1)}
	e.ID = live.EventID(fmt.Sprint("e", p.Seq))
	l.entries = append(l.entries, live.Entry{Position: p, Event: e})
	select {
	case l.more <- struct{}{}:
	default:
	}
	return p
}

func (l *logbook) Next(ctx context.Context, most int, wait time.Duration) ([]live.Entry, error) {
	deadline := time.NewTimer(wait)
	defer deadline.Stop()
	for {
		l.mu.Lock()
		if l.err != nil {
			l.mu.Unlock()
			return nil, l.err
		}
		if n := min(most, len(l.entries)-l.next); n > 0 {
			out := l.entries[l.next : l.next+n]
			l.next += n
			l.mu.Unlock()
			return out, nil
		}
		l.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-deadline.C:
			return nil, nil
		case <-l.more:
		}
	}
}

func (l *logbook) Position() live.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return live.Position{Seq: uint64(l.next + 1)}
}

func (l *logbook) Commit(_ context.Context, next live.Position, _ []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept = next
	return nil
}

func (l *logbook) checkpoint() live.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.kept
}

// restart gives the log as it is found again from the checkpoint.
func (l *logbook) restart() *logbook {
	l.mu.Lock()
	defer l.mu.Unlock()
	again := newLog()
	again.entries, again.kept = l.entries, l.kept
	if l.kept.Seq > 0 {
		again.next = int(l.kept.Seq) - 1
	}
	return again
}

func (l *logbook) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// shows is the store's part.
type shows struct {
	mu   sync.Mutex
	all  map[live.ShowID]live.Show
	down bool
}

func (s *shows) Show(_ context.Context, id live.ShowID) (live.Show, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		return live.Show{}, errors.New("database is away")
	}
	show, ok := s.all[id]
	if !ok {
		return live.Show{}, live.NotFound("show_not_found", "no show %s", id)
	}
	return show, nil
}

func (s *shows) set(show live.Show) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all[show.ID] = show
}

func (s *shows) away(down bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.down = down
}

// rig is a Realtime over a log in memory, in a bubble of fake time.
type rig struct {
	t     *testing.T
	log   *logbook
	shows *shows
	rt    *Realtime
	lag   time.Duration

	mu        sync.Mutex
	snapshots []analytics.Snapshot
	stop      func()
}

// hold and forget are shorter than in earnest: fake time too is passed in steps.
const (
	hold   = 10 * time.Minute
	forget = 20 * time.Minute
)

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func newRig(t *testing.T) *rig {
	r := &rig{t: t, log: newLog(), shows: &shows{all: map[live.ShowID]live.Show{}}}
	r.start()
	return r
}

func (r *rig) start() {
	r.t.Helper()
	rt, err := New(Config{
		Reader: r.log, Shows: r.shows, Now: now, Hold: hold, Forget: forget, Registerer: prometheus.NewRegistry(),
		StoreLag: func() time.Duration { r.mu.Lock(); defer r.mu.Unlock(); return r.lag },
		Publish:  func(s analytics.Snapshot) { r.mu.Lock(); defer r.mu.Unlock(); r.snapshots = append(r.snapshots, s) },
	})
	if err != nil {
		r.t.Fatal(err)
	}
	r.rt = rt
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- rt.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
	}
}

// taken are the snapshots published since the last call.
func (r *rig) taken() []analytics.Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.snapshots
	r.snapshots = nil
	return out
}

func (r *rig) begin(id live.ShowID) live.Position {
	s := live.Show{ID: id, Room: "r1", Merchant: "m1", Currency: "CNY", State: live.ShowStateLive, StartedAt: now()}
	r.shows.set(s)
	return r.log.say(live.Event{Kind: live.ShowStarted, Merchant: "m1", Show: id, Actor: live.Actor{Role: live.RoleHost}})
}

func (r *rig) end(id live.ShowID) {
	s, err := r.shows.Show(context.Background(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	s.State, s.EndedAt = live.ShowStateEnded, now()
	r.shows.set(s)
	r.log.say(live.Event{Kind: live.ShowEnded, Merchant: "m1", Show: id, Actor: live.Actor{Role: live.RoleHost}})
}

func (r *rig) enter(id live.ShowID, person live.PersonID) {
	r.log.say(live.Event{Kind: live.RoomEntered, Merchant: "m1", Show: id, Person: person, Actor: live.Actor{Role: live.RoleViewer}})
}

func (r *rig) buy(id live.ShowID, order live.OrderID, minor int64) {
	paid := live.FoldOrder("m1", order, []live.OrderFact{
		{Kind: live.OrderCreated, At: now(), Currency: "CNY", Show: id, Person: "p1", Lines: []live.OrderLine{{ID: "l", Product: "x", Qty: 1, Goods: minor}}},
		{Kind: live.OrderPaid, ID: "pay", At: now(), Currency: "CNY", PaidMinor: minor},
	})
	data, err := json.Marshal(map[string]any{"order_id": order, "deltas": live.EncodeDeltas(live.Deltas(live.Order{}, paid))})
	if err != nil {
		r.t.Fatal(err)
	}
	r.log.say(live.Event{Kind: live.OrderPaid, Merchant: "m1", Show: id, Person: "p1", Data: data, Actor: live.Actor{Role: live.RoleViewer}})
}

func metric(t *testing.T, s analytics.Snapshot, key string) int64 {
	t.Helper()
	v, ok := s.Metrics.Get(key)
	if !ok {
		t.Fatalf("no metric %s", key)
	}
	return v.Num
}

func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func TestOneSnapshotPerShowPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.begin("s1")
		r.begin("s2")
		r.enter("s1", "p1")
		r.enter("s1", "p2")
		r.buy("s1", "o1", 1990)
		settle(1500 * time.Millisecond)
		r.taken()
		settle(10 * time.Second)
		count := map[live.ShowID]int{}
		for _, s := range r.taken() {
			count[s.Show]++
			if s.LagMS > 200 || !s.Provisional {
				t.Errorf("%s at %v: lag %d ms, provisional %t", s.Show, s.At, s.LagMS, s.Provisional)
			}
			want := map[live.ShowID]int64{"s1": 2, "s2": 0}[s.Show]
			if got := metric(t, s, "online_now"); got != want {
				t.Errorf("%s: %d online, want %d", s.Show, got, want)
			}
		}
		if d := cmp.Diff(map[live.ShowID]int{"s1": 10, "s2": 10}, count); d != "" {
			t.Errorf("snapshots in ten seconds (-want +got):\n%s", d)
		}
		s, ok := r.rt.Snapshot("s1")
		if !ok || metric(t, s, "gmv_paid_minor") != 1990 || metric(t, s, "watch_uv") != 2 {
			t.Errorf("snapshot of s1: %t, %+v", ok, s)
		}
		settle(time.Minute)
		if s, _ := r.rt.Snapshot("s1"); metric(t, s, "online_now") != 0 || s.Metrics[0].Metric.Key != "online_now" {
			t.Error("silent viewers are still online after a minute")
		}
		acu, _ := s.Metrics.Get("acu")
		later, _ := r.rt.Snapshot("s1")
		if v, _ := later.Metrics.Get("acu"); v.Den != acu.Den+1 {
			t.Errorf("minutes on air went from %d to %d in a minute without facts", acu.Den, v.Den)
		}
	})
}

func TestShowEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.begin("s1")
		r.enter("s1", "p1")
		settle(1500 * time.Millisecond)
		r.end("s1")
		r.taken()
		settle(5 * time.Second)
		got := r.taken()
		if len(got) != 1 || got[0].State != live.ShowStateEnded || got[0].Provisional {
			t.Fatalf("after the end there are %d snapshots, want one that is final: %+v", len(got), got)
		}
		r.buy("s1", "late", 500) // a payment that the shop told late
		settle(5 * time.Second)
		if got := r.taken(); len(got) != 1 || metric(t, got[0], "gmv_paid_minor") != 500 {
			t.Fatalf("a late payment gave %d snapshots, want one", len(got))
		}
		settle(hold - time.Minute)
		if _, ok := r.rt.Figures("s1"); !ok {
			t.Error("the show is forgotten too early")
		}
		settle(2 * time.Minute)
		if _, ok := r.rt.Figures("s1"); ok {
			t.Error("the show is still held")
		}
		r.buy("s1", "later", 500)
		settle(time.Second)
		if _, ok := r.rt.Figures("s1"); ok {
			t.Error("a late fact brought the show back with a part of its figures")
		}
	})
}

func TestRehearsalCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.shows.set(live.Show{ID: "s1", Merchant: "m1", Currency: "CNY", State: live.ShowStateLive, StartedAt: now(), Rehearsal: true})
		r.enter("s1", "p1")
		r.buy("s1", "o1", 500)
		settle(90 * time.Second)
		s, ok := r.rt.Snapshot("s1")
		if !ok {
			t.Fatal("the rehearsal is not held")
		}
		for _, v := range s.Metrics {
			if v.Num != 0 {
				t.Errorf("%s of a rehearsal is %d", v.Metric.Key, v.Num)
			}
		}
	})
}

// After a restart the same facts are read again, exactly those still needed.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.begin("old")
		r.end("old")
		settle(2 * hold)
		first := r.begin("s1")
		r.enter("s1", "p1")
		r.buy("s1", "o1", 700)
		settle(10 * time.Second)
		if got := r.log.checkpoint(); got != first {
			t.Errorf("checkpoint is %v, want the first fact of the running show at %v", got, first)
		}
		before, _ := r.rt.Figures("s1")
		r.stop()

		r.enter("s1", "p2") // while it was down
		r.log = r.log.restart()
		r.start()
		defer func() { r.stop() }()
		settle(time.Second)
		after, ok := r.rt.Figures("s1")
		if !ok {
			t.Fatal("the show is not held after the restart")
		}
		if after.Traffic.WatchUV != 2 {
			t.Errorf("%d viewers after the restart, want 2", after.Traffic.WatchUV)
		}
		if d := cmp.Diff(before.Money, after.Money); d != "" {
			t.Errorf("money after the restart (-before +after):\n%s", d)
		}
		r.end("s1")
		settle(2 * hold)
		if got, want := r.log.checkpoint(), r.log.Position(); got != want {
			t.Errorf("with no show held the checkpoint is %v, want %v", got, want)
		}
	})
}

// A show that nobody ended does not hold the log back for ever.
func TestSilentShowLetsTheLogGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		first := r.begin("s1")
		settle(forget - time.Minute)
		if got := r.log.checkpoint(); got != first {
			t.Fatalf("checkpoint is %v, want %v", got, first)
		}
		settle(2 * time.Minute)
		if got := r.log.checkpoint(); got != r.log.Position() {
			t.Errorf("checkpoint is %v, want %v", got, r.log.Position())
		}
		if _, ok := r.rt.Figures("s1"); !ok {
			t.Error("the show itself is forgotten")
		}
	})
}

func TestLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.begin("s1")
		r.end("s1")
		settle(2 * time.Second)
		if s, _ := r.rt.Snapshot("s1"); s.Provisional || s.LagMS > 200 {
			t.Fatalf("caught up: lag %d ms, provisional %t", s.LagMS, s.Provisional)
		}
		r.mu.Lock()
		r.lag = 3 * time.Second
		r.mu.Unlock()
		if s, _ := r.rt.Snapshot("s1"); !s.Provisional || s.LagMS != 3000 {
			t.Errorf("store behind: lag %d ms, provisional %t", s.LagMS, s.Provisional)
		}
		r.mu.Lock()
		r.lag = 0
		r.mu.Unlock()
		r.log.fail(errors.New("log is away"))
		settle(10 * time.Second)
		if s, _ := r.rt.Snapshot("s1"); !s.Provisional || s.LagMS < 9_000 || s.LagMS > 10_200 {
			t.Errorf("log away for 10 s: lag %d ms, provisional %t", s.LagMS, s.Provisional)
		}
		r.log.fail(nil)
		settle(5 * time.Second)
		if s, _ := r.rt.Snapshot("s1"); s.Provisional || s.LagMS > 200 {
			t.Errorf("caught up again: lag %d ms, provisional %t", s.LagMS, s.Provisional)
		}
	})
}

// While the store is away no fact is skipped; facts of shows that do not exist are.
func TestShowsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.shows.away(true)
		go func() { time.Sleep(20 * time.Second); r.shows.away(false) }()
		r.shows.set(live.Show{ID: "s1", Merchant: "m1", Currency: "CNY", State: live.ShowStateLive, StartedAt: now()})
		r.enter("ghost", "p1")
		r.enter("s1", "p1")
		settle(10 * time.Second)
		if _, ok := r.rt.Figures("s1"); ok {
			t.Fatal("a show is held that could not be looked up")
		}
		settle(15 * time.Second)
		if f, ok := r.rt.Figures("s1"); !ok || f.Traffic.WatchUV != 1 {
			t.Errorf("after the store came back: %t, %d viewers, want 1", ok, f.Traffic.WatchUV)
		}
		if _, ok := r.rt.Figures("ghost"); ok {
			t.Error("a show that does not exist is held")
		}
	})
}

func TestBrokenOrderFactIsCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		defer func() { r.stop() }()
		r.begin("s1")
		r.log.say(live.Event{Kind: live.OrderPaid, Merchant: "m1", Show: "s1", Data: json.RawMessage(`{"deltas":7}`)})
		r.enter("s1", "p1")
		settle(2 * time.Second)
		if f, _ := r.rt.Figures("s1"); f.Traffic.WatchUV != 1 {
			t.Error("a broken order fact stopped the figures")
		}
	})
}

func TestConfigReportsEveryFault(t *testing.T) {
	_, err := New(Config{Every: -1})
	if err == nil {
		t.Fatal("an empty configuration was taken")
	}
	for _, want := range []string{"Reader", "Shows", "Now", "negative"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not mention %s", err, want)
		}
	}
}
