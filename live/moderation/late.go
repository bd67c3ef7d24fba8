package moderation

import (
	"encoding/json"
	"sync"
	"time"

	"github.com/google/uuid"

	"showrunner/live"
)

// lateFor is how long behind a ban words may still come that were judged before
// it: longer than any call of ingest takes.
const lateFor = time.Minute

// bans are the newest bans in the order of the log, for words that come behind
// them.
type bans struct {
	mu  sync.Mutex
	now map[banned]time.Time // when the ban reached the log
}

// banned is a person who may not write in a room, or, with no room, in none of a
// merchant.
type banned struct {
	merchant live.MerchantID
	room     live.RoomID
	person   live.PersonID
}

// saw follows the bans of the log.
func (b *bans) saw(e *live.Event) {
	who := banned{e.Merchant, e.Room, e.Person}
	switch e.Kind {
	case live.ViewerBlocked, live.ViewerUnblocked:
		who.room = ""
	case live.ViewerMuted, live.ViewerKicked, live.ViewerUnmuted, live.ShowEnded:
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case e.Kind.Silences():
		if b.now == nil {
			b.now = map[banned]time.Time{}
		}
		b.now[who] = e.ReceivedAt
	case e.Kind == live.ShowEnded: // Kicks and mutes of the show end with it.
		for x := range b.now {
			if x.merchant == e.Merchant && x.room == e.Room {
				delete(b.now, x)
			}
		}
	default:
		delete(b.now, who)
	}
}

// holds reports whether a person was banned just before an instant.
func (b *bans) holds(e *live.Event) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, who := range [...]banned{{e.Merchant, e.Room, e.Person}, {e.Merchant, "", e.Person}} {
		if at, ok := b.now[who]; ok && e.ReceivedAt.Sub(at) < lateFor {
			return true
		}
	}
	return false
}

func (b *bans) forget(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for who, at := range b.now {
		if now.Sub(at) >= lateFor {
			delete(b.now, who)
		}
	}
}

// Late reports whether a comment stands in the log behind a ban of its author:
// it was judged before the ban and became durable after it. It counts as sent and
// is not to be opened to the room; that it is hidden is stated too, for those who
// read the log later. Give it every event after [Desk.Saw], in the order of the
// log.
func (d *Desk) Late(e *live.Event) bool {
	if e.Kind != live.CommentSent || e.Actor.Role != live.RoleViewer || e.Person == "" || !d.bans.holds(e) {
		return false
	}
	var said struct {
		Comment string `json:"comment_id"`
	}
	if json.Unmarshal(e.Data, &said) != nil || said.Comment == "" {
		said.Comment = string(e.ID)
	}
	data, err := json.Marshal(map[string]string{"comment_id": said.Comment})
	if err != nil {
		panic("BUG: encoding a hidden comment: " + err.Error())
	}
	hidden := live.Event{
		// Named by the comment: every server states it, and it counts once.
		ID:   live.EventID(uuid.NewSHA1(lateNames, []byte(string(e.Merchant)+"\x00"+said.Comment)).String()),
		Kind: live.CommentHidden, Source: sourceSystem, Merchant: e.Merchant, Room: e.Room, Show: e.Show, Rehearsal: e.Rehearsal,
		Actor: live.Actor{ID: sourceSystem, Role: live.RoleSystem}, OccurredAt: d.cfg.Now(), Data: data,
	}
	select {
	case d.replies <- hidden:
	default:
		d.Dropped(Place{e.Merchant, e.Room}, "late_comment_queue", 1)
	}
	return true
}

var lateNames = uuid.NewSHA1(uuid.NameSpaceOID, []byte("showrunner late comment"))
