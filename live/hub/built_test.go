package hub

import (
	"bytes"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// lines is a framer whose frames tests can read.
type lines struct{}

func (lines) Events(_ string, offset uint64, events [][]byte) []byte {
	return fmt.Appendf(nil, `{"offset":%d,"events":[%s]}`, offset, bytes.Join(events, []byte(",")))
}

// sample is a tick with everything a message can have.
func sample() []Message {
	return []Message{
		{Offset: 11, Audience: live.AudienceRoom, JSON: []byte(`{"n":11}`), Effect: Says, Comment: "c1", Author: "ann", Droppable: true},
		{Offset: 12, Audience: live.AudienceRoom, JSON: []byte(`{"n":12}`)},
		{Offset: 15, Audience: live.AudiencePanel, JSON: []byte(`{"n":15}`), Money: []byte(`{"n":15,"paid":3}`)},
		{Offset: 16, Audience: live.AudiencePerson, Person: "bob", JSON: []byte(`{"n":16}`)},
		{Offset: 20, Audience: live.AudienceRoom, JSON: []byte(`{"n":20}`)},
	}
}

// TestForwardedTick: what members of every class get of a tick that another
// process built is what they get of one built here, and viewers get its very frame.
func TestForwardedTick(t *testing.T) {
	var mu sync.Mutex
	var forwarded []Built
	owner := New(Config{Framer: lines{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler), Forward: func(_ live.RoomID, built func() Built) {
		mu.Lock()
		defer mu.Unlock()
		forwarded = append(forwarded, built())
	}})
	other := New(Config{Framer: lines{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	type seat struct{ here, there *Member }
	var seats []seat
	for _, o := range []JoinOptions{{}, {Person: "bob"}, {Class: ClassPanel}, {Class: ClassMoney}} {
		o.Wake = func() {}
		here, _, err := owner.Join("r1", o)
		if err != nil {
			t.Fatal(err)
		}
		there, _, err := other.Join("r1", o)
		if err != nil {
			t.Fatal(err)
		}
		seats = append(seats, seat{here, there})
	}
	owner.Publish("r1", sample())
	take := func(m *Member) []byte {
		var all []byte
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
			for d, ok := m.Next(); ok; d, ok = m.Next() {
				all = append(all, bytes.Join(d.Frames, []byte("\n"))...)
			}
			if len(all) > 0 {
				return all
			}
		}
		t.Fatal("no frame")
		return nil
	}
	want := make([][]byte, len(seats))
	for i, s := range seats {
		want[i] = take(s.here)
	}
	mu.Lock()
	raw := forwarded[0].Encode()
	mu.Unlock()
	b, err := DecodeBuilt(raw)
	if err != nil {
		t.Fatal(err)
	}
	if b.Prev != 0 || b.Offset != 20 || b.Frame == nil {
		t.Fatalf("forwarded %+v", b)
	}
	if diff := cmp.Diff(sample(), b.Messages, cmp.AllowUnexported(Message{})); diff != "" {
		t.Error(diff)
	}
	if n := bytes.Count(raw, []byte(`{"n":12}`)); n != 1 {
		t.Errorf("an event stands %d times in the message", n)
	}
	other.Take("r1", b)
	for i, s := range seats {
		if got := take(s.there); !bytes.Equal(got, want[i]) {
			t.Errorf("seat %d got %s, with the owner it was %s", i, got, want[i])
		}
	}
	// Who comes back is brought up to date by what was taken.
	_, j, err := other.Join("r1", JoinOptions{HasSince: true, Since: 12, Wake: func() {}})
	if err != nil || !j.Recovered || len(j.Messages) != 3 || j.Offset != 20 {
		t.Errorf("came back to %+v, %v", j, err)
	}
}

// TestForwardedThinning: comments that the owner of a large room leaves out are
// left out everywhere, but for their authors, those who return and the panels.
func TestForwardedThinning(t *testing.T) {
	h := New(Config{Framer: lines{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	msgs := []Message{
		{Offset: 1, Audience: live.AudienceRoom, JSON: []byte(`"one"`), Effect: Says, Comment: "c1", Author: "ann", Droppable: true},
		{Offset: 2, Audience: live.AudienceRoom, JSON: []byte(`"two"`), Effect: Says, Comment: "c2", Author: "bob", Droppable: true, thinned: true},
	}
	p := h.newPass(msgs, nil, 2)
	built := p.forOthers(0, time.Second)
	b, err := DecodeBuilt(built.Encode())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(msgs, b.Messages, cmp.AllowUnexported(Message{})); diff != "" {
		t.Fatal(diff)
	}
	seats := map[string]*Member{}
	for who, o := range map[string]JoinOptions{"ann": {Person: "ann"}, "bob": {Person: "bob"}, "panel": {Class: ClassPanel}} {
		o.Wake = func() {}
		if seats[who], _, err = h.Join("r1", o); err != nil {
			t.Fatal(err)
		}
	}
	h.Take("r1", b)
	for who, want := range map[string]string{
		"ann": `{"offset":2,"events":["one"]}`, "bob": `{"offset":2,"events":["one","two"]}`, "panel": `{"offset":2,"events":["one","two"]}`,
	} {
		got := ""
		for end := time.Now().Add(5 * time.Second); got == "" && time.Now().Before(end); time.Sleep(time.Millisecond) {
			if d, ok := seats[who].Next(); ok {
				got = string(bytes.Join(d.Frames, nil))
			}
		}
		if got != want {
			t.Errorf("%s got %s, want %s", who, got, want)
		}
	}
	if got := h.LeftOut("r1"); got != 1 {
		t.Errorf("%d comments left out, want 1", got)
	}
	if _, j, err := h.Join("r1", JoinOptions{HasSince: true, Wake: func() {}}); err != nil || len(j.Messages) != 2 || j.Messages[1].thinned {
		t.Errorf("who returns gets %+v, %v", j.Messages, err)
	}
}

func FuzzDecodeBuilt(f *testing.F) {
	for _, b := range []Built{
		{Prev: 3, Offset: 20, Interval: time.Second, Messages: sample(), Frame: []byte(`{"events":[{"n":11},{"n":12},{"n":20}]}`)},
		{Prev: 3, Offset: 20, Messages: sample()},
		{},
	} {
		f.Add(b.Encode())
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := DecodeBuilt(raw)
		if err != nil {
			return
		}
		again, err := DecodeBuilt(b.Encode())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(again.Encode(), b.Encode()) {
			t.Errorf("%+v\nis not\n%+v", again, b)
		}
	})
}
