package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"testing"
	"time"

	"showrunner/live"
)

// stage is a merchant's room with a running show on a server under test.
type stage struct {
	t        *testing.T
	url      string
	tokens   tokens
	merchant string
	room     live.RoomID
	show     live.ShowID
	operator string // token
	merch    string // token of the merchant
	secret   string // of the merchant's shop platform
	source   string
	now      func() time.Time
}

// good is one SKU of a stage.
type good struct {
	product, sku string
	price, stock int64
}

// newStage makes room, show, shelf and integration, and starts the show.
func newStage(t *testing.T, url, data, merchant, room, zone string, goods ...good) *stage {
	t.Helper()
	return newStageAt(t, clock, url, data, merchant, room, zone, goods...)
}

// newStageAt is newStage on a server whose clock is now.
func newStageAt(t *testing.T, now func() time.Time, url, data, merchant, room, zone string, goods ...good) *stage {
	t.Helper()
	s := &stage{
		t: t, url: url, tokens: tokens{t, data, now}, merchant: merchant, room: live.RoomID(room), now: now,
		secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", source: "shop-" + merchant,
	}
	s.operator = s.tokens.sign(live.RoleOperator, "op-"+merchant, merchant)
	s.merch = s.tokens.sign(live.RoleMerchant, "boss-"+merchant, merchant)
	must(t, "POST", url+"/v1/rooms", s.merch, object{
		"room_id": room, "merchant_id": merchant, "title": "Room " + room, "currency": "CNY", "time_zone": zone,
	}, nil, "Idempotency-Key", "room-"+room)
	var show struct {
		ID live.ShowID `json:"show_id"`
	}
	must(t, "POST", fmt.Sprintf("%s/v1/rooms/%s/shows", url, room), s.operator, object{"title": "Show of " + room}, &show,
		"Idempotency-Key", "show-"+room)
	s.show = show.ID
	var items []object
	for i, g := range goods {
		items = append(items, object{
			"product_id": g.product, "sku_id": g.sku, "title": "Good " + g.sku, "price_minor": g.price,
			"currency": "CNY", "stock": g.stock, "rank": i + 1,
		})
	}
	must(t, "PUT", s.path("/shelf"), s.operator, object{"items": items}, nil)
	must(t, "PUT", url+"/v1/integrations/"+s.source, s.merch, object{"connector": "standard", "secret": s.secret}, nil)
	s.command("start_show", object{})
	return s
}

func (s *stage) path(tail string) string { return s.url + "/v1/shows/" + string(s.show) + tail }

// command gives a host command over HTTP.
func (s *stage) command(name string, data object) {
	s.t.Helper()
	must(s.t, "POST", s.path("/commands"), s.operator, object{
		"command_id": fmt.Sprintf("%s-%s-%d", name, s.room, time.Now().UnixNano()), "command": name, "data": data,
	}, nil)
}

// viewer opens the room as a viewer.
func (s *stage) viewer(sub, query string) *socket {
	return newSocket(s.url, s.room, s.tokens.sign(live.RoleViewer, sub, s.merchant), query)
}

// hook posts signed order facts until the server has them.
func (s *stage) hook(id string, facts ...object) {
	s.t.Helper()
	body, err := json.Marshal(facts)
	if err != nil {
		s.t.Fatal(err)
	}
	must(s.t, "POST", s.url+"/v1/webhooks/"+s.source+"/orders", "", body, nil, signWebhook(s.secret, id, s.now(), body)...)
}

func (s *stage) paidFact(order, payment string, minor int64) object {
	return object{"type": "order_paid", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
		"order_id": order, "payment_id": payment, "paid_minor": minor, "currency": "CNY",
	}}
}

func (s *stage) refundFact(order, refund, sku string, minor int64) object {
	return object{"type": "refund_succeeded", "timestamp": s.now().Format(time.RFC3339Nano), "data": object{
		"order_id": order, "refund_id": refund, "currency": "CNY", "reason": "NO_LONGER_WANT",
		"lines": []object{{"sku_id": sku, "goods_minor": minor}},
	}}
}

// reconciliation is the part of the answer that tests look at.
type reconciliation struct {
	Agree bool `json:"agree"`
	Rows  []struct {
		Currency   string `json:"currency"`
		Figure     string `json:"figure"`
		Report     int64  `json:"report"`
		Rollup     int64  `json:"rollup"`
		Ledger     int64  `json:"ledger"`
		Difference int64  `json:"difference"`
	} `json:"rows"`
}

// reconciled waits until dashboard, report, rollups and ledger agree and none
// of the log is still on its way.
func (s *stage) reconciled(within time.Duration) reconciliation {
	s.t.Helper()
	var got reconciliation
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		must(s.t, "GET", s.path("/reconciliation"), s.operator, nil, &got)
		if got.Agree {
			return got
		}
	}
	s.t.Fatalf("show %s did not reconcile within %s: %+v", s.show, within, got.Rows)
	return got
}

// report asks for the report as of now. Without an instant it is as of half a
// second ago and may lack the last fact that was acknowledged.
func (s *stage) report(got any) {
	s.t.Helper()
	at := url.QueryEscape(s.now().UTC().Format(time.RFC3339Nano))
	must(s.t, "GET", s.path("/report?format=json&as_of="+at), s.operator, nil, got)
}

// metrics are the report's figures.
func (s *stage) metrics() map[string]json.RawMessage {
	s.t.Helper()
	var report struct {
		Metrics map[string]json.RawMessage `json:"metrics"`
	}
	s.report(&report)
	return report.Metrics
}

// count is a counting metric of the report.
func (s *stage) count(key string) int64 {
	s.t.Helper()
	var n int64
	if err := json.Unmarshal(s.metrics()[key], &n); err != nil {
		s.t.Fatalf("metric %s: %v", key, err)
	}
	return n
}

// freeAddr is a loopback address that nothing listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
