package hub_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/hub"
)

// sink keeps the passes it is handed until the test is through with them.
type sink struct {
	mu     sync.Mutex
	passes []*hub.Pass
	byes   int
	out    []string
}

func (s *sink) Pass(p *hub.Pass) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.passes = append(s.passes, p)
}

func (s *sink) Expel(person live.PersonID, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, string(person)+" "+why)
}

func (s *sink) Bye() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byes++
}

// take hands out what came and says that it is done with it.
func (s *sink) take() []*hub.Pass {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.passes
	s.passes = nil
	for _, p := range out {
		p.Done(1, 0)
	}
	return out
}

func wire(t *testing.T, p *hub.Pass) (frames []frame) {
	t.Helper()
	raw, _ := p.Wire(func(parts [][]byte) []byte {
		for _, f := range parts {
			frames = append(frames, parse(t, f))
		}
		return parts[0]
	})
	if again, _ := p.Wire(func([][]byte) []byte { t.Error("encoded twice"); return nil }); raw != nil && &again[0] != &raw[0] {
		t.Error("two callers got two encodings")
	}
	return frames
}

func TestFanIsToldWhoIsExpelled(t *testing.T) {
	h, s := newHub(t, nil), &sink{}
	f := h.NewFan("r1", hub.ClassViewer, s)
	if _, err := f.Sit(hub.JoinOptions{Person: "ann"}); err != nil {
		t.Fatal(err)
	}
	h.Expel("r2", "ann", hub.Kicked)
	h.Expel("r1", "bob", hub.Kicked)
	h.Expel("r1", "ann", hub.Blocked)
	if len(s.out) != 1 || s.out[0] != "ann blocked" {
		t.Errorf("expelled: %q", s.out)
	}
	f.Leave("ann")
}

func TestFanGetsEachTickOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := newHub(t, nil), &sink{}
		f := h.NewFan("r1", hub.ClassViewer, s)
		for _, p := range []live.PersonID{"ann", "ann", "bob", ""} {
			if _, err := f.Sit(hub.JoinOptions{Person: p}); err != nil {
				t.Fatal(err)
			}
		}
		if online, members := h.Online("r1"), h.Members(); online != 2 || members != 4 {
			t.Errorf("%d persons on %d seats, want 2 on 4", online, members)
		}
		h.Publish("r1", []hub.Message{roomMsg(1), personMsg(2, "ann"), roomMsg(3)})
		synctest.Wait()
		h.Publish("r1", []hub.Message{roomMsg(4)})
		time.Sleep(time.Second)
		if len(s.passes) != 1 {
			t.Fatalf("%d passes while the first was not done", len(s.passes))
		}
		p := s.take()[0]
		if diff := cmp.Diff([]frame{{3, []uint64{1, 3}}}, wire(t, p)); diff != "" || p.Alike() || p.Number != 1 || p.Offset() != 3 {
			t.Errorf("first pass %+v (-want +got):\n%s", p, diff)
		}
		for _, c := range []struct {
			person live.PersonID
			after  uint64
			own    bool
			events int
			want   []frame
		}{
			{"ann", 0, true, 3, []frame{{3, []uint64{1, 2, 3}}}},
			{"ann", 1, true, 2, []frame{{3, []uint64{2, 3}}}},
			{"bob", 0, false, 0, nil},
			{"bob", 2, true, 1, []frame{{3, []uint64{3}}}},
			{"", 3, true, 0, nil},
		} {
			raw, events, own := p.For(c.person, c.after)
			var got []frame
			for _, f := range raw {
				got = append(got, parse(t, f))
			}
			if diff := cmp.Diff(c.want, got); diff != "" || own != c.own || events != c.events {
				t.Errorf("%q after %d: own %t, %d events (-want +got):\n%s", c.person, c.after, own, events, diff)
			}
		}
		synctest.Wait()
		if p = s.take()[0]; p.Number != 2 || !p.Alike() {
			t.Errorf("second pass %+v", p)
		}
		f.Leave("ann")
		if n := h.Online("r1"); n != 2 {
			t.Errorf("one tab closed: %d online, want 2", n)
		}
		f.Leave("ann")
		f.Leave("bob")
		f.Leave("")
		if n := h.Members(); n != 0 || len(h.Rooms()) != 0 {
			t.Errorf("%d members after all have left", n)
		}
		time.Sleep(time.Second)
		h.Publish("r1", []hub.Message{roomMsg(5)})
		time.Sleep(time.Second)
		if got := s.take(); got != nil {
			t.Errorf("an empty fan got %d passes", len(got))
		}
	})
}

// A seat taken while a pass is under way: what it is handed back and the passes
// it must heed never overlap and leave nothing out.
func TestSeatKnowsItsPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := newHub(t, nil), &sink{}
		f := h.NewFan("r1", hub.ClassViewer, s)
		sit := func(o hub.JoinOptions) hub.Joined {
			t.Helper()
			j, err := f.Sit(o)
			if err != nil {
				t.Fatal(err)
			}
			return j
		}
		if j := sit(hub.JoinOptions{}); j.Pass != 0 || j.Offset != 0 {
			t.Errorf("in an empty room: %+v", j)
		}
		h.Publish("r1", []hub.Message{roomMsg(1)})
		synctest.Wait()
		h.Publish("r1", []hub.Message{roomMsg(2)})
		if j := sit(hub.JoinOptions{Since: 0, HasSince: true}); j.Pass != 1 || j.Offset != 1 || len(j.Messages) != 1 {
			t.Errorf("while a pass is under way: %+v", j)
		}
		// The process was started again: the client has seen 2, we have sent 1.
		if j := sit(hub.JoinOptions{Since: 2, HasSince: true}); j.After != 2 || j.Pass != 1 || len(j.Messages) != 0 || !j.Recovered {
			t.Errorf("who is ahead: %+v", j)
		}
		s.take()
		time.Sleep(time.Second)
		if got := s.take(); len(got) != 1 || got[0].Number != 2 {
			t.Errorf("passes %+v", got)
		}
	})
}

func TestFanAtShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, s := newHub(t, nil), &sink{}
		f := h.NewFan("r1", hub.ClassViewer, s)
		if _, err := f.Sit(hub.JoinOptions{}); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- h.Shutdown(t.Context()) }()
		synctest.Wait()
		if s.byes != 1 {
			t.Errorf("%d byes, want 1", s.byes)
		}
		if _, err := f.Sit(hub.JoinOptions{}); !errors.Is(err, hub.ErrClosed) {
			t.Errorf("a seat after the shutdown: %v", err)
		}
		f.Leave("")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
