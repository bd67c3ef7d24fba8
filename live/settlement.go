package live

import (
	"math/big"
	"time"
)

// Settlement is one settlement file of a platform for one show.
type Settlement struct {
	ID         string // of the upload
	Merchant   MerchantID
	Show       ShowID
	By         string // who uploaded it
	Rows       int64
	UploadedAt time.Time
}

// SettlementRow is what a platform's file says about one order. A nil amount
// is one that the file does not give.
type SettlementRow struct {
	Line     int64 // of the file
	Order    OrderID
	Currency Currency
	Paid     int64
	Refunded *int64
	Settled  *int64
	Fee      *int64
}

// SettledRow is a row of the file of a show with the instant it is filed under:
// the payment of its order, or, if the show has no such paid order, its start.
type SettledRow struct {
	SettlementRow
	Show ShowID
	At   time.Time
}

// ParseMinor reads a decimal of the major unit, such as 12.50, as minor units.
// It rounds nothing: a decimal too many is refused, and so are signs of
// thousands and exponents. The refusal has no field.
func ParseMinor(text string, c Currency) (int64, error) {
	if len(text) > 32 {
		return 0, Invalid("invalid_field", "", "must be a decimal such as 12.50")
	}
	for i, r := range text {
		if (r < '0' || r > '9') && r != '.' && (r != '-' || i > 0) {
			return 0, Invalid("invalid_field", "", "must be a decimal such as 12.50")
		}
	}
	x, ok := new(big.Rat).SetString(text)
	if !ok {
		return 0, Invalid("invalid_field", "", "must be a decimal such as 12.50")
	}
	x.Mul(x, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(c.Exponent())), nil)))
	if !x.IsInt() || !x.Num().IsInt64() {
		return 0, Invalid("invalid_field", "", "has more than the %d decimals of %s", c.Exponent(), c)
	}
	return x.Num().Int64(), nil
}
