package clickhouse

import (
	"context"
	"errors"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"showrunner/live"
)

// shapeTable says on every server of a cluster which shard it is, and of how many.
// Where a merchant is follows from that alone: rows that were laid out over two
// shards are not found where three are asked.
const shapeTable = `CREATE TABLE IF NOT EXISTS cluster_shape (layout String, noted_at DateTime64(3, 'UTC')) ENGINE = ReplacingMergeTree ORDER BY layout`

// Refusals of a cluster by its form. None of them changes anything, and waiting
// does not help.
var (
	// ErrReshaped says that a server is another shard than the one that its rows
	// were written to, or one of more or fewer.
	ErrReshaped error = live.Conflict("cluster_reshaped", "the rows of ClickHouse were laid out over another cluster")
	// ErrAlone says that a server of a cluster has the tables of one on its own
	// under the name of the database.
	ErrAlone error = live.Conflict("not_a_cluster", "the ClickHouse database is that of a server on its own: name another one for the cluster, and fill it from this one as docs/runbook.md says")
	// ErrClustered says that the database is that of a cluster and none was named.
	ErrClustered error = live.Conflict("is_a_cluster", "the ClickHouse database is that of a cluster: name the cluster")
)

// Unfit reports whether an error of [DB.Migrate] stays however often it is tried:
// the database is not one for this program, or not in this form.
func Unfit(err error) bool {
	for _, e := range []error{ErrChanged, ErrReshaped, ErrAlone, ErrClustered} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// shape notes the form of the cluster on a server that has none yet, and refuses
// one that has another.
func (db *DB) shape(ctx context.Context) error {
	if err := db.conn.Exec(db.ddl(ctx), shapeTable); err != nil {
		return fmt.Errorf("make cluster_shape: %w", err)
	}
	is, err := db.shapes(ctx)
	if err != nil {
		return err
	}
	if len(is) > 0 {
		return nil
	}
	if err := db.conn.Exec(db.ddl(ctx), `INSERT INTO cluster_shape (layout, noted_at) VALUES (?, ?)`, db.shard.layout, db.cfg.Now().UTC()); err != nil {
		return fmt.Errorf("note the form of the cluster: %w", err)
	}
	return nil
}

// shapes are the notes of a server, all of which must say what is so.
func (db *DB) shapes(ctx context.Context) (is []string, err error) {
	rows, err := db.conn.Query(ctx, `SELECT DISTINCT layout FROM cluster_shape`)
	if err != nil {
		return nil, fmt.Errorf("read the form of the cluster: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, fmt.Errorf("read the form of the cluster: %w", err)
		}
		is = append(is, s)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the form of the cluster: %w", err)
	}
	for _, s := range is {
		if s != db.shard.layout {
			return nil, fmt.Errorf("%w: %s was %s and is %s", ErrReshaped, db.options.Addr[0], s, db.shard.layout)
		}
	}
	return is, nil
}

// sure looks, before the first question or insert, whether a shard is the one whose
// merchants it is asked about. A shard without tables says so itself.
func (db *DB) sure(ctx context.Context) error {
	if db.shard == nil {
		return nil
	}
	db.shard.mu.Lock()
	defer db.shard.mu.Unlock()
	if db.shard.known {
		return nil
	}
	is, err := db.shapes(ctx)
	if ex, ok := errors.AsType[*ch.Exception](err); ok && (ex.Code == unknownTable || ex.Code == unknownDatabase) {
		return nil
	}
	db.shard.known = err == nil && len(is) > 0
	return db.away(ctx, err)
}

// unknownDatabase is UNKNOWN_DATABASE of ClickHouse.
const unknownDatabase = 81
