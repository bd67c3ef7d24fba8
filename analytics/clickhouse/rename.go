package clickhouse

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// Renaming is a name of a person of a merchant and the one that takes its place.
type Renaming struct {
	Merchant live.MerchantID
	Old, New live.PersonID
	// Copied says that rows which are found by the old name were all written
	// under the new one before, and only are to be deleted.
	Copied bool
}

// personTable is a table that has a column person_id.
type personTable struct {
	name  string
	keyed bool // the column is in the sorting key, so that it cannot be changed
}

// Rename gives a person another name in every fact and rollup, and empties the
// words they wrote. Sums and counts stay: one name takes the place of another.
// It returns when all of it is done; while it runs, the person may be missing
// from figures or stand in them twice.
//
// It may be repeated. Rows that are found by the name are written under the new
// one first, then copied is called, and when that was noted the old ones are
// deleted: Copied tells a repetition to go on from there.
func (db *DB) Rename(ctx context.Context, r Renaming, copied func() error) error {
	for _, name := range []string{string(r.Merchant), string(r.Old), string(r.New)} {
		if !live.ValidID(name) {
			return fmt.Errorf("rename a person: %q is not an identifier", name)
		}
	}
	if db.cfg.Cluster != "" {
		on, err := db.home(ctx, r.Merchant)
		if err != nil {
			return fmt.Errorf("rename a person: %w", err)
		}
		return on.away(ctx, on.Rename(ctx, r, copied))
	}
	if err := db.sure(ctx); err != nil {
		return fmt.Errorf("rename a person: %w", err)
	}
	tables, err := db.personTables(ctx)
	if err != nil {
		return err
	}
	if err := db.DropFigures(ctx, r.Merchant, math.MaxInt64); err != nil {
		return fmt.Errorf("rename a person: %w", err)
	}
	ctx = ch.Context(ctx, ch.WithSettings(ch.Settings{"mutations_sync": 2, "insert_deduplicate": 0, "max_execution_time": 0}))
	of := func(p live.PersonID) string {
		return fmt.Sprintf(`merchant_id = '%s' AND person_id = '%s'`, r.Merchant, p)
	}
	for _, t := range tables {
		if t.keyed {
			continue
		}
		if err := db.mutate(ctx, t.name, fmt.Sprintf(`UPDATE person_id = '%s' WHERE %s`, r.New, of(r.Old))); err != nil {
			return err
		}
	}
	if err := db.renameWords(ctx, &r); err != nil {
		return err
	}
	if !r.Copied {
		for _, t := range tables {
			if !t.keyed {
				continue
			}
			if err := db.mutate(ctx, t.name, `DELETE WHERE `+of(r.New)); err != nil {
				return err
			}
			if err := db.patient.Exec(ctx, fmt.Sprintf(`INSERT INTO %s SELECT * REPLACE ('%s' AS person_id) FROM (SELECT * FROM %s WHERE %s)`, t.name, r.New, t.name, of(r.Old))); err != nil {
				return fmt.Errorf("rename a person: copy in %s: %w", t.name, err)
			}
		}
		if err := copied(); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if !t.keyed {
			continue
		}
		if err := db.mutate(ctx, t.name, `DELETE WHERE `+of(r.Old)); err != nil {
			return err
		}
	}
	return nil
}

// wordMembers are the members of data in which facts about a person have free
// words: theirs, or of staff about them and to them.
const wordMembers = `text|claim_text|note|result|evidence|answer`

// wordless empties members of data that hold words, as an expression of SQL.
func wordless(members string) string {
	return `replaceRegexpAll(props, '"(` + members + `)"\\s*:\\s*"(\\\\.|[^"\\\\])*"', '"\\1":""')`
}

// renameWords renames the person where events have them beside person_id, and
// empties the words of facts about them: what they wrote, what was said to them,
// and what of it others put up in the room. It goes by the new name: person_id was
// changed before.
func (db *DB) renameWords(ctx context.Context, r *Renaming) error {
	changes := []string{
		fmt.Sprintf(`UPDATE actor_id = '%s' WHERE merchant_id = '%s' AND actor_id = '%s'`, r.New, r.Merchant, r.Old),
		fmt.Sprintf(`UPDATE props = replaceAll(props, '"%s"', '"%s"') WHERE merchant_id = '%s' AND position(props, '"%s"') > 0`, r.Old, r.New, r.Merchant, r.Old),
		`UPDATE body = '', props = ` + wordless(wordMembers) + fmt.Sprintf(` WHERE merchant_id = '%s' AND person_id = '%s' AND (body != '' OR match(props, '"(%s)"'))`, r.Merchant, r.New, wordMembers),
	}
	pinned, err := db.pinnedOf(ctx, r)
	if err != nil {
		return err
	}
	for _, id := range pinned {
		changes = append(changes, fmt.Sprintf(`UPDATE body = '', props = %s WHERE merchant_id = '%s' AND kind = '%s' AND JSONExtractString(props, 'comment_id') = '%s'`,
			wordless(`text|name`), r.Merchant, live.CommentPinned, id))
	}
	for _, change := range changes {
		if err := db.mutate(ctx, "events", change); err != nil {
			return err
		}
	}
	return db.mutate(ctx, "group_facts", fmt.Sprintf(`UPDATE inviter = '%s' WHERE merchant_id = '%s' AND inviter = '%s'`, r.New, r.Merchant, r.Old))
}

// pinnedOf finds the comments of a person that were pinned, whether or not the pin
// said whose they are.
func (db *DB) pinnedOf(ctx context.Context, r *Renaming) (ids []string, err error) {
	rows, err := db.conn.Query(ctx, `SELECT DISTINCT JSONExtractString(props, 'comment_id') AS id FROM events WHERE merchant_id = ? AND kind = ?
		AND (JSONExtractString(props, 'viewer_id') IN (?, ?) OR id IN (
			SELECT arrayJoin([fact_id, JSONExtractString(props, 'comment_id')]) FROM events WHERE merchant_id = ? AND kind = ? AND person_id IN (?, ?)))`,
		string(r.Merchant), string(live.CommentPinned), string(r.Old), string(r.New), string(r.Merchant), string(live.CommentSent), string(r.Old), string(r.New))
	if err != nil {
		return nil, fmt.Errorf("find pinned comments of a person: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("find pinned comments of a person: %w", err)
		}
		if live.ValidID(id) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// personTables finds where names of people are, whoever made the table.
func (db *DB) personTables(ctx context.Context) ([]personTable, error) {
	rows, err := db.conn.Query(ctx, `SELECT t.name, t.sorting_key FROM system.tables AS t
		INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
		WHERE t.database = ? AND t.engine LIKE '%MergeTree' AND c.name = 'person_id' ORDER BY t.name`, db.database)
	if err != nil {
		return nil, fmt.Errorf("find tables of people: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	var out []personTable
	for rows.Next() {
		var t personTable
		var key string
		if err := rows.Scan(&t.name, &key); err != nil {
			return nil, fmt.Errorf("find tables of people: %w", err)
		}
		t.keyed = personInKey.MatchString(key)
		out = append(out, t)
	}
	return out, rows.Err()
}

var personInKey = regexp.MustCompile(`\bperson_id\b`)

// mutate changes rows of a table and waits until it is done, on every replica too.
func (db *DB) mutate(ctx context.Context, table, change string) error {
	if err := db.patient.Exec(ctx, `ALTER TABLE `+table+` `+change); err != nil {
		verb, _, _ := strings.Cut(change, " ")
		return fmt.Errorf("rename a person: %s in %s: %w", strings.ToLower(verb), table, err)
	}
	return nil
}
