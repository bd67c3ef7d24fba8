package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"showrunner/live"
)

const dropColumns = `drop_id, show_id, task, task_ms, per_person, ends_by, starts_at, ends_at, ended_at, reason, claimed, merchant_id, batch_id`

func scanDrop(r scanner) (live.CouponDrop, error) {
	var d live.CouponDrop
	var task, starts, ends, ended int64
	err := r.Scan(&d.ID, &d.Show, &d.Task, &task, &d.PerPerson, &d.Window, &starts, &ends, &ended, &d.Reason, &d.Claimed, &d.Batch.Merchant, &d.Batch.ID)
	d.TaskTime = time.Duration(task) * time.Millisecond
	d.StartsAt, d.EndsAt, d.EndedAt = at(starts), at(ends), at(ended)
	return d, err
}

// runningDrop is the drop of a show that has not ended, with its batch; nil if
// there is none.
func runningDrop(q querier, show live.ShowID) (*live.CouponDrop, error) {
	d, err := scanDrop(q.row(`SELECT `+dropColumns+` FROM coupon_drops WHERE show_id = ? AND ended_at = 0`, string(show)))
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err == nil {
		d.Batch, err = findBatch(q, d.Batch.Merchant, d.Batch.ID)
	}
	if err != nil {
		return nil, fmt.Errorf("read coupon drop: %w", err)
	}
	return &d, nil
}

// openDrop is runningDrop with what time did to it: whether the job or a claim
// comes first makes no difference.
func (t *tx) openDrop(sh *live.Show) (*live.CouponDrop, error) {
	d, err := runningDrop(t, sh.ID)
	if err != nil || d == nil || d.EndsAt.IsZero() || d.EndsAt.After(t.now) {
		return d, err
	}
	return nil, t.endDrop(sh, d, live.DropTime, itself, d.EndsAt)
}

func (t *tx) endDrop(sh *live.Show, d *live.CouponDrop, why live.DropEnd, by live.Principal, when time.Time) error {
	d.EndedAt, d.Reason = when, why
	if _, err := t.exec(`UPDATE coupon_drops SET ended_at = ?, reason = ? WHERE drop_id = ?`, ms(when), string(why), d.ID); err != nil {
		return fmt.Errorf("end coupon drop: %w", err)
	}
	if err := t.closeTask(d.ID, d.Task); err != nil {
		return err
	}
	_, err := t.announceChange(sh, live.CouponDropEnded, by, when, dropData(d))
	return err
}

// endDropOf ends the drop of a show, if one runs.
func (t *tx) endDropOf(sh *live.Show, why live.DropEnd, by live.Principal) error {
	d, err := t.openDrop(sh)
	if err != nil || d == nil {
		return err
	}
	return t.endDrop(sh, d, why, by, t.now)
}

// endDropsOf ends the drops of a batch that was voided, in whatever shows.
func (t *tx) endDropsOf(b *live.CouponBatch, by live.Principal) error {
	rows, err := t.query(`SELECT show_id FROM coupon_drops WHERE merchant_id = ? AND batch_id = ? AND ended_at = 0 ORDER BY show_id`, string(b.Merchant), b.ID)
	shows, err := collect(rows, err, func(r scanner) (id live.ShowID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return fmt.Errorf("read coupon drops: %w", err)
	}
	for _, id := range shows {
		sh, err := findShow(t, id)
		if err == nil {
			err = t.endDropOf(&sh, live.DropVoided, by)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropData is what a room is told of a drop.
func dropData(d *live.CouponDrop) map[string]any {
	b := &d.Batch
	data := map[string]any{
		"drop_id": d.ID, "batch_id": b.ID, "title": b.Title, "kind": b.Kind, "currency": b.Currency, "threshold_minor": b.Threshold,
		"total": b.Total, "left": b.Total - b.Claimed, "per_person": d.PerPerson, "claimed": d.Claimed, "task": d.Task, "window": d.Window,
	}
	if b.Kind == live.CouponAmount {
		data["off_minor"] = b.Off
	} else {
		data["off_bps"], data["cap_minor"] = b.OffBPS, b.Cap
	}
	if d.Task == live.TaskWatch {
		data["task_minutes"] = int64(d.TaskTime / time.Minute)
	}
	if len(b.Products) > 0 || len(b.SKUs) > 0 {
		data["product_ids"], data["sku_ids"] = append([]live.ProductID{}, b.Products...), append([]live.SKUID{}, b.SKUs...)
	}
	for name, v := range map[string]time.Time{"ends_at": d.EndsAt, "ended_at": d.EndedAt, "valid_until": b.EndsAt} {
		if !v.IsZero() {
			data[name] = stamp(v)
		}
	}
	if d.Reason != "" {
		data["reason"] = d.Reason
	}
	return data
}

// turnDrops ends the drops whose time is over.
func (s *Store) turnDrops(ctx context.Context) error {
	due := func(q querier, now time.Time) ([]live.ShowID, error) {
		rows, err := q.query(`SELECT show_id FROM coupon_drops WHERE ended_at = 0 AND ends_at > 0 AND ends_at <= ? ORDER BY ends_at, drop_id`, ms(now))
		return collect(rows, err, func(r scanner) (id live.ShowID, err error) { return id, r.Scan(&id) })
	}
	_, err := turn(ctx, s, "end coupon drops", due, func(t *tx, id *live.ShowID) error {
		sh, err := findShow(t, *id)
		if err == nil {
			_, err = t.openDrop(&sh)
		}
		return err
	})
	return err
}
