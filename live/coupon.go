package live

import (
	"maps"
	"math/bits"
	"slices"
	"time"
	"unicode/utf8"
)

// CouponKind says how a coupon takes money off.
type CouponKind string

// Kinds of coupons.
const (
	CouponAmount  CouponKind = "amount"  // a fixed sum
	CouponPercent CouponKind = "percent" // a part of the goods, up to a cap
)

// CouponBatch is a merchant's offer of some coupons on the same terms. Terms of
// money are fixed once one was claimed: whoever has one knows what it is worth.
type CouponBatch struct {
	ID       string
	Merchant MerchantID
	Title    string
	Kind     CouponKind
	Off      int64 // CouponAmount: minor units
	OffBPS   int64 // CouponPercent: hundredths of a per cent
	Cap      int64 // CouponPercent: the most it takes off, in minor units; 0: no cap
	// Threshold is what the goods in scope must come to, in minor units.
	Threshold int64
	Currency  Currency
	Total     int64 // coupons there are
	PerPerson int64 // coupons one person may claim
	// StartsAt and EndsAt bound when coupons are good. Zero: unbounded.
	StartsAt, EndsAt time.Time
	ValidFor         time.Duration // from the claim; zero: until EndsAt
	// Products and SKUs are what it is good for; both empty: everything.
	Products []ProductID
	SKUs     []SKUID

	Claimed   int64
	Redeemed  int64 // of orders that were paid
	Returned  int64 // times a coupon came back from an order
	Voided    bool  // none is claimed or taken any more
	CreatedAt time.Time
}

// Limits of a batch.
const (
	MaxCoupons      = 10_000_000 // of one batch
	MaxCouponsEach  = 1000       // of one batch for one person
	MaxCouponScope  = 200        // products, and SKUs, that one batch names
	MaxCouponValid  = 366 * 24 * time.Hour
	MaxWatchMinutes = 600 // of a task to watch; ten hours is a long show
)

// Validate checks what a caller may set on a batch.
func (b *CouponBatch) Validate() error {
	switch {
	case !ValidID(b.ID):
		return Invalid("invalid_field", "batch_id", "must be 1 to %d characters of A-Z a-z 0-9 . _ : @ -", MaxIDLen)
	case utf8.RuneCountInString(b.Title) < 1 || utf8.RuneCountInString(b.Title) > MaxTitleRunes:
		return Invalid("invalid_field", "title", "must be 1 to %d characters", MaxTitleRunes)
	case !b.Currency.Valid():
		return Invalid("unknown_currency", "currency", "is not an ISO 4217 code we know")
	case b.Kind == CouponAmount && (b.Off < 1 || b.Off > MaxMinor || b.OffBPS != 0 || b.Cap != 0):
		return Invalid("invalid_field", "off_minor", "of an amount must be 1 to %d, without off_bps and cap_minor", int64(MaxMinor))
	case b.Kind == CouponPercent && (b.OffBPS < 1 || b.OffBPS > WholeBPS || b.Off != 0):
		return Invalid("invalid_field", "off_bps", "of a percentage must be 1 to %d, without off_minor", WholeBPS)
	case b.Kind != CouponAmount && b.Kind != CouponPercent:
		return Invalid("invalid_field", "kind", "must be amount or percent")
	case b.Cap < 0 || b.Cap > MaxMinor:
		return Invalid("invalid_field", "cap_minor", "must be 0 to %d", int64(MaxMinor))
	case b.Threshold < 0 || b.Threshold > MaxMinor:
		return Invalid("invalid_field", "threshold_minor", "must be 0 to %d", int64(MaxMinor))
	case b.Total < 1 || b.Total > MaxCoupons:
		return Invalid("invalid_field", "total", "must be 1 to %d", MaxCoupons)
	case b.PerPerson < 1 || b.PerPerson > MaxCouponsEach:
		return Invalid("invalid_field", "per_person", "must be 1 to %d", MaxCouponsEach)
	case !b.StartsAt.IsZero() && !b.EndsAt.IsZero() && !b.EndsAt.After(b.StartsAt):
		return Invalid("invalid_field", "ends_at", "must be after starts_at")
	case b.ValidFor < 0 || b.ValidFor > MaxCouponValid || b.ValidFor%time.Second != 0:
		return Invalid("invalid_field", "valid_for_s", "must be 0 to %d", int64(MaxCouponValid/time.Second))
	case len(b.Products) > MaxCouponScope || !allIDs(b.Products):
		return Invalid("invalid_field", "product_ids", "must be at most %d identifiers", MaxCouponScope)
	case len(b.SKUs) > MaxCouponScope || !allIDs(b.SKUs):
		return Invalid("invalid_field", "sku_ids", "must be at most %d identifiers", MaxCouponScope)
	}
	return nil
}

func allIDs[T ~string](ids []T) bool {
	return !slices.ContainsFunc(ids, func(id T) bool { return !ValidID(string(id)) })
}

// SameTerms reports whether a coupon of either batch is worth the same.
func (b *CouponBatch) SameTerms(o *CouponBatch) bool {
	return b.Kind == o.Kind && b.Off == o.Off && b.OffBPS == o.OffBPS && b.Cap == o.Cap && b.Threshold == o.Threshold &&
		b.Currency == o.Currency && b.ValidFor == o.ValidFor && b.StartsAt.Equal(o.StartsAt) && b.EndsAt.Equal(o.EndsAt) &&
		slices.Equal(b.Products, o.Products) && slices.Equal(b.SKUs, o.SKUs)
}

// Covers reports whether a coupon of the batch is good for a SKU.
func (b *CouponBatch) Covers(p ProductID, s SKUID) bool {
	return len(b.Products) == 0 && len(b.SKUs) == 0 || slices.Contains(b.Products, p) || slices.Contains(b.SKUs, s)
}

// ExpiresAt is when a coupon claimed at an instant is good no longer; zero: never.
func (b *CouponBatch) ExpiresAt(claimed time.Time) time.Time {
	if b.ValidFor == 0 {
		return b.EndsAt
	}
	end := claimed.Add(b.ValidFor)
	if !b.EndsAt.IsZero() && b.EndsAt.Before(end) {
		return b.EndsAt
	}
	return end
}

// Split is what the coupon takes off each line of an order, in minor units. The
// sum is exact: the amount, or the part of the goods in scope rounded down, at
// most the cap and never more than those goods; it is divided over the lines in
// scope by [SplitMinor], so that no line goes below zero. Refusals have the
// code "coupon_not_usable" and say why in their data.
func (b *CouponBatch) Split(lines []OrderLine) ([]int64, error) {
	weights := make([]int64, len(lines))
	var goods int64 // Below MaxLines x MaxMinor, which an int64 holds.
	for i := range lines {
		if b.Covers(lines[i].Product, lines[i].SKU) {
			weights[i] = lines[i].Goods
			goods += lines[i].Goods
		}
	}
	if goods == 0 {
		return nil, CouponRefused("out_of_scope", "the coupon is not for these goods", nil)
	}
	if goods < b.Threshold {
		return nil, CouponRefused("below_threshold", "the coupon needs goods of a higher price",
			map[string]any{"threshold_minor": b.Threshold, "missing_minor": b.Threshold - goods})
	}
	off := b.Off
	if b.Kind == CouponPercent {
		hi, lo := bits.Mul64(uint64(goods), uint64(b.OffBPS))
		q, _ := bits.Div64(hi, lo, WholeBPS)
		if off = int64(q); b.Cap > 0 {
			off = min(off, b.Cap)
		}
	}
	if off = min(off, goods); off == 0 {
		return nil, CouponRefused("gives_nothing", "the coupon takes nothing off these goods", nil)
	}
	return SplitMinor(off, weights), nil
}

// CouponRefused is the refusal of an order's coupon; why is for programs.
func CouponRefused(why, message string, more map[string]any) *Error {
	e := Conflict("coupon_not_usable", "%s", message)
	e.Data = map[string]any{"reason": why}
	maps.Copy(e.Data, more)
	return e
}

// CouponState is where one coupon stands.
type CouponState string

// Coupon states.
const (
	CouponClaimedState  CouponState = "claimed"  // its owner may use it
	CouponHeldState     CouponState = "held"     // in an order that is not paid
	CouponRedeemedState CouponState = "redeemed" // in an order that is
	CouponExpiredState  CouponState = "expired"
	CouponVoidedState   CouponState = "voided"
)

// Coupon is one person's coupon of a batch.
type Coupon struct {
	ID        string
	Merchant  MerchantID
	Batch     string
	Person    PersonID
	Show      ShowID // where it was claimed
	Room      RoomID
	Rehearsal bool // claimed in a rehearsal, and good only there
	State     CouponState
	Order     OrderID // that holds or redeemed it
	Discount  int64   // minor units, of that order
	ClaimedAt time.Time
	ExpiresAt time.Time // zero: never
	Replay    bool      // the answer to a claim made before
}
