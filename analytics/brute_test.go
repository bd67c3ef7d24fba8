package analytics

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// bruteForce counts by going over the whole log once for every figure, with
// nothing kept in between: slow, obvious, and independent of the fold.
func bruteForce(t interface{ Fatal(...any) }, show live.Show, log []live.Entry, asOf time.Time) Figures {
	var facts, everything []live.Event // of viewers; with bots
	flagged, clean := map[live.PersonID]bool{}, []live.Entry(nil)
	out := Figures{Show: show.ID, AsOf: asOf}
	titles, pins := map[live.ProductID]string{}, map[live.ProductID]int64{}
	type row struct {
		live.Delta
		at time.Time
		n  int // index of its fact in the log
	}
	var deltas []row
	for _, entry := range log {
		e := entry.Event
		if e.Show == show.ID && !e.Rehearsal && (e.Kind == live.BotFlagged || e.Kind == live.BotUnflagged) && e.Person != "" {
			flagged[e.Person] = e.Kind == live.BotFlagged
		} else {
			clean = append(clean, entry)
		}
	}
	for _, bot := range flagged {
		if bot {
			out.Bots++
		}
	}
	if len(clean) < len(log) {
		out.Raw = bruteForce(t, show, clean, asOf).Traffic
	}
	for n, entry := range log {
		e := entry.Event
		if e.Rehearsal {
			continue
		}
		if live.OrderFactKind(e.Kind) {
			ds, err := live.DecodeDeltas(e.Data)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range ds {
				if d.Show == show.ID {
					deltas = append(deltas, row{d, e.ReceivedAt, n})
				}
			}
			continue
		}
		if e.Show != show.ID {
			continue
		}
		if slices.Contains(MarkKinds, e.Kind) {
			m := Mark{At: e.ReceivedAt, Kind: e.Kind, Product: live.ProductID(str(e, "product_id")), Actor: e.Actor.ID, Role: e.Actor.Role}
			switch e.Kind {
			case live.AnnouncementPublished:
				m.Text = str(e, "text")
			case live.CouponDropped, live.CouponDropEnded:
				m.Text = str(e, "title")
			case live.LuckyDrawOpened, live.LuckyDrawDrawn, live.LuckyDrawCancelled:
				m.Text = str(e, "prize")
			}
			out.Commands = append(out.Commands, m)
			if e.Kind == live.ProductPinned && m.Product != "" {
				pins[m.Product]++
				titles[m.Product] = str(e, "title")
			}
		}
		if e.Actor.Role == live.RoleViewer {
			everything = append(everything, e)
			if !flagged[e.Person] {
				facts = append(facts, e)
			}
		}
	}
	slices.SortStableFunc(out.Commands, func(a, b Mark) int { return a.At.Compare(b.At) })

	pv := func(keep func(live.Event) bool) (n int64) {
		for _, e := range facts {
			if keep(e) {
				n++
			}
		}
		return n
	}
	uv := func(keep func(live.Event) bool) int64 {
		set := map[live.PersonID]bool{}
		for _, e := range facts {
			if keep(e) && e.Person != "" {
				set[e.Person] = true
			}
		}
		return int64(len(set))
	}
	is := func(kinds ...live.Kind) func(live.Event) bool {
		return func(e live.Event) bool { return slices.Contains(kinds, e.Kind) }
	}
	people := map[live.PersonID]bool{}
	for _, e := range everything {
		people[e.Person] = true
	}
	for _, d := range deltas {
		people[d.Person] = true
	}

	tr := &out.Traffic
	tr.RoomExposurePV, tr.RoomExposureUV = pv(is(live.RoomExposed)), uv(is(live.RoomExposed))
	tr.WatchUV = uv(is(live.RoomEntered))
	tr.CommentPV, tr.CommentUV = pv(is(live.CommentSent)), uv(is(live.CommentSent))
	tr.LikeUV = uv(is(live.Liked))
	tr.SharePV, tr.ShareUV = pv(is(live.RoomShared)), uv(is(live.RoomShared))
	tr.FollowGross = pv(is(live.Followed))
	tr.InteractUV = uv(is(live.CommentSent, live.Liked, live.RoomShared, live.Followed))
	tr.ProductExposurePV, tr.ProductExposureUV = pv(is(live.ProductExposed)), uv(is(live.ProductExposed))
	tr.ProductClickPV, tr.ProductClickUV = pv(is(live.ProductClicked)), uv(is(live.ProductClicked))
	tr.CartPV, tr.CartUV = pv(is(live.CartItemAdded)), uv(is(live.CartItemAdded))
	tr.CheckoutPV, tr.CheckoutUV = pv(is(live.CheckoutStarted)), uv(is(live.CheckoutStarted))
	tr.MinutesOnAir = 90

	channel, views := map[live.PersonID]string{}, map[live.PersonID]int64{}
	for p := range people {
		channel[p] = "unknown"
		var alive []time.Time
		var watched int64
		follows := false
		for _, fact := range slices.Backward(everything) {
			if e := fact; e.Person == p && e.Kind == live.RoomEntered {
				channel[p] = cmp.Or(e.Channel, "direct")
			}
		}
		for _, e := range facts {
			if e.Person != p {
				continue
			}
			switch e.Kind {
			case live.RoomEntered:
				alive = append(alive, e.ReceivedAt)
			case live.WatchHeartbeat:
				alive = append(alive, e.ReceivedAt)
				if num(e, "visible") == 1 {
					if num(e, "stated_ms") > 0 {
						watched += num(e, "watched_ms")
						continue
					}
					to := e.ReceivedAt
					if !e.OccurredAt.IsZero() {
						to = e.OccurredAt
					}
					for ms, at := int64(0), to; ms < num(e, "watched_ms"); ms, at = ms+1000, at.Add(-time.Second) {
						if at.After(show.StartedAt) && !at.After(show.EndedAt) { // Whole seconds and bounds: see randomLog.
							watched += 1000
						}
					}
				}
			case live.Followed:
				follows = true
			case live.Unfollowed:
				follows = false
			case live.Liked:
				tr.LikeCount += num(e, "count")
			}
		}
		tr.WatchMS += watched
		if p == "" {
			channel[p] = "unknown"
			continue
		}
		slices.SortFunc(alive, time.Time.Compare)
		for i, at := range alive {
			if i == 0 || at.Sub(alive[i-1]) > 30*time.Minute {
				views[p]++
			}
		}
		tr.WatchPV += views[p]
		if watched >= 60_000 {
			tr.WatchUV60s++
		}
		if follows {
			tr.FollowNet++
		}
	}

	out.Alerts = bruteAlerts(show, log)
	out.Benefits = bruteBenefits(show, log)
	ours := func(k live.Kind) func(live.Event) bool {
		return func(e live.Event) bool { return e.Kind == k && e.Source == "system" }
	}
	tr.CouponClaimUV, tr.PacketUV = uv(ours(live.CouponClaimed)), uv(ours(live.RedPacketClaimed))
	tr.DrawEntries, tr.DrawEntryUV = pv(ours(live.LuckyDrawEntered)), uv(ours(live.LuckyDrawEntered))

	// Money, by currency.
	buyersOf := func(keep func(row) bool, count func(row) int64) (n int64) {
		sums := map[live.PersonID]int64{}
		for _, d := range deltas {
			if keep(d) && d.Person != "" {
				sums[d.Person] += count(d)
			}
		}
		for _, s := range sums {
			if s > 0 {
				n++
			}
		}
		return n
	}
	createdOrders, paidOrders := func(d row) int64 { return d.Orders }, func(d row) int64 { return d.Paid }
	var orders, paid int64
	for _, c := range []live.Currency{"CNY", "USD"} {
		m := Money{Currency: c}
		in := func(d row) bool { return d.Currency == c }
		for _, d := range deltas {
			if !in(d) {
				continue
			}
			m.Orders += d.Orders
			m.OrdersPaid += d.Paid
			m.OrdersCancelled += d.Cancelled
			m.OrdersRefunded += d.Refunded
			m.SKUOrders += d.SKUOrders
			m.SKUOrdersPaid += d.SKUPaid
			m.ItemsCreated += d.UnitsCreated
			m.ItemsPaid += d.UnitsPaid
			m.Created += d.Created
			m.Paid += d.PaidMinor
			m.Subsidy += d.Subsidy
			m.RefundGoods += d.RefundGoods
			m.RefundShipping += d.RefundShip
			m.CancelledPaid += d.CancelledPaid
			m.CancelledUser += d.CancelledUser
			m.CancelledTimeout += d.CancelledTimeout
			m.CancelledAllRefunded += d.CancelledAllRefunded
			m.CancelledOversold += d.CancelledOversold
			m.CancelledMerchant += d.CancelledMerchant
			m.CancelledForRisk += d.CancelledForRisk
			m.Settled += d.Settled
			m.Deposit += d.Deposit
			m.Balance += d.Balance
			m.CommissionAccrued += d.Commission
			m.CommissionReversed += d.CommissionBack
			m.RefundPreShip += d.RefundPreShip
			if !d.PaidAt.IsZero() && !d.PaidAt.Before(show.StartedAt) && !d.PaidAt.After(show.EndedAt) {
				m.RefundsOfPayDate += d.RefundGoods + d.RefundShip
				m.GoodsOfPayDate += d.RefundGoods
			}
		}
		m.OrderUV, m.Buyers = buyersOf(in, createdOrders), buyersOf(in, paidOrders)
		orders, paid = orders+m.Orders, paid+m.OrdersPaid
		if (m != Money{Currency: c}) {
			out.Money = append(out.Money, m)
		}
	}
	every := func(row) bool { return true }
	out.Funnel = Funnel{Steps: []FunnelStep{
		{"room_exposed", tr.RoomExposurePV, tr.RoomExposureUV},
		{"room_entered", tr.WatchPV, tr.WatchUV},
		{"product_clicked", tr.ProductClickPV, tr.ProductClickUV},
		{"cart_item_added", tr.CartPV, tr.CartUV},
		{"checkout_started", tr.CheckoutPV, tr.CheckoutUV},
		{"order_created", orders, buyersOf(every, createdOrders)},
		{"order_paid", paid, buyersOf(every, paidOrders)},
	}}

	// Minutes.
	for at := show.StartedAt.Truncate(time.Minute).Add(-time.Hour); at.Before(show.StartedAt.Add(4 * time.Hour)); at = at.Add(time.Minute) {
		m := Minute{T: at}
		in := func(when time.Time) bool { return !when.Before(at) && when.Before(at.Add(time.Minute)) }
		online := map[live.PersonID]bool{}
		for _, e := range facts {
			if !in(e.ReceivedAt) {
				continue
			}
			if (e.Kind == live.RoomEntered || e.Kind == live.WatchHeartbeat) && e.Person != "" {
				online[e.Person] = true
			}
			switch e.Kind {
			case live.RoomEntered:
				m.Entered++
			case live.CommentSent:
				m.Comments++
			case live.Liked:
				m.Likes += num(e, "count")
			case live.ProductClicked:
				m.Clicks++
			case live.CartItemAdded:
				m.Carts++
			}
		}
		for _, entry := range log {
			if e := entry.Event; in(e.ReceivedAt) && e.Show == show.ID && !e.Rehearsal {
				if e.Kind == live.ComplaintOpened {
					m.Complaints++
				}
				if e.Kind == live.ServiceSLABreached {
					m.Breaches++
				}
			}
		}
		m.Online = int64(len(online))
		if at.Add(time.Minute).After(show.StartedAt) && at.Before(show.EndedAt) {
			tr.ClockMinutes++
			tr.OnlineMinutes += m.Online
			tr.PeakOnline = max(tr.PeakOnline, m.Online)
		}
		for _, c := range []live.Currency{"CNY", "USD"} {
			x := MinuteMoney{Currency: c}
			for _, d := range deltas {
				if in(d.at) && d.Currency == c {
					m.Orders += d.Orders
					m.Paid += d.Paid
					x.Created += d.Created
					x.Paid += d.PaidMinor
					x.Refunded += d.RefundGoods + d.RefundShip
					x.CancelledPaid += d.CancelledPaid
					x.Settled += d.Settled
					x.Deposit += d.Deposit
					x.Balance += d.Balance
					x.Commission += d.Commission - d.CommissionBack
				}
			}
			if (x != MinuteMoney{Currency: c}) {
				m.Money = append(m.Money, x)
			}
		}
		if len(m.Money) > 0 || m.Entered+m.Online+m.Comments+m.Likes+m.Clicks+m.Carts+m.Complaints+m.Breaches > 0 || m.Orders != 0 || m.Paid != 0 {
			out.Minutes = append(out.Minutes, m)
		}
	}

	// Products.
	for _, id := range []live.ProductID{"p0", "p1", "p2"} {
		p := Product{Product: id, Title: titles[id], Pins: pins[id]}
		of := func(k live.Kind) func(live.Event) bool {
			return func(e live.Event) bool { return e.Kind == k && str(e, "product_id") == string(id) }
		}
		p.ExposurePV, p.ExposureUV = pv(of(live.ProductExposed)), uv(of(live.ProductExposed))
		p.ClickPV, p.ClickUV = pv(of(live.ProductClicked)), uv(of(live.ProductClicked))
		p.CartPV = pv(of(live.CartItemAdded))
		for _, entry := range log {
			if e := entry.Event; e.Show == show.ID && !e.Rehearsal && e.Kind == live.ExplainStarted && str(e, "product_id") == string(id) {
				p.Explains++
			}
		}
		for _, c := range []live.Currency{"CNY", "USD"} {
			x := ProductMoney{Currency: c}
			for _, d := range deltas {
				if d.Product == id && d.Currency == c {
					x.SKUOrders += d.SKUOrders
					x.SKUOrdersPaid += d.SKUPaid
					x.ItemsPaid += d.UnitsPaid
					x.Created += d.Created
					x.Paid += d.PaidMinor
					x.Refunded += d.RefundGoods + d.RefundShip
					x.CancelledPaid += d.CancelledPaid
					if bruteExplained(log[:d.n], show, id, d.at) {
						x.Explained += d.PaidMinor
						x.ExplainedSKUs += d.SKUPaid
					}
				}
			}
			if (x != ProductMoney{Currency: c}) {
				p.Money = append(p.Money, x)
			}
		}
		if p.Title != "" || p.Explains+p.Pins+p.ExposurePV+p.ClickPV+p.CartPV > 0 || len(p.Money) > 0 {
			out.Products = append(out.Products, p)
		}
	}

	// Sources.
	for _, name := range []string{"direct", "feed", "group", "unknown"} {
		s := Source{Channel: name}
		from := func(d row) bool { return channel[d.Person] == name }
		for p := range people {
			if channel[p] == name {
				s.WatchPV += views[p]
				if name != "unknown" && !flagged[p] {
					s.WatchUV++
				}
			}
		}
		s.Buyers = buyersOf(from, paidOrders)
		for _, c := range []live.Currency{"CNY", "USD"} {
			x := SourceMoney{Currency: c}
			for _, d := range deltas {
				if from(d) && d.Currency == c {
					x.Paid += d.PaidMinor
					x.Net += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
				}
			}
			if (x != SourceMoney{Currency: c}) {
				s.Money = append(s.Money, x)
			}
		}
		if s.WatchPV+s.WatchUV+s.Buyers > 0 || len(s.Money) > 0 {
			out.Sources = append(out.Sources, s)
		}
	}
	// Comments, gifts and shifts.
	tr.CommentShown = bruteShown(log, show)
	ended := map[string]bool{}
	gave := map[live.PersonID]bool{}
	for _, e := range everything {
		streak := str(e, "streak_id")
		if e.Kind != live.GiftSent || streak != "" && (num(e, "streak_end") == 0 || ended[string(e.Person)+"/"+streak]) {
			continue
		}
		ended[string(e.Person)+"/"+streak] = true
		if flagged[e.Person] {
			continue
		}
		tr.GiftCount += num(e, "count")
		tr.GiftValue += num(e, "value_minor")
		if e.Person != "" {
			gave[e.Person] = true
		}
	}
	tr.GiftUV = int64(len(gave))
	out.Shifts = bruteShifts(t, log, show)
	if len(clean) == len(log) {
		out.Raw = out.Traffic
	}
	return out
}

// bruteAlerts looks, for every alert that is named, for the last word of each kind.
func bruteAlerts(show live.Show, log []live.Entry) (out []Alert) {
	told := func(id string, kind live.Kind) (last *live.Event) {
		for i := range log {
			if e := &log[i].Event; e.Show == show.ID && !e.Rehearsal && e.Kind == kind && str(*e, "alert_id") == id {
				last = e
			}
		}
		return last
	}
	seen := map[string]bool{}
	for _, entry := range log {
		e := entry.Event
		id := str(e, "alert_id")
		if e.Show != show.ID || e.Rehearsal || id == "" || seen[id] {
			continue
		}
		seen[id] = true
		a := Alert{ID: id, Rule: "r" + id[2:], Kind: "sla_breach", Severity: "critical"}
		if x := told(id, live.AlertRaised); x != nil {
			a.Raised, a.Evidence = x.ReceivedAt, json.RawMessage(`{"breaches":1}`)
		}
		if x := told(id, live.AlertCleared); x != nil {
			a.Cleared, a.Reason = x.ReceivedAt, "recovered"
		}
		if x := told(id, live.AlertAcknowledged); x != nil {
			a.Acked, a.AckedBy = x.ReceivedAt, "op"
		}
		out = append(out, a)
	}
	return out
}

// bruteExplained goes back from a payment to the last that was said of the
// product's explanation.
func bruteExplained(before []live.Entry, show live.Show, id live.ProductID, at time.Time) bool {
	for _, entry := range slices.Backward(before) {
		e := entry.Event
		if e.Show != show.ID || e.Rehearsal || str(e, "product_id") != string(id) {
			continue
		}
		switch e.Kind {
		case live.ExplainStarted:
			return true
		case live.ExplainEnded:
			return at.Sub(e.ReceivedAt) <= 60*time.Second
		}
	}
	return false
}

// bruteShown looks, for every comment, through the rest of the log for what
// became of it.
func bruteShown(log []live.Entry, show live.Show) (n int64) {
	in := func(e *live.Event) bool { return e.Show == show.ID && !e.Rehearsal }
	for i := range log {
		c := &log[i].Event
		if !in(c) || c.Kind != live.CommentSent || c.Actor.Role != live.RoleViewer {
			continue
		}
		id, hidden, bot := str(*c, "comment_id"), false, false
		for j := range log {
			e := &log[j].Event
			if !in(e) {
				continue
			}
			switch e.Kind {
			case live.CommentHidden, live.CommentRestored:
				if id != "" && str(*e, "comment_id") == id {
					hidden = e.Kind == live.CommentHidden
				}
			case live.ViewerMuted, live.ViewerKicked, live.ViewerBlocked:
				if j > i && c.Person != "" && e.Person == c.Person {
					hidden = true
				}
			case live.BotFlagged, live.BotUnflagged:
				if c.Person != "" && e.Person == c.Person {
					bot = e.Kind == live.BotFlagged
				}
			}
		}
		if !hidden && !bot {
			n++
		}
	}
	return n
}

// bruteShifts goes back from every payment to the last that was said of hosts.
func bruteShifts(t interface{ Fatal(...any) }, log []live.Entry, show live.Show) []Shift {
	f := Figures{}
	at := func(id string) *Shift {
		i := slices.IndexFunc(f.Shifts, func(s Shift) bool { return s.ID == id })
		if i < 0 {
			f.Shifts = append(f.Shifts, Shift{ID: id})
			i = len(f.Shifts) - 1
		}
		return &f.Shifts[i]
	}
	for i := range log {
		e := &log[i].Event
		if e.Rehearsal {
			continue
		}
		if e.Show == show.ID && (e.Kind == live.HostShiftStarted || e.Kind == live.HostShiftEnded) {
			s := at(str(*e, "shift_id"))
			s.Host = str(*e, "host_id")
			if e.Kind == live.HostShiftStarted {
				s.From = e.ReceivedAt
			} else {
				s.Until = e.ReceivedAt
			}
		}
		if !live.OrderFactKind(e.Kind) {
			continue
		}
		deltas, err := live.DecodeDeltas(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		on := ""
		for j := range log[:i] {
			b := &log[j].Event
			switch {
			case b.Rehearsal || b.Show != show.ID:
			case b.Kind == live.HostShiftStarted:
				on = str(*b, "shift_id")
			case b.Kind == live.HostShiftEnded:
				on = ""
			}
		}
		for _, d := range deltas {
			if d.Show != show.ID {
				continue
			}
			s := at(on)
			k := slices.IndexFunc(s.Money, func(m ShiftMoney) bool { return m.Currency == d.Currency })
			if k < 0 {
				s.Money = append(s.Money, ShiftMoney{Currency: d.Currency})
				k = len(s.Money) - 1
			}
			s.Money[k].OrdersPaid += d.Paid
			s.Money[k].Paid += d.PaidMinor
		}
	}
	f.tidyShifts()
	return f.Shifts
}

// bruteOnline counts who is online after a part of the log.
func bruteOnline(log []live.Entry, now time.Time) (n int64) {
	for _, p := range []live.PersonID{"a", "b", "c", "d"} {
		var last time.Time
		gone, bot := true, false
		for _, entry := range log {
			e := entry.Event
			if e.Person == p && e.Show == "s1" && !e.Rehearsal && (e.Kind == live.BotFlagged || e.Kind == live.BotUnflagged) {
				bot = e.Kind == live.BotFlagged
			}
			if e.Person != p || e.Show != "s1" || e.Rehearsal || e.Actor.Role != live.RoleViewer {
				continue
			}
			switch e.Kind {
			case live.RoomEntered, live.WatchHeartbeat:
				gone = false
				if e.ReceivedAt.After(last) {
					last = e.ReceivedAt
				}
			case live.RoomLeft:
				gone = true
			}
		}
		if !gone && !bot && now.Sub(last) <= time.Minute {
			n++
		}
	}
	return n
}

func str(e live.Event, member string) string {
	var m map[string]any
	if len(e.Data) == 0 || json.Unmarshal(e.Data, &m) != nil {
		return ""
	}
	s, _ := m[member].(string)
	return s
}

// num reads a number, or a flag as 0 and 1.
func num(e live.Event, member string) int64 {
	var m map[string]any
	if len(e.Data) == 0 || json.Unmarshal(e.Data, &m) != nil {
		return 0
	}
	switch x := m[member].(type) {
	case float64:
		return int64(x)
	case bool:
		if x {
			return 1
		}
	}
	return 0
}

// bruteBenefits goes over the whole log once for every number.
func bruteBenefits(show live.Show, log []live.Entry) Benefits {
	count := func(kind live.Kind, viewer bool, each func(live.Event) int64) (sum int64) {
		for _, entry := range log {
			e := entry.Event
			if e.Kind == kind && e.Show == show.ID && e.Source == "system" && !e.Rehearsal && (!viewer || e.Actor.Role == live.RoleViewer) {
				sum += each(e)
			}
		}
		return sum
	}
	one := func(live.Event) int64 { return 1 }
	undone := func(of func(live.Event) int64) int64 {
		return count(live.CouponReturned, false, func(e live.Event) int64 { return num(e, "redeemed") * of(e) })
	}
	b := Benefits{
		CouponDrops:     count(live.CouponDropped, false, one),
		CouponsClaimed:  count(live.CouponClaimed, true, one),
		CouponsRedeemed: count(live.CouponRedeemed, false, one), CouponsReturned: count(live.CouponReturned, false, one), CouponsUnredeemed: undone(one),
		CouponsExpired: count(live.CouponExpired, false, one), CouponsVoided: count(live.CouponVoided, false, one),
		PacketShares:  count(live.RedPacketClaimed, true, one),
		DrawWinners:   count(live.LuckyDrawWon, false, one),
		PrizesClaimed: count(live.PrizeClaimed, false, one), PrizesForfeited: count(live.PrizeForfeited, false, one),
	}
	for _, c := range []live.Currency{"CNY", "USD"} {
		in := func(member string) func(live.Event) int64 {
			return func(e live.Event) int64 {
				if str(e, "currency") != string(c) {
					return 0
				}
				if member == "" {
					return 1
				}
				return num(e, member)
			}
		}
		m := BenefitMoney{
			Currency: c, CouponOrders: count(live.CouponRedeemed, false, in("")), CouponGMV: count(live.CouponRedeemed, false, in("paid_minor")),
			CouponDiscount: count(live.CouponRedeemed, false, in("discount_minor")) - undone(in("discount_minor")),
			PacketGiven:    count(live.RedPacketClaimed, true, in("amount_minor")),
		}
		if (m != BenefitMoney{Currency: c}) {
			b.Money = append(b.Money, m)
		}
	}
	return b
}
