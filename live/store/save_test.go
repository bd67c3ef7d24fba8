package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"showrunner/live"
)

// TestSaveRestore copies a database that is written to, brings it back elsewhere
// and finds what was committed before the copy, with the same outbox counter.
func TestSaveRestore(t *testing.T) {
	dir := t.TempDir()
	now := func() time.Time { return time.Date(2026, 11, 21, 20, 0, 0, 0, time.UTC) }
	s, err := Open(t.Context(), config(t, filepath.Join(dir, "a.db"), now))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add := func(s *Store, n int) {
		t.Helper()
		for range n {
			if err := s.AddAudit(t.Context(), AuditRow{Actor: live.Actor{ID: "ann", Role: live.RoleAdmin}, Action: "test.row"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.write(t.Context(), func(x *tx) error { x.outbox += 41; return nil }); err != nil {
		t.Fatal(err)
	}
	add(s, 30)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				add(s, 1)
			}
		}
	}()
	file := filepath.Join(dir, "copy")
	saved, err := s.Save(t.Context(), file)
	close(stop)
	<-stopped
	if err != nil {
		t.Fatal(err)
	}
	if saved.Outbox != 41 || len(saved.Versions) < 40 {
		t.Errorf("saved %+v", saved)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the copy can be read by others: %v %v", info.Mode(), err)
	}
	if _, err := s.Save(t.Context(), file); err == nil {
		t.Error("a copy was written over another")
	}
	newer := saved
	newer.Versions = append(slices.Clone(saved.Versions), 99999)
	target := config(t, filepath.Join(dir, "b.db"), now)
	if _, err := Restore(t.Context(), target, file, newer); !errors.Is(err, ErrStoreNewer) {
		t.Errorf("a newer copy: %v", err)
	}
	torn, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(dir, "half")
	if err := os.WriteFile(half, torn[:len(torn)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), target, half, saved); err == nil {
		t.Error("half a copy was restored")
	}
	if onPostgres() {
		// What was there before is neither in the way nor taken back.
		err := withPostgres(t.Context(), target.URL, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `CREATE FUNCTION ours() RETURNS int LANGUAGE sql AS 'SELECT 1'`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for again := range 2 {
		undo, err := Restore(t.Context(), target, file, saved)
		if err != nil {
			t.Fatal(err)
		}
		if again == 0 && onPostgres() {
			if err := undo(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := Vacant(t.Context(), target); err != nil {
				t.Errorf("after it was taken back: %v", err)
			}
			err := withPostgres(t.Context(), target.URL, func(tx pgx.Tx) error {
				there, err := madePostgres(t.Context(), tx, nil)
				if want := []object{{"FUNCTION", "public.ours()"}, {"SCHEMA", "public"}}; !slices.Equal(there, want) {
					t.Errorf("%v is left, want %v", there, want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			continue
		}
		break
	}
	if onPostgres() {
		if err := Vacant(t.Context(), target); !errors.Is(err, ErrStoreExists) {
			t.Errorf("a database that holds something: %v", err)
		}
	}
	if _, err := Restore(t.Context(), target, file, saved); !errors.Is(err, ErrStoreExists) {
		t.Errorf("restored twice: %v", err)
	}
	back, err := Open(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	rows, _, err := back.Audit(t.Context(), AuditFilter{Limit: 500})
	if err != nil || len(rows) < 30 {
		t.Errorf("%d rows of the record came back, %v", len(rows), err)
	}
	add(back, 1)
	var outbox int64
	if err := back.write(t.Context(), func(x *tx) error { outbox = x.outbox; return nil }); err != nil || outbox != 41 {
		t.Errorf("the outbox counter is %d, %v", outbox, err)
	}
	if !onPostgres() && !bytes.HasPrefix(torn, []byte("SQLite format 3")) {
		t.Error("the copy is no database")
	}
}
