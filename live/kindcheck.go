package live

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// CheckData checks the data of a kind against its row. An empty data is an
// empty object. It returns an [Error] with code "unknown_type", "malformed_json",
// "data_too_large" or "invalid_field", naming the field and the rule.
func CheckData(k Kind, data json.RawMessage) error {
	spec, ok := specs[k]
	if !ok {
		return Invalid("unknown_type", "type", "%q is not a known event type", clip(string(k)))
	}
	limit := MaxEventData
	if OrderFactKind(k) {
		limit = MaxOrderData
	}
	if len(data) > limit {
		return TooLarge("data_too_large", "data", "is %d bytes, at most %d are allowed", len(data), limit)
	}
	members := map[string]json.RawMessage{}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &members); err != nil || members == nil {
			return Invalid("malformed_json", "data", "must be a JSON object")
		}
	}
	for i := range spec.Fields {
		if err := spec.Fields[i].check(members[spec.Fields[i].Name]); err != nil {
			return err
		}
	}
	return nil
}

func (f *Field) check(raw json.RawMessage) error {
	at := "data." + f.Name
	if len(raw) == 0 || string(raw) == "null" {
		if f.Required {
			return Invalid("invalid_field", at, "is required")
		}
		return nil
	}
	switch f.Type {
	case TypeText, TypeID:
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return Invalid("invalid_field", at, "must be a string")
		}
		if f.Type == TypeID {
			if !ValidID(s) {
				return Invalid("invalid_field", at, "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
			}
			return nil
		}
		if n := int64(utf8.RuneCountInString(s)); n < f.Min || n > f.Max || f.Min > 0 && strings.TrimSpace(s) == "" {
			return Invalid("invalid_field", at, "must be %d to %d characters", f.Min, f.Max)
		}
		if len(f.OneOf) > 0 && s != "" && !slices.Contains(f.OneOf, s) {
			return Invalid("invalid_field", at, "must be one of %s", strings.Join(f.OneOf, ", "))
		}
	case TypeInt:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return Invalid("invalid_field", at, "must be an integer")
		}
		if n < f.Min || n > f.Max {
			return Invalid("invalid_field", at, "must be %d to %d", f.Min, f.Max)
		}
	case TypeFlag:
		if s := string(raw); s != "true" && s != "false" {
			return Invalid("invalid_field", at, "must be true or false")
		}
	case TypeCurrency:
		var c Currency
		if json.Unmarshal(raw, &c) != nil || !c.Valid() {
			return Invalid("unknown_currency", at, "must be an ISO 4217 code in use")
		}
	case TypeOther:
	}
	return nil
}

// clip keeps an error message short whatever the caller sent.
func clip(s string) string {
	const most = 64
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
