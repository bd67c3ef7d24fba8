package ws

import (
	"reflect"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/hub"
)

// A viewer that does nothing is numbers only: what the garbage collector has to
// look at is paid by everybody.
func TestViewerIsSmallAndHasNoPointers(t *testing.T) {
	if size := unsafe.Sizeof(viewer{}); size > 200 {
		t.Errorf("a viewer has %d bytes", size)
	}
	for f := range reflect.TypeFor[viewer]().Fields() {
		k := f.Type.Kind()
		if k == reflect.Array {
			k = f.Type.Elem().Kind()
		}
		if k < reflect.Bool || k > reflect.Float64 {
			t.Errorf("%s is a %s", f.Name, f.Type)
		}
	}
}

func TestViewerIsWhoArrived(t *testing.T) {
	s := &shard{fans: []*fan{{room: live.Room{ID: "r1", Merchant: "m1", Currency: "CNY"}}}}
	for _, want := range []*arrival{
		{who: live.Principal{Subject: "v1", Role: live.RoleViewer, Merchant: "m1"}},
		{who: live.Principal{Subject: "v2", Name: "Ann", Role: live.RoleViewer, Merchant: "m1", Rooms: []live.RoomID{"r1", "r2"}, Expires: time.Unix(1e9, 5e6).UTC()}, channel: "private/group", campaign: "c"},
		{who: live.Principal{Subject: "op", Role: live.RoleAdmin, Rooms: []live.RoomID{}}},
	} {
		want.room, want.class = s.fans[0].room, hub.ClassViewer
		v := &viewer{}
		s.settle(v, want)
		if diff := cmp.Diff(*want, *s.arrival(v), cmp.AllowUnexported(arrival{})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := s.personOf(v); got != want.countedPerson() {
			t.Errorf("counted as %q, want %q", got, want.countedPerson())
		}
		s.unsettle(v)
	}
	if len(s.symbols.index) != 0 {
		t.Errorf("strings of those who left are kept: %v", s.symbols.index)
	}
}

// What is meant for a socket that is gone never meets the next one of its slot.
func TestSlotsCountTheirSockets(t *testing.T) {
	var s slots
	seen := map[[2]uint32]bool{}
	for range 3 {
		var taken []uint32
		for range 2 * slotChunk {
			slot := s.take()
			if key := [2]uint32{slot, s.at(slot).gen}; seen[key] {
				t.Fatalf("slot %d had generation %d before", key[0], key[1])
			} else {
				seen[key] = true
			}
			taken = append(taken, slot)
		}
		for _, slot := range taken {
			s.give(slot)
		}
	}
	if s.used != 0 || s.size() != 2*slotChunk {
		t.Errorf("%d of %d used", s.used, s.size())
	}
}
