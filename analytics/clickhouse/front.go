package clickhouse

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// migrateAll brings every server of the cluster up to date, each by a connection
// of its own, with the statements of a server on its own. Nothing is touched
// unless all of them answer and are fit for it.
func (db *DB) migrateAll(ctx context.Context) (err error) {
	c, err := db.topology(ctx)
	if err != nil {
		return fmt.Errorf("migrate clickhouse: %w", err)
	}
	all, err := render(migrations, c.shards[0].shard.replicated)
	if err != nil {
		return fmt.Errorf("migrate clickhouse: %w", err)
	}
	servers, err := db.servers(c)
	defer func() {
		for _, s := range servers {
			if cerr := s.Close(); cerr != nil && err == nil {
				err = cerr
			}
		}
	}()
	if err != nil {
		return err
	}
	t, err := servers[0].takeTurn(ctx, nil) // One for the cluster: all must answer anyway.
	if err != nil {
		return servers[0].away(ctx, err)
	}
	defer func() {
		if cerr := t.end(); cerr != nil && err == nil {
			err = fmt.Errorf("migrate clickhouse: give up the turn: %w", cerr)
		}
	}()
	for _, s := range servers {
		if err := db.fit(ctx, s, all); err != nil {
			return fmt.Errorf("migrate clickhouse: %s, %s: %w", s.options.Addr[0], s.shard.layout, s.away(ctx, err))
		}
	}
	for _, s := range servers {
		if err := s.apply(ctx, all, steps{hold: t.hold}); err != nil {
			return fmt.Errorf("%s, %s: %w", s.options.Addr[0], s.shard.layout, s.away(ctx, err))
		}
	}
	// The tables of all come last: whoever reads them finds every shard's.
	for _, s := range servers {
		if err := s.raiseFront(ctx, c.name, db.database); err != nil {
			return fmt.Errorf("migrate clickhouse: %s: %w", s.options.Addr[0], s.away(ctx, err))
		}
	}
	return nil
}

// servers are connections to each server of the cluster.
func (db *DB) servers(c *cluster) (out []*DB, err error) {
	for _, h := range c.hosts {
		of := c.shards[h.shard-1].shard
		s, err := db.member([]string{h.address}, db.database+shardSuffix,
			&shard{number: of.number, of: of.of, layout: of.layout, replicated: of.replicated, replica: h.replica, known: true})
		if err != nil {
			return out, err
		}
		out = append(out, s)
	}
	return out, nil
}

// fit refuses a server that cannot be one of the cluster, and says on one that is
// new which it is.
func (db *DB) fit(ctx context.Context, s *DB, all []statement) error {
	if err := s.createDatabase(ctx); err != nil {
		return err
	}
	var alone uint64
	if err := s.conn.QueryRow(ctx, `SELECT count() FROM system.tables WHERE database = ? AND engine LIKE '%MergeTree'`, db.database).Scan(&alone); err != nil {
		return fmt.Errorf("look for tables of %s: %w", db.database, err)
	}
	if alone > 0 {
		return ErrAlone
	}
	if err := s.shape(ctx); err != nil {
		return err
	}
	done, err := s.applied(ctx)
	if err != nil {
		return err
	}
	return unchanged(all, done)
}

// ownTables are those that every server has for itself.
var ownTables = []string{"schema_migrations", "cluster_shape"}

// shardKey is the sharding key of tables that have merchants. It must say what
// [slotOf] says.
const shardKey = `cityHash64(merchant_id)`

// raiseFront makes, on one server, the tables of all shards: of each table and view of
// the shard one of the same name that reads them all. One that has other columns
// than the shard's is put in place of the one before, and one of which the shard has
// none any more goes.
func (db *DB) raiseFront(ctx context.Context, cluster, front string) error {
	if err := db.conn.Exec(db.ddl(ctx), "CREATE DATABASE IF NOT EXISTS `"+front+"`"); err != nil {
		return fmt.Errorf("make the database of all shards: %w", err)
	}
	want, err := db.columns(ctx, db.database, `t.engine LIKE '%MergeTree' OR t.engine = 'View'`)
	if err != nil {
		return err
	}
	have, err := db.columns(ctx, front, `t.engine = 'Distributed'`)
	if err != nil {
		return err
	}
	for name, columns := range want {
		if slices.Contains(ownTables, name) || strings.HasPrefix(name, shadowPrefix) || have[name] == columns {
			continue
		}
		verb, key := `CREATE TABLE IF NOT EXISTS`, ``
		if have[name] != "" {
			verb = `CREATE OR REPLACE TABLE`
		}
		if strings.Contains(columns, "`merchant_id`") {
			key = `, ` + shardKey
		}
		sql := verb + " `" + front + "`.`" + name + "` (" + columns + ") ENGINE = Distributed('" + cluster + "', '" + db.database + "', '" + name + "'" + key + ")"
		if err := db.conn.Exec(db.ddl(ctx), sql); err != nil {
			return fmt.Errorf("make %s of all shards: %w", name, err)
		}
	}
	for name := range have {
		if _, there := want[name]; there {
			continue
		}
		if err := db.conn.Exec(db.ddl(ctx), "DROP TABLE IF EXISTS `"+front+"`.`"+name+"`"); err != nil {
			return fmt.Errorf("take %s of all shards away: %w", name, err)
		}
	}
	return nil
}

// columns are the columns of tables as SQL declares them, by table.
func (db *DB) columns(ctx context.Context, database, which string) (map[string]string, error) {
	rows, err := db.conn.Query(ctx, "SELECT t.name, arrayStringConcat(arrayMap(c -> concat('`', c.2, '` ', c.3, c.4), arraySort(groupArray((c.position, c.name, c.type, if(c.default_kind = 'ALIAS', concat(' ALIAS ', c.default_expression), ''))))), ', ') "+
		`FROM system.tables AS t INNER JOIN system.columns AS c ON c.database = t.database AND c.table = t.name
		WHERE t.database = ? AND (`+which+`) GROUP BY t.name`, database)
	if err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", database, err)
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	out := map[string]string{}
	for rows.Next() {
		var name, columns string
		if err := rows.Scan(&name, &columns); err != nil {
			return nil, fmt.Errorf("read the columns of %s: %w", database, err)
		}
		out[name] = columns
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read the columns of %s: %w", database, err)
	}
	return out, nil
}
