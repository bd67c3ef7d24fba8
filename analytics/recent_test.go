package analytics

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"showrunner/live"
)

// TestRecent draws a show minute by minute and compares with sums made over the
// facts themselves.
func TestRecent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		show := testShow()
		show.State, show.EndedAt = live.ShowStateLive, time.Time{}
		log := randomLog(t, show)
		asOf := show.StartedAt.Add(time.Duration(rapid.IntRange(0, 45*60).Draw(t, "seconds on air")) * time.Second)
		f := NewFold(show)
		var kept []live.Entry
		for _, e := range log {
			if e.Event.ReceivedAt.After(asOf) {
				continue
			}
			kept = append(kept, e)
			if err := f.Add(e); err != nil {
				t.Fatal(err)
			}
		}
		figures := f.Figures(asOf)
		end := asOf.Truncate(time.Minute)
		if end.Before(show.StartedAt) {
			end = show.StartedAt
		}
		first := show.StartedAt.Truncate(time.Minute).Add(time.Minute)
		brute := func(from, to time.Time) (entered, minutes int64) {
			for at := from; at.Before(to); at = at.Add(time.Minute) {
				if !at.Before(first) {
					minutes++
				}
			}
			bots := map[live.PersonID]bool{}
			for _, e := range kept {
				if e.Event.Show == "s1" && !e.Event.Rehearsal && (e.Event.Kind == live.BotFlagged || e.Event.Kind == live.BotUnflagged) {
					bots[e.Event.Person] = e.Event.Kind == live.BotFlagged
				}
			}
			for _, e := range kept {
				x := e.Event
				if x.Kind == live.RoomEntered && x.Show == "s1" && x.Counts() && (x.Person == "" || !bots[x.Person]) && !x.ReceivedAt.Before(from) && x.ReceivedAt.Before(to) && !x.ReceivedAt.Before(first) {
					entered++
				}
			}
			return entered, minutes
		}
		nowN, nowM := brute(end.Add(-10*time.Minute), end)
		oldN, oldM := brute(end.Add(-20*time.Minute), end.Add(-10*time.Minute))
		got := RecentOf(show, &figures)[0]
		if got.Now != (Rate{nowN, nowM}) || got.Before != (Rate{oldN, oldM}) || got.Sample != nowN+oldN {
			t.Fatalf("inflow %+v, want %d/%d and %d/%d", got, nowN, nowM, oldN, oldM)
		}
		if got.Enough != (nowM == 10 && oldM == 10 && nowN+oldN >= RecentLeast) {
			t.Fatalf("enough is %v of %d in %d and %d minutes", got.Enough, got.Sample, nowM, oldM)
		}
	})
}

// TestRecentChange tells changes exactly, and says when they may be chance.
func TestRecentChange(t *testing.T) {
	show := testShow()
	show.StartedAt = t0.Truncate(time.Minute)
	f := Figures{AsOf: show.StartedAt.Add(20*time.Minute + 30*time.Second)}
	for i := range 20 {
		m := Minute{T: show.StartedAt.Add(time.Duration(i) * time.Minute), Entered: 4, Online: 10, Comments: 1, Paid: 2, Money: []MinuteMoney{{Currency: "CNY", Paid: 1000}, {Currency: "USD", Paid: 7}}}
		if i >= 10 {
			m.Entered, m.Online, m.Paid, m.Money[0].Paid = 1, 20, 4, 1500
		}
		f.Minutes = append(f.Minutes, m)
	}
	f.Minutes = append(f.Minutes, Minute{T: show.StartedAt.Add(20 * time.Minute), Entered: 1000}) // not over yet
	raw, err := json.Marshal(Recents(RecentOf(show, &f)))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]struct {
		Now, Before struct{ Numerator, Denominator int64 }
		Change      *float64
		Sample      int64
		Enough      bool
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	type row struct {
		Now, Before [2]int64
		Change      float64
		Sample      int64
		Enough      bool
	}
	have := map[string]row{}
	for k, r := range got {
		x := row{[2]int64{r.Now.Numerator, r.Now.Denominator}, [2]int64{r.Before.Numerator, r.Before.Denominator}, 0, r.Sample, r.Enough}
		if r.Change != nil {
			x.Change = *r.Change
		}
		have[k] = x
	}
	want := map[string]row{
		"inflow_10m":     {[2]int64{10, 10}, [2]int64{40, 10}, -0.75, 50, true},
		"online_10m":     {[2]int64{200, 10}, [2]int64{100, 10}, 1, 300, true},
		"comments_10m":   {[2]int64{10, 10}, [2]int64{10, 10}, 0, 20, false},
		"clicks_10m":     {[2]int64{0, 10}, [2]int64{0, 10}, 0, 0, false},
		"orders_10m":     {[2]int64{0, 10}, [2]int64{0, 10}, 0, 0, false},
		"gmv_10m_minor":  {[2]int64{15000, 10}, [2]int64{10000, 10}, 0.5, 60, true},
		"conversion_10m": {[2]int64{40, 200}, [2]int64{20, 100}, 0, 60, true},
	}
	if d := cmp.Diff(want, have); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	if len(Recents(RecentOf(show, &f)).WithoutMoney()) != len(RecentFigures)-1 {
		t.Error("money is told to who may not see it")
	}
	// A show of fifteen minutes has no ten minutes before the last ten.
	f.AsOf = show.StartedAt.Add(15 * time.Minute)
	if r := RecentOf(show, &f)[0]; r.Enough || r.Before.Den != 5 {
		t.Errorf("after fifteen minutes: %+v", r)
	}
	if r := RecentOf(live.Show{}, &Figures{})[0]; r.Enough || r.Now.Den != 0 {
		t.Errorf("before the start: %+v", r)
	}
}
