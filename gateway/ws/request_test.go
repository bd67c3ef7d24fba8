package ws_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	client "github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"showrunner/gateway/ws"
	"showrunner/live"
	"showrunner/live/hub"
)

func TestBadFramesAreAnsweredAndTheConnectionLives(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	for _, c := range []struct{ name, raw, id, code string }{
		{"not json", `hello`, "", "malformed_json"},
		{"cut off", `{"id":"x"`, "", "malformed_json"},
		{"two objects", `{"id":"x","type":"followed"}{}`, "", "malformed_json"},
		{"an array", `[]`, "", "malformed_json"},
		{"null", `null`, "", "malformed_json"},
		{"id of the wrong type", `{"id":7,"type":"followed"}`, "", "malformed_json"},
		{"long id", `{"id":"` + strings.Repeat("x", 65) + `","type":"followed"}`, "", "malformed_json"},
		{"unknown member", `{"id":"x","type":"followed","extra":1}`, "x", "malformed_json"},
		{"no type", `{"id":"x"}`, "x", "malformed_json"},
		{"type of the wrong type", `{"id":"x","type":null}`, "x", "malformed_json"},
		{"data of the wrong type", `{"id":"x","type":"followed","data":[1]}`, "x", "malformed_json"},
		{"broken UTF-8", "{\"id\":\"x\",\"type\":\"comment_sent\",\"data\":{\"text\":\"a\xff\"}}", "", "malformed_json"},
		{"bad event id", `{"id":"x","type":"followed","event_id":"a b"}`, "x", "invalid_field"},
		{"unknown type", `{"id":"x","type":"dance"}`, "x", "unknown_type"},
		{"a kind of the system", `{"id":"x","type":"room_entered"}`, "x", "unknown_type"},
		{"a kind of orders", `{"id":"x","type":"order_paid","data":{}}`, "x", "unknown_type"},
		{"missing field", `{"id":"x","type":"comment_sent","data":{}}`, "x", "invalid_field"},
		{"out of range", `{"id":"x","type":"liked","data":{"count":1001}}`, "x", "invalid_field"},
	} {
		p.send(c.raw)
		f := p.until(func(f frame) bool { return f.Type == "ack" })
		if f.OK || f.ID != c.id || f.Error.Code != c.code {
			t.Errorf("%s: %+v %+v", c.name, f, f.Error)
		}
	}
	if a := p.ask("y", `"type":"followed","data":null`); !a.OK {
		t.Errorf("a good frame after all that: %+v", a.Error)
	}
}

func TestOversizeAndBinaryEndTheConnection(t *testing.T) {
	for _, c := range []struct {
		name string
		kind client.MessageType
		raw  string
		code int
	}{
		{"just over", client.MessageText, `{"id":"` + strings.Repeat("x", ws.MaxFrame), 4513},
		{"very large", client.MessageText, strings.Repeat("x", 1<<20), 4513},
		{"binary", client.MessageBinary, `{"type":"followed"}`, 4500},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, nil)
			p, _ := r.enter(t, "viewer", "")
			wrote := make(chan struct{})
			go func() {
				defer close(wrote)
				_ = p.conn.Write(p.ctx, c.kind, []byte(c.raw)) // The server may hang up on it.
			}()
			// The client reads only now: the bye has to survive that the server
			// closed while the client was still sending.
			eventually(t, "the server has hung up", func() bool { return r.hub.Members() == 0 })
			<-wrote
			bye, code := p.ended()
			if int(code) != c.code || bye.Code != c.code || bye.Reconnect || bye.Reason == "" {
				t.Errorf("close code %d, bye %+v", code, bye)
			}
		})
	}
}

func TestLargestFrameIsTaken(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "viewer", "")
	head, tail := `{"id":"x","type":"followed","data":{"a":"`, `"}}`
	p.send(head + strings.Repeat("x", ws.MaxFrame-len(head)-len(tail)) + tail)
	if f := p.until(func(f frame) bool { return f.Type == "ack" }); f.OK || f.Error.Code != "data_too_large" {
		t.Errorf("a frame at the limit whose data is over its own: %+v", f.Error)
	}
}

func TestLimits(t *testing.T) {
	slow := func(n int) ws.Rate { return ws.Rate{PerSecond: 0.001, Burst: n} }
	r := newRig(t, func(d *ws.Deps, _ *hub.Config) {
		d.Limits = ws.Limits{All: slow(12), Comments: slow(2), Likes: slow(3), Clicks: slow(1), Orders: slow(1), Flood: slow(30)}
	})
	p, _ := r.enter(t, "viewer", "")
	for _, c := range []struct {
		body string
		ok   bool
	}{
		{`"type":"comment_sent","data":{"text":"1"}`, true},
		{`"type":"question_asked","data":{"text":"2"}`, true}, // The same bucket.
		{`"type":"comment_sent","data":{"text":"3"}`, false},
		{`"type":"liked","data":{"count":9}`, true},
		{`"type":"liked","data":{"count":9}`, true},
		{`"type":"liked","data":{"count":9}`, true},
		{`"type":"liked","data":{"count":9}`, false},
		{`"type":"product_clicked","data":{"product_id":"p1","surface":"card"}`, true},
		{`"type":"product_clicked","data":{"product_id":"p1","surface":"card"}`, false},
		{`"type":"place_order","data":{"client_order_id":"a","lines":[{"sku_id":"k1","qty":1}]}`, true},
		{`"type":"cancel_order","data":{"order_id":"o1"}`, false},
		{`"type":"followed"`, true},
		{`"type":"followed"`, false}, // The bucket for all is empty.
	} {
		a := p.ask("x", c.body)
		if a.OK != c.ok {
			t.Fatalf("%s: %+v", c.body, a)
		}
		if !c.ok && (a.Error.Code != "rate_limited" || a.Error.RetryAfterMS < 1000) {
			t.Errorf("%s: %+v", c.body, a.Error)
		}
	}
	for range 30 {
		_ = p.conn.Write(p.ctx, client.MessageText, []byte(`{"type":"followed"}`)) // The last ones meet a closed socket.
	}
	if bye, code := p.ended(); code != 4029 || !bye.Reconnect || bye.RetryAfterMS < 1000 {
		t.Errorf("flood: close code %d, bye %+v", code, bye)
	}

	staff, _ := r.enter(t, "moderator", "")
	for range 5 {
		if a := staff.ask("x", `"type":"comment_sent","data":{"text":"x"}`); !a.OK {
			t.Errorf("staff's comment: %+v", a.Error)
		}
	}
}

func TestOrders(t *testing.T) {
	r := newRig(t, wide)
	p, _ := r.enter(t, "viewer", "channel=ads")
	a := p.ask("1", `"type":"place_order","data":{"client_order_id":"c-1","coupon_id":"cp","lines":[{"sku_id":"k1","qty":2}]}`)
	if !a.OK || a.Data["order_id"] != "o1" || a.Data["state"] != "unpaid" || a.Data["total_minor"] != 19900.0 || a.Data["currency"] != "CNY" {
		t.Errorf("ack: %+v %+v", a.Data, a.Error)
	}
	if _, err := time.Parse(time.RFC3339, a.Data["expires_at"].(string)); err != nil {
		t.Error(err)
	}
	o := r.store.orders[0]
	want := live.PlaceOrder{
		ClientID: "c-1", Room: "r1", Buyer: tokens["viewer"], Channel: "ads", Coupon: "cp",
		Lines: []live.WantedLine{{SKU: "k1", Qty: 2}}, At: o.At,
	}
	if diff := cmp.Diff(want, o); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	for body, code := range map[string]string{
		`{"client_order_id":"c-2","lines":[{"sku_id":"gone","qty":1}]}`:         "out_of_stock",
		`{"lines":[{"sku_id":"k1","qty":1}]}`:                                   "invalid_field",
		`{"client_order_id":"c-3","lines":[]}`:                                  "invalid_field",
		`{"client_order_id":"c-3","lines":[{"sku_id":"k1","qty":1.5}]}`:         "invalid_field",
		`{"client_order_id":"c-3","line":[],"lines":[{"sku_id":"k1","qty":1}]}`: "invalid_field",
		`{"client_order_id":"c-3","lines":[{"sku_id":"k1","qty":1,"price":1}]}`: "invalid_field",
	} {
		if a := p.ask("2", `"type":"place_order","data":`+body); a.OK || a.Error.Code != code {
			t.Errorf("%s: %+v", body, a.Error)
		}
	}
	if a := p.ask("2", `"type":"place_order","data":{"client_order_id":"c-4","lines":[{"sku_id":"k1","qty":0}]}`); a.OK || a.Error.Field != "data.lines[0].qty" {
		t.Errorf("no units: %+v, want the field where it stands in the frame", a.Error)
	}
	if a := p.ask("3", `"type":"cancel_order","data":{"order_id":"o1"}`); !a.OK || a.Data["state"] != "cancelled" {
		t.Errorf("cancel: %+v %+v", a.Data, a.Error)
	}
	if a := p.ask("4", `"type":"cancel_order","data":{"order_id":"o2"}`); a.OK || a.Error.Code != "order_not_found" {
		t.Errorf("cancel another's: %+v", a.Error)
	}
	staff, _ := r.enter(t, "operator", "")
	if a := staff.ask("1", `"type":"place_order","data":{"client_order_id":"c","lines":[{"sku_id":"k1","qty":1}]}`); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("staff's order: %+v", a.Error)
	}
}

func TestCommands(t *testing.T) {
	r := newRig(t, nil)
	p, _ := r.enter(t, "operator", "panel=1")
	body := `"type":"pin_product","data":{"command_id":"k1","expected_version":3,"show_id":"s1","product_id":"p1"}`
	a := p.ask("1", body)
	want := map[string]any{"event_id": "ev-c", "show_id": "s1", "state": "live", "version": 7.0, "replay": false}
	if diff := cmp.Diff(want, a.Data); diff != "" {
		t.Errorf("ack (-want +got):\n%s %+v", diff, a.Error)
	}
	got := r.store.commands[0]
	version := int64(3)
	if diff := cmp.Diff(live.Command{
		ID: "k1", Name: live.PinProduct, Merchant: "m1", Room: "r1", Show: "s1", By: tokens["operator"],
		At: got.At, ExpectedVersion: &version, Args: json.RawMessage(`{"product_id":"p1"}`),
	}, got); diff != "" {
		t.Errorf("command (-want +got):\n%s", diff)
	}
	if a = p.ask("2", body); a.Data["replay"] != true {
		t.Errorf("repeated: %+v", a)
	}
	if a = p.ask("3", `"type":"start_show","data":{"command_id":"k2"}`); a.OK || a.Error.Code != "wrong_state" || a.Error.Data["state"] != "live" {
		t.Errorf("kept refusal: %+v", a.Error)
	}
	for body, code := range map[string]string{
		`"type":"pin_product","data":{"product_id":"p1"}`:                       "invalid_field",
		`"type":"pin_product","data":{"command_id":7}`:                          "invalid_field",
		`"type":"pin_product","data":{"command_id":"k","expected_version":"3"}`: "invalid_field",
		`"type":"pin_product","data":{"command_id":"k","show_id":3}`:            "invalid_field",
	} {
		if a := p.ask("4", body); a.OK || a.Error.Code != code {
			t.Errorf("%s: %+v", body, a.Error)
		}
	}
	v, _ := r.enter(t, "viewer", "")
	if a := v.ask("1", body); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("a viewer's command: %+v", a.Error)
	}
	m, _ := r.enter(t, "moderator", "")
	if a := m.ask("1", `"type":"set_price","data":{"command_id":"k3","sku_id":"k1","price_minor":1}`); a.OK || a.Error.Code != "forbidden" {
		t.Errorf("a moderator's price: %+v", a.Error)
	}
	r.store.mu.Lock()
	r.store.down = errors.New("database is locked")
	r.store.mu.Unlock()
	if a := p.ask("5", `"type":"announce","data":{"command_id":"k9","text":"x"}`); a.OK || a.Error.Code != "internal" {
		t.Errorf("a store that is away: %+v", a.Error)
	}
	r.store.mu.Lock()
	r.store.down = nil
	r.store.mu.Unlock()
}
