package sim

import (
	"sync"
	"time"

	"showrunner/live"
)

// Tally keeps the books of one show from acknowledgements alone. What was not
// acknowledged was not told to it; what was acknowledged is told once. It is
// safe for concurrent use.
type Tally struct {
	mu      sync.Mutex
	entered map[string]time.Time // last activity of each person
	channel map[string]string    // of the first entry
	views   int64
	viewsBy map[string]int64 // views by channel of the person

	count                        map[live.Kind]int64
	who                          map[live.Kind]map[string]bool
	likes                        int64
	following                    map[string]bool
	interacted                   map[string]bool
	pins                         map[live.ProductID]int64
	exposedBy, clickedBy, cartBy map[live.ProductID]int64
	exposedWho, clickedWho       map[live.ProductID]map[string]bool
	orders                       map[live.OrderID]*bought
	gifts                        gifts
}

// NewTally is an empty book.
func NewTally() *Tally {
	return &Tally{
		entered: map[string]time.Time{}, channel: map[string]string{}, viewsBy: map[string]int64{},
		count: map[live.Kind]int64{}, who: map[live.Kind]map[string]bool{},
		following: map[string]bool{}, interacted: map[string]bool{},
		pins: map[live.ProductID]int64{}, exposedBy: map[live.ProductID]int64{}, clickedBy: map[live.ProductID]int64{},
		cartBy: map[live.ProductID]int64{}, exposedWho: map[live.ProductID]map[string]bool{}, clickedWho: map[live.ProductID]map[string]bool{},
		orders: map[live.OrderID]*bought{},
	}
}

// viewGap is the pause after which coming back is a new view.
const viewGap = 30 * time.Minute

// Entered books that a person was welcomed into the room at an instant of the
// real clock. Coming back within half an hour is the same view.
func (t *Tally) Entered(person, channel string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, known := t.channel[person]; !known {
		t.channel[person] = channel
	}
	last, known := t.entered[person]
	if !known || at.Sub(last) > viewGap {
		t.views++
		t.viewsBy[t.channel[person]]++
	}
	t.entered[person] = at
}

// Watched books a heartbeat, which keeps the person's view going.
func (t *Tally) Watched(person string, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.entered[person] = at
}

// Fact books one fact of a person.
func (t *Tally) Fact(person string, k live.Kind, d Data) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count[k]++
	mark(t.who, k, person)
	switch k {
	case live.Liked:
		t.likes += d.Count
	case live.Followed, live.Unfollowed:
		t.following[person] = k == live.Followed
	case live.ProductExposed:
		t.exposedBy[d.Product]++
		mark(t.exposedWho, d.Product, person)
	case live.ProductClicked:
		t.clickedBy[d.Product]++
		mark(t.clickedWho, d.Product, person)
	case live.CartItemAdded:
		t.cartBy[d.Product]++
	}
	switch k {
	case live.CommentSent, live.Liked, live.RoomShared, live.Followed:
		t.interacted[person] = true
	}
}

// Pinned books a pin.
func (t *Tally) Pinned(p live.ProductID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.pins[p]++
}

// Facts is how many facts and orders were booked so far.
func (t *Tally) Facts() (facts, orders int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, n := range t.count {
		facts += n
	}
	for _, b := range t.orders {
		if b.created {
			orders++
		}
	}
	return facts, orders
}

func mark[K comparable](sets map[K]map[string]bool, k K, person string) {
	if sets[k] == nil {
		sets[k] = map[string]bool{}
	}
	sets[k][person] = true
}

// Figures are the sums of a tally. Counts has the integer metrics of the
// dictionary by their key, except those of money, which stand by currency.
type Figures struct {
	Counts   map[string]int64
	Money    map[live.Currency]Money
	Products map[live.ProductID]Product
	Sources  map[string]Source
	Returned int64 // coupons, without those of orders that ran out unpaid
}

// Product is one product of a tally.
type Product struct {
	Pins, ExposurePV, ExposureUV, ClickPV, ClickUV, CartPV int64
	Money                                                  map[live.Currency]LineMoney
}

// Source is one channel of arrival.
type Source struct {
	WatchPV, WatchUV, Buyers int64
	Money                    map[live.Currency]LineMoney
}

// Figures adds everything up. began and ended bound the time on air, which
// decides whose refunds count by pay date.
func (t *Tally) Figures(began, ended time.Time) Figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	uv := func(k live.Kind) int64 { return int64(len(t.who[k])) }
	f := Figures{
		Counts: map[string]int64{
			"room_exposure_pv": t.count[live.RoomExposed], "room_exposure_uv": uv(live.RoomExposed),
			"watch_pv": t.views, "watch_uv": int64(len(t.entered)),
			"comment_pv": t.count[live.CommentSent], "comment_uv": uv(live.CommentSent),
			"like_count": t.likes, "like_uv": uv(live.Liked),
			"share_pv": t.count[live.RoomShared], "share_uv": uv(live.RoomShared),
			"follow_gross": t.count[live.Followed], "interact_uv": int64(len(t.interacted)),
			"product_exposure_pv": t.count[live.ProductExposed], "product_exposure_uv": uv(live.ProductExposed),
			"product_click_pv": t.count[live.ProductClicked], "product_click_uv": uv(live.ProductClicked),
			"cart_pv": t.count[live.CartItemAdded], "cart_uv": uv(live.CartItemAdded),
			"checkout_pv": t.count[live.CheckoutStarted], "checkout_uv": uv(live.CheckoutStarted),
		},
		Money: map[live.Currency]Money{}, Products: map[live.ProductID]Product{}, Sources: map[string]Source{},
	}
	for _, follows := range t.following {
		if follows {
			f.Counts["follow_net"]++
		}
	}
	for _, of := range []map[live.ProductID]int64{t.pins, t.exposedBy, t.clickedBy, t.cartBy} {
		for id := range of {
			f.Products[id] = Product{
				Pins: t.pins[id], ExposurePV: t.exposedBy[id], ExposureUV: int64(len(t.exposedWho[id])),
				ClickPV: t.clickedBy[id], ClickUV: int64(len(t.clickedWho[id])), CartPV: t.cartBy[id],
				Money: map[live.Currency]LineMoney{},
			}
		}
	}
	for _, channel := range t.channel {
		src := f.Sources[channel]
		src.WatchUV++
		src.WatchPV = t.viewsBy[channel]
		src.Money = map[live.Currency]LineMoney{}
		f.Sources[channel] = src
	}
	t.money(&f, began, ended)
	t.benefits(&f)
	return f
}
