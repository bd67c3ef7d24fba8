package store

import (
	"context"
	"fmt"
	"time"

	"showrunner/live"
)

// ShowsStarted are the shows of a merchant that started in [from, until), by their
// start, at most so many; an empty room means every room. Rehearsals are not among
// them.
func (s *Store) ShowsStarted(ctx context.Context, m live.MerchantID, room live.RoomID, from, until time.Time, most int) ([]live.Show, error) {
	return s.showsBy(ctx, "started_at", m, room, from, until, most)
}

// ShowsEnded are those that ended in [from, until), by their end, likewise.
func (s *Store) ShowsEnded(ctx context.Context, m live.MerchantID, from, until time.Time, most int) ([]live.Show, error) {
	return s.showsBy(ctx, "ended_at", m, "", from, until, most)
}

func (s *Store) showsBy(ctx context.Context, column string, m live.MerchantID, room live.RoomID, from, until time.Time, most int) ([]live.Show, error) {
	var w where
	w.add("merchant_id = ?", string(m))
	w.add("rehearsal = ?", 0)
	w.add(column+" > ?", 0) // 0: not so far
	w.add(column+" >= ?", ms(from))
	w.add(column+" < ?", ms(until))
	if room != "" {
		w.add("room_id = ?", string(room))
	}
	rows, err := s.reader(ctx).query(`SELECT `+showColumns+` FROM shows`+w.sql()+` ORDER BY `+column+`, show_id LIMIT ?`, append(w.args, most)...)
	list, err := collect(rows, err, scanShow)
	if err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	return list, nil
}

// ShowsOver are the shows of all merchants that ended in [from, until), the newest
// first, at most so many. Rehearsals are not among them.
func (s *Store) ShowsOver(ctx context.Context, from, until time.Time, most int) ([]live.Show, error) {
	rows, err := s.reader(ctx).query(`SELECT `+showColumns+` FROM shows WHERE ended_at > 0 AND ended_at >= ? AND ended_at < ? AND rehearsal = 0 ORDER BY ended_at DESC, show_id LIMIT ?`, ms(from), ms(until), most)
	list, err := collect(rows, err, scanShow)
	if err != nil {
		return nil, fmt.Errorf("list shows: %w", err)
	}
	return list, nil
}
