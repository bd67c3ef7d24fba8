package clickhouse

import (
	"cmp"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// products counts each product in the show's currency.
func (h *hand) products() {
	for _, id := range []string{"g1", "g2", "g3"} {
		place := "product " + id
		put := func(key string, num, den int64) { h.out.put(key, place, num, den) }
		of := func(kind live.Kind) (n, people int64) {
			set := map[live.PersonID]bool{}
			for _, f := range h.viewers {
				if f.Kind == kind && f.Product == id {
					n++
					set[f.Person] = true
				}
			}
			return n, int64(len(set))
		}
		mine := func(f flow) bool { return cny(f) && f.product == id }
		seen, seers := of(live.ProductExposed)
		clicks, clickers := of(live.ProductClicked)
		carts, _ := of(live.CartItemAdded)
		put("product_exposure_pv", seen, 0)
		put("product_exposure_uv", seers, 0)
		put("product_click_pv", clicks, 0)
		put("product_click_uv", clickers, 0)
		put("product_ctr_exposure", clicks, seen)
		put("cart_pv", carts, 0)
		put("pins", h.system(live.ProductPinned, func(f fact) int64 { return b2i(f.Product == id) }), 0)
		put("explains", h.system(live.ExplainStarted, func(f fact) int64 { return b2i(f.Product == id) }), 0)
		for _, key := range []string{"sku_orders", "sku_orders_paid", "items_paid", "gmv_created_minor", "gmv_paid_minor", "refund_minor", "cancelled_paid_minor", "gmv_net_minor"} {
			put(key, h.money(mine, flowOf[key]), 0)
		}
		put("ctor", h.money(mine, flowOf["sku_orders_paid"]), clicks)
		put("gpm_product_exposure_minor", h.money(mine, flowOf["gmv_paid_minor"])*1000, seen)
		explained := func(f flow) bool {
			if !mine(f) {
				return false
			}
			for n := f.n; n >= 0; n-- {
				switch x := h.facts[n]; {
				case x.Product != id:
				case x.Kind == live.ExplainStarted:
					return true
				case x.Kind == live.ExplainEnded:
					return f.at.Sub(x.ReceivedAt) <= time.Minute
				}
			}
			return false
		}
		put("explain_gmv_minor", h.money(explained, flowOf["gmv_paid_minor"]), 0)
		put("explain_sku_orders_paid", h.money(explained, flowOf["sku_orders_paid"]), 0)
	}
}

// sources counts each channel: that of a person's first entry, bots too.
func (h *hand) sources() {
	channel := map[string]string{}
	for _, f := range h.facts {
		if p := string(f.Person); f.Kind == live.RoomEntered && channel[p] == "" {
			channel[p] = cmp.Or(f.Channel, "direct")
		}
	}
	of := func(p string) string { return cmp.Or(channel[p], "unknown") }
	for _, name := range []string{"direct", "group", "feed", "unknown"} {
		var pv, uv int64
		for p := range h.everybody() {
			if of(string(p)) == name {
				pv += h.views(p)
				uv += b2i(channel[string(p)] != "" && !h.bots[p])
			}
		}
		from := func(f flow) bool { return of(f.person) == name }
		mine := func(f flow) bool { return cny(f) && from(f) }
		buyers, paid := h.people(from, flowOf["orders_paid"]), h.money(mine, flowOf["gmv_paid_minor"])
		if pv+uv+buyers+h.money(from, flowOf["gmv_paid_minor"]) == 0 {
			continue
		}
		put := func(key string, num, den int64) { h.out.put(key, "source "+name, num, den) }
		put("watch_pv", pv, 0)
		put("watch_uv", uv, 0)
		put("watch_uv_share", uv, h.uv(live.RoomEntered))
		put("buyers", buyers, 0)
		put("view_to_pay", buyers, uv)
		put("gmv_paid_minor", paid, 0)
		put("gmv_net_minor", h.money(mine, flowOf["gmv_net_minor"]), 0)
		put("gmv_paid_share", paid, h.money(cny, flowOf["gmv_paid_minor"]))
	}
}

// hosts counts what was paid in each shift, by the order of the log.
func (h *hand) hosts() {
	on := func(n int) string {
		for ; n >= 0; n-- {
			switch f := h.facts[n]; f.Kind {
			case live.HostShiftStarted:
				return f.Shift
			case live.HostShiftEnded:
				return ""
			}
		}
		return ""
	}
	for _, id := range []string{"h1", "h2", ""} {
		in := func(f flow) bool { return on(f.n) == id }
		if id == "" && h.money(in, flowOf["gmv_paid_minor"])+h.money(in, flowOf["orders_paid"]) == 0 {
			continue
		}
		mine := func(f flow) bool { return cny(f) && in(f) }
		h.out.put("orders_paid", "host "+id, h.money(mine, flowOf["orders_paid"]), 0)
		h.out.put("gmv_paid_minor", "host "+id, h.money(mine, flowOf["gmv_paid_minor"]), 0)
	}
}

// moves counts moves on the ladder, and what referrers earn.
func (h *hand) moves() {
	levels := map[string]int{"passerby": 1, "fan": 2, "customer": 3}
	for from := range levels {
		for to := range levels {
			moves := h.system(live.LadderChanged, func(f fact) int64 {
				if f.From != from || f.To != to {
					return 0
				}
				return 1 - 2*b2i(f.Withdrawn)
			})
			if moves != 0 {
				h.out.put("moves_caused_up", "ladder "+from+" "+to, moves*b2i(levels[to] > levels[from]), 0)
				h.out.put("moves_caused_down", "ladder "+from+" "+to, moves*b2i(levels[to] < levels[from]), 0)
			}
		}
	}
	earned := func(cur, who string, orders, accrued, reversed int64) {
		place := "earned " + cur + " " + who
		h.out.put("commission_orders", place, orders, 0)
		h.out.put("commission_accrued_minor", place, accrued, 0)
		h.out.put("commission_reversed_minor", place, reversed, 0)
		h.out.put("commission_minor", place, accrued-reversed, 0)
	}
	for _, cur := range []string{"CNY", "USD"} {
		in := func(f flow) bool { return f.cur == cur }
		accrued, reversed := h.money(in, flowOf["commission_accrued_minor"]), h.money(in, flowOf["commission_reversed_minor"])
		for _, who := range []string{"ann", "ben"} {
			orders := map[string]bool{}
			sum := func(kind live.Kind) int64 {
				return h.system(kind, func(f fact) int64 {
					if f.Referrer != who || f.Currency != cur {
						return 0
					}
					orders[f.Order] = true
					return f.Minor
				})
			}
			if a, r := sum(live.CommissionAccrued), sum(live.CommissionReversed); len(orders) > 0 {
				earned(cur, who, int64(len(orders)), a, r)
				accrued, reversed = accrued-a, reversed-r
			}
		}
		if accrued != 0 || reversed != 0 {
			earned(cur, "", 0, accrued, reversed)
		}
	}
}

// minutes counts the show by the minute, the newest minutes beside those before,
// and its place among earlier shows.
func (h *hand) minutes(past []analytics.PastShow) {
	type row struct {
		at                                                   time.Time
		entered, online, comments, clicks, orders, paid, gmv int64
	}
	said := map[time.Time]bool{} // minutes of any fact
	for _, f := range h.facts {
		said[f.ReceivedAt.Truncate(time.Minute)] = true
	}
	var whole []row
	var peak, persons, clock int64
	for at := start.Add(-time.Hour); at.Before(start.Add(60 * time.Hour)); at = at.Add(time.Minute) {
		onAir := at.Add(time.Minute).After(h.show.StartedAt) && at.Before(h.show.EndedAt)
		if !onAir && !said[at] {
			continue
		}
		in := func(when time.Time) bool { return !when.Before(at) && when.Before(at.Add(time.Minute)) }
		count := func(list []fact, kind live.Kind, of func(fact) int64) (n int64) {
			for _, f := range list {
				if f.Kind == kind && in(f.ReceivedAt) {
					n += of(f)
				}
			}
			return n
		}
		there := map[live.PersonID]bool{}
		for _, f := range h.viewers {
			if (f.Kind == live.RoomEntered || f.Kind == live.WatchHeartbeat) && in(f.ReceivedAt) {
				there[f.Person] = true
			}
		}
		now := func(f flow) bool { return in(f.at) }
		mine := func(f flow) bool { return cny(f) && in(f.at) }
		values := map[string]int64{
			"entered": count(h.viewers, live.RoomEntered, one), "online": int64(len(there)), "comment_pv": count(h.viewers, live.CommentSent, one),
			"like_count": count(h.viewers, live.Liked, func(f fact) int64 { return f.Count }), "product_click_pv": count(h.viewers, live.ProductClicked, one),
			"cart_pv": count(h.viewers, live.CartItemAdded, one), "orders": h.money(now, flowOf["orders"]), "orders_paid": h.money(now, flowOf["orders_paid"]),
			"complaints_opened": count(h.facts, live.ComplaintOpened, one), "sla_breaches": count(h.facts, live.ServiceSLABreached, one),
		}
		any := int64(0)
		for _, v := range values {
			any += v
		}
		for _, key := range []string{"gmv_created_minor", "gmv_paid_minor", "gmv_net_minor", "refund_minor", "cancelled_paid_minor", "gmv_settled_minor", "deposit_minor", "balance_minor", "commission_minor"} {
			values[key] = h.money(mine, flowOf[key])
			any |= h.money(now, flowOf[key]) | values[key]
		}
		if onAir {
			peak, persons, clock = max(peak, values["online"]), persons+values["online"], clock+1
		}
		if onAir || any != 0 {
			for key, v := range values {
				h.out.put(key, "minute "+stamp(at), v, 0)
			}
		}
		if !at.Before(h.show.StartedAt) && !at.Add(time.Minute).After(h.show.EndedAt) {
			whole = append(whole, row{at, values["entered"], values["online"], values["comment_pv"], values["product_click_pv"], values["orders"], values["orders_paid"], values["gmv_paid_minor"]})
		}
	}
	h.out.put("pcu", "", peak, 0)
	h.out.put("acu", "", persons, clock)

	last := len(whole)
	for place, rows := range map[string][]row{"now": whole[last-10:], "before": whole[last-20 : last-10]} {
		var s row
		for _, r := range rows {
			s.entered, s.online, s.comments, s.clicks = s.entered+r.entered, s.online+r.online, s.comments+r.comments, s.clicks+r.clicks
			s.orders, s.paid, s.gmv = s.orders+r.orders, s.paid+r.paid, s.gmv+r.gmv
		}
		for key, n := range map[string]int64{"inflow_10m": s.entered, "online_10m": s.online, "comments_10m": s.comments, "clicks_10m": s.clicks, "orders_10m": s.orders, "gmv_10m_minor": s.gmv} {
			h.out.put(key, place, n, 10)
		}
		h.out.put("conversion_10m", place, s.paid, s.online)
	}

	so := map[string]int64{}
	for _, r := range whole {
		so["standing_entered"] += r.entered
		so["standing_comments"] += r.comments
		so["standing_clicks"] += r.clicks
		so["standing_orders_paid"] += r.paid
		so["standing_gmv_paid"] += r.gmv
		so["standing_online"] = r.online
	}
	for key, value := range so {
		var halves, shows int64
		for _, p := range past {
			if len(p.Minutes) < last {
				continue
			}
			var then int64
			for _, m := range p.Minutes[:last] {
				switch key {
				case "standing_entered":
					then += m.Entered
				case "standing_comments":
					then += m.Comments
				case "standing_clicks":
					then += m.Clicks
				case "standing_orders_paid":
					then += m.Paid
				case "standing_gmv_paid":
					then += m.Money[0].Paid
				case "standing_online":
					then = m.Online
				}
			}
			shows++
			halves += b2i(then < value) + b2i(then <= value)
		}
		h.out.put(key, "", halves, 2*shows)
	}
}
