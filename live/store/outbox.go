package store

import (
	"context"
	"fmt"

	"showrunner/live"
)

// OutboxRow is an event on its way to the log. IDs ascend in the order of
// commits and are never used twice.
type OutboxRow struct {
	ID    int64
	Event live.Event
	size  int // of the stored event, for the relay's batches
}

// Outbox returns up to limit rows with an id above after, ascending.
func (s *Store) Outbox(ctx context.Context, after int64, limit int) ([]OutboxRow, error) {
	rows, err := s.reader(ctx).query(`SELECT id, event FROM outbox WHERE id > ? ORDER BY id LIMIT ?`, after, limit)
	out, err := collect(rows, err, func(r scanner) (OutboxRow, error) {
		var row OutboxRow
		var body string
		if err := r.Scan(&row.ID, &body); err != nil {
			return row, err
		}
		var err error
		row.Event, err = decodeEvent(body)
		row.size = len(body)
		return row, err
	})
	if err != nil {
		return nil, fmt.Errorf("read outbox: %w", err)
	}
	return out, nil
}

// TrimOutbox deletes the rows up to and including through: they are in the log.
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
