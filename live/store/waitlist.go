package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"showrunner/live"
)

const waitColumns = `show_id, sku_id, person_id, qty, place, state, sale_id, joined_at, expires_at`

func scanWait(r scanner) (live.WaitPlace, error) {
	var w live.WaitPlace
	var joined, expires int64
	err := r.Scan(&w.Show, &w.SKU, &w.Person, &w.Qty, &w.Place, &w.State, &w.Sale, &joined, &expires)
	w.JoinedAt, w.ExpiresAt = at(joined), at(expires)
	return w, err
}

// JoinWaitlist gives a viewer a place in the line for a SKU of which nothing is
// left. Joining again returns the place they have.
//
// Codes: "invalid_field", "forbidden", "show_not_found", "show_not_live",
// "not_on_shelf", "in_stock" (data: sku_id, left), "no_waitlist" (the SKU goes
// to who pays first), "person_limit".
func (s *Store) JoinWaitlist(ctx context.Context, want live.JoinWaitlist) (live.WaitPlace, error) {
	switch {
	case !want.Person.May(live.ActOrderPlace):
		return live.WaitPlace{}, live.Forbidden("forbidden", "the role %s may not wait for stock", want.Person.Role)
	case !live.ValidID(want.Person.Subject):
		return live.WaitPlace{}, badID("sub")
	case !live.ValidID(string(want.SKU)):
		return live.WaitPlace{}, badID("sku_id")
	case want.Qty < 1 || want.Qty > live.MaxQuantity:
		return live.WaitPlace{}, live.Invalid("invalid_field", "qty", "must be 1 to %d", live.MaxQuantity)
	}
	var place live.WaitPlace
	err := s.write(ctx, func(t *tx) error {
		sh, err := t.showForSale(want.Show, want.Room)
		if err != nil {
			return err
		}
		if !want.Person.Sees(sh.Merchant, sh.Room) {
			return live.Forbidden("forbidden", "the room is outside your scope")
		}
		place, err = t.joinWaitlist(&sh, &want)
		return err
	})
	if err != nil {
		return live.WaitPlace{}, err
	}
	return place, nil
}

func (t *tx) joinWaitlist(sh *live.Show, want *live.JoinWaitlist) (live.WaitPlace, error) {
	person := live.PersonID(want.Person.Subject)
	w, err := scanWait(t.row(`SELECT `+waitColumns+` FROM waitlist WHERE show_id = ? AND sku_id = ? AND person_id = ?`, string(sh.ID), string(want.SKU), string(person)))
	if err == nil {
		w.Replay = true
		return w, t.countAhead(&w)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return live.WaitPlace{}, fmt.Errorf("read waitlist: %w", err)
	}
	if sh.State != live.ShowStateLive {
		return live.WaitPlace{}, notLive(sh.State)
	}
	it, err := t.listed(sh.ID, want.SKU)
	if err != nil {
		return live.WaitPlace{}, err
	}
	if it.Policy == live.StockFirstPaid {
		return live.WaitPlace{}, live.Conflict("no_waitlist", "%s goes to who pays first; there is no line for it", it.SKU)
	}
	_, left, err := t.orderable(sh, &it)
	if err != nil {
		return live.WaitPlace{}, err
	}
	if left > 0 {
		no := live.Conflict("in_stock", "%d of %s are left: order them", left, it.SKU)
		no.Data = map[string]any{"sku_id": string(it.SKU), "left": left}
		return live.WaitPlace{}, no
	}
	if it.PerPerson > 0 {
		have, err := t.ordered(sh, person, it.SKU)
		if err != nil {
			return live.WaitPlace{}, err
		}
		if have+want.Qty > it.PerPerson {
			return live.WaitPlace{}, personLimit(it.SKU, it.PerPerson, have)
		}
	}
	w = live.WaitPlace{Show: sh.ID, SKU: it.SKU, Person: person, Qty: want.Qty, State: live.Waiting, JoinedAt: t.now}
	if err := t.row(`SELECT COALESCE(MAX(place), 0) + 1 FROM waitlist WHERE show_id = ? AND sku_id = ?`, string(sh.ID), string(it.SKU)).Scan(&w.Place); err != nil {
		return live.WaitPlace{}, fmt.Errorf("find the end of the waitlist: %w", err)
	}
	if _, err := t.exec(`INSERT INTO waitlist (`+waitColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		string(w.Show), string(w.SKU), string(w.Person), w.Qty, w.Place, string(w.State), "", ms(w.JoinedAt), 0); err != nil {
		return live.WaitPlace{}, fmt.Errorf("join waitlist: %w", err)
	}
	if err := t.tellWait(sh, live.WaitlistJoined, &w, want.Person, nil); err != nil {
		return live.WaitPlace{}, err
	}
	return w, t.countAhead(&w)
}

// orderable is what can be ordered of a SKU now, within the flash sale that
// runs for it, if one does.
func (t *tx) orderable(sh *live.Show, it *live.Item) (sale string, left int64, err error) {
	f, open, err := t.openSale(sh, it.SKU)
	if err != nil || !open || f.State != live.FlashRunning {
		return "", it.Left(), err
	}
	return f.ID, min(it.Left(), f.Left()), nil
}

func (t *tx) countAhead(w *live.WaitPlace) error { return countAhead(t, w) }

func countAhead(q querier, w *live.WaitPlace) error {
	if w.State == live.WaitOffered {
		return nil
	}
	if err := q.row(`SELECT COUNT(*) FROM waitlist WHERE show_id = ? AND sku_id = ? AND state = 'waiting' AND place < ?`,
		string(w.Show), string(w.SKU), w.Place).Scan(&w.Ahead); err != nil {
		return fmt.Errorf("count the waitlist: %w", err)
	}
	return nil
}

// tellWait tells one person what became of their place. Everything said of a
// place is about that person, and nobody else's business.
func (t *tx) tellWait(sh *live.Show, kind live.Kind, w *live.WaitPlace, by live.Principal, more map[string]any) error {
	data := map[string]any{"sku_id": w.SKU, "qty": w.Qty}
	maps.Copy(data, more)
	return t.announceTo(sh, kind, w.Person, by, data)
}

// Waitlist lists the places of one person in a show, by SKU.
func (s *Store) Waitlist(ctx context.Context, show live.ShowID, person live.PersonID) ([]live.WaitPlace, error) {
	var out []live.WaitPlace
	err := s.snapshot(ctx, func(q querier) error {
		rows, err := q.query(`SELECT `+waitColumns+` FROM waitlist WHERE show_id = ? AND person_id = ? ORDER BY sku_id`, string(show), string(person))
		if out, err = collect(rows, err, scanWait); err != nil {
			return err
		}
		for i := range out {
			if err := countAhead(q, &out[i]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read waitlist: %w", err)
	}
	return out, nil
}
