package clickhouse

import "time"

// month is what goes into one partition. An insert that makes parts in two is not
// atomic, and its token counts in each apart.
type month struct{ from, until time.Time }

// monthOf is the month of an event.
func monthOf(t time.Time) month {
	t = t.UTC()
	from := time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	return month{from, from.AddDate(0, 1, 0)}
}

func (m month) has(t time.Time) bool { return !t.Before(m.from) && t.Before(m.until) }
