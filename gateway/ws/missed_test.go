package ws

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
	"showrunner/live/hub"
)

// countedHistory has a message for everybody at every offset, and one for ann at
// each tenth. It counts how often it was read.
type countedHistory struct {
	reads atomic.Int64
	away  atomic.Bool
}

func (h *countedHistory) Range(_ context.Context, _ live.RoomID, after, until uint64) (msgs []hub.Message, ok bool) {
	h.reads.Add(1)
	time.Sleep(time.Millisecond) // as a disk does
	for o := after + 1; o <= until; o++ {
		m := hub.Message{Offset: o, Audience: live.AudienceRoom, JSON: fmt.Append(nil, o)}
		if o%10 == 0 {
			m.Audience, m.Person = live.AudiencePerson, "ann"
		}
		msgs = append(msgs, m)
	}
	return msgs, !h.away.Load()
}

// A thousand who missed the same cost one read, and who missed something of
// their own gets it.
func TestWhatManyMissedIsReadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		history := &countedHistory{}
		h := hub.New(hub.Config{Framer: Framer{}, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
		m := newMissed(h, history)
		returns := func(person string, since, until uint64) string {
			a := &arrival{room: live.Room{ID: "r1"}, since: since}
			r := m.of(t.Context(), a, &hub.Joined{TooOld: true, Offset: until})
			if r == nil {
				return "not recovered"
			}
			return string(bytes.Join(r.For(live.PersonID(person)), nil))
		}
		want := func(events ...string) string {
			return `{"type":"events","epoch":"","offset":12,"events":[` + strings.Join(events, ",") + `]}`
		}
		for i := range 1000 {
			go func() {
				person, all := "bob", want("8", "9", "11", "12")
				if i%100 == 0 {
					person, all = "ann", want("8", "9", "10", "11", "12")
				}
				if got := returns(person, 7, 12); got != all {
					t.Errorf("%s got %s, want %s", person, got, all)
				}
			}()
		}
		time.Sleep(time.Second)
		if n := history.reads.Load(); n != 1 {
			t.Errorf("%d reads for a thousand", n)
		}
		for i := range uint64(1000) { // Nobody missed the same.
			if got := returns("", 12+i, 13+i); got == "not recovered" || len(m.spans) > missedSpans {
				t.Fatalf("%s with %d spans kept", got, len(m.spans))
			}
		}
		history.away.Store(true)
		if got := returns("", 5000, 5001); got != "not recovered" {
			t.Errorf("of a history that is away: %s", got)
		}
		history.away.Store(false)
		if got := returns("", 5000, 5001); got == "not recovered" {
			t.Error("a failure lasts")
		}
		time.Sleep(missedKept)
		synctest.Wait()
		if len(m.spans) != 0 {
			t.Errorf("%d spans are kept for ever", len(m.spans))
		}
	})
}
