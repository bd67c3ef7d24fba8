package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/hub"
)

// A large room shows its viewers as many comments as they can read; panels see
// all, everybody sees their own, what is no comment is never left out, and whoever
// returns gets all of it.
func TestCommentsOfALargeRoomAreThinned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, func(c *hub.Config) { c.Comments = hub.Comments{PerSecond: 2, Room: 3} })
		says := func(offset uint64, author live.PersonID) hub.Message {
			m := roomMsg(offset)
			m.Effect, m.Author, m.Droppable = hub.Says, author, true
			return m
		}
		burst := func(from uint64) []hub.Message {
			return []hub.Message{says(from, "x"), says(from+1, "x"), says(from+2, "ann"), roomMsg(from + 3), says(from+4, "x"), says(from+5, "")}
		}
		seen := func(s *socket) (events []uint64) {
			for _, f := range s.all(t) {
				events = append(events, f.Events...)
			}
			return events
		}
		ann, _ := join(t, h, hub.JoinOptions{Person: "ann"})
		bob, _ := join(t, h, hub.JoinOptions{Person: "bob"})
		h.Publish("r1", burst(1))
		synctest.Wait()
		if diff := cmp.Diff([]uint64{1, 2, 3, 4, 5, 6}, seen(bob)); diff != "" || h.LeftOut("r1") != 0 {
			t.Errorf("a small room (-want +got):\n%s", diff)
		}
		seen(ann)
		panel, _ := join(t, h, hub.JoinOptions{Class: hub.ClassPanel})
		fan := &sink{}
		f := h.NewFan("r1", hub.ClassViewer, fan)
		if _, err := f.Sit(hub.JoinOptions{Person: "cid"}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(30 * time.Second)
		h.Publish("r1", burst(11))
		synctest.Wait()
		for name, c := range map[string]struct {
			s    *socket
			want []uint64
		}{
			"the author": {ann, []uint64{11, 12, 13, 14}},
			"another":    {bob, []uint64{11, 12, 14}},
			"a panel":    {panel, []uint64{11, 12, 13, 14, 15, 16}},
		} {
			if diff := cmp.Diff(c.want, seen(c.s)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		p := fan.take()[0]
		if got := wire(t, p); len(got) != 1 || !cmp.Equal(got[0].Events, []uint64{11, 12, 14}) {
			t.Errorf("a fan got %v", got)
		}
		if _, events, own := p.For("ann", 0); !own || events != 4 {
			t.Errorf("a fan has %d events for the author, own %t", events, own)
		}
		if n := h.LeftOut("r1"); n != 3 {
			t.Errorf("%d left out, want 3", n)
		}
		_, j := join(t, h, hub.JoinOptions{Person: "bob", Since: 10, HasSince: true})
		var got []uint64
		for _, raw := range h.Encode(hub.ClassViewer, "bob", j.Messages, j.Offset) {
			got = append(got, parse(t, raw).Events...)
		}
		if diff := cmp.Diff([]uint64{11, 12, 13, 14, 15, 16}, got); diff != "" {
			t.Errorf("after a return (-want +got):\n%s", diff)
		}
		time.Sleep(500 * time.Millisecond)
		h.Publish("r1", burst(21))
		synctest.Wait()
		if diff := cmp.Diff([]uint64{21, 24}, seen(bob)); diff != "" {
			t.Errorf("half a second later (-want +got):\n%s", diff)
		}
	})
}
