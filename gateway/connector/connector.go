package connector

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// Connector reads what one kind of platform posts. A connector has no state:
// what was set up for an integration comes in as the text that Seal made.
type Connector interface {
	// Name stands in the integration.
	Name() string
	// Seal checks the settings of an integration and gives the text to keep.
	Seal(s Settings) (string, error)
	// Verify proves that the request was made with what was sealed.
	Verify(sealed string, header, query func(string) string, body []byte, now time.Time) error
	// Read says what a verified delivery is about.
	Read(sealed string, header func(string) string, body []byte) (store.Delivery, error)
	// Challenge answers the platform's question whether the address is ours.
	Challenge(sealed string, query func(string) string) (string, error)
	// Requery asks the platform for what a notice only names.
	Requery(ctx context.Context, sealed string, n store.Notice) (store.Delivery, error)
	// Reply is what the platform takes for "received". No type means that the
	// results of the facts are the answer.
	Reply(sealed string) (contentType, body string)
}

// Settings are what a merchant gives for an integration, by name; see
// [SettingNames]. Empty ones are left out.
type Settings = map[string]string

// Names of settings.
const (
	SettingSecret       = "secret"
	SettingAppID        = "app_id"
	SettingShopID       = "shop_id"
	SettingAESKey       = "aes_key"
	SettingMapping      = "mapping"
	SettingOrderURL     = "requery.order_url"
	SettingAftersaleURL = "requery.aftersale_url"
	SettingTokenHeader  = "requery.token_header"
	SettingToken        = "requery.token"
)

// CodeInvalid is the code of every request that proves nothing. It does not
// tell a wrong signature from an integration that does not exist.
const CodeInvalid = "webhook_signature_invalid"

// CodeNoRequery is the code of a notice that nobody can complete.
const CodeNoRequery = "requery_not_configured"

// All makes the built-in connectors. Re-queries go out through the client;
// [NewClient] makes one that stays out of private networks. The mappings are
// those of the server's configuration, which integrations may name.
func All(client *http.Client, mappings map[string]*Mapping) map[string]Connector {
	all := map[string]Connector{}
	for _, c := range []Connector{standard{}, shopify{}, douyin{requery{client}}, wechat{requery{client}}, mapped{requery{client}, mappings}} {
		all[c.Name()] = c
	}
	return all
}

// plain is what most platforms need no more of.
type plain struct{}

func (plain) Challenge(string, func(string) string) (string, error) {
	return "", live.Unauthenticated(CodeInvalid, "this source does not verify its address by a request")
}

func (plain) Requery(context.Context, string, store.Notice) (store.Delivery, error) {
	return store.Delivery{}, live.Conflict(CodeNoRequery, "this source cannot be asked for an order")
}

// forged is the refusal of a request whose signature does not hold.
func forged(format string, args ...any) error {
	return live.Unauthenticated(CodeInvalid, format, args...)
}

// seal checks that the settings are the ones a connector knows, and encodes
// them. A setting without effect would look like a protection that is not there.
func seal(s Settings, needed, optional []string) (string, error) {
	known := map[string]bool{}
	for _, name := range needed {
		known[name] = true
		if s[name] == "" {
			return "", live.Invalid("invalid_field", name, "is required by this connector")
		}
	}
	for _, name := range optional {
		known[name] = true
	}
	for name, v := range s {
		if v != "" && !known[name] {
			return "", live.Invalid("invalid_field", name, "has no meaning for this connector")
		}
		if len(v) > maxSetting && name != SettingMapping {
			return "", live.Invalid("invalid_field", name, "must be at most %d bytes", maxSetting)
		}
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "", err
	}
	return string(text), nil
}

// maxSetting bounds one setting but the mapping, in bytes.
const maxSetting = 1024

// unseal reads what seal wrote. Text that is no settings gives none, and
// nothing verifies against none.
func unseal(sealed string) Settings {
	s := Settings{}
	if json.Unmarshal([]byte(sealed), &s) != nil {
		return Settings{}
	}
	return s
}
