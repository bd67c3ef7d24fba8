package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// groupPiece is how many groups are made at a time: some tens of megabytes where
// each has hundreds of members.
const groupPiece = 250

// progress is how far the facts of a merchant's groups are in the days of a zone.
// Positions are of the log, see [live.Position.Offset].
type progress struct {
	facts, merges uint64
	ts            time.Time
	day           conversion.Day
	at            time.Time
}

// GroupMerchants are the merchants of whose groups facts tell.
func (db *DB) GroupMerchants(ctx context.Context) (list []live.MerchantID, err error) {
	if db.cfg.Cluster != "" {
		shards, err := db.shards(ctx)
		for _, s := range shards {
			some, serr := s.GroupMerchants(ctx)
			list, err = append(list, some...), errors.Join(err, serr)
		}
		slices.Sort(list)
		return list, err
	}
	err = db.rows(ctx, "merchants with groups", nil, `SELECT DISTINCT toString(merchant_id) AS m FROM group_facts ORDER BY m`, func(scan scanner) error {
		var m string
		err := scan(&m)
		list = append(list, live.MerchantID(m))
		return err
	})
	return list, err
}

// RefreshGroups brings the days of a merchant's groups up to now: those of groups
// of which new facts tell, from the day of the earliest of them; those of which a
// merge of persons changes who is who, from the beginning; and all, when another
// day has begun. What the new facts tell of groups goes to told before the progress
// is noted. One program at a time may run it for a merchant; stopped at any point
// it is run again.
func (db *DB) RefreshGroups(ctx context.Context, m live.MerchantID, zone *time.Location, now time.Time, told func([]group.Sighting) error) error {
	if db.cfg.Cluster != "" {
		on, err := db.home(ctx, m)
		if err != nil {
			return err
		}
		return on.away(ctx, on.RefreshGroups(ctx, m, zone, now, told))
	}
	q, err := db.people(ctx, conversion.Scope{Merchant: m, Zone: zone, AsOf: now})
	if err != nil {
		return err
	}
	had, err := q.progress(ctx)
	if err != nil {
		return err
	}
	next := progress{facts: had.facts, merges: had.merges, ts: had.ts, day: conversion.DayOf(now, zone), at: now}
	seen, froms, err := q.changed(ctx, m, had, &next)
	if err != nil {
		return err
	}
	if err := q.renamed(ctx, had, &next, froms); err != nil {
		return err
	}
	if next.day > had.day {
		if err := q.another(ctx, had.day+1, froms); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(froms)), groupPiece) {
		if err := q.makeDays(ctx, ids, froms); err != nil {
			return err
		}
	}
	if len(froms) == 0 && next.facts == had.facts && next.merges == had.merges && next.day == had.day {
		return nil
	}
	if err := told(seen); err != nil {
		return err
	}
	err = db.conn.Exec(db.ddl(ctx), `INSERT INTO group_progress (merchant_id, zone, facts, merges, ts, day, at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		string(m), zone.String(), next.facts, next.merges, next.ts, int32(next.day), next.at)
	if err != nil {
		return fmt.Errorf("note the progress of groups: %w", err)
	}
	return nil
}

func (q *scope) progress(ctx context.Context) (p progress, err error) {
	err = q.rows(ctx, "progress of groups", `SELECT facts, merges, ts, day, at FROM group_progress FINAL WHERE merchant_id = {merchant:String} AND zone = {zone:String}`,
		func(scan scanner) error { return scan(&p.facts, &p.merges, &p.ts, (*int32)(&p.day), &p.at) })
	return p, err
}

// offsetOf is the position of a row as one number, see [live.Position.Offset].
const offsetOf = `bitOr(bitShiftLeft(seq, ` + indexBits + `), idx)`

// indexBits is that of live.Position; a test holds them equal.
const indexBits = "12"

// since is the condition of rows that came in after what was read: behind it in
// the log, or, of another log, received later.
const since = `(` + offsetOf + ` > {since:UInt64} OR ts > fromUnixTimestamp64Milli({since_ts:Int64}, 'UTC'))`

func (q *scope) setSince(offset uint64, ts time.Time) {
	q.parameters["since"] = strconv.FormatUint(offset, 10)
	q.set("since_ts", max(ts.UnixMilli(), 0))
}

// changed are the groups of new facts, each with the day of the earliest.
func (q *scope) changed(ctx context.Context, m live.MerchantID, had progress, next *progress) (seen []group.Sighting, froms map[string]conversion.Day, err error) {
	froms = map[string]conversion.Day{}
	q.setSince(had.facts, had.ts)
	err = q.rows(ctx, "new facts of groups", `SELECT toString(group_id), min(at), min(`+day("at")+`), max(`+offsetOf+`), max(ts),
			argMaxIf(name, at, name != ''), argMaxIf(toString(platform), at, platform != ''), argMinIf(toString(agent_id), at, agent_id != ''), argMinIf(toString(host_id), at, host_id != ''),
			maxOrNullIf(at, kind = '`+string(live.GroupArchived)+`')
		FROM group_facts WHERE merchant_id = {merchant:String} AND group_id != '' AND `+since+` GROUP BY group_id ORDER BY group_id`, func(scan scanner) error {
		s := group.Sighting{Merchant: m}
		var from int32
		var last uint64
		var ts time.Time
		var archived *time.Time
		if err := scan(&s.ID, &s.First, &from, &last, &ts, &s.Name, &s.Platform, &s.Agent, &s.Host, &archived); err != nil {
			return err
		}
		if archived != nil {
			s.Archived = *archived
		}
		next.facts = max(next.facts, last)
		if ts.After(next.ts) {
			next.ts = ts
		}
		froms[s.ID] = conversion.Day(from)
		seen = append(seen, s)
		return nil
	})
	return seen, froms, err
}

// renamed adds the groups in which somebody is who is known by another name since.
func (q *scope) renamed(ctx context.Context, had progress, next *progress, froms map[string]conversion.Day) error {
	kin := map[live.PersonID][]live.PersonID{}
	var fresh []live.PersonID
	q.setSince(had.merges, had.at)
	err := q.rows(ctx, "new merges", `SELECT props, `+offsetOf+`, `+since+` FROM events WHERE merchant_id = {merchant:String} AND kind IN ('identity_merged', 'identity_unmerged')
		AND ts <= fromUnixTimestamp64Milli({as_of:Int64}, 'UTC')`, func(scan scanner) error {
		var props string
		var at uint64
		var is bool
		if err := scan(&props, &at, &is); err != nil {
			return err
		}
		next.merges = max(next.merges, at)
		if m, ok := conversion.MergeOf([]byte(props)); ok {
			kin[m.A], kin[m.B] = append(kin[m.A], m.B), append(kin[m.B], m.A)
			if is {
				fresh = append(fresh, m.A, m.B)
			}
		}
		return nil
	})
	if err != nil || len(fresh) == 0 {
		return err
	}
	// Whoever was ever joined with them, undone or not, may be another now.
	known := map[live.PersonID]bool{}
	for len(fresh) > 0 {
		p := fresh[len(fresh)-1]
		if fresh = fresh[:len(fresh)-1]; !known[p] {
			known[p] = true
			fresh = append(fresh, kin[p]...)
		}
	}
	q.parameters["kin"] = array(slices.Sorted(maps.Keys(known)))
	return q.rows(ctx, "groups of merged persons", `SELECT DISTINCT toString(group_id) FROM group_facts
		WHERE merchant_id = {merchant:String} AND group_id != '' AND class IN (0, 1) AND person_id IN {kin:Array(String)}`, func(scan scanner) error {
		var id string
		err := scan(&id)
		froms[id] = 0
		return err
	})
}

// another adds all groups from the first day that was not begun.
func (q *scope) another(ctx context.Context, from conversion.Day, froms map[string]conversion.Day) error {
	return q.rows(ctx, "groups", `SELECT DISTINCT toString(group_id) FROM group_facts WHERE merchant_id = {merchant:String} AND group_id != ''`, func(scan scanner) error {
		var id string
		if err := scan(&id); err != nil {
			return err
		}
		if had, ok := froms[id]; !ok || had > from {
			froms[id] = from
		}
		return nil
	})
}

// numbers writes a list of days as a parameter.
func numbers[T ~int | ~int32 | ~int64](list []T) string {
	var b strings.Builder
	b.WriteByte('[')
	for i, n := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.FormatInt(int64(n), 10))
	}
	b.WriteByte(']')
	return b.String()
}

// makeDays writes the days of some groups.
func (q *scope) makeDays(ctx context.Context, ids []string, froms map[string]conversion.Day) error {
	from := make([]conversion.Day, len(ids))
	for i, id := range ids {
		from[i] = froms[id]
	}
	parameters := maps.Clone(q.parameters)
	parameters["ids"], parameters["froms"] = array(ids), numbers(from)
	settings := ch.Settings{
		"max_execution_time": 300, "max_memory_usage": readMemory, "session_timezone": "UTC", "async_insert": 0, "insert_deduplicate": 0,
		"join_use_nulls": 0, "max_threads": 1, // beside the questions of people who wait
	}
	if q.db.replicated() {
		settings["insert_quorum"] = "auto"
	}
	err := q.db.patient.Exec(ch.Context(ctx, ch.WithParameters(parameters), ch.WithSettings(settings)), `INSERT INTO group_days (`+groupDayColumns+`) `+q.groupDays())
	if err != nil {
		return fmt.Errorf("make the days of %d groups: %w", len(ids), err)
	}
	return nil
}
