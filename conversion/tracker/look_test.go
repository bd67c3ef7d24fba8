package tracker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
	"showrunner/live/eventlog"
	"showrunner/live/store"
)

// dribble is a reader that has few entries at a time, as one that decodes a
// message after the other.
type dribble struct {
	eventlog.Source
	left int
}

func (d *dribble) Next(_ context.Context, limit int, wait time.Duration) ([]live.Entry, error) {
	n := min(limit, 4, d.left)
	if n == 0 {
		time.Sleep(wait)
		return nil, nil
	}
	d.left -= n
	return make([]live.Entry, n), nil
}

// settled is a store in which nobody is judged by old rules.
type settled struct{ Store }

func (settled) RefoldLadder(context.Context, int, store.LadderFold) (int, error) { return 0, nil }

// A look takes all there is: who is behind does not wait between two messages.
func TestALookTakesAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dribble{left: 10_000}
		tr := New(Config{Reader: d, Store: settled{}, Now: time.Now})
		began, seen := time.Now(), 0
		look := unhurried{d, tr}
		for d.left > 0 {
			entries, err := look.Next(t.Context(), readBatch, readWait)
			if err != nil {
				t.Fatal(err)
			}
			seen += len(entries)
		}
		if took := time.Since(began); seen != 10_000 || took > time.Second {
			t.Errorf("%d entries in %s", seen, took)
		}
	})
}
