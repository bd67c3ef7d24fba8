package analytics

import "showrunner/live"

// addBehaviour counts a fact of a viewer. A fact about nobody counts as an
// occurrence and as no person.
func (f *Fold) addBehaviour(e *live.Event) {
	t := &f.traffic
	who := int32(-1)
	if e.Person != "" {
		who = f.person(e.Person)
	}
	switch e.Kind {
	case live.RoomExposed:
		t.RoomExposurePV++
		f.once(who, didSeeRoom, &t.RoomExposureUV)
	case live.RoomEntered:
		f.minuteOf(e.ReceivedAt).Entered++
		f.enter(who, e)
		f.alive(who, e)
	case live.WatchHeartbeat:
		f.watch(who, read(e.Data))
		f.alive(who, e)
	case live.RoomLeft:
		if who >= 0 {
			f.persons[who].did &^= isPresent
		}
	case live.CommentSent:
		t.CommentPV++
		f.minuteOf(e.ReceivedAt).Comments++
		f.interact(who, didComment, &t.CommentUV)
	case live.Liked:
		n := read(e.Data).Count
		t.LikeCount += n
		f.minuteOf(e.ReceivedAt).Likes += n
		f.interact(who, didLike, &t.LikeUV)
	case live.RoomShared:
		t.SharePV++
		f.interact(who, didShare, &t.ShareUV)
	case live.Followed:
		var ever int64 // nobody asks for the persons who ever followed
		t.FollowGross++
		f.interact(who, didFollow, &ever)
		f.once(who, follows, &t.FollowNet)
	case live.Unfollowed:
		if who >= 0 && f.persons[who].did&follows != 0 {
			f.persons[who].did &^= follows
			t.FollowNet--
		}
	case live.ProductExposed, live.ProductClicked, live.CartItemAdded:
		f.addProductFact(who, e)
	case live.CheckoutStarted:
		t.CheckoutPV++
		f.once(who, didCheckout, &t.CheckoutUV)
	}
}

func (f *Fold) addProductFact(who int32, e *live.Event) {
	t := &f.traffic
	var p *product
	if id := read(e.Data).Product; id != "" {
		p = f.product(id)
	}
	switch e.Kind {
	case live.ProductExposed:
		t.ProductExposurePV++
		f.once(who, didSeeProduct, &t.ProductExposureUV)
		if p != nil {
			p.ExposurePV++
			if who >= 0 && p.exposed.add(who) {
				p.ExposureUV++
			}
		}
	case live.ProductClicked:
		t.ProductClickPV++
		f.minuteOf(e.ReceivedAt).Clicks++
		f.once(who, didClick, &t.ProductClickUV)
		if p != nil {
			p.ClickPV++
			if who >= 0 && p.clicked.add(who) {
				p.ClickUV++
			}
		}
	case live.CartItemAdded:
		t.CartPV++
		f.minuteOf(e.ReceivedAt).Carts++
		f.once(who, didCart, &t.CartUV)
		if p != nil {
			p.CartPV++
		}
	}
}

// once counts a person the first time they do something.
func (f *Fold) once(who int32, bit uint32, uv *int64) {
	if who < 0 || f.persons[who].did&bit != 0 {
		return
	}
	f.persons[who].did |= bit
	*uv++
}

// interact is once, and also counts persons who interacted in any way.
func (f *Fold) interact(who int32, bit uint32, uv *int64) {
	const any = didComment | didLike | didShare | didFollow
	if who >= 0 && f.persons[who].did&any == 0 {
		f.traffic.InteractUV++
	}
	f.once(who, bit, uv)
}

// enter gives the person the channel of their first entry, and moves to it what
// they did before.
func (f *Fold) enter(who int32, e *live.Event) {
	if who < 0 || f.persons[who].did&didEnter != 0 {
		return
	}
	f.once(who, didEnter, &f.traffic.WatchUV)
	channel := e.Channel
	if channel == "" {
		channel = ChannelDirect
	}
	p := &f.persons[who]
	old := p.source
	p.source = f.source(channel)
	p.source.uv++
	old.views -= int64(len(p.views))
	p.source.views += int64(len(p.views))
	f.book.move(who, old, p.source)
}

// watch adds visible watch time.
func (f *Fold) watch(who int32, d fields) {
	if !d.Visible || d.Watched <= 0 {
		return
	}
	f.traffic.WatchMS += d.Watched
	if who < 0 {
		return
	}
	f.persons[who].watched += d.Watched
	if f.persons[who].watched >= 60_000 {
		f.once(who, watched60s, &f.traffic.WatchUV60s)
	}
}

// alive notes an entry or a heartbeat: views, persons of the minute, online now.
func (f *Fold) alive(who int32, e *live.Event) {
	if who < 0 {
		return
	}
	p := &f.persons[who]
	at := e.ReceivedAt.UnixMilli()
	var grown int64
	p.views, grown = cover(p.views, at, watchGap.Milliseconds())
	f.traffic.WatchPV += grown
	p.source.views += grown

	if m := unixMinute(e.ReceivedAt); !holds(p.minutes, m) {
		p.minutes, _ = cover(p.minutes, m, 1)
		f.minuteOf(e.ReceivedAt).Online++
		f.traffic.OnlineMinutes++
	}

	p.last = max(p.last, at)
	p.did |= isPresent
	if p.did&isListed == 0 {
		p.did |= isListed
		f.active = append(f.active, who)
	}
}
