package store

import (
	"fmt"
	"time"
)

// counters are the numbers that ascend from transaction to transaction,
// whichever store writes.
type counters struct {
	outbox, audit int64 // ids used so far
	clock         int64 // when the last event was received, in ms
	changes       int64 // made to what stores keep in memory
}

func (c *counters) byName(name string) *int64 {
	switch name {
	case "outbox":
		return &c.outbox
	case "audit":
		return &c.audit
	case "clock":
		return &c.clock
	case "changes":
		return &c.changes
	}
	return new(int64) // One of a newer version of this program.
}

// start takes the counters. Updating the first, even to itself, makes a second
// writer on a shared database wait here until this transaction is over: ids
// follow the order of commits, and whatever is read from here on is the last
// word.
func (t *tx) start() error {
	if err := t.row(t.w.store.dialect.take).Scan(&t.outbox, &t.xid); err != nil {
		return fmt.Errorf("take the outbox counter: %w", err)
	}
	if err := readCounters(t, &t.counters); err != nil {
		return err
	}
	t.before = t.counters
	return nil
}

func readCounters(q querier, c *counters) error {
	type counter struct {
		name  string
		value int64
	}
	rows, err := q.query(`SELECT name, value FROM counters`)
	list, err := collect(rows, err, func(r scanner) (n counter, err error) { return n, r.Scan(&n.name, &n.value) })
	if err != nil {
		return fmt.Errorf("read counters: %w", err)
	}
	for _, n := range list {
		*c.byName(n.name) = n.value
	}
	return nil
}

// finish writes the events, gives the counters back, and tells the other
// stores to look.
func (t *tx) finish() error {
	if err := t.insert(outboxRow, runs(t.events)); err != nil {
		return fmt.Errorf("write to the outbox: %w", err)
	}
	if t.outbox != t.before.outbox || t.audit != t.before.audit {
		t.clock = max(t.clock, ms(t.now))
	}
	moved := t.counters
	for _, name := range []string{"outbox", "audit", "clock", "changes"} {
		value := *moved.byName(name)
		if value == *t.before.byName(name) {
			continue
		}
		if _, err := t.exec(`UPDATE counters SET value = ? WHERE name = ?`, value, name); err != nil {
			return fmt.Errorf("advance counter %s: %w", name, err)
		}
	}
	if t.w.store.dialect.notify != "" && (t.outbox != t.before.outbox || t.changes != t.before.changes) {
		if _, err := t.exec(t.w.store.dialect.notify, t.w.store.name); err != nil {
			return fmt.Errorf("notify the other stores: %w", err)
		}
	}
	return nil
}

// maxSkew is how far the clock of another store is followed. One that is wrong
// by more must not stop the clocks of all.
const maxSkew = time.Minute

// stamp is the time of a transaction: now, but not before the one before it,
// here or in another store.
func (t *tx) stamp(now time.Time) time.Time {
	now = now.UTC().Truncate(time.Millisecond)
	if last := at(t.clock); last.After(now) && last.Sub(now) <= maxSkew {
		now = last
	}
	if now.Before(t.w.last) {
		now = t.w.last
	}
	return now
}
