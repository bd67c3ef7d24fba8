package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// Rebuild is what the rebuilding of a rollup is about: what stands there, and
// what the facts would make of it.
type Rebuild struct {
	Rollup string `json:"rollup"`
	Month  string `json:"month,omitempty"` // YYYY-MM; empty: the rollup has no months
	Facts  string `json:"facts"`           // the table it is made of
	Rows   uint64 `json:"rows"`            // of the partition, as it stands
	// Found are the places where the rollup differs from its facts, at most a hundred
	// of each measure, of all months. Checked is false for a rollup that the audit
	// has no definition of.
	Found   []Mismatch `json:"found"`
	Checked bool       `json:"checked"`

	apart []*Rebuild // on a cluster: the plan of each shard

	view    string // the query of the view that fills it
	fact    string // with the database
	filter  string // of the facts that the partition is made of; empty: all
	columns []string
}

// partition is the name that ClickHouse gives to the partition.
func (r *Rebuild) partition() string {
	return cmp.Or(strings.ReplaceAll(r.Month, "-", ""), "all")
}

// shadow is the table beside the rollup in which it is made anew.
func (r *Rebuild) shadow() string { return shadowPrefix + r.Rollup }

const shadowPrefix = "rebuild_"

var rollupName = regexp.MustCompile(`^[a-z_]{1,64}$`)

// factTimes are the columns by which facts are parted into months. Every rollup
// that has months takes them from there.
var factTimes = map[string]string{"events": "ts", "order_deltas": "at"}

// PlanRebuild looks at a rollup and says what [DB.Rebuild] would do; it changes
// nothing. Month is YYYY-MM for a rollup that has months, else empty. On a cluster it
// is about all shards; one of several replicas refuses it.
func (db *DB) PlanRebuild(ctx context.Context, rollup, month string) (*Rebuild, error) {
	r := &Rebuild{Rollup: rollup, Month: month}
	if db.cfg.Cluster != "" {
		return r, db.planApart(ctx, r)
	}
	if db.replicated() {
		return nil, live.Conflict("rebuild_on_replicas", "a rollup of replicated tables is rebuilt by hand: make a replicated table of another path beside it, fill it by the query of its view, and put it in place by REPLACE PARTITION")
	}
	if err := db.definition(ctx, r); err != nil {
		return nil, err
	}
	err := db.rows(ctx, "rebuild", ch.Parameters{"t": rollup, "p": r.partition()},
		`SELECT sum(rows) FROM system.parts WHERE active AND database = currentDatabase() AND table = {t:String} AND partition_id = {p:String}`,
		func(scan scanner) error { return scan(&r.Rows) })
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(reconciles, func(d reconcile) bool { return d.rollup == rollup })
	if r.Checked = i >= 0; r.Checked {
		aged, err := db.aged(ctx)
		if err != nil {
			return nil, err
		}
		if r.Found, err = db.check(ctx, aged, rollup, reconciles[i].sql()); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// definition finds the view that fills the rollup, and what of the facts makes
// the partition.
func (db *DB) definition(ctx context.Context, r *Rebuild) error {
	invalid := func(field, format string, args ...any) error {
		return live.Invalid("invalid_field", field, format, args...)
	}
	if !rollupName.MatchString(r.Rollup) {
		return invalid("rollup", "is no name of a rollup")
	}
	var partitioned string
	err := db.rows(ctx, "rebuild", ch.Parameters{"t": r.Rollup},
		`SELECT v.as_select, t.partition_key FROM system.tables AS v INNER JOIN system.tables AS t ON t.database = v.database
			WHERE v.database = currentDatabase() AND v.name = concat({t:String}, '_mv') AND v.engine = 'MaterializedView' AND t.name = {t:String}`,
		func(scan scanner) error { return scan(&r.view, &partitioned) })
	if err != nil {
		return err
	}
	for name := range factTimes {
		if strings.Contains(r.view, "FROM "+db.database+"."+name+" ") || strings.HasSuffix(r.view, "FROM "+db.database+"."+name) {
			r.Facts, r.fact = name, db.database+"."+name
		}
	}
	if r.Facts == "" {
		return invalid("rollup", "there is no rollup %s that a view fills from facts", r.Rollup)
	}
	switch {
	case partitioned == "" && r.Month != "":
		return invalid("month", "%s has no months: it is rebuilt as a whole", r.Rollup)
	case partitioned != "" && r.Month == "":
		return invalid("month", "%s is rebuilt by the month, want YYYY-MM", r.Rollup)
	case partitioned != "":
		if _, err := time.Parse("2006-01", r.Month); err != nil {
			return invalid("month", "is not YYYY-MM")
		}
		r.filter = fmt.Sprintf(`toYYYYMM(%s) = %s`, factTimes[r.Facts], r.partition())
	}
	if err := db.whole(ctx, r); err != nil {
		return err
	}
	return db.rows(ctx, "rebuild", nil, `DESCRIBE (`+r.view+`)`, func(scan scanner) error {
		var name string
		var rest [6]string
		if err := scan(&name, &rest[0], &rest[1], &rest[2], &rest[3], &rest[4], &rest[5]); err != nil {
			return err
		}
		r.columns = append(r.columns, name)
		return nil
	})
}

// unaged are rollups of events of which none are raw behaviour, and one that tells how
// those stand that are there.
var unaged = []string{"holdouts", "group_facts", "event_standing"}

// whole refuses to make a rollup anew of facts of which some are gone: what it
// has is more than what they say.
func (db *DB) whole(ctx context.Context, r *Rebuild) error {
	if r.Facts != "events" || slices.Contains(unaged, r.Rollup) {
		return nil
	}
	gone, err := db.BehaviourGone(ctx)
	if err != nil || gone.IsZero() {
		return err
	}
	from := time.Time{}
	if r.Month != "" {
		if from, err = time.Parse("2006-01", r.Month); err != nil {
			return err
		}
	} else {
		var first int64
		err := db.rows(ctx, "rebuild", nil, `SELECT toInt64(least(ifNull((SELECT minOrNull(toUnixTimestamp(ts)) FROM events), 4102444800), ifNull((SELECT minOrNull(toUnixTimestamp(t)) FROM show_minute), 4102444800)))`,
			func(scan scanner) error { return scan(&first) })
		if err != nil {
			return err
		}
		from = time.Unix(first, 0)
	}
	if from.Before(gone) {
		return live.Conflict("facts_aged", "raw behaviour before %s is past its retention: the rollup has more than the facts can say", gone.Format(time.RFC3339))
	}
	return nil
}

// rebuildSettings bound the reading of a month of facts. The rows are new to the
// table whatever it took before, so nothing is dropped as a repetition.
func rebuildSettings() ch.Settings {
	return ch.Settings{
		"max_execution_time": 0, "insert_deduplicate": 0, "async_insert": 0, "max_partitions_per_insert_block": 0,
		"max_memory_usage": readMemory, "max_bytes_before_external_group_by": readMemory / 2, "max_bytes_before_external_sort": readMemory / 2,
	}
}

// Rebuild makes a partition of a rollup anew from the facts, in a table beside
// it, and puts it in the place of the old one in one step: a reader sees the one
// or the other. It is run between two ranges, see [Sink.AtRest]: a row that came
// in meanwhile would be lost. When it fails the rollup is as it was,
// on a cluster that of the shard on which it failed and of those after it.
func (db *DB) Rebuild(ctx context.Context, r *Rebuild) (err error) {
	if len(r.apart) > 0 {
		return db.rebuildApart(ctx, r)
	}
	if r.view == "" || len(r.columns) == 0 {
		return errors.New("rebuild: the plan is not one of PlanRebuild")
	}
	settings := rebuildSettings()
	if r.filter != "" {
		settings["additional_table_filters"] = fmt.Sprintf(`{'%s': '%s'}`, r.fact, r.filter)
	}
	exec := func(what, sql string) error {
		if err := db.patient.Exec(ch.Context(ctx, ch.WithSettings(settings)), sql); err != nil {
			return fmt.Errorf("rebuild %s: %s: %w", r.Rollup, what, err)
		}
		return nil
	}
	drop := `DROP TABLE IF EXISTS ` + r.shadow() + ` SYNC`
	if err := exec("drop what an earlier one left", drop); err != nil {
		return err
	}
	if err := exec("make a table beside it", `CREATE TABLE `+r.shadow()+` AS `+r.Rollup); err != nil {
		return err
	}
	defer func() {
		// Also when ctx has ended: the table would stand there until the next time.
		if derr := db.conn.Exec(context.WithoutCancel(ctx), drop); derr != nil && err == nil {
			err = fmt.Errorf("rebuild %s: drop the table beside it: %w", r.Rollup, derr)
		}
	}()
	if err := exec("read the facts", `INSERT INTO `+r.shadow()+` (`+strings.Join(r.columns, ", ")+`) `+r.view); err != nil {
		return err
	}
	var made uint64
	if err := db.conn.QueryRow(ctx, `SELECT count() FROM `+r.shadow()).Scan(&made); err != nil {
		return fmt.Errorf("rebuild %s: count what was made: %w", r.Rollup, err)
	}
	if made == 0 { // The facts make nothing, and a partition is not replaced by none.
		return exec("take it away", `ALTER TABLE `+r.Rollup+` DROP PARTITION ID '`+r.partition()+`'`)
	}
	return exec("put it in place", `ALTER TABLE `+r.Rollup+` REPLACE PARTITION ID '`+r.partition()+`' FROM `+r.shadow())
}

// planApart plans for each shard, and puts together what they tell.
func (db *DB) planApart(ctx context.Context, r *Rebuild) error {
	shards, err := db.shards(ctx)
	if err != nil {
		return err
	}
	for _, s := range shards {
		part, err := s.PlanRebuild(ctx, r.Rollup, r.Month)
		if err != nil {
			return err
		}
		r.apart = append(r.apart, part)
		r.Facts, r.Checked, r.Rows, r.Found = part.Facts, part.Checked, r.Rows+part.Rows, append(r.Found, part.Found...)
	}
	return nil
}

// rebuildApart rebuilds shard by shard.
func (db *DB) rebuildApart(ctx context.Context, r *Rebuild) error {
	shards, err := db.shards(ctx)
	if err != nil {
		return err
	}
	if len(shards) != len(r.apart) {
		return errors.New("rebuild: the plan is of another cluster")
	}
	for i, s := range shards {
		if err := s.Rebuild(ctx, r.apart[i]); err != nil {
			return s.away(ctx, fmt.Errorf("shard %d: %w", i+1, err))
		}
	}
	return nil
}
