package clickhouse

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// FedGroups are the groups that people joined out of a show, by id, with how they
// lived after it. It counts facts received by the instant asked about, not the days
// made of them, which later facts change: asked again it answers the same.
func (db *DB) FedGroups(ctx context.Context, question conversion.FedQuestion) (list []conversion.FedGroup, err error) {
	q, err := db.people(ctx, question.Scope)
	if err != nil {
		return nil, err
	}
	const known = ` FROM group_facts WHERE merchant_id = {merchant:String} AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC') AND group_id != '' AND `
	q.parameters["show"] = string(question.Show)
	at := map[string]int{}
	var ids []string
	err = q.rows(ctx, "groups fed by a show", `SELECT toString(group_id) AS g, toInt64(uniqExact(`+q.who+`))`+known+`class = 0 AND kind = '`+string(live.GroupJoined)+`'
		AND show_id = {show:String} AND person_id != '' GROUP BY g ORDER BY g`, func(scan scanner) error {
		var g conversion.FedGroup
		err := scan(&g.Group, &g.Joined)
		at[g.Group] = len(list)
		list, ids = append(list, g), append(ids, g.Group)
		return err
	})
	if err != nil || len(list) == 0 {
		return list, err
	}
	ends := make([]conversion.Day, len(conversion.FedDays))
	for i, d := range conversion.FedDays {
		ends[i] = question.From + conversion.Day(d)
	}
	q.parameters["ids"], q.parameters["ends"] = array(ids), numbers(ends)
	archived := make([]time.Time, len(list))
	err = q.rows(ctx, "names of fed groups", `SELECT toString(group_id) AS g, argMaxIf(name, (at, seq, idx), name != ''), minOrNullIf(at, kind = '`+string(live.GroupArchived)+`')`+known+`
		group_id IN {ids:Array(String)} GROUP BY g`, func(scan scanner) error {
		var id, name string
		var gone *time.Time
		err := scan(&id, &name, &gone)
		if list[at[id]].Name = name; gone != nil {
			archived[at[id]] = *gone
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	facts := func(class string) string {
		return ` FROM (SELECT toString(group_id) AS g, ` + q.who + ` AS who, ` + day("at") + ` AS d, at, seq, idx, kind` + known + `class = ` + class + ` AND person_id != ''
			AND group_id IN {ids:Array(String)}) ARRAY JOIN {ends:Array(Int32)} AS h WHERE h < {today:Int32} AND d <= h`
	}
	err = q.rows(ctx, "life of fed groups", `SELECT g, h, toInt64(count()), toInt64(countIf((g, who, h) IN (SELECT g, who, h`+facts("1")+` AND d > h - 14)))
		FROM (SELECT g, who, h`+facts("0")+` GROUP BY g, who, h HAVING argMax(kind, (at, seq, idx)) = '`+string(live.GroupJoined)+`') GROUP BY g, h`, func(scan scanner) error {
		var id string
		var end int32
		var members, active int64
		err := scan(&id, &end, &members, &active)
		for i, d := range ends {
			gone := archived[at[id]]
			if d == conversion.Day(end) && (gone.IsZero() || conversion.DayOf(gone, question.Zone) > d) {
				list[at[id]].Ends[i].Alive = group.Alive(active, members, group.DefaultAlive)
			}
		}
		return err
	})
	for i := range list {
		for n, d := range ends {
			list[i].Ends[n].Over = d < question.Today()
		}
	}
	return list, err
}
