package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
)

// keptQueries is how many queries each connection for reading keeps prepared.
// Letting a viewer in takes a dozen.
const keptQueries = 48

// keeper opens connections that keep the queries they ran last prepared: SQLite
// takes longer to understand most of ours than to answer them. PostgreSQL's
// driver does the same.
type keeper struct {
	base driver.Driver
	name string
}

// Connect opens a connection.
func (k keeper) Connect(context.Context) (driver.Conn, error) {
	c, err := k.base.Open(k.name)
	if err != nil {
		return nil, err
	}
	all, ok := c.(keepable)
	if !ok {
		return nil, errors.Join(fmt.Errorf("a connection of type %T keeps no queries", c), c.Close())
	}
	return &keepingConn{keepable: all, kept: map[string]*keptQuery{}}, nil
}

// Driver is the driver of the connections.
func (k keeper) Driver() driver.Driver { return k.base }

// keepable is what the driver's connections do.
type keepable interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// keepingConn is one connection. Like any it is used by one goroutine at a time.
type keepingConn struct {
	keepable
	kept map[string]*keptQuery
	turn int64
}

// keptQuery is a prepared query.
type keptQuery struct {
	driver.Stmt
	used int64 // turn
	busy bool  // its rows are being read
}

// QueryContext runs a query, prepared if it ran before.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	k := c.kept[query]
	switch {
	case k == nil:
		st, err := c.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		k = &keptQuery{Stmt: st}
		if err := c.keep(query, k); err != nil {
			return nil, errors.Join(err, st.Close())
		}
	case k.busy: // The rows of the same query are being read: it cannot begin anew.
		return c.keepable.QueryContext(ctx, query, args)
	}
	c.turn++
	k.used = c.turn
	ask, ok := k.Stmt.(driver.StmtQueryContext)
	if !ok {
		return c.keepable.QueryContext(ctx, query, args)
	}
	rows, err := ask.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &keptRows{Rows: rows, of: k}, nil
}

// keep makes room for a query and keeps it.
func (c *keepingConn) keep(query string, k *keptQuery) error {
	if len(c.kept) >= keptQueries {
		oldest, found := "", false
		for text, other := range c.kept {
			if !other.busy && (!found || other.used < c.kept[oldest].used) {
				oldest, found = text, true
			}
		}
		if found {
			err := c.kept[oldest].Close()
			delete(c.kept, oldest)
			if err != nil {
				return err
			}
		}
	}
	c.kept[query] = k
	return nil
}

// Close ends the connection.
func (c *keepingConn) Close() error {
	var errs []error
	for _, k := range c.kept {
		errs = append(errs, k.Close())
	}
	c.kept = nil
	return errors.Join(append(errs, c.keepable.Close())...)
}

// keptRows are the rows of a kept query.
type keptRows struct {
	driver.Rows
	of *keptQuery
}

// Close makes the query free to run again.
func (r *keptRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}
