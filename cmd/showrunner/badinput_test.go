package main

import (
	"context"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"showrunner/live"
)

// badCase is one wrong request and the refusal it must get.
type badCase struct {
	name   string
	method string
	path   string // under the server's address; SHOW, ROOM, OTHER are replaced
	token  string
	body   any
	header []string
	status int
	code   string
}

// TestBadInput sends what should never be accepted, over HTTP and websocket,
// and finds each refused with its status and code, and nothing of it stored.
func TestBadInput(t *testing.T) {
	data := t.TempDir()
	p := startProgram(t, data, "127.0.0.1:0")
	s := newStage(t, p.url, data, "m-good", "r-good", "UTC", good{"p1", "sku-1", 1990, 5})
	other := newStage(t, p.url, data, "m-other", "r-other", "UTC", good{"p1", "sku-1", 1990, 5})
	ctx := deadline(t, 3*time.Minute)

	k := s.tokens
	viewer := k.sign(live.RoleViewer, "v1", s.merchant)
	integration := k.sign(live.RoleIntegration, "crm", s.merchant)
	bound := k.sign(live.RoleHost, "h1", s.merchant, "another-room")
	event := func(edit func(object)) object {
		e := object{
			"event_id": "e-1", "type": "followed", "occurred_at": s.now().Format(time.RFC3339), "source": "crm",
			"merchant_id": s.merchant, "room_id": string(s.room), "user_id": "u1",
		}
		edit(e)
		return e
	}
	events := func(edit func(object)) []object { return []object{event(edit)} }
	item := func(edit func(object)) object {
		i := object{"product_id": "p9", "sku_id": "s9", "title": "x", "price_minor": 100, "currency": "CNY", "stock": 1}
		edit(i)
		return object{"items": []object{i}}
	}
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)

	cases := []badCase{
		// Who is calling.
		{"no token", "GET", "/v1/rooms", "", nil, nil, 401, "token_missing"},
		{"garbage token", "GET", "/v1/rooms", "garbage", nil, nil, 401, "token_invalid"},
		{"alg none", "GET", "/v1/rooms", forged(t, s, "none"), nil, nil, 401, "token_invalid"},
		{"alg HS256 with the public key", "GET", "/v1/rooms", forged(t, s, "HS256"), nil, nil, 401, "token_invalid"},
		{"signed by a stranger", "GET", "/v1/rooms", forged(t, s, "EdDSA"), nil, nil, 401, "token_invalid"},
		{"expired token", "GET", "/v1/rooms", expired(t, data, s.merchant), nil, nil, 401, "token_expired"},
		{"basic auth", "GET", "/v1/rooms", "", nil, []string{"Authorization", "Basic dTpw"}, 401, "token_invalid"},
		// Who may.
		{"viewer lists rooms", "GET", "/v1/rooms", viewer, nil, nil, 403, "role_forbidden"},
		{"viewer makes a room", "POST", "/v1/rooms", viewer, object{"room_id": "r9", "title": "x", "currency": "CNY", "time_zone": "UTC"}, nil, 403, "role_forbidden"},
		{"viewer reads the report", "GET", "/v1/shows/SHOW/report?format=json", viewer, nil, nil, 403, "role_forbidden"},
		{"viewer states events", "POST", "/v1/events", viewer, events(func(object) {}), nil, 403, "role_forbidden"},
		{"operator makes an integration", "PUT", "/v1/integrations/x", s.operator, object{"connector": "standard", "secret": s.secret}, nil, 403, "role_forbidden"},
		{"integration gives a command", "POST", "/v1/shows/SHOW/commands", integration, object{"command_id": "c", "command": "announce", "data": object{"text": "x"}}, nil, 403, "role_forbidden"},
		{"host of another room", "GET", "/v1/rooms/ROOM", bound, nil, nil, 403, "room_forbidden"},
		{"another merchant's room", "GET", "/v1/rooms/ROOM", other.merch, nil, nil, 404, "room_not_found"},
		{"another merchant's show", "GET", "/v1/shows/SHOW", other.merch, nil, nil, 404, "show_not_found"},
		{"command to another merchant's show", "POST", "/v1/shows/SHOW/commands", other.operator, object{"command_id": "c", "command": "announce", "data": object{"text": "x"}}, nil, 404, "show_not_found"},
		{"event into another merchant's room", "POST", "/v1/events", integration, events(func(e object) { e["room_id"] = "r-other" }), nil, 200, "room_not_found"},
		{"event as another merchant", "POST", "/v1/events", integration, events(func(e object) { e["merchant_id"] = "m-other" }), nil, 200, "merchant_forbidden"},
		// What is there.
		{"unknown route", "GET", "/v1/nothing", s.merch, nil, nil, 404, "route_not_found"},
		{"unknown show", "GET", "/v1/shows/none/snapshot", s.merch, nil, nil, 404, "show_not_found"},
		{"unknown order", "GET", "/v1/orders/none", s.merch, nil, nil, 404, "order_not_found"},
		{"wrong method", "DELETE", "/v1/rooms", s.merch, nil, nil, 405, "method_not_allowed"},
		{"start a live show", "POST", "/v1/shows/SHOW/start", s.operator, object{}, nil, 409, "wrong_state"},
		{"resume a live show", "POST", "/v1/shows/SHOW/resume", s.operator, object{}, nil, 409, "wrong_state"},
		{"cursor garbage", "GET", "/v1/rooms?cursor=%21%21garbage", s.merch, nil, nil, 400, "invalid_cursor"},
		{"cursor of another list", "GET", "/v1/shows?cursor=AAAA", s.merch, nil, nil, 400, "invalid_cursor"},
		{"limit out of range", "GET", "/v1/rooms?limit=100000", s.merch, nil, nil, 400, "invalid_field"},
		{"as_of garbage", "GET", "/v1/shows/SHOW/report?format=json&as_of=yesterday", s.operator, nil, nil, 400, "invalid_field"},
		{"as_of in the future", "GET", "/v1/shows/SHOW/report?format=json&as_of=2199-01-01T00:00:00Z", s.operator, nil, nil, 400, "invalid_field"},
		{"report as a picture", "GET", "/v1/shows/SHOW/report?format=png", s.operator, nil, nil, 400, "format_unavailable"},
		// Bodies.
		{"malformed room", "POST", "/v1/rooms", s.merch, `{"room_id":`, nil, 400, "malformed_json"},
		{"empty body", "POST", "/v1/rooms", s.merch, ``, nil, 400, "malformed_json"},
		{"nested too deep", "POST", "/v1/rooms", s.merch, deep, nil, 400, "malformed_json"},
		{"unknown member", "POST", "/v1/rooms", s.merch, object{"room_id": "r9", "title": "x", "currency": "CNY", "time_zone": "UTC", "colour": 1}, nil, 400, "unknown_field"},
		{"unknown currency", "POST", "/v1/rooms", s.merch, object{"room_id": "r9", "title": "x", "currency": "XXQ", "time_zone": "UTC"}, nil, 400, "unknown_currency"},
		{"unknown time zone", "POST", "/v1/rooms", s.merch, object{"room_id": "r9", "title": "x", "currency": "CNY", "time_zone": "Mars/Olympus"}, nil, 400, "invalid_field"},
		{"room id with a slash", "POST", "/v1/rooms", s.merch, object{"room_id": "a/b", "title": "x", "currency": "CNY", "time_zone": "UTC"}, nil, 400, "invalid_field"},
		{"room twice", "POST", "/v1/rooms", s.merch, object{"room_id": "r-good", "title": "x", "currency": "CNY", "time_zone": "UTC"}, nil, 409, "room_exists"},
		{"body too large", "POST", "/v1/rooms", s.merch, `{"title":"` + strings.Repeat("x", 2<<20) + `"}`, nil, 413, "body_too_large"},
		{"form body", "POST", "/v1/rooms", s.merch, "a=b", []string{"Content-Type", "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"},
		{"negative price", "PUT", "/v1/shows/SHOW/shelf", s.operator, item(func(i object) { i["price_minor"] = -1 }), nil, 400, "invalid_field"},
		{"price as a fraction", "PUT", "/v1/shows/SHOW/shelf", s.operator, item(func(i object) { i["price_minor"] = 1.5 }), nil, 400, "invalid_field"},
		{"price as a string", "PUT", "/v1/shows/SHOW/shelf", s.operator, item(func(i object) { i["price_minor"] = "100" }), nil, 400, "invalid_field"},
		{"price beyond all", "PUT", "/v1/shows/SHOW/shelf", s.operator, item(func(i object) { i["price_minor"] = int64(9e18) }), nil, 400, "invalid_field"},
		{"shelf in another currency", "PUT", "/v1/shows/SHOW/shelf", s.operator, item(func(i object) { i["currency"] = "USD" }), nil, 400, "currency_mismatch"},
		{"unknown command", "POST", "/v1/shows/SHOW/commands", s.operator, object{"command_id": "c", "command": "dance", "data": object{}}, nil, 400, "unknown_command"},
		{"command without an id", "POST", "/v1/shows/SHOW/commands", s.operator, object{"command": "announce", "data": object{"text": "x"}}, nil, 400, "invalid_field"},
		{"release negative stock", "POST", "/v1/shows/SHOW/commands", s.operator, object{"command_id": "c2", "command": "release_stock", "data": object{"sku_id": "sku-1", "qty": -5}}, nil, 400, "invalid_field"},
		{"order without a buyer's token", "POST", "/v1/shows/SHOW/orders", s.merch, object{"client_order_id": "x", "lines": []object{{"sku_id": "sku-1", "qty": 1}}}, nil, 403, "role_forbidden"},
		{"order of nothing", "POST", "/v1/shows/SHOW/orders", viewer, object{"client_order_id": "x", "lines": []object{}}, nil, 400, "invalid_field"},
		{"order of zero units", "POST", "/v1/shows/SHOW/orders", viewer, object{"client_order_id": "x", "lines": []object{{"sku_id": "sku-1", "qty": 0}}}, nil, 400, "invalid_field"},
		{"order of more than there is", "POST", "/v1/shows/SHOW/orders", viewer, object{"client_order_id": "x", "lines": []object{{"sku_id": "sku-1", "qty": 6}}}, nil, 409, "out_of_stock"},
		{"order of what is not on the shelf", "POST", "/v1/shows/SHOW/orders", viewer, object{"client_order_id": "x", "lines": []object{{"sku_id": "none", "qty": 1}}}, nil, 409, "not_on_shelf"},
		// Events: the call is answered, each event has its own verdict.
		{"unknown event type", "POST", "/v1/events", integration, events(func(e object) { e["type"] = "danced" }), nil, 200, "unknown_type"},
		{"a result stated from outside", "POST", "/v1/events", integration, events(func(e object) { e["type"] = "show_started" }), nil, 200, "type_not_allowed"},
		{"order fact among events", "POST", "/v1/events", integration, events(func(e object) { e["type"] = "order_paid" }), nil, 200, "use_order_webhook"},
		{"like of a fraction", "POST", "/v1/events", integration, events(func(e object) { e["type"], e["data"] = "liked", object{"count": 1.5} }), nil, 200, "invalid_field"},
		{"event of last year", "POST", "/v1/events", integration, events(func(e object) { e["occurred_at"] = "2020-01-01T00:00:00Z" }), nil, 200, "too_old"},
		{"event without an id", "POST", "/v1/events", integration, events(func(e object) { delete(e, "event_id") }), nil, 200, "invalid_field"},
		{"no events", "POST", "/v1/events", integration, []object{}, nil, 400, "invalid_field"},
		{"events that are no list", "POST", "/v1/events", integration, `"x"`, nil, 400, "invalid_field"},
	}
	cases = append(cases, webhookCases(s)...)

	// A report waits until ClickHouse holds everything up to now.
	s.metrics()
	other.metrics()
	passing := []string{"room_entered", "room_left"}
	before, beforeOther := storedFacts(t, engineURL(t, data), s.merchant, passing...), storedFacts(t, engineURL(t, data), other.merchant, passing...)
	for _, c := range cases {
		path := strings.NewReplacer("SHOW", string(s.show), "ROOM", string(s.room)).Replace(c.path)
		status, body, err := call(ctx, c.method, p.url+path, c.token, c.body, c.header...)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := codeOf(body); status != c.status || got != c.code {
			t.Errorf("%s: %s %s: got %d %q, want %d %q\n%.300s", c.name, c.method, path, status, got, c.status, c.code, body)
		}
		if strings.Contains(string(body), "goroutine") || strings.Contains(string(body), ".go:") {
			t.Errorf("%s: the answer shows the inside: %s", c.name, body)
		}
	}
	n := len(cases) + badFrames(ctx, t, s, other, viewer) + badUpgrades(ctx, t, s, other)
	t.Logf("%d wrong inputs", n)
	if n < 60 {
		t.Errorf("%d cases, want at least 60", n)
	}

	// Whatever was refused left nothing behind; the end of the show returns the
	// unsold stock.
	s.command("end_show", object{})
	s.metrics()
	after := storedFacts(t, engineURL(t, data), s.merchant, append(passing, "show_ended", "stock_returned", "stock_changed")...)
	afterOther := storedFacts(t, engineURL(t, data), other.merchant, passing...)
	if !maps.Equal(before, after) {
		t.Errorf("events were stored: %v before, %v after", before, after)
	}
	if !maps.Equal(beforeOther, afterOther) {
		t.Errorf("the other merchant's events changed: %v, then %v", beforeOther, afterOther)
	}
	var list struct {
		Items []json.RawMessage `json:"items"`
	}
	for path, want := range map[string]int{"/v1/rooms": 1, "/v1/shows": 1, "/v1/orders": 0} {
		must(t, "GET", p.url+path, s.merch, nil, &list)
		if len(list.Items) != want {
			t.Errorf("GET %s lists %d, want %d", path, len(list.Items), want)
		}
	}
	p.stop(10 * time.Second)
}

// codeOf finds the code of a problem, or of the first rejected event.
func codeOf(body []byte) string {
	var p struct {
		Code    string `json:"code"`
		Results []struct {
			Status string `json:"status"`
			Error  struct {
				Code string `json:"code"`
			} `json:"error"`
		} `json:"results"`
	}
	if json.Unmarshal(body, &p) != nil {
		return "no JSON"
	}
	if len(p.Results) > 0 {
		return p.Results[0].Error.Code
	}
	return p.Code
}

// webhookCases are hooks that are forged, replayed too late, or wrong inside.
func webhookCases(s *stage) []badCase {
	path := "/v1/webhooks/" + s.source + "/orders"
	fact := func(edit func(typ *string, data object)) []byte {
		typ, data := "order_paid", object{"order_id": "o1", "payment_id": "p1", "paid_minor": 100, "currency": "CNY"}
		edit(&typ, data)
		raw, err := json.Marshal(object{"type": typ, "timestamp": s.now().Format(time.RFC3339), "data": data})
		if err != nil {
			panic("BUG: " + err.Error())
		}
		return raw
	}
	same := fact(func(*string, object) {})
	signed := func(name string, body []byte, status int, code string) badCase {
		return badCase{name, "POST", path, "", body, signWebhook(s.secret, "msg-1", s.now(), body), status, code}
	}
	late := s.now().Add(-6 * time.Minute)
	return []badCase{
		{"hook without a signature", "POST", path, "", same, nil, 401, "webhook_signature_invalid"},
		{"hook of an unknown source", "POST", "/v1/webhooks/nobody/orders", "", same, signWebhook(s.secret, "m", s.now(), same), 401, "webhook_signature_invalid"},
		{"hook signed with another secret", "POST", path, "", same, signWebhook("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "m", s.now(), same), 401, "webhook_signature_invalid"},
		{"hook whose body was changed", "POST", path, "", fact(func(_ *string, d object) { d["paid_minor"] = 101 }), signWebhook(s.secret, "m", s.now(), same), 401, "webhook_signature_invalid"},
		{"hook replayed after six minutes", "POST", path, "", same, signWebhook(s.secret, "m", late, same), 401, "webhook_timestamp_out_of_tolerance"},
		{"hook from the future", "POST", path, "", same, signWebhook(s.secret, "m", s.now().Add(6*time.Minute), same), 401, "webhook_timestamp_out_of_tolerance"},
		signed("hook with negative money", fact(func(_ *string, d object) { d["paid_minor"] = -1 }), 400, "invalid_field"),
		signed("hook with a fraction of a cent", fact(func(_ *string, d object) { d["paid_minor"] = 0.5 }), 400, "invalid_field"),
		signed("hook in no currency", fact(func(_ *string, d object) { d["currency"] = "ZZZ" }), 400, "unknown_currency"),
		signed("hook without an order", fact(func(_ *string, d object) { delete(d, "order_id") }), 400, "invalid_field"),
		signed("hook of an unknown type", fact(func(typ *string, _ object) { *typ = "order_eaten" }), 400, "unknown_type"),
		signed("hook that is no JSON", []byte("{"), 400, "malformed_json"),
	}
}

// badFrames sends wrong frames over one healthy connection, which must survive
// them all but the last.
func badFrames(ctx context.Context, t *testing.T, s, other *stage, token string) int {
	t.Helper()
	v := newSocket(s.url, s.room, token, "")
	defer v.close()
	if err := v.connect(ctx); err != nil {
		t.Fatal(err)
	}
	frames := []struct{ name, frame, code string }{
		{"no JSON", `{{{`, "malformed_json"},
		{"an array", `[1,2]`, "malformed_json"},
		{"no type", `{"id":"x"}`, "malformed_json"},
		{"an unknown type", `{"id":"x","type":"dance","data":{}}`, "unknown_type"},
		{"a type of the system", `{"id":"x","type":"show_started","data":{}}`, "unknown_type"},
		{"a comment without text", `{"id":"x","type":"comment_sent","data":{}}`, "invalid_field"},
		{"a comment of blanks", `{"id":"x","type":"comment_sent","data":{"text":"   "}}`, "invalid_field"},
		{"a comment too long", `{"id":"x","type":"comment_sent","data":{"text":"` + strings.Repeat("长", 501) + `"}}`, "invalid_field"},
		{"minus one like", `{"id":"x","type":"liked","data":{"count":-1}}`, "invalid_field"},
		{"half a like", `{"id":"x","type":"liked","data":{"count":0.5}}`, "invalid_field"},
		{"a click on a number", `{"id":"x","type":"product_clicked","data":{"product_id":7,"surface":"pin_card"}}`, "invalid_field"},
		{"data that is a string", `{"id":"x","type":"followed","data":"x"}`, "malformed_json"},
		{"a viewer's command", `{"id":"x","type":"end_show","data":{"command_id":"k1"}}`, "forbidden"},
		{"a viewer's price", `{"id":"x","type":"set_price","data":{"command_id":"k2","sku_id":"sku-1","price_minor":1}}`, "forbidden"},
		{"an order without an id", `{"id":"x","type":"place_order","data":{"lines":[{"sku_id":"sku-1","qty":1}]}}`, "invalid_field"},
		{"an order of a fraction", `{"id":"x","type":"place_order","data":{"client_order_id":"a","lines":[{"sku_id":"sku-1","qty":1.5}]}}`, "invalid_field"},
		{"an order of nothing known", `{"id":"x","type":"place_order","data":{"client_order_id":"b","lines":[{"sku_id":"none","qty":1}]}}`, "not_on_shelf"},
		{"somebody else's order", `{"id":"x","type":"cancel_order","data":{"order_id":"o_none"}}`, "order_not_found"},
	}
	for _, f := range frames {
		if err := v.conn.Write(ctx, websocket.MessageText, []byte(f.frame)); err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		for {
			frame, err := v.read(ctx)
			if err != nil {
				t.Fatalf("%s: the connection broke: %v", f.name, err)
			}
			if frame["type"] != "ack" {
				continue
			}
			e, _ := frame["error"].(object)
			if frame["ok"] != false || e["code"] != f.code {
				t.Errorf("%s: got %v, want code %q", f.name, frame, f.code)
			}
			break
		}
	}
	// A frame over the limit ends the connection with a code that says why.
	if err := v.conn.Write(ctx, websocket.MessageText, []byte(`{"id":"x","type":"comment_sent","data":{"text":"`+strings.Repeat("x", 100<<10)+`"}}`)); err != nil {
		t.Fatal(err)
	}
	var err error
	for err == nil {
		_, err = v.read(ctx)
	}
	if code := websocket.CloseStatus(err); code < 4000 && code != websocket.StatusMessageTooBig {
		t.Errorf("an oversize frame ended with %v", err)
	}
	return len(frames) + 1
}

// badUpgrades tries to open websockets that must not open.
func badUpgrades(ctx context.Context, t *testing.T, s, other *stage) int {
	t.Helper()
	viewer := s.tokens.sign(live.RoleViewer, "v2", s.merchant)
	cases := []struct {
		name   string
		room   live.RoomID
		query  string
		proto  []string
		origin string
		status int
	}{
		{"no token", s.room, "", nil, "", 401},
		{"a forged token", s.room, "", []string{"showrunner.v1", "bearer." + forged(t, s, "none")}, "", 401},
		{"a token in the URL", s.room, "token=" + viewer, nil, "", 401},
		{"a ticket made up", s.room, "ticket=abc", nil, "", 401},
		{"another merchant's room", other.room, "", []string{"showrunner.v1", "bearer." + viewer}, "", 404},
		{"a room that is not", "none", "", []string{"showrunner.v1", "bearer." + viewer}, "", 404},
		{"a strange page", s.room, "", []string{"showrunner.v1", "bearer." + viewer}, "https://evil.example", 403},
		{"a viewer's panel", s.room, "panel=1", []string{"showrunner.v1", "bearer." + viewer}, "", 403},
		{"since garbage", s.room, "since=abc", []string{"showrunner.v1", "bearer." + viewer}, "", 400},
	}
	for _, c := range cases {
		url := "ws" + strings.TrimPrefix(s.url, "http") + "/v1/rooms/" + string(c.room) + "/ws?" + c.query
		opts := &websocket.DialOptions{Subprotocols: c.proto, HTTPHeader: http.Header{}}
		if c.origin != "" {
			opts.HTTPHeader.Set("Origin", c.origin)
		}
		conn, res, err := websocket.Dial(ctx, url, opts)
		if err == nil {
			_ = conn.CloseNow() // It should not be there at all.
			t.Errorf("%s: the websocket opened", c.name)
			continue
		}
		if res == nil || res.StatusCode != c.status {
			t.Errorf("%s: got %v %v, want %d", c.name, res, err, c.status)
		}
	}
	return len(cases)
}

// forged makes a token that a naive check would believe.
func forged(t *testing.T, s *stage, alg string) string {
	t.Helper()
	good := strings.Split(s.merch, ".")
	var header, claims object
	for part, into := range map[string]*object{good[0]: &header, good[1]: &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, into); err != nil {
			t.Fatal(err)
		}
	}
	header["alg"] = alg
	claims["role"] = "admin"
	enc := func(v any) string {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(raw)
	}
	text := enc(header) + "." + enc(claims)
	switch alg {
	case "none":
		return text + "."
	case "HS256":
		mac := hmac.New(sha256.New, []byte(fmt.Sprint(header["kid"])))
		mac.Write([]byte(text))
		return text + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
	}
	_, stranger, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(stranger, []byte(text)))
}

// expired is a token that held an hour ago.
func expired(t *testing.T, data, merchant string) string {
	t.Helper()
	return tokens{t, data, func() time.Time { return clock().Add(-2 * time.Hour) }}.sign(live.RoleMerchant, "boss", merchant)
}
