package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

// heldBy is what an offer holds of the shelf.
func heldBy(w *live.WaitPlace) holding {
	return holding{stockKey{w.Show, w.SKU}, w.Qty, heldReserved, w.Sale}
}

// serveFreed offers the units that came free in this change to who waits for
// them, before anybody else can order them.
func (t *tx) serveFreed() error {
	done := map[stockKey]bool{}
	for len(t.freed) > 0 {
		k := t.freed[0]
		t.freed = t.freed[1:]
		if done[k] {
			continue
		}
		done[k] = true
		if err := t.serve(k); err != nil {
			return err
		}
	}
	return nil
}

// serve makes offers down the line while units are left. Who waits for more
// than there is gets what there is.
func (t *tx) serve(k stockKey) error {
	for {
		w, err := scanWait(t.row(`SELECT `+waitColumns+` FROM waitlist WHERE show_id = ? AND sku_id = ? AND state = 'waiting' ORDER BY place LIMIT 1`,
			string(k.show), string(k.sku)))
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the head of the waitlist: %w", err)
		}
		sh, err := findShow(t, k.show)
		if err != nil || sh.State != live.ShowStateLive {
			return err
		}
		it, err := findItem(t, k.show, k.sku)
		if err != nil || !it.Listed {
			return err
		}
		var left int64
		if w.Sale, left, err = t.orderable(&sh, &it); err != nil || left <= 0 {
			return err
		}
		w.Qty = min(w.Qty, left)
		taken, _, err := t.take(sh.Merchant, heldBy(&w))
		if err != nil || !taken {
			return err
		}
		w.ExpiresAt = t.now.Add(t.w.store.offerTTL)
		if _, err := t.exec(`UPDATE waitlist SET state = 'offered', qty = ?, sale_id = ?, expires_at = ? WHERE show_id = ? AND sku_id = ? AND person_id = ?`,
			w.Qty, w.Sale, ms(w.ExpiresAt), string(w.Show), string(w.SKU), string(w.Person)); err != nil {
			return fmt.Errorf("offer to the waitlist: %w", err)
		}
		if err := t.tellWait(&sh, live.WaitlistOffered, &w, itself, map[string]any{"product_id": it.Product, "expires_at": stamp(w.ExpiresAt)}); err != nil {
			return err
		}
	}
}

// leave takes a person out of the line and gives back what was held for them.
func (t *tx) leave(w *live.WaitPlace) error {
	if _, err := t.exec(`DELETE FROM waitlist WHERE show_id = ? AND sku_id = ? AND person_id = ?`, string(w.Show), string(w.SKU), string(w.Person)); err != nil {
		return fmt.Errorf("leave waitlist: %w", err)
	}
	if w.State != live.WaitOffered {
		return nil
	}
	return t.giveBack(heldBy(w))
}

// closeWaitlist sends away who waits in a show, or only for one SKU.
func (t *tx) closeWaitlist(sh *live.Show, sku live.SKUID, why live.WaitEnd) error {
	condition, args := ``, []any{string(sh.ID)}
	if sku != "" {
		condition, args = ` AND sku_id = ?`, append(args, string(sku))
	}
	rows, err := t.query(`SELECT `+waitColumns+` FROM waitlist WHERE show_id = ?`+condition+` ORDER BY sku_id, place`, args...)
	list, err := collect(rows, err, scanWait)
	if err != nil {
		return fmt.Errorf("read waitlist: %w", err)
	}
	for i := range list {
		if err := t.leave(&list[i]); err != nil {
			return err
		}
		if err := t.tellWait(sh, live.WaitlistExpired, &list[i], itself, map[string]any{"reason": why}); err != nil {
			return err
		}
	}
	return nil
}

// serveWaiting looks again at everybody who waits in a show.
func (t *tx) serveWaiting(sh *live.Show) error {
	rows, err := t.query(`SELECT DISTINCT sku_id FROM waitlist WHERE show_id = ? AND state = 'waiting' ORDER BY sku_id`, string(sh.ID))
	skus, err := collect(rows, err, func(r scanner) (sku live.SKUID, err error) { return sku, r.Scan(&sku) })
	if err != nil {
		return fmt.Errorf("read waitlist: %w", err)
	}
	for _, sku := range skus {
		t.freed = append(t.freed, stockKey{sh.ID, sku})
	}
	return nil
}

// offers are the open offers of a SKU by person.
func (t *tx) offers(k stockKey) (map[live.PersonID]live.WaitPlace, error) {
	rows, err := t.query(`SELECT `+waitColumns+` FROM waitlist WHERE show_id = ? AND sku_id = ? AND state = 'offered' AND expires_at > ?`,
		string(k.show), string(k.sku), ms(t.now))
	list, err := collect(rows, err, scanWait)
	if err != nil {
		return nil, fmt.Errorf("read offers: %w", err)
	}
	out := make(map[live.PersonID]live.WaitPlace, len(list))
	for _, w := range list {
		out[w.Person] = w
	}
	return out, nil
}

// expireOffers passes on what was offered and not taken in time.
func (s *Store) expireOffers(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.WaitPlace, error) {
		rows, err := q.query(`SELECT `+waitColumns+` FROM waitlist WHERE state = 'offered' AND expires_at <= ? ORDER BY expires_at, show_id, sku_id, place LIMIT ?`,
			ms(now), expiryBatch)
		return collect(rows, err, scanWait)
	}
	_, err := turn(ctx, s, "expire offers", due, func(t *tx, w *live.WaitPlace) error {
		sh, err := findShow(t, w.Show)
		if err != nil {
			return err
		}
		if err := t.leave(w); err != nil {
			return err
		}
		return t.tellWait(&sh, live.WaitlistExpired, w, itself, map[string]any{"reason": live.WaitTimedOut})
	})
	return err
}
