package guard

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// clockZones have clocks that change by an hour, by half an hour and never, that
// stand 30 and 45 minutes off, and one that left out a whole day.
var clockZones = []string{
	"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Australia/Adelaide", "Asia/Kolkata", "Asia/Kathmandu",
	"Pacific/Chatham", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Tehran", "America/Santiago", "Antarctica/Troll", "Asia/Gaza",
}

func zone(t interface{ Fatal(...any) }, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// TestQuietEnd holds the end of quiet hours against a walk minute by minute by
// the clock on the wall, near changes of the clocks above all.
func TestQuietEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		z := zone(t, rapid.SampledFrom(clockZones).Draw(t, "zone"))
		at := time.Date(2011, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, 18*365*24*60).Draw(t, "minute")) * time.Minute)
		if rapid.Bool().Draw(t, "near a change") {
			if _, change := at.In(z).ZoneBounds(); !change.IsZero() {
				at = change.Add(time.Duration(rapid.IntRange(-30*60, 30*60).Draw(t, "minutes from it")) * time.Minute)
			}
		}
		minute := rapid.IntRange(0, 24*60-1)
		w := window{minute.Draw(t, "from") * 60, minute.Draw(t, "to") * 60}
		if w.from == w.to {
			t.Skip("no hours")
		}
		at = at.Add(time.Duration(rapid.Int64Range(0, 59_999).Draw(t, "ms")) * time.Millisecond)
		quiet := func(at time.Time) bool {
			h, m, s := at.In(z).Clock()
			text := fmt.Sprintf("%02d:%02d:%02d", h, m, s)
			from, to := fmt.Sprintf("%02d:%02d:00", w.from/3600, w.from/60%60), fmt.Sprintf("%02d:%02d:00", w.to/3600, w.to/60%60)
			if from < to {
				return text >= from && text < to
			}
			return text >= from || text < to
		}
		if w.holds(at.In(z)) != quiet(at) {
			t.Fatalf("%s in %v: holds = %v", at.In(z), w, !quiet(at))
		}
		got := w.end(at, z)
		if quiet(got) || got.Before(at) {
			t.Fatalf("the end %s of %v from %s is quiet, or before", got, w, at.In(z))
		}
		// Everything before the end is quiet. Clocks change at full minutes only.
		for u := at; u.Before(got); u = u.Truncate(time.Minute).Add(time.Minute) {
			if !quiet(u) {
				t.Fatalf("%s is not quiet, the end of %v from %s is said to be %s", u.In(z), w, at.In(z), got.In(z))
			}
		}
		if got.After(at) && !quiet(got.Add(-time.Millisecond)) {
			t.Fatalf("%s is not quiet a moment before the end %s", got.Add(-time.Millisecond), got)
		}
	})
}

func TestQuietEndAtChanges(t *testing.T) {
	for _, c := range []struct{ why, zone, from, to, at, end string }{
		{"an ordinary night", "Asia/Shanghai", "21:00", "09:00", "2026-03-06T22:30:00+08:00", "2026-03-07T09:00:00+08:00"},
		{"not quiet", "Asia/Shanghai", "21:00", "09:00", "2026-03-06T12:30:00+08:00", "2026-03-06T12:30:00+08:00"},
		{"the first minute that is not", "Asia/Shanghai", "21:00", "09:00", "2026-03-06T09:00:00+08:00", "2026-03-06T09:00:00+08:00"},
		{"a night an hour short", "Europe/Berlin", "22:00", "08:00", "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00"},
		{"a night an hour long", "Europe/Berlin", "22:00", "08:00", "2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00"},
		{"an end that no clock shows", "Europe/Berlin", "22:00", "02:30", "2026-03-28T23:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"an end that clocks show twice: the first", "Europe/Berlin", "22:00", "02:30", "2026-10-24T23:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"quiet again after the clocks were put back", "Europe/Berlin", "22:00", "02:30", "2026-10-25T02:10:00+01:00", "2026-10-25T02:30:00+01:00"},
		{"put forward by half an hour", "Australia/Lord_Howe", "22:00", "02:15", "2026-10-03T23:00:00+10:30", "2026-10-04T02:30:00+11:00"},
		{"45 minutes off", "Asia/Kathmandu", "21:00", "07:00", "2026-03-06T23:00:00+05:45", "2026-03-07T07:00:00+05:45"},
		{"a day that never was", "Pacific/Apia", "21:00", "09:00", "2011-12-29T22:00:00-10:00", "2011-12-31T09:00:00+14:00"},
	} {
		w, err := (&QuietHours{c.from, c.to}).window()
		if err != nil {
			t.Fatal(err)
		}
		at, err1 := time.Parse(time.RFC3339, c.at)
		want, err2 := time.Parse(time.RFC3339, c.end)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := w.end(at, zone(t, c.zone)); !got.Equal(want) {
			t.Errorf("%s: quiet ends at %s, want %s", c.why, got, want)
		}
	}
}
