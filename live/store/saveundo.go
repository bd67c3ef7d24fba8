package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Vacant refuses a database of PostgreSQL that [Restore] would: one that holds
// something, that does not answer, or for which there is no pg_restore here.
func Vacant(ctx context.Context, cfg Config) error {
	if _, err := postgresTool("pg_restore"); err != nil {
		return err
	}
	return withPostgres(ctx, cfg.URL, func(tx pgx.Tx) error {
		made, err := madePostgres(ctx, tx, nil)
		for _, m := range made {
			if m.kind != "FUNCTION" && m.kind != "SCHEMA" {
				return ErrStoreExists
			}
		}
		return err
	})
}

// withPostgres runs one transaction by a connection of its own.
func withPostgres(ctx context.Context, at string, do func(pgx.Tx) error) (err error) {
	cfg, err := pgx.ParseConfig(at)
	if err != nil {
		return errors.New("the database URL is not one of PostgreSQL")
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	return pgx.BeginFunc(ctx, conn, do)
}

// object is something in a database of PostgreSQL.
type object struct{ kind, name string }

// madePostgres is what the database holds that is not in before, and that belongs
// to no extension. Of the views, tables and sequences those go first that others may
// be made of.
func madePostgres(ctx context.Context, tx pgx.Tx, before map[object]bool) (made []object, err error) {
	rows, err := tx.Query(ctx, `WITH own AS (SELECT oid, nspname FROM pg_catalog.pg_namespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\_%')
		SELECT kind, name FROM
		(
			SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, format('%I.%I', n.nspname, c.relname) AS name, c.oid, 'pg_class'::regclass AS class
			FROM pg_catalog.pg_class AS c JOIN own AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S')
			UNION ALL
			SELECT 'FUNCTION', format('%I.%I(%s)', n.nspname, p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid)), p.oid, 'pg_proc'::regclass
			FROM pg_catalog.pg_proc AS p JOIN own AS n ON n.oid = p.pronamespace WHERE p.prokind IN ('f', 'w')
			UNION ALL
			SELECT 'SCHEMA', format('%I', n.nspname), n.oid, 'pg_namespace'::regclass FROM own AS n
		) AS o
		WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
		ORDER BY array_position(ARRAY['VIEW', 'MATERIALIZED VIEW', 'TABLE', 'SEQUENCE', 'FUNCTION', 'SCHEMA'], kind), name`)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (o object, err error) { return o, row.Scan(&o.kind, &o.name) })
	for _, o := range all {
		if !before[o] {
			made = append(made, o)
		}
	}
	return made, err
}

// undoPostgres notes what a database holds and returns what drops all that is made
// later, in one transaction.
func undoPostgres(ctx context.Context, at string) (func(context.Context) error, error) {
	before := map[object]bool{}
	err := withPostgres(ctx, at, func(tx pgx.Tx) error {
		there, err := madePostgres(ctx, tx, nil)
		for _, o := range there {
			before[o] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		err := withPostgres(ctx, at, func(tx pgx.Tx) error {
			made, err := madePostgres(ctx, tx, before)
			if err != nil {
				return err
			}
			var drops strings.Builder
			for _, o := range made {
				fmt.Fprintf(&drops, "DROP %s IF EXISTS %s CASCADE;\n", o.kind, o.name)
			}
			_, err = tx.Exec(ctx, drops.String())
			return err
		})
		if err != nil {
			return fmt.Errorf("drop what was made in PostgreSQL: %w", err)
		}
		return nil
	}, nil
}
