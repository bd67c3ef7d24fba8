package connector

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// 微信小店 pushes encrypted notices
// (https://developers.weixin.qq.com/doc/store/shop/dev_before/message_push.html).
// A notice names the order and nothing more, so the order itself is asked for.
const (
	wechatPaid      = "channels_ec_order_pay"
	wechatCreated   = "channels_ec_order_new"
	wechatCancelled = "channels_ec_order_cancel"
	wechatDelivered = "channels_ec_order_deliver"
	wechatConfirmed = "channels_ec_order_confirm"
	wechatSettled   = "channels_ec_order_settle"
	wechatExtra     = "channels_ec_order_ext_info_update"
	wechatAftersale = "channels_ec_aftersale_update"

	wechatCurrency = live.Currency("CNY")
)

type wechat struct{ requery }

func (wechat) Name() string { return "wechat_shop" }

func (wechat) Seal(s Settings) (string, error) {
	if err := checkRequery(s, SettingOrderURL, SettingAftersaleURL); err != nil {
		return "", err
	}
	if _, ok := wechatKey(s[SettingAESKey]); !ok {
		return "", live.Invalid("invalid_field", SettingAESKey, "must be the EncodingAESKey: 43 characters of A-Z a-z 0-9")
	}
	return seal(s, []string{SettingSecret, SettingAppID, SettingAESKey}, []string{SettingOrderURL, SettingAftersaleURL, SettingTokenHeader, SettingToken})
}

// Challenge proves the address once, when the merchant enters it: the text that
// was sent comes back.
func (wechat) Challenge(sealed string, query func(string) string) (string, error) {
	if !wechatSigned(query("signature"), unseal(sealed)[SettingSecret], query("timestamp"), query("nonce")) {
		return "", forged("signature does not verify")
	}
	return query("echostr"), nil
}

// Verify looks at msg_signature alone: signature is not over the message.
func (wechat) Verify(sealed string, _, query func(string) string, body []byte, _ time.Time) error {
	s := unseal(sealed)
	e, err := wechatEnvelope(body)
	if err != nil || e.Encrypt == "" {
		return forged("the body is not an encrypted message")
	}
	if !wechatSigned(query("msg_signature"), s[SettingSecret], query("timestamp"), query("nonce"), e.Encrypt) {
		return forged("msg_signature does not verify")
	}
	key, ok := wechatKey(s[SettingAESKey])
	if !ok {
		return forged("the message does not decrypt")
	}
	if _, app, err := wechatOpen(key, e.Encrypt); err != nil || app != s[SettingAppID] {
		return forged("the message is not encrypted for this app")
	}
	return nil
}

func (wechat) Reply(string) (contentType, body string) { return "text/plain; charset=utf-8", "success" }

// wechatMessage is an event, in JSON or XML.
type wechatMessage struct {
	Encrypt    string `json:"Encrypt" xml:"Encrypt"`
	CreateTime word   `json:"CreateTime" xml:"CreateTime"`
	Event      string `json:"Event" xml:"Event"`
	Order      struct {
		ID         word `json:"order_id" xml:"order_id"`
		CancelType word `json:"cancel_type" xml:"cancel_type"`
		Finished   word `json:"finish_delivery" xml:"finish_delivery"`
		Type       word `json:"type" xml:"type"`
	} `json:"order_info" xml:"order_info"`
	Aftersale struct {
		Status string `json:"status" xml:"status"`
		ID     word   `json:"after_sale_order_id" xml:"after_sale_order_id"`
		Order  word   `json:"order_id" xml:"order_id"`
	} `json:"finder_shop_aftersale_status_update" xml:"finder_shop_aftersale_status_update"`
}

// wechatEnvelope reads a message in either of the two forms.
func wechatEnvelope(body []byte) (m wechatMessage, err error) {
	if body = bytes.TrimSpace(body); bytes.HasPrefix(body, []byte("<")) {
		if err := xml.Unmarshal(body, &m); err != nil {
			return m, live.Invalid("malformed_body", "", "the body is not XML")
		}
		return m, nil
	}
	return m, decode(body, &m)
}

// wechatCancels has the values of cancel_type.
var wechatCancels = map[word]live.CancelType{"1": live.CancelUser, "2": live.CancelTimeout, "3": live.CancelAllRefunded}

func (wechat) Read(sealed string, _ func(string) string, body []byte) (store.Delivery, error) {
	var d store.Delivery
	e, err := wechatEnvelope(body)
	if err != nil {
		return d, err
	}
	key, _ := wechatKey(unseal(sealed)[SettingAESKey])
	text, _, err := wechatOpen(key, e.Encrypt)
	if err != nil {
		return d, live.Invalid("malformed_body", "Encrypt", "does not decrypt")
	}
	m, err := wechatEnvelope(text)
	if err != nil {
		return d, err
	}
	d.Topics = []string{m.Event}
	order := live.OrderID(m.Order.ID)
	// An event has no number of its own; what it is about names it.
	d.Messages = []string{strings.Join([]string{m.Event, string(first(m.Order.ID, m.Aftersale.ID)), string(m.CreateTime)}, ":")}
	switch m.Event {
	case wechatCreated, wechatPaid:
		d.Notices = []store.Notice{{Topic: m.Event, Order: order}}
	case wechatCancelled:
		cancel, known := wechatCancels[m.Order.CancelType]
		if !known {
			d.Notices = []store.Notice{{Topic: m.Event, Order: order}}
			return d, nil
		}
		f := store.Fact{Order: order}
		f.Kind, f.CancelType, f.Currency = live.OrderCancelled, cancel, wechatCurrency
		if f.At, err = unix("CreateTime", m.CreateTime); err != nil {
			return d, err
		}
		d.Facts = []store.Fact{f}
	default:
		err = m.step(unseal(sealed), &d)
	}
	return d, err
}

// Requery reads the platform's own form of orders and returns, or, from a
// service of the merchant in between, Showrunner's own form.
func (w wechat) Requery(ctx context.Context, sealed string, n store.Notice) (store.Delivery, error) {
	raw, err := w.ask(ctx, unseal(sealed), n)
	if err != nil {
		return store.Delivery{}, err
	}
	return wechatAnswer(raw, n)
}

func wechatAnswer(raw []byte, n store.Notice) (store.Delivery, error) {
	var a struct {
		Code      word            `json:"errcode"`
		Order     *wechatOrder    `json:"order"`
		Aftersale *wechatReturn   `json:"after_sale_order"`
		Type      json.RawMessage `json:"type"`
	}
	if b := bytes.TrimSpace(raw); bytes.HasPrefix(b, []byte("[")) {
		return store.Delivery{Own: raw}, nil
	}
	if err := decode(raw, &a); err != nil {
		return store.Delivery{}, away("the answer is not JSON of a known form")
	}
	var facts []store.Fact
	var err error
	switch {
	case a.Code != "" && a.Code != "0":
		return store.Delivery{}, away("the platform answered with errcode " + clip(string(a.Code)))
	case n.Aftersale != "" && a.Aftersale != nil && string(a.Aftersale.ID) == n.Aftersale:
		return a.Aftersale.read(n)
	case n.Aftersale == "" && a.Order != nil && live.OrderID(a.Order.ID) == n.Order:
		facts, err = a.Order.about(n)
	case len(a.Type) > 0:
		return store.Delivery{Own: raw}, nil
	default:
		return store.Delivery{}, away("the answer is not about what was asked for")
	}
	return store.Delivery{Facts: facts}, err
}
