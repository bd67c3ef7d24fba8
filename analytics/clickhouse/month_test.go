package clickhouse

import (
	"testing"
	"time"
)

func TestMonth(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	for _, at := range []time.Time{
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2024, 2, 29, 23, 59, 59, 999e6, time.UTC), time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC),
		time.Date(2027, 1, 1, 7, 59, 0, 0, shanghai),
		{},
	} {
		m, utc := monthOf(at), at.UTC()
		for _, other := range []time.Time{
			at, at.In(shanghai), m.from, m.from.Add(-time.Millisecond), m.until, m.until.Add(-time.Millisecond), at.AddDate(1, 0, 0), at.AddDate(0, -1, 0),
		} {
			is := other.UTC()
			if want := is.Year() == utc.Year() && is.Month() == utc.Month(); m.has(other) != want {
				t.Errorf("%s is in the month of %s: %t", other, at, !want)
			}
		}
	}
}
