package attribution

import (
	"fmt"
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// TwoTouch is a convention for dividing two touches by position: there is no
// touch between them, and vendors disagree about whose the middle share is.
type TwoTouch string

// Conventions of two touches. With 40/20/40 both give one half each; with
// 20/20/60 they give 30/70 and 25/75.
const (
	// HalfMiddle gives half of the middle share to each end: DP6, Amplitude.
	HalfMiddle TwoTouch = "half_middle"
	// Renormalise leaves the middle share out: Adobe, Mixpanel, mta.
	Renormalise TwoTouch = "renormalise"
)

// maxPositionWeight keeps every weight of a path of a million touches exact.
const maxPositionWeight = 1_000_000_000

// position gives fixed parts to the first touch, to all touches between, evenly,
// and to the last. One touch alone has everything.
type position struct {
	first, middle, last int64
	twoTouch            TwoTouch
}

func newPosition(o *Options) (Model, error) {
	if o.Weights == [3]int64{} {
		o.Weights = [3]int64{40, 20, 40}
	}
	if o.TwoTouch == "" {
		o.TwoTouch = HalfMiddle
	}
	if !slices.Contains([]TwoTouch{HalfMiddle, Renormalise}, o.TwoTouch) {
		return nil, live.Invalid("invalid_field", "two_touch", "must be %s or %s", HalfMiddle, Renormalise)
	}
	if slices.Min(o.Weights[:]) < 0 || slices.Max(o.Weights[:]) > maxPositionWeight {
		return nil, live.Invalid("invalid_field", "weights", "must be 0 to %d each", maxPositionWeight)
	}
	return position{o.Weights[0], o.Weights[1], o.Weights[2], o.TwoTouch}, nil
}

func (position) Name() string { return "position" }

func (p position) Params() map[string]string {
	return map[string]string{"weights": fmt.Sprintf("%d,%d,%d", p.first, p.middle, p.last), "two_touch": string(p.twoTouch)}
}

func (p position) Weights(dst []int64, touches []conversion.Touchpoint) []int64 {
	return p.sized(dst, len(touches))
}

func (p position) sized(dst []int64, n int) []int64 {
	switch {
	case n == 1:
		return append(dst, 1)
	case n == 2 && p.twoTouch == HalfMiddle:
		return append(dst, 2*p.first+p.middle, 2*p.last+p.middle)
	case n == 2:
		return append(dst, p.first, p.last)
	}
	// In whole numbers: the middle share is divided by n - 2, so the ends are
	// multiplied by it.
	between := int64(n - 2)
	dst = append(dst, p.first*between)
	for range between {
		dst = append(dst, p.middle)
	}
	return append(dst, p.last*between)
}
