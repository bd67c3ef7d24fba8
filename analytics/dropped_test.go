package analytics

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestDropped: what several servers tell of a show adds up, also in a
// rehearsal; another merchant's word, another show's and what cannot be read
// change nothing, and no figure does.
func TestDropped(t *testing.T) {
	for _, rehearsal := range []bool{false, true} {
		show := testShow()
		show.Rehearsal = rehearsal
		f := NewFold(show)
		before := f.Figures(t0)
		if got := f.Dropped(); got == nil || len(got) != 0 {
			t.Errorf("nothing dropped is %v", got)
		}
		for i, e := range []live.Event{
			{Show: "s1", Merchant: "m1", Data: raw(`{"window_ms":5000,"reasons":{"likes_by_room":3,"muted":1}}`)},
			{Show: "s1", Merchant: "m1", Data: raw(`{"window_ms":5000,"reasons":{"likes_by_room":4}}`)},
			{Show: "s1", Merchant: "m2", Data: raw(`{"reasons":{"likes_by_room":50}}`)},
			{Show: "s2", Merchant: "m1", Data: raw(`{"reasons":{"likes_by_room":60}}`)},
			{Show: "s1", Merchant: "m1", Data: raw(`{"reasons":{"muted":-7}}`)},
			{Show: "s1", Merchant: "m1", Data: raw(`{"reasons":7}`)},
		} {
			e.Kind, e.Rehearsal, e.ReceivedAt, e.OccurredAt = live.EventsDropped, rehearsal, t0, t0
			if err := f.Add(live.Entry{Position: live.Position{Seq: uint64(i + 1)}, Event: e}); err != nil {
				t.Fatal(err)
			}
		}
		got := f.Dropped()
		if d := cmp.Diff(Dropped{"likes_by_room": 7, "muted": 1}, got); d != "" {
			t.Errorf("rehearsal %v (-want +got):\n%s", rehearsal, d)
		}
		got["muted"] = 100
		if f.Dropped()["muted"] != 1 {
			t.Error("the caller's copy is the fold's own")
		}
		if d := cmp.Diff(before, f.Figures(t0)); d != "" {
			t.Errorf("what was dropped changed a figure:\n%s", d)
		}
		s := SnapshotOf(show, &before, 0, t0, 0, true)
		for want, dropped := range map[string]Dropped{`{"muted":1}`: {"muted": 1}, `{}`: {}, "": nil} {
			s.Dropped = dropped
			var told struct {
				Dropped json.RawMessage `json:"events_dropped"`
			}
			data, err := json.Marshal(s.WithoutMoney())
			if err != nil || json.Unmarshal(data, &told) != nil || string(told.Dropped) != want {
				t.Errorf("%v is told as %s (%v)", dropped, told.Dropped, err)
			}
		}
	}
}
