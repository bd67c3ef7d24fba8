package analytics

import (
	"fmt"

	"showrunner/conversion"
)

// FedTable shows the groups that people joined out of a show, and whether they
// lived after it: all together, then each.
func FedTable(groups []conversion.FedGroup) Table {
	t := Table{Columns: []Column{
		{Key: "group_id", ZH: "社群", EN: "group", Unit: UnitText, Formula: "empty: all groups that the show fed"},
		{Key: "group_name", ZH: "群名", EN: "name", Unit: UnitText, Formula: "its last name"},
		{Key: "fed_groups", ZH: "引流群数", EN: "groups fed", Unit: UnitCount, Formula: "groups that somebody joined with the show as the source (group_joined.show_id)"},
		{Key: "fed_joined", ZH: "引流入群人数", EN: "joined out of the show", Unit: UnitPersons, Formula: "distinct persons of group_joined with the show as the source; of all groups: their sum"},
	}}
	for _, d := range conversion.FedDays {
		t.Columns = append(t.Columns, Column{
			Key: fmt.Sprintf("fed_survival_%dd", d), ZH: fmt.Sprintf("引流群%d日存活率", d), EN: fmt.Sprintf("alive %d days after", d), Unit: UnitRatio, Rate: true,
			Formula: fmt.Sprintf("fed groups not archived of whose members one in ten or more sent a message in the 14 days until the end of day %d after the show / fed_groups whose day %d is over", d, d),
		})
	}
	if len(groups) == 0 {
		return t
	}
	row := func(g *conversion.FedGroup, n int64) []Cell {
		return []Cell{textCell(g.Group), textCell(g.Name), numCell(n), numCell(g.Joined), rateCell(0, 0), rateCell(0, 0), rateCell(0, 0)}
	}
	all := row(&conversion.FedGroup{}, int64(len(groups)))
	var rows [][]Cell
	for i := range groups {
		g := &groups[i]
		r := row(g, 1)
		all[3].Num += g.Joined
		for n, end := range g.Ends {
			if !end.Over {
				continue
			}
			at := len(r) - len(g.Ends) + n
			r[at].Den, all[at].Den = 1, all[at].Den+1
			if end.Alive {
				r[at].Num, all[at].Num = 1, all[at].Num+1
			}
		}
		rows = append(rows, r)
	}
	t.Rows = append([][]Cell{all}, rows...)
	return t
}
