package complaint

import (
	"math"

	"showrunner/conversion/care/text"
	"showrunner/live"
)

// Cause is why somebody complains: the classes of the trade, of which quality is
// not the largest.
type Cause = text.Cause

// The causes.
const (
	PoorExperience    = text.PoorExperience    // 体验差
	PromotionMismatch = text.PromotionMismatch // 宣传不符合
	UnclearPolicy     = text.UnclearPolicy     // 政策不清晰
	Quality           = text.Quality           // 质量
	Logistics         = text.Logistics         // 物流
	Other             = text.Other             // none of these, or no complaint at all
)

// NamesOf are what a cause is called in Chinese and in English.
func NamesOf(c Cause) (zh, en string) {
	switch c {
	case PoorExperience:
		return "体验差", "poor experience"
	case PromotionMismatch:
		return "宣传不符", "promotion mismatch"
	case UnclearPolicy:
		return "政策不清晰", "unclear policy"
	case Quality:
		return "质量", "quality"
	case Logistics:
		return "物流", "logistics"
	case Other:
	}
	return "其他", "other"
}

// Verdict is what a machine made of a text, as it is kept.
type Verdict struct {
	Cause      Cause
	Confidence int64 // basis points, 10,000 is certain
	Rule       bool  // by a rule, which is right by its words; else by a model
	Because    []Reason
}

// Reason is one term that spoke for a verdict.
type Reason struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`
}

// maxReasons is how many terms are kept of a verdict: the weightiest.
const maxReasons = 8

func verdictOf(v text.Verdict) Verdict {
	out := Verdict{Cause: v.Cause, Confidence: int64(math.Round(v.Confidence * certain)), Rule: v.By == text.ByRule, Because: []Reason{}}
	for _, w := range v.Because[:min(len(v.Because), maxReasons)] {
		out.Because = append(out.Because, Reason{w.Term, w.Weight})
	}
	return out
}

// certain is the confidence of who does not guess.
const certain = 10_000

func badCause(field string) *live.Error {
	return live.Invalid("invalid_field", field, "must be one of poor_experience, promotion_mismatch, unclear_policy, quality, logistics, other")
}
