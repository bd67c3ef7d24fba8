package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"showrunner/live"
)

// maxGroup bounds the changes of one transaction, so that the first of them
// does not wait long for the last.
const maxGroup = 1024

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
	conn    *sql.Conn
	store   *Store
	metrics *metrics
	ops     chan *op
	stop    chan struct{} // closed by close
	dead    chan struct{} // closed when the goroutine has ended
	closing atomic.Bool
	stmts   map[string]*sql.Stmt
	bulks   map[bulk]*sql.Stmt // of stmts
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
	errs := []error{}
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
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
		for more := true; more && len(group) < maxGroup; {
			select {
			case o := <-w.ops:
				group = append(group, o)
			default:
				more = false
			}
		}
		w.commit(group)
	}
}

// commit runs a group in one transaction and answers every op of it.
func (w *writer) commit(group []*op) {
	began := w.store.now()
	all := len(group)
	group = slices.DeleteFunc(group, func(o *op) bool { return !o.state.CompareAndSwap(opWaiting, opRunning) })
	emitted, err := w.attempt(group, true)
	if errors.Is(err, errTogether) {
		// One of the orders spoils it for the others. It is found by giving each
		// a savepoint, in a transaction of which nothing else has run so far.
		w.store.log.Warn("orders are placed one by one", "error", err)
		emitted, err = w.attempt(group, false)
	}
	if err != nil {
		w.store.log.Error("group commit failed", "error", err, "changes", len(group))
		for _, o := range group {
			o.done <- fmt.Errorf("commit: %w", err)
		}
		return
	}
	for _, o := range group {
		for _, fn := range o.after {
			fn()
		}
	}
	if emitted > 0 {
		select {
		case w.store.wake <- struct{}{}:
		default:
		}
	}
	w.metrics.group(all, emitted, w.store.now().Sub(began))
	for _, o := range group {
		o.done <- o.err
	}
}

// errTogether means that the orders of a group could not be placed together.
var errTogether = errors.New("orders cannot be placed together")

// attempt runs a group in a transaction and tells how many events it wrote.
// The orders come first: if they fail, no other change has run yet, and the
// group can be run again.
func (w *writer) attempt(group []*op, together bool) (emitted int, err error) {
	t, err := w.begin()
	if err == nil {
		err = w.changes(t, group, together)
	}
	if err == nil {
		err = t.finish()
	}
	if err == nil {
		_, err = w.exec("COMMIT")
	}
	if err != nil {
		// After some errors SQLite has already rolled back; then this one
		// fails, and says nothing new.
		_, _ = w.exec("ROLLBACK")
		return 0, err
	}
	return t.emitted, nil
}

func (w *writer) changes(t *tx, group []*op, together bool) error {
	if together {
		if err := w.orders(t, group); err != nil {
			return fmt.Errorf("%w: %w", errTogether, err)
		}
	}
	for _, o := range group {
		if together && o.order != nil {
			continue
		}
		if err := w.one(t, o); err != nil {
			return err
		}
	}
	return nil
}

// orders places the orders of a group together. They need no savepoint: what
// is refused has written nothing.
func (w *writer) orders(t *tx, group []*op) error {
	var first *op
	var orders []*placing
	for _, o := range group {
		if o.order == nil {
			continue
		}
		if first == nil {
			first = o
		}
		orders = append(orders, o.order)
	}
	if first == nil {
		return nil
	}
	if err := t.place(orders); err != nil {
		return err
	}
	first.after, t.after = t.after, nil
	for _, o := range group {
		if o.order != nil {
			o.err = o.order.err
		}
	}
	return nil
}

func (w *writer) begin() (*tx, error) {
	if _, err := w.exec(w.store.dialect.begin); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	now := w.store.now().UTC().Truncate(time.Millisecond)
	if now.Before(w.last) {
		now = w.last
	}
	w.last = now
	t := &tx{w: w, now: now}
	return t, t.start()
}

// run is the op by itself.
func (o *op) run(t *tx) error {
	if o.order == nil {
		return o.fn(t)
	}
	if err := t.place([]*placing{o.order}); err != nil {
		return err
	}
	return o.order.err
}

// one runs an op in its savepoint. The error returned is the transaction's:
// that of the op itself stays with the op.
func (w *writer) one(t *tx, o *op) error {
	if _, err := w.exec("SAVEPOINT change"); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	mark := *t
	t.after = nil
	if o.err = o.run(t); o.err != nil {
		*t = mark
		if _, err := w.exec("ROLLBACK TO SAVEPOINT change"); err != nil {
			return errors.Join(o.err, fmt.Errorf("undo one change: %w", err))
		}
	} else {
		o.after = t.after
	}
	if _, err := w.exec("RELEASE SAVEPOINT change"); err != nil {
		return fmt.Errorf("release savepoint: %w", err)
	}
	return nil
}

// stmt prepares a query once for the life of the writer.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(context.Background(), w.store.dialect.bind(query))
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
	return st.ExecContext(context.Background(), args...)
}
