package connector

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Shopify signs the raw body with HMAC-SHA256 under the app's client secret and
// sends it in base64
// (https://shopify.dev/docs/apps/build/webhooks/verify-deliveries).
const (
	shopifySignature = "X-Shopify-Hmac-SHA256"
	shopifyTopic     = "X-Shopify-Topic"
	shopifyDelivery  = "X-Shopify-Webhook-Id"
	shopifyDomain    = "X-Shopify-Shop-Domain"
	shopifyTriggered = "X-Shopify-Triggered-At"
)

type shopify struct{ plain }

func (shopify) Name() string { return "shopify" }

func (shopify) Seal(s Settings) (string, error) {
	return seal(s, []string{SettingSecret}, []string{SettingShopID})
}

func (shopify) Verify(sealed string, header, _ func(string) string, body []byte, _ time.Time) error {
	s := unseal(sealed)
	got, err := base64.StdEncoding.DecodeString(header(shopifySignature))
	if err != nil || s[SettingSecret] == "" {
		return forged("the header %s does not verify", shopifySignature)
	}
	mac := hmac.New(sha256.New, []byte(s[SettingSecret]))
	mac.Write(body)
	if !hmac.Equal(got, mac.Sum(nil)) {
		return forged("the header %s does not verify", shopifySignature)
	}
	// One app serves many shops under one secret.
	if shop := s[SettingShopID]; shop != "" && !strings.EqualFold(shop, header(shopifyDomain)) {
		return forged("the delivery is of another shop")
	}
	return nil
}

func (shopify) Reply(string) (contentType, body string) { return "application/json", "{}" }

func (shopify) Read(_ string, header func(string) string, body []byte) (store.Delivery, error) {
	topic := header(shopifyTopic)
	d := store.Delivery{Topics: []string{topic}}
	if id := header(shopifyDelivery); id != "" {
		d.Messages = []string{id}
	}
	var f store.Fact
	var skip string
	var err error
	switch topic {
	case "orders/create", "orders/paid", "orders/cancelled":
		var o shopifyOrder
		if err = decode(body, &o); err == nil {
			f, skip, err = o.fact(topic)
		}
	case "refunds/create":
		var r shopifyRefund
		if err = decode(body, &r); err == nil {
			f, skip, err = r.fact()
		}
	case "orders/fulfilled", "orders/partially_fulfilled":
		var o shopifyShipment
		if err = decode(body, &o); err == nil {
			f, skip, err = o.fact(topic)
		}
	case "order_transactions/create":
		var t shopifyTransaction
		if err = decode(body, &t); err == nil {
			f, skip, err = t.fact()
		}
	case "returns/request", "returns/approve", "returns/decline", "returns/cancel":
		var r shopifyReturn
		if err = decode(body, &r); err == nil {
			f, err = r.fact(topic, header(shopifyTriggered))
		}
	case "orders/edited":
		skip = "says which goods were added and removed, and no amount"
	default:
		skip = "not a topic of orders we read"
	}
	switch {
	case err != nil:
		return d, err
	case skip != "":
		d.Skipped = []string{topic + ": " + skip}
	default:
		d.Facts = []store.Fact{f}
	}
	return d, nil
}

// decode reads a platform's JSON into the members we need.
func decode(body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return live.Invalid("malformed_body", "", "the body is not of the platform's form: %s", clip(err.Error()))
	}
	return nil
}

// shopifyMoney is an amount in the shop's currency and in the buyer's.
type shopifyMoney struct {
	Shop struct {
		Amount   word          `json:"amount"`
		Currency live.Currency `json:"currency_code"`
	} `json:"shop_money"`
}

// amount reads the first of the texts that is there; none is zero.
func amount(c live.Currency, texts ...word) (int64, error) {
	for _, t := range texts {
		if t != "" {
			return minor(string(t), c)
		}
	}
	return 0, nil
}

// sumOf adds up amounts of one currency.
func sumOf(c live.Currency, texts []word) (sum int64, err error) {
	for _, t := range texts {
		n, err := amount(c, t)
		if err != nil {
			return 0, err
		}
		if sum += n; sum > live.MaxMinor || sum < -live.MaxMinor {
			return 0, live.Invalid("invalid_amount", "", "the sum is beyond the largest amount")
		}
	}
	return sum, nil
}

// instant reads the first of the RFC 3339 times that is there.
func instant(field string, texts ...string) (time.Time, error) {
	for _, t := range texts {
		if t == "" {
			continue
		}
		at, err := time.Parse(time.RFC3339, t)
		if err != nil {
			return at, live.Invalid("invalid_field", field, "%q is not an RFC 3339 time", clip(t))
		}
		return at.UTC().Truncate(time.Millisecond), nil
	}
	return time.Time{}, live.Invalid("invalid_field", field, "is required")
}
