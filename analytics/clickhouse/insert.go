package clickhouse

import (
	"bytes"
	"context"
	"fmt"
	"net"

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
		// Machine code of expressions pays over many blocks. Here each view sees one, and
		// compiling for all of them is some tenths of a second of every start.
		"compile_expressions":           0,
		"compile_aggregate_expressions": 0,
		"compile_sort_description":      0,
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
	if err = db.sure(ctx); err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	if db.options.Protocol == ch.HTTP {
		err = db.post(ctx, b, token)
	} else {
		err = db.native.insert(ctx, b, db.insertSettings(token))
	}
	if err != nil {
		return fmt.Errorf("insert into %s: %w", b.table, err)
	}
	return nil
}

// post sends a block over HTTP: its bytes as they are, over a network compressed
// once for all tries.
func (db *DB) post(ctx context.Context, b *block, token string) error {
	settings, body := db.insertSettings(token), b.body()
	if !db.near {
		var err error
		if body, err = b.pack(); err != nil {
			return err
		}
		settings["decompress"] = 1
	}
	return db.conn.InsertFormat(ch.Context(ctx, ch.WithSettings(settings)), "Native", b.sql, bytes.NewReader(body))
}

// near reports whether all servers are on this machine, where compression costs
// more than it saves.
func near(addresses []string) bool {
	for _, a := range addresses {
		host, _, err := net.SplitHostPort(a)
		if err != nil {
			return false
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}
