package gateway_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"showrunner/live"
)

const (
	secret1 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	secret2 = "whsec_c2Vjb25kIHNlY3JldCBvZiB0aGUgc2Vjb25kIG1lcmNoYW50"
)

// sign makes the three headers of Standard Webhooks.
func sign(t *testing.T, secret, id string, at time.Time, body string) []string {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + stamp + "." + body))
	return []string{"webhook-id", id, "webhook-timestamp", stamp, "webhook-signature", "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}
}

func text(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// at is an instant of the stage as the wire writes it.
func at(d time.Duration) string { return epoch.Add(d).Format("2006-01-02T15:04:05.000Z") }

func fact(kind string, data obj) obj { return obj{"type": kind, "timestamp": at(0), "data": data} }

func created(order, show string) obj {
	return fact("order_created", obj{"order_id": order, "show_id": show, "user_id": "u1", "currency": "CNY", "lines": []any{
		obj{"line_id": "1", "sku_id": "sku1", "qty": 2, "goods_minor": 2000, "shipping_minor": 100},
	}})
}

func paid(order string, minor int64) obj {
	return fact("order_paid", obj{"order_id": order, "payment_id": "pay-" + order, "paid_minor": minor, "currency": "CNY"})
}

const hook = "/v1/webhooks/shop/orders"

func (e *env) integrate(merchant, secret string) {
	e.t.Helper()
	a := e.want(200, "PUT", "/v1/integrations/shop", e.as(live.RoleMerchant, merchant, "owner"), obj{"connector": "standard", "secret": secret})
	if strings.Contains(a.raw, "whsec_") || strings.Contains(a.raw, strings.TrimPrefix(secret, "whsec_")) {
		e.t.Errorf("the answer shows the secret: %s", a.raw)
	}
}

func TestWebhookStory(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.integrate("m1", secret1)
	e.integrate("m2", secret2)
	owner := e.as(live.RoleMerchant, "m1", "owner")

	// Late, twice, out of order, and several at once.
	first := text(t, []any{paid("o1", 2100), created("o1", show)})
	a := e.want(200, "POST", hook, "", first, sign(t, secret1, "d1", e.now(), first)...)
	if a.json["accepted"] != 2.0 || a.json["duplicates"] != 0.0 {
		t.Errorf("first delivery: %s", a.raw)
	}
	a = e.want(200, "POST", hook, "", first, sign(t, secret1, "d1", e.now(), first)...)
	if a.json["accepted"] != 0.0 || a.json["duplicates"] != 2.0 {
		t.Errorf("second delivery of the same: %s", a.raw)
	}
	refund := text(t, fact("refund_succeeded", obj{"refund_id": "r1", "order_id": "o1", "currency": "CNY", "reason": "broken", "extra": obj{"of": "the platform"}, "lines": []any{obj{"sku_id": "sku1", "goods_minor": 500}}}))
	e.want(200, "POST", hook, "", refund, sign(t, secret1, "d2", e.now(), refund)...)
	o := e.want(200, "GET", "/v1/orders/o1", owner, nil)
	for key, want := range map[string]any{"paid_minor": 2100.0, "refund_minor": 500.0, "net_minor": 1600.0, "state": "part_refunded", "person_id": "u1", "show_id": show} {
		if o.json[key] != want {
			t.Errorf("order has %s %v, want %v", key, o.json[key], want)
		}
	}
	if facts := o.json["facts"].([]any); len(facts) != 3 {
		t.Errorf("%d facts, want 3: %s", len(facts), o.raw)
	}
	// The same order id of another merchant is another order.
	other := text(t, paid("o1", 77))
	e.want(200, "POST", hook, "", other, sign(t, secret2, "d1", e.now(), other)...)
	if o := e.want(200, "GET", "/v1/orders/o1", owner, nil); o.json["paid_minor"] != 2100.0 {
		t.Errorf("a fact signed by m2 changed the order of m1: %s", o.raw)
	}
	if o := e.want(200, "GET", "/v1/orders/o1", e.as(live.RoleMerchant, "m2", "owner"), nil); o.json["paid_minor"] != 77.0 {
		t.Errorf("order o1 of m2: %s", o.raw)
	}
}

func TestWebhookSignature(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.integrate("m1", secret1)
	before := e.fingerprint("m1")
	body := text(t, created("o1", show))
	good := sign(t, secret1, "d1", e.now(), body)
	sig := good[5]
	set := func(i int, v string) []string { h := append([]string(nil), good...); h[i] = v; return h }
	const wrong, off = "webhook_signature_invalid", "webhook_timestamp_out_of_tolerance"
	for name, tc := range map[string]struct {
		path, body string
		headers    []string
		code       string
	}{
		"no headers":             {hook, body, nil, wrong},
		"no signature":           {hook, body, good[:4], wrong},
		"no id":                  {hook, body, good[2:], wrong},
		"another id":             {hook, body, set(1, "d2"), wrong},
		"another time":           {hook, body, set(3, strconv.FormatInt(e.now().Unix()+1, 10)), wrong},
		"time is text":           {hook, body, set(3, "now"), wrong},
		"another body":           {hook, body + " ", good, wrong},
		"another secret":         {hook, body, sign(t, secret2, "d1", e.now(), body), wrong},
		"another source":         {"/v1/webhooks/other/orders", body, good, wrong},
		"source is odd":          {"/v1/webhooks/a%20b/orders", body, good, wrong},
		"version 2":              {hook, body, set(5, "v2,"+sig[3:]), wrong},
		"version 1a":             {hook, body, set(5, "v1a,"+sig[3:]), wrong},
		"no version":             {hook, body, set(5, sig[3:]), wrong},
		"signature cut":          {hook, body, set(5, sig[:len(sig)-4]), wrong},
		"signature in hex":       {hook, body, set(5, "v1,deadbeef"), wrong},
		"empty signature":        {hook, body, set(5, "v1,"), wrong},
		"past the tolerance":     {hook, body, sign(t, secret1, "d1", e.now().Add(-5*time.Minute-time.Second), body), off},
		"far ahead":              {hook, body, sign(t, secret1, "d1", e.now().Add(5*time.Minute+time.Second), body), off},
		"the 17th of signatures": {hook, body, set(5, strings.Repeat("v1,AAAA ", 16)+sig), wrong},
	} {
		a := e.do("POST", tc.path, "", tc.body, tc.headers...)
		e.problem(name, a, 401)
		if a.code() != tc.code {
			t.Errorf("%s: code %q, want %q", name, a.code(), tc.code)
		}
		if strings.Contains(a.raw, sig[3:]) {
			t.Errorf("%s: the answer repeats the signature", name)
		}
	}
	if after := e.fingerprint("m1"); after != before {
		t.Errorf("something was stored:\nbefore %s\nafter  %s", before, after)
	}
	for name, headers := range map[string][]string{
		"one of many":         set(5, "v1,AAAA v2,BBBB "+sig),
		"5 minutes ago":       sign(t, secret1, "d3", e.now().Add(-5*time.Minute), body),
		"5 minutes ahead":     sign(t, secret1, "d4", e.now().Add(5*time.Minute), body),
		"the same once again": good,
	} {
		if a := e.do("POST", hook, "", body, headers...); a.status != 200 {
			t.Errorf("%s: %d %s", name, a.status, a.raw)
		}
	}
}

// TestWebhookBadFacts: a bad fact anywhere in a delivery keeps all of it out.
func TestWebhookBadFacts(t *testing.T) {
	e := newEnv(t)
	_, show := e.stage("m1")
	e.stage("m2")
	e.integrate("m1", secret1)
	before := e.fingerprint("m1")
	lines := func(l string) string {
		return `{"type":"order_created","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","currency":"CNY","lines":[` + l + `]}}`
	}
	payment := func(members string) string {
		return `{"type":"order_paid","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","payment_id":"p",` + members + `}}`
	}
	for name, tc := range map[string]struct{ fact, code, field string }{
		"unknown type":        {`{"type":"order_eaten","timestamp":"2026-01-02T12:00:00Z","data":{}}`, "unknown_type", "[1].type"},
		"no type":             {`{"timestamp":"2026-01-02T12:00:00Z","data":{}}`, "invalid_field", "[1].type"},
		"no time":             {`{"type":"order_paid","data":{}}`, "invalid_field", "[1].timestamp"},
		"time is a number":    {`{"type":"order_paid","timestamp":1,"data":{}}`, "invalid_field", "[1].timestamp"},
		"time to come":        {`{"type":"order_paid","timestamp":"2026-01-03T12:00:00Z","data":{}}`, "invalid_field", "[1].timestamp"},
		"data is a list":      {`{"type":"order_paid","timestamp":"2026-01-02T12:00:00Z","data":[]}`, "invalid_field", "[1].data"},
		"a number":            {`7`, "invalid_field", "[1]"},
		"no order":            {`{"type":"order_paid","timestamp":"2026-01-02T12:00:00Z","data":{"payment_id":"p","paid_minor":1,"currency":"CNY"}}`, "invalid_field", "[1].data.order_id"},
		"paid in floats":      {payment(`"paid_minor":19.9,"currency":"CNY"`), "invalid_field", "[1].data.paid_minor"},
		"paid as text":        {payment(`"paid_minor":"19","currency":"CNY"`), "invalid_field", "[1].data.paid_minor"},
		"paid less than 0":    {payment(`"paid_minor":-1,"currency":"CNY"`), "invalid_field", "[1].data.paid_minor"},
		"paid beyond bounds":  {payment(`"paid_minor":9223372036854775807,"currency":"CNY"`), "invalid_field", "[1].data.paid_minor"},
		"paid twice over":     {payment(`"paid_minor":1,"paid_minor":2,"currency":"CNY"`), "invalid_field", "[1].data.paid_minor"},
		"unknown currency":    {payment(`"paid_minor":1,"currency":"XXX"`), "unknown_currency", "[1].data.currency"},
		"no currency":         {payment(`"paid_minor":1`), "invalid_field", "[1].data.currency"},
		"no lines":            {lines(``), "invalid_field", "[1].data.lines"},
		"line without SKU":    {lines(`{"line_id":"1","qty":1,"goods_minor":1}`), "invalid_field", "[1].data.lines[0].sku_id"},
		"line twice":          {lines(`{"line_id":"1","sku_id":"s","qty":1,"goods_minor":1},{"line_id":"1","sku_id":"s","qty":1,"goods_minor":1}`), "invalid_field", "[1].data.lines[1].line_id"},
		"half a piece":        {lines(`{"line_id":"1","sku_id":"s","qty":0.5,"goods_minor":1}`), "invalid_field", "[1].data.lines[0].qty"},
		"no piece":            {lines(`{"line_id":"1","sku_id":"s","qty":0,"goods_minor":1}`), "invalid_field", "[1].data.lines[0].qty"},
		"negative discount":   {lines(`{"line_id":"1","sku_id":"s","qty":1,"goods_minor":1,"discount_minor":-1}`), "invalid_field", "[1].data.lines[0].discount_minor"},
		"unknown cancel type": {`{"type":"order_cancelled","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","cancel_type":"boredom"}}`, "invalid_field", "[1].data.cancel_type"},
		"refund of nothing":   {`{"type":"refund_succeeded","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","refund_id":"r","currency":"CNY","lines":[{"goods_minor":1}]}}`, "invalid_field", "[1].data.lines[0].line_id"},
		"negative refund":     {`{"type":"refund_succeeded","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","refund_id":"r","currency":"CNY","lines":[{"sku_id":"s","goods_minor":-1}]}}`, "invalid_field", "[1].data.lines[0].goods_minor"},
		"unknown payment":     {`{"type":"order_created","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","currency":"CNY","payment_type":"barter","lines":[{"line_id":"1","sku_id":"s","qty":1,"goods_minor":1}]}}`, "invalid_field", "[1].data.payment_type"},
		"commission over all": {lines(`{"line_id":"1","sku_id":"s","qty":1,"goods_minor":1,"commission_bps":10001}`), "invalid_field", "[1].data.lines[0].commission_bps"},
		"shipped unnamed":     {`{"type":"order_shipped","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o"}}`, "invalid_field", "[1].data.shipment_id"},
		"failed unnamed":      {`{"type":"order_payment_failed","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o"}}`, "invalid_field", "[1].data.payment_id"},
		"approved unnamed":    {`{"type":"refund_approved","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o"}}`, "invalid_field", "[1].data.refund_id"},
		"request of no type":  {`{"type":"refund_requested","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","refund_id":"r","refund_type":"shout"}}`, "invalid_field", "[1].data.refund_type"},
		"negative settlement": {`{"type":"order_settled","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","settlement_id":"s","settled_minor":-1,"currency":"CNY"}}`, "invalid_field", "[1].data.settled_minor"},
		"price of nothing":    {`{"type":"order_price_changed","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","change_id":"c","currency":"CNY"}}`, "invalid_field", "[1].data.total_minor"},
		"price of both":       {`{"type":"order_price_changed","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","change_id":"c","currency":"CNY","total_minor":1,"lines":[{"line_id":"1","goods_minor":1}]}}`, "invalid_field", "[1].data.total_minor"},
		"price of line twice": {`{"type":"order_price_changed","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","change_id":"c","currency":"CNY","lines":[{"line_id":"1","goods_minor":1},{"line_id":"1","goods_minor":1}]}}`, "invalid_field", "[1].data.lines[1].line_id"},
		"exchange of nothing": {`{"type":"exchange_created","timestamp":"2026-01-02T12:00:00Z","data":{"order_id":"o","exchange_id":"x","sku_id":"s","currency":"CNY"}}`, "invalid_field", "[1].data.line_id"},
		"unknown show":        {text(t, created("o", "nowhere")), "show_not_found", "[1].data.show_id"},
		"another's show":      {text(t, created("o", "show-m2")), "show_not_found", "[1].data.show_id"},
	} {
		body := "[" + text(t, created("good", show)) + "," + tc.fact + "]"
		a := e.do("POST", hook, "", body, sign(t, secret1, "d1", e.now(), body)...)
		e.problem(name, a, 400)
		if a.code() != tc.code || a.text("field") != tc.field || a.json["index"] != 1.0 {
			t.Errorf("%s: code %q field %q index %v, want %q %q 1", name, a.code(), a.text("field"), a.json["index"], tc.code, tc.field)
		}
	}
	for name, body := range map[string]string{"not JSON": `{"type"`, "text": `"a"`, "nothing": `[]`, "empty": ``} {
		a := e.do("POST", hook, "", body, sign(t, secret1, "d1", e.now(), body)...)
		e.problem(name, a, 400)
	}
	if after := e.fingerprint("m1"); after != before {
		t.Errorf("something was stored:\nbefore %s\nafter  %s", before, after)
	}
}
