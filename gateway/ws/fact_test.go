package ws_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

func wide(d *ws.Deps, _ *hub.Config) {
	big := ws.Rate{PerSecond: 1e6, Burst: 1e6}
	d.Limits = ws.Open(big)
}

func TestFactsCarryWhereTheyComeFrom(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "channel=private/group&campaign=c1")
	a := p.ask("c1", `"type":"comment_sent","data":{"text":"hi <b>","comment_id":"forged","junk":{"a":1}}`)
	if !a.OK || a.Data["event_id"] == "" || a.Data["comment_id"] == "forged" || a.Data["comment_id"] == nil {
		t.Fatalf("ack: %+v", a)
	}
	e := r.log.all(live.CommentSent)[0]
	want := live.Event{
		ID: e.ID, Kind: live.CommentSent, Source: "ws", Merchant: "m1", Room: "r1", Show: "s1",
		Actor: live.Actor{ID: "v1", Name: "Ann", Role: live.RoleViewer}, Person: "v1",
		Channel: "private/group", Campaign: "c1", OccurredAt: e.OccurredAt, ReceivedAt: e.ReceivedAt, Data: e.Data,
	}
	if fmt.Sprintf("%+v", e) != fmt.Sprintf("%+v", want) {
		t.Errorf("event\n%+v, want\n%+v", e, want)
	}
	if e.OccurredAt.IsZero() || e.OccurredAt.Location() != time.UTC || e.OccurredAt.Nanosecond()%1e6 != 0 {
		t.Errorf("OccurredAt %s is not UTC milliseconds", e.OccurredAt)
	}
	entered := r.log.all(live.RoomEntered)
	if len(entered) != 1 || entered[0].Channel != "private/group" || string(entered[0].Data) != `{"resumed":false}` {
		t.Errorf("room_entered: %+v", entered)
	}

	// What others see of it.
	q, w := r.enter(t, "viewer2", "since=e:1:0")
	if !w.Recovered {
		t.Fatalf("welcome: %+v", w)
	}
	f := q.until(func(f frame) bool { return f.Type == "events" })
	ev := f.Events[0]
	if ev.Type != "comment_sent" || ev.Actor.ID != "v1" || ev.Data["text"] != "hi <b>" || ev.Data["comment_id"] != a.Data["comment_id"] || ev.Data["junk"] != nil {
		t.Errorf("broadcast: %+v", ev)
	}
	eventually(t, "the second room_entered is logged", func() bool { return len(r.log.all(live.RoomEntered)) == 2 })
	if string(r.log.all(live.RoomEntered)[1].Data) != `{"resumed":true}` {
		t.Error("a returning viewer's room_entered is not marked")
	}
}

func TestAckOnlyOnceDurable(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	eventually(t, "room_entered is logged", func() bool { return len(r.log.all("")) == 1 })
	hold := make(chan struct{})
	r.log.mu.Lock()
	r.log.hold = hold
	r.log.mu.Unlock()
	p.send(`{"id":"a","type":"followed"}`)
	p.send(`{"id":"b","type":"cancel_order","data":{"order_id":"o1"}}`)
	if f := p.until(func(f frame) bool { return f.Type == "ack" }); f.ID != "b" {
		t.Fatalf("ack of %q came before the fact was durable", f.ID)
	}
	close(hold)
	if f := p.until(func(f frame) bool { return f.Type == "ack" }); f.ID != "a" || !f.OK {
		t.Errorf("ack: %+v", f)
	}
}

func TestFactsKeepTheirOrderWithoutWaiting(t *testing.T) {
	r := newRig(t, wide)
	p, _ := r.enter(t, "viewer", "")
	hold := make(chan struct{})
	r.log.mu.Lock()
	r.log.hold, r.log.calls = hold, 0
	r.log.mu.Unlock()
	const n = 1000
	go func() {
		for i := range n {
			p.send(fmt.Sprintf(`{"id":"%d","type":"liked","data":{"count":%d}}`, i, i%1000+1))
			if i == n-1 { // Hundreds wait by now, whatever the machine's speed.
				close(hold)
			}
		}
	}()
	acks := map[string]bool{}
	for len(acks) < n {
		f := p.until(func(f frame) bool { return f.Type == "ack" })
		if !f.OK {
			t.Fatalf("refused: %+v", f.Error)
		}
		acks[f.ID] = true
	}
	for i, e := range r.log.all(live.Liked) {
		if want := fmt.Sprintf(`{"count":%d}`, i%1000+1); string(e.Data) != want {
			t.Fatalf("fact %d in the log is %s, want %s", i, e.Data, want)
		}
	}
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	if r.log.calls > n-400 {
		t.Errorf("%d calls for %d facts: nothing was joined", r.log.calls, n)
	}
}

func TestRetryUnderAnEventID(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	first := p.ask("1", `"type":"comment_sent","event_id":"e-9","data":{"text":"once"}`)
	again := p.ask("2", `"type":"comment_sent","event_id":"e-9","data":{"text":"once"}`)
	if !first.OK || !again.OK || first.Data["event_id"] != "e-9" || again.Data["event_id"] != "e-9" || first.Data["comment_id"] != again.Data["comment_id"] {
		t.Errorf("acks %v and %v", first.Data, again.Data)
	}
	if evs := r.log.all(live.CommentSent); len(evs) != 1 || evs[0].Source != "ws:v1" {
		t.Errorf("logged: %+v", evs)
	}
	q, _ := r.enter(t, "viewer2", "")
	if other := q.ask("1", `"type":"comment_sent","event_id":"e-9","data":{"text":"mine"}`); !other.OK || other.Data["comment_id"] == first.Data["comment_id"] {
		t.Errorf("another person's e-9: %+v", other)
	}
	if n := len(r.log.all(live.CommentSent)); n != 2 {
		t.Errorf("%d comments, want 2", n)
	}
}

func TestWatchTimeIsTheServersWord(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	beat := func(after time.Duration, data string) string {
		t.Helper()
		r.advance(after)
		before := len(r.log.all(live.WatchHeartbeat))
		if a := p.ask("h", `"type":"watch_heartbeat","data":`+data); !a.OK {
			t.Fatalf("refused: %+v", a.Error)
		}
		var d struct {
			Watched time.Duration `json:"watched_ms"`
		}
		if err := json.Unmarshal(r.log.all(live.WatchHeartbeat)[before].Data, &d); err != nil {
			t.Fatal(err)
		}
		return (d.Watched * time.Millisecond).Round(time.Second).String()
	}
	for _, c := range []struct {
		what  string
		after time.Duration
		data  string
		do    func()
		want  string
	}{
		{what: "since the join", after: 20 * time.Second, data: `{"visible":true,"watched_ms":90000}`, want: "20s"},
		{what: "hidden", after: 20 * time.Second, data: `{"visible":false}`, want: "0s"},
		{what: "after hidden", after: 10 * time.Second, data: `{"visible":true}`, want: "10s"},
		{what: "a long silence", after: time.Hour, data: `{"visible":true}`, want: "1m0s"},
		{what: "outside of a show", after: 20 * time.Second, data: `{"visible":true}`, want: "0s", do: func() { r.store.show.State = live.ShowStateEnded }},
		{what: "show began between", after: 30 * time.Second, data: `{"visible":true}`, want: "5s", do: func() {
			r.store.show.State = live.ShowStateLive
			r.store.show.StartedAt = time.Now().Add(r.skew + 25*time.Second)
		}},
	} {
		if c.do != nil {
			r.store.mu.Lock()
			c.do()
			r.store.mu.Unlock()
		}
		if got := beat(c.after, c.data); got != c.want {
			t.Errorf("%s: %s, want %s", c.what, got, c.want)
		}
	}
}

func TestRehearsalIsMarked(t *testing.T) {
	r := newRig(t, nil)
	r.store.show.Rehearsal = true
	p, _ := r.enter(t, "viewer", "")
	p.ask("1", `"type":"followed"`)
	if e := r.log.all(live.Followed)[0]; !e.Rehearsal {
		t.Error("a fact of a rehearsal is not marked")
	}
}

// TestTraineeRehearses: in a real show the only fact a trainee states is that they
// watch, which counts no viewer; in a rehearsal they speak.
func TestTraineeRehearses(t *testing.T) {
	r := newRig(t, nil)
	p, w := r.enter(t, "trainee", "panel=1")
	if w.Role != "trainee" {
		t.Fatalf("welcome: %+v", w)
	}
	if a := p.ask("1", `"type":"comment_sent","data":{"text":"hi"}`); a.OK || a.Error.Code != "rehearsal_only" {
		t.Errorf("a comment in a real show: %+v", a)
	}
	if a := p.ask("2", `"type":"watch_heartbeat","data":{"visible":true}`); !a.OK {
		t.Errorf("a heartbeat: %+v", a)
	}
	r.store.mu.Lock()
	r.store.show.Rehearsal = true
	watches := len(r.store.watches)
	r.store.mu.Unlock()
	if a := p.ask("3", `"type":"comment_sent","data":{"text":"hi"}`); !a.OK {
		t.Errorf("a comment in a rehearsal: %+v", a)
	}
	beats, said := r.log.all(live.WatchHeartbeat), r.log.all(live.CommentSent)
	if watches != 0 || len(beats) != 1 || beats[0].Actor.Role != live.RoleTrainee || beats[0].Counts() || len(said) != 1 || !said[0].Rehearsal {
		t.Errorf("%d watches, %+v, %+v", watches, beats, said)
	}
}

func TestCartNamesItsProduct(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	p.ask("c1", `"type":"cart_item_added","data":{"sku_id":"k1","qty":2}`)
	p.ask("c2", `"type":"cart_item_added","data":{"sku_id":"k1","product_id":"mine","qty":1}`)
	for i, want := range []string{"product-of-k1", "mine"} {
		var d struct {
			Product string `json:"product_id"`
			Qty     int    `json:"qty"`
		}
		e := r.log.all(live.CartItemAdded)[i]
		if err := json.Unmarshal(e.Data, &d); err != nil || d.Product != want || d.Qty == 0 {
			t.Errorf("fact %d is %s (%v), want product %s", i, e.Data, err, want)
		}
	}
}

// A person who is sent out gets a bye that says so, on every socket of theirs,
// and is not let in again; nobody else is touched.
func TestExpelledViewer(t *testing.T) {
	for why, code := range map[string]ws.CloseCode{hub.Kicked: ws.CloseKicked, hub.Blocked: ws.CloseBlocked} {
		r := newRig(t, nil)
		first, _ := r.enter(t, "viewer", "")
		second, _ := r.enter(t, "viewer", "")
		other, _ := r.enter(t, "viewer2", "")
		r.hub.Expel("r9", "v1", why)
		r.hub.Expel("r1", "v1", why)
		for _, p := range []*peer{first, second} {
			bye, closed := p.ended()
			if bye.Code != int(code) || bye.Reason != why || bye.Reconnect || int(closed) != int(code) {
				t.Errorf("%s: bye %+v, closed with %d", why, bye, closed)
			}
		}
		if a := other.ask("1", `"type":"liked","data":{"count":1}`); !a.OK {
			t.Errorf("%s: somebody else: %+v", why, a.Error)
		}
		r.store.mu.Lock()
		r.store.banned["v1"] = why
		r.store.mu.Unlock()
		_, resp, err := client.Dial(t.Context(), r.url+"/v1/rooms/r1/ws", &client.DialOptions{HTTPHeader: http.Header{"Authorization": {"Bearer viewer"}}})
		if err == nil || resp == nil || resp.StatusCode != 403 {
			t.Errorf("%s: returns with %v, %v", why, resp, err)
		}
	}
}

func TestRoomLeft(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	staff, _ := r.enter(t, "operator", "")
	_ = p.conn.CloseNow()
	_ = staff.conn.CloseNow()
	eventually(t, "room_left is logged", func() bool { return len(r.log.all(live.RoomLeft)) == 1 })
	eventually(t, "both are gone", func() bool { return r.hub.Members() == 0 })
	if evs := r.log.all(""); len(evs) != 2 || evs[0].Kind != live.RoomEntered || evs[1].Person != "v1" {
		t.Errorf("logged: %+v", evs)
	}
	if r.log.doors[live.FromSystem] != 2 || r.log.doors[live.FromViewer] != 0 {
		t.Errorf("doors: %v", r.log.doors)
	}
}

func TestEntryIsStatedUntilItIsTaken(t *testing.T) {
	r := newRig(t, nil)
	r.log.mu.Lock()
	r.log.fail = live.Unavailable("log_unavailable", time.Second, "away")
	r.log.mu.Unlock()
	p, _ := r.enter(t, "viewer", "")
	time.Sleep(100 * time.Millisecond) // The entry is refused at least once.
	if n := len(r.log.all("")); n != 0 {
		t.Fatalf("%d facts were taken while the log was away", n)
	}
	r.log.mu.Lock()
	r.log.fail = nil
	r.log.mu.Unlock()
	eventually(t, "room_entered is logged", func() bool { return len(r.log.all(live.RoomEntered)) == 1 })
	if a := p.ask("1", `"type":"followed"`); !a.OK {
		t.Errorf("a fact behind the entry: %+v", a.Error)
	}
	if e := r.log.all(live.RoomEntered)[0]; e.ID == "" || e.Source != "ws:v1" {
		t.Errorf("the entry has no name of its own: %+v", e)
	}
}

func TestIngestAway(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	eventually(t, "room_entered is logged", func() bool { return len(r.log.all(live.RoomEntered)) == 1 })
	for _, c := range []struct {
		err  error
		code string
	}{
		{live.Unavailable("log_unavailable", time.Second, "away"), "log_unavailable"},
		{errors.New("disk full at /secret"), "internal"},
	} {
		r.log.mu.Lock()
		r.log.fail = c.err
		r.log.mu.Unlock()
		if a := p.ask("1", `"type":"followed"`); a.OK || a.Error.Code != c.code {
			t.Errorf("%v: %+v", c.err, a)
		}
	}
	r.log.mu.Lock()
	r.log.fail = nil
	r.log.mu.Unlock()
	if a := p.ask("2", `"type":"followed"`); !a.OK {
		t.Errorf("after it came back: %+v", a.Error)
	}
}
