package gateway_test

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

func TestRetention(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.sell(show)
	e.advance(25 * time.Hour)
	e.want(200, "POST", "/v1/events", e.as(live.RoleIntegration, "m1", "crm"), []any{
		obj{"event_id": "e9", "type": "room_entered", "show_id": show, "user_id": "u1"},
		obj{"event_id": "e10", "type": "room_entered", "show_id": show, "user_id": "u2", "channel": "-2+3"},
	})
	e.advance(50 * time.Hour)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	a := e.want(200, "GET", "/v1/retention?by=channel&periods=2", owner, nil)
	cohorts := a.json["cohorts"].([]any)
	if len(cohorts) != 2 || cohorts[1].(obj)["key"] != "private/group" || a.text("time_zone") != "Asia/Shanghai" || a.json["complete"] != true {
		t.Fatalf("cohorts: %s", a.raw)
	}
	next := cohorts[1].(obj)["intervals"].([]any)[1].(obj)["rate"].(obj)
	if next["numerator"] != 1.0 || next["denominator"] != 1.0 || next["value"] != 1.0 {
		t.Errorf("u1 came back on the next day: %s", a.raw)
	}
	rates := a.json["rates"].(obj)
	if f := rates["purchase_frequency"].(obj); f["numerator"] != 1.0 || f["denominator"] != 1.0 {
		t.Errorf("one order of one buyer: %s", a.raw)
	}
	if r := rates["repeat_rate"].(obj); r["denominator"] != 0.0 || r["value"] != nil {
		t.Errorf("nobody's thirty days are over: %s", a.raw)
	}
	if a := e.want(200, "GET", "/v1/retention?by=channel&limit=1", owner, nil); len(a.json["cohorts"].([]any)) != 1 || a.json["more_cohorts"] != 1.0 || a.json["all"].(obj)["size"] != 2.0 {
		t.Errorf("one cohort listed, all counted: %s", a.raw)
	}
	a = e.want(200, "GET", "/v1/retention?by=channel&periods=1&format=csv", owner, nil)
	rows, err := csv.NewReader(strings.NewReader(a.raw)).ReadAll()
	if err != nil || len(rows) != 5 || rows[1][0] != "'-2+3" || rows[4][0] != "private/group" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
		t.Errorf("csv: %v %v", err, a.raw)
	}
	// As of before the second day nobody was back.
	at := e.now().Add(-60 * time.Hour).Format(time.RFC3339)
	if a := e.want(200, "GET", "/v1/retention?periods=1&as_of="+at, owner, nil); a.json["all"].(obj)["size"] != 1.0 {
		t.Errorf("as of %s: %s", at, a.raw)
	}
	for query, field := range map[string]string{
		"from=2026-13-01": "", "to=1999-01-01": "to", "from=2020-01-01": "to", "time_zone=Mars": "time_zone", "as_of=2199-01-01T00:00:00Z": "as_of",
		"merchant_id=m2": "", "periods=91": "", "by=moon": "",
	} {
		a := e.do("GET", "/v1/retention?"+query, owner, nil)
		if a.status != 400 && a.status != 403 && a.status != 422 || field != "" && a.text("field") != field {
			t.Errorf("%s: %d %s", query, a.status, a.raw)
		}
	}
	if a := e.do("GET", "/v1/retention", e.as(live.RoleMerchant, "m1", "scoped", "other-room"), nil); a.text("field") != "room_id" {
		t.Errorf("a token limited to rooms: %d %s", a.status, a.raw)
	}
	if a := e.want(200, "GET", "/v1/retention", e.as(live.RoleMerchant, "m2", "thief"), nil); a.json["all"].(obj)["size"] != 0.0 {
		t.Errorf("another merchant: %s", a.raw)
	}
}

func TestMerchantFunnel(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.sell(show)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.advance(time.Minute)
	for query, want := range map[string]string{
		"":                              "room_entered 1 1;product_clicked 1 1;cart_item_added 0 0;checkout_started 0 0;order_created 1 0;order_paid 1 0;",
		"steps=room_entered,order_paid": "room_entered 1 1;order_paid 1 1;",
		"steps=product_clicked,order_paid&mode=first_touch&show_id=" + show: "product_clicked 1 1;order_paid 1 1;",
		"steps=order_created,room_entered":                                  "order_created 1 1;room_entered 1 0;",
	} {
		a := e.want(200, "GET", "/v1/funnel?"+query, owner, nil)
		got := ""
		for _, s := range a.json["steps"].([]any) {
			got += fmt.Sprintf("%v %v %v;", s.(obj)["key"], s.(obj)["pv"], s.(obj)["uv"])
		}
		if got != want {
			t.Errorf("%s: %s\nwant %s", query, got, want)
		}
	}
	for _, query := range []string{
		"steps=room_entered", "steps=room_entered,nonsense", "steps=room_entered,room_entered&mode=first_touch", "steps=followed,followed&order=strict_order",
		"window=2161h", "window=x", "mode=x",
	} {
		if a := e.do("GET", "/v1/funnel?"+query, owner, nil); a.status != 400 && a.status != 422 {
			t.Errorf("%s: %d %s", query, a.status, a.raw)
		}
	}
	e.problem("a show of another merchant", e.do("GET", "/v1/funnel?show_id="+show, e.as(live.RoleMerchant, "m2", "thief"), nil), 404)
	if a := e.want(200, "GET", "/v1/funnel?format=csv", owner, nil); !strings.HasPrefix(a.raw, "step,pv,uv,pv_rate,uv_rate,uv_of_first\nroom_entered,1,1,,,\nproduct_clicked,1,1,1,1,1\n") {
		t.Errorf("csv: %s", a.raw)
	}
}

// TestBuyersOverHTTP imports the orders of a hundred buyers and reads their
// segments page by page, and what is expected of them.
func TestBuyersOverHTTP(t *testing.T) {
	e := newEnv(t)
	e.stage("m1")
	rng := rand.New(rand.NewPCG(1, 9))
	var lines []string
	orders := 0
	for i := range 100 {
		at := e.now().Add(-time.Duration(20+rng.IntN(340)) * 24 * time.Hour)
		for mean := 5 + rng.ExpFloat64()*60; at.Before(e.now().Add(-time.Hour)); at = at.Add(time.Duration(mean * rng.ExpFloat64() * 24 * float64(time.Hour))) {
			id, stamp, minor := fmt.Sprintf("o%d", orders), at.UTC().Format(time.RFC3339), 500+rng.IntN(5)*(200+i*10)
			orders++
			lines = append(lines,
				fmt.Sprintf(`{"type":"order_created","timestamp":%q,"data":{"order_id":%q,"user_id":"b%d","currency":"CNY","lines":[{"line_id":"1","sku_id":"k","qty":1,"goods_minor":%d}]}}`, stamp, id, i, minor),
				fmt.Sprintf(`{"type":"order_paid","timestamp":%q,"data":{"order_id":%q,"payment_id":"p","paid_minor":%d,"currency":"CNY"}}`, stamp, id, minor))
			if rng.IntN(5) == 0 {
				break
			}
		}
	}
	shop := e.as(live.RoleIntegration, "m1", "shop")
	if a := e.want(200, "POST", "/v1/orders/import", shop, strings.Join(lines, "\n"), "Content-Type", "application/x-ndjson"); a.json["accepted"] != float64(len(lines)) {
		t.Fatalf("import: %s", a.raw)
	}
	e.fingerprint("m1") // waits until the outbox is in the log
	e.advance(time.Minute)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	a := e.want(200, "GET", "/v1/retention/rfm?limit=30", owner, nil)
	if a.json["buyers"] != 100.0 || a.text("currency") != "CNY" || len(a.json["segments"].([]any)) != 10 {
		t.Fatalf("rfm: %s", a.raw)
	}
	seen, sum := map[string]bool{}, 0.0
	for as := a.text("as_of"); ; {
		for _, item := range a.json["items"].([]any) {
			seen[item.(obj)["person_id"].(string)] = true
			sum += item.(obj)["net_minor"].(float64)
		}
		next := a.text("next_cursor")
		if next == "" {
			break
		}
		a = e.want(200, "GET", "/v1/retention/rfm?limit=30&as_of="+as+"&cursor="+next, owner, nil)
	}
	var buyers, net float64
	for _, s := range a.json["segments"].([]any) {
		buyers += s.(obj)["share"].(obj)["numerator"].(float64)
		net += s.(obj)["net_minor"].(float64)
	}
	if len(seen) != 100 || buyers != 100 || net != sum {
		t.Errorf("%d buyers on pages with %v, the segments have %v with %v", len(seen), sum, buyers, net)
	}
	e.problem("a bad cursor", e.do("GET", "/v1/retention/rfm?cursor=!", owner, nil), 400)

	l := e.want(200, "GET", "/v1/retention/lifetime?limit=7", owner, nil)
	parameters := l.json["process"].(obj)["parameters"].([]any)
	if len(parameters) != 4 || len(l.json["items"].([]any)) != 7 || l.json["expected_orders"].(float64) <= 0 || l.json["expected_value_minor"] == nil || l.json["spend"] == nil {
		t.Errorf("lifetime: %s", l.raw)
	}
	counted := 0.0
	for _, bin := range l.json["calibration"].([]any) {
		counted += bin.(obj)["buyers"].(float64)
	}
	if counted != 100 {
		t.Errorf("the calibration holds %v buyers: %s", counted, l.raw)
	}
	if again := e.want(200, "GET", "/v1/retention/lifetime?limit=7&as_of="+l.text("as_of"), owner, nil); again.raw != l.raw {
		t.Error("the same as_of gave other bytes")
	}
	if a := e.want(200, "GET", "/v1/retention/lifetime?format=csv", owner, nil); !strings.HasPrefix(a.raw, "person_id,repeat,") || strings.Count(a.raw, "\n") != 101 {
		t.Errorf("csv: %s", a.raw)
	}
	if a := e.do("GET", "/v1/retention/lifetime?currency=USD", owner, nil); a.status != 409 || a.code() != "lifetime_too_few" {
		t.Errorf("no buyers: %d %s", a.status, a.raw)
	}
	if a := e.do("GET", "/v1/retention/rfm?currency=XXXX", owner, nil); a.status < 400 {
		t.Errorf("no currency: %d %s", a.status, a.raw)
	}
	read := 0
	for _, row := range e.want(200, "GET", "/v1/audit", e.as(live.RoleAuditor, "m1", "auditor"), nil).items() {
		if row.(obj)["action"] == "report.read" {
			read++
		}
	}
	if read < 7 {
		t.Errorf("%d readings of buyers in the audit log", read)
	}
}
