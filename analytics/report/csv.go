package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/analytics"
)

// WriteCSV prints every cell of the report on a line of its own: part, row,
// column, and the value. Amounts are in minor units and rates in two columns, so
// that no number is rounded.
func WriteCSV(w io.Writer, r analytics.Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"part", "row", "column", "name_zh", "name_en", "value"}}
	rows = append(rows, about(&r)...)
	for _, p := range parts(&r, both) {
		head, cells := flat(&p.table)
		for n, row := range cells {
			for i := range head {
				c := &head[i]
				value := number(&row[i])
				if isText(c) {
					value = plain(row[i].Text)
				}
				rows = append(rows, []string{p.key, strconv.Itoa(n + 1), c.Key, c.ZH, c.EN, value})
			}
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write report as csv: %w", err)
	}
	return nil
}

// about says of which show and as of when the report is.
func about(r *analytics.Report) [][]string {
	var rows [][]string
	for _, x := range []struct{ key, zh, en, value string }{
		{"show_id", "场次", "show", string(r.Show.ID)},
		{"room_id", "直播间", "room", string(r.Show.Room)},
		{"title", "标题", "title", r.Show.Title},
		{"currency", "币种", "currency", string(r.Show.Currency)},
		{"time_zone", "时区", "time zone", r.Show.TimeZone},
		{"started_at", "开播", "started", analytics.Stamp(r.Show.StartedAt)},
		{"ended_at", "下播", "ended", analytics.Stamp(r.Show.EndedAt)},
		{"as_of", "数据截至", "as of", analytics.Stamp(r.AsOf)},
		{"status", "状态", "status", status(*r)},
		{"final_at", "定稿时间", "final at", analytics.Stamp(r.FinalAt)},
	} {
		rows = append(rows, []string{"show", "1", x.key, x.zh, x.en, plain(x.value)})
	}
	return rows
}

// both says a phrase in a file that is of no language.
func both(x phrase) string { return x.zh + " " + x.en }

// number is a number of a sheet; none leaves the cell empty.
func number(c *analytics.Cell) string {
	if c.None {
		return ""
	}
	return strconv.FormatInt(c.Num, 10)
}

// plain keeps a sheet from taking text that others chose for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// windowColumns name what stands before the amounts of a window.
var windowColumns = []string{"show_id", "room_id", "title", "started_at", "ended_at", "currency", "window", "until", "complete", "status", "as_of"}

// WriteWindows prints what the show had sold some days after its end as CSV: one
// row for each currency and window, T0 to T30, with the amounts in minor units
// side by side. Of a window that has not come they are empty. A show that has not ended has the head alone.
func WriteWindows(w io.Writer, r analytics.Report) error {
	out := csv.NewWriter(w)
	head := slices.Clone(windowColumns)
	for _, c := range analytics.LateColumns {
		head = append(head, c.Key)
	}
	rows := [][]string{head}
	for i := range r.AllLate {
		l := &r.AllLate[i]
		row := []string{
			plain(string(r.Show.ID)), plain(string(r.Show.Room)), plain(r.Show.Title), analytics.Stamp(r.Show.StartedAt), analytics.Stamp(r.Show.EndedAt),
			string(l.Currency), "T" + strconv.Itoa(l.Days), analytics.Stamp(r.Show.EndedAt.Add(time.Duration(l.Days) * 24 * time.Hour)), progress(l, both), status(r), analytics.Stamp(r.AsOf),
		}
		for _, cell := range lateCells(l) {
			row = append(row, number(&cell))
		}
		rows = append(rows, row)
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write windows as csv: %w", err)
	}
	return nil
}
