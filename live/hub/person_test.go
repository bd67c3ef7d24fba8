package hub_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/hub"
)

func personMsg(offset uint64, person live.PersonID) hub.Message {
	m := roomMsg(offset)
	m.Audience, m.Person = live.AudiencePerson, person
	return m
}

// What concerns one person reaches all their sockets and nobody else's, in its
// place among the others, live and after a return.
func TestMessageToOnePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, nil)
		ann, _ := join(t, h, hub.JoinOptions{Person: "ann"})
		tab, _ := join(t, h, hub.JoinOptions{Person: "ann", Since: 0, HasSince: true})
		bob, _ := join(t, h, hub.JoinOptions{Person: "bob"})
		panel, _ := join(t, h, hub.JoinOptions{Class: hub.ClassMoney})
		h.Publish("r1", []hub.Message{roomMsg(1), personMsg(2, "ann"), roomMsg(3), personMsg(4, "")})
		synctest.Wait()
		time.Sleep(time.Second)
		h.Publish("r1", []hub.Message{personMsg(5, "bob")})
		synctest.Wait()
		for name, c := range map[string]struct {
			s    *socket
			want []frame
		}{
			"ann":     {ann, []frame{{4, []uint64{1, 2, 3}}}},
			"her tab": {tab, []frame{{4, []uint64{1, 2, 3}}}},
			"bob":     {bob, []frame{{4, []uint64{1, 3}}, {5, []uint64{5}}}},
			"panel":   {panel, []frame{{4, []uint64{1, 3}}}},
		} {
			if diff := cmp.Diff(c.want, c.s.all(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		_, j := join(t, h, hub.JoinOptions{Person: "ann", Since: 1, HasSince: true})
		for person, want := range map[live.PersonID][]uint64{"ann": {2, 3}, "bob": {3, 5}, "": {3}} {
			var got []uint64
			for _, f := range h.Encode(hub.ClassViewer, person, j.Messages, j.Offset) {
				got = append(got, parse(t, f).Events...)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%q returns (-want +got):\n%s", person, diff)
			}
		}
	})
}
