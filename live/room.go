package live

import (
	"time"
	"unicode/utf8"
)

// Room is the lasting place a host broadcasts from. It has at most one show
// that is live or paused.
type Room struct {
	ID        RoomID
	Merchant  MerchantID
	Title     string
	Hosts     []string // subjects of the host tokens that may run it
	Currency  Currency // of every price on its shelves
	TimeZone  string   // IANA name; day boundaries of reports
	CreatedAt time.Time
}

// MaxTitleRunes bounds the titles of rooms, shows and items.
const MaxTitleRunes = 120

// Validate checks what a caller may set; zone knows the IANA names.
func (r *Room) Validate(zone func(string) bool) error {
	if !ValidID(string(r.ID)) {
		return Invalid("invalid_field", "room_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
	}
	if !ValidID(string(r.Merchant)) {
		return Invalid("invalid_field", "merchant_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
	}
	if n := utf8.RuneCountInString(r.Title); n < 1 || n > MaxTitleRunes {
		return Invalid("invalid_field", "title", "must be 1 to %d characters", MaxTitleRunes)
	}
	if !r.Currency.Valid() {
		return Invalid("unknown_currency", "currency", "%q is not an ISO 4217 code we know", clip(string(r.Currency)))
	}
	if !zone(r.TimeZone) {
		return Invalid("invalid_field", "time_zone", "%q is not an IANA time zone", clip(r.TimeZone))
	}
	return nil
}
