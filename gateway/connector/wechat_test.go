package connector

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// The worked examples of the platform's documentation, "消息推送":
// https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
// (JSON) and
// https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/api/Before_Develop/message_push.html
// (XML).
const (
	wxToken   = "AAAAA"
	wxAESKey  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	wxApp     = "wxba5fad812f8e6fb9"
	wxAppXML  = "wx134c8103faa5a59e"
	wxBody    = `{"ToUserName": "gh_97417a04a28d","Encrypt": "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="}`
	wxBodyXML = `<xml><ToUserName><![CDATA[gh_97417a04a28d]]></ToUserName><Encrypt><![CDATA[D7yzvUNAL930rd28wf21s4hvXhz0L6Uit/p2Di6C5DHyYGpEgdBRnKjBec34JwoQXicwaZC7fOVihW80F4VtsdvE//1vr7oAbqjDv8KenVp+ajKYpJnyQ4zMRhIC+a31fCVOMC03FfzV/QuC94kBP55a+Za3sJgvAn+ZbsNqZI5DkyuzkhQN8OBqCzFhizGmy0xpM0MEA4agpvE+RuNO1rhHTtuJB5yltw1FiYzecSXJ+y/D2r81VkRn2eYjh2ltsoyfbDR7Is6ookXIFxTfyeNyeHxMeT4KN5WpCDmSbTcUYrbBUlkGLJ9n/rU8YOywma6G7aTb7KZKOqCxgfoUlYEZPk4FUL/TK7ShriFDMVCLyjQJ15Ob++agDWtcxhfUfe6HIoIpRW8mKNBQiY/Jd1svvuskA1wLef1RTtzKfMpagSCX/laZINmdnX4zrF6kIaR9P4xQrWXbsTFHTYe0Mg==]]></Encrypt></xml>`
)

func wxSealed(t testing.TB, app string) string {
	return mustSeal(t, wechat{}, Settings{"secret": wxToken, "app_id": app, "aes_key": wxAESKey})
}

func TestWechatPublishedExamples(t *testing.T) {
	c := wechat{requery{http.DefaultClient}}
	echo, err := c.Challenge(wxSealed(t, wxApp), values("signature", "f464b24fc39322e44b38aa78f5edd27bd1441696", "echostr", "4375120948345356249", "timestamp", "1714036504", "nonce", "1514711492"))
	if err != nil || echo != "4375120948345356249" {
		t.Errorf("challenge: %q, %v", echo, err)
	}
	for name, tc := range map[string]struct {
		app, body string
		query     func(string) string
		random    string
		length    int
	}{
		"JSON": {wxApp, wxBody, values("signature", "6c5c811b55cc85e0e1b54100749188c20beb3f5d", "timestamp", "1714112445", "nonce", "415670741", "encrypt_type", "aes", "msg_signature", "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"), "a8eedb185eb2fecf", 167},
		"XML":  {wxAppXML, wxBodyXML, values("signature", "cc0c594499c1634947d5b502f158ee518947db27", "timestamp", "1715943329", "nonce", "1590219412", "encrypt_type", "aes", "msg_signature", "6c12a4205838198b8fa631b3220723bb07f1015c"), "1205899eaf019bbd", 292},
	} {
		sealed := wxSealed(t, tc.app)
		if err := c.Verify(sealed, none, tc.query, []byte(tc.body), noon); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		e, err := wechatEnvelope([]byte(tc.body))
		if err != nil {
			t.Fatal(err)
		}
		key, _ := wechatKey(wxAESKey)
		text, app, err := wechatOpen(key, e.Encrypt)
		if err != nil || app != tc.app || len(text) != tc.length {
			t.Errorf("%s: opened %d bytes for %q, %v", name, len(text), app, err)
		}
		d, err := c.Read(sealed, none, []byte(tc.body))
		if err != nil || len(d.Skipped) != 1 || !strings.HasPrefix(d.Skipped[0], "debug_demo") {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

func wxSign(parts ...string) string {
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	return hex.EncodeToString(sum[:])
}

// wxEncrypt is the other side of wechatOpen.
func wxEncrypt(t testing.TB, message, app string) string {
	t.Helper()
	key, _ := wechatKey(wxAESKey)
	text := append([]byte("0123456789abcdef"), binary.BigEndian.AppendUint32(nil, uint32(len(message)))...)
	text = append(append(text, message...), app...)
	pad := wechatBlock - len(text)%wechatBlock
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}

func TestWechatForgeries(t *testing.T) {
	c := wechat{requery{http.DefaultClient}}
	sealed := wxSealed(t, wxApp)
	enc, other := wxEncrypt(t, `{}`, wxApp), wxEncrypt(t, `{}`, "wx-another")
	body := func(e string) string { return `{"Encrypt":"` + e + `"}` }
	for name, tc := range map[string]struct {
		body, sign string
		ok         bool
	}{
		"good":                        {body(enc), wxSign(wxToken, "1", "2", enc), true},
		"no signature":                {body(enc), "", false},
		"signature without message":   {body(enc), wxSign(wxToken, "1", "2"), false},
		"another token":               {body(enc), wxSign("BBBBB", "1", "2", enc), false},
		"another time":                {body(enc), wxSign(wxToken, "3", "2", enc), false},
		"another message":             {body(other), wxSign(wxToken, "1", "2", enc), false},
		"another app":                 {body(other), wxSign(wxToken, "1", "2", other), false},
		"not encrypted":               {`{"Event":"channels_ec_order_pay"}`, wxSign(wxToken, "1", "2"), false},
		"not a message":               {body("AAAA"), wxSign(wxToken, "1", "2", "AAAA"), false},
		"upper case is not their way": {body(enc), strings.ToUpper(wxSign(wxToken, "1", "2", enc)), false},
	} {
		err := c.Verify(sealed, none, values("msg_signature", tc.sign, "timestamp", "1", "nonce", "2"), []byte(tc.body), noon)
		if tc.ok && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !tc.ok {
			wantCode(t, name, err, CodeInvalid)
		}
	}
	if _, err := c.Challenge(sealed, values("signature", wxSign(wxToken, "1", "2"), "timestamp", "1", "nonce", "3", "echostr", "x")); err == nil {
		t.Error("a forged challenge is answered")
	}
}

// TestWechatNotices reads the samples of channels_ec_order_* that
// fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat carries over from the
// documentation (commit 9fa7c11), and the one of
// https://developers.weixin.qq.com/doc/channels/API/aftersale/ec_callback/channels_ec_aftersale_update.html.
func TestWechatNotices(t *testing.T) {
	const order = "3705115058471208928"
	at := time.Unix(1662480000, 0).UTC()
	event := func(name, rest string) string {
		return `{"ToUserName":"gh_*","FromUserName":"OPENID","CreateTime":1662480000,"MsgType":"event","Event":"` + name + `",` + rest + `}`
	}
	for name, tc := range map[string]struct {
		message string
		want    store.Delivery
	}{
		"paid": {event("channels_ec_order_pay", `"order_info":{"order_id":"`+order+`","pay_time":"1658509200"}`), store.Delivery{
			Messages: []string{"channels_ec_order_pay:" + order + ":1662480000"}, Topics: []string{"channels_ec_order_pay"},
			Notices: []store.Notice{{Topic: "channels_ec_order_pay", Order: order}},
		}},
		"paid, with a number": {event("channels_ec_order_pay", `"order_info":{"order_id":`+order+`,"pay_time":1658509200}`), store.Delivery{
			Messages: []string{"channels_ec_order_pay:" + order + ":1662480000"}, Topics: []string{"channels_ec_order_pay"},
			Notices: []store.Notice{{Topic: "channels_ec_order_pay", Order: order}},
		}},
		"paid, in XML": {`<xml><CreateTime>1662480000</CreateTime><Event><![CDATA[channels_ec_order_pay]]></Event><order_info><order_id>` + order + `</order_id></order_info></xml>`, store.Delivery{
			Messages: []string{"channels_ec_order_pay:" + order + ":1662480000"}, Topics: []string{"channels_ec_order_pay"},
			Notices: []store.Notice{{Topic: "channels_ec_order_pay", Order: order}},
		}},
		"cancelled": {event("channels_ec_order_cancel", `"order_info":{"order_id":"`+order+`","cancel_type":"1"}`), store.Delivery{
			Messages: []string{"channels_ec_order_cancel:" + order + ":1662480000"}, Topics: []string{"channels_ec_order_cancel"},
			Facts: []store.Fact{fact(order, live.OrderFact{Kind: live.OrderCancelled, At: at, Currency: "CNY", CancelType: live.CancelUser})},
		}},
		"cancelled in a way we do not know": {event("channels_ec_order_cancel", `"order_info":{"order_id":"`+order+`","cancel_type":"9"}`), store.Delivery{
			Messages: []string{"channels_ec_order_cancel:" + order + ":1662480000"}, Topics: []string{"channels_ec_order_cancel"},
			Notices: []store.Notice{{Topic: "channels_ec_order_cancel", Order: order}},
		}},
		"refund under way": {event("channels_ec_aftersale_update", `"finder_shop_aftersale_status_update":{"status":"USER_WAIT_RETURN","after_sale_order_id":"1234567","order_id":"12345"}`), store.Delivery{
			Messages: []string{"channels_ec_aftersale_update:1234567:1662480000"}, Topics: []string{"channels_ec_aftersale_update"},
			Facts: []store.Fact{fact("12345", live.OrderFact{Kind: live.RefundApproved, ID: "1234567", At: at})},
		}},
		"refunded": {event("channels_ec_aftersale_update", `"finder_shop_aftersale_status_update":{"status":"MERCHANT_REFUND_SUCCESS","after_sale_order_id":"1234567","order_id":"12345"}`), store.Delivery{
			Messages: []string{"channels_ec_aftersale_update:1234567:1662480000"}, Topics: []string{"channels_ec_aftersale_update"},
			Notices: []store.Notice{{Topic: "channels_ec_aftersale_update", Order: "12345", Aftersale: "1234567", State: "MERCHANT_REFUND_SUCCESS"}},
		}},
	} {
		d, err := wechat{}.Read(wxSealed(t, wxApp), none, []byte(`{"Encrypt":"`+wxEncrypt(t, tc.message, wxApp)+`"}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		same(t, name, d, tc.want)
	}
}

// wxOrder has the amounts of the answer that the documentation of
// channels/ec/order/get shows (10 pieces of 20.00, 100.00 off, 5.00 freight).
const wxOrder = `{"errcode":0,"errmsg":"ok","order":{"order_id":"37423523451235145","status":20,"create_time":1658505600,"update_time":1658505600,"openid":"OPENID","order_detail":{"product_infos":[{"product_id":234245,"sku_id":23424,"sku_cnt":10,"sale_price":2000,"market_price":2000}],"pay_info":{"pay_time":1658509200,"transaction_id":"131456479687"},"price_info":{"product_price":20000,"order_price":10500,"freight":500,"discounted_price":10000,"is_discounted":true}}}}`

// wxReturn is the answer the documentation of getaftersaleorder shows.
const wxReturn = `{"errcode":0,"after_sale_order":{"after_sale_order_id":"123456","status":"MERCHANT_REFUND_SUCCESS","openid":"OPENID","order_id":"1768683047558651","product_info":{"product_id":"3286","sku_id":"4740","count":1},"refund_info":{"amount":11,"refund_reason":1},"create_time":1591319454,"update_time":1612754444,"reason":"NO_LONGER_WANT","type":"REFUND"}}`

func TestWechatAnswers(t *testing.T) {
	d, err := wechatAnswer([]byte(wxOrder), store.Notice{Order: "37423523451235145"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "order", d.Facts, []store.Fact{
		fact("37423523451235145", live.OrderFact{
			Kind: live.OrderCreated, At: time.Unix(1658505600, 0).UTC(), Currency: "CNY", Person: "OPENID",
			Lines: []live.OrderLine{{ID: "23424", Product: "234245", SKU: "23424", Qty: 10, Goods: 20000, Discount: 10000, Shipping: 500}},
		}),
		fact("37423523451235145", live.OrderFact{Kind: live.OrderPaid, ID: "131456479687", At: time.Unix(1658509200, 0).UTC(), Currency: "CNY", PaidMinor: 10500}),
	})
	if o := live.FoldOrder("m", "o", []live.OrderFact{d.Facts[0].OrderFact, d.Facts[1].OrderFact}); len(o.Flags) != 0 || o.Due() != 10500 {
		t.Errorf("the lines make %d and the flags are %v", o.Due(), o.Flags)
	}
	if d, err = wechatAnswer([]byte(wxReturn), store.Notice{Order: "1768683047558651", Aftersale: "123456"}); err != nil {
		t.Fatal(err)
	}
	same(t, "return", d.Facts, []store.Fact{fact("1768683047558651", live.OrderFact{
		Kind: live.RefundSucceeded, ID: "123456", At: time.Unix(1612754444, 0).UTC(), Currency: "CNY", Reason: "NO_LONGER_WANT",
		Refunds: []live.RefundLine{{SKU: "4740", Goods: 11}},
	})})
	for name, raw := range map[string]string{
		"an error": `{"errcode":40001,"errmsg":"invalid credential"}`, "another order": `{"order":{"order_id":"1"}}`, "nothing": `{}`, "text": `oops`,
	} {
		_, err := wechatAnswer([]byte(raw), store.Notice{Order: "37423523451235145"})
		wantCode(t, name, err, "requery_failed")
	}
}

// FuzzWechatOpen: no sealed text opens a byte beyond itself.
func FuzzWechatOpen(f *testing.F) {
	for _, s := range []string{wxBody, "", "AAAA", wxEncrypt(f, "{}", wxApp), wxEncrypt(f, "", "")} {
		f.Add(s)
	}
	key, _ := wechatKey(wxAESKey)
	f.Fuzz(func(t *testing.T, encrypted string) {
		text, app, err := wechatOpen(key, encrypted)
		if err == nil && len(text)+len(app)+20 >= len(encrypted) {
			t.Errorf("%d bytes opened to %d", len(encrypted), len(text)+len(app))
		}
	})
}

func FuzzWechatEnvelope(f *testing.F) {
	for _, s := range []string{wxBody, wxBodyXML, `<xml>`, `{"order_info":{"order_id":1}}`} {
		f.Add(s)
	}
	sealed := wxSealed(f, wxApp)
	f.Fuzz(func(t *testing.T, message string) {
		_ = wechat{}.Verify(sealed, none, none, []byte(message), noon)
		d, err := wechat{}.Read(sealed, none, []byte(`{"Encrypt":"`+wxEncrypt(t, message, wxApp)+`"}`))
		checkDelivery(t, d, err)
		if d, err := wechatAnswer([]byte(message), store.Notice{Order: "1"}); err == nil {
			checkDelivery(t, store.Delivery{Facts: d.Facts}, nil)
		}
	})
}
