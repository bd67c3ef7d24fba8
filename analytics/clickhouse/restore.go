package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"showrunner/live"
)

// Refusals of [DB.Save] and [DB.Restore].
var (
	ErrDatabaseExists error = live.Conflict("clickhouse_exists", "there are tables in the ClickHouse database already")
	ErrDatabaseNewer  error = live.Conflict("clickhouse_newer", "the copy is of a newer version of the program")
	// ErrSaveShape says that rows which were laid out over other shards would not be
	// found where they are looked for.
	ErrSaveShape error = live.Conflict("backup_other_shape", "the copy is of ClickHouse in another form: bring it back to one of the same number of shards and weights, and fill the other from that as docs/runbook.md says")
	// ErrSaveReplicas says that shards of several replicas are not copied.
	ErrSaveReplicas error = live.Conflict("backup_on_replicas", "shards of several replicas are not copied from here: BACKUP DATABASE the tables of each shard on one of its servers while the sink is off, as docs/runbook.md says")
)

// copied are the shards of a cluster that can be copied, in order.
func (db *DB) copied(ctx context.Context) ([]*DB, error) {
	shards, err := db.shards(ctx)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(shards, func(s *DB) bool { return s.shard.replicated }) {
		return nil, ErrSaveReplicas
	}
	return shards, nil
}

// form tells a form of ClickHouse by the layouts of its shards.
func form(layouts []string) string {
	if len(layouts) == 0 {
		return "a server on its own"
	}
	_, of, _ := strings.Cut(layouts[0], " of ")
	return "a cluster of " + of
}

// Fits refuses a copy that cannot be brought back here: one of a newer program, or
// of ClickHouse in another form. Nothing is changed.
func (db *DB) Fits(ctx context.Context, saved Saved) error {
	_, err := db.targets(ctx, saved)
	return err
}

// Vacant refuses, beyond what [DB.Fits] does, a database that has tables of ours, on
// any shard of a cluster.
func (db *DB) Vacant(ctx context.Context, saved Saved) error {
	to, err := db.targets(ctx, saved)
	if err != nil {
		return err
	}
	for _, s := range to {
		if _, err := s.empty(ctx); err != nil {
			return fmt.Errorf("restore clickhouse: %s: %w", s.place(), s.away(ctx, err))
		}
	}
	return nil
}

// targets are where the parts of a copy are brought back to: the shards in order, or
// db itself.
func (db *DB) targets(ctx context.Context, saved Saved) ([]*DB, error) {
	if err := KnownVersions(saved.Versions); err != nil {
		return nil, fmt.Errorf("restore clickhouse: %w", err)
	}
	to := []*DB{db}
	var was, is []string
	for _, s := range saved.Shards {
		was = append(was, s.Layout)
	}
	if db.cfg.Cluster != "" {
		shards, err := db.copied(ctx)
		if err != nil {
			return nil, fmt.Errorf("restore clickhouse: %w", err)
		}
		to = shards
		for _, s := range shards {
			is = append(is, s.shard.layout)
		}
	}
	if !slices.Equal(was, is) {
		return nil, fmt.Errorf("restore clickhouse: %w: it is of %s, and this is %s", ErrSaveShape, form(was), form(is))
	}
	return to, nil
}

// Restore brings the database back from a copy. It must have no tables, on no shard
// of a cluster, which must be of the form of the one that was copied. Every table is
// then counted and summed again. An error means that nothing was brought back: what
// was made until then is dropped, on all shards, or the error says where it is not.
func (db *DB) Restore(ctx context.Context, from Place, saved Saved) error {
	to, err := db.targets(ctx, saved)
	if err != nil {
		return err
	}
	before := make([][]string, len(to))
	for i, s := range to {
		if before[i], err = s.empty(ctx); err != nil {
			return fmt.Errorf("restore clickhouse: %s: %w", s.place(), s.away(ctx, err))
		}
	}
	for i, s := range to {
		place, part := from, saved
		if db.cfg.Cluster != "" {
			place, part = from.shard(i+1), saved.Shards[i]
		}
		if err := s.restoreOne(ctx, place, part); err != nil {
			return undo(ctx, to[:i+1], before, fmt.Errorf("%s: %w", s.place(), s.away(ctx, err)))
		}
	}
	return nil
}

// empty makes the database, refuses one that has tables of ours, and tells what
// others there are.
func (db *DB) empty(ctx context.Context) ([]string, error) {
	if err := db.createDatabase(ctx); err != nil {
		return nil, err
	}
	there, err := db.savedTables(ctx)
	if err == nil && len(there) > 0 {
		err = fmt.Errorf("%w; where a restore was killed that began with none, drop the database %s there", ErrDatabaseExists, db.database)
	}
	if err != nil {
		return nil, err
	}
	return db.allTables(ctx)
}

// restoreOne brings the tables of one server back.
func (db *DB) restoreOne(ctx context.Context, from Place, saved Saved) error {
	if !databaseName.MatchString(saved.Database) {
		return fmt.Errorf("restore clickhouse: %q is no name of a database", saved.Database)
	}
	if err := db.patient.Exec(unhurried(ctx), `RESTORE DATABASE `+saved.Database+` AS `+db.database+` FROM `+from.sql()); err != nil {
		return fmt.Errorf("restore clickhouse: %w", err)
	}
	for _, name := range derived {
		if err := db.conn.Exec(ctx, `TRUNCATE TABLE IF EXISTS `+name); err != nil {
			return fmt.Errorf("restore clickhouse: empty %s: %w", name, err)
		}
	}
	tables, err := db.savedTables(ctx)
	if err != nil {
		return err
	}
	got, err := db.tableSums(ctx, tables)
	if err != nil {
		return err
	}
	for i := range max(len(got), len(saved.Tables)) {
		if i >= len(got) || i >= len(saved.Tables) || got[i] != saved.Tables[i] {
			return fmt.Errorf("restore clickhouse: the tables are %+v, %+v were saved", got, saved.Tables)
		}
	}
	return nil
}

// KnownVersions refuses migrations that this program does not know.
func KnownVersions(saved []string) error {
	all, err := render(migrations, false)
	if err != nil {
		return err
	}
	for _, v := range saved {
		if !slices.ContainsFunc(all, func(s statement) bool { return s.version == v }) {
			return fmt.Errorf("migration %s: %w", v, ErrDatabaseNewer)
		}
	}
	return nil
}
