package analytics

import "showrunner/live"

// addBehaviour counts a fact of a viewer. A fact about nobody counts as an
// occurrence and as no person.
func (f *Fold) addBehaviour(e *live.Event) {
	who := int32(-1)
	if e.Person != "" {
		who = f.person(e.Person)
	}
	d := deed{minute: int32(unixMinute(e.ReceivedAt)), product: -1}
	switch e.Kind {
	case live.RoomExposed:
		d.kind = deedSeeRoom
		f.do(who, d)
		f.once(who, didSeeRoom)
	case live.RoomEntered:
		d.kind = deedEnter
		f.do(who, d)
		f.enter(who, e)
		f.alive(who, e)
	case live.WatchHeartbeat:
		f.watch(who, e)
		f.alive(who, e)
	case live.RoomLeft:
		if who >= 0 {
			f.at(who).did &^= isPresent
		}
	case live.CommentSent:
		d.kind = deedComment
		f.do(who, d)
		f.interact(who, didComment)
		f.say(who, read(e.Data).Comment)
	case live.Liked:
		d.kind, d.sum = deedLike, read(e.Data).Count
		f.do(who, d)
		f.interact(who, didLike)
	case live.RoomShared:
		d.kind = deedShare
		f.do(who, d)
		f.interact(who, didShare)
	case live.Followed:
		d.kind = deedFollow
		f.do(who, d)
		f.interact(who, didFollow)
		f.once(who, follows)
	case live.Unfollowed:
		if who >= 0 && f.at(who).did&follows != 0 {
			f.at(who).did &^= follows
			f.gain(who, follows, -1)
		}
	case live.ProductExposed, live.ProductClicked, live.CartItemAdded:
		f.addProductFact(who, e, d)
	case live.CheckoutStarted:
		d.kind = deedCheckout
		f.do(who, d)
		f.once(who, didCheckout)
	case live.GiftSent:
		f.addGift(who, e, d)
	}
}

func (f *Fold) addProductFact(who int32, e *live.Event, d deed) {
	var p *product
	if id := read(e.Data).Product; id != "" {
		p = f.product(id)
		d.product = p.index
	}
	switch e.Kind {
	case live.ProductExposed:
		d.kind = deedSeeProduct
		f.do(who, d)
		f.once(who, didSeeProduct)
		if p != nil && who >= 0 && p.exposed.add(who) && f.counts(who) {
			p.ExposureUV++
		}
	case live.ProductClicked:
		d.kind = deedClick
		f.do(who, d)
		f.once(who, didClick)
		if p != nil && who >= 0 && p.clicked.add(who) && f.counts(who) {
			p.ClickUV++
		}
	case live.CartItemAdded:
		d.kind = deedCart
		f.do(who, d)
		f.once(who, didCart)
	}
}

// addGift counts gifts. Platforms tell a streak again and again while it grows;
// only its end counts, and that once.
func (f *Fold) addGift(who int32, e *live.Event, d deed) {
	g := read(e.Data)
	if g.Streak != "" {
		key := hashOf(string(e.Person), g.Streak)
		if _, told := f.streaks[key]; told || !g.StreakEnd {
			return
		}
		f.streaks[key] = struct{}{}
	}
	d.kind, d.sum = deedGift, g.Count
	f.do(who, d)
	d.kind, d.sum = deedGiftValue, g.Value
	f.do(who, d)
	f.once(who, didGive)
}

// once counts a person the first time they do something.
func (f *Fold) once(who int32, bit uint32) {
	if who < 0 || f.at(who).did&bit != 0 {
		return
	}
	f.at(who).did |= bit
	f.gain(who, bit, 1)
}

// gain changes the count of persons that a bit stands for by one of them.
func (f *Fold) gain(who int32, bit uint32, n int64) {
	if uv := uvOf(&f.raw, bit); uv != nil {
		*uv += n
		if f.counts(who) {
			*uvOf(&f.traffic, bit) += n
		}
	}
}

// interact is once, and also counts persons who interacted in any way.
func (f *Fold) interact(who int32, bit uint32) {
	if who >= 0 && f.at(who).did&didInteract == 0 {
		f.raw.InteractUV++
		if f.counts(who) {
			f.traffic.InteractUV++
		}
	}
	f.once(who, bit)
}

// enter gives the person the channel of their first entry, and moves to it what
// they did before.
func (f *Fold) enter(who int32, e *live.Event) {
	if who < 0 || f.at(who).did&didEnter != 0 {
		return
	}
	f.once(who, didEnter)
	channel := e.Channel
	if channel == "" {
		channel = ChannelDirect
	}
	p := f.at(who)
	old := p.source
	p.source = f.source(channel)
	if f.counts(who) {
		p.source.uv++
		old.views -= p.views()
		p.source.views += p.views()
	}
	f.book.move(who, old, p.source)
}

// alive notes an entry or a heartbeat: views, persons of the minute, online now.
func (f *Fold) alive(who int32, e *live.Event) {
	if who < 0 {
		return
	}
	p, counts := f.at(who), f.counts(who)
	at := e.ReceivedAt.UnixMilli()
	grown := p.see(at)
	f.raw.WatchPV += grown
	if counts {
		f.traffic.WatchPV += grown
		p.source.views += grown
	}

	if m := unixMinute(e.ReceivedAt); p.present(int32(m)) { //nolint:gosec // fits until the year 6053.
		row := f.minute(m)
		row.everybody++
		if counts {
			row.Online++
		}
	}

	p.last = max(p.last, at)
	p.did |= isPresent | didWatch
	if p.did&isListed == 0 {
		p.did |= isListed
		f.active = append(f.active, who)
	}
}
