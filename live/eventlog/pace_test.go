package eventlog

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
)

// dribble is a reader that has few entries at a time, as one that decodes a
// message after the other.
type dribble struct {
	Source
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

// TestPace: a look takes all there is and who is behind does not wait between two
// messages; who is not, looks once in a pace. What is done before a look is done
// at once while there is more of it.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &dribble{left: 10_000}
		f := &following{Follower: &Follower{Reader: d, Batch: 1000, Wait: time.Second, Pace: 200 * time.Millisecond, Now: time.Now}}
		look := func() int {
			t.Helper()
			entries, err := f.look(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return len(entries)
		}
		began, looks := time.Now(), 0
		for d.left > 0 {
			look()
			looks++
		}
		if took := time.Since(began); looks != 10 || took != 0 {
			t.Errorf("behind: %d looks in %s", looks, took)
		}
		d.left = 6
		if n := look(); n != 6 || time.Since(began) != moreWait {
			t.Errorf("a look took %d after %s", n, time.Since(began))
		}
		d.left, began = 3, time.Now()
		if n := look(); n != 3 || time.Since(began) != f.Pace+moreWait {
			t.Errorf("the next look took %d after %s", n, time.Since(began))
		}
		todo := 2
		f.Before = func(context.Context) (bool, error) {
			todo--
			return todo > 0, nil
		}
		began = time.Now()
		if n := look(); n != 0 || time.Since(began) != 0 {
			t.Errorf("with more to do a look took %d after %s", n, time.Since(began))
		}
		if n := look(); n != 0 || time.Since(began) != f.Pace+f.Wait {
			t.Errorf("with nothing more to do a look took %d after %s", n, time.Since(began))
		}
		f.Before = func(context.Context) (bool, error) { return false, errors.New("away") }
		if _, err := f.look(t.Context()); err == nil {
			t.Error("what failed before a look was forgotten")
		}
	})
}
