package connector

import (
	"net/http"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// douyinPush has the four messages. The members and their meaning are those of
// bububa/jinritemai-go (message/trade, message/refund), tags included; the data
// of 101 is the sample TradePaidEvent.json of
// fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance (commit f738fa1) with the
// ids filled in; the data of 206 has the example values of the platform's own
// Java SDK (OpField examples: p_id, s_id, aftersale_id).
const douyinPush = `[
 {"tag":"100","msg_id":"1:100","data":{"p_id":4837049111461693249,"s_ids":[4837049111461693249],"shop_id":12345,"order_status":1,"order_type":0,"create_time":1618990500,"biz":2}},
 {"tag":"101","msg_id":"1:101","data":{"p_id":"4837049111461693249","s_ids":["4837049111461693249"],"shop_id":12345,"order_status":2,"order_type":0,"pay_type":1,"biz":2,"pay_time":1618990587,"pay_amount":2990}},
 {"tag":"106","msg_id":"1:106","data":"{\"p_id\":4705288465508532862,\"shop_id\":12345,\"cancel_time\":1618990600,\"cancel_reason\":\"超时未支付\"}"},
 {"tag":206,"msgId":"1:206","data":{"p_id":4837049111461693249,"s_id":4837049111461693249,"shop_id":12345,"aftersale_id":7002120615012532524,"aftersale_status":12,"aftersale_type":1,"refund_amount":1500,"refund_post_amount":500,"success_time":1618999999}},
 {"tag":"0","msg_id":"0","data":"2026-09-28T10:00:00+08:00"},
 {"tag":"113","msg_id":"1:113","data":{"p_id":1}}
]`

func TestDouyinFacts(t *testing.T) {
	d, err := douyin{}.Read("", none, []byte(douyinPush))
	if err != nil {
		t.Fatal(err)
	}
	order := "4837049111461693249"
	same(t, "delivery", d, store.Delivery{
		Messages: []string{"1:100", "1:101", "1:106", "1:206", "0", "1:113"},
		Topics:   []string{"100", "101", "106", "206", "0", "113"},
		Notices:  []store.Notice{{Topic: "100", Order: live.OrderID(order)}},
		Facts: []store.Fact{
			fact(order, live.OrderFact{Kind: live.OrderPaid, ID: order, At: time.Unix(1618990587, 0).UTC(), Currency: "CNY", PaidMinor: 2990}),
			fact("4705288465508532862", live.OrderFact{Kind: live.OrderCancelled, At: time.Unix(1618990600, 0).UTC(), Currency: "CNY", CancelType: live.CancelTimeout, Reason: "超时未支付"}),
			fact(order, live.OrderFact{
				Kind: live.RefundSucceeded, ID: "7002120615012532524", At: time.Unix(1618999999, 0).UTC(), Currency: "CNY",
				Refunds: []live.RefundLine{{Line: order, Goods: 1000, Shipping: 500}},
			}),
		},
		Skipped: []string{"0: not a message of orders we read", "113: not a message of orders we read"},
	})
	if kind, body := (douyin{}).Reply(""); kind != "application/json" || body != `{"code":0,"msg":"success"}` {
		t.Errorf("reply %q %q", kind, body)
	}
}

func TestDouyinBadMessages(t *testing.T) {
	for name, tc := range map[string]struct{ body, code string }{
		"not JSON":             {`[{`, "malformed_body"},
		"a float amount":       {`[{"tag":"101","data":{"p_id":1,"pay_time":1,"pay_amount":29.9}}]`, "invalid_amount"},
		"a negative amount":    {`[{"tag":"101","data":{"p_id":1,"pay_time":1,"pay_amount":-1}}]`, "invalid_amount"},
		"no amount":            {`[{"tag":"101","data":{"p_id":1,"pay_time":1}}]`, "invalid_amount"},
		"no time":              {`[{"tag":"106","data":{"p_id":1}}]`, "invalid_field"},
		"shipping beyond all":  {`[{"tag":"206","data":{"p_id":1,"aftersale_id":2,"refund_amount":1,"refund_post_amount":2,"success_time":3}}]`, "invalid_amount"},
		"an amount of words":   {`[{"tag":"101","data":{"p_id":1,"pay_time":1,"pay_amount":"all"}}]`, "invalid_amount"},
		"an amount in objects": {`[{"tag":"101","data":{"p_id":1,"pay_time":1,"pay_amount":{}}}]`, "malformed_body"},
	} {
		_, err := douyin{}.Read("", none, []byte(tc.body))
		wantCode(t, name, err, tc.code)
	}
	if d, err := (douyin{}).Read("", none, []byte(`[{"tag":"101","data":{"p_id":1,"pay_type":0,"pay_time":1,"pay_amount":5}}]`)); err != nil || len(d.Facts) != 0 || len(d.Skipped) != 1 {
		t.Errorf("cash on delivery is no payment: %v, %v", d, err)
	}
}

func TestDouyinSignature(t *testing.T) {
	c := douyin{requery{http.DefaultClient}}
	// md5("test" + "" + "test"), the test of a public middleware for the same
	// scheme (youzan_gin_middleware, TestMiddleWare_youzan).
	sealed := mustSeal(t, c, Settings{"secret": "test", "app_id": "test"})
	if err := c.Verify(sealed, values("app-id", "test", "event-sign", "05a671c66aefea124cc08b76ea6d30bb"), none, nil, noon); err != nil {
		t.Errorf("the published signature: %v", err)
	}
	body := `[{"tag":"101","msg_id":"1","data":{"p_id":1,"shop_id":9}}]`
	sealed = mustSeal(t, c, Settings{"secret": "s", "app_id": "7", "shop_id": "9"})
	sign := md5hex("7" + body + "s")
	for name, tc := range map[string]struct {
		body, app, sign string
		ok              bool
	}{
		"good":                {body, "7", sign, true},
		"upper case":          {body, "7", "" + upper(sign), true},
		"no signature":        {body, "7", "", false},
		"another body":        {body + " ", "7", sign, false},
		"another app":         {body, "8", md5hex("8" + body + "s"), false},
		"no app":              {body, "", sign, false},
		"another secret":      {body, "7", md5hex("7" + body + "x"), false},
		"secret first":        {body, "7", md5hex("s" + body + "7"), false},
		"sign without secret": {body, "7", md5hex("7" + body), false},
		"another shop":        {`[{"data":{"shop_id":8}}]`, "7", md5hex(`7[{"data":{"shop_id":8}}]s`), false},
	} {
		err := c.Verify(sealed, values("app-id", tc.app, "event-sign", tc.sign), none, []byte(tc.body), noon)
		if tc.ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok {
			wantCode(t, name, err, CodeInvalid)
		}
	}
}

func upper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 'a' && c <= 'f' {
			b[i] = c - 32
		}
	}
	return string(b)
}

func FuzzDouyin(f *testing.F) {
	f.Add([]byte(douyinPush))
	f.Add([]byte(`{"tag":206,"data":"{}"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		d, err := douyin{}.Read("", none, body)
		checkDelivery(t, d, err)
	})
}

// checkDelivery: whatever came in, no amount is negative or beyond bounds, and
// each message is a fact, a notice, or named as neither.
func checkDelivery(t *testing.T, d store.Delivery, err error) {
	t.Helper()
	if err != nil {
		return
	}
	for _, f := range d.Facts {
		amounts := []int64{f.PaidMinor}
		for _, l := range f.Lines {
			amounts = append(amounts, l.Goods)
		}
		for _, r := range f.Refunds {
			amounts = append(amounts, r.Goods, r.Shipping)
		}
		for _, n := range amounts {
			if n < 0 || n > live.MaxMinor {
				t.Errorf("an amount of %d got through: %+v", n, f)
			}
		}
		if f.At.IsZero() || f.At.Year() > 9999 {
			t.Errorf("a fact at %s", f.At)
		}
	}
	if len(d.Facts)+len(d.Notices)+len(d.Skipped) < len(d.Topics) {
		t.Errorf("a message was dropped: %+v", d)
	}
}
