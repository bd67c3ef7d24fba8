package gateway_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

func paidFact(order string, at time.Time) string {
	return fmt.Sprintf(`{"type":"order_paid","timestamp":%q,"data":{"order_id":%q,"payment_id":"p","paid_minor":5,"currency":"CNY"}}`, at.Format(time.RFC3339), order)
}

// TestImportOrders: each fact stands for itself, years back, and once.
func TestImportOrders(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	shop := e.as(live.RoleIntegration, "m1", "shop")
	old, ancient := epoch.AddDate(-4, 0, 0), epoch.AddDate(-6, 0, 0)
	body := strings.Join([]string{
		paidFact("o1", old), paidFact("o2", ancient), `{"type":"order_paid"`, paidFact("o1", old), paidFact("o3", epoch),
		`{"type":"order_paid","timestamp":"2025-01-01T00:00:00Z","data":{"order_id":"o4","payment_id":"p","paid_minor":1.5,"currency":"CNY"}}`,
	}, "\n")
	a := e.want(200, "POST", "/v1/orders/import", shop, body, "Content-Type", "application/x-ndjson")
	want := `{"accepted":2,"duplicates":1,"rejected":3,"errors":[{"index":1,"code":"too_old",`
	if !strings.HasPrefix(a.raw, want) || !strings.Contains(a.raw, `{"index":2,"code":"malformed_json"`) || !strings.Contains(a.raw, `{"index":5,"code":"invalid_field","field":"data.paid_minor"`) {
		t.Errorf("import: %s\nwant %s…", a.raw, want)
	}
	if a := e.want(200, "POST", "/v1/orders/import", shop, body, "Content-Type", "application/x-ndjson"); !strings.HasPrefix(a.raw, `{"accepted":0,"duplicates":3,"rejected":3,`) {
		t.Errorf("import again: %s", a.raw)
	}
	o := e.want(200, "GET", "/v1/orders/o1", e.as(live.RoleMerchant, "m1", "owner"), nil)
	if o.text("paid_at") != old.Format("2006-01-02T15:04:05.000Z") {
		t.Errorf("the order was paid at %s, want %s", o.text("paid_at"), old)
	}
	// A fact that the order book refuses takes no other down with it.
	var many []string
	for i := range 1000 {
		many = append(many, strings.Replace(paidFact("full", old), `"p"`, fmt.Sprintf(`"p%d"`, i), 1))
	}
	many = append(many, paidFact("full", old), paidFact("o9", old))
	a = e.want(200, "POST", "/v1/orders/import", shop, "["+strings.Join(many, ",")+"]")
	if !strings.HasPrefix(a.raw, `{"accepted":1001,"duplicates":0,"rejected":1,"errors":[{"index":1000,"code":"too_many_facts"`) {
		t.Errorf("a full order: %s", a.raw)
	}
	if a := e.do("POST", "/v1/orders/import", e.as(live.RoleIntegration, "m1", "shop", "room-m1"), "["+paidFact("o1", old)+"]"); a.code() != "room_forbidden" {
		t.Errorf("a token of one room: %s", a.raw)
	}
	if a := e.do("POST", "/v1/orders/import?source=showrunner", shop, "["+paidFact("o1", old)+"]"); a.code() != "reserved_source" {
		t.Errorf("in our own name: %s", a.raw)
	}
}

// TestImportEvents: history is taken by its own door only, keeps its time, and
// belongs to no show.
func TestImportEvents(t *testing.T) {
	e := newEnv(t)
	room, show := e.stage("m1")
	e.want(200, "POST", "/v1/shows/"+show+"/start", e.as(live.RoleMerchant, "m1", "owner"), nil)
	shop := e.as(live.RoleIntegration, "m1", "crm")
	event := func(id string, at time.Time, more obj) []any {
		v := obj{"event_id": id, "type": "group_joined", "occurred_at": at.Format(time.RFC3339), "user_id": "u1", "room_id": room, "data": obj{"group_id": "g"}}
		maps.Copy(v, more)
		return []any{v}
	}
	old := epoch.AddDate(-2, 0, 0)
	for _, c := range []struct {
		path, want string
		body       []any
	}{
		{"/v1/events", `"code":"too_old"`, event("e1", old, nil)},
		{"/v1/events?import=true", `"status":"accepted"`, event("e1", old, nil)},
		{"/v1/events?import=true", `"status":"duplicate"`, event("e1", old, nil)},
		{"/v1/events?import=true", `"code":"too_new"`, event("e2", epoch, nil)},
		{"/v1/events?import=true", `"code":"too_old"`, event("e3", epoch.AddDate(-6, 0, 0), nil)},
		{"/v1/events?import=true", `"code":"history_has_no_show"`, event("e4", old, obj{"show_id": show})},
		{"/v1/events?import=true", `"code":"reserved_source"`, event("e5", old, obj{"source": "ws:u1"})},
	} {
		if a := e.want(200, "POST", c.path, shop, c.body); !strings.Contains(a.raw, c.want) {
			t.Errorf("%s: %s, want %s", c.path, a.raw, c.want)
		}
	}
	if a := e.do("POST", "/v1/events?import=true", e.as(live.RoleOperator, "m1", "op"), event("e6", old, nil)); a.code() != "role_forbidden" {
		t.Errorf("an operator imports: %s", a.raw)
	}
	head, err := e.log.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = e.log.Range(t.Context(), live.Position{}, head, func(en live.Entry) error {
		if en.Event.Kind == "group_joined" {
			seen++
			if !en.Event.OccurredAt.Equal(old) || en.Event.Show != "" || en.Event.Room != live.RoomID(room) || !en.Event.Stale() {
				t.Errorf("history in the log: %+v", en.Event)
			}
		}
		return nil
	})
	if err != nil || seen != 1 {
		t.Errorf("%d facts in the log, want 1: %v", seen, err)
	}
}
