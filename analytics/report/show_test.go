package report

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// memory is a Source over a log held in memory: the figures by the fold, the
// journeys by going over the facts.
type memory struct {
	show live.Show
	log  []live.Entry
	sold int

	earlier int // own shows before it
	targets []analytics.Target
}

func (m *memory) Metrics(ctx context.Context, merchant live.MerchantID, shows []analytics.ShowAt) (out []analytics.Figures, err error) {
	for _, s := range shows {
		f, err := m.Figures(ctx, merchant, s.Show, s.At)
		if err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, nil
}

func (m *memory) Figures(_ context.Context, _ live.MerchantID, show live.Show, asOf time.Time) (analytics.Figures, error) {
	if show.ID != m.show.ID {
		return earlierFigures(show), nil
	}
	f := analytics.NewFold(show)
	for _, e := range m.log {
		if e.Event.ReceivedAt.After(asOf) {
			continue
		}
		if err := f.Add(e); err != nil {
			return analytics.Figures{}, err
		}
	}
	return f.Figures(asOf), nil
}

func (m *memory) Journeys(_ context.Context, _ live.MerchantID, _ live.ShowID, asOf time.Time, window time.Duration) ([]conversion.Journey, error) {
	touches := map[live.PersonID][]conversion.Touchpoint{}
	orders := map[live.OrderID]*conversion.Journey{}
	for _, e := range m.log {
		if e.Event.ReceivedAt.After(asOf) {
			continue
		}
		if t, ok := conversion.TouchOf(e.Event); ok {
			t.Position = e.Position
			touches[e.Event.Person] = append(touches[e.Event.Person], t)
		}
		if !live.OrderFactKind(e.Event.Kind) {
			continue
		}
		deltas, err := live.DecodeDeltas(e.Event.Data)
		if err != nil {
			return nil, err
		}
		for _, d := range deltas {
			j := orders[d.Order]
			if j == nil {
				j = &conversion.Journey{Order: d.Order, Person: d.Person, Show: d.Show, Currency: d.Currency}
				orders[d.Order] = j
			}
			j.Value += d.PaidMinor - d.RefundGoods - d.RefundShip - d.CancelledPaid
			if !d.PaidAt.IsZero() {
				j.At = d.PaidAt
			}
		}
	}
	var out []conversion.Journey
	for _, j := range orders {
		if j.At.IsZero() {
			continue
		}
		j.Touches = touches[j.Person]
		j.Touches = j.Within(window)
		out = append(out, *j)
	}
	return out, nil
}

func (m *memory) Assisted(_ context.Context, q conversion.AssistQuestion) ([]conversion.AssistTotal, error) {
	x := conversion.NewAssists(q.Scope)
	for _, e := range m.log {
		if err := x.Add(e); err != nil {
			return nil, err
		}
	}
	return x.Answer(q), nil
}

// Complained tells of every tenth paid order, and of a brief since the second day.
func (m *memory) Complained(_ context.Context, show live.Show, asOf time.Time) (analytics.Complained, error) {
	f, err := m.Figures(context.Background(), show.Merchant, show, asOf)
	if err != nil || show.EndedAt.IsZero() {
		return analytics.Complained{}, err
	}
	online := int64(0)
	paid, _ := analytics.Read(&f, show.Currency, online).Values(true).Get("orders_paid")
	n := paid.Num / 10
	out := analytics.Complained{
		Paid: paid.Num, Complaints: n,
		Causes:   []analytics.CauseCount{{Cause: "promotion_mismatch", ZH: "宣传不符", EN: "promotion mismatch", Complaints: n - n/3}, {Cause: "quality", ZH: "质量", EN: "quality", Complaints: n / 3}},
		Keywords: []analytics.KeywordTold{{Term: "=纯棉", Count: 2 * n, Tellings: n, Score: 4.8172}},
	}
	if asOf.After(show.EndedAt.Add(24 * time.Hour)) {
		out.Brief = []analytics.BriefLine{{Show: "next", Kind: "avoid_claim", Product: "p1", Title: "衬衫 <白>", Text: "不要说<纯棉>", Answer: "说「含棉 60%」", Complaints: n}}
	}
	return out, nil
}

// FedGroups are two of an agent's groups: that any show of the log fed them is told
// by the test of the query; here they are there to be printed.
func (m *memory) FedGroups(_ context.Context, q conversion.FedQuestion) ([]conversion.FedGroup, error) {
	if len(m.log) == 0 {
		return nil, nil
	}
	list := []conversion.FedGroup{{Group: "group-1", Name: "妈妈群", Joined: 12}, {Group: "group-2", Joined: 3}}
	for i := range list {
		for n, days := range conversion.FedDays {
			over := q.From+conversion.Day(days) < q.Today()
			list[i].Ends[n] = conversion.FedEnd{Over: over, Alive: over && i == 0}
		}
	}
	return list, nil
}

// ServedSessions are told likewise: the query has its own test.
func (m *memory) ServedSessions(context.Context, conversion.ServedQuestion) ([]conversion.Served, error) {
	if len(m.log) == 0 {
		return nil, nil
	}
	all := conversion.Served{
		Sessions: 9, Viewer: 8, BotOnly: 3, WithBot: 7, HandedOver: 4, Asked: 5, Replied: 4, ReplyMS: 240_000, Late: 1, Overdue: 1, Closed: 6, Resolved: 5, ResolveMS: 6 * 900_000, RateAsked: 5, Rated: 3, Good: 2,
	}
	entry, agent := all, all
	entry.By, entry.Key = conversion.ServedByEntry, "room"
	agent.By, agent.Key, agent.BotOnly = conversion.ServedByAgent, "li", 0
	return []conversion.Served{all, entry, agent}, nil
}

// Felt likewise.
func (m *memory) Felt(_ context.Context, show live.Show, asOf time.Time) (analytics.Felt, error) {
	if len(m.log) == 0 {
		return analytics.Felt{}, nil
	}
	return analytics.Felt{
		From: show.StartedAt, Until: asOf, Asked: true, Alpha: 10, Beta: 10, LeastToSay: 20,
		Row: temperature.Row{Sent: 30, Asked: 12, Touches: 28, Unanswered: 20, Negative: 2, Above: 4, Over: 5, Needs: 10, Unmet: 2, Late: 1},
	}, nil
}

// ShowsBefore are as many earlier shows as a test asks for.
func (m *memory) ShowsBefore(_ context.Context, _ live.MerchantID, _ live.Currency, before time.Time, most int) ([]live.Show, error) {
	var out []live.Show
	for i := range min(m.earlier, most) {
		s := m.show
		s.ID = live.ShowID(fmt.Sprintf("earlier-%d", i+1))
		s.EndedAt = before.Add(-time.Duration(i+1) * 24 * time.Hour)
		s.StartedAt = s.EndedAt.Add(-time.Hour)
		out = append(out, s)
	}
	return out, nil
}

func (m *memory) Targets(context.Context, live.MerchantID, time.Time) ([]analytics.Target, error) {
	return m.targets, nil
}

// earlierFigures are those of an earlier show: each had a tenth more viewers and
// buyers than the one before, and half as many refunds.
func earlierFigures(show live.Show) analytics.Figures {
	var n int64
	if _, err := fmt.Sscanf(string(show.ID), "earlier-%d", &n); err != nil {
		n = 1
	}
	f := analytics.Figures{Show: show.ID}
	f.Traffic = analytics.Traffic{
		WatchUV: 300 + 10*n, WatchPV: 400 + 10*n, WatchUV60s: 150 + n, WatchMS: (300 + 10*n) * 400_000, PeakOnline: 90 + n, CommentUV: 60 + n,
		InteractUV: 100 + n, FollowNet: 20 + n, ProductExposurePV: 2000, ProductClickPV: 600 + n, ProductClickUV: 200, RoomExposurePV: 900, MinutesOnAir: 60, ClockMinutes: 61, OnlineMinutes: 3000 + n,
	}
	f.Money = []analytics.Money{{Currency: show.Currency, Orders: 120, OrdersPaid: 110, Buyers: 80 + n, OrderUV: 90 + n, Created: 900_000, Paid: 800_000 + 1000*n, SKUOrdersPaid: 110, ItemsPaid: 200 + n}}
	f.Tidy()
	return f
}

// played is the show of playedShow; playing it again would give the same.
var played struct {
	once sync.Once
	memory
}

// playedShow is a copy of the played show that a test may change.
func playedShow(t *testing.T) *memory {
	t.Helper()
	played.once.Do(func() { played.memory = *play(t) })
	m := played.memory
	m.earlier, m.targets = 9, []analytics.Target{{Metric: "follow_rate", Num: 1, Den: 2}}
	m.log = slices.Clone(m.log)
	return &m
}

// play plays a show of 75 minutes from a fixed seed: arrivals in waves,
// five products pinned in turn, orders, payments and refunds.
func play(t *testing.T) *memory {
	t.Helper()
	start := time.Date(2026, 6, 18, 12, 0, 12, 0, time.UTC)
	m := &memory{show: live.Show{
		ID: "show-618", Room: "room-1", Merchant: "m1", Title: "618 零食专场 & friends", Currency: "CNY", TimeZone: "Asia/Shanghai",
		State: live.ShowStateEnded, StartedAt: start, EndedAt: start.Add(75*time.Minute + 20*time.Second),
	}}
	rng := rand.New(rand.NewPCG(1, 2))
	var events []live.Event
	say := func(at time.Time, kind live.Kind, role live.Role, person live.PersonID, channel, format string, args ...any) {
		at = at.Truncate(time.Millisecond)
		events = append(events, live.Event{
			ID: live.EventID(fmt.Sprint("e", len(events))), Kind: kind, Merchant: "m1", Room: "room-1", Show: m.show.ID, Person: person, Channel: channel,
			Actor: live.Actor{ID: string(person), Role: role}, OccurredAt: at, ReceivedAt: at, Data: json.RawMessage(fmt.Sprintf(format, args...)),
		})
	}
	host := func(at time.Time, kind live.Kind, format string, args ...any) {
		say(at, kind, live.RoleHost, "", "", format, args...)
		events[len(events)-1].Actor.ID = "host-lin"
	}
	products := []struct {
		name  string
		price int64
	}{{"坚果礼盒 750g", 8990}, {"手撕面包", 1990}, {"冻干草莓", 2590}, {"<b>辣条</b> \"大包\"", 990}, {"牛肉干 500g", 12900}}
	for i, p := range products {
		host(start.Add(-5*time.Minute), live.ProductListed, `{"product_id":"p%d","title":%q}`, i+1, p.name)
	}
	host(start, live.ShowStarted, `{"show_id":"show-618","state":"live"}`)
	host(start.Add(30*time.Second), live.AnnouncementPublished, `{"text":"欢迎来到直播间 <script>alert(1)</script>"}`)
	for i := range 15 {
		host(start.Add(time.Duration(i)*5*time.Minute+2*time.Minute), live.ProductPinned, `{"product_id":"p%d","title":%q}`, i%5+1, products[i%5].name)
		if i%4 == 1 {
			host(start.Add(time.Duration(i)*5*time.Minute+3*time.Minute), live.StockReleased, `{"product_id":"p%d","sku_id":"k%d","qty":50}`, i%5+1, i%5+1)
		}
	}
	host(start.Add(40*time.Minute), live.PriceChanged, `{"product_id":"p5","sku_id":"k5","old_minor":12900,"new_minor":9900}`)
	host(start.Add(20*time.Minute), live.CouponDropped, `{"drop_id":"d1","batch_id":"b1","title":"满100减10"}`)
	host(start.Add(35*time.Minute), live.LuckyDrawOpened, `{"draw_id":"w1","prize":"一年的坚果"}`)
	host(start.Add(50*time.Minute), live.FlashSaleStarted, `{"sale_id":"f1","sku_id":"k1","product_id":"p1","title":"坚果礼盒 750g","price_minor":6990}`)
	host(m.show.EndedAt, live.ShowEnded, `{"show_id":"show-618","state":"ended"}`)

	channels := []string{"recommend_feed", "private/group", "private/group", "qianchuan", "", "share"}
	for v := range 420 {
		person := live.PersonID(fmt.Sprintf("v%03d", v))
		channel := channels[rng.IntN(len(channels))]
		minute := 75 * math.Pow(rng.Float64(), 1.4)
		at := start.Add(time.Duration(minute * float64(time.Minute)))
		if channel == "private/group" {
			say(at.Add(-48*time.Hour), "group_joined", live.RoleIntegration, person, "", `{"group_id":"g1"}`)
			events[len(events)-1].Show = ""
			events[len(events)-1].Actor.ID = "crm"
		}
		for k := range v%3 + 1 { // most who are shown the room pass by
			shown := person
			if k > 0 {
				shown += live.PersonID(fmt.Sprint("-", k))
			}
			say(at.Add(-3*time.Second), live.RoomExposed, live.RoleViewer, shown, channel, `{"surface":"feed"}`)
		}
		say(at, live.RoomEntered, live.RoleViewer, person, channel, `{}`)
		stay := 1 + rng.IntN(40)
		for k := range stay {
			beat := at.Add(time.Duration(k+1) * 30 * time.Second)
			if beat.After(m.show.EndedAt) {
				break
			}
			say(beat, live.WatchHeartbeat, live.RoleViewer, person, "", `{"visible":true,"watched_ms":30000}`)
			p := int(beat.Sub(start)/(5*time.Minute))%5 + 1
			switch rng.IntN(14) {
			case 0:
				say(beat, live.CommentSent, live.RoleViewer, person, "", `{"text":"买"}`)
			case 1:
				say(beat, live.Liked, live.RoleViewer, person, "", `{"count":%d}`, 1+rng.IntN(20))
			case 2, 7, 8, 9:
				say(beat, live.ProductExposed, live.RoleViewer, person, "", `{"product_id":"p%d","surface":"pin_card"}`, p)
			case 3:
				say(beat, live.ProductExposed, live.RoleViewer, person, "", `{"product_id":"p%d","surface":"pin_card"}`, p)
				say(beat, live.ProductClicked, live.RoleViewer, person, "", `{"product_id":"p%d","surface":"pin_card"}`, p)
			case 4:
				say(beat, live.ProductClicked, live.RoleViewer, person, "", `{"product_id":"p%d","surface":"list"}`, p)
				say(beat, live.CartItemAdded, live.RoleViewer, person, "", `{"product_id":"p%d","sku_id":"k%d","qty":1}`, p, p)
				if rng.IntN(2) == 0 {
					say(beat, live.CheckoutStarted, live.RoleViewer, person, "", `{}`)
					events = append(events, m.buy(t, rng, person, beat, p, products[p-1].price)...)
				}
			case 5:
				if rng.IntN(4) == 0 {
					say(beat, live.Followed, live.RoleViewer, person, "", `{}`)
				}
			case 6:
				if rng.IntN(6) == 0 {
					say(beat, live.RoomShared, live.RoleViewer, person, "", `{"share_channel":"wechat"}`)
				}
			}
		}
	}
	// Agents write to every fifth who came.
	for v := 0; v < 420; v += 5 {
		person := live.PersonID(fmt.Sprintf("v%03d", v))
		say(start.Add(time.Duration(v%7)*time.Minute-20*time.Hour), "touch_sent", live.RoleAgent, person, "", `{"agent_id":"agent-%d","entry_id":"entry-wecom"}`, v%3)
		events[len(events)-1].Show = ""
	}
	say(start.Add(-30*time.Hour), live.GroupMessageSent, live.RoleAgent, "", "", `{"group_id":"g1","agent_id":"agent-1","by_role":"agent","kind":"recommend"}`)
	events[len(events)-1].Show = ""
	// What the ladder and the ledger say of it; a refund takes both back.
	for _, e := range events {
		if e.Kind != live.OrderPaid && e.Kind != live.RefundSucceeded || e.Person[3]%3 > 0 {
			continue
		}
		deltas, err := live.DecodeDeltas(e.Data)
		if err != nil {
			t.Fatal(err)
		}
		var minor int64
		for _, d := range deltas {
			minor += d.Commission - d.CommissionBack
		}
		kind, move := live.CommissionAccrued, `{"from":"passerby","to":"customer"}`
		if e.Kind == live.RefundSucceeded {
			kind, minor, move = live.CommissionReversed, -minor, `{"from":"customer","to":"passerby"}`
		}
		say(e.ReceivedAt, kind, live.RoleSystem, e.Person, "", `{"order_id":%q,"referrer":%q,"currency":%q,"commission_minor":%d}`,
			deltas[0].Order, []string{"kol-li", "member-07"}[e.Person[1]%2], deltas[0].Currency, minor)
		say(e.ReceivedAt.Add(time.Second), live.LadderChanged, live.RoleSystem, e.Person, "", "%s", move)
	}
	slices.SortStableFunc(events, func(a, b live.Event) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	for i, e := range events {
		m.log = append(m.log, live.Entry{Position: live.Position{Seq: uint64(i + 1)}, Event: e})
	}
	return m
}

// buy tells the facts of one order: nearly all are paid, some refunded days later.
func (m *memory) buy(t *testing.T, rng *rand.Rand, person live.PersonID, at time.Time, product int, price int64) []live.Event {
	t.Helper()
	id := live.OrderID(fmt.Sprintf("o%04d", m.sold+1))
	qty := int64(1 + rng.IntN(3))
	cur := live.Currency("CNY")
	if rng.IntN(25) == 0 {
		cur = "USD"
	}
	facts := []live.OrderFact{{Kind: live.OrderCreated, At: at, Currency: cur, Show: m.show.ID, Room: "room-1", Person: person, Lines: []live.OrderLine{{
		ID: "l1", Product: live.ProductID(fmt.Sprint("p", product)), SKU: live.SKUID(fmt.Sprint("k", product)), Qty: qty, Goods: qty * price, Shipping: 600, CommissionBPS: 500,
	}}}}
	when := []time.Time{at}
	total := qty*price + 600
	if rng.IntN(10) > 0 {
		pay := at.Add(time.Duration(5+rng.IntN(60)) * time.Second)
		facts, when = append(facts, live.OrderFact{Kind: live.OrderPaid, ID: "pay", At: pay, Currency: cur, PaidMinor: total}), append(when, pay)
		if rng.IntN(8) == 0 {
			back := m.show.EndedAt.Add(time.Duration(1+rng.IntN(200)) * time.Hour)
			facts = append(facts, live.OrderFact{Kind: live.RefundSucceeded, ID: "r1", At: back, Currency: cur, Refunds: []live.RefundLine{{Line: "l1", Goods: price}}})
			when = append(when, back)
		}
	} else {
		expire := at.Add(15 * time.Minute)
		facts, when = append(facts, live.OrderFact{Kind: live.OrderCancelled, At: expire, CancelType: live.CancelTimeout}), append(when, expire)
	}
	var out []live.Event
	var before live.Order
	for i := range facts {
		after := live.FoldOrder("m1", id, facts[:i+1])
		data, err := json.Marshal(map[string]any{"order_id": id, "deltas": live.EncodeDeltas(live.Deltas(before, after))})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, live.Event{
			ID: live.EventID(fmt.Sprint(id, facts[i].Kind)), Kind: facts[i].Kind, Merchant: "m1", Room: "room-1", Show: m.show.ID, Person: person,
			Actor: live.Actor{Role: live.RoleViewer}, OccurredAt: when[i].Truncate(time.Millisecond), ReceivedAt: when[i].Truncate(time.Millisecond), Data: data,
		})
		before = after
	}
	m.sold++
	return out
}
