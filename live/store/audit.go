package store

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"time"

	"showrunner/live"
)

// AuditRow is one line of the append-only record of who did what. The database
// refuses to change or delete one.
type AuditRow struct {
	ID       int64 // ascending
	At       time.Time
	Merchant live.MerchantID
	Room     live.RoomID
	Show     live.ShowID
	Actor    live.Actor
	Action   string // an action of live.Rights or what else was done
	Command  string // the command's ID, or empty
	Code     string // why it was refused; empty: it was done
	Detail   string // JSON, or empty; never a secret
}

// AuditFilter selects audit rows. Zero members do not restrict.
type AuditFilter struct {
	Merchant live.MerchantID
	Show     live.ShowID
	Cursor   string
	Limit    int // 0 means 50, at most 500
}

// maxAuditText bounds what a caller can make us keep for ever.
const maxAuditText = 4096

// audited writes an audit row.
func (t *tx) audited(r AuditRow) error {
	if len(r.Detail) > maxAuditText {
		r.Detail = `{"omitted_bytes":` + strconv.Itoa(len(r.Detail)) + `}`
	}
	if _, err := t.exec(`INSERT INTO audit (id, at, merchant_id, room_id, show_id, actor_id, actor_name, actor_role, action, command_id, code, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.audit+1, ms(t.now), string(r.Merchant), string(r.Room), string(r.Show), r.Actor.ID, r.Actor.Name, string(r.Actor.Role),
		r.Action, r.Command, r.Code, r.Detail); err != nil {
		return fmt.Errorf("write audit: %w", err)
	}
	t.audit++
	return nil
}

// AddAudit records what was done outside the store, like an export of money.
// ID and At are given by the store.
func (s *Store) AddAudit(ctx context.Context, r AuditRow) error {
	return s.write(ctx, func(t *tx) error { return t.audited(r) })
}

// Audit lists the record, newest first, with the cursor of the next page.
func (s *Store) Audit(ctx context.Context, f AuditFilter) ([]AuditRow, string, error) {
	c, err := decodeCursor(f.Cursor)
	if err != nil {
		return nil, "", err
	}
	var w where
	if f.Merchant != "" {
		w.add("merchant_id = ?", string(f.Merchant))
	}
	if f.Show != "" {
		w.add("show_id = ?", string(f.Show))
	}
	if c.at < math.MaxInt64 {
		w.add("id < ?", c.at)
	}
	most := limit(f.Limit)
	rows, err := s.reader(ctx).query(`SELECT id, at, merchant_id, room_id, show_id, actor_id, actor_name, actor_role, action, command_id, code, detail FROM audit`+
		w.sql()+` ORDER BY id DESC LIMIT ?`, append(w.args, most+1)...)
	list, err := collect(rows, err, func(r scanner) (AuditRow, error) {
		var row AuditRow
		var when int64
		err := r.Scan(&row.ID, &when, &row.Merchant, &row.Room, &row.Show, &row.Actor.ID, &row.Actor.Name, &row.Actor.Role,
			&row.Action, &row.Command, &row.Code, &row.Detail)
		row.At = at(when)
		return row, err
	})
	if err != nil {
		return nil, "", fmt.Errorf("list audit: %w", err)
	}
	list, next := page(list, most, func(r AuditRow) cursor { return cursor{at: r.ID} })
	return list, next, nil
}
