package analytics

// deedKind is what a person did.
type deedKind uint8

const (
	deedSeeRoom deedKind = iota
	deedEnter
	deedComment
	deedLike
	deedShare
	deedFollow
	deedSeeProduct
	deedClick
	deedCart
	deedCheckout
	deedGift
	deedGiftValue
	deedDraw
)

// deed is what one person did of one kind within one minute and with one
// product: what it takes to leave them out of the figures again, when they turn
// out to be a bot, and to let them back in.
type deed struct {
	sum     int64 // likes, gifts, or minor units
	minute  int32 // since 1970
	product int32 // index in Fold.shelf; -1: none
	times   int32
	kind    deedKind
}

// together is how far back a deed is looked for that one like it is added to.
const together = 4

// do counts a deed, and remembers it if it is known whose it is.
func (f *Fold) do(who int32, d deed) {
	d.times = 1
	d.count(&f.raw, 1)
	if f.counts(who) {
		d.count(&f.traffic, 1)
		f.countRows(&d, 1)
	}
	if who < 0 {
		return
	}
	f.at(who).remember(&d)
}

// add adds a deed that is like this one, and reports whether it was.
func (d *deed) add(x *deed) bool {
	if d.kind != x.kind || d.minute != x.minute || d.product != x.product {
		return false
	}
	d.sum += x.sum
	d.times += x.times
	return true
}

// count adds a deed to the totals of a show, or takes it away. Entries are not
// views: those are counted by signs of life.
func (d *deed) count(t *Traffic, sign int64) {
	n := sign * int64(d.times)
	switch d.kind {
	case deedSeeRoom:
		t.RoomExposurePV += n
	case deedComment:
		t.CommentPV += n
	case deedLike:
		t.LikeCount += sign * d.sum
	case deedShare:
		t.SharePV += n
	case deedFollow:
		t.FollowGross += n
	case deedSeeProduct:
		t.ProductExposurePV += n
	case deedClick:
		t.ProductClickPV += n
	case deedCart:
		t.CartPV += n
	case deedCheckout:
		t.CheckoutPV += n
	case deedGift:
		t.GiftCount += sign * d.sum
	case deedGiftValue:
		t.GiftValue += sign * d.sum
	case deedDraw:
		t.DrawEntries += n
	case deedEnter:
	}
}

// countRows adds a deed to its minute and its product, or takes it away.
func (f *Fold) countRows(d *deed, sign int64) {
	n := sign * int64(d.times)
	var p *product
	if d.product >= 0 {
		p = f.shelf[d.product]
	}
	switch d.kind {
	case deedEnter:
		f.minute(int64(d.minute)).Entered += n
	case deedComment:
		f.minute(int64(d.minute)).Comments += n
	case deedLike:
		f.minute(int64(d.minute)).Likes += sign * d.sum
	case deedSeeProduct:
		if p != nil {
			p.ExposurePV += n
		}
	case deedClick:
		f.minute(int64(d.minute)).Clicks += n
		if p != nil {
			p.ClickPV += n
		}
	case deedCart:
		f.minute(int64(d.minute)).Carts += n
		if p != nil {
			p.CartPV += n
		}
	case deedSeeRoom, deedShare, deedFollow, deedCheckout, deedGift, deedGiftValue, deedDraw:
	}
}
