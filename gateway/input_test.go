package gateway_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"showrunner/live"
	"showrunner/live/store"
)

// TestBadInput sends what must not be accepted and looks that nothing of it was
// stored.
func TestBadInput(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	owner, viewer := e.as(live.RoleMerchant, "m1", "owner"), e.as(live.RoleViewer, "m1", "v1")
	integration, admin := e.as(live.RoleIntegration, "m1", "crm"), e.as(live.RoleAdmin, "", "root")
	e.want(200, "POST", "/v1/shows/"+show+"/start", owner, nil)
	before := e.fingerprint("m1")
	long := strings.Repeat("x", 121)

	for i, tc := range []struct {
		name, method, path, token string
		body                      any
		status                    int
		code, field               string
	}{
		{"room: no body", "POST", "/v1/rooms", owner, nil, 400, "malformed_json", ""},
		{"room: not JSON", "POST", "/v1/rooms", owner, `{"title":`, 400, "malformed_json", ""},
		{"room: two values", "POST", "/v1/rooms", owner, `{"title":"a","currency":"CNY"} {}`, 400, "malformed_json", ""},
		{"room: array", "POST", "/v1/rooms", owner, `[]`, 400, "invalid_field", ""},
		{"room: null", "POST", "/v1/rooms", owner, `null`, 400, "invalid_field", ""},
		{"room: unknown member", "POST", "/v1/rooms", owner, `{"title":"a","currency":"CNY","colour":"red"}`, 400, "unknown_field", "colour"},
		{"room: member in capitals", "POST", "/v1/rooms", owner, `{"Title":"a","currency":"CNY"}`, 400, "unknown_field", "Title"},
		{"room: member twice", "POST", "/v1/rooms", owner, `{"title":"a","title":"b","currency":"CNY"}`, 400, "invalid_field", "title"},
		{"room: no title", "POST", "/v1/rooms", owner, `{"currency":"CNY"}`, 400, "invalid_field", "title"},
		{"room: null title", "POST", "/v1/rooms", owner, `{"title":null,"currency":"CNY"}`, 400, "invalid_field", "title"},
		{"room: title is a number", "POST", "/v1/rooms", owner, `{"title":7,"currency":"CNY"}`, 400, "invalid_field", "title"},
		{"room: long title", "POST", "/v1/rooms", owner, obj{"title": long, "currency": "CNY"}, 400, "invalid_field", "title"},
		{"room: unknown currency", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "XYZ"}, 400, "unknown_currency", "currency"},
		{"room: currency in small letters", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "cny"}, 400, "unknown_currency", "currency"},
		{"room: unknown zone", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "time_zone": "Mars/Base"}, 400, "invalid_field", "time_zone"},
		{"room: the server's zone", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "time_zone": "Local"}, 400, "invalid_field", "time_zone"},
		{"room: zone is a path", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "time_zone": "../../etc/passwd"}, 400, "invalid_field", "time_zone"},
		{"room: odd id", "POST", "/v1/rooms", owner, obj{"room_id": "a b", "title": "a", "currency": "CNY"}, 400, "invalid_field", "room_id"},
		{"room: host with a space", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "host_ids": []string{"a b"}}, 400, "invalid_field", "host_ids"},
		{"room: hosts are text", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "host_ids": "h"}, 400, "invalid_field", "host_ids"},
		{"room: a host is a number", "POST", "/v1/rooms", owner, `{"title":"a","currency":"CNY","host_ids":["h",1]}`, 400, "invalid_field", "host_ids[1]"},
		{"room: another merchant", "POST", "/v1/rooms", owner, obj{"title": "a", "currency": "CNY", "merchant_id": "m2"}, 403, "merchant_forbidden", ""},
		{"room: an admin for nobody", "POST", "/v1/rooms", admin, obj{"title": "a", "currency": "CNY"}, 400, "invalid_field", "merchant_id"},
		{"room: taken id", "POST", "/v1/rooms", owner, obj{"room_id": room, "title": "a", "currency": "CNY"}, 409, "", ""},
		{"room patch: currency is for ever", "PATCH", "/v1/rooms/" + room, owner, obj{"currency": "USD"}, 400, "unknown_field", "currency"},
		{"room patch: empty title", "PATCH", "/v1/rooms/" + room, owner, obj{"title": ""}, 400, "invalid_field", "title"},

		{"list: odd limit", "GET", "/v1/rooms?limit=0", owner, nil, 400, "invalid_field", "query.limit"},
		{"list: huge limit", "GET", "/v1/rooms?limit=100000", owner, nil, 400, "invalid_field", "query.limit"},
		{"list: limit is text", "GET", "/v1/rooms?limit=ten", owner, nil, 400, "invalid_field", "query.limit"},
		{"list: made-up cursor", "GET", "/v1/rooms?cursor=abc", owner, nil, 400, "invalid_cursor", "cursor"},
		{"list: unknown parameter", "GET", "/v1/rooms?colour=red", owner, nil, 400, "unknown_parameter", "query.colour"},
		{"list: unknown state", "GET", "/v1/shows?state=dancing", owner, nil, 400, "invalid_field", "query.state"},

		{"show: planned start is no time", "POST", "/v1/rooms/" + room + "/shows", owner, obj{"title": "a", "planned_start_at": "tomorrow"}, 400, "invalid_field", "planned_start_at"},
		{"show: planned start is a number", "POST", "/v1/rooms/" + room + "/shows", owner, obj{"title": "a", "planned_start_at": 5}, 400, "invalid_field", "planned_start_at"},
		{"show: state is not for setting", "POST", "/v1/rooms/" + room + "/shows", owner, obj{"title": "a", "state": "live"}, 400, "unknown_field", "state"},
		{"show: rehearsal is text", "POST", "/v1/rooms/" + room + "/shows", owner, obj{"title": "a", "rehearsal": "yes"}, 400, "invalid_field", "rehearsal"},
		{"show: no such room", "POST", "/v1/rooms/nowhere/shows", owner, obj{"title": "a"}, 404, "room_not_found", ""},
		{"show: started twice", "POST", "/v1/shows/" + show + "/start", owner, nil, 409, "wrong_state", ""},
		{"show: resumed while live", "POST", "/v1/shows/" + show + "/resume", owner, nil, 409, "wrong_state", ""},

		{"shelf: price is a float", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":10.5}]}`, 400, "invalid_field", "items[0].price_minor"},
		{"shelf: price has an exponent", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1e3}]}`, 400, "invalid_field", "items[0].price_minor"},
		{"shelf: price is text", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":"10"}]}`, 400, "invalid_field", "items[0].price_minor"},
		{"shelf: price over 64 bits", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":99999999999999999999}]}`, 400, "invalid_field", "items[0].price_minor"},
		{"shelf: negative price", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":-1}]}`, 400, "invalid_field", "items[0].price_minor"},
		{"shelf: negative stock", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1,"stock":-1}]}`, 400, "invalid_field", "items[0].stock"},
		{"shelf: another currency", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1,"currency":"USD"}]}`, 400, "currency_mismatch", "items[0].currency"},
		{"shelf: second item bad", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1},{"product_id":"p","sku_id":"","title":"t","price_minor":1}]}`, 400, "invalid_field", "items[1].sku_id"},
		{"shelf: SKU twice", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1},{"product_id":"p","sku_id":"s","title":"t","price_minor":1}]}`, 400, "invalid_field", "items[1].sku_id"},
		{"shelf: picture is script", "PUT", "/v1/shows/" + show + "/shelf", owner, `{"items":[{"product_id":"p","sku_id":"s","title":"t","price_minor":1,"image_url":"javascript:alert(1)"}]}`, 400, "invalid_field", "items[0].image_url"},
		{"shelf: no such SKU", "PATCH", "/v1/shows/" + show + "/shelf/nope", owner, obj{"rank": 2}, 404, "", ""},
		{"shelf: stock by patch", "PATCH", "/v1/shows/" + show + "/shelf/sku1", owner, obj{"stock": 5}, 400, "unknown_field", "stock"},

		{"command: unknown", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command_id": "c", "command": "dance"}, 400, "unknown_command", "command"},
		{"command: no id", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command": "announce", "args": obj{"text": "hi"}}, 400, "invalid_field", "command_id"},
		{"command: two names", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command_id": "c", "command": "announce", "type": "announce"}, 400, "invalid_field", "type"},
		{"command: args are a list", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command_id": "c", "command": "announce", "args": []int{1}}, 400, "invalid_field", "args"},
		{"command: no text", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command_id": "c-t", "command": "announce", "args": obj{}}, 400, "", ""},
		{"command: old version", "POST", "/v1/shows/" + show + "/commands", owner, obj{"command_id": "c-v", "command": "announce", "args": obj{"text": "hi"}, "expected_version": 1}, 409, "", ""},

		{"order: quantity 0", "POST", "/v1/shows/" + show + "/orders", viewer, obj{"client_order_id": "o", "lines": []any{obj{"sku_id": "sku1", "qty": 0}}}, 400, "invalid_field", "lines[0].qty"},
		{"order: half a piece", "POST", "/v1/shows/" + show + "/orders", viewer, `{"client_order_id":"o","lines":[{"sku_id":"sku1","qty":0.5}]}`, 400, "invalid_field", "lines[0].qty"},
		{"order: no lines", "POST", "/v1/shows/" + show + "/orders", viewer, obj{"client_order_id": "o", "lines": []any{}}, 400, "invalid_field", "lines"},
		{"order: own price", "POST", "/v1/shows/" + show + "/orders", viewer, `{"client_order_id":"o","lines":[{"sku_id":"sku1","qty":1,"price_minor":1}]}`, 400, "unknown_field", "lines[0].price_minor"},
		{"order: more than there is", "POST", "/v1/shows/" + show + "/orders", viewer, obj{"client_order_id": "o", "lines": []any{obj{"sku_id": "sku1", "qty": 11}}}, 409, "out_of_stock", ""},
		{"order: not on the shelf", "POST", "/v1/shows/" + show + "/orders", viewer, obj{"client_order_id": "o", "lines": []any{obj{"sku_id": "other", "qty": 1}}}, 409, "", ""},
		{"order: unknown", "GET", "/v1/orders/nope", viewer, nil, 404, "order_not_found", ""},

		{"events: an object", "POST", "/v1/events", integration, `{"type":"liked"}`, 400, "invalid_field", ""},
		{"events: none", "POST", "/v1/events", integration, `[]`, 400, "invalid_field", ""},
		{"events: broken array", "POST", "/v1/events", integration, `[{"type":"liked"},`, 400, "malformed_json", ""},
		{"events: too many", "POST", "/v1/events", integration, "[" + strings.Repeat("1,", 10000) + "1]", 413, "batch_too_large", ""},

		{"integration: short secret", "PUT", "/v1/integrations/shop", owner, obj{"connector": "standard", "secret": "whsec_c2hvcnQ="}, 400, "invalid_field", "secret"},
		{"integration: no prefix", "PUT", "/v1/integrations/shop", owner, obj{"connector": "standard", "secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, 400, "invalid_field", "secret"},
		{"integration: unknown connector", "PUT", "/v1/integrations/shop", owner, obj{"connector": "magic", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, 400, "invalid_field", "connector"},
		{"integration: our own name", "PUT", "/v1/integrations/showrunner", owner, obj{"connector": "standard", "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, 400, "reserved_source", "source"},

		{"timeline: other step", "GET", "/v1/shows/" + show + "/timeline?step=hour", owner, nil, 400, "invalid_field", "query.step"},
		{"timeline: unknown metric", "GET", "/v1/shows/" + show + "/timeline?metrics=beauty", owner, nil, 400, "unknown_metric", "metrics"},
		{"report: pdf", "GET", "/v1/shows/" + show + "/report?format=pdf", owner, nil, 400, "format_unavailable", ""},
		{"report: as of nonsense", "GET", "/v1/shows/" + show + "/report?as_of=yesterday", owner, nil, 400, "invalid_field", "as_of"},
		{"report: as of the future", "GET", "/v1/shows/" + show + "/report?as_of=2100-01-01T00:00:00Z", owner, nil, 400, "invalid_field", "as_of"},
		{"audit: made-up cursor", "GET", "/v1/audit?cursor=%25", owner, nil, 400, "invalid_cursor", "cursor"},
	} {
		a := e.do(tc.method, tc.path, tc.token, tc.body)
		e.problem(fmt.Sprintf("%d %s", i, tc.name), a, tc.status)
		if tc.code != "" && a.code() != tc.code || tc.field != "" && a.text("field") != tc.field {
			t.Errorf("%s: code %q field %q, want %q %q: %s", tc.name, a.code(), a.text("field"), tc.code, tc.field, a.raw)
		}
	}
	if after := e.fingerprint("m1"); after != before {
		t.Errorf("something was stored:\nbefore %s\nafter  %s", before, after)
	}
}

// problem checks that an answer is a problem of RFC 9457 with all its members.
func (e *env) problem(name string, a answer, status int) {
	e.t.Helper()
	if a.status != status {
		e.t.Errorf("%s: status %d, want %d: %s", name, a.status, status, a.raw)
		return
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		e.t.Errorf("%s: content type %q, want application/problem+json: %s", name, got, a.raw)
	}
	if a.text("type") == "" || a.text("title") != http.StatusText(status) || a.json["status"] != float64(status) ||
		a.text("detail") == "" || a.code() == "" || a.text("request_id") != a.header.Get("X-Request-Id") || a.text("request_id") == "" {
		e.t.Errorf("%s: a member of the problem is missing or wrong: %s", name, a.raw)
	}
}

// fingerprint is everything a request could have stored for a merchant, apart
// from the audit log, which records refusals of commands too.
func (e *env) fingerprint(m live.MerchantID) string {
	e.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		e.t.Helper()
		if err != nil {
			e.t.Fatal(err)
		}
	}
	rooms, _, err := e.store.Rooms(ctx, store.RoomFilter{})
	must(err)
	shows, _, err := e.store.Shows(ctx, store.ShowFilter{})
	must(err)
	orders, _, err := e.store.Orders(ctx, store.OrderFilter{Merchant: m})
	must(err)
	shops, err := e.store.Integrations(ctx, "shop")
	must(err)
	// What is in the outbox, or went to the log from there, counts too.
	pending, err := e.store.Outbox(ctx, 0, 100)
	must(err)
	for len(pending) > 0 {
		pending, err = e.store.Outbox(ctx, 0, 100)
		must(err)
	}
	head, err := e.log.Head(ctx)
	must(err)
	text := fmt.Sprintf("rooms %v shows %v orders %v shops %v head %v", rooms, shows, orders, shops, head)
	for _, s := range shows {
		items, err := e.store.Shelf(ctx, s.ID)
		must(err)
		text += fmt.Sprintf(" shelf %v", items)
	}
	return text
}
