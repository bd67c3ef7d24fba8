package guard

import (
	"errors"
	"time"
)

const daySeconds = 24 * 60 * 60

// window is a part of the day by the clock on the wall, in seconds since
// midnight: from is quiet, to is not. It goes over midnight when to is less.
type window struct{ from, to int }

// window reads the hours.
func (q *QuietHours) window() (window, error) {
	from, okFrom := clock(q.From)
	to, okTo := clock(q.To)
	switch {
	case !okFrom || !okTo:
		return window{}, errors.New("must be two times of the day such as 21:00")
	case from == to:
		return window{}, errors.New("must begin and end at different times: null is never quiet, and an opt-out is always")
	}
	return window{from, to}, nil
}

func clock(s string) (seconds int, ok bool) {
	if len(s) != 5 || s[2] != ':' {
		return 0, false
	}
	for _, i := range []int{0, 1, 3, 4} {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	h, m := int(s[0]-'0')*10+int(s[1]-'0'), int(s[3]-'0')*10+int(s[4]-'0')
	return h*3600 + m*60, h < 24 && m < 60
}

// wall is what the clock on the wall shows, in seconds since midnight.
func wall(t time.Time) int {
	h, m, s := t.Clock()
	return h*3600 + m*60 + s
}

// holds reports whether an instant is quiet by its own zone.
func (w window) holds(t time.Time) bool {
	s := wall(t)
	if w.from < w.to {
		return s >= w.from && s < w.to
	}
	return s >= w.from || s < w.to
}

// end is the first instant from t on that is not quiet in zone; t itself when it
// is not. Where clocks are put forward over the end, that is the moment of the
// change; where they are put back into the hours, quiet begins again, and the
// end is the first of both.
func (w window) end(t time.Time, zone *time.Location) time.Time {
	// Two changes of the clocks within a day of each other have happened, hundreds
	// have not: the bound only keeps a broken zone from looping.
	for range 100 {
		t = t.In(zone)
		if !w.holds(t) {
			return t
		}
		left := w.to - wall(t)
		if left <= 0 {
			left += daySeconds
		}
		// The next change of the clocks may come before the hours are over.
		over := t.Add(time.Duration(left) * time.Second).Truncate(time.Second)
		_, change := t.ZoneBounds()
		if change.IsZero() || over.Before(change) {
			return over
		}
		t = change
	}
	return t
}
