package connector

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
	"showrunner/live/store"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// values makes a lookup of headers or query parameters; names have any case.
func values(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i+1 < len(pairs); i += 2 {
			if strings.EqualFold(pairs[i], name) {
				return pairs[i+1]
			}
		}
		return ""
	}
}

var none = values()

func mustSeal(t testing.TB, c Connector, s Settings) string {
	t.Helper()
	sealed, err := c.Seal(s)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// wantCode ends the test unless err is a refusal with the code.
func wantCode(t testing.TB, what string, err error, code string) {
	t.Helper()
	if e, ok := errors.AsType[*live.Error](err); !ok || e.Code != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

func same(t testing.TB, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func hmac256(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func hex256(key, text string) string {
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func md5hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestSettings: each connector asks for what it needs and refuses what would
// have no effect.
func TestSettings(t *testing.T) {
	const key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	all := All(http.DefaultClient, nil)
	for name, tc := range map[string]struct {
		connector string
		settings  Settings
		field     string
	}{
		"standard":                    {"standard", Settings{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}, ""},
		"standard, plain secret":      {"standard", Settings{"secret": "secret"}, "secret"},
		"standard with an app":        {"standard", Settings{"secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "app_id": "x"}, "app_id"},
		"shopify":                     {"shopify", Settings{"secret": "shpss_1", "shop_id": "a.myshopify.com"}, ""},
		"shopify without secret":      {"shopify", Settings{"shop_id": "a.myshopify.com"}, "secret"},
		"shopify with a mapping":      {"shopify", Settings{"secret": "s", "mapping": "{}"}, "mapping"},
		"douyin":                      {"douyin_shop", Settings{"secret": "s", "app_id": "7"}, ""},
		"douyin without app":          {"douyin_shop", Settings{"secret": "s"}, "app_id"},
		"douyin, odd address":         {"douyin_shop", Settings{"secret": "s", "app_id": "7", "requery.order_url": "file:///etc/passwd"}, "requery.order_url"},
		"wechat":                      {"wechat_shop", Settings{"secret": "t", "app_id": "wx1", "aes_key": key}, ""},
		"wechat, short key":           {"wechat_shop", Settings{"secret": "t", "app_id": "wx1", "aes_key": key[1:]}, "aes_key"},
		"wechat, token without name":  {"wechat_shop", Settings{"secret": "t", "app_id": "wx1", "aes_key": key, "requery.token": "x"}, "requery.token_header"},
		"wechat, header that is two":  {"wechat_shop", Settings{"secret": "t", "app_id": "wx1", "aes_key": key, "requery.token": "x\r\ny: z", "requery.token_header": "a"}, "requery.token_header"},
		"mapping without mapping":     {"mapping", Settings{"secret": "s"}, "mapping"},
		"mapping without its app":     {"mapping", Settings{"secret": "s", "mapping": youzan}, "app_id"},
		"mapping":                     {"mapping", Settings{"secret": "s", "app_id": "c", "mapping": youzan}, ""},
		"a setting beyond its bounds": {"shopify", Settings{"secret": strings.Repeat("s", maxSetting+1)}, "secret"},
	} {
		_, err := all[tc.connector].Seal(tc.settings)
		e, _ := errors.AsType[*live.Error](err)
		if got := e != nil; got != (tc.field != "") || got && e.Field != tc.field {
			t.Errorf("%s: %v, want a refusal of %q", name, err, tc.field)
		}
	}
}

// TestNothingVerifiesWithoutSecret: an integration whose text is lost lets
// nothing in.
func TestNothingVerifiesWithoutSecret(t *testing.T) {
	for name, c := range All(http.DefaultClient, nil) {
		for _, sealed := range []string{"", "{}", "null", "[]", `{"secret":""}`} {
			for _, body := range []string{"", "{}", `{"Encrypt":""}`} {
				h := values(shopifySignature, hmac256("", body), "app-id", "", "event-sign", md5hex(body), "webhook-id", "1", "webhook-timestamp", "1767355200", "webhook-signature", "v1,"+hmac256("", "1.1767355200."+body))
				wantCode(t, name+" "+sealed, c.Verify(sealed, h, none, []byte(body), noon), CodeInvalid)
			}
			if _, err := c.Challenge(sealed, none); err == nil {
				t.Errorf("%s: a challenge without a secret is answered", name)
			}
		}
	}
}

func TestMinor(t *testing.T) {
	for _, tc := range []struct {
		text string
		c    live.Currency
		want int64
		ok   bool
	}{
		{"199.00", "USD", 19900, true},
		{"199.0", "USD", 19900, true},
		{"199", "USD", 19900, true},
		{"0.4", "USD", 40, true},
		{"-8.00", "USD", -800, true},
		{"0.1000", "USD", 10, true},
		{"1500", "JPY", 1500, true},
		{"1500.00", "JPY", 1500, true},
		{"1.234", "KWD", 1234, true},
		{"1.23", "KWD", 1230, true},
		{"8.29", "CNY", 829, true},
		{"1.1", "EUR", 110, true},
		{"4.35", "USD", 435, true},
		{"000000000000000000000012.50", "USD", 1250, true},
		{"0", "JPY", 0, true},
		{"1000000000000.00", "USD", 100_000_000_000_000, true},
		{"1000000000000.01", "USD", 0, false},
		{"99999999999999999999", "USD", 0, false},
		{"0.125", "USD", 0, false},
		{"1.5", "JPY", 0, false},
		{"1e3", "USD", 0, false},
		{"1.99e2", "USD", 0, false},
		{"", "USD", 0, false},
		{".5", "USD", 0, false},
		{"5.", "USD", 0, false},
		{"+5", "USD", 0, false},
		{"--5", "USD", 0, false},
		{"1,000.00", "USD", 0, false},
		{" 1", "USD", 0, false},
		{"NaN", "USD", 0, false},
		{"１", "USD", 0, false},
		{"1", "XXX", 0, false},
		{"1", "", 0, false},
		{"1.0.0", "USD", 0, false},
		{"0x10", "USD", 0, false},
	} {
		got, err := minor(tc.text, tc.c)
		if got != tc.want || (err == nil) != tc.ok {
			t.Errorf("%q %s: %d, %v; want %d", tc.text, tc.c, got, err, tc.want)
		}
	}
}

// FuzzMinor: what is read prints as what was sent, and never beyond bounds.
func FuzzMinor(f *testing.F) {
	for _, s := range []string{"199.00", "-8.00", "0.125", "1e3", "1000000000000.00", ".5"} {
		for _, c := range []string{"USD", "JPY", "KWD", "XXX"} {
			f.Add(s, c)
		}
	}
	f.Fuzz(func(t *testing.T, text, code string) {
		c := live.Currency(code)
		n, err := minor(text, c)
		if err != nil {
			return
		}
		if n > live.MaxMinor || n < -live.MaxMinor {
			t.Fatalf("%q %s: %d is beyond bounds", text, c, n)
		}
		var w word
		if raw := []byte(text); json.Valid(raw) && json.Unmarshal(raw, &w) == nil && string(w) != text {
			t.Errorf("the number %q became %q", text, w)
		}
		digits := strings.TrimLeft(strings.ReplaceAll(strings.TrimPrefix(text, "-"), ".", ""), "0")
		digits = strings.TrimRight(digits, "0")
		back := strings.TrimRight(strings.TrimPrefix(jsonText(t, n), "-"), "0")
		if back != digits {
			t.Errorf("%q %s: %d", text, c, n)
		}
	})
}

func jsonText(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// replaced fills a sample in.
func replaced(sample string, pairs ...string) string {
	return strings.NewReplacer(pairs...).Replace(sample)
}

// fact is shorter to write than the two structs inside one another.
func fact(order string, f live.OrderFact) store.Fact {
	return store.Fact{Order: live.OrderID(order), OrderFact: f}
}
