package store

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
)

// dialect is all that differs between the databases the SQL text runs on.
type dialect struct {
	begin    string         // opens a transaction that will write
	numbered bool           // placeholders are $1, $2 … instead of ?
	snapshot *sql.TxOptions // of a transaction that reads one instant
	schema   goose.Dialect
	own      string // folder of the migrations in its own words
	bytewise string // after a column of text: compare it by bytes, whatever the database's language

	take    string // locks the outbox counter; returns it and the transaction's name
	notify  string // tells the other stores to look, on commit; empty: there are none
	outcome string // what became of a transaction of that name
	shrink  string // gives back the pages that a connection keeps; empty: it keeps none

	attempt   func() (context.Context, context.CancelFunc) // bounds one attempt of a group
	transient func(error) bool                             // trying again may help
	refusal   func(error) error                            // an error of one change, as its caller is told
	alive     func(driverConn any) error                   // not nil: the connection is gone
}

// sqlite takes its write lock at once: a transaction that started by reading
// could otherwise not become a writer.
var sqlite = dialect{
	begin: "BEGIN IMMEDIATE", snapshot: &sql.TxOptions{ReadOnly: true},
	schema: goose.DialectSQLite3, own: "migrations/sqlite",
	take:    `UPDATE counters SET value = value WHERE name = 'outbox' RETURNING value, ''`,
	shrink:  "PRAGMA shrink_memory",
	attempt: background, transient: func(error) bool { return false }, refusal: func(err error) error { return err },
	alive: func(any) error { return nil },
}

// postgres needs no stricter isolation to write: the first statement of every
// transaction takes the row of the outbox counter, so they run one after the
// other, whoever writes, and each statement sees all that was committed before.
var postgres = dialect{
	begin: "BEGIN ISOLATION LEVEL READ COMMITTED", numbered: true,
	snapshot: &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead},
	schema:   goose.DialectPostgres, own: "migrations/postgres",
	bytewise: ` COLLATE "C"`,
	take:     `UPDATE counters SET value = value WHERE name = 'outbox' RETURNING value, CAST(pg_current_xact_id() AS TEXT)`,
	notify:   `SELECT pg_notify('` + channel + `', ?)`,
	outcome:  `SELECT COALESCE(pg_xact_status(CAST(CAST($1 AS TEXT) AS xid8)), 'forgotten')`,
	attempt:  bounded, transient: transientOnPostgres, refusal: refusedByPostgres, alive: aliveOnPostgres,
}

// bind turns the ? placeholders of a query into the dialect's own. No query of
// this package has a question mark in a literal.
func (d dialect) bind(query string) string {
	if !d.numbered {
		return query
	}
	var b strings.Builder
	n := 0
	for i := range len(query) {
		if query[i] != '?' {
			b.WriteByte(query[i])
			continue
		}
		n++
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(n))
	}
	return b.String()
}

// marks is n placeholders for an IN list.
func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
