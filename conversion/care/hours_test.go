package care

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// office is nine to six from Monday to Friday.
func office(z *time.Location) Hours {
	h := Hours{Zone: z}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = []Span{{9 * 60, 18 * 60}}
	}
	return h
}

func TestHoursBetween(t *testing.T) {
	shanghai, newYork, lordHowe := zone(t, "Asia/Shanghai"), zone(t, "America/New_York"), zone(t, "Australia/Lord_Howe")
	night := Hours{Zone: newYork}
	for d := range night.Week {
		night.Week[d] = []Span{{0, 4 * 60}, {22 * 60, 24 * 60}}
	}
	early := Hours{Zone: lordHowe}
	for d := range early.Week {
		early.Week[d] = []Span{{60, 3 * 60}}
	}
	holiday := office(shanghai)
	holiday.Holidays = []Day{{2026, time.October, 1}, {2026, time.October, 2}}
	at := func(z *time.Location, s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, z)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	f := func(name string, h Hours, from, until time.Time, want time.Duration) {
		t.Helper()
		if got := h.Between(from, until); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	f("within a day", office(shanghai), at(shanghai, "2026-03-02 10:00"), at(shanghai, "2026-03-02 11:30"), 90*time.Minute)
	f("over a night", office(shanghai), at(shanghai, "2026-03-02 17:00"), at(shanghai, "2026-03-03 10:00"), 2*time.Hour)
	f("over a weekend", office(shanghai), at(shanghai, "2026-03-06 17:00"), at(shanghai, "2026-03-09 10:00"), 2*time.Hour)
	f("outside", office(shanghai), at(shanghai, "2026-03-07 08:00"), at(shanghai, "2026-03-08 23:00"), 0)
	f("over holidays", holiday, at(shanghai, "2026-09-30 17:00"), at(shanghai, "2026-10-05 10:00"), 2*time.Hour)
	f("backwards", office(shanghai), at(shanghai, "2026-03-02 11:00"), at(shanghai, "2026-03-02 10:00"), 0)
	f("the night an hour is missing", night, at(newYork, "2026-03-08 00:00"), at(newYork, "2026-03-08 12:00"), 3*time.Hour)
	f("the night an hour comes twice", night, at(newYork, "2026-11-01 00:00"), at(newYork, "2026-11-01 12:00"), 5*time.Hour)
	f("half an hour is missing", early, at(lordHowe, "2026-10-04 00:00"), at(lordHowe, "2026-10-04 12:00"), 90*time.Minute)
	f("half an hour comes twice", early, at(lordHowe, "2026-04-05 00:00"), at(lordHowe, "2026-04-05 12:00"), 150*time.Minute)
	always := Hours{Zone: time.UTC}
	f("round the clock", always, at(time.UTC, "2026-03-06 17:00"), at(time.UTC, "2026-03-09 10:00"), 65*time.Hour)
}

// zones have clocks that are put forward and back by an hour, by half of one, at
// midnight, or never.
var zones = []string{"UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago", "Asia/Beirut", "Africa/Cairo", "Asia/Kathmandu"}

func someHours(t *rapid.T) Hours {
	z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	h := Hours{Zone: z}
	for d := range h.Week {
		for at := 0; ; {
			from := at + rapid.IntRange(1, 900).Draw(t, "gap") - 1
			until := from + rapid.IntRange(1, 900).Draw(t, "length")
			if until > dayMinutes {
				break
			}
			h.Week[d] = append(h.Week[d], Span{from, until})
			at = until + 1
		}
	}
	if rapid.Bool().Draw(t, "holiday") {
		h.Holidays = []Day{{2026, time.March, 29}, {2026, time.November, 1}}
	}
	return h
}

// near draws an instant of a year, often close to a change of a clock.
func near(t *rapid.T, h Hours) time.Time {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
	if rapid.Bool().Draw(t, "near a change") {
		if _, end := at.In(h.Zone).ZoneBounds(); !end.IsZero() && end.Year() < 2028 {
			at = end.Add(time.Duration(rapid.IntRange(-2000, 2000).Draw(t, "beside")) * time.Minute).UTC()
		}
	}
	return at
}

// counted is the time of business minute by minute: those whose wall is inside a
// span of a day that is no holiday.
func counted(h *Hours, from, until time.Time) (sum time.Duration) {
	for at := from; at.Before(until); at = at.Add(time.Minute) {
		wall := at.In(h.Zone)
		minute, day := wall.Hour()*60+wall.Minute(), DayOf(wall)
		holiday := false
		for _, d := range h.Holidays {
			holiday = holiday || d == day
		}
		for _, s := range h.Week[wall.Weekday()] {
			if !holiday && minute >= s.From && minute < s.Until {
				sum += time.Minute
			}
		}
	}
	return sum
}

// TestHoursAreCounted: away from the changes of a clock, where the wall goes on
// evenly, the arithmetic is the count of minutes.
func TestHoursAreCounted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := someHours(t)
		from := near(t, h)
		until := from.Add(time.Duration(rapid.IntRange(0, 5*24*60).Draw(t, "long")) * time.Minute)
		if _, change := from.In(h.Zone).ZoneBounds(); !change.IsZero() && change.Before(until.Add(48*time.Hour)) {
			t.Skip("the clock changes")
		}
		if start, _ := from.In(h.Zone).ZoneBounds(); !start.IsZero() && from.Sub(start) < 48*time.Hour {
			t.Skip("the clock changed")
		}
		if h.always() {
			t.Skip("round the clock")
		}
		if got, want := h.Between(from, until), counted(&h, from, until); got != want {
			t.Errorf("%s to %s in %s: %s, counted %s", from, until, h.Zone, got, want)
		}
	})
}

// TestHoursAdd: a deadline is the first instant by which so much time of business
// has passed, over every change of a clock, and spans add up.
func TestHoursAdd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := someHours(t)
		from := near(t, h)
		d := time.Duration(rapid.IntRange(1, 100*3600).Draw(t, "seconds")) * time.Second
		due, ok := h.Add(from, d)
		if !ok {
			t.Skip("always closed")
		}
		if got := h.Between(from, due); got != d {
			t.Errorf("%s after %s in %s is %s, between them %s", d, from, h.Zone, due, got)
		}
		if got := h.Between(from, due.Add(-time.Millisecond)); got != d-time.Millisecond {
			t.Errorf("a millisecond before the deadline %s passed, want %s", got, d-time.Millisecond)
		}
		mid := from.Add(time.Duration(rapid.Int64Range(0, int64(due.Sub(from))).Draw(t, "mid")))
		if a, b := h.Between(from, mid), h.Between(mid, due); a+b != d {
			t.Errorf("%s and %s do not add up to %s", a, b, d)
		}
		if b := h.Between(from, mid); b < 0 || b > mid.Sub(from) {
			t.Errorf("%s of business in %s", b, mid.Sub(from))
		}
	})
}

func TestHoursCheck(t *testing.T) {
	for name, spans := range map[string][]Span{
		"backwards": {{600, 540}}, "empty": {{600, 600}}, "over midnight": {{600, 1441}}, "negative": {{-1, 60}}, "touching": {{60, 120}, {120, 180}}, "out of order": {{300, 400}, {60, 120}},
	} {
		h := Hours{Zone: time.UTC}
		h.Week[time.Tuesday] = spans
		if h.Check() == nil {
			t.Errorf("%s was taken", name)
		}
	}
	closed := Hours{Zone: time.UTC}
	closed.Week[time.Monday] = []Span{{0, 1}}
	for d := (Day{2026, 1, 1}); d.Year < 2029; d = d.next() {
		closed.Holidays = append(closed.Holidays, d)
	}
	if due, ok := closed.Add(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Minute); ok {
		t.Errorf("doors that stay closed reach a deadline at %s", due)
	}
}
