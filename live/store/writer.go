package store

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// maxGroup bounds the changes of one transaction, so that the first of them
// does not wait long for the last.
const maxGroup = 1024

// patience is how often the writer looks for more, and lets others run in
// between, before it begins: a microsecond when nobody else is there.
const patience = 4

// States of an op. Only one side wins the step away from waiting.
const (
	opWaiting int32 = iota
	opRunning
	opWithdrawn
)

// op is one change handed to the writer: a function, or an order to be placed
// together with the others of its group.
type op struct {
	fn    func(*tx) error
	order *placing
	state atomic.Int32
	done  chan error // of one; never blocks the writer

	err   error    // of fn
	after []func() // what to do once it is on disk
}

// writer is the one goroutine that writes. It takes what is waiting, runs it in
// one transaction, commits once and then answers all: while the disk works on
// one group, the next one gathers. The orders of a group are placed together;
// every other change runs in a savepoint of its own.
type writer struct {
	conn    *sql.Conn       // nil: it was lost
	ctx     context.Context // of the attempt under way
	store   *Store
	metrics *metrics
	ops     chan *op
	stop    chan struct{} // closed by close
	dead    chan struct{} // closed when the goroutine has ended
	closing atomic.Bool
	stmts   map[string]*sql.Stmt
	bulks   map[bulk]*sql.Stmt // of stmts
	sheets  []*sheet           // of orders
	last    time.Time          // no transaction is stamped earlier than the one before
}

func startWriter(conn *sql.Conn, s *Store, m *metrics) *writer {
	w := &writer{
		conn: conn, store: s, metrics: m, ops: make(chan *op, 4*maxGroup),
		stop: make(chan struct{}), dead: make(chan struct{}), stmts: map[string]*sql.Stmt{}, bulks: map[bulk]*sql.Stmt{},
	}
	go w.run()
	return w
}

var errClosed = live.Unavailable("store_closed", time.Second, "the store is closing")

func (w *writer) do(ctx context.Context, o *op) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	o.done = make(chan error, 1)
	if w.closing.Load() {
		return errClosed
	}
	select {
	case w.ops <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.dead:
		return errClosed
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		if o.state.CompareAndSwap(opWaiting, opWithdrawn) {
			return ctx.Err()
		}
		return <-o.done // It has begun; only the commit knows the outcome.
	case <-w.dead:
		select {
		case err := <-o.done:
			return err
		default:
			return errClosed
		}
	}
}

// close runs what was handed in and ends the goroutine.
func (w *writer) close() error {
	if w.closing.Swap(true) {
		return nil
	}
	close(w.stop)
	<-w.dead
	if w.lost() {
		return nil // There is nothing left to close.
	}
	errs := []error{}
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
	}
	if w.lost() {
		return nil // It was gone already, and that showed only now.
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) run() {
	defer close(w.dead)
	group := make([]*op, 0, maxGroup)
	for {
		group = group[:0]
		select {
		case o := <-w.ops:
			group = append(group, o)
		case <-w.stop:
			select { // What is queued is still done.
			case o := <-w.ops:
				group = append(group, o)
			default:
				return
			}
		}
		// Whoever was answered just now is about to ask again: a moment for them is
		// cheaper than a transaction for the quickest alone. It is a short one: where
		// much else runs, letting others run takes long.
		for turn := range patience {
			if turn > 0 {
				runtime.Gosched()
			}
			for more := true; more && len(group) < maxGroup; {
				select {
				case o := <-w.ops:
					group = append(group, o)
				default:
					more = false
				}
			}
		}
		w.commit(group)
	}
}

// stmt prepares a query once for the life of the writer.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(w.ctx, w.store.dialect.bind(query))
	if err != nil {
		return nil, err
	}
	w.stmts[query] = st
	return st, nil
}

func (w *writer) exec(query string, args ...any) (sql.Result, error) {
	st, err := w.stmt(query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(w.ctx, args...)
}
