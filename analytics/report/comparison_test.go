package report

import (
	"bytes"
	"testing"
	"time"

	"showrunner/analytics"
)

// The pages of comparisons, in both languages: one show beside itself a minute
// after its end and four days later, and its day beside the one before.
func TestComparisonGolden(t *testing.T) {
	m := playedShow(t)
	early, late := build(t, m, m.show.EndedAt.Add(time.Minute)), build(t, m, m.show.EndedAt.Add(4*24*time.Hour))
	shows := analytics.Compare(late.AsOf, true, []analytics.Compared{{Show: early.Show, Figures: early.Figures}, {Show: late.Show, Figures: late.Figures, Final: true}})
	zone, err := time.LoadLocation(m.show.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	until := m.show.EndedAt.In(zone).AddDate(0, 0, 1)
	day := func(end time.Time) analytics.PeriodSide {
		end = time.Date(end.Year(), end.Month(), end.Day(), 0, 0, 0, 0, zone)
		return analytics.PeriodSide{Period: analytics.Period{From: end.AddDate(0, 0, -1), Until: end, Zone: zone}}
	}
	periods := analytics.PeriodComparison{AsOf: late.AsOf, Complete: true, Period: day(until), Against: day(until.AddDate(0, 0, -1))}
	periods.Period.Add(m.show, &late.Figures)
	periods.Period.Shows = append(periods.Period.Shows[:0], m.show)
	periods.Period.Moved = late.Figures.Money
	for _, lang := range []string{"zh-CN", "en"} {
		var side, page bytes.Buffer
		if err := WriteComparison(&side, &shows, "html", lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "comparison."+lang+".html", side.Bytes())
		if err := WritePeriods(&page, &periods, "html", lang); err != nil {
			t.Fatal(err)
		}
		golden(t, "period."+lang+".html", page.Bytes())
	}
}
