package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"showrunner/analytics"
)

// WriteCSV prints every cell of the report on a line of its own: part, row,
// column, and the value. Amounts are in minor units and rates in two columns, so
// that no number is rounded.
func WriteCSV(w io.Writer, r analytics.Report) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"part", "row", "column", "name_zh", "name_en", "value"}}
	rows = append(rows, about(&r)...)
	for _, p := range parts(&r) {
		head, cells := flat(&p.table)
		for n, row := range cells {
			for i := range head {
				c := &head[i]
				value := strconv.FormatInt(row[i].Num, 10)
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

// plain keeps a sheet from taking text that others chose for a formula.
func plain(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
