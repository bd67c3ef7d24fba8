package care

import (
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Span is a piece of a day, in minutes since midnight on the wall: 540 to 1080 is
// nine to six. Until may be 1440, the next midnight.
type Span struct{ From, Until int }

// Day is a calendar day, as a date of the zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the calendar day of an instant in its own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day{y, m, d}
}

// Hours are the hours of business: by day of the week, less the holidays, on the
// walls of a zone. No spans at all mean round the clock.
type Hours struct {
	Zone     *time.Location
	Week     [7][]Span // by [time.Weekday]; in order, not touching
	Holidays []Day     // in order
}

const dayMinutes = 24 * 60

// Check refuses spans that are not in order, or no hours at all. Codes:
// "invalid_field".
func (h *Hours) Check() error {
	for day, spans := range h.Week {
		last := -1
		for _, s := range spans {
			if s.From < 0 || s.Until > dayMinutes || s.From >= s.Until || s.From <= last {
				return live.Invalid("invalid_field", "hours", "%s must have spans in order that do not touch, each beginning before it ends", time.Weekday(day))
			}
			last = s.Until
		}
	}
	return nil
}

// always reports whether there are no hours, so that every minute counts.
func (h *Hours) always() bool {
	for _, spans := range h.Week {
		if len(spans) > 0 {
			return false
		}
	}
	return true
}

// open are the instants between which a calendar day is open. A clock that is put
// forward makes a span shorter, one put back longer: what counts is the time that
// passed, not what the wall said. A span inside the hour that does not exist is
// empty.
func (h *Hours) open(d Day) [][2]time.Time {
	spans := h.Week[h.wall(d, 12*60).Weekday()]
	if len(spans) == 0 || slices.Contains(h.Holidays, d) {
		return nil
	}
	out := make([][2]time.Time, 0, len(spans))
	for _, s := range spans {
		if from, until := h.wall(d, s.From), h.wall(d, s.Until); from.Before(until) {
			out = append(out, [2]time.Time{from, until})
		}
	}
	return out
}

// wall is the instant at which the wall of a day shows a time. One that the wall
// skips is the instant of the skip; one that it shows twice is the first.
func (h *Hours) wall(d Day, minutes int) time.Time {
	t := time.Date(d.Year, d.Month, d.Day, 0, minutes, 0, 0, h.Zone)
	want := time.Date(d.Year, d.Month, d.Day, 0, minutes, 0, 0, time.UTC)
	_, offset := t.Zone()
	shown := t.Add(time.Duration(offset) * time.Second).UTC()
	if shown.Year() != want.Year() || shown.YearDay() != want.YearDay() || shown.Hour() != want.Hour() || shown.Minute() != want.Minute() {
		// The wall never shows it. The skip is where the zone changes next to it.
		start, end := t.ZoneBounds()
		if !end.IsZero() && end.Sub(t) < 3*time.Hour {
			return end
		}
		return start
	}
	// If the zone changed shortly before, the wall may have shown it already.
	if start, _ := t.ZoneBounds(); !start.IsZero() && t.Sub(start) < 3*time.Hour {
		_, before := start.Add(-time.Second).In(h.Zone).Zone()
		if earlier := want.Add(-time.Duration(before) * time.Second); before > offset && earlier.Before(start) {
			return earlier.In(h.Zone)
		}
	}
	return t
}

// Between is how much time of business passed from one instant to another; zero
// if the other is not later.
func (h *Hours) Between(from, until time.Time) time.Duration {
	if !from.Before(until) {
		return 0
	}
	if h.always() {
		return until.Sub(from)
	}
	var sum time.Duration
	for d := h.eve(from); ; d = d.next() {
		if h.wall(d, 0).After(until) {
			return sum
		}
		for _, s := range h.open(d) {
			begin, end := later(s[0], from), earlier(s[1], until)
			if begin.Before(end) {
				sum += end.Sub(begin)
			}
		}
	}
}

// horizon is how far ahead a deadline is looked for. Hours that are closed for
// longer than that are closed for good.
const horizon = 2 * 366

// Add is the first instant by which so much time of business has passed. Ok is
// false if the doors stay closed for two years.
func (h *Hours) Add(from time.Time, d time.Duration) (due time.Time, ok bool) {
	if h.always() || d <= 0 {
		return from.Add(max(d, 0)), true
	}
	day := h.eve(from)
	for range horizon {
		for _, s := range h.open(day) {
			begin := later(s[0], from)
			if !begin.Before(s[1]) {
				continue
			}
			if has := s[1].Sub(begin); has < d {
				d -= has
				continue
			}
			return begin.Add(d), true
		}
		day = day.next()
	}
	return time.Time{}, false
}

// Open reports whether an instant is within the hours.
func (h *Hours) Open(t time.Time) bool {
	if h.always() {
		return true
	}
	for d, n := h.eve(t), 0; n < 3; d, n = d.next(), n+1 {
		for _, s := range h.open(d) {
			if !t.Before(s[0]) && t.Before(s[1]) {
				return true
			}
		}
	}
	return false
}

// eve is the day before that of an instant: a span of that day may reach beyond
// the midnight of a wall that was put back.
func (h *Hours) eve(t time.Time) Day {
	d := DayOf(t.In(h.Zone))
	return DayOf(time.Date(d.Year, d.Month, d.Day-1, 12, 0, 0, 0, time.UTC))
}

func (d Day) next() Day { return DayOf(time.Date(d.Year, d.Month, d.Day+1, 12, 0, 0, 0, time.UTC)) }

// String is the day as YYYY-MM-DD.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
