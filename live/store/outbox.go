package store

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"showrunner/live"
)

// OutboxRow is an event on its way to the log. IDs ascend in the order of
// commits and are never used twice.
type OutboxRow struct {
	ID    int64
	Event live.Event
	size  int // of the stored event, for the relay's batches
}

// outgoing is an event of a transaction on its way to the outbox.
type outgoing struct {
	id   int64
	body []byte
}

// Bounds of one run of events, which is one row of the outbox: a reader who
// wants the last of them reads them all.
const (
	runEvents = 128
	runBytes  = 128 << 10
)

var outboxRow = table(`outbox`, `id, n, event`)

// runs makes rows of outboxRow: events whose ids follow each other stand
// together, one a line.
func runs(events []outgoing) []any {
	var rows []any
	for len(events) > 0 {
		n, size := 1, len(events[0].body)
		for n < len(events) && n < runEvents && events[n].id == events[n-1].id+1 && size+1+len(events[n].body) <= runBytes {
			size += 1 + len(events[n].body)
			n++
		}
		var run strings.Builder
		run.Grow(size)
		for i := range n {
			if i > 0 {
				run.WriteByte('\n')
			}
			run.Write(events[i].body)
		}
		rows = append(rows, events[n-1].id, int64(n), run.String())
		events = events[n:]
	}
	return rows
}

// Outbox returns up to limit events with an id above after, ascending.
func (s *Store) Outbox(ctx context.Context, after int64, limit int) ([]OutboxRow, error) {
	const of = `SELECT id, n, event FROM outbox WHERE id > ? `
	q := s.reader(ctx)
	rows, err := q.query(of+`AND id <= ? ORDER BY id`, after, after+int64(limit)+runEvents)
	found, err := collect(rows, err, unpack)
	if err == nil && len(found) == 0 { // ids may have been left out
		rows, err = q.query(of+`ORDER BY id LIMIT 1`, after)
		found, err = collect(rows, err, unpack)
	}
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	var out []OutboxRow
	for _, run := range found {
		for _, o := range run {
			if o.id <= after || len(out) == limit {
				continue
			}
			e, err := decodeEvent(o.body)
			if err != nil {
				return nil, fmt.Errorf("read outbox: %w", err)
			}
			out = append(out, OutboxRow{ID: o.id, Event: e, size: len(o.body)})
		}
	}
	return out, nil
}

// unpack reads a run of events.
func unpack(r scanner) ([]outgoing, error) {
	var last, n int64
	var run []byte
	if err := r.Scan(&last, &n, &run); err != nil {
		return nil, err
	}
	bodies := bytes.Split(run, []byte{'\n'})
	if int64(len(bodies)) != n {
		return nil, fmt.Errorf("the run that ends with %d has %d events, not %d", last, len(bodies), n)
	}
	out := make([]outgoing, n)
	for i, body := range bodies {
		out[i] = outgoing{last - n + 1 + int64(i), body}
	}
	return out, nil
}

// TrimOutbox forgets the events up to and including through: they are in the
// log. A run of which some are not stays until they are.
func (s *Store) TrimOutbox(ctx context.Context, through int64) error {
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM outbox WHERE id <= ?`, through)
		return err
	})
	if err != nil {
		return fmt.Errorf("trim outbox: %w", err)
	}
	return nil
}

// raiseOutbox makes the next outbox id greater than mark. It matters when the
// database was restored from a backup older than the log: ids that the log has
// seen would be taken for duplicates and lost. It reports whether it had to.
func (s *Store) raiseOutbox(ctx context.Context, mark int64) (raised bool, err error) {
	err = s.write(ctx, func(t *tx) error {
		if raised = t.outbox < mark; raised {
			t.outbox = mark
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("raise outbox counter: %w", err)
	}
	return raised, nil
}
