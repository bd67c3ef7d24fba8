package clickhouse

import (
	"context"
	"time"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// groups begins a question about the days of groups of one merchant: only those
// named are in it, whatever others there are.
func (db *DB) groups(m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) *scope {
	ids, born := make([]string, len(list)), make([]conversion.Day, len(list))
	for i := range list {
		ids[i], born[i] = list[i].ID, list[i].BornDay(zone)
	}
	q := &scope{db: db, who: "person_id", parameters: map[string]string{"merchant": string(m), "zone": zone.String(), "ids": array(ids), "born": numbers(born)}}
	q.set("today", int64(today))
	return q
}

// bornOf is the day on which the group of a row began.
const bornOf = `transform(toString(group_id), {ids:Array(String)}, {born:Array(Int32)}, toInt32(0))`

// groupRows are the days of the groups of a question.
const groupRows = ` FROM group_days FINAL WHERE merchant_id = {merchant:String} AND zone = {zone:String} AND group_id IN {ids:Array(String)} `

// Stands are how groups stand today, by id. A group of which no fact tells has none.
func (db *DB) Stands(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) (map[string]group.Stand, error) {
	q := db.groups(m, zone, today, list)
	out := make(map[string]group.Stand, len(list))
	const recent, first, last = `d > {today:Int32} - 30`, `d >= born + 6 AND d < born + 30 AND d < {today:Int32}`, `d >= {today:Int32} - 7 AND d < {today:Int32}`
	err := q.rows(ctx, "stand of groups", `WITH `+bornOf+` AS born
		SELECT toString(group_id), max(d), argMax(members, d), argMax(active_7d, d), argMax(active_14d, d), sumIf(members, d = {today:Int32} - 30),
			sumIf(joins, `+recent+`), sumIf(leaves, `+recent+`), sumIf(removed, `+recent+`), sumIf(exposed, `+recent+`),
			sumIf(member_messages, `+recent+`), sumIf(staff_messages, `+recent+`), sumIf(care, `+recent+`), sumIf(sell, `+recent+`),
			sumIf(active_7d, `+first+`), sumIf(members, `+first+`), sumIf(active_7d, `+last+`), sumIf(members, `+last+`), sumIf(staff_messages, d >= born AND d < born + 30)`+
		groupRows+`AND d <= {today:Int32} GROUP BY group_id`, func(scan scanner) error {
		var s group.Stand
		if err := scan(&s.Group, (*int32)(&s.Last), &s.Members, &s.Active7, &s.Active14, &s.Before, &s.Joins, &s.Leaves, &s.Removed, &s.Exposed,
			&s.Member, &s.Staff, &s.Care, &s.Sell, &s.FirstActive, &s.FirstMembers, &s.LastActive, &s.LastMembers, &s.FirstStaff); err != nil {
			return err
		}
		out[s.Group] = s
		return nil
	})
	return out, err
}

// MonthEnds are groups at the last days of the months of their lives that are over.
func (db *DB) MonthEnds(ctx context.Context, m live.MerchantID, zone *time.Location, today conversion.Day, list []group.Group) (out []group.MonthEnd, err error) {
	q := db.groups(m, zone, today, list)
	err = q.rows(ctx, "months of groups", `WITH `+bornOf+` AS born SELECT toString(group_id), toInt64(intDiv(d - born + 1, 30)), members, active_14d`+
		groupRows+`AND d >= born AND d < {today:Int32} AND (d - born + 1) % 30 = 0`, func(scan scanner) error {
		var e group.MonthEnd
		var month int64
		err := scan(&e.Group, &month, &e.Members, &e.Active14)
		e.Month = int(month)
		out = append(out, e)
		return err
	})
	return out, err
}

// GroupDays are the days of one group in [from, until), ascending.
func (db *DB) GroupDays(ctx context.Context, m live.MerchantID, zone *time.Location, id string, from, until conversion.Day) (out []group.Day, err error) {
	q := db.groups(m, zone, until, []group.Group{{ID: id}})
	q.set("from", int64(from))
	err = q.rows(ctx, "days of a group", `SELECT d, members, joins, join_invite, join_link, join_qr, leaves, removed, active_7d, active_14d, exposed, member_messages, staff_messages, care, sell, said`+
		groupRows+`AND d >= {from:Int32} AND d < {today:Int32} ORDER BY d`, func(scan scanner) error {
		var d group.Day
		if err := scan((*int32)(&d.Day), &d.Members, &d.Joins, &d.JoinInvite, &d.JoinLink, &d.JoinQR, &d.Leaves, &d.Removed, &d.Active7, &d.Active14, &d.Exposed,
			&d.MemberMessages, &d.StaffMessages, &d.Care, &d.Sell, &d.Said); err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	return out, err
}

// GroupsThrough is when the days of a merchant's groups in a zone were made last;
// the zero time: never.
func (db *DB) GroupsThrough(ctx context.Context, m live.MerchantID, zone *time.Location) (time.Time, error) {
	p, err := db.groups(m, zone, 0, nil).progress(ctx)
	return p.at, err
}
