package analytics

import "showrunner/live"

// rawKeys are the metrics that bots are left out of, as far as they are no rates:
// a rate is made of two of them.
var rawKeys = []string{
	"online_now", "room_exposure_pv", "room_exposure_uv", "watch_pv", "watch_uv", "watch_uv_60s", "total_watch_time_ms", "pcu",
	"comment_pv", "comments_sent", "comments_shown", "comment_uv", "like_count", "like_uv", "share_pv", "share_uv", "follow_gross", "follow_net",
	"gift_count", "gift_uv", "interact_uv", "product_exposure_pv", "product_exposure_uv", "product_click_pv", "product_click_uv",
	"cart_pv", "cart_uv", "checkout_pv", "checkout_uv", "coupon_claim_uv", "red_packet_uv", "draw_entries", "draw_entry_uv",
}

// BotCorrection is a published figure that flags have changed.
type BotCorrection struct {
	Metric   *Metric
	Old, New int64
}

// BotCorrections are the figures that differ between two counts of one show as of
// one instant, with other flags.
func BotCorrections(before, after *Figures) []BotCorrection {
	was, is := Read(before, "", -1), Read(after, "", -1)
	var out []BotCorrection
	for _, key := range rawKeys {
		if m := byKey[key]; key != "online_now" && m.Num(was) != m.Num(is) {
			out = append(out, BotCorrection{m, m.Num(was), m.Num(is)})
		}
	}
	return out
}

// Raw are the figures about viewers with flagged bots in them, to be shown
// beside the published ones. online is that of everybody, negative if not known.
func Raw(f *Figures, online int64) Values {
	x := *f
	x.Traffic = f.Raw
	r := Read(&x, "", online)
	vs := make(Values, 0, len(rawKeys))
	for _, key := range rawKeys {
		if key != "online_now" || online >= 0 {
			vs = append(vs, byKey[key].Of(r))
		}
	}
	return vs
}

// counts reports whether what a person does enters the published figures: not
// if they are flagged as a bot. Nobody in particular counts.
func (f *Fold) counts(who int32) bool { return who < 0 || f.at(who).did&isBot == 0 }

// addFlag takes a person out of the published figures, with everything they did
// in this show before, or lets them back in. Raw figures do not change, and
// neither do orders and money: what was paid was paid.
func (f *Fold) addFlag(e *live.Event) {
	if e.Person == "" {
		return
	}
	who := f.person(e.Person)
	switch p := f.at(who); {
	case e.Kind == live.BotFlagged && p.did&isBot == 0:
		f.sway(who, -1)
		f.at(who).did |= isBot
		f.bots++
	case e.Kind == live.BotUnflagged && p.did&isBot != 0:
		f.at(who).did &^= isBot
		f.sway(who, 1)
		f.bots--
	}
}

// sway adds everything a person did to the published figures, or takes it away.
func (f *Fold) sway(who int32, sign int64) {
	p, t := f.at(who), &f.traffic
	for bit := uint32(1); bit <= p.did; bit <<= 1 {
		if uv := uvOf(t, bit); uv != nil && p.did&bit != 0 {
			*uv += sign
		}
	}
	if p.did&didInteract != 0 {
		t.InteractUV += sign
	}
	t.WatchPV += sign * p.views()
	p.source.views += sign * p.views()
	if p.did&didEnter != 0 {
		p.source.uv += sign
	}
	t.WatchMS += sign * p.watched
	t.CommentShown += sign * int64(p.shown)
	p.runs(func(r run) {
		for m := r.from; m <= r.to; m++ {
			f.minute(int64(m)).Online += sign
		}
	})
	p.deeds(func(d *deed) {
		d.count(t, sign)
		f.countRows(d, sign)
	})
	for _, x := range f.shelf {
		if x.exposed.has(who) {
			x.ExposureUV += sign
		}
		if x.clicked.has(who) {
			x.ClickUV += sign
		}
	}
}

// uvOf is the count of persons that a bit of [person.did] stands for; nil if it
// stands for none.
func uvOf(t *Traffic, bit uint32) *int64 {
	switch bit {
	case didEnter:
		return &t.WatchUV
	case didComment:
		return &t.CommentUV
	case didLike:
		return &t.LikeUV
	case didShare:
		return &t.ShareUV
	case follows:
		return &t.FollowNet
	case didSeeRoom:
		return &t.RoomExposureUV
	case didSeeProduct:
		return &t.ProductExposureUV
	case didClick:
		return &t.ProductClickUV
	case didCart:
		return &t.CartUV
	case didCheckout:
		return &t.CheckoutUV
	case didGive:
		return &t.GiftUV
	case didClaim:
		return &t.CouponClaimUV
	case didShareOut:
		return &t.PacketUV
	case didDraw:
		return &t.DrawEntryUV
	case watched60s:
		return &t.WatchUV60s
	}
	return nil
}
