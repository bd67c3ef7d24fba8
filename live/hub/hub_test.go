package hub_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"showrunner/live"
	"showrunner/live/hub"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// frame is what the test's framer makes of a tick.
type frame struct {
	Offset uint64   `json:"o"`
	Events []uint64 `json:"e"`
}

type framer struct{}

func (framer) Events(_ string, offset uint64, events [][]byte) []byte {
	return fmt.Appendf(nil, `{"o":%d,"e":[%s]}`, offset, bytes.Join(events, []byte(",")))
}

func parse(t *testing.T, raw []byte) frame {
	t.Helper()
	var f frame
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatalf("frame %q: %v", raw, err)
	}
	return f
}

func newHub(t *testing.T, change func(*hub.Config)) *hub.Hub {
	t.Helper()
	cfg := hub.Config{
		Epoch: "e1", Framer: framer{}, Now: time.Now,
		Logger: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	return hub.New(cfg)
}

// roomMsg is an event for everybody whose body is its offset.
func roomMsg(offset uint64) hub.Message {
	return hub.Message{Offset: offset, Audience: live.AudienceRoom, JSON: strconv.AppendUint(nil, offset, 10)}
}

// socket is a member with the channel its Wake rings.
type socket struct {
	*hub.Member
	woken chan struct{}
}

func join(t *testing.T, h *hub.Hub, o hub.JoinOptions) (*socket, hub.Joined) {
	t.Helper()
	s := &socket{woken: make(chan struct{}, 1)}
	o.Wake = func() {
		select {
		case s.woken <- struct{}{}:
		default:
		}
	}
	m, j, err := h.Join("r1", o)
	if err != nil {
		t.Fatal(err)
	}
	s.Member = m
	return s, j
}

// all takes everything there is now.
func (s *socket) all(t *testing.T) (frames []frame) {
	t.Helper()
	for {
		d, ok := s.Next()
		if !ok {
			return frames
		}
		if d.Gap != nil || d.Bye {
			t.Fatalf("unexpected delivery %+v", d)
		}
		for _, f := range d.Frames {
			frames = append(frames, parse(t, f))
		}
	}
}

func TestFirstMessageGoesAtOnceAndTheRestCoalesces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		s, _ := join(t, h, hub.JoinOptions{})
		start := time.Now()

		h.Publish("r1", []hub.Message{roomMsg(1)})
		<-s.woken
		if d := time.Since(start); d != 0 {
			t.Errorf("the first message after silence waited %s", d)
		}
		if diff := cmp.Diff([]frame{{1, []uint64{1}}}, s.all(t)); diff != "" {
			t.Errorf("first tick (-want +got):\n%s", diff)
		}
		for i := uint64(2); i <= 5; i++ {
			h.Publish("r1", []hub.Message{roomMsg(i)})
		}
		<-s.woken
		if d := time.Since(start); d != 10*time.Millisecond {
			t.Errorf("the second frame came after %s, want 10ms", d)
		}
		if diff := cmp.Diff([]frame{{5, []uint64{2, 3, 4, 5}}}, s.all(t)); diff != "" {
			t.Errorf("second tick (-want +got):\n%s", diff)
		}
		time.Sleep(time.Second)
		start = time.Now()
		h.Publish("r1", []hub.Message{roomMsg(6)})
		<-s.woken
		if d := time.Since(start); d != 0 {
			t.Errorf("after silence again it waited %s", d)
		}
	})
}

func TestOneFrameForAllViewers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		a, _ := join(t, h, hub.JoinOptions{})
		b, _ := join(t, h, hub.JoinOptions{Class: hub.ClassMoney})
		h.Publish("r1", []hub.Message{roomMsg(1)})
		synctest.Wait()
		da, _ := a.Next()
		db, _ := b.Next()
		if &da.Frames[0][0] != &db.Frames[0][0] {
			t.Error("two members got two encodings of one tick")
		}
	})
}

func TestClassesSeeWhatIsTheirs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		viewer, _ := join(t, h, hub.JoinOptions{})
		panel, _ := join(t, h, hub.JoinOptions{Class: hub.ClassPanel})
		money, _ := join(t, h, hub.JoinOptions{Class: hub.ClassMoney})
		h.Publish("r1", []hub.Message{
			roomMsg(1),
			{Offset: 2, Audience: live.AudiencePanel, JSON: []byte("20"), Money: []byte("29")},
			{Offset: 3, Audience: live.AudiencePanel, Money: []byte("39")},
			{Offset: 4, Audience: live.AudienceNone, JSON: []byte("4")},
			{Offset: 5, Audience: live.AudiencePanel, JSON: []byte(`{"o":5,"e":[555]}`), Alone: true},
			roomMsg(6),
		})
		synctest.Wait()
		for _, c := range []struct {
			name string
			s    *socket
			want []frame
		}{
			{"viewer", viewer, []frame{{6, []uint64{1, 6}}}},
			{"panel", panel, []frame{{2, []uint64{1, 20}}, {5, []uint64{555}}, {6, []uint64{6}}}},
			{"money", money, []frame{{3, []uint64{1, 29, 39}}, {5, []uint64{555}}, {6, []uint64{6}}}},
		} {
			if diff := cmp.Diff(c.want, c.s.all(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.name, diff)
			}
		}
		h.Publish("r1", []hub.Message{{Offset: 7, Audience: live.AudiencePanel, JSON: []byte("7")}})
		synctest.Wait()
		if got := viewer.all(t); got != nil {
			t.Errorf("a viewer got %v of a tick for panels", got)
		}
	})
}

func TestSlowMemberGetsAGapAndNobodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		h := newHub(t, func(c *hub.Config) { c.Queue, c.Registerer = 3, reg })
		slow, _ := join(t, h, hub.JoinOptions{})
		quick, _ := join(t, h, hub.JoinOptions{})
		var got []uint64
		for i := uint64(1); i <= 10; i++ {
			h.Publish("r1", []hub.Message{roomMsg(2 * i), roomMsg(2*i + 1)})
			time.Sleep(20 * time.Millisecond)
			synctest.Wait()
			for _, f := range quick.all(t) {
				got = append(got, f.Events...)
			}
		}
		if len(got) != 20 {
			t.Fatalf("the quick member got %d of 20 events", len(got))
		}
		for i := uint64(1); i <= 3; i++ {
			d, ok := slow.Next()
			if !ok || parse(t, d.Frames[0]).Offset != 2*i+1 {
				t.Fatalf("queued tick %d: %+v", i, d)
			}
		}
		d, ok := slow.Next()
		if !ok || d.Gap == nil || *d.Gap != (hub.Gap{Missed: 14, Offset: 21}) {
			t.Fatalf("want a gap of 14 up to 21, got %+v", d)
		}
		h.Publish("r1", []hub.Message{roomMsg(22)})
		synctest.Wait()
		if diff := cmp.Diff([]frame{{22, []uint64{22}}}, slow.all(t)); diff != "" {
			t.Errorf("after the gap (-want +got):\n%s", diff)
		}
		if n := metric(t, reg, "showrunner_hub_skipped_frames_total"); n != 7 {
			t.Errorf("skipped frames %v, want 7", n)
		}
		if n := metric(t, reg, "showrunner_hub_gaps_total"); n != 1 {
			t.Errorf("gaps %v, want 1", n)
		}
		if n := metric(t, reg, "showrunner_hub_frames_total"); n != 11 {
			t.Errorf("encoded frames %v, want 11", n)
		}
	})
}

func metric(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.Metric[0].GetCounter().GetValue() + f.Metric[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestTotalsAndSnapshotsAreLatestWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, func(c *hub.Config) { c.Queue = 1 })
		viewer, _ := join(t, h, hub.JoinOptions{})
		panel, _ := join(t, h, hub.JoinOptions{Class: hub.ClassPanel})
		h.Publish("r1", []hub.Message{roomMsg(1)})
		synctest.Wait()
		panel.all(t) // The viewer's queue stays full.
		for i := range 5 {
			h.Stats("r1", strconv.AppendInt(nil, int64(100+i), 10))
			h.Panel("r1", hub.ClassPanel, fmt.Appendf(nil, `{"o":0,"e":[%d]}`, 200+i))
			h.Panel("r1", hub.ClassMoney, fmt.Appendf(nil, `{"o":0,"e":[%d]}`, 300+i))
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if diff := cmp.Diff([]frame{{1, []uint64{1}}}, viewer.all(t)); diff != "" {
			t.Errorf("totals made a gap or were queued (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]frame{{1, []uint64{104}}, {0, []uint64{204}}}, panel.all(t)); diff != "" {
			t.Errorf("panel (-want +got):\n%s", diff)
		}
		late, _ := join(t, h, hub.JoinOptions{Class: hub.ClassMoney})
		if diff := cmp.Diff([]frame{{0, []uint64{304}}}, late.all(t)); diff != "" {
			t.Errorf("a panel that joins later (-want +got):\n%s", diff)
		}
	})
}

func TestJoinSince(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, func(c *hub.Config) { c.Start, c.Ring = 100, hub.Ring{Messages: 5} })
		for i := uint64(100); i < 110; i++ {
			h.Publish("r1", []hub.Message{roomMsg(i * 10)})
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, c := range []struct {
			since     uint64
			recovered bool
			tooOld    bool
			want      []uint64
		}{
			{1090, true, false, nil},
			{1085, true, false, []uint64{1090}},
			{1060, true, false, []uint64{1070, 1080, 1090}},
			{1040, true, false, []uint64{1050, 1060, 1070, 1080, 1090}},
			{1039, false, true, nil},
			{5, false, true, nil},
			{1091, false, false, nil}, // Nobody can have seen that here.
		} {
			s, j := join(t, h, hub.JoinOptions{Since: c.since, HasSince: true})
			var got []uint64
			for _, m := range j.Messages {
				got = append(got, m.Offset)
			}
			if diff := cmp.Diff(c.want, got); diff != "" || j.Recovered != c.recovered || j.TooOld != c.tooOld || j.Offset != 1090 {
				t.Errorf("since %d: %+v %s", c.since, j, diff)
			}
			s.Leave()
		}
		// A room nobody has spoken in is known from Start on.
		_, j, err := h.Join("r2", hub.JoinOptions{Since: 99, HasSince: true, Wake: func() {}})
		if err != nil || !j.Recovered || j.Offset != 99 {
			t.Errorf("silent room: %+v %v", j, err)
		}
	})
}

// A process that starts again is fed what a returning client has seen already.
func TestWhatWasSeenBeforeJoiningIsNotSentAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		h.Publish("r1", []hub.Message{roomMsg(1)})
		synctest.Wait()
		h.Publish("r1", []hub.Message{roomMsg(2), roomMsg(3), roomMsg(4)}) // Waits for the tick.
		partly, _ := join(t, h, hub.JoinOptions{Since: 3, HasSince: true})
		wholly, _ := join(t, h, hub.JoinOptions{Since: 4, HasSince: true})
		fresh, j := join(t, h, hub.JoinOptions{})
		if j.Offset != 1 {
			t.Errorf("a newcomer starts at %d, want 1", j.Offset)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for _, c := range []struct {
			s    *socket
			want []frame
		}{{partly, []frame{{4, []uint64{4}}}}, {wholly, nil}, {fresh, []frame{{4, []uint64{2, 3, 4}}}}} {
			if diff := cmp.Diff(c.want, c.s.all(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

func TestOnlineCountsPersons(t *testing.T) {
	h := newHub(t, nil)
	a1, _ := join(t, h, hub.JoinOptions{Person: "a"})
	a2, _ := join(t, h, hub.JoinOptions{Person: "a"})
	_, _ = join(t, h, hub.JoinOptions{Person: "b"})
	_, _ = join(t, h, hub.JoinOptions{Class: hub.ClassPanel})
	if got := h.Online("r1"); got != 2 {
		t.Errorf("Online = %d, want 2", got)
	}
	a1.Leave()
	a1.Leave()
	if got, all := h.Online("r1"), h.Members(); got != 2 || all != 3 {
		t.Errorf("one tab closed: Online %d, Members %d, want 2 and 3", got, all)
	}
	a2.Leave()
	if got := h.Online("r1"); got != 1 {
		t.Errorf("person gone: Online = %d, want 1", got)
	}
	if got := h.Online("nowhere"); got != 0 {
		t.Errorf("Online of an unknown room = %d", got)
	}
}

func TestIdleRoomsAreForgottenHonestly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.Run(ctx) }()
		h.Publish("r1", []hub.Message{roomMsg(7), roomMsg(8)})
		time.Sleep(30 * time.Second)
		s, j := join(t, h, hub.JoinOptions{Since: 7, HasSince: true})
		if !j.Recovered || len(j.Messages) != 1 {
			t.Errorf("within the age: %+v", j)
		}
		s.Leave()
		time.Sleep(2 * time.Minute)
		if _, j = join(t, h, hub.JoinOptions{Since: 7, HasSince: true}); j.Recovered || !j.TooOld {
			t.Errorf("what was forgotten is called complete: %+v", j)
		}
		if _, j = join(t, h, hub.JoinOptions{Since: 8, HasSince: true}); !j.Recovered {
			t.Errorf("somebody who saw all is called too old: %+v", j)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		good, _ := join(t, h, hub.JoinOptions{})
		bad, _ := join(t, h, hub.JoinOptions{})
		go func() {
			for range good.woken {
				if d, ok := good.Next(); ok && d.Bye {
					good.Leave()
					return
				}
			}
		}()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a member has not left: %v", err)
		}
		if n := h.Members(); n != 1 {
			t.Errorf("%d members, want 1", n)
		}
		if _, _, err := h.Join("r1", hub.JoinOptions{Wake: func() {}}); !errors.Is(err, hub.ErrClosed) {
			t.Errorf("Join after Shutdown: %v", err)
		}
		h.Publish("r1", []hub.Message{roomMsg(1)}) // Nobody is there to take it.
		bad.Leave()
		if err := h.Shutdown(t.Context()); err != nil {
			t.Errorf("all have left: %v", err)
		}
	})
}
