package store

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"showrunner/live"
)

// SetChecklist declares what must be done before shows of a merchant go on air; it
// replaces what was declared. Ticks of items that stay are kept. Codes:
// "invalid_field".
func (s *Store) SetChecklist(ctx context.Context, m live.MerchantID, items []live.ChecklistItem, by live.Actor) error {
	if err := live.ValidateChecklist(items); err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM checklist_items WHERE merchant_id = ?`, string(m)); err != nil {
			return fmt.Errorf("empty checklist: %w", err)
		}
		for i, it := range items {
			if _, err := t.exec(`INSERT INTO checklist_items (merchant_id, item_id, nth, title, blocking) VALUES (?, ?, ?, ?, ?)`, string(m), it.ID, i, it.Title, bit(it.Blocking)); err != nil {
				return fmt.Errorf("write checklist: %w", err)
			}
		}
		detail, err := json.Marshal(map[string]any{"items": items})
		if err != nil {
			return fmt.Errorf("encode checklist: %w", err)
		}
		return t.audited(AuditRow{Merchant: m, Actor: by, Action: "checklist.put", Detail: string(detail)})
	})
}

// Checklist is what a merchant declared, in order, and what of it was done for a
// show, by item; of no show nothing is.
func (s *Store) Checklist(ctx context.Context, m live.MerchantID, show live.ShowID) (items []live.ChecklistItem, ticks map[string]live.ChecklistTick, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		items, ticks, err = checklist(q, m, show)
		return err
	})
	return items, ticks, err
}

func checklist(q querier, m live.MerchantID, show live.ShowID) ([]live.ChecklistItem, map[string]live.ChecklistTick, error) {
	rows, err := q.query(`SELECT item_id, title, blocking FROM checklist_items WHERE merchant_id = ? ORDER BY nth`, string(m))
	items, err := collect(rows, err, func(r scanner) (it live.ChecklistItem, err error) {
		var blocking int64
		err = r.Scan(&it.ID, &it.Title, &blocking)
		it.Blocking = blocking != 0
		return it, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read checklist: %w", err)
	}
	rows, err = q.query(`SELECT item_id, actor_id, actor_name, actor_role, at, note FROM checklist_ticks WHERE show_id = ?`, string(show))
	list, err := collect(rows, err, func(r scanner) (k live.ChecklistTick, err error) {
		var when int64
		err = r.Scan(&k.Item, &k.By.ID, &k.By.Name, &k.By.Role, &when, &k.Note)
		k.At = at(when)
		return k, err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("read ticks of a checklist: %w", err)
	}
	ticks := map[string]live.ChecklistTick{}
	for _, k := range list {
		ticks[k.Item] = k
	}
	return items, ticks, nil
}

// Tick says that an item is done for a show, or no longer; said again it keeps who
// said it first. Codes: "item_not_found", "wrong_state" (data: state; the show is
// over), "invalid_field".
func (s *Store) Tick(ctx context.Context, show live.ShowID, item string, done bool, note string, by live.Actor) error {
	if !utf8.ValidString(note) || utf8.RuneCountInString(note) > live.MaxChecklistNote {
		return live.Invalid("invalid_field", "note", "must be at most %d characters", live.MaxChecklistNote)
	}
	return s.write(ctx, func(t *tx) error {
		sh, err := findShow(t, show)
		if err != nil {
			return err
		}
		if sh.State.Over() {
			no := live.Conflict("wrong_state", "the show is %s", string(sh.State))
			no.Data = map[string]any{"state": string(sh.State)}
			return no
		}
		var n int64
		if err := t.row(`SELECT COUNT(*) FROM checklist_items WHERE merchant_id = ? AND item_id = ?`, string(sh.Merchant), item).Scan(&n); err != nil {
			return fmt.Errorf("look for an item of the checklist: %w", err)
		}
		if n == 0 {
			return live.NotFound("item_not_found", "there is no such item on the checklist")
		}
		action := "checklist.tick"
		if done {
			_, err = t.exec(`INSERT INTO checklist_ticks (show_id, item_id, actor_id, actor_name, actor_role, at, note) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (show_id, item_id) DO NOTHING`,
				string(show), item, by.ID, by.Name, string(by.Role), ms(t.now), note)
		} else {
			action = "checklist.untick"
			_, err = t.exec(`DELETE FROM checklist_ticks WHERE show_id = ? AND item_id = ?`, string(show), item)
		}
		if err != nil {
			return fmt.Errorf("write a tick of the checklist: %w", err)
		}
		detail, err := json.Marshal(map[string]any{"item_id": item, "note": note})
		if err != nil {
			return fmt.Errorf("encode a tick: %w", err)
		}
		return t.audited(AuditRow{Merchant: sh.Merchant, Room: sh.Room, Show: sh.ID, Actor: by, Action: action, Detail: string(detail)})
	})
}

// checked refuses to start a show while items that block it are open, and tells
// the other open ones. Rehearsals are for finding out.
func (t *tx) checked(sh *live.Show) (open []string, err error) {
	if sh.Rehearsal {
		return nil, nil
	}
	items, ticks, err := checklist(t, sh.Merchant, sh.ID)
	if err != nil {
		return nil, err
	}
	var blocking []string
	for _, it := range items {
		switch _, done := ticks[it.ID]; {
		case done:
		case it.Blocking:
			blocking = append(blocking, it.ID)
		default:
			open = append(open, it.ID)
		}
	}
	if len(blocking) == 0 {
		return open, nil
	}
	no := live.Conflict("checklist_open", "the merchant wants done before: %s", strings.Join(blocking, ", "))
	no.Data = map[string]any{"open_items": blocking}
	return nil, no
}
