package gateway_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"showrunner/gateway"
	"showrunner/gateway/connector"
	"showrunner/live"
)

// wechatStandIn plays 微信小店 as its documentation has it: it encrypts and signs
// what it pushes, and answers for orders and returns to who has the token.
type wechatStandIn struct {
	*httptest.Server
	token, app string
	key        []byte

	mu      sync.Mutex
	answers map[string]string // by number of the order or return
	asked   int
}

func newWechatStandIn(t *testing.T) *wechatStandIn {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.Repeat("k", 43) + "=")
	if err != nil {
		t.Fatal(err)
	}
	s := &wechatStandIn{token: "push-token", app: "wx0123456789abcdef", key: key, answers: map[string]string{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked++
		id := r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]
		answer := s.answers[id]
		switch {
		case err != nil || r.Method != http.MethodPost || r.Header.Get("X-Access-Token") != "access":
			answer = `{"errcode":40001,"errmsg":"invalid credential"}`
		case !bytes.Contains(body, []byte(`"`+id+`"`)):
			answer = `{"errcode":47001,"errmsg":"the body does not name what the address names"}`
		case answer == "":
			answer = `{"errcode":10020050,"errmsg":"not there"}`
		}
		_, _ = io.WriteString(w, answer) // The test sees what became of it.
	}))
	t.Cleanup(s.Close)
	return s
}

// push is the address and the body of a push.
func (s *wechatStandIn) push(t *testing.T, message string) (query, body string) {
	t.Helper()
	text := append([]byte("0123456789abcdef"), binary.BigEndian.AppendUint32(nil, uint32(len(message)))...)
	text = append(append(text, message...), s.app...)
	pad := 32 - len(text)%32
	text = append(text, bytes.Repeat([]byte{byte(pad)}, pad)...)
	block, err := aes.NewCipher(s.key)
	if err != nil {
		t.Fatal(err)
	}
	cipher.NewCBCEncrypter(block, s.key[:16]).CryptBlocks(text, text)
	sealed := base64.StdEncoding.EncodeToString(text)
	parts := []string{s.token, "1767355200", "nonce", sealed}
	slices.Sort(parts)
	sum := sha1.Sum([]byte(strings.Join(parts, "")))
	v := url.Values{"timestamp": {"1767355200"}, "nonce": {"nonce"}, "encrypt_type": {"aes"}, "msg_signature": {hex.EncodeToString(sum[:])}}
	return "?" + v.Encode(), `{"ToUserName":"gh_1","Encrypt":"` + sealed + `"}`
}

func (s *wechatStandIn) say(id, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers[id] = answer
}

// TestWechatStandIn plays the life of an order against a platform that signs
// and answers: ordered, paid, shipped, received, and returned for money.
func TestWechatStandIn(t *testing.T) {
	platform := newWechatStandIn(t)
	e := newEnv(t, func(d *gateway.Deps) { d.Requery = connector.NewClient(true) })
	owner := e.as(live.RoleMerchant, "m1", "owner")
	e.want(200, "PUT", "/v1/integrations/wx", owner, obj{
		"connector": "wechat_shop", "secret": platform.token, "app_id": platform.app, "aes_key": strings.Repeat("k", 43),
		"requery": obj{"order_url": platform.URL + "/order/{order_id}", "aftersale_url": platform.URL + "/return/{after_sale_order_id}", "token_header": "X-Access-Token", "token": "access"},
	})
	push := func(event, rest string) answer {
		query, body := platform.push(t, `{"CreateTime":1767355200,"MsgType":"event","Event":"`+event+`",`+rest+`}`)
		return e.do("POST", "/v1/webhooks/wx/orders"+query, "", body, "Content-Type", "application/json")
	}
	taken := func(event, rest string) {
		t.Helper()
		for range 2 { // The platform pushes until it is answered, and sometimes once more.
			if a := push(event, rest); a.status != 200 || a.raw != "success" {
				t.Fatalf("%s: %d %s", event, a.status, a.raw)
			}
		}
	}
	const order = `"order_info":{"order_id":"3705115058471208928"`
	returned := func(state string) string {
		return `"finder_shop_aftersale_status_update":{"status":"` + state + `","after_sale_order_id":"77","order_id":"3705115058471208928"}`
	}
	// The notice comes before the order can be asked for: the platform comes again.
	if a := push("channels_ec_order_pay", order+`}`); a.status != 503 || a.code() != "requery_failed" {
		t.Errorf("an order that is not there yet: %d %s", a.status, a.raw)
	}
	platform.say("3705115058471208928", `{"errcode":0,"order":{"order_id":"3705115058471208928","status":20,"create_time":1767355100,"update_time":1767355150,"openid":"buyer","order_detail":{
		"product_infos":[{"product_id":"p","sku_id":"4740","sku_cnt":2,"sale_price":1000,"real_price":1800}],"pay_info":{"pay_time":1767355150,"transaction_id":"tx"},"price_info":{"order_price":1900,"freight":100}}}}`)
	taken("channels_ec_order_pay", order+`}`)
	taken("channels_ec_order_deliver", order+`,"finish_delivery":1}`)
	taken("channels_ec_order_confirm", order+`,"confirm_type":1}`)
	sale := func(state string) {
		platform.say("77", `{"errcode":0,"after_sale_order":{"after_sale_order_id":"77","status":"`+state+`","order_id":"3705115058471208928","product_info":{"sku_id":"4740"},"refund_info":{"amount":900},"create_time":1767355180,"update_time":1767355190,"type":"RETURN"}}`)
	}
	sale("MERCHANT_PROCESSING")
	taken("channels_ec_aftersale_update", returned("MERCHANT_PROCESSING"))
	taken("channels_ec_aftersale_update", returned("USER_WAIT_RETURN"))
	sale("MERCHANT_RETURN_SUCCESS")
	taken("channels_ec_aftersale_update", returned("MERCHANT_RETURN_SUCCESS"))

	o := e.want(200, "GET", "/v1/orders/3705115058471208928", owner, nil)
	if o.json["state"] != "part_refunded" || o.json["paid_minor"] != 1900.0 || o.json["refund_minor"] != 900.0 || o.json["fulfilment"] != "received" || o.json["flags"] != nil && len(o.json["flags"].([]any)) != 0 {
		t.Errorf("the order: %s", o.raw)
	}
	if !strings.Contains(o.raw, `"77"`) || !strings.Contains(o.raw, "return_goods") {
		t.Errorf("the return: %s", o.raw)
	}
	// Nothing is believed that the platform did not sign.
	query, body := platform.push(t, `{"CreateTime":1767355200,"Event":"channels_ec_order_cancel",`+order+`,"cancel_type":"1"}}`)
	if a := e.do("POST", "/v1/webhooks/wx/orders"+strings.Replace(query, "nonce=nonce", "nonce=other", 1), "", body, "Content-Type", "application/json"); a.status != 401 {
		t.Errorf("a forged push: %d %s", a.status, a.raw)
	}
}
