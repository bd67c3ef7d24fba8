package sim_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/live"
	"showrunner/live/sim"
)

func script(t *testing.T, seed uint64, viewers, minutes int) *sim.Script {
	t.Helper()
	s, err := sim.New(sim.Config{Seed: seed, Viewers: viewers, Minutes: minutes})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSameSeedSameScript(t *testing.T) {
	hidden := cmpopts.IgnoreUnexported(sim.Offer{})
	a, b := script(t, 7, 300, 10), script(t, 7, 300, 10)
	if diff := cmp.Diff(a, b, hidden); diff != "" {
		t.Errorf("two scripts of one seed differ (-first +second):\n%s", diff)
	}
	c := script(t, 8, 300, 10)
	c.Seed = a.Seed
	if cmp.Equal(a, c, hidden) {
		t.Error("scripts of two seeds are equal")
	}
}

func TestConfigBounds(t *testing.T) {
	for _, tc := range []struct {
		viewers, minutes int
		field            string
	}{
		{0, 10, "viewers"}, {100_001, 10, "viewers"}, {10, 0, "minutes"}, {10, 1441, "minutes"},
	} {
		_, err := sim.New(sim.Config{Viewers: tc.viewers, Minutes: tc.minutes})
		fault := &live.Error{}
		ok := errors.As(err, &fault)
		if !ok || fault.Field != tc.field {
			t.Errorf("%d viewers, %d minutes: got %v, want a fault in %s", tc.viewers, tc.minutes, err, tc.field)
		}
	}
}

// TestScriptHolds checks what every script must keep to be playable.
func TestScriptHolds(t *testing.T) {
	for _, tc := range []struct {
		seed             uint64
		viewers, minutes int
	}{{1, 1, 1}, {2, 5, 1}, {3, 50, 3}, {4, 300, 10}, {5, 2000, 60}, {6, 100, 180}} {
		s := script(t, tc.seed, tc.viewers, tc.minutes)
		if len(s.People) != tc.viewers {
			t.Fatalf("%+v: got %d people", tc, len(s.People))
		}
		names := map[string]bool{}
		once := func(name string) {
			if names[name] {
				t.Fatalf("%+v: the name %q is used twice", tc, name)
			}
			names[name] = true
		}
		skus := map[live.SKUID]bool{}
		for _, o := range append(slices.Clone(s.Shelf), s.Late...) {
			item := live.Item{Product: o.Product, SKU: o.SKU, Title: o.Title, Price: o.Price, Currency: s.Currency, Rank: o.Rank, Released: o.Stock}
			if err := item.Validate(); err != nil {
				t.Errorf("%+v: offer %s: %v", tc, o.SKU, err)
			}
			skus[o.SKU] = true
		}
		watchers := 0
		for _, p := range s.People {
			once(p.Key)
			if p.Watches {
				watchers++
			}
			if p.Arrive < 0 || p.Leave <= p.Arrive || p.Leave > s.Length {
				t.Errorf("%+v: %s stays from %s to %s of %s", tc, p.Key, p.Arrive, p.Leave, s.Length)
			}
			last := p.Arrive
			for _, a := range p.Acts {
				once(a.Name)
				if a.At < last || a.At > p.Leave {
					t.Errorf("%+v: act %s at %s is out of place", tc, a.Name, a.At)
				}
				last = a.At
				if a.Buy != nil {
					checkPurchase(t, a.Buy, skus)
				}
			}
		}
		if watchers == 0 {
			t.Errorf("%+v: nobody watches", tc)
		}
		if first, last := s.Crew[0], s.Crew[len(s.Crew)-1]; first.Command != live.StartShow || last.Command != live.EndShow || last.At != s.Length {
			t.Errorf("%+v: the crew begins with %s and ends with %s at %s", tc, first.Command, last.Command, last.At)
		}
		for _, c := range s.Crew {
			once(c.Name)
			if !(live.Principal{Role: c.By}).May(c.Command.Action()) {
				t.Errorf("%+v: %s may not %s", tc, c.By, c.Command)
			}
		}
		for _, x := range s.Touches {
			once(x.Name)
			if x.Ago <= 0 || x.Ago > 7*24*time.Hour {
				t.Errorf("%+v: touch %s was %s before the show", tc, x.Name, x.Ago)
			}
		}
		for _, m := range s.Seen {
			once(m.Name)
		}
	}
}

// checkPurchase holds every fate to what the books can follow: no line is
// refunded beyond its payment, and nothing happens after a buyer's cancellation.
func checkPurchase(t *testing.T, p *sim.Purchase, skus map[live.SKUID]bool) {
	t.Helper()
	for i := range p.Lines {
		if l := &p.Lines[i]; !skus[l.SKU] || l.Qty < 1 {
			t.Errorf("line %+v is not on the shelf", l)
		} else if p.ByShop && l.Payable() <= 0 {
			t.Errorf("shop line %+v costs nothing", l)
		}
	}
	if p.PayAfter == 0 && len(p.Refunds) > 0 {
		t.Error("an unpaid order is refunded")
	}
	if p.Cancel == live.CancelUser && (p.PayAfter > 0 || p.ByShop) {
		t.Error("a buyer cancels a paid or a shop order")
	}
	for _, paid := range []int64{1, 2, 999, 6990, 39900} {
		for _, postage := range []int64{0, 1000} {
			given := map[int]int64{}
			for _, r := range p.Refunds {
				goods, shipping := r.Amounts(paid, postage)
				if goods < 0 || shipping < 0 {
					t.Errorf("refund of %d gives %d and %d", paid, goods, shipping)
				}
				given[r.Line] += goods + shipping
			}
			for line, back := range given {
				if back > paid {
					t.Errorf("line %d: %d of %d is given back", line, back, paid)
				}
			}
		}
	}
}

// TestPlausible holds a large script to the shares of a decent show.
func TestPlausible(t *testing.T) {
	s := script(t, 11, 4000, 60)
	who := map[live.Kind]map[string]bool{}
	count := map[string]float64{}
	channels := map[string]bool{}
	firstTenth, middle := 0, 0
	for _, p := range s.People {
		channels[p.Channel] = true
		if p.Arrive < s.Length/10 {
			firstTenth++
		} else if p.Arrive >= s.Length*4/10 && p.Arrive < s.Length/2 {
			middle++
		}
		for _, a := range p.Acts {
			switch {
			case a.Buy != nil:
				count["orders"]++
				if a.Buy.PayAfter > 0 {
					count["paid"]++
				}
				if len(a.Buy.Refunds) > 0 {
					count["refunded"]++
				}
				if a.Buy.Cancel != "" {
					count["cancelled"]++
				}
				if a.Buy.ByShop {
					count["shop"]++
				}
				if a.Buy.Currency != s.Currency {
					count["abroad"]++
				}
			case a.Rejoin:
				count["rejoins"]++
			default:
				count[string(a.Fact)]++
				if who[a.Fact] == nil {
					who[a.Fact] = map[string]bool{}
				}
				who[a.Fact][p.Key] = true
			}
		}
	}
	uv := func(k live.Kind) float64 { return float64(len(who[k])) }
	n := float64(len(s.People))
	for _, tc := range []struct {
		name       string
		num, den   float64
		least, max float64
	}{
		{"commented of watched", uv(live.CommentSent), n, 0.08, 0.30},
		{"liked of watched", uv(live.Liked), n, 0.20, 0.45},
		{"followed of watched", uv(live.Followed), n, 0.03, 0.15},
		{"shared of watched", uv(live.RoomShared), n, 0.01, 0.06},
		{"exposed of watched", uv(live.ProductExposed), n, 0.5, 0.95},
		{"clicked of watched", uv(live.ProductClicked), n, 0.15, 0.50},
		{"carted of clicked", uv(live.CartItemAdded), uv(live.ProductClicked), 0.3, 0.75},
		{"checked out of carted", uv(live.CheckoutStarted), uv(live.CartItemAdded), 0.4, 0.85},
		{"orders of watched", count["orders"], n, 0.05, 0.25},
		{"paid of orders", count["paid"], count["orders"], 0.75, 0.92},
		{"refunded of paid", count["refunded"], count["paid"], 0.10, 0.25},
		{"cancelled of orders", count["cancelled"], count["orders"], 0.05, 0.16},
		{"through the shop of orders", count["shop"], count["orders"], 0.10, 0.22},
		{"abroad of shop", count["abroad"], count["shop"], 0.2, 0.6},
		{"rejoins of watched", count["rejoins"], n, 0.01, 0.08},
		{"first tenth of a middle tenth", float64(firstTenth), float64(middle), 0.3, 0.95},
		{"impressions of watched", float64(len(s.Seen)), n, 2, 4},
		{"touches of watched", float64(len(s.Touches)), n, 0.3, 1.2},
	} {
		if share := tc.num / tc.den; share < tc.least || share > tc.max {
			t.Errorf("%s: %.0f of %.0f is %.3f, want %.2f to %.2f", tc.name, tc.num, tc.den, share, tc.least, tc.max)
		}
	}
	for _, want := range []string{"short_video", "recommend_feed", "follow_tab", "search", "group", "share", "qianchuan"} {
		if !channels[want] {
			t.Errorf("nobody comes from %s", want)
		}
	}
	for _, k := range []live.Kind{live.Unfollowed, "question_asked"} {
		if uv(k) == 0 {
			t.Errorf("nobody states %s", k)
		}
	}
}

// TestFactsAreSound checks the data of every fact against the table of kinds.
func TestFactsAreSound(t *testing.T) {
	s := script(t, 3, 500, 20)
	commands := map[live.CommandName]bool{}
	for _, c := range s.Crew {
		commands[c.Command] = true
	}
	// What would move the prices and units that the tally counts on stays out, what
	// would silence the chat that it counts, and what would take viewers out of the
	// figures. Moderation and bots play in shows of their own.
	never := []live.CommandName{
		live.RemoveProduct, live.HoldStock, live.StartFlash, live.EndFlash,
		live.PinComment, live.UnpinComment, live.RestoreComment, live.UnmuteViewer, live.KickViewer, live.BlockViewer, live.UnblockViewer,
		live.MuteAll, live.CommentsOff, live.SetSlowMode, live.FollowersOnly, live.BlockKeyword, live.UnblockKeyword, live.SetAutoreply,
		live.Rehearse, live.HandoverHost, live.StartExplain, live.EndExplain, live.SortProducts,
		live.FlagBot, live.UnflagBot,
	}
	for _, want := range live.Commands {
		if !slices.Contains(never, want) && !commands[want] {
			t.Errorf("the crew never gives %s", want)
		}
	}
	for _, p := range s.People {
		for _, a := range p.Acts {
			if a.Fact == "" {
				continue
			}
			if err := live.CheckData(a.Fact, a.Data.JSON()); err != nil {
				t.Errorf("act %s, %s: %v", a.Name, a.Fact, err)
			}
			if spec, _ := live.SpecOf(a.Fact); spec.From&live.FromViewer == 0 {
				t.Errorf("act %s: a viewer may not state %s", a.Name, a.Fact)
			}
		}
	}
	for _, x := range s.Touches {
		if spec, ok := live.SpecOf(x.Kind); !ok || spec.From&live.FromProducer == 0 {
			t.Errorf("touch %s: a producer may not state %s", x.Name, x.Kind)
		}
	}
}
