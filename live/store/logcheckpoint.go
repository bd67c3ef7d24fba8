package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"showrunner/live"
)

// LogCheckpoint is how far a reader has come whose results stand in the
// database; no epoch if it never began.
func (s *Store) LogCheckpoint(ctx context.Context, reader string) (epoch string, next live.Position, err error) {
	return logCheckpoint(s.reader(ctx), reader)
}

func logCheckpoint(q querier, reader string) (epoch string, next live.Position, err error) {
	var seq, idx int64
	err = q.row(`SELECT epoch, seq, idx FROM log_checkpoints WHERE reader = ?`, reader).Scan(&epoch, &seq, &idx)
	if errors.Is(err, sql.ErrNoRows) {
		return "", live.Position{}, nil
	}
	if err != nil {
		return "", live.Position{}, fmt.Errorf("read the checkpoint of %s: %w", reader, err)
	}
	return epoch, live.Position{Seq: uint64(seq), Index: uint32(idx)}, nil
}

// MoveLogCheckpoint writes how far which incarnation of the log a reader has come
// whose results stand in the database.
func (t *Tx) MoveLogCheckpoint(reader, epoch string, next live.Position) error {
	return t.t.setLogCheckpoint(reader, epoch, next)
}

func (t *tx) setLogCheckpoint(reader, epoch string, next live.Position) error {
	_, err := t.exec(`INSERT INTO log_checkpoints (reader, epoch, seq, idx) VALUES (?, ?, ?, ?)
		ON CONFLICT (reader) DO UPDATE SET epoch = excluded.epoch, seq = excluded.seq, idx = excluded.idx`,
		reader, epoch, int64(next.Seq), int64(next.Index)) //nolint:gosec // a sequence has 53 bits
	if err != nil {
		return fmt.Errorf("move the checkpoint of %s: %w", reader, err)
	}
	return nil
}
