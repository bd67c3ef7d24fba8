package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// undoTime is how long a restore that failed takes at most to drop what it made.
const undoTime = 5 * time.Minute

// undo drops what a restore that failed has made on these servers, and nothing that
// was there before: what it left would refuse the next try. It does so also when the
// restore was given up, and says of each server that it could not empty what to drop.
func undo(ctx context.Context, on []*DB, before [][]string, failed error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoTime)
	defer cancel()
	var left []error
	for i, s := range on {
		if err := s.dropMade(ctx, before[i]); err != nil {
			left = append(left, fmt.Errorf("%s is not emptied: drop the database %s there before the next try: %w", s.place(), s.database, err))
		}
	}
	if len(left) > 0 {
		return errors.Join(append([]error{failed}, left...)...)
	}
	return fmt.Errorf("%w; what was made in ClickHouse is dropped again", failed)
}

// place says which server of ClickHouse this is.
func (db *DB) place() string {
	if db.shard == nil {
		return "ClickHouse"
	}
	return db.shard.layout
}

// dropMade drops the tables that were not there before, those first that others fill.
func (db *DB) dropMade(ctx context.Context, before []string) error {
	now, err := db.allTables(ctx)
	if err != nil {
		return err
	}
	// However large they are: nobody has had them yet.
	dropping := ch.Context(ctx, ch.WithSettings(ch.Settings{"max_execution_time": 0, "max_table_size_to_drop": 0, "max_partition_size_to_drop": 0}))
	for _, name := range now {
		if slices.Contains(before, name) {
			continue
		}
		if err := db.patient.Exec(dropping, "DROP TABLE IF EXISTS `"+db.database+"`.`"+name+"` SYNC"); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}

// allTables are all tables and views of the database, views that fill tables first.
func (db *DB) allTables(ctx context.Context) (names []string, err error) {
	err = db.rows(ctx, "undo", nil, `SELECT name FROM system.tables WHERE database = currentDatabase() ORDER BY engine = 'MaterializedView' DESC, name`,
		func(scan scanner) error {
			var name string
			if err := scan(&name); err != nil {
				return err
			}
			names = append(names, name)
			return nil
		})
	return names, err
}
