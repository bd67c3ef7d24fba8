package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
)

// print writes the table: every headline figure, and of the long lists only
// what differs.
func (r *simRun) print(w io.Writer, v *simVerdict) error {
	var faults []error
	line := func(format string, args ...any) {
		if _, err := fmt.Fprintf(w, format+"\n", args...); err != nil {
			faults = append(faults, err)
		}
	}
	line("")
	line("%-34s %14s %14s %14s %14s  %s", "figure", "tally", "report", "snapshot", "ledger", "")
	hidden := map[string]int{}
	for _, row := range v.Rows {
		if row.List != "" && row.OK {
			hidden[row.List]++
			continue
		}
		verdict := "ok"
		if !row.OK {
			verdict = "DIFF"
		}
		line("%-34s %14s %14s %14s %14s  %s", row.Figure, row.told(), show(row.Report), show(row.Snapshot), show(row.Ledger), verdict)
	}
	for _, list := range slices.Sorted(maps.Keys(hidden)) {
		line("%-34s %14d figures ok", list, hidden[list])
	}
	line("")
	line("seen by %d: %d public events each once: %d doubled, %d missing, %d out of order, %d announced gaps",
		v.Sight.Eyes, v.Sight.Events, v.Sight.Doubled, v.Sight.Missing, v.Sight.Disorder+v.Sight.Backwards, v.Sight.Gaps)
	line("snapshot frames %d, longest silence %d ms; reconnects %d, retries %d, sold out %d, muted %d",
		v.Pulse.Frames, v.Pulse.Longest, v.Reconnects, v.Retries, v.SoldOut, r.muted.Load())
	for _, f := range v.Faults {
		line("FAULT %s", f)
	}
	if more := v.faults - len(v.Faults); more > 0 {
		line("FAULT and %d more", more)
	}
	verdict := "all agree"
	if !v.OK {
		verdict = "NOT EQUAL"
	}
	line("%d figures compared, %d differ: %s", v.Compared, v.Differ, verdict)
	line("console %s/console/   report %s/v1/shows/%s/report?format=html", r.api.base, r.api.base, url.PathEscape(string(r.show)))
	return errors.Join(faults...)
}

func show(n *int64) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}
