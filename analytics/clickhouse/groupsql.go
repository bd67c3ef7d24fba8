package clickhouse

import (
	"strings"

	"showrunner/conversion/care/group"
	"showrunner/live"
)

// wordList writes words of this program as a list of SQL.
func wordList(words []string) string { return `('` + strings.Join(words, `', '`) + `')` }

// staffSpeakers are the roles of staff among who speaks.
func staffSpeakers() (out []string) {
	for _, role := range live.SpeakerRoles {
		if group.SideOf(role) == group.SideStaff {
			out = append(out, role)
		}
	}
	return out
}

// groupDays makes the days of the groups {ids}, each from its day in {froms} to
// {today}, as group.DaysOf has them. Everything is a change of a count on a day;
// the running sums of the changes are the days. What lay before the first day asked
// for changes it. A person is active while a window that a message of theirs opened
// overlaps with a stay of theirs in the group.
func (q *scope) groupDays() string {
	who, on := q.who, ` FROM group_facts WHERE merchant_id = {merchant:String} AND group_id IN {ids:Array(String)} AND `+day("at")+` <= {today:Int32} AND `
	const from = `transform(g, {ids:Array(String)}, {froms:Array(Int32)}, toInt32(0))`
	change := func(measure, day, n, of string) string {
		return ` UNION ALL SELECT g, toInt32(` + day + `) AS d, '` + measure + `' AS k, toInt64(` + n + `) AS n FROM ` + of
	}
	flip := func(measure, condition string) string {
		return change(measure, `f.1`, `1`, `moves ARRAY JOIN flips AS f WHERE f.1 >= `+from+` AND f.2 = `+condition)
	}
	return `WITH
	moves AS (SELECT toString(group_id) AS g, ` + who + ` AS who,
			arraySort(groupArray((at, seq, idx, toUInt8(kind = '` + string(live.GroupJoined) + `'), toString(scene)))) AS acts, arrayMap(x -> x.4, acts) AS ons,
			arrayFilter((x, on, before) -> on != before, acts, ons, arrayPopBack(arrayPushFront(ons, toUInt8(0)))) AS turns,
			arrayMap(x -> (` + day(`x.1`) + `, x.4, x.5), turns) AS flips, arrayMap(x -> x.1, flips) AS ds` + on + `class = 0 AND person_id != '' GROUP BY g, who HAVING notEmpty(turns)),
	stays AS (SELECT g, who, arrayJoin(arrayMap(i -> (ds[i], if(i < length(ds), ds[i + 1], {today:Int32} + 1)), range(1, length(ds) + 1, 2))) AS stay FROM moves),
	talks AS (SELECT toString(group_id) AS g, ` + who + ` AS who, arraySort(groupUniqArray(` + day("at") + `)) AS days` + on + `class = 1 AND person_id != ''
			AND ` + day("at") + ` > ` + strings.Replace(from, "(g,", "(toString(group_id),", 1) + ` - 14 GROUP BY g, who),
	spans AS (SELECT g, who, w, arrayJoin(arrayMap(r -> (r[1], r[-1] + w), arraySplit((x, gap) -> gap > w, days, arrayDifference(days)))) AS span FROM talks ARRAY JOIN [7, 14] AS w),
	active AS (SELECT g, w, greatest(span.1, stay.1, ` + from + `) AS a, least(span.2, stay.2) AS b FROM spans INNER JOIN stays USING (g, who) WHERE a < b),
	changes AS (SELECT g, arrayJoin(range(greatest(` + from + `, first), {today:Int32} + 1)) AS d, 'none' AS k, toInt64(0) AS n
			FROM (SELECT toString(group_id) AS g, min(` + day("at") + `) AS first` + on + `1 GROUP BY g)` +
		change("members", `greatest(f.1, `+from+`)`, `if(f.2 = 1, 1, -1)`, `moves ARRAY JOIN flips AS f`) +
		flip("joins", `1`) + flip("join_invite", `1 AND f.3 = '`+live.JoinInvite+`'`) + flip("join_link", `1 AND f.3 = '`+live.JoinLink+`'`) + flip("join_qr", `1 AND f.3 = '`+live.JoinQR+`'`) +
		flip("leaves", `0`) + flip("removed", `0 AND f.3 = '`+live.QuitRemoved+`'`) +
		change("active_7d", `a`, `1`, `active WHERE w = 7`) + change("active_7d", `b`, `-1`, `active WHERE w = 7`) +
		change("active_14d", `a`, `1`, `active WHERE w = 14`) + change("active_14d", `b`, `-1`, `active WHERE w = 14`) + `),
	sums AS (SELECT g, d, sumMap(map(k, n)) AS m FROM changes WHERE d <= {today:Int32} GROUP BY g, d),
	words AS (SELECT toString(group_id) AS g, ` + day("at") + ` AS d, toInt64(countIf(kind = '` + string(live.GroupExposed) + `')) AS exposed,
			toInt64(countIf(class = 1)) AS by_members, toInt64(countIf(class = 2 AND speaker IN ` + wordList(staffSpeakers()) + `)) AS by_staff,
			toInt64(countIf(class = 2 AND speaker IN ` + wordList(staffSpeakers()) + ` AND message IN ` + wordList(group.CareKinds) + `)) AS care,
			toInt64(countIf(class = 2 AND speaker IN ` + wordList(staffSpeakers()) + ` AND message IN ` + wordList(group.SellKinds) + `)) AS sell,
			sumMapIf(map(concat(toString(speaker), '/', toString(message)), toInt64(1)), class IN (1, 2)) AS said` + on + `class != 0
			AND ` + day("at") + ` >= ` + strings.Replace(from, "(g,", "(toString(group_id),", 1) + ` GROUP BY g, d)
	SELECT {merchant:String}, {zone:String}, g, d, sum(m['members']) OVER up, m['joins'], m['join_invite'], m['join_link'], m['join_qr'], m['leaves'], m['removed'],
		sum(m['active_7d']) OVER up, sum(m['active_14d']) OVER up, exposed, by_members, by_staff, care, sell, said
	FROM sums LEFT JOIN words USING (g, d)
	WINDOW up AS (PARTITION BY g ORDER BY d ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`
}

// groupDayColumns are those of group_days, in the order of groupDays.
const groupDayColumns = `merchant_id, zone, group_id, d, members, joins, join_invite, join_link, join_qr, leaves, removed,
	active_7d, active_14d, exposed, member_messages, staff_messages, care, sell, said`
