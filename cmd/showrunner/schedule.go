package main

import (
	"context"
	"io"
	"time"

	"showrunner/analytics"
	"showrunner/analytics/plan"
	"showrunner/analytics/report"
	"showrunner/live"
)

// dutyReports names the lock that lets one server make the reports that are due. It
// must never change.
const dutyReports = "reports"

// dueEvery is how often it is looked which reports are due.
const dueEvery = 5 * time.Second

// openReports starts what makes scheduled reports; the sender of webhooks sends
// them.
func (s *server) openReports(f *figures) error {
	m, err := plan.NewMaker(plan.Config{Book: f.plan, Reports: dueReports{f}, Now: s.now, Every: dueEvery, Logger: s.log})
	if err != nil {
		return err
	}
	s.life.start(part{name: "reports", run: s.duty(dutyReports, m.Run)})
	return nil
}

// dueReports makes the reports that schedules ask for: the very ones that can be
// downloaded, and says whether every fact was in.
type dueReports struct{ figures *figures }

// OfShow is the post-show report.
func (d dueReports) OfShow(ctx context.Context, s live.Show, format, lang string, asOf time.Time, w io.Writer) (bool, error) {
	if complete, err := d.figures.complete(ctx, asOf); err != nil || !complete {
		return false, err
	}
	return true, d.figures.Report(ctx, s, format, lang, asOf, w)
}

// OfPeriod is the comparison of two periods.
func (d dueReports) OfPeriod(ctx context.Context, period, against analytics.Period, format, lang string, asOf time.Time, w io.Writer) (bool, error) {
	c, err := d.figures.ComparePeriods(ctx, period, against, asOf)
	if err != nil || !c.Complete {
		return false, err
	}
	return true, report.WritePeriods(w, &c, format, lang)
}
