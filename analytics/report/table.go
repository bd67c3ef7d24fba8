package report

import (
	"time"

	"showrunner/analytics"
)

// table is a table of numbers with their definitions.
type table struct {
	Head []cell
	Rows [][]cell
}

// table prints an analytics table without its nested columns and those left out.
func (p *printer) table(t *analytics.Table, without ...string) table {
	var out table
	skip := map[string]bool{}
	for _, k := range without {
		skip[k] = true
	}
	for _, c := range t.Columns {
		if c.Unit != analytics.UnitList && !skip[c.Key] {
			out.Head = append(out.Head, cell{ZH: c.ZH, EN: c.EN, Num: c.Unit != analytics.UnitText && c.Unit != analytics.UnitTime, Tip: c.Formula})
		}
	}
	for _, row := range t.Rows {
		var cells []cell
		for i, c := range t.Columns {
			if c.Unit == analytics.UnitList || skip[c.Key] {
				continue
			}
			v := cell{Num: c.Unit != analytics.UnitText, Tip: c.ZH + " · " + c.EN + " = " + c.Formula}
			switch {
			case c.Unit == analytics.UnitText:
				v.Text, v.Tip = row[i].Text, row[i].Text
				if id := t.Column("product_id"); c.Key == "title" && id >= 0 {
					v.Tip = row[id].Text
					if v.Text == "" {
						v.Text = row[id].Text
					}
				}
			case c.Unit == analytics.UnitTime:
				v.Num, v.Tip = false, row[i].Text
				if at, err := time.Parse(time.RFC3339, row[i].Text); err == nil {
					v.Text = p.at(at)
				}
			case c.Rate:
				v.Text = p.rate(c.Unit, row[i].Num, row[i].Den)
				v.Tip += " = " + count(row[i].Num) + " / " + count(row[i].Den)
			default:
				v.Text = p.number(c.Unit, row[i].Num)
			}
			if v.Text == "" {
				v.Text = "–" // nobody, never, or not known: an empty cell looks forgotten
			}
			cells = append(cells, v)
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}
