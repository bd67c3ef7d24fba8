package alert

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

// Store is where the book keeps its tables; live/store is it.
type Store interface {
	Change(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context) store.Querier
}

// Alert is one that was raised.
type Alert struct {
	ID       string
	Merchant live.MerchantID
	Show     live.ShowID
	Room     live.RoomID
	Rule     string
	Kind     Kind
	Subject  string // the SKU of a stock-out; else empty
	Severity string
	Rules    int64           // version of the rules it was raised by; 0: the default
	Evidence json.RawMessage // the figures it was raised for
	RaisedAt time.Time
	// ClearedAt is zero while it is open. Reason is "recovered", "show_ended" or
	// "rule_removed".
	ClearedAt time.Time
	Reason    string
	AckedAt   time.Time // zero: nobody has taken it up
	AckedBy   live.Actor
}

// Why an alert is over.
const (
	Recovered   = "recovered"
	ShowEnded   = "show_ended"
	RuleRemoved = "rule_removed"
)

var system = live.Actor{ID: "showrunner", Role: live.RoleSystem}

// Book keeps rules and alerts. Make it with [NewBook]; it is safe for concurrent use.
type Book struct {
	store Store
	newID func() string
}

// NewBook makes a book. newID makes names that nothing else has, in ascending order.
func NewBook(s Store, newID func() string) *Book { return &Book{store: s, newID: newID} }

// Raise writes an alert down and states it, and returns its ID; empty means that
// there is none: the show is not on air any more, or is a rehearsal. One that is
// open already is returned as it is.
func (b *Book) Raise(ctx context.Context, a Alert) (string, error) {
	fresh := "al_" + b.newID()
	var id string
	err := b.store.Change(ctx, func(t *store.Tx) error {
		id = ""
		var state live.ShowState
		var rehearsal int64
		err := t.Row(`SELECT state, rehearsal FROM shows WHERE show_id = ?`, string(a.Show)).Scan(&state, &rehearsal)
		if errors.Is(err, sql.ErrNoRows) || err == nil && (!state.OnAir() || rehearsal != 0) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read the show of an alert: %w", err)
		}
		err = t.Row(`SELECT alert_id FROM alerts WHERE show_id = ? AND rule = ? AND subject = ? AND cleared_at = 0`, string(a.Show), a.Rule, a.Subject).Scan(&id)
		if err == nil {
			return nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read open alerts: %w", err)
		}
		x := a
		x.ID, x.RaisedAt = fresh, t.Now()
		if _, err := t.Exec(`INSERT INTO alerts (`+alertColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '', 0, '', '')`,
			string(x.Merchant), x.ID, string(x.Show), string(x.Room), x.Rule, string(x.Kind), x.Subject, x.Severity, x.Rules, string(x.Evidence), store.Millis(x.RaisedAt)); err != nil {
			return fmt.Errorf("write an alert: %w", err)
		}
		id = x.ID
		return x.tell(t, live.AlertRaised, system)
	})
	return id, err
}

// Clear ends an alert; one that is over, or is not there, stays as it is, and so
// does one whose show is said to have ended while it is on air.
func (b *Book) Clear(ctx context.Context, m live.MerchantID, id, reason string) error {
	return b.store.Change(ctx, func(t *store.Tx) error {
		a, err := readAlert(t.Querier, m, id)
		if err != nil || !a.ClearedAt.IsZero() {
			return passed(err)
		}
		if reason == ShowEnded {
			var state live.ShowState
			if err := t.Row(`SELECT state FROM shows WHERE show_id = ?`, string(a.Show)).Scan(&state); err != nil {
				return fmt.Errorf("read the show of an alert: %w", err)
			}
			if state.OnAir() {
				return nil
			}
		}
		a.ClearedAt, a.Reason = t.Now(), reason
		if _, err := t.Exec(`UPDATE alerts SET cleared_at = ?, clear_reason = ? WHERE merchant_id = ? AND alert_id = ?`, store.Millis(a.ClearedAt), reason, string(m), id); err != nil {
			return fmt.Errorf("clear an alert: %w", err)
		}
		return a.tell(t, live.AlertCleared, system)
	})
}

// passed is nil for an alert that is not there.
func passed(err error) error {
	if e, ok := errors.AsType[*live.Error](err); ok && e.Fault == live.FaultNotFound {
		return nil
	}
	return err
}

// Acknowledge notes who has taken an alert of a show up. Whoever was first stays.
// Code: "alert_not_found".
func (b *Book) Acknowledge(ctx context.Context, m live.MerchantID, show live.ShowID, id string, by live.Actor) (Alert, error) {
	var out Alert
	err := b.store.Change(ctx, func(t *store.Tx) error {
		a, err := readAlert(t.Querier, m, id)
		if err != nil {
			return err
		}
		if a.Show != show {
			return alertNotFound()
		}
		if out = a; !a.AckedAt.IsZero() {
			return nil
		}
		out.AckedAt, out.AckedBy = t.Now(), live.Actor{ID: by.ID, Role: by.Role}
		if _, err := t.Exec(`UPDATE alerts SET acked_at = ?, acked_by = ?, acked_role = ? WHERE merchant_id = ? AND alert_id = ?`,
			store.Millis(out.AckedAt), by.ID, string(by.Role), string(m), id); err != nil {
			return fmt.Errorf("acknowledge an alert: %w", err)
		}
		if err := t.Audit(store.AuditRow{Merchant: m, Room: a.Room, Show: a.Show, Actor: by, Action: "alerts.acknowledge", Detail: fmt.Sprintf(`{"alert_id":%q}`, id)}); err != nil {
			return err
		}
		return out.tell(t, live.AlertAcknowledged, by)
	})
	return out, err
}

func (a *Alert) tell(t *store.Tx, kind live.Kind, by live.Actor) error {
	data := map[string]any{"alert_id": a.ID, "rule": a.Rule, "kind": a.Kind, "severity": a.Severity}
	if a.Subject != "" {
		data["subject"] = a.Subject
	}
	switch kind {
	case live.AlertRaised:
		data["evidence"], data["rule_version"] = a.Evidence, a.Rules
	case live.AlertCleared:
		data["reason"] = a.Reason
	}
	_, err := t.Emit(live.Event{Kind: kind, Merchant: a.Merchant, Room: a.Room, Show: a.Show, Actor: by, OccurredAt: t.Now()}, data)
	return err
}

const alertColumns = `merchant_id, alert_id, show_id, room_id, rule, kind, subject, severity, rule_version, evidence, raised_at, cleared_at, clear_reason, acked_at, acked_by, acked_role`

func scanAlert(r store.Scanner) (a Alert, err error) {
	var evidence string
	var raised, cleared, acked int64
	err = r.Scan(&a.Merchant, &a.ID, &a.Show, &a.Room, &a.Rule, &a.Kind, &a.Subject, &a.Severity, &a.Rules, &evidence, &raised, &cleared, &a.Reason, &acked, &a.AckedBy.ID, &a.AckedBy.Role)
	a.Evidence, a.RaisedAt, a.ClearedAt, a.AckedAt = json.RawMessage(evidence), store.Time(raised), store.Time(cleared), store.Time(acked)
	return a, err
}

func alertNotFound() error { return live.NotFound("alert_not_found", "there is no such alert") }

func readAlert(q store.Querier, m live.MerchantID, id string) (Alert, error) {
	a, err := scanAlert(q.Row(`SELECT `+alertColumns+` FROM alerts WHERE merchant_id = ? AND alert_id = ?`, string(m), id))
	if errors.Is(err, sql.ErrNoRows) {
		return Alert{}, alertNotFound()
	}
	if err != nil {
		return Alert{}, fmt.Errorf("read an alert: %w", err)
	}
	return a, nil
}

// OfShow lists the alerts of a show, the newest first, at most 500; with open
// only those that are not over.
func (b *Book) OfShow(ctx context.Context, show live.ShowID, open bool) ([]Alert, error) {
	where := ` WHERE show_id = ?`
	if open {
		where += ` AND cleared_at = 0`
	}
	rows, err := b.store.View(ctx).Query(`SELECT `+alertColumns+` FROM alerts`+where+` ORDER BY raised_at DESC, alert_id DESC LIMIT 500`, string(show))
	list, err := store.Collect(rows, err, scanAlert)
	if err != nil {
		return nil, fmt.Errorf("list alerts: %w", err)
	}
	return list, nil
}

// Open lists every alert that is not over, of all merchants.
func (b *Book) Open(ctx context.Context) ([]Alert, error) {
	rows, err := b.store.View(ctx).Query(`SELECT ` + alertColumns + ` FROM alerts WHERE cleared_at = 0 ORDER BY alert_id`)
	list, err := store.Collect(rows, err, scanAlert)
	if err != nil {
		return nil, fmt.Errorf("list open alerts: %w", err)
	}
	return list, nil
}

// Ordered counts the units ordered of each SKU of a show since an instant,
// cancelled orders included: they show how fast it goes.
func (b *Book) Ordered(ctx context.Context, m live.MerchantID, show live.ShowID, since time.Time) (map[live.SKUID]int64, error) {
	rows, err := b.store.View(ctx).Query(`SELECT l.sku_id, SUM(l.qty) FROM orders o JOIN order_lines l ON l.merchant_id = o.merchant_id AND l.order_id = o.order_id
		WHERE o.merchant_id = ? AND o.show_id = ? AND o.created_at >= ? GROUP BY l.sku_id`, string(m), string(show), store.Millis(since))
	type line struct {
		sku live.SKUID
		qty int64
	}
	list, err := store.Collect(rows, err, func(r store.Scanner) (l line, err error) { return l, r.Scan(&l.sku, &l.qty) })
	if err != nil {
		return nil, fmt.Errorf("count what was ordered: %w", err)
	}
	out := make(map[live.SKUID]int64, len(list))
	for _, l := range list {
		out[l.sku] = l.qty
	}
	return out, nil
}
