package store

import (
	"context"
	"fmt"
)

// GiveBack gives back the memory in which the connections keep pages of the
// database. A busy hour fills it, some 35 MB where it may hold 16, and nothing
// else ever empties it. Whatever is under way goes on; what is asked next reads
// its pages from the file again.
//
// Connections for reading that nobody uses are closed, which is the only way to
// reach each of them; the next who reads opens one. On PostgreSQL the pages are
// the server's, and nothing is done.
func (s *Store) GiveBack(ctx context.Context) error {
	if s.dialect.shrink == "" {
		return nil
	}
	s.reads.SetMaxIdleConns(0)
	s.reads.SetMaxIdleConns(readers)
	err := s.write(ctx, func(t *tx) error {
		_, err := t.exec(s.dialect.shrink)
		return err
	})
	if err != nil {
		return fmt.Errorf("give memory back: %w", err)
	}
	return nil
}
