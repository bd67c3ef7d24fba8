package report

import (
	"fmt"
	"slices"

	"showrunner/analytics"
	"showrunner/conversion/attribution"
)

// credit is one currency with the models beside each other.
type credit struct {
	Currency string
	Total    string
	Models   []string
	Channels []creditRow
	Stages   []creditRow
	Missing  []string // unattributed, by model
}

type creditRow struct {
	Name  string
	Cells []cell
}

// credits puts the models beside each other, one block per currency.
func (x *page) credits() {
	if len(x.R.Attribution) == 0 {
		return
	}
	for _, head := range x.R.Attribution[0].Totals {
		c := credit{Currency: string(head.Currency), Total: money(head.Value, head.Currency)}
		var channels, stages [][]attribution.Share
		for _, result := range x.R.Attribution {
			c.Models = append(c.Models, x.p.name(modelNames, result.Model))
			for _, t := range result.Totals {
				if t.Currency == head.Currency {
					channels, stages = append(channels, t.ByChannel), append(stages, t.ByStage)
					c.Missing = append(c.Missing, money(t.Unattributed, t.Currency))
				}
			}
		}
		c.Channels = x.creditRows(channels, x.p.channel, &head)
		c.Stages = x.creditRows(stages, x.p.named(stageNames), &head)
		x.Credits = append(x.Credits, c)
	}
}

// creditTable is one of the two tables of a [credit].
type creditTable struct {
	Stage  bool
	Total  string
	Models []string
	Rows   []creditRow
	// Missing is the unattributed money by model.
	Missing []string
}

// split picks the table by channel or by stage.
func split(c credit, by string) creditTable {
	t := creditTable{Stage: by == "stage", Total: c.Total, Models: c.Models, Rows: c.Channels, Missing: c.Missing}
	if t.Stage {
		t.Rows = c.Stages
	}
	return t
}

// creditRows joins the shares of the models by key: keys in the order of the
// last model, which is linear and names every touched key, then the others.
func (x *page) creditRows(models [][]attribution.Share, name func(string) string, total *attribution.Total) []creditRow {
	var keys []string
	at := map[string]int{}
	for _, model := range slices.Backward(models) {
		for _, s := range model {
			if _, ok := at[s.Key]; !ok {
				at[s.Key] = len(keys)
				keys = append(keys, s.Key)
			}
		}
	}
	rows := make([]creditRow, len(keys))
	for i, key := range keys {
		rows[i] = creditRow{Name: name(key), Cells: make([]cell, len(models))}
		for m := range models {
			rows[i].Cells[m] = cell{Text: "–", Num: true, Tip: key + ": no part in any order under this model"}
		}
	}
	for m, shares := range models {
		for _, s := range shares {
			c := &rows[at[s.Key]].Cells[m]
			c.Text = money(s.Minor, total.Currency)
			c.Sub = x.p.rate(analytics.UnitRatio, s.Minor, total.Value)
			c.Tip = fmt.Sprintf("%s: %s %s / %s, %d orders", s.Key, total.Currency, c.Text, money(total.Value, total.Currency), s.Orders)
		}
	}
	return rows
}
