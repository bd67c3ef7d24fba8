package gateway_test

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"showrunner/gateway"
	"showrunner/live"
)

// shopify signs a delivery as the platform does.
func shopify(secret, topic, id, body string) []string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(body))
	return []string{"X-Shopify-Hmac-SHA256", base64.StdEncoding.EncodeToString(mac.Sum(nil)), "X-Shopify-Topic", topic, "X-Shopify-Webhook-Id", id, "X-Shopify-Shop-Domain", "a.myshopify.com"}
}

// audited lists the audit rows of an action, newest first.
func (e *env) audited(merchant, action string) (rows []obj) {
	e.t.Helper()
	for _, row := range e.want(200, "GET", "/v1/audit", e.as(live.RoleAuditor, merchant, "auditor"), nil).items() {
		if row := row.(obj); row["action"] == action {
			rows = append(rows, row)
		}
	}
	return rows
}

// TestShopifyOrder takes an order of a shop from its creation over a refund of
// one line and of shipping to a second delivery of everything.
func TestShopifyOrder(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	owner := e.as(live.RoleMerchant, "m1", "owner")
	const secret, hook = "shpss_hush-hush", "/v1/webhooks/myshop/orders"
	a := e.want(200, "PUT", "/v1/integrations/myshop", owner, obj{"connector": "shopify", "secret": secret, "shop_id": "a.myshopify.com"})
	if a.text("connector") != "shopify" {
		t.Errorf("integration: %s", a.raw)
	}
	const order = `{"id":450789469,"currency":"CNY","created_at":"2026-01-02T20:00:00+08:00","updated_at":"2026-01-02T20:00:00+08:00","total_price":"208.00","taxes_included":true,"note_attributes":[{"name":"showrunner_show_id","value":"SHOW"}],
	 "line_items":[{"id":11,"variant_id":21,"sku":"sku1","quantity":2,"price":"50.00"},{"id":12,"variant_id":22,"sku":"sku2","quantity":1,"price":"100.00"}],"shipping_lines":[{"price":"8.00"}],"customer":{"id":7}}`
	created := strings.Replace(order, "SHOW", show, 1)
	const refund = `{"id":5,"order_id":450789469,"processed_at":"2026-01-02T12:00:00Z","refund_line_items":[{"line_item_id":11,"quantity":1,"subtotal":50.0,"total_tax":0.0}],
	 "order_adjustments":[{"kind":"shipping_refund","amount":"-8.00"}],"transactions":[{"kind":"refund","status":"success","amount":"58.00","currency":"CNY"}]}`
	for range 2 {
		for _, d := range []struct{ topic, id, body string }{{"refunds/create", "w3", refund}, {"orders/create", "w1", created}, {"orders/paid", "w2", created}, {"products/update", "w4", `{"id":1}`}} {
			if a := e.want(200, "POST", hook, "", d.body, shopify(secret, d.topic, d.id, d.body)...); a.raw != "{}" {
				t.Errorf("%s: answer %q", d.topic, a.raw)
			}
		}
	}
	o := e.want(200, "GET", "/v1/orders/450789469", owner, nil)
	for key, want := range map[string]any{"paid_minor": 20800.0, "refund_minor": 5800.0, "net_minor": 15000.0, "state": "part_refunded", "person_id": "7", "show_id": show, "currency": "CNY"} {
		if o.json[key] != want {
			t.Errorf("order has %s %v, want %v", key, o.json[key], want)
		}
	}
	if facts := o.json["facts"].([]any); len(facts) != 3 {
		t.Errorf("%d facts, want 3: %s", len(facts), o.raw)
	}
	if flags, _ := o.json["flags"].([]any); len(flags) != 0 {
		t.Errorf("flags %v", flags)
	}
	// What was delivered is found under the platform's own ids.
	rows := e.audited("m1", "webhook.delivery")
	if len(rows) != 8 || rows[7]["command_id"] != "w3" {
		t.Errorf("%d deliveries in the audit, want 8: %v", len(rows), rows)
	}
	// Forged and of another shop: nothing gets in.
	for name, headers := range map[string][]string{
		"forged":       shopify("another", "orders/paid", "w9", created),
		"another body": shopify(secret, "orders/paid", "w9", created+" "),
		"another shop": append(shopify(secret, "orders/paid", "w9", created)[:6], "X-Shopify-Shop-Domain", "b.myshopify.com"),
		"unsigned":     nil,
	} {
		if a := e.do("POST", hook, "", created, headers...); a.status != 401 || a.code() != "webhook_signature_invalid" {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
	if after := e.want(200, "GET", "/v1/orders/450789469", owner, nil); after.raw != o.raw {
		t.Errorf("a forged delivery changed the order:\n%s\n%s", o.raw, after.raw)
	}
	if strings.Contains(e.logged.String(), "hush-hush") {
		t.Error("the secret was logged")
	}
}

// TestBadDelivery: what is signed and cannot be used is refused, kept in the
// audit, and stores nothing.
func TestBadDelivery(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "PUT", "/v1/integrations/myshop", owner, obj{"connector": "shopify", "secret": "s"})
	for body, code := range map[string]string{
		`{`: "malformed_body",
		`{"id":1,"currency":"USD","updated_at":"2026-01-02T12:00:00Z","total_price":"1.005"}`: "invalid_amount",
		`{"id":"a b","currency":"USD","updated_at":"2026-01-02T12:00:00Z","total_price":"1"}`: "invalid_field",
		`{"id":1,"currency":"USD","updated_at":"2026-01-02T13:00:00Z","total_price":"1"}`:     "invalid_field",
	} {
		if a := e.do("POST", "/v1/webhooks/myshop/orders", "", body, shopify("s", "orders/paid", "w1", body)...); a.status != 400 || a.code() != code {
			t.Errorf("%s: %d %s, want %s", body, a.status, a.raw, code)
		}
		if rows := e.audited("m1", "webhook.delivery"); len(rows) == 0 || rows[0]["code"] != code {
			t.Errorf("%s: audit %v", body, rows)
		}
	}
	if items := e.want(200, "GET", "/v1/orders", owner, nil).items(); len(items) != 0 {
		t.Errorf("stored: %v", items)
	}
}

// TestRequery: a notice that only names an order is completed by asking for it,
// or refused and kept; what else was said in the same delivery is stored.
func TestRequery(t *testing.T) {
	var asked []string
	reply, status := "", 200
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		asked = append(asked, r.Method+" "+r.URL.Path+" "+r.Header.Get("X-Token")+" "+string(body))
		w.WriteHeader(status)
		if _, err := io.WriteString(w, reply); err != nil {
			t.Error(err)
		}
	}))
	defer platform.Close()
	e := newEnv(t, func(d *gateway.Deps) { d.Requery = platform.Client() })
	owner := e.as(live.RoleMerchant, "m1", "owner")
	const hook = "/v1/webhooks/dou/orders"
	const body = `[{"tag":"100","msg_id":"n1","data":{"p_id":"41","create_time":1767355200}},{"tag":"101","msg_id":"n2","data":{"p_id":"41","pay_time":1767355200,"pay_amount":2990}}]`
	sum := md5.Sum([]byte("7" + body + "s3cret"))
	headers := []string{"app-id", "7", "event-sign", hex.EncodeToString(sum[:])}
	post := func() answer { return e.do("POST", hook, "", body, headers...) }

	put := obj{"connector": "douyin_shop", "secret": "s3cret", "app_id": "7"}
	e.want(200, "PUT", "/v1/integrations/dou", owner, put)
	if a := post(); a.status != 409 || a.code() != "requery_not_configured" {
		t.Errorf("without an address: %d %s", a.status, a.raw)
	}
	gaps := e.audited("m1", "webhook.source_gap")
	if len(gaps) != 1 || gaps[0]["code"] != "requery_not_configured" || gaps[0]["command_id"] != "n1" {
		t.Errorf("the gap in the audit: %v", gaps)
	}
	if o := e.want(200, "GET", "/v1/orders/41", owner, nil); o.json["paid_minor"] != 2990.0 || o.json["state"] != "paid" {
		t.Errorf("the payment of the same delivery: %s", o.raw)
	}

	put["requery"] = obj{"order_url": platform.URL + "/orders/{order_id}", "token_header": "X-Token", "token": "t0ken"}
	if a := e.want(200, "PUT", "/v1/integrations/dou", owner, put); strings.Contains(a.raw, "t0ken") {
		t.Errorf("the answer shows the token: %s", a.raw)
	}
	for _, tc := range []struct {
		status int
		answer string
		want   int
		code   string
	}{
		{500, "", 503, "requery_failed"},
		{200, "{", 400, "malformed_json"},
		{200, `{"type":"order_created","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"41","currency":"CNY","lines":[{"line_id":"41","sku_id":"sku1","qty":1,"goods_minor":2990}]}}`, 200, ""},
	} {
		status, reply = tc.status, tc.answer
		if a := post(); a.status != tc.want || a.code() != "" && a.code() != tc.code {
			t.Errorf("%d %q: %d %s", tc.status, tc.answer, a.status, a.raw)
		}
	}
	if len(asked) != 3 || asked[0] != `POST /orders/41 t0ken {"order_id":"41"}` {
		t.Errorf("asked %q", asked)
	}
	if o := e.want(200, "GET", "/v1/orders/41", owner, nil); o.json["paid_minor"] != 2990.0 || o.json["created_minor"] != 2990.0 && o.json["due_minor"] != 2990.0 && o.json["total_minor"] != 2990.0 {
		t.Errorf("completed: %s", o.raw)
	}
	if logged := e.logged.String(); strings.Contains(logged, "s3cret") || strings.Contains(logged, "t0ken") {
		t.Error("a secret was logged")
	}
}

// TestWechatAddress is the worked example of the platform's documentation:
// https://developers.weixin.qq.com/doc/store/API/basics/message_push.html.
func TestWechatAddress(t *testing.T) {
	e := newEnv(t)
	e.want(200, "PUT", "/v1/integrations/wx", e.as(live.RoleMerchant, "m1", "owner"), obj{
		"connector": "wechat_shop", "secret": "AAAAA", "app_id": "wxba5fad812f8e6fb9", "aes_key": strings.Repeat("A", 43),
	})
	const at = "/v1/webhooks/wx/orders?signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492&echostr="
	if a := e.want(200, "GET", at+"4375120948345356249", "", nil); a.raw != "4375120948345356249" || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain") {
		t.Errorf("answer %q as %s", a.raw, a.header.Get("Content-Type"))
	}
	for _, path := range []string{"/v1/webhooks/wx/orders", strings.Replace(at, "1714036504", "1714036505", 1) + "1", strings.Replace(at, "/wx/", "/other/", 1) + "1"} {
		e.problem(path, e.do("GET", path, "", nil), 401)
	}
	// The encrypted example posts an event of no order, with query parameters.
	const body = `{"ToUserName":"gh_97417a04a28d","Encrypt":"+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="}`
	const query = "?signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445&nonce=415670741&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
	for _, kind := range []string{"application/json", "text/xml", "text/plain; charset=utf-8"} {
		if a := e.want(200, "POST", "/v1/webhooks/wx/orders"+query, "", body, "Content-Type", kind); a.raw != "success" {
			t.Errorf("%s: answer %q", kind, a.raw)
		}
	}
	e.problem("a form", e.do("POST", "/v1/webhooks/wx/orders"+query, "", body, "Content-Type", "application/x-www-form-urlencoded"), 415)
}

// TestBadIntegrations: settings are refused by name, a mapping by line and column.
func TestBadIntegrations(t *testing.T) {
	e := newEnv(t)
	owner := e.as(live.RoleMerchant, "m1", "owner")
	for name, tc := range map[string]struct{ body, code, field string }{
		"unknown connector":    {`{"connector":"taobao","secret":"s"}`, "invalid_field", "connector"},
		"no app":               {`{"connector":"douyin_shop","secret":"s"}`, "invalid_field", "app_id"},
		"no secret":            {`{"connector":"shopify"}`, "invalid_field", "secret"},
		"mapping elsewhere":    {`{"connector":"shopify","secret":"s","mapping":{}}`, "invalid_field", "mapping"},
		"no mapping":           {`{"connector":"mapping","secret":"s"}`, "mapping_invalid", "mapping"},
		"a mapping of nothing": {"{\"connector\":\"mapping\",\"secret\":\"s\",\"mapping\":{\n  \"version\": 2}}", "mapping_invalid", "mapping.version"},
	} {
		a := e.do("PUT", "/v1/integrations/x", owner, tc.body)
		if a.status != 400 || a.code() != tc.code || a.text("field") != tc.field {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
		if name == "a mapping of nothing" && (a.json["line"] != 2.0 || a.json["column"] != 14.0) {
			t.Errorf("%s: at %v:%v", name, a.json["line"], a.json["column"])
		}
	}
}
