package connector

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the platform's own scheme
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// 抖店 signs md5(app id + body + app secret) in hex
// (https://op.jinritemai.com/docs/guide-docs/153/99, read from the SDKs named in
// docs/connectors.md). All its amounts are in fen.
const (
	douyinApp       = "app-id"
	douyinSignature = "event-sign"
	douyinCurrency  = live.Currency("CNY")
)

// Tags of the messages that are facts of orders; douyinlife.go has the others.
const (
	douyinCreated  = "100" // doudian_trade_TradeCreate
	douyinPaid     = "101" // doudian_trade_TradePaid
	douyinCanceled = "106" // doudian_trade_TradeCanceled
	douyinRefunded = "206" // doudian_refund_RefundSuccess
)

type douyin struct{ requery }

func (douyin) Name() string { return "douyin_shop" }

func (douyin) Seal(s Settings) (string, error) {
	if err := checkRequery(s, SettingOrderURL); err != nil {
		return "", err
	}
	return seal(s, []string{SettingSecret, SettingAppID}, []string{SettingShopID, SettingOrderURL, SettingTokenHeader, SettingToken})
}

func (douyin) Challenge(sealed string, query func(string) string) (string, error) {
	return plain{}.Challenge(sealed, query)
}

func (douyin) Verify(sealed string, header, _ func(string) string, body []byte, _ time.Time) error {
	s := unseal(sealed)
	if s[SettingSecret] == "" || header(douyinApp) != s[SettingAppID] {
		return forged("the delivery is of another app")
	}
	sum := md5.Sum([]byte(s[SettingAppID] + string(body) + s[SettingSecret])) //nolint:gosec // the platform's own scheme
	if subtle.ConstantTimeCompare([]byte(strings.ToLower(header(douyinSignature))), []byte(hex.EncodeToString(sum[:]))) != 1 {
		return forged("the header %s does not verify", douyinSignature)
	}
	// One app serves many shops under one secret.
	if shop := s[SettingShopID]; shop != "" {
		messages, err := douyinMessages(body)
		if err != nil {
			return nil // Read says what is wrong with the body.
		}
		for _, m := range messages {
			if m.Data.Shop != "" && string(m.Data.Shop) != shop {
				return forged("the delivery is of another shop")
			}
		}
	}
	return nil
}

func (douyin) Reply(string) (contentType, body string) {
	return "application/json", `{"code":0,"msg":"success"}`
}

type douyinMessage struct {
	Tag  word       `json:"tag"`
	ID   word       `json:"msg_id"`
	IDIn word       `json:"msgId"` // as samples of some documents have it
	Data douyinData `json:"data"`
}

type douyinData struct {
	Order        word   `json:"p_id"`
	Line         word   `json:"s_id"`
	Shop         word   `json:"shop_id"`
	CreateTime   word   `json:"create_time"`
	PayTime      word   `json:"pay_time"`
	PayAmount    word   `json:"pay_amount"`
	PayType      word   `json:"pay_type"`
	CancelTime   word   `json:"cancel_time"`
	CancelReason string `json:"cancel_reason"`
	Aftersale    word   `json:"aftersale_id"`
	Refund       word   `json:"refund_amount"` // with shipping
	RefundPost   word   `json:"refund_post_amount"`
	SuccessTime  word   `json:"success_time"`

	douyinLife
}

// UnmarshalJSON takes the object itself or its text in a string. What is
// neither, like the time in the platform's test message, has no members.
func (d *douyinData) UnmarshalJSON(raw []byte) error {
	type members douyinData
	raw = bytes.TrimSpace(raw)
	if len(raw) > 0 && raw[0] == '"' {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return err
		}
		if !strings.HasPrefix(strings.TrimSpace(text), "{") {
			return nil
		}
		raw = []byte(text)
	}
	if len(raw) == 0 || raw[0] != '{' {
		return nil
	}
	return json.Unmarshal(raw, (*members)(d))
}

func douyinMessages(body []byte) ([]douyinMessage, error) {
	var list []douyinMessage
	if b := bytes.TrimSpace(body); len(b) > 0 && b[0] == '{' {
		list = make([]douyinMessage, 1)
		return list, decode(b, &list[0])
	}
	return list, decode(body, &list)
}

func (douyin) Read(_ string, _ func(string) string, body []byte) (store.Delivery, error) {
	var d store.Delivery
	messages, err := douyinMessages(body)
	if err != nil {
		return d, err
	}
	for i, m := range messages {
		d.Messages = append(d.Messages, string(first(m.ID, m.IDIn)))
		d.Topics = append(d.Topics, string(m.Tag))
		f := store.Fact{Order: live.OrderID(m.Data.Order)}
		f.Currency = douyinCurrency
		switch string(m.Tag) {
		case douyinCreated:
			// It names the order and its lines but not their amounts.
			d.Notices = append(d.Notices, store.Notice{Topic: douyinCreated, Order: f.Order})
			continue
		case douyinPaid:
			if m.Data.PayType == "0" {
				d.Skipped = append(d.Skipped, "101: cash on delivery: confirmed and not paid")
				continue
			}
			err = m.Data.paid(&f)
		case douyinCanceled:
			err = m.Data.canceled(&f)
		case douyinRefunded:
			err = m.Data.refunded(&f)
		default:
			var skip string
			if skip, err = m.Data.step(string(m.Tag), &f); err == nil && skip != "" {
				d.Skipped = append(d.Skipped, clip(string(m.Tag))+": "+skip)
				continue
			}
		}
		if err != nil {
			return d, at(i, err)
		}
		d.Facts = append(d.Facts, f)
	}
	return d, nil
}

func (d *douyinData) paid(f *store.Fact) (err error) {
	// An order is paid once; the push has no number of the payment.
	f.Kind, f.ID = live.OrderPaid, string(d.Order)
	if f.PaidMinor, err = fen("pay_amount", d.PayAmount); err != nil {
		return err
	}
	f.At, err = unix("pay_time", d.PayTime)
	return err
}

func (d *douyinData) canceled(f *store.Fact) (err error) {
	f.Kind, f.CancelType, f.Reason = live.OrderCancelled, live.CancelUser, short(d.CancelReason)
	switch {
	case strings.Contains(d.CancelReason, "超时"):
		f.CancelType = live.CancelTimeout
	case strings.Contains(d.CancelReason, "风控"):
		f.CancelType = live.CancelRisk
	}
	f.At, err = unix("cancel_time", d.CancelTime)
	return err
}

func (d *douyinData) refunded(f *store.Fact) error {
	f.Kind, f.ID = live.RefundSucceeded, string(d.Aftersale)
	total, err := fen("refund_amount", d.Refund)
	if err != nil {
		return err
	}
	var post int64
	if d.RefundPost != "" {
		if post, err = fen("refund_post_amount", d.RefundPost); err != nil {
			return err
		}
	}
	if post > total {
		return live.Invalid("invalid_amount", "refund_post_amount", "is more than the whole refund")
	}
	f.Refunds = []live.RefundLine{{Line: string(d.Line), Goods: total - post, Shipping: post}}
	f.At, err = unix("success_time", d.SuccessTime)
	return err
}

// fen reads an amount in minor units: digits and nothing else.
func fen(field string, w word) (int64, error) {
	n, err := strconv.ParseInt(string(w), 10, 64)
	if err != nil || n < 0 || n > live.MaxMinor || !allDigits(string(w)) {
		return 0, live.Invalid("invalid_amount", field, "%q is not an amount in fen", clip(string(w)))
	}
	return n, nil
}

// unix reads seconds since 1970.
func unix(field string, w word) (time.Time, error) {
	n, err := strconv.ParseInt(string(w), 10, 64)
	if err != nil || n <= 0 || n > maxUnix {
		return time.Time{}, live.Invalid("invalid_field", field, "%q is not a time in seconds since 1970", clip(string(w)))
	}
	return time.Unix(n, 0).UTC(), nil
}

// maxUnix is the year 9999: what is beyond it does not print as RFC 3339.
const maxUnix = 253402300799
