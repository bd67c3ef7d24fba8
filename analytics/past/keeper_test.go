package past

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"showrunner/analytics"
	"showrunner/live"
)

// TestKeeper: each earlier show is read once, however often and by however many
// shows it is asked for; what fails is read the next time; what nobody needs is
// forgotten.
func TestKeeper(t *testing.T) {
	var on []live.Show
	loads, lists, asked := map[live.ShowID]int{}, 0, map[live.ShowID]int{}
	down := true
	k, err := New(Config{
		OnAir: func() []live.Show { return on },
		Earlier: func(_ context.Context, s live.Show, most int) (out []live.Show, err error) {
			lists++
			for i := range min(most, 3) {
				out = append(out, live.Show{ID: live.ShowID(fmt.Sprint(s.Room, "-", i)), Room: s.Room})
			}
			return out, nil
		},
		Audience: func(_ context.Context, s live.Show) (analytics.Audience, error) {
			if asked[s.ID]++; down {
				return analytics.Audience{}, errors.New("away")
			}
			return analytics.Audience{Rows: []analytics.AudienceRow{{Dimension: "fan", Key: "fan", WatchUV: int64(asked[s.ID])}}}, nil
		},
		Load: func(_ context.Context, s live.Show) (analytics.PastShow, error) {
			loads[s.ID]++
			if down {
				return analytics.PastShow{}, errors.New("away")
			}
			return analytics.PastShow{Show: s, Minutes: make([]analytics.Minute, 5)}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	a, b, rehearsal := live.Show{ID: "a", Room: "r1"}, live.Show{ID: "b", Room: "r1"}, live.Show{ID: "c", Room: "r1", Rehearsal: true}
	on = []live.Show{a, rehearsal}
	k.Refresh(t.Context())
	if k.Of(a) != nil || loads["r1-0"] != 1 {
		t.Fatalf("while ClickHouse is away: %v, %v", k.Of(a), loads)
	}
	down = false
	for range 50 {
		k.Refresh(t.Context())
		if got := k.Of(a); len(got) != 3 || len(got[0].Minutes) != 5 || k.Of(rehearsal) != nil {
			t.Fatalf("past %v", got)
		}
	}
	// Fifty looks and any number of readers are fifty questions.
	for range 1000 {
		if got := k.AudienceOf(a); got == nil || got.Rows[0].WatchUV != 51 {
			t.Fatalf("audience %v", got)
		}
	}
	if asked["a"] != 51 || asked["c"] != 0 {
		t.Errorf("asked %v", asked)
	}
	on = []live.Show{a, b}
	k.Refresh(t.Context())
	if len(k.Of(b)) != 3 || loads["r1-0"] != 2 || loads["r1-1"] != 1 || loads["r1-2"] != 1 || lists != 3 {
		t.Errorf("loads %v, lists %d", loads, lists)
	}
	on = []live.Show{b}
	k.Refresh(t.Context())
	if k.Of(a) != nil || k.AudienceOf(a) != nil || len(k.Of(b)) != 3 {
		t.Error("what is not on air is kept")
	}
}
