package attribution

import (
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// Revalue is the order after its money changed, by a refund as a rule, and the
// differences to post: they have the weights of the sale and sum to what the
// money changed by. The credits are those of an order that was of this value
// from the start, so that several refunds which sum to the whole leave nothing
// behind; splitting each refund by itself would leave cents. o is not changed.
func (o *Order) Revalue(value int64) (Order, []conversion.Credit) {
	after := *o
	after.Value = value
	if len(o.Credits) == 0 {
		after.Unattributed = value
		return after, nil
	}
	after.Credits = slices.Clone(o.Credits)
	weights := make([]int64, len(o.Credits))
	for i := range o.Credits {
		weights[i] = o.Credits[i].Weight
	}
	var posts []conversion.Credit
	for i, minor := range live.SplitMinor(value, weights) {
		c := &after.Credits[i]
		if d := minor - c.Minor; d != 0 {
			post := *c
			post.Minor = d
			posts = append(posts, post)
		}
		c.Minor = minor
	}
	return after, posts
}
