package ws

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"showrunner/live"
)

// maxWatched is the most watch time one heartbeat may claim: longer silences
// were not watched through this connection.
const maxWatched = time.Minute

// commentNames is the name space of comment ids made from a client's event id.
var commentNames = uuid.NewSHA1(uuid.NameSpaceOID, []byte("showrunner comment"))

// event is a fact of this connection as of now.
func (c *conn) event(kind live.Kind, data json.RawMessage) live.Event {
	now := c.srv.now()
	e := live.Event{
		Kind: kind, Source: "ws", Merchant: c.room.Merchant, Room: c.room.ID,
		Actor: c.who.Actor(), Person: c.person(), Channel: c.channel, Campaign: c.campaign,
		OccurredAt: now, Data: data,
	}
	if show, ok := c.srv.deps.Store.OnAir(c.room.ID); ok {
		e.Show, e.Rehearsal = show.ID, show.Rehearsal
	}
	return e
}

// own is a fact that the server states about the connection. It is named, so
// that stating it again after a failure counts once.
func (c *conn) own(kind live.Kind, data json.RawMessage) live.Event {
	e := c.event(kind, data)
	e.ID, e.Source = live.EventID(c.srv.deps.NewID()), "ws:"+c.who.Subject
	return e
}

// state checks a fact and puts it on the fact line, which answers it.
func (c *conn) state(q request, kind live.Kind, now time.Time) error {
	if !c.who.May(live.ActFact) {
		return live.Forbidden("forbidden", "this role states no facts")
	}
	if err := live.CheckData(kind, q.Data); err != nil {
		return err
	}
	e := c.event(kind, q.Data)
	if c.who.Role.Rehearses() && kind != live.WatchHeartbeat && !e.Rehearsal {
		return live.Forbidden("rehearsal_only", "the role %s only watches while no rehearsal is on", c.who.Role)
	}
	if q.EventID != "" {
		e.ID, e.Source = q.EventID, "ws:"+c.who.Subject
	}
	f := fact{event: e, door: live.FromViewer, request: q, at: now, ack: true}
	switch kind {
	case live.CommentSent:
		f.comment = c.commentID(q.EventID)
		f.event.Data = with(q.Data, "comment_id", encode(f.comment))
	case live.CartItemAdded:
		if err := c.nameProduct(&f.event); err != nil {
			return err
		}
	case live.WatchHeartbeat:
		watched := c.watched(q.Data, now)
		f.event.Data = with(q.Data, "watched_ms", strconv.AppendInt(nil, watched.Milliseconds(), 10))
		if watched > 0 && c.counted() {
			c.srv.deps.Store.Watched(live.Watch{Room: c.room.ID, Show: e.Show, Person: c.person(), From: now.Add(-watched), Until: now})
		}
	}
	c.facts.push(f)
	return nil
}

// nameProduct puts the product of a SKU into a fact that names only the SKU, so
// that it counts for the product. A SKU that is not on the shelf stays as it is.
func (c *conn) nameProduct(e *live.Event) error {
	var d struct {
		SKU     live.SKUID     `json:"sku_id"`
		Product live.ProductID `json:"product_id"`
	}
	if err := json.Unmarshal(e.Data, &d); err != nil {
		panic("BUG: data was not checked: " + err.Error())
	}
	if d.Product != "" || e.Show == "" {
		return nil
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	product, err := c.srv.deps.Store.ProductOf(ctx, e.Show, d.SKU)
	if err != nil || product == "" {
		return err
	}
	e.Data = with(e.Data, "product_id", encode(product))
	return nil
}

// commentID names a comment, so that it can be hidden. It is the server's word:
// a client could name another's. A retry under the same event id gets the same.
func (c *conn) commentID(id live.EventID) string {
	if id == "" {
		return c.srv.deps.NewID()
	}
	return uuid.NewSHA1(commentNames, []byte(string(c.room.Merchant)+"\x00"+c.who.Subject+"\x00"+string(id))).String()
}

// watched is the time a heartbeat stands for: since the last
// one of this connection, only while the show runs, at most [maxWatched], and
// nothing when the page is hidden. What the client claims is not asked.
func (c *conn) watched(data json.RawMessage, now time.Time) time.Duration {
	from := c.beat
	c.beat = now
	var d struct {
		Visible bool `json:"visible"`
	}
	show, running := c.srv.deps.Store.OnAir(c.room.ID)
	if json.Unmarshal(data, &d) != nil || !d.Visible || !running {
		return 0
	}
	if show.StartedAt.After(from) {
		from = show.StartedAt
	}
	return min(max(now.Sub(from), 0), maxWatched)
}

// with sets one member of an object that was checked before.
func with(data json.RawMessage, name string, value json.RawMessage) json.RawMessage {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &members); err != nil {
		panic("BUG: data was not checked: " + err.Error())
	}
	members[name] = value
	return encode(members)
}
