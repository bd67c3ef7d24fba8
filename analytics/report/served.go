package report

import (
	"slices"

	"showrunner/analytics"
)

// servedBy and feels are the words of the page for what tables say in keys.
var (
	servedBy = map[string]phrase{"": {"全部", "all"}, "entry": {"入口", "entry"}, "agent": {"客服", "agent"}}
	feels    = map[string]phrase{"cold": {"偏冷", "too cold"}, "right": {"正好", "right"}, "hot": {"过热", "too hot"}, "too_few": {"数据太少", "too few to say"}}
)

// served prints the service sessions of the show and the temperature around it.
func (x *page) served() {
	sessions, felt := worded(x.R.Served, x.p.named(servedBy), "by"), worded(x.R.Felt, x.p.named(feels), "feels")
	x.Served, x.Felt = x.p.table(&sessions), x.p.table(&felt)
}

// worded is a table with words for the keys of some columns, in rows of its own.
func worded(t analytics.Table, word func(key string) string, columns ...string) analytics.Table {
	rows := make([][]analytics.Cell, len(t.Rows))
	for i, row := range t.Rows {
		rows[i] = slices.Clone(row)
		for _, c := range columns {
			cell := &rows[i][t.Column(c)]
			cell.Text = word(cell.Text)
		}
	}
	t.Rows = rows
	return t
}
