package attribution

import (
	"math"
	"math/bits"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

// DefaultHalfLife is the half-life of Adobe, Mixpanel and Google Ads.
const DefaultHalfLife = 7 * 24 * time.Hour

// timeDecay gives a touch half as much as one that is a half-life younger:
// 2^(-(conversion - touch) / half-life), normalised. Touches without times are
// of the same instant and weigh the same.
type timeDecay struct{ halfLife time.Duration }

func newTimeDecay(o *Options) (Model, error) {
	if o.HalfLife == 0 {
		o.HalfLife = DefaultHalfLife
	}
	if o.HalfLife < 0 {
		return nil, live.Invalid("invalid_field", "half_life", "must be positive")
	}
	return timeDecay{o.HalfLife}, nil
}

func (timeDecay) Name() string { return "time_decay" }

func (m timeDecay) Params() map[string]string {
	return map[string]string{"half_life": m.halfLife.String()}
}

// Weights counts from the newest touch instead of the conversion, which changes
// no proportion, and scales so that the sum just fits: a touch of twenty
// half-lives before still weighs to twelve digits.
func (m timeDecay) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	newest := touches[len(touches)-1].At
	scale := 62 - bits.Len(uint(len(touches)))
	for i := range touches {
		age := float64(newest.Sub(touches[i].At)) / float64(m.halfLife)
		dst = append(dst, int64(math.Round(math.Ldexp(math.Exp2(-age), scale))))
	}
	return dst
}
