package connector

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"showrunner/live"
)

// minor reads a decimal amount of major units exactly: "199.00" USD is 19900,
// "1500" JPY is 1500. Digits beyond the currency's minor unit are refused
// unless they are zeros: rounding is the platform's matter, not ours.
func minor(text string, c live.Currency) (int64, error) {
	if !c.Valid() {
		return 0, live.Invalid("unknown_currency", "currency", "%q is not an ISO 4217 code we know", clip(string(c)))
	}
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if whole == "" || dotted && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return 0, live.Invalid("invalid_amount", "", "%q is not a decimal amount", clip(text))
	}
	exp := c.Exponent()
	if len(fraction) > exp {
		if strings.Trim(fraction[exp:], "0") != "" {
			return 0, live.Invalid("invalid_amount", "", "%q has more decimals than %s has", clip(text), c)
		}
		fraction = fraction[:exp]
	}
	whole = strings.TrimLeft(whole, "0") + fraction + strings.Repeat("0", exp-len(fraction))
	n, err := strconv.ParseInt("0"+whole, 10, 64)
	if err != nil || n > live.MaxMinor {
		return 0, live.Invalid("invalid_amount", "", "%q is beyond the largest amount", clip(text))
	}
	if negative {
		n = -n
	}
	return n, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// times multiplies a unit price; what would overflow is refused.
func times(price, qty int64) (int64, error) {
	if qty < 0 || qty > live.MaxQuantity || price > live.MaxMinor/max(qty, 1) || price < 0 {
		return 0, live.Invalid("invalid_amount", "", "%d x %d is beyond the largest amount", price, qty)
	}
	return price * qty, nil
}

// word is a JSON scalar by its text, whether the platform sent a string or a
// number: order numbers do not fit a float, and amounts must not become one.
type word string

// UnmarshalJSON takes a string, a number or null.
func (w *word) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	switch {
	case string(raw) == "null":
		*w = ""
		return nil
	case len(raw) > 0 && raw[0] == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return err
		}
		*w = word(s)
		return nil
	case len(raw) > 0 && (raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'):
		*w = word(raw)
		return nil
	}
	return live.Invalid("invalid_field", "", "must be a string or a number")
}

// clip keeps a platform's own words short in a refusal.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
