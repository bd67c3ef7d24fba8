package live

// Identifiers are opaque strings of 1 to [MaxIDLen] bytes from
// [A-Za-z0-9._:@-]; [ValidID] checks that. They are distinct types so that a
// room can never be passed where a show is meant.
type (
	// MerchantID names a tenant. Every read is filtered by it.
	MerchantID string
	// RoomID names the lasting place a host broadcasts from.
	RoomID string
	// ShowID names one broadcast in a room, from schedule to settlement.
	ShowID string
	// ProductID names a good on offer.
	ProductID string
	// SKUID names a stock unit of a product.
	SKUID string
	// OrderID names an order, ours or a shop platform's.
	OrderID string
	// PersonID names a viewer, buyer or contact within one merchant: the login
	// if there is one, else the anonymous device.
	PersonID string
	// EventID is a producer's name for a fact; unique within (merchant, source).
	EventID string
)

// MaxIDLen bounds an identifier. Platform ids seen in the field stay below 64
// bytes; twice that leaves room for a prefix.
const MaxIDLen = 128

// ValidID reports whether s can be used as an identifier.
func ValidID(s string) bool {
	if s == "" || len(s) > MaxIDLen {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.' || c == '_' || c == ':' || c == '-' || c == '@':
		default:
			return false
		}
	}
	return true
}
