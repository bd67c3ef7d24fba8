package connector

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// youzan maps the push of 有赞 as public consumers read it: event-sign is
// md5(client_id + body + client_secret), Client-Id names the app
// (youzan_gin_middleware), and msg is URL-encoded JSON. The members inside msg
// are those of its trade_TradePaid event; docs/connectors.md says what of them
// could not be confirmed.
const youzan = `{
  "version": 1,
  "signature": {"algorithm": "md5", "template": "{app_id}{body}{secret}", "header": "Event-Sign"},
  "app_id": {"header": "Client-Id"},
  "payload": {"path": "msg", "encoding": "url_json_text"},
  "message_id": "msg_id",
  "event": {"path": "type", "kinds": {"trade_TradeCreate": "order_created", "trade_TradePaid": ["order_created", "order_paid"], "trade_TradeClose": "order_cancelled", "refund": "status"}},
  "status": {"path": "refund_state", "kinds": {"SUCCESS": "refund_succeeded"}},
  "amount": {"unit": "major"},
  "currency": {"value": "CNY"},
  "time": {"unit": "layout", "layout": "2006-01-02 15:04:05", "zone": "Asia/Shanghai"},
  "cancel_type": {"values": {"1": "timeout"}, "default": "merchant"},
  "facts": {
    "order_created": {
      "order_id": "order.tid", "at": "order.created", "person_id": "buyer.id", "lines": "order.items[]",
      "line": {"line_id": "oid", "sku_id": "sku_id", "product_id": "item_id", "qty": "num", "unit_price": "price", "discount": "off"}
    },
    "order_paid": {"order_id": "order.tid", "at": "order.pay_time", "paid": "order.payment"},
    "order_cancelled": {"order_id": "order.tid", "at": "order.update_time", "reason": "order.why", "cancel_type": "order.close_type"},
    "refund_succeeded": {"order_id": "order.tid", "refund_id": "refund_id", "at": "order.update_time", "lines": "refunds[]", "line": {"line_id": "oid", "goods": "amount"}}
  }
}`

func youzanBody(kind, msg string) string {
	return `{"msg_id":"m-1","type":"` + kind + `","client_id":"c","msg":"` + url.QueryEscape(msg) + `"}`
}

const youzanTrade = `{"order":{"tid":"E20260102","created":"2026-01-02 19:00:00","pay_time":"2026-01-02 19:01:00","update_time":"2026-01-02 20:00:00","payment":"38.80","why":"不要了","close_type":1,
 "items":[{"oid":9007199254740993,"sku_id":36000001,"item_id":"p1","num":2,"price":"19.90","off":"1.00"}]},"buyer":{"id":7},"refund_state":"SUCCESS","refund_id":"R1","refunds":[{"oid":9007199254740993,"amount":8.5}]}`

func TestMappingFacts(t *testing.T) {
	m, err := ParseMapping([]byte(youzan))
	if err != nil {
		t.Fatal(err)
	}
	created := fact("E20260102", live.OrderFact{
		Kind: live.OrderCreated, At: time.Date(2026, 1, 2, 11, 0, 0, 0, time.UTC), Currency: "CNY", Person: "7",
		Lines: []live.OrderLine{{ID: "9007199254740993", Product: "p1", SKU: "36000001", Qty: 2, Goods: 3980, Discount: 100}},
	})
	late := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	for kind, want := range map[string][]store.Fact{
		"trade_TradeCreate": {created},
		"trade_TradePaid":   {created, fact("E20260102", live.OrderFact{Kind: live.OrderPaid, ID: "E20260102", At: time.Date(2026, 1, 2, 11, 1, 0, 0, time.UTC), Currency: "CNY", PaidMinor: 3880})},
		"trade_TradeClose":  {fact("E20260102", live.OrderFact{Kind: live.OrderCancelled, At: late, Currency: "CNY", CancelType: live.CancelTimeout, Reason: "不要了"})},
		"refund":            {fact("E20260102", live.OrderFact{Kind: live.RefundSucceeded, ID: "R1", At: late, Currency: "CNY", Refunds: []live.RefundLine{{Line: "9007199254740993", Goods: 850}}})},
	} {
		d, err := m.Read(none, []byte(youzanBody(kind, youzanTrade)))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		same(t, kind, d, store.Delivery{Messages: []string{"m-1"}, Topics: []string{kind}, Facts: want})
	}
	for kind, msg := range map[string]string{"item_Update": "{}", "refund": `{"refund_state":"REJECTED"}`} {
		if d, err := m.Read(none, []byte(youzanBody(kind, msg))); err != nil || len(d.Skipped) != 1 || len(d.Facts) != 0 {
			t.Errorf("%s: %+v, %v", kind, d, err)
		}
	}
	for name, body := range map[string]string{
		"not JSON": `{`, "msg is no text": `{"type":"refund","msg":{}}`, "msg is not there": `{"type":"refund"}`, "msg is no JSON": youzanBody("refund", `{`), "a member twice": `{"type":"a","type":"refund","msg":"%7B%7D"}`,
	} {
		_, err := m.Read(none, []byte(body))
		wantCode(t, name, err, "malformed_body")
	}
	for name, change := range map[string][2]string{
		"no order": {`"tid":"E20260102",`, ``}, "a time of another form": {`"2026-01-02 19:01:00"`, `"soon"`}, "too many decimals": {`"38.80"`, `"38.805"`},
		"a negative amount": {`"38.80"`, `"-1"`}, "no amount": {`"payment":"38.80",`, ``}, "half a piece": {`"num":2`, `"num":0.5`}, "an object for a number": {`"num":2`, `"num":{}`},
	} {
		_, err := m.Read(none, []byte(youzanBody("trade_TradePaid", strings.Replace(youzanTrade, change[0], change[1], 1))))
		wantCode(t, name, err, "invalid_field")
	}
}

func TestMappingSignature(t *testing.T) {
	c := mapped{requery: requery{http.DefaultClient}}
	sealed := mustSeal(t, c, Settings{"secret": "s", "app_id": "c", "mapping": youzan})
	body := youzanBody("refund", "{}")
	good := md5hex("c" + body + "s")
	for name, tc := range map[string]struct {
		body, app, sign string
		ok              bool
	}{
		"good": {body, "c", good, true}, "another body": {body + " ", "c", good, false}, "another app": {body, "d", good, false}, "no signature": {body, "c", "", false},
		"not hex": {body, "c", "zz", false}, "another secret": {body, "c", md5hex("c" + body + "x"), false}, "cut": {body, "c", good[:30], false},
	} {
		err := c.Verify(sealed, values("Client-Id", tc.app, "Event-Sign", tc.sign), none, []byte(tc.body), noon)
		if tc.ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok {
			wantCode(t, name, err, CodeInvalid)
		}
	}
	stamped := strings.Replace(youzan, `{"algorithm": "md5", "template": "{app_id}{body}{secret}", "header": "Event-Sign"}`,
		`{"algorithm": "hmac-sha256", "template": "{query:t}.{body}", "query": "sign", "prefix": "v1=", "encoding": "base64", "timestamp": {"query": "t", "unit": "s", "tolerance_seconds": 60}}`, 1)
	sealed = mustSeal(t, c, Settings{"secret": "s", "app_id": "c", "mapping": stamped})
	for at, code := range map[string]string{"1767355200": "", "1767355260": "", "1767355261": "webhook_timestamp_out_of_tolerance", "1767355139": "webhook_timestamp_out_of_tolerance", "now": CodeInvalid} {
		err := c.Verify(sealed, values("Client-Id", "c"), values("t", at, "sign", "v1="+hmac256("s", at+".{}")), []byte("{}"), noon)
		if code == "" && err != nil {
			t.Errorf("%s: %v", at, err)
		} else if code != "" {
			wantCode(t, at, err, code)
		}
	}
}

// TestBadMappings: a bad file is refused with the place and the reason.
func TestBadMappings(t *testing.T) {
	for name, tc := range map[string]struct {
		old, new     string
		line, column int
		field, says  string
	}{
		"not JSON":              {`"version": 1,`, `"version": 1`, 3, 3, "mapping", "is not JSON"},
		"something behind":      {"  }\n}", "  }\n}}", 22, 2, "mapping", "something stands after"},
		"an unknown member":     {`"message_id"`, `"messageid"`, 6, 3, "mapping.messageid", "is not known here"},
		"a member twice":        {`"message_id": "msg_id"`, `"payload": "msg_id"`, 6, 3, "mapping.payload", "twice"},
		"no version":            {`  "version": 1,`, ``, 1, 1, "mapping.version", "is required"},
		"another version":       {`"version": 1`, `"version": 2`, 2, 14, "mapping.version", "must be 1"},
		"another algorithm":     {`"md5"`, `"rot13"`, 3, 30, "mapping.signature.algorithm", "must be one of"},
		"body is not signed":    {`{app_id}{body}{secret}`, `{app_id}{secret}`, 3, 49, "mapping.signature.template", "must contain {body}"},
		"no secret in a digest": {`{app_id}{body}{secret}`, `{app_id}{body}`, 3, 49, "mapping.signature.template", "must contain {secret}"},
		"unknown placeholder":   {`{app_id}{body}`, `{app}{body}`, 3, 49, "mapping.signature.template", "{app} is not known"},
		"an odd path":           {`"order.tid", "at": "order.pay_time"`, `"order..tid", "at": "order.pay_time"`, 18, 32, "mapping.facts.order_paid.order_id", "is not a path"},
		"many for one":          {`"order.pay_time"`, `"order.items[].pay_time"`, 18, 51, "mapping.facts.order_paid.at", "one value"},
		"lines of one":          {`"order.items[]"`, `"order.items"`, 15, 89, "mapping.facts.order_created.lines", "must have []"},
		"a fact not described":  {`"order_paid": {`, `"order_cancelled_": {`, 18, 25, "mapping.facts.order_cancelled_", "not a fact"},
		"an unknown kind":       {`"refund": "status"`, `"refund": "statue"`, 7, 178, "mapping.event.kinds.refund", "not a fact"},
		"an unknown unit":       {`"major"`, `"fen"`, 9, 22, "mapping.amount.unit", "must be one of minor, major"},
		"an unknown currency":   {`"CNY"`, `"RMB"`, 10, 25, "mapping.currency.value", "not an ISO 4217"},
		"an unknown zone":       {`"Asia/Shanghai"`, `"Beijing"`, 11, 71, "mapping.time.zone", "not a time zone"},
		"two prices":            {`"unit_price": "price"`, `"unit_price": "price", "goods": "g"`, 16, 15, "mapping.facts.order_created.line", "either goods"},
		"an unknown reason":     {`"1": "timeout"`, `"1": "late"`, 12, 35, "mapping.cancel_type.values.1", "must be user"},
		"after wide characters": {`"1": "timeout"`, `"超时": "late"`, 12, 36, "mapping.cancel_type.values.超时", "must be user"},
	} {
		raw := strings.Replace(youzan, tc.old, tc.new, 1)
		if raw == youzan {
			t.Fatalf("%s: nothing was changed", name)
		}
		_, err := ParseMapping([]byte(raw))
		e, ok := errors.AsType[*live.Error](err)
		if !ok || e.Code != CodeMapping {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if e.Data["line"] != tc.line || e.Data["column"] != tc.column || e.Field != tc.field || !strings.Contains(e.Message, tc.says) {
			t.Errorf("%s: %s %q (%v), want line %d, column %d, %s, %q", name, e.Field, e.Message, e.Data, tc.line, tc.column, tc.field, tc.says)
		}
	}
}

// TestDocumentedMapping: the example of the documentation can be used as it is.
func TestDocumentedMapping(t *testing.T) {
	raw, err := os.ReadFile("../../docs/connectors.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(raw), "```json\n")
	example, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the documentation has no example of a mapping")
	}
	m, err := ParseMapping([]byte(example))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := m.Read(none, []byte(youzanBody("trade_TradePaid", youzanTrade))); err != nil || len(d.Facts) != 2 {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestPaths(t *testing.T) {
	root, err := parse([]byte(`{"a":{"b":[{"c":1},{"c":"2"},{"d":3},null,5]},"n":null,"l":[[1],[2,3]]}`))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]string{
		"a.b[].c": {"1", "2"}, "a.b[].x": nil, "a.b": {""}, "a.c.d": nil, "n": nil, "n[]": nil, "a[].b": nil, "l[]": {"", ""}, "": {""}, "a.b[]": {"", "", "", "", "5"},
	} {
		p, err := parsePath(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var got []string
		for _, n := range p.all(root) {
			s, _ := n.scalar()
			got = append(got, s)
		}
		same(t, text, got, want)
	}
	for _, text := range []string{".", "a.", ".a", "a[0]", "a[", "a]", "a[]b", "a[][]", strings.Repeat("a.", 16) + "a"} {
		if _, err := parsePath(text); err == nil {
			t.Errorf("%q is taken for a path", text)
		}
	}
}

func FuzzMapping(f *testing.F) {
	f.Add([]byte(youzan))
	for _, s := range []string{`{}`, `[]`, `{"version":1}`, `{"signature":[]}`, strings.Repeat("[", 100)} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := ParseMapping(raw)
		if err == nil {
			_, _ = m.Read(none, []byte(youzanBody("refund", youzanTrade)))
			return
		}
		e, ok := errors.AsType[*live.Error](err)
		if !ok || e.Code != CodeMapping || e.Field == "" {
			t.Fatalf("refused without code and path: %v", err)
		}
		if line, ok := e.Data["line"].(int); ok && (line < 1 || line > strings.Count(string(raw), "\n")+1) {
			t.Errorf("line %d of %q", line, raw)
		}
	})
}

func FuzzMappingRead(f *testing.F) {
	m, err := ParseMapping([]byte(youzan))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("trade_TradePaid", youzanTrade)
	f.Add("refund", `{"refund_state":"SUCCESS","refunds":[[],{}]}`)
	f.Fuzz(func(t *testing.T, kind, msg string) {
		d, err := m.Read(none, []byte(youzanBody("trade_TradePaid", msg)))
		checkDelivery(t, d, err)
		_, _ = m.Read(none, []byte(kind))
	})
}

func FuzzPath(f *testing.F) {
	f.Add("a.b[].c", `{"a":{"b":[{"c":1}]}}`)
	f.Add("[]", `[1]`)
	f.Fuzz(func(t *testing.T, text, doc string) {
		p, err := parsePath(text)
		if err != nil {
			return
		}
		root, err := parse([]byte(doc))
		if err != nil {
			return
		}
		if list := p.all(root); len(list) > maxValues || p.single() && len(list) > 1 {
			t.Errorf("%q leads to %d values", text, len(list))
		}
	})
}
