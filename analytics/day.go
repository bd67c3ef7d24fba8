package analytics

import (
	"time"

	"showrunner/live"
)

// DayTable splits the show by the merchant's calendar days: what happened on
// which day, by the server's clock in zone. Counts and money of a show across
// midnight stand on two rows here and on one in everything that goes by show;
// persons are not split, since they cannot be added up. Money is in the show's
// currency.
func DayTable(show live.Show, f *Figures, zone *time.Location) Table {
	t := Table{Columns: []Column{
		{Key: "day", ZH: "日期", EN: "day", Unit: UnitText, Formula: "calendar day in the show's time zone"},
	}}
	var split []*minuteColumn
	for i := range minuteColumns {
		if c := &minuteColumns[i]; c.Key != "online" {
			split = append(split, c)
			t.Columns = append(t.Columns, c.Column)
		}
	}
	last := ""
	for i := range f.Minutes {
		m := &f.Minutes[i]
		day := m.T.In(zone).Format(time.DateOnly)
		if day != last {
			row := make([]Cell, len(t.Columns))
			row[0] = textCell(day)
			for j := range split {
				row[j+1] = numCell(0)
			}
			t.Rows = append(t.Rows, row)
			last = day
		}
		var cash MinuteMoney
		for _, x := range m.Money {
			if x.Currency == show.Currency {
				cash = x
			}
		}
		row := t.Rows[len(t.Rows)-1]
		for j, c := range split {
			row[j+1] = numCell(row[j+1].Num + c.of(m, cash))
		}
	}
	return t
}
