package store

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"showrunner/live"
)

// TestChangeIsOneTransaction: what a guest package writes, its fact and its entry
// of the audit log stand or fall together, and what it read was the last word.
func TestChangeIsOneTransaction(t *testing.T) {
	s, _ := fresh(t)
	ctx := t.Context()
	if err := s.Change(ctx, func(tx *Tx) error {
		_, err := tx.Exec(`CREATE TABLE guests (merchant_id TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, id TEXT NOT NULL)`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	add := func(fail error) error {
		return s.Change(ctx, func(tx *Tx) error {
			var n int64
			if err := tx.Row(`SELECT COUNT(*) FROM guests WHERE merchant_id = ?`, "m1").Scan(&n); err != nil {
				return err
			}
			if changed, err := tx.Exec(`INSERT INTO guests (merchant_id, n, at, id) VALUES (?, ?, ?, ?)`, "m1", n, Millis(tx.Now()), fmt.Sprint("g", n)); err != nil || changed != 1 {
				return fmt.Errorf("%d rows: %w", changed, err)
			}
			if _, err := tx.Emit(live.Event{Kind: live.PartnerApplied, Merchant: "m1", Person: "p1"}, map[string]any{"n": n}); err != nil {
				return err
			}
			if err := tx.Audit(AuditRow{Merchant: "m1", Action: "guest.add"}); err != nil {
				return err
			}
			return fail
		})
	}
	broken := errors.New("broken")
	done := make(chan error)
	for i := range 40 {
		go func() {
			if i%2 == 0 {
				done <- add(nil)
			} else if err := add(broken); !errors.Is(err, broken) {
				done <- fmt.Errorf("a failed change says %w", err)
			} else {
				done <- nil
			}
		}()
	}
	for range 40 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	type guest struct {
		n  int64
		at time.Time
		id string
	}
	seen, cursor := map[int64]bool{}, ""
	for pages := 0; ; pages++ {
		p, err := OpenPage(cursor, 6)
		if err != nil {
			t.Fatal(err)
		}
		var w Where
		w.Add("merchant_id = ?", "m1")
		WhereIn(&w, "merchant_id", []live.MerchantID{"m1", "m2"})
		p.After(&w, "at", "id")
		rows, err := s.View(ctx).Query(`SELECT n, at, id FROM guests`+w.SQL()+` ORDER BY at DESC, id DESC LIMIT ?`, w.Args(p.Limit())...)
		list, err := Collect(rows, err, func(r Scanner) (g guest, err error) {
			var at int64
			err = r.Scan(&g.n, &at, &g.id)
			g.at = Time(at)
			return g, err
		})
		if err != nil {
			t.Fatal(err)
		}
		list, cursor = Cut(p, list, func(g guest) (time.Time, string) { return g.at, g.id })
		for _, g := range list {
			seen[g.n] = true
		}
		if cursor == "" {
			if pages != 3 {
				t.Errorf("20 rows came in %d pages of 6", pages+1)
			}
			break
		}
	}
	if len(seen) != 20 {
		t.Errorf("%d different numbers of 20: a change did not see the one before", len(seen))
	}
	outbox, err := s.Outbox(ctx, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, row := range outbox {
		if row.Event.Kind == live.PartnerApplied && row.Event.Source == SourceSystem && row.Event.ID != "" {
			told++
		}
	}
	audit, _, err := s.Audit(ctx, AuditFilter{Merchant: "m1"})
	if err != nil {
		t.Fatal(err)
	}
	if told != 20 || len(audit) != 20 {
		t.Errorf("%d facts and %d entries of the audit log for 20 changes", told, len(audit))
	}
	if _, err := OpenPage("nonsense!", 1); err == nil {
		t.Error("a cursor nobody gave out was taken")
	}
}
