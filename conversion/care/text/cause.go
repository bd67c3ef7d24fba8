package text

// Cause is why a customer complains. The classes and their hard cases are
// explained in docs/text.md.
type Cause string

// The causes.
const (
	// PoorExperience is how it was to buy and be served: people, room, app.
	PoorExperience Cause = "poor_experience"
	// PromotionMismatch is a promise, picture or demonstration that was not kept.
	PromotionMismatch Cause = "promotion_mismatch"
	// UnclearPolicy is a rule that nobody explained, or that was explained twice
	// differently.
	UnclearPolicy Cause = "unclear_policy"
	// Quality is the thing itself: broken, badly made, not doing its work.
	Quality Cause = "quality"
	// Logistics is the way to the customer: late, lost, broken, wrong or missing.
	Logistics Cause = "logistics"
	// Other is no complaint, or one with none of the causes above.
	Other Cause = "other"
)

// Causes lists every cause in the order of the model's columns.
func Causes() []Cause {
	return []Cause{PoorExperience, PromotionMismatch, UnclearPolicy, Quality, Logistics, Other}
}

// causes is the number of them.
const causes = 6

// index is the column of c in the model, or -1.
func (c Cause) index() int {
	for i, known := range Causes() {
		if c == known {
			return i
		}
	}
	return -1
}

// Valid reports whether c is one of the causes.
func (c Cause) Valid() bool { return c.index() >= 0 }

// CauseOfRefund returns the cause that a platform's refund reason code states,
// and false for a code that states none: OTHERS, or REJECT_RECEIVE_PACKAGE,
// which says what the customer did and not why.
func CauseOfRefund(code string) (Cause, bool) {
	switch code {
	case "NO_EXPRESS_INFO", "EMPTY_PACKAGE", "NOT_DELIVERED_TOO_LONG", "SEND_WRONG_GOODS":
		return Logistics, true
	case "NOT_MATCH_PRODUCT_DESC":
		return PromotionMismatch, true
	case "QUALITY_ISSUE", "THREE_NO_PRODUCT", "FAKE_PRODUCT":
		return Quality, true
	case "INCORRECT_SELECTION", "NO_LONGER_WANT":
		return Other, true
	}
	return "", false
}
