package complaint

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// NextBrief is the brief of the room's show that was made next after a show, as it
// was published last at an instant: which show, and its items. Rehearsals are
// passed over. Empty: there was no such show, or nothing was published for it.
// Versions are only ever added, so an answer as of an instant stays what it was.
// Code: "show_not_found".
func (b *Book) NextBrief(ctx context.Context, m live.MerchantID, show live.ShowID, asOf time.Time) (next live.ShowID, items []Item, err error) {
	err = b.store.Snapshot(ctx, func(q store.Querier) error {
		s, err := showOfBrief(q, m, show)
		if err != nil {
			return err
		}
		var body string
		err = q.Row(`SELECT s.show_id, COALESCE((SELECT v.body FROM care_brief_versions v WHERE v.merchant_id = s.merchant_id AND v.show_id = s.show_id AND v.published_at <= ?
				ORDER BY v.version DESC LIMIT 1), '')
			FROM shows s WHERE s.merchant_id = ? AND s.room_id = ? AND s.rehearsal = 0 AND s.created_at <= ? AND (s.created_at > ? OR s.created_at = ? AND s.show_id > ?)
			ORDER BY s.created_at, s.show_id LIMIT 1`, store.Millis(asOf), string(m), string(s.room), store.Millis(asOf), s.created, s.created, string(show)).Scan(&next, &body)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the brief of the next show: %w", err)
		}
		if body == "" {
			return nil
		}
		if err := json.Unmarshal([]byte(body), &items); err != nil {
			return fmt.Errorf("decode the brief of the next show: %w", err)
		}
		return nil
	})
	return next, items, err
}
