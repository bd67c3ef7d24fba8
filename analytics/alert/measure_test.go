package alert

import (
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

var began = time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)

// minutes makes whole minutes that are all alike.
func minutes(from time.Time, n int, like analytics.Minute) []analytics.Minute {
	out := make([]analytics.Minute, n)
	for i := range out {
		out[i] = like
		out[i].T = from.Add(time.Duration(i) * time.Minute)
	}
	return out
}

// onAir is a show that has been on for some minutes and half of one more.
func onAir(n int, like analytics.Minute) Input {
	return Input{
		Show:    live.Show{ID: "s1", Room: "r1", Merchant: "m1", Currency: "CNY", State: live.ShowStateLive, StartedAt: began},
		Figures: &analytics.Figures{AsOf: began.Add(time.Duration(n)*time.Minute + 30*time.Second), Minutes: minutes(began, n, like)},
	}
}

// earlier adds a show of so many days ago with so many minutes.
func (in *Input) earlier(days, n int, like analytics.Minute) {
	at := began.Add(-time.Duration(days) * 24 * time.Hour)
	in.Past = append(in.Past, analytics.PastShow{Show: live.Show{StartedAt: at}, Minutes: minutes(at, n, like)})
}

func TestFalls(t *testing.T) {
	busy, slow := analytics.Minute{Entered: 40, Online: 100, Paid: 5}, analytics.Minute{Entered: 20, Online: 100, Paid: 2}
	full := func() Input {
		in := onAir(30, slow)
		in.earlier(1, 60, busy)
		in.earlier(3, 60, analytics.Minute{Entered: 10, Online: 100, Paid: 1})
		in.earlier(6, 60, analytics.Minute{Entered: 90, Online: 100, Paid: 9})
		return in
	}
	for _, c := range []struct {
		name               string
		in                 Input
		inflow, conversion int64 // per cent of the median; -1: not known
	}{
		{"half of the median", full(), 50, 40},
		{"too few shows", func() Input { in := full(); in.Past = in.Past[:2]; return in }(), -1, -1},
		{"a show of more than seven days ago", func() Input {
			in := full()
			in.Past[0].Show.StartedAt = in.Past[0].Show.StartedAt.Add(-7 * 24 * time.Hour)
			return in
		}(), -1, -1},
		{"a show that was over by that minute", func() Input { in := full(); in.Past[0].Minutes = in.Past[0].Minutes[:29]; return in }(), -1, -1},
		{"the first nine minutes", func() Input { in := full(); in.Figures.AsOf = began.Add(10*time.Minute - time.Second); return in }(), -1, -1},
		{"paused", func() Input { in := full(); in.Show.State = live.ShowStatePaused; return in }(), -1, -1},
		{"nobody there", func() Input {
			in := full()
			in.Figures.Minutes = nil
			return in
		}(), 0, -1},
		{"so little that it may be chance", func() Input {
			in := full()
			for i := range in.Past {
				for k := range in.Past[i].Minutes {
					in.Past[i].Minutes[k] = analytics.Minute{Online: 1000, Paid: int64(k % 2)} // no entries, one payment in two minutes
				}
			}
			return in
		}(), -1, -1},
		{"an even number of shows has the lower median", func() Input {
			in := full()
			in.earlier(5, 60, analytics.Minute{Entered: 80, Online: 100, Paid: 8})
			return in
		}(), 50, 40},
	} {
		for kind, want := range map[Kind]int64{InflowFall: c.inflow, ConversionFall: c.conversion} {
			r := Rule{Kind: kind, Raise: want, Clear: want}
			got := r.Measure(&c.in)
			switch {
			case want < 0 && len(got) > 0:
				t.Errorf("%s: %s is known as %+v", c.name, kind, got)
			case want >= 0 && (len(got) != 1 || got[0].Num != want*got[0].Den):
				t.Errorf("%s: %s is %+v, want %d %%", c.name, kind, got, want)
			case want > 0 && (r.Bad(got[0]) || !r.Calm(got[0])):
				t.Errorf("%s: %s at its limit is bad", c.name, kind)
			}
			if r.Raise = want + 1; want > 0 && !r.Bad(got[0]) {
				t.Errorf("%s: %s below its limit is not bad", c.name, kind)
			}
		}
	}
}

func TestStockAhead(t *testing.T) {
	in := onAir(30, analytics.Minute{})
	in.Items = []live.Item{
		{SKU: "soon", Product: "p", Listed: true, Released: 100, Reserved: 20, Sold: 40},
		{SKU: "later", Listed: true, Released: 1000},
		{SKU: "still", Listed: true, Released: 5},
		{SKU: "gone", Listed: true, Released: 5, Sold: 5},
		{SKU: "off", Released: 5},
		{SKU: "never", Listed: true},
	}
	in.Ordered = map[live.SKUID]int64{"soon": 50, "later": 50, "gone": 5, "off": 5}
	r := DefaultRules().Rules[2]
	got := map[string][2]bool{}
	for _, x := range r.Measure(&in) {
		got[x.Subject] = [2]bool{r.Bad(x), r.Calm(x)}
		if x.Subject == "soon" && (x.Num != 400 || x.Den != 50 || x.Evidence["left"] != int64(40)) {
			t.Errorf("40 left at 50 in ten minutes are %+v", x)
		}
	}
	if len(got) != 3 || got["soon"] != [2]bool{true, false} || got["later"] != [2]bool{false, true} || got["still"] != [2]bool{false, true} {
		t.Errorf("bad, calm: %v", got)
	}
}

func TestBursts(t *testing.T) {
	in := onAir(30, analytics.Minute{})
	in.Figures.Minutes[20].Complaints = 100 // eleven minutes ago
	in.Figures.Minutes[21].Complaints = 4
	in.Figures.Minutes = append(in.Figures.Minutes, analytics.Minute{T: began.Add(30 * time.Minute), Complaints: 1, Breaches: 2})
	complaints, breaches := Rule{Kind: ComplaintBurst, Raise: 5, Clear: 4}, Rule{Kind: SLABreach, Raise: 3, Clear: 2}
	if got := complaints.Measure(&in); len(got) != 1 || got[0].Num != 5 || !complaints.Bad(got[0]) || complaints.Calm(got[0]) {
		t.Errorf("complaints %+v", got)
	}
	if got := breaches.Measure(&in); len(got) != 1 || got[0].Num != 2 || breaches.Bad(got[0]) || !breaches.Calm(got[0]) {
		t.Errorf("breaches %+v", got)
	}
}
