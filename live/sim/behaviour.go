package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Chances of one person of average appetite. They are set so that a hot show
// comes out: about half of the viewers click, about one in eight buys.
const (
	seesCard   = 0.85 // of those present when a product is pinned
	clicksCard = 0.17
	opensBag   = 0.18
	clicksBag  = 0.12 // of each product in the bag
	addsToCart = 0.45 // of clicks
	checksOut  = 0.62 // of carts
	orders     = 0.85 // of checkouts
	takesTwo   = 0.15 // a second product in the same order
	comments   = 0.20
	likes      = 0.33
	follows    = 0.08
	shares     = 0.03
	rejoins    = 0.04
)

// behave writes the acts of one person.
func (s *Script) behave(i int, pins []pin) {
	p := &s.People[i]
	b := behaviour{s: s, p: p, dice: s.dice(forPerson, uint64(i))}
	if p.Spams {
		b.spam()
		b.finish()
		return
	}
	if p.Channel == "other" {
		// Traffic nobody can explain hardly does anything.
		b.finish()
		return
	}
	b.goodsAct(pins)
	b.talk(pins)
	b.like()
	if b.chance(follows * appetite(p.Channel)) {
		b.fact(b.within(), live.Followed, Data{})
		if b.chance(0.12) {
			b.fact(b.within(), live.Unfollowed, Data{})
		}
	}
	if b.chance(shares) {
		b.fact(b.within(), live.RoomShared, Data{ShareChannel: pick(b.dice, []string{"wechat", "moments", "copy_link", "whatsapp"})})
	}
	stay := p.Leave - p.Arrive
	if p.Watches && stay > 30*time.Second {
		for n := range 2 {
			at := p.Arrive + stay*time.Duration(n+1)/3 + b.between(0, stay/10)
			p.Acts = append(p.Acts, Act{At: at, Rejoin: true})
		}
	} else if b.chance(rejoins) && stay > 20*time.Second {
		p.Acts = append(p.Acts, Act{At: b.within(), Rejoin: true})
	}
	b.finish()
}

type behaviour struct {
	dice
	s *Script
	p *Person
}

// within is some instant of the person's stay.
func (b *behaviour) within() time.Duration {
	return b.between(b.p.Arrive, b.p.Leave)
}

func (b *behaviour) fact(at time.Duration, k live.Kind, d Data) {
	b.p.Acts = append(b.p.Acts, Act{At: at, Fact: k, Data: d})
}

// finish sorts and names the acts; those beyond the show never happen.
func (b *behaviour) finish() {
	slices.SortStableFunc(b.p.Acts, func(x, y Act) int { return cmp.Compare(x.At, y.At) })
	b.p.Acts = slices.DeleteFunc(b.p.Acts, func(a Act) bool { return a.At >= b.s.Length })
	for i := range b.p.Acts {
		b.p.Acts[i].Name = fmt.Sprintf("%s-%d", b.p.Key, i+1)
		b.p.Leave = min(max(b.p.Leave, b.p.Acts[i].At+time.Second), b.s.Length)
	}
}

// goodsAct is seeing, clicking and buying.
func (b *behaviour) goodsAct(pins []pin) {
	want := appetite(b.p.Channel)
	bought := 0
	for _, pin := range pins {
		from, to := max(pin.at, b.p.Arrive), min(pin.until, b.p.Leave)
		if to-from < 3*time.Second || !b.chance(seesCard) {
			continue
		}
		at := from + b.between(time.Second, 3*time.Second)
		b.fact(at, live.ProductExposed, Data{Product: pin.product, Surface: "pin_card"})
		if b.chance(min(0.7, clicksCard*want*pin.appeal)) {
			at += b.between(2*time.Second, max(3*time.Second, (to-at)/2))
			bought += b.consider(at, pin.skus, "pin_card", bought)
		}
	}
	if !b.chance(opensBag * want) {
		return
	}
	at := b.within()
	offers := b.s.offers(at)
	for range 3 + b.IntN(4) {
		o := offers[b.IntN(len(offers))]
		at += b.between(500*time.Millisecond, 3*time.Second)
		b.fact(at, live.ProductExposed, Data{Product: o.Product, Surface: "bag_list"})
		if b.chance(min(0.5, clicksBag*want*o.appeal)) {
			bought += b.consider(at+b.between(time.Second, 4*time.Second), []Offer{o}, "bag_list", bought)
		}
	}
}

// consider is one click and what may follow; it returns 1 for an order. A
// person orders twice at most.
func (b *behaviour) consider(at time.Duration, skus []Offer, surface string, bought int) int {
	o := pick(b.dice, skus)
	b.fact(at, live.ProductClicked, Data{Product: o.Product, SKU: o.SKU, Surface: surface})
	if bought >= 2 || !b.chance(addsToCart) {
		return 0
	}
	at += b.between(3*time.Second, 15*time.Second)
	qty := 1 + int64(b.IntN(10)/8)
	b.fact(at, live.CartItemAdded, Data{Product: o.Product, SKU: o.SKU, Qty: qty})
	lines := []live.OrderLine{{Product: o.Product, SKU: o.SKU, Qty: qty}}
	if second := pick(b.dice, b.s.Shelf); second.Product != o.Product && b.chance(takesTwo) &&
		o.Product != goods[changing].product && second.Product != goods[changing].product {
		at += b.between(3*time.Second, 10*time.Second)
		b.fact(at, live.CartItemAdded, Data{Product: second.Product, SKU: second.SKU, Qty: 1})
		lines = append(lines, live.OrderLine{Product: second.Product, SKU: second.SKU, Qty: 1})
	}
	if !b.chance(checksOut) {
		return 0
	}
	at += b.between(2*time.Second, 10*time.Second)
	b.fact(at, live.CheckoutStarted, Data{})
	if !b.chance(orders) {
		return 0
	}
	at += b.between(2*time.Second, 12*time.Second)
	b.p.Acts = append(b.p.Acts, Act{At: at, Buy: &Purchase{Lines: lines, Currency: b.s.Currency}})
	if b.chance(0.25) {
		b.fact(at+b.between(3*time.Second, 20*time.Second), live.CommentSent, Data{Text: pick(b.dice, words.bought)})
	}
	return 1
}

// talk is greeting, asking and praising; a few questions go to the service.
func (b *behaviour) talk(pins []pin) {
	if !b.chance(comments) {
		return
	}
	if b.chance(0.4) {
		b.fact(b.p.Arrive+b.between(time.Second, 8*time.Second), live.CommentSent, Data{Text: pick(b.dice, words.greet)})
	}
	for range 1 + b.IntN(3) {
		at := b.within()
		var now pin
		for _, p := range pins {
			if p.at <= at {
				now = p
			}
		}
		of := words.praise
		if b.chance(0.6) {
			of = words.ask
		}
		text := say(b.dice, of, now)
		if b.chance(0.06) {
			b.fact(at, "question_asked", Data{Text: text})
			continue
		}
		b.fact(at, live.CommentSent, Data{Text: text})
	}
}

// like is tapping in bursts.
func (b *behaviour) like() {
	if !b.chance(likes) {
		return
	}
	at := b.within()
	for range 1 + b.IntN(4) {
		b.fact(at, live.Liked, Data{Count: 1 + int64(b.IntN(30))})
		at += b.between(time.Second, 5*time.Second)
		if at >= b.p.Leave {
			return
		}
	}
}

// spam is the same advertisement again and again, until somebody mutes it.
func (b *behaviour) spam() {
	at := b.p.Arrive + 5*time.Second
	for at < b.p.Leave && len(b.p.Acts) < 8 {
		b.fact(at, live.CommentSent, Data{Text: pick(b.dice, words.spam)})
		at += b.between(10*time.Second, 40*time.Second)
	}
}
