package ws

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
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
		s := newShared(statePace, func(context.Context, live.Room, []live.PersonID) (json.RawMessage, error) {
			reads++
			n := reads
			time.Sleep(time.Second)
			return strconv.AppendInt(nil, int64(n), 10), nil
		})
		var wg sync.WaitGroup
		ask := func(want string) {
			wg.Go(func() {
				if got, err := s.get(t.Context(), live.Room{ID: "r1"}, ""); err != nil || string(got) != want {
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
		time.Sleep(statePace)
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
		s := newShared(statePace, func(context.Context, live.Room, []live.PersonID) (json.RawMessage, error) {
			time.Sleep(time.Second)
			return nil, down
		})
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := s.get(t.Context(), live.Room{ID: "r1"}, ""); !errors.Is(err, down) {
					t.Errorf("err = %v", err)
				}
			})
		}
		wg.Go(func() {
			time.Sleep(time.Millisecond)
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			if _, err := s.get(ctx, live.Room{ID: "r1"}, ""); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("an impatient one: %v", err)
			}
		})
		wg.Wait()
	})
}

// TestStatesOfACrowd: who comes alone does not wait, a crowd costs a read for
// each pace, and each of it is asked for in a read that began after they came.
func TestStatesOfACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reads := 0
		s := newShared(statePace, func(_ context.Context, _ live.Room, people []live.PersonID) (map[live.PersonID]time.Time, error) {
			reads++
			asked := map[live.PersonID]time.Time{}
			for _, p := range people {
				asked[p] = time.Now()
			}
			time.Sleep(100 * time.Microsecond)
			return asked, nil
		})
		began := time.Now()
		var wg sync.WaitGroup
		for i := range 500 { // Over 50 ms.
			wg.Go(func() {
				p := live.PersonID("v" + strconv.Itoa(i))
				came := time.Now()
				got, err := s.get(t.Context(), live.Room{ID: "r1"}, p)
				if at, ok := got[p]; err != nil || !ok || at.Before(came) {
					t.Errorf("%s came at %v, asked for: %v at %v (%v)", p, came.Sub(began), ok, at.Sub(began), err)
				}
				if took := time.Since(came); i == 0 && took > time.Millisecond || took > statePace+time.Millisecond {
					t.Errorf("%s waited %v", p, took)
				}
			})
			time.Sleep(100 * time.Microsecond)
		}
		wg.Wait()
		if reads > 7 {
			t.Errorf("%d reads", reads)
		}
		time.Sleep(statePace)
		synctest.Wait()
		if len(s.rooms) != 0 {
			t.Error("a room that nobody reads is kept")
		}
	})
}

// TestRoomTellsItsClock: instants are shown in the room's zone, and a show that
// was not planned says nothing of a plan.
func TestRoomTellsItsClock(t *testing.T) {
	at := time.Date(2026, 3, 6, 12, 0, 0, 0, time.UTC)
	room := live.Room{ID: "r1", TimeZone: "Asia/Shanghai"}
	for _, c := range []struct {
		show live.Show
		want any
	}{
		{live.Show{ID: "s1", PlannedStartAt: at}, "2026-03-06T12:00:00.000Z"},
		{live.Show{ID: "s1"}, nil},
	} {
		var got struct {
			TimeZone string         `json:"time_zone"`
			Show     map[string]any `json:"show"`
		}
		if err := json.Unmarshal(encodeRoom(live.RoomState{Room: room, Show: &c.show}, 0), &got); err != nil {
			t.Fatal(err)
		}
		if got.TimeZone != room.TimeZone || got.Show["planned_start_at"] != c.want {
			t.Errorf("%q, planned at %v, want %q, %v", got.TimeZone, got.Show["planned_start_at"], room.TimeZone, c.want)
		}
	}
}

// TestWelcomeIsWhatMarshalMakes: it is put together by hand.
func TestWelcomeIsWhatMarshalMakes(t *testing.T) {
	for _, w := range []welcomeFrame{
		{Type: "welcome", SessionID: "s1", Role: live.RoleViewer, Epoch: "e:1", Offset: 7, Room: encode(map[string]string{"title": "<\u2028&\""})},
		{Type: "welcome", Room: json.RawMessage("{}")}, // A short header.
		{Type: "welcome", Room: json.RawMessage(`"` + strings.Repeat("x", 1<<16) + `"`)},
		{Type: "welcome", SessionID: "\"", Role: live.RoleHost, Epoch: "<", Offset: 1<<64 - 1, Room: encode(roomJSON{}), Recovered: true},
	} {
		if got, want := string(w.encode()), string(encode(w)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		answer, missed := []byte("HTTP\r\n\r\n"), [][]byte{[]byte("{}"), bytes.Repeat([]byte{'x'}, 1<<16)}
		for n := range len(missed) + 1 {
			want := append(bytes.Clone(answer), wireText(append([][]byte{w.encode()}, missed[:n]...)...)...)
			if got := w.wire(answer, missed[:n]); !bytes.Equal(got, want) {
				t.Errorf("with %d frames: got %.200q, want %.200q", n, got, want)
			}
		}
	}
}
