package sim

import (
	"fmt"
	"time"

	"showrunner/live"
)

// goods is the catalogue every show sells from.
var goods = []struct {
	product live.ProductID
	title   string
	price   int64
	appeal  float64
	kinds   []string // SKUs
}{
	{"linen-shirt", "亚麻衬衫 Linen shirt", 15900, 1.3, []string{"S", "M", "L"}},
	{"thermos-500", "保温杯 Thermos 500 ml", 8900, 0.9, []string{"white", "green"}},
	{"face-cream", "修护面霜 Repair cream 50 g", 23900, 1.5, []string{"50g"}},
	{"oolong-tea", "凤凰单丛茶 Phoenix oolong 250 g", 12800, 0.8, []string{"250g"}},
	{"rice-cooker", "电饭煲 Rice cooker 3 l", 39900, 0.6, []string{"3l"}},
	{"running-shoe", "跑鞋 Running shoe", 32900, 1.1, []string{"40", "42", "44"}},
	{"silk-scarf", "真丝丝巾 Silk scarf", 19900, 1.0, []string{"red", "blue"}},
	{"nut-box", "每日坚果礼盒 Daily nuts box", 6990, 1.2, []string{"30d"}},
}

// late is how many products of the catalogue the crew adds during the show.
const late = 1

// changing is the product whose price falls once during the show. It is never
// bought together with others, so that the money of every line of an order can
// be told from the order's total.
const changing = 2

// stock lays out the shelf. Most SKUs start with enough for the first minutes;
// the one with the changing price starts small, so that a show of some size
// also sells out.
func (s *Script) stock() {
	rank := 0
	for i, g := range goods {
		for _, kind := range g.kinds {
			rank++
			o := Offer{
				Product: g.product, SKU: live.SKUID(string(g.product) + "-" + kind),
				Title: fmt.Sprintf("%s (%s)", g.title, kind), Price: g.price,
				Stock: 10 + int64(s.Viewers)/10, Rank: rank, appeal: g.appeal,
			}
			if i == changing {
				o.Stock = 2 + int64(s.Viewers)/200
			}
			if i >= len(goods)-late {
				s.Late = append(s.Late, o)
			} else {
				s.Shelf = append(s.Shelf, o)
			}
		}
	}
}

// offers lists the SKUs that can be had at an instant.
func (s *Script) offers(at time.Duration) []Offer {
	if at < s.addsAt()+s.Length/50 {
		return s.Shelf
	}
	return append(append([]Offer(nil), s.Shelf...), s.Late...)
}

// addsAt is when the crew puts the late products on the shelf.
func (s *Script) addsAt() time.Duration { return s.Length * 2 / 5 }

// pin is one product in the foreground for a while.
type pin struct {
	at, until time.Duration
	product   live.ProductID
	appeal    float64
	skus      []Offer
}

// pins is the run of the show: every product in turn, again and again in long
// shows, for at least half a minute each.
func (s *Script) pins() []pin {
	first, last := s.Length/20, s.Length*19/20
	slot := max((last-first)/time.Duration(len(goods)), min(30*time.Second, (last-first)/4))
	if s.Minutes > 40 {
		slot = 5 * time.Minute
	}
	var out []pin
	next := 0
	for at := first; at+slot <= last+time.Second; at += slot {
		offers := s.offers(at)
		p := pin{at: at, until: min(at+slot, last), product: offers[0].Product}
		// The next product of the catalogue that is on the shelf by now.
		for range goods {
			want := goods[next%len(goods)].product
			next++
			p.skus = nil
			for _, o := range offers {
				if o.Product == want {
					p.product, p.appeal = want, o.appeal
					p.skus = append(p.skus, o)
				}
			}
			if len(p.skus) > 0 {
				break
			}
		}
		out = append(out, p)
	}
	return out
}
