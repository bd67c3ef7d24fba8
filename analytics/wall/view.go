package wall

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"sync"

	"showrunner/analytics"
	"showrunner/live"
)

// known is how many of the last frames a view can tell the changes since: half a
// minute and more.
const known = 64

// view is the rooms of a merchant as one kind of caller sees them, brought up to
// the tick that somebody asked for last. What did not change is not encoded again.
type view struct {
	asked int64 // the tick of the last question; the wall's mutex guards it

	mu     sync.Mutex // guards what follows; who comes while a frame is made waits for it
	n      int64
	at     string
	rooms  []*room // by show
	gone   []left
	ticks  []int64          // whose frames were made, the newest last
	frames map[string]Frame // of tick n
}

// room is one room as it was encoded last.
type room struct {
	from    *analytics.Snapshot
	card    []byte // without the instant of its figures
	body    []byte
	changed int64 // the tick since which the card is as it is
	late    bool
}

// late is how far figures may be behind, in milliseconds, before that is news of
// its own.
const late = 2000

// left is a show that went off the air.
type left struct {
	show live.ShowID
	room live.RoomID
	n    int64
}

func newView() *view { return &view{at: "null", frames: map[string]Frame{}} }

// frame finds the frame that answers a question at a tick, or a later one when the
// view is there already, and makes it for all who ask the same.
func (w *Wall) frame(v *view, t *tick, q *Question) (Frame, error) {
	rooms := slices.Clone(q.Rooms)
	slices.Sort(rooms)
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := w.bring(v, t, q); err != nil {
		return Frame{}, err
	}
	after := int64(0)
	if q.Changes && slices.Contains(v.ticks, q.After) {
		after = q.After
	}
	key := fmt.Sprint(after, " *")
	if q.Rooms != nil {
		key = fmt.Sprint(after, rooms)
	}
	if f, ok := v.frames[key]; ok {
		return f, nil
	}
	f := Frame{Tick: v.n, Body: v.encode(after, func(id live.RoomID) bool { return q.Rooms == nil || slices.Contains(rooms, id) })}
	v.frames[key] = f
	return f, nil
}

// bring takes a view to a tick. The caller holds the view.
func (w *Wall) bring(v *view, t *tick, q *Question) error {
	if len(v.ticks) > 0 && t.n <= v.n {
		return nil
	}
	list := t.shows[q.Merchant]
	rooms := make([]*room, 0, len(list))
	gone := v.gone
	old := v.rooms
	for _, s := range list {
		for len(old) > 0 && old[0].from.Show < s.Show {
			gone, old = append(gone, left{old[0].from.Show, old[0].from.Room, t.n}), old[1:]
		}
		r := &room{changed: t.n}
		if len(old) > 0 && old[0].from.Show == s.Show {
			r, old = old[0], old[1:]
		}
		if err := w.encode(r, s, t.n, q.Money); err != nil {
			return err
		}
		rooms = append(rooms, r)
	}
	for _, r := range old {
		gone = append(gone, left{r.from.Show, r.from.Room, t.n})
	}
	v.n, v.rooms, v.frames = t.n, rooms, map[string]Frame{}
	if !t.at.IsZero() {
		v.at = `"` + analytics.Stamp(t.at) + `"`
	}
	v.ticks = append(v.ticks, t.n)
	v.ticks = slices.Delete(v.ticks, 0, max(0, len(v.ticks)-known))
	v.gone = slices.DeleteFunc(gone, func(l left) bool { return l.n <= v.ticks[0] })
	w.made.Inc()
	return nil
}

// encode makes the card of a room, unless it is of this snapshot already.
func (w *Wall) encode(r *room, s *analytics.Snapshot, n int64, money bool) error {
	if r.from == s {
		return nil
	}
	card, err := w.card(s, money)
	if err != nil {
		return err
	}
	// That time goes on is no change, and so it stands before the card; that the
	// figures stay behind is one.
	lags := s.LagMS > late
	if lags || r.late || !bytes.Equal(card, r.card) {
		r.changed = n
	}
	body := fmt.Appendf(make([]byte, 0, len(card)+64), `{"at":%q,"lag_ms":%d,`, analytics.Stamp(s.At), s.LagMS)
	r.from, r.card, r.body, r.late = s, card, append(body, card[1:]...), lags
	return nil
}

// encode writes the rooms that changed after a tick, or all when it is 0, and the
// shows that went off the air since.
func (v *view) encode(after int64, sees func(live.RoomID) bool) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"tick":%d,"at":%s,"whole":%t,"rooms":[`, v.n, v.at, after == 0)
	comma := ""
	for _, r := range v.rooms {
		if r.changed <= after || !sees(r.from.Room) {
			continue
		}
		b.WriteString(comma)
		b.Write(r.body)
		comma = ","
	}
	var gone []string
	for _, l := range v.gone {
		if after > 0 && l.n > after && sees(l.room) && !slices.ContainsFunc(v.rooms, func(r *room) bool { return r.from.Show == l.show }) {
			gone = append(gone, fmt.Sprintf("%q", l.show))
		}
	}
	fmt.Fprintf(&b, `],"gone":[%s]}`, strings.Join(gone, ","))
	return b.Bytes()
}
