package store

import (
	"fmt"
	"testing"

	"showrunner/live"
)

// A transaction's events are rows of many events each; readers see single
// events, from any of them on, and a run is forgotten when all of it is read.
func TestOutboxRuns(t *testing.T) {
	s, _ := fresh(t)
	emit := func(from, to int) {
		t.Helper()
		if err := s.write(t.Context(), func(t *tx) error {
			for i := from; i < to; i++ {
				if err := t.emit(live.Event{ID: live.EventID(fmt.Sprint(i)), Kind: live.Followed, Data: []byte("{\"a\":\n1}")}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	emit(1, 301)
	if raised, err := s.raiseOutbox(t.Context(), 5000); err != nil || !raised {
		t.Fatal(raised, err)
	}
	emit(301, 303) // ids 5001 and 5002
	var n int64
	rows := func() int64 {
		t.Helper()
		if err := s.reader(t.Context()).row(`SELECT COUNT(*) FROM outbox`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if rows() != 4 { // 128, 128, 44, 2
		t.Errorf("302 events are %d rows", n)
	}
	place := func(i int) int64 {
		if i > 300 {
			return int64(5000 + i - 300)
		}
		return int64(i)
	}
	for after := range 303 {
		for _, limit := range []int{1, 3, 200, 1000} {
			got, err := s.Outbox(t.Context(), place(after), limit)
			if err != nil {
				t.Fatal(err)
			}
			if len(got) > limit || len(got) == 0 && after < 302 {
				t.Fatalf("after %d: %d events, at most %d were wanted", after, len(got), limit)
			}
			if after+limit <= 300 && len(got) != limit {
				t.Fatalf("after %d: %d events, %d are there", after, len(got), limit)
			}
			for i, o := range got {
				if o.ID != place(after+1+i) || o.Event.ID != live.EventID(fmt.Sprint(after+1+i)) || string(o.Event.Data) != `{"a":1}` {
					t.Fatalf("after %d: event %d is %+v", after, i, o)
				}
			}
		}
	}
	for _, trim := range []struct{ through, rows int64 }{{127, 4}, {128, 3}, {299, 2}, {300, 1}, {5001, 1}, {5002, 0}} {
		if err := s.TrimOutbox(t.Context(), trim.through); err != nil {
			t.Fatal(err)
		}
		if rows() != trim.rows {
			t.Errorf("trimmed through %d: %d rows are left, want %d", trim.through, n, trim.rows)
		}
	}
}

// A run that lost a line is not relayed under wrong ids.
func TestOutboxBrokenRun(t *testing.T) {
	s, _ := fresh(t)
	if err := s.write(t.Context(), func(t *tx) error {
		_, err := t.once(`INSERT INTO outbox (id, n, event) VALUES (7, 3, '{}')`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if rows, err := s.Outbox(t.Context(), 0, 10); err == nil {
		t.Errorf("a run of 3 with one event was read as %v", rows)
	}
}
