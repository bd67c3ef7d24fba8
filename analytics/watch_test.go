package analytics

import (
	"testing"
	"time"

	"showrunner/live"
)

// A heartbeat counts as far as it lies within the show, and figures do not
// depend on when the end of the show became known.
func TestFoldCutsWatchTime(t *testing.T) {
	over := testShow()
	running := over
	running.State, running.EndedAt = live.ShowStateLive, time.Time{}
	f := NewFold(running)
	beat := func(at time.Time, ms int) {
		t.Helper()
		err := f.Add(live.Entry{Event: live.Event{
			Kind: live.WatchHeartbeat, Merchant: "m1", Show: "s1", Person: "a", Actor: live.Actor{Role: live.RoleViewer},
			OccurredAt: at, ReceivedAt: at.Add(time.Second), Data: raw(`{"visible":true,"watched_ms":%d}`, ms),
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	beat(over.StartedAt, 30_000)                     // all of it before
	beat(over.StartedAt.Add(10*time.Second), 30_000) // 10 s of it
	beat(over.StartedAt.Add(20*time.Minute), 30_000) // and long forgotten when the show ends
	beat(over.EndedAt.Add(-time.Second), 30_000)     // all of it
	beat(over.EndedAt.Add(20*time.Second), 30_000)   // 10 s of it, on its way when the show ended
	beat(over.EndedAt.Add(60*time.Second), 30_000)   // nothing
	if ms := f.Figures(over.EndedAt).Traffic.WatchMS; ms != 130_000 {
		t.Errorf("watched %d ms before the end is known, want 130000", ms)
	}
	f.SetShow(over)
	beat(over.EndedAt.Add(25*time.Second), 30_000) // 5 s of it, after the end is known
	if got := f.Figures(over.EndedAt); got.Traffic.WatchMS != 85_000 || got.Raw.WatchMS != 85_000 || got.Traffic.WatchUV60s != 1 {
		t.Errorf("watched %d ms, raw %d, %d persons over a minute; want 85000, 85000, 1", got.Traffic.WatchMS, got.Raw.WatchMS, got.Traffic.WatchUV60s)
	}
}

// Who falls below a minute because the show ended earlier is no longer one of
// those who watched a minute.
func TestFoldCutBelowAMinute(t *testing.T) {
	show := testShow()
	end := show.EndedAt
	show.State, show.EndedAt = live.ShowStateLive, time.Time{}
	f := NewFold(show)
	for i := range 3 {
		at := end.Add(time.Duration(i-1) * 25 * time.Second)
		if err := f.Add(live.Entry{Event: live.Event{
			Kind: live.WatchHeartbeat, Merchant: "m1", Show: "s1", Person: "a", Actor: live.Actor{Role: live.RoleViewer},
			OccurredAt: at, ReceivedAt: at, Data: raw(`{"visible":true,"watched_ms":25000}`),
		}}); err != nil {
			t.Fatal(err)
		}
	}
	if n := f.Figures(end).Traffic.WatchUV60s; n != 1 {
		t.Fatalf("%d persons over a minute, want 1", n)
	}
	show.State, show.EndedAt = live.ShowStateEnded, end
	f.SetShow(show)
	if got := f.Figures(end).Traffic; got.WatchUV60s != 0 || got.WatchMS != 50_000 {
		t.Errorf("%d persons over a minute and %d ms, want 0 and 50000", got.WatchUV60s, got.WatchMS)
	}
}
