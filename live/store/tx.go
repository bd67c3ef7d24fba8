package store

import (
	"context"
	"database/sql"
	"time"

	"showrunner/live"
)

// querier reads rows, inside the writer's transaction or outside it.
type querier interface {
	query(query string, args ...any) (*sql.Rows, error)
	row(query string, args ...any) scanner
}

// scanner is one row.
type scanner interface{ Scan(dest ...any) error }

// tx is the transaction of one group, as a change sees it. It belongs to the
// writer's goroutine and ends with the change: never keep it.
type tx struct {
	w   *writer
	now time.Time // of the transaction: the ReceivedAt of its events

	xid       string // how a database that is shared names it
	counters         // as they will be
	before    counters
	emitted   int
	events    []outgoing // written to the outbox by finish
	lastEvent live.EventID
	after     []func()
	freed     []stockKey // units may have come free, and somebody may wait for them
}

// onCommit runs fn after the transaction is on disk and before the caller is
// answered. It is forgotten when the change is undone.
func (t *tx) onCommit(fn func()) { t.after = append(t.after, fn) }

func (t *tx) exec(query string, args ...any) (sql.Result, error) { return t.w.exec(query, args...) }

// once is exec for text that is not worth keeping prepared.
func (t *tx) once(query string, args ...any) (sql.Result, error) {
	return t.w.conn.ExecContext(t.w.ctx, t.w.store.dialect.bind(query), args...)
}

// changed is exec that tells how many rows it changed.
func (t *tx) changed(query string, args ...any) (int64, error) {
	res, err := t.w.exec(query, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	st, err := t.w.stmt(query)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(t.w.ctx, args...)
}

func (t *tx) row(query string, args ...any) scanner {
	st, err := t.w.stmt(query)
	if err != nil {
		return failedRow{err}
	}
	return st.QueryRowContext(t.w.ctx, args...)
}

// failedRow is a row that could not be asked for.
type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// reader reads outside the writer, from the pool or from a snapshot.
type reader struct {
	ctx context.Context
	db  interface {
		QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
		QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	}
	dialect dialect
}

func (r reader) query(query string, args ...any) (*sql.Rows, error) {
	return r.db.QueryContext(r.ctx, r.dialect.bind(query), args...)
}

func (r reader) row(query string, args ...any) scanner {
	return r.db.QueryRowContext(r.ctx, r.dialect.bind(query), args...)
}

// collect reads all rows of a query.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) ([]T, error) {
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // Err below tells what went wrong.
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// ms is a time as the database keeps it: unix milliseconds, 0 for none.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// at is the inverse of ms.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// bit is a truth as the database keeps it.
func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
