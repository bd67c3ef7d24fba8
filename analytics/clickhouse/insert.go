package clickhouse

import (
	"context"
	"fmt"
	"strings"

	ch "github.com/ClickHouse/clickhouse-go/v2"
)

// insertSettings names everything an exactly-once insert depends on, because
// the defaults have changed from release to release of ClickHouse.
func (db *DB) insertSettings(token string) ch.Settings {
	s := ch.Settings{
		"insert_deduplication_token":                         token,
		"insert_deduplicate":                                 1,
		"deduplicate_blocks_in_dependent_materialized_views": 1,
		"async_insert":                                       0,
		"materialized_views_ignore_errors":                   0,
		"max_partitions_per_insert_block":                    2,
		"throw_on_max_partitions_per_insert_block":           1,
		"max_execution_time":                                 readSeconds,
	}
	if db.replicated() {
		s["insert_quorum"] = "auto"
	}
	return s
}

// insert sends a block once. After an error nobody knows whether the rows are
// in; sending the same block with the same token again is always right.
func (db *DB) insert(ctx context.Context, b *block, token string) (err error) {
	if b.rows == 0 {
		return nil
	}
	if db.cfg.Cluster != "" {
		return db.insertApart(ctx, b, token)
	}
	if err := db.sure(ctx); err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	ctx = ch.Context(ctx, ch.WithSettings(db.insertSettings(token)))
	batch, err := db.conn.PrepareBatch(ctx, "INSERT INTO "+b.table+" ("+strings.Join(b.names, ", ")+")")
	if err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	defer func() {
		if err != nil && !batch.IsSent() {
			// The first error is the one that matters.
			_ = batch.Abort()
		}
	}()
	for i, column := range b.data {
		if err := batch.Column(i).Append(column); err != nil {
			return fmt.Errorf("insert into %s: column %s: %w", b.table, b.names[i], err)
		}
	}
	if err := batch.Send(); err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	return nil
}
