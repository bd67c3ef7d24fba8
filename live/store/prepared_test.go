package store

import (
	"fmt"
	"path/filepath"
	"testing"
)

// A query whose rows are being read may run again, and more queries than are
// kept may run: the answers are the same.
func TestPreparedQueriesAnswerAlike(t *testing.T) {
	if onPostgres() {
		t.Skip("the driver of PostgreSQL has its own way")
	}
	s := open(t, filepath.Join(t.TempDir(), "s.db"), newClock())
	numbers := `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT i FROM n`
	var pairs []string
	err := s.snapshot(t.Context(), func(q querier) error {
		for range 2 {
			outer, err := q.query(numbers, 3)
			_, err = collect(outer, err, func(r scanner) (a int, err error) {
				if err := r.Scan(&a); err != nil {
					return 0, err
				}
				inner, err := q.query(numbers, a)
				all, err := collect(inner, err, func(r scanner) (b int, err error) { return b, r.Scan(&b) })
				pairs = append(pairs, fmt.Sprint(a, all))
				return a, err
			})
			if err != nil {
				return err
			}
			for i := range 2 * keptQueries {
				var got int
				if err := q.row(fmt.Sprintf(`SELECT %d + ?`, i), 1).Scan(&got); err != nil || got != i+1 {
					t.Errorf("query %d: %d, %v", i, got, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(pairs), "[1 [1] 2 [1 2] 3 [1 2 3] 1 [1] 2 [1 2] 3 [1 2 3]]"; got != want {
		t.Errorf("nested: %s, want %s", got, want)
	}
	// What fails leaves its query as good as it was.
	for range 2 {
		var none string
		if err := s.reader(t.Context()).row(`SELECT 'a' WHERE 1 = ?`, "x", "one too many").Scan(&none); err == nil {
			t.Error("an argument too many is no error")
		}
		if err := s.reader(t.Context()).row(`SELECT 'a' WHERE 1 = ?`, 1).Scan(&none); err != nil {
			t.Error(err)
		}
	}
}
