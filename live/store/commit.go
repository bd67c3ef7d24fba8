package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// What a group is tried when the database is in the way: a lost connection, a
// deadlock, a server that starts again. That is six seconds, then the callers
// are told to come back.
const (
	commitTries = 12
	waitFirst   = 10 * time.Millisecond
	waitMost    = time.Second
)

// Refusals of a database that is away.
var (
	errAway    = live.Unavailable("store_unavailable", time.Second, "the database does not answer; nothing was stored")
	errUnknown = live.Unavailable("unknown_whether_stored", time.Second, "the database went away while storing; ask again under the same id")
)

// commit runs a group in one transaction and answers every op of it. A group
// that the database could not take is run again as a whole: nothing of it was
// stored before.
func (w *writer) commit(group []*op) {
	began := w.store.now()
	all := len(group)
	group = slices.DeleteFunc(group, func(o *op) bool { return !o.state.CompareAndSwap(opWaiting, opRunning) })
	t, err := w.attempt(group, true)
	together := true
	for n, wait := 1, waitFirst; err != nil && n < commitTries; n++ {
		switch {
		case errors.Is(err, errTogether):
			// One of the orders spoils it for the others. It is found by giving each
			// a savepoint, in a transaction of which nothing else has run so far.
			w.store.log.Warn("orders are placed one by one", "error", err)
			together = false
		case w.transient(err) && !w.closing.Load():
			w.store.log.Warn("group commit is tried again", "error", err, "changes", len(group), "wait", wait)
			w.metrics.retries.Inc()
			time.Sleep(wait)
			wait = min(2*wait, waitMost)
		default:
			n = commitTries
			continue
		}
		t, err = w.attempt(group, together)
	}
	if err != nil {
		w.store.log.Error("group commit failed", "error", err, "changes", len(group))
		for _, o := range group {
			o.done <- w.answer(err)
		}
		return
	}
	for _, o := range group {
		for _, fn := range o.after {
			fn()
		}
	}
	w.store.cache.changes.Store(t.changes)
	if t.emitted > 0 {
		w.store.wakeRelay()
	}
	w.metrics.group(all, t.emitted, w.store.now().Sub(began))
	for _, o := range group {
		o.done <- o.err
	}
}

// answer is what the callers are told of a failure.
func (w *writer) answer(err error) error {
	switch {
	case errors.Is(err, errUnknown):
		return fmt.Errorf("commit: %w", err)
	case w.transient(err):
		return fmt.Errorf("commit: %w: %w", errAway, err)
	}
	return fmt.Errorf("commit: %w", err)
}

// errTogether means that the orders of a group could not be placed together.
var errTogether = errors.New("orders cannot be placed together")

// attempt runs a group once. The orders come first: if they fail, no other
// change has run yet. After an error nothing of it is stored, except for
// errUnknown.
func (w *writer) attempt(group []*op, together bool) (t *tx, err error) {
	ctx, cancel := w.store.dialect.attempt()
	defer cancel()
	w.ctx = ctx
	if w.lost() {
		if err := w.reconnect(); err != nil {
			return nil, err
		}
	}
	if t, err = w.begin(); err == nil {
		err = w.changes(t, group, together)
	}
	if err == nil {
		err = t.finish()
	}
	if err != nil {
		// After some errors the database has already rolled back; then this
		// one fails, and says nothing new.
		_, _ = w.exec("ROLLBACK")
		return nil, err
	}
	if _, err = w.exec("COMMIT"); err == nil {
		return t, nil
	}
	if !w.lost() {
		_, _ = w.exec("ROLLBACK") // As above.
		return nil, fmt.Errorf("commit: %w", err)
	}
	stored, askErr := w.outcome(t.xid)
	if askErr != nil {
		return nil, errors.Join(errUnknown, err, askErr)
	}
	if !stored {
		return nil, fmt.Errorf("%w: commit: %w", driver.ErrBadConn, err)
	}
	return t, nil
}

func (w *writer) changes(t *tx, group []*op, together bool) error {
	if together {
		if err := w.orders(t, group); err != nil {
			if w.transient(err) {
				return err
			}
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
		o.after, o.order.err = nil, nil
		orders = append(orders, o.order)
	}
	if first == nil {
		return nil
	}
	if err := t.place(orders); err != nil {
		return err
	}
	if err := t.serveFreed(); err != nil {
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

// run is the op by itself.
func (o *op) run(t *tx) error {
	if o.order == nil {
		if err := o.fn(t); err != nil {
			return err
		}
		return t.serveFreed()
	}
	o.order.err = nil
	if err := t.place([]*placing{o.order}); err != nil {
		return err
	}
	if o.order.err != nil {
		return o.order.err
	}
	return t.serveFreed()
}

func (w *writer) begin() (*tx, error) {
	if _, err := w.exec(w.store.dialect.begin); err != nil {
		return nil, fmt.Errorf("begin: %w", err)
	}
	t := &tx{w: w}
	if err := t.start(); err != nil {
		return nil, err
	}
	t.now = t.stamp(w.store.now())
	w.last = t.now
	// Another store changed what this one keeps in memory.
	if t.changes != w.store.cache.changes.Load() {
		if err := errors.Join(w.store.cache.fill(t, t.now), w.store.watching.fill(t)); err != nil {
			return nil, err
		}
		w.store.cache.changes.Store(t.changes)
	}
	return t, nil
}

// one runs an op in its savepoint. The error returned is the transaction's:
// that of the op itself stays with the op.
func (w *writer) one(t *tx, o *op) error {
	if _, err := w.exec("SAVEPOINT change"); err != nil {
		return fmt.Errorf("set savepoint: %w", err)
	}
	mark := *t
	t.after, o.after = nil, nil
	if o.err = o.run(t); o.err != nil {
		if w.transient(o.err) {
			return o.err
		}
		o.err = w.store.dialect.refusal(o.err)
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

// transient reports whether running the group again may end better.
func (w *writer) transient(err error) bool {
	return !errors.Is(err, errUnknown) && (w.store.dialect.transient(err) || w.lost())
}

// lost reports whether the connection is gone. SQLite has none to lose.
func (w *writer) lost() bool {
	return w.conn == nil || w.conn.Raw(w.store.dialect.alive) != nil
}

// reconnect takes a new connection; what was prepared on the old one is void.
func (w *writer) reconnect() error {
	if w.conn != nil {
		// Its end is known already.
		_ = w.conn.Raw(func(any) error { return driver.ErrBadConn })
		_ = w.conn.Close()
		w.conn = nil
	}
	w.stmts, w.bulks = map[string]*sql.Stmt{}, map[bulk]*sql.Stmt{}
	conn, err := w.store.writes.Conn(w.ctx)
	if err != nil {
		return fmt.Errorf("connect for writing: %w", err)
	}
	w.conn = conn
	return nil
}

// status asks a new session what became of a transaction.
func (w *writer) status(xid string) (status string, err error) {
	ctx, cancel := w.store.dialect.attempt()
	defer cancel()
	w.ctx = ctx
	if err := w.reconnect(); err != nil {
		return "", err
	}
	err = w.conn.QueryRowContext(ctx, w.store.dialect.outcome, xid).Scan(&status)
	return status, err
}

// outcome asks whether a transaction whose COMMIT was not answered is stored.
func (w *writer) outcome(xid string) (stored bool, err error) {
	for n, wait := 1, waitFirst; n <= commitTries; n, wait = n+1, min(2*wait, waitMost) {
		time.Sleep(wait)
		var status string
		status, err = w.status(xid)
		switch {
		case err == nil && status == "committed":
			return true, nil
		case err == nil && status == "aborted":
			return false, nil
		case err == nil:
			err = fmt.Errorf("transaction %s is %s", xid, status) // The old session is still ending.
		}
	}
	return false, err
}

// background is the attempt of a database that cannot go away.
func background() (context.Context, context.CancelFunc) {
	return context.Background(), func() {}
}
