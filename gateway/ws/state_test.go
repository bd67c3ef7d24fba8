package ws

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"showrunner/live"
)

// TestStatesAreSharedButNeverOld: who asks gets a state read after they asked,
// and a thousand who ask at once cost two reads.
func TestStatesAreSharedButNeverOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		s := newStates(func(context.Context, live.RoomID) (json.RawMessage, error) {
			reads++
			n := reads
			time.Sleep(time.Second)
			return strconv.AppendInt(nil, int64(n), 10), nil
		})
		var wg sync.WaitGroup
		ask := func(want string) {
			wg.Go(func() {
				if got, err := s.get(t.Context(), "r1"); err != nil || string(got) != want {
					t.Errorf("got read %s (%v), want %s", got, err, want)
				}
			})
		}
		ask("1")
		time.Sleep(time.Millisecond)
		for range 1000 {
			ask("2") // The first read began before them.
		}
		time.Sleep(time.Second)
		ask("3") // The second read is under way by now.
		wg.Wait()
		if reads != 3 {
			t.Errorf("%d reads, want 3", reads)
		}
		synctest.Wait()
		if len(s.rooms) != 0 {
			t.Error("a room that nobody reads is kept")
		}
		ask("4")
		wg.Wait()
	})
}

func TestStatesFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := errors.New("down")
		s := newStates(func(context.Context, live.RoomID) (json.RawMessage, error) {
			time.Sleep(time.Second)
			return nil, down
		})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := s.get(t.Context(), "r1"); !errors.Is(err, down) {
					t.Errorf("err = %v", err)
				}
			})
		}
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if _, err := s.get(ctx, "r1"); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("an impatient one: %v", err)
			}
		})
		wg.Wait()
	})
}
