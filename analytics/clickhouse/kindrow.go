package clickhouse

import (
	"slices"

	"showrunner/conversion"
	"showrunner/live"
)

// kindRow is what the rows of a kind have in common: found out once.
type kindRow struct {
	kind   live.Kind
	order  bool             // it changes an order: whose money, and data, stand in order_deltas
	placed bool             // it is known by its place in the log alone
	rule   *conversion.Rule // by which it may be a touch
	number quantity
	before *live.Noted[reading] // of the data that were read last
	place  uint32               // of its name among those of the range, as [wordColumn.putKnown] has it
}

// quantity says what the one number of a fact is.
type quantity uint8

const (
	noQuantity quantity = iota
	likesGiven
	watchedFor
	pieces
	giftsGiven
)

// kindRows finds the common of kinds. Slots of the hash are looked at first: facts
// of few kinds come in any order.
type kindRows struct {
	rules *conversion.RuleSet
	all   map[live.Kind]*kindRow
	slots [64]*kindRow
}

// reset begins another range.
func (r *kindRows) reset() {
	for _, is := range r.all {
		is.place = 0
	}
}

func (r *kindRows) of(k live.Kind) *kindRow {
	slot := &r.slots[live.Hash(k)%uint32(len(r.slots))]
	if *slot != nil && (*slot).kind == k {
		return *slot
	}
	row := r.all[k]
	if row == nil {
		row = &kindRow{kind: k, order: live.OrderFactKind(k), placed: slices.Contains(placedKinds, k), rule: r.rules.Rule(k)}
		switch k {
		case live.Liked:
			row.number = likesGiven
		case live.WatchHeartbeat:
			row.number = watchedFor
		case live.CartItemAdded:
			row.number = pieces
		case live.GiftSent:
			row.number = giftsGiven
		}
		if r.all == nil {
			r.all = map[live.Kind]*kindRow{}
		}
		r.all[k] = row
	}
	*slot = row
	return row
}

// value is the quantity of a fact: likes, visible milliseconds, pieces, gifts.
func (q quantity) value(d *facts) int64 {
	switch q {
	case likesGiven:
		return d.count
	case watchedFor:
		if !d.visible {
			return 0
		}
		return max(d.watched, 0)
	case pieces:
		return d.qty
	case giftsGiven:
		if len(d.streak) > 0 && !d.streakEnd {
			return 0 // of a streak only the end counts
		}
		return d.count
	case noQuantity:
	}
	return 0
}
